// What can be done, in groups. Rules and scopes may name an action or its group.

export const ACTION_GROUPS = {
  read: ['list', 'show'],
  use: ['chat', 'complete', 'embed'],
  manage: ['pull', 'create', 'copy', 'push', 'delete', 'load', 'unload'],
  learn: ['train', 'evaluate'],
  data: ['send', 'receive'],
  jit: ['requestRole', 'approveRole', 'autoApproveRole', 'breakGlass'],
  administer: [
    'issueKey',
    'revokeKey',
    'manageDirectory',
    'manageModels',
    'editPolicy',
    'readAudit',
    'rekeyAudit',
    'readContent',
    'endSession',
    'lock',
  ],
} as const satisfies Record<string, readonly string[]>

const GROUPS_OF = new Map<string, string[]>(
  Object.entries(ACTION_GROUPS).flatMap(([group, actions]) => actions.map((action) => [action, [group]] as const)),
)

/** Groups that contain the action. */
export const groupsOf = (action: string): readonly string[] => GROUPS_OF.get(action) ?? []
