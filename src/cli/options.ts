// Every command of the CLI as one typed table: its words, arguments, flags, and where its code is. Nothing is loaded
// before it is needed, so that `sallyport help` is there at once. To add a command: one row here, one function in a file
// named after the noun.
import type { CommandSpec, Flag } from './command.ts'

/** On every command. */
const GATEWAY_FLAGS: readonly Flag[] = [
  { flag: '--url <url>', about: 'Gateway to talk to (SALLYPORT_URL)' },
  { flag: '--key <key>', about: 'Key to talk to it with; better SALLYPORT_KEY, which does not show in process lists' },
  { flag: '--data <dir>', about: 'Data folder of the gateway (default: .sallyport)' },
]
const OUTPUT_FLAGS: readonly Flag[] = [
  { flag: '--json [fields]', about: 'JSON on stdout; with names, only those fields' },
  { flag: '--no-color', about: 'No colours (also NO_COLOR)' },
]
export const COMMON_FLAGS: readonly Flag[] = [...GATEWAY_FLAGS, ...OUTPUT_FLAGS]
/** The flags that this command takes beside its own. */
export const commonFlagsOf = ({ local }: CommandSpec): readonly Flag[] => (local ? OUTPUT_FLAGS : COMMON_FLAGS)

const CONFIG: Flag = { flag: '--config <file>', about: 'Settings file (default: sallyport.yaml, if it is there)' }
const REASON: Flag = { flag: '--reason <text>', about: 'Why, for the audit log' }
const DRY_RUN: Flag = { flag: '--dry-run', about: 'Show what would end, and do nothing' }
const YES: Flag = { flag: '--yes', about: 'Do not ask' }
const PAGE: readonly Flag[] = [
  { flag: '--limit <n>', about: 'Most rows (default: 50)' },
  { flag: '--all', about: 'Every row' },
]
const OWNER: Flag = { flag: '--owner <who>', about: 'User by name, or Service:NAME, Agent:NAME; default: yourself' }
const OF_OWNER: Flag = {
  flag: '--owner <who>',
  about: 'Whose, if a name is not enough: user by name, or Service:NAME, Agent:NAME',
}
const SCOPES: readonly Flag[] = [
  { flag: '--action <name...>', about: 'Only these actions: chat, embed, …; or a group such as use, read' },
  { flag: '--model <name...>', about: 'Only these models' },
  { flag: '--network <cidr...>', about: 'Only from these networks' },
  {
    flag: '--origin <origin...>',
    about: 'Only from these web origins, as of browser extensions; pages there can read the answers',
  },
]
const ASK: readonly Flag[] = [
  { flag: '--for <span>', about: 'How long: 4h, 30m' },
  { flag: '--reason <text>', about: 'Why' },
  { flag: '--ticket <id>', about: 'Ticket it belongs to' },
  { flag: '--model <name...>', about: 'Only for these models' },
  { flag: '--uses <n>', about: 'Only for so many calls' },
  { flag: '--tokens <n>', about: 'Only for so many tokens' },
]
const EVENTS: readonly Flag[] = [
  { flag: '--decision <d>', about: 'allow or deny' },
  { flag: '--kind <kinds>', about: 'Kinds of event, with commas between: call.finished,key.revoked' },
  { flag: '--principal <who>', about: 'Who acted: User:dana' },
  { flag: '--model <name>', about: 'Model' },
  { flag: '--action <name>', about: 'Action' },
  { flag: '--rule <id>', about: 'Rule that decided' },
  { flag: '--class <name>', about: 'Data class that was found: personal/email' },
  { flag: '--outcome <how>', about: 'How a call ended: served, refused, cut, disconnected, failed, interrupted' },
  { flag: '--address <ip>', about: 'Where from' },
  { flag: '--session <id>', about: 'Session' },
  { flag: '--grant <id>', about: 'Grant: what it began with, the calls made while it was held, how it ended' },
  { flag: '--credential <id>', about: 'What it was done with: key/ID' },
  { flag: '--call <id>', about: 'Call' },
  { flag: '--subject <id>', about: 'What it was done to: key/ID, User::"dana"' },
  { flag: '--reason <code>', about: 'The reason, as it stands there: access_denied' },
  { flag: '--text <text>', about: 'In the reason' },
]
const WITHIN: readonly Flag[] = [
  { flag: '--since <when>', about: 'Span or date' },
  { flag: '--until <when>', about: 'Span or date' },
]

const GUARD: readonly Flag[] = [
  { flag: '--classes <file>', about: 'Your own data classes (default: policies/data-classes.yaml, if it is there)' },
  { flag: '--internal <suffix...>', about: 'Suffixes of internal host names: corp.example.com' },
  { flag: '--no-names', about: 'Do not look for names of people and places' },
]

const principal = (noun: string, what: string, file: () => Promise<typeof import('./user.ts')>): CommandSpec[] => [
  {
    name: `${noun} list`,
    about: `List ${what}s`,
    flags: [...PAGE, { flag: '--search <text>', about: 'Part of the name' }],
    load: async () => (await file()).list(noun),
  },
  {
    name: `${noun} create`,
    args: '<name>',
    about: `Create ${noun === 'agent' ? 'an' : 'a'} ${what}`,
    flags: [
      { flag: '--display-name <text>', about: 'Name for people' },
      { flag: '--email <address>', about: 'Address' },
      { flag: '--attribute <name=value...>', about: 'Facts for rules' },
      { flag: '--role <name...>', about: 'Roles to give at once' },
      { flag: '--group <name...>', about: 'Groups to put it into at once' },
      ...(noun === 'agent' ? [{ flag: '--on-behalf-of <user>', about: 'The user it acts for' }] : []),
    ],
    load: async () => (await file()).create(noun),
  },
  {
    name: `${noun} show`,
    args: '<name>',
    about: `Show ${noun === 'agent' ? 'an' : 'a'} ${what} with its groups, roles and keys`,
    load: async () => (await file()).show(noun),
  },
  {
    name: `${noun} suspend`,
    args: '<name>',
    about: `Suspend ${noun === 'agent' ? 'an' : 'a'} ${what}: keys stop, running calls end`,
    flags: [REASON, DRY_RUN],
    load: async () => (await file()).suspend(noun),
  },
  {
    name: `${noun} offboard`,
    args: '<name>',
    about: `Take everything from ${noun === 'agent' ? 'an' : 'a'} ${what} that leaves: keys revoked, grants, roles and groups gone, calls ended`,
    flags: [REASON, DRY_RUN],
    load: async () => (await file()).offboard(noun),
  },
  {
    name: `${noun} restore`,
    args: '<name>',
    about: `Let a suspended ${what} act again; keys stay suspended`,
    flags: [REASON],
    load: async () => (await file()).restore(noun),
  },
  {
    name: `${noun} remove`,
    args: '<name>',
    about: `Remove ${noun === 'agent' ? 'an' : 'a'} ${what} for good; the name is not given again`,
    flags: [REASON, DRY_RUN, YES],
    load: async () => (await file()).remove(noun),
  },
]

const user = () => import('./user.ts')
const key = () => import('./key.ts')
const group = () => import('./group.ts')
const role = () => import('./role.ts')
const model = () => import('./model.ts')
const modelFiles = () => import('./model-files.ts')
const session = () => import('./session.ts')
const audit = () => import('./audit.ts')
const rules = () => import('./policy.ts')
const rulesOfServer = () => import('./policy-server.ts')
const request = () => import('./request.ts')
const review = () => import('./review.ts')
const campaign = () => import('./campaign.ts')
const grant = () => import('./grant.ts')

/** Facts that are supposed to be different. */
const SUPPOSED: readonly Flag[] = [
  { flag: '--at <when>', about: 'As if it were that moment: a span from now, a date, or RFC 3339' },
  { flag: '--from <address>', about: 'As if the call came from there' },
  { flag: '--role <name...>', about: 'As if these roles were held as well' },
  { flag: '--set <name=value...>', about: 'Parts of the context, such as request.maxTokens=5000 or auth.mfa=true' },
]

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'up',
    about: 'Start the gateway',
    flags: [
      CONFIG,
      { flag: '--upstream <url...>', about: 'Model server to put the gateway in front of' },
      { flag: '--auto', about: 'Use the model servers found on this machine' },
      { flag: '--new-admin <user>', about: 'Also make a new administrator: when nobody has a key any more that works' },
    ],
    moreFlags: async () => (await import('./up.ts')).settingFlags(),
    example: 'sallyport up --upstream http://127.0.0.1:11434',
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'init',
    args: '[folder]',
    about: 'Write a sallyport.yaml and the shipped rules to start from',
    flags: [{ flag: '--force', about: 'Overwrite what is there' }],
    local: true,
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'doctor',
    about: 'Check the installation, and whether a model server can be reached round the gateway',
    flags: [{ flag: '--config <file>', about: 'Settings' }],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  { name: 'status', about: 'What runs, and what needs you', load: async () => (await import('./status.ts')).status },
  {
    name: 'whoami',
    about: 'Who you are to the gateway, and what you may use',
    load: async () => (await import('./status.ts')).whoami,
  },
  {
    name: 'connect',
    args: '<client>',
    about: 'Lines that connect a client: openai ollama anthropic claude codex opencode langchain aisdk openwebui curl',
    flags: [{ flag: '--model <name>', about: 'Model to name in them' }],
    example: 'eval "$(sallyport connect openai)"',
    load: async () => (await import('./connect.ts')).connect,
  },
  {
    name: 'config',
    args: '[setting]',
    about: 'Settings in effect, with their source',
    flags: [
      { flag: '--config <file>', about: 'Settings' },
      { flag: '--schema', about: 'The JSON Schema of sallyport.yaml' },
    ],
    load: async () => (await import('./config.ts')).config,
  },

  {
    name: 'key list',
    about: 'List keys',
    flags: [
      ...PAGE,
      { flag: '--owner <who>', about: 'Only of this one: user by name, or Service:NAME, Agent:NAME' },
      { flag: '--state <state>', about: 'active, suspended or revoked' },
      { flag: '--expiring <span>', about: 'Ending within, for example 7d' },
      { flag: '--unused <span>', about: 'Not used for, for example 30d' },
    ],
    load: async () => (await key()).list,
  },
  {
    name: 'key create',
    args: '<name>',
    about: 'Issue a key. It is shown once, on stdout',
    flags: [
      OWNER,
      { flag: '--expires <when>', about: 'Span or date (default: 90d, or as configured)' },
      { flag: '--purpose <text>', about: 'What it is for' },
      ...SCOPES,
      { flag: '--secret-file <file>', about: 'Write the key there (mode 0600) instead of to stdout' },
    ],
    example: 'sallyport key create ci-embed --owner Service:ci --action embed --expires 30d',
    load: async () => (await key()).create,
  },
  {
    name: 'key show',
    args: '<key>',
    about: 'Show a key by id or name',
    flags: [OF_OWNER],
    load: async () => (await key()).show,
  },
  {
    name: 'key rotate',
    args: '<key>',
    about: 'Issue the successor of a key; both work until the old one dies',
    flags: [
      OF_OWNER,
      { flag: '--old-dies <when>', about: 'now, span or date (default: 24h)' },
      { flag: '--expires <when>', about: 'End of the new key' },
      { flag: '--secret-file <file>', about: 'Write the key there (mode 0600) instead of to stdout' },
    ],
    load: async () => (await key()).rotate,
  },
  {
    name: 'key suspend',
    args: '<key>',
    about: 'Stop a key until it is resumed',
    flags: [OF_OWNER, REASON, DRY_RUN],
    load: async () => (await key()).suspend,
  },
  {
    name: 'key resume',
    args: '<key>',
    about: 'Let a suspended key work again',
    flags: [OF_OWNER, REASON],
    load: async () => (await key()).resume,
  },
  {
    name: 'key revoke',
    args: '<key>',
    about: 'Revoke a key for good; its running calls end',
    flags: [OF_OWNER, REASON, DRY_RUN],
    load: async () => (await key()).revoke,
  },
  {
    name: 'key transfer',
    args: '<key>',
    about: 'Give a key to another owner',
    flags: [OF_OWNER, { flag: '--to <who>', about: 'New owner: user by name, or Service:NAME' }],
    load: async () => (await key()).transfer,
  },
  {
    name: 'key scan',
    args: '<path...>',
    about: 'Find keys that leaked into files; exit code 1 if there are any',
    flags: [{ flag: '--report', about: 'Tell the gateway, which revokes those that are its own' }],
    load: async () => (await import('./scan.ts')).scan,
  },

  ...principal('user', 'user', user),
  ...principal('service', 'service', user),
  ...principal('agent', 'agent', user),

  {
    name: 'group list',
    about: 'List groups',
    flags: [...PAGE, { flag: '--search <text>', about: 'Part of the name' }],
    load: async () => (await group()).list,
  },
  {
    name: 'group create',
    args: '<name>',
    about: 'Create a group',
    flags: [{ flag: '--description <text>', about: 'What it is for' }],
    load: async () => (await group()).create,
  },
  {
    name: 'group show',
    args: '<name>',
    about: 'Show a group, its members and roles',
    load: async () => (await group()).show,
  },
  {
    name: 'group add',
    args: '<group> <member...>',
    about: 'Put users (or Service:NAME, Agent:NAME, Group:NAME) into a group',
    load: async () => (await group()).add,
  },
  {
    name: 'group drop',
    args: '<group> <member...>',
    about: 'Take members out of a group',
    flags: [REASON],
    load: async () => (await group()).drop,
  },
  {
    name: 'group remove',
    args: '<name>',
    about: 'Remove a group for good',
    flags: [REASON, YES],
    load: async () => (await group()).remove,
  },

  { name: 'role list', about: 'List roles', flags: PAGE, load: async () => (await role()).list },
  {
    name: 'role create',
    args: '<name>',
    about: 'Create a role; what it may do is said by rules',
    flags: [{ flag: '--description <text>', about: 'What it is for' }],
    load: async () => (await role()).create,
  },
  { name: 'role show', args: '<name>', about: 'Show a role and who holds it', load: async () => (await role()).show },
  {
    name: 'role assign',
    args: '<role> <holder>',
    about: 'Give a role to a user (or Service:NAME, Agent:NAME, Group:NAME)',
    flags: [{ flag: '--until <when>', about: 'Span or date' }, REASON],
    load: async () => (await role()).assign,
  },
  {
    name: 'role unassign',
    args: '<role> <holder>',
    about: 'Take a role away',
    flags: [REASON, DRY_RUN],
    load: async () => (await role()).unassign,
  },
  {
    name: 'role remove',
    args: '<name>',
    about: 'Remove a role for good, from everybody',
    flags: [REASON, YES],
    load: async () => (await role()).remove,
  },

  { name: 'model list', about: 'List models', flags: PAGE, load: async () => (await model()).list },
  { name: 'model show', args: '<model>', about: 'Show a model', load: async () => (await model()).show },
  {
    name: 'model accept',
    args: '<model>',
    about: 'Accept what a quarantined model name stands for now',
    flags: [{ flag: '--digest <digest>', about: 'Only if it is this' }, REASON, YES],
    load: async () => (await model()).accept,
  },
  {
    name: 'model add',
    args: '<name>',
    about: 'Register a GGUF file of your own, pinned to its SHA-256',
    flags: [
      { flag: '--file <file>', about: 'The GGUF file; it stays where it is' },
      { flag: '--adapter <file>', about: 'A LoRA adapter for it; both together are the version' },
      CONFIG,
    ],
    example: 'sallyport model add helper --file ~/models/helper.gguf',
    load: async () => (await modelFiles()).add,
  },
  {
    name: 'model get',
    args: '[name]',
    about: 'Fetch a model with a pinned SHA-256 and register it; without a name, list what is known',
    flags: [
      { flag: '--url <url>', about: 'Another file, over https:' },
      { flag: '--sha256 <hex>', about: 'Its digest; nothing else is taken' },
      { flag: '--license <text>', about: 'Its licence, to be shown' },
      CONFIG,
    ],
    load: async () => (await modelFiles()).get,
  },
  {
    name: 'model engine',
    args: '[install]',
    about: 'Install the engine that runs GGUF files, for the CPU of this machine; or say whether it is there',
    flags: [CONFIG],
    load: async () => (await modelFiles()).engine,
  },
  {
    name: 'upstream list',
    about: 'List the servers that answer for models',
    load: async () => (await model()).upstreams,
  },

  {
    name: 'session list',
    about: 'List sessions with running calls, on all nodes',
    flags: PAGE,
    load: async () => (await session()).list,
  },
  { name: 'session show', args: '<id>', about: 'Show a session', load: async () => (await session()).show },
  {
    name: 'session cut',
    args: '<id>',
    about: 'End a session and its running calls',
    flags: [REASON, DRY_RUN],
    load: async () => (await session()).cut,
  },
  {
    name: 'session forget',
    args: '<id>',
    about: 'End a session and erase what it left: conversation, vault, runtime state',
    flags: [REASON, YES],
    load: async () => (await session()).forget,
  },
  {
    name: 'call list',
    about: 'List the running calls of all nodes',
    flags: PAGE,
    load: async () => (await session()).calls,
  },
  {
    name: 'call cut',
    about: 'End running calls',
    flags: [
      { flag: '--of <who>', about: 'Of a user (or Service:NAME, Agent:NAME)' },
      { flag: '--with <key>', about: 'With a key, by id' },
      { flag: '--model <name>', about: 'Of a model' },
      { flag: '--session <id>', about: 'Of a session' },
      { flag: '--call <id>', about: 'One call' },
      { flag: '--address <cidr>', about: 'From an address or network' },
      REASON,
    ],
    load: async () => (await session()).cutCalls,
  },
  { name: 'lock list', about: 'List locks in force', load: async () => (await import('./lock.ts')).list },
  {
    name: 'lock add',
    args: '<kind> [target]',
    about: 'Stop a principal, credential, role, model, session, network or everything',
    flags: [REASON, DRY_RUN, { flag: '--until <when>', about: 'Span or date (default: until lifted)' }],
    example: 'sallyport lock add principal dana --until 2h --reason "laptop lost"',
    load: async () => (await import('./lock.ts')).add,
  },
  {
    name: 'lock remove',
    args: '<id>',
    about: 'Lift a lock; what it ended stays ended',
    flags: [REASON],
    load: async () => (await import('./lock.ts')).remove,
  },

  {
    name: 'lockdown',
    args: '<on|off>',
    about: 'Stop every call to every model on all nodes, or let them in again',
    flags: [REASON, DRY_RUN, { flag: '--until <when>', about: 'Span or date (default: until switched off)' }],
    load: async () => (await import('./lock.ts')).lockdown,
  },

  {
    name: 'request create',
    args: '<role>',
    about: 'Ask for a role for a while',
    flags: [
      ...ASK,
      { flag: '--start <when>', about: 'Span or date (default: at once)' },
      { flag: '--holder <who>', about: 'Who is to hold it: Agent:NAME or Service:NAME (default: yourself)' },
      { flag: '--wait', about: 'Wait for the answer (default on a terminal)' },
      { flag: '--no-wait', about: 'Do not wait' },
    ],
    example: 'sallyport request create operator --for 1h --reason "INC-221 summariser"',
    load: async () => (await request()).create,
  },
  {
    name: 'request roles',
    about: 'Roles that you may ask for, and what it takes',
    load: async () => (await request()).roles,
  },
  {
    name: 'request list',
    about: 'Requests of your own, and those you may answer',
    flags: [...PAGE, { flag: '--state <state>', about: 'pending, approved, denied, cancelled or expired' }],
    load: async () => (await request()).list,
  },
  { name: 'request show', args: '<id>', about: 'A request and its answers', load: async () => (await request()).show },
  { name: 'request cancel', args: '<id>', about: 'Take back a request', load: async () => (await request()).cancel },
  { name: 'review list', about: 'Requests that wait for you', flags: PAGE, load: async () => (await review()).list },
  {
    name: 'review approve',
    args: '<id>',
    about: 'Approve what was asked, or less of it',
    flags: [
      { flag: '--for <span>', about: 'Shorter than asked' },
      { flag: '--model <name...>', about: 'Fewer models than asked' },
      { flag: '--uses <n>', about: 'Fewer uses than asked' },
      { flag: '--tokens <n>', about: 'Fewer tokens than asked' },
      REASON,
      YES,
    ],
    load: async () => (await review()).approve,
  },
  {
    name: 'review deny',
    args: '<id>',
    about: 'Deny a request',
    flags: [REASON],
    load: async () => (await review()).deny,
  },
  {
    name: 'grant list',
    about: 'Grants in force: your own, and those of roles you may approve',
    flags: [
      ...PAGE,
      { flag: '--ended', about: 'Also those that have ended' },
      { flag: '--review-due', about: 'Emergency grants that wait for review' },
    ],
    load: async () => (await grant()).list,
  },
  { name: 'grant show', args: '<id>', about: 'Show a grant', load: async () => (await grant()).show },
  {
    name: 'grant end',
    args: '<id>',
    about: 'End a grant before its time; its running calls end',
    flags: [REASON, DRY_RUN],
    load: async () => (await grant()).end,
  },
  {
    name: 'grant extend',
    args: '<id>',
    about: 'Ask for more time, once',
    flags: [{ flag: '--for <span>', about: 'How much more' }, REASON],
    load: async () => (await grant()).extend,
  },
  {
    name: 'grant review',
    args: '<id>',
    about: 'Review an emergency grant of somebody else',
    flags: [{ flag: '--note <text>', about: 'What you found' }],
    load: async () => (await grant()).review,
  },
  {
    name: 'break-glass',
    args: '<role>',
    about: 'Take a role at once in an emergency; raises an alarm',
    flags: ASK,
    load: async () => (await grant()).breakGlass,
  },

  {
    name: 'campaign start',
    args: '<name>',
    about: 'Begin a campaign: for each right that is held somebody says whether it stays',
    flags: [
      { flag: '--due <when>', about: 'Span or date at which what nobody spoke for is revoked (default: 14d)' },
      { flag: '--kind <kind...>', about: 'assignment, member, key (default: all)' },
    ],
    example: 'sallyport campaign start 2027-q1 --due 14d',
    load: async () => (await campaign()).start,
  },
  { name: 'campaign list', about: 'Campaigns, newest first', flags: PAGE, load: async () => (await campaign()).list },
  {
    name: 'campaign items',
    args: '<campaign>',
    about: 'The rights of a campaign, with when they were last used; the longest unused first',
    flags: [...PAGE, { flag: '--undecided', about: 'Only those that nobody has spoken for' }],
    load: async () => (await campaign()).items,
  },
  {
    name: 'campaign keep',
    args: '<item...>',
    about: 'Say that rights stay',
    flags: [{ flag: '--note <text>', about: 'Why' }],
    load: async () => (await campaign()).keep,
  },
  {
    name: 'campaign revoke',
    args: '<item...>',
    about: 'Take rights away at once',
    flags: [{ flag: '--note <text>', about: 'Why' }],
    load: async () => (await campaign()).revoke,
  },
  {
    name: 'campaign close',
    args: '<campaign>',
    about: 'Close a campaign now: what nobody spoke for is revoked',
    flags: [YES],
    load: async () => (await campaign()).close,
  },
  {
    name: 'sweep',
    about:
      'Find keys that are dormant, unused, ownerless or about to end (warn, suspend, revoke) and roles that give more than is used (warn)',
    flags: [{ flag: '--dry-run', about: 'Only show what would be done' }, YES],
    load: async () => (await import('./sweep.ts')).sweep,
  },
  {
    name: 'policy init',
    args: '[folder]',
    about: 'Write the shipped rules with their tests to start from (default: policies)',
    flags: [{ flag: '--force', about: 'Overwrite what is there' }],
    local: true,
    load: async () => (await import('./init.ts')).initPolicy,
  },
  {
    name: 'policy fmt',
    args: '[folder]',
    about: 'Format rules',
    flags: [{ flag: '--check', about: 'Change nothing; exit 1 if something would change' }],
    local: true,
    load: async () => (await rules()).fmt,
  },
  {
    name: 'policy lint',
    args: '[folder]',
    about: 'Check rules: syntax, types, duties, and what a reviewer should see',
    flags: [{ flag: '--strict', about: 'Warnings count as errors' }],
    local: true,
    load: async () => (await rules()).lint,
  },
  {
    name: 'policy test',
    args: '[folder]',
    about: 'Run the tests beside the rules',
    flags: [{ flag: '--format <form>', about: 'junit or github' }],
    local: true,
    load: async () => (await rules()).test,
  },
  {
    name: 'policy cover',
    args: '[folder]',
    about: 'Name the rules that no test satisfies',
    local: true,
    load: async () => (await rules()).cover,
  },
  {
    name: 'policy try',
    args: '<who> <action> <resource>',
    about: 'Ask the rules of a folder a question, without a gateway',
    flags: [
      { flag: '--folder <folder>', about: 'Rules (default: policies)' },
      { flag: '--entities <file>', about: 'Who and what there is (default: tests/entities.json beside the rules)' },
      { flag: '--set <name=value...>', about: 'Parts of the context: auth.ip=10.0.0.1, clock.hour=3' },
      { flag: '--at <moment>', about: 'As if it were then' },
      { flag: '--from <address>', about: 'As if the call came from there' },
      { flag: '--zone <zone>', about: 'Time zone of clock.hour (default: UTC)' },
      { flag: '--test <name>', about: 'Keep question and answer as a test beside the rules' },
    ],
    example: 'sallyport policy try a-user chat small --set request.maxTokens=5000',
    local: true,
    load: async () => (await rules()).tryOut,
  },
  {
    name: 'policy diff',
    args: '[folder]',
    about: 'Compare rules with those in force on the gateway; exit 1 if they differ',
    load: async () => (await rulesOfServer()).diff,
  },
  {
    name: 'policy plan',
    args: '[folder]',
    about: 'What applying rules would change, for whom, with a hash to apply exactly that',
    load: async () => (await rulesOfServer()).plan,
  },
  {
    name: 'policy apply',
    args: '[folder]',
    about: 'Put rules in force on every node',
    flags: [
      REASON,
      { flag: '--plan <hash>', about: 'Refuse if the effect is not the planned one any more' },
      { flag: '--yes', about: 'Do not plan, do not ask' },
    ],
    load: async () => (await rulesOfServer()).apply,
  },
  {
    name: 'policy shadow',
    args: '[folder]',
    about:
      'Ask rules beside those in force, on real traffic, without obeying them; without a folder: what would have been different',
    flags: [
      REASON,
      { flag: '--report', about: 'What would have been different; the same as no folder' },
      { flag: '--off', about: 'End it' },
    ],
    example: 'sallyport policy shadow policies',
    load: async () => (await rulesOfServer()).shadow,
  },
  {
    name: 'policy promote',
    about: 'Put the shadow rules in force',
    flags: [REASON],
    load: async () => (await rulesOfServer()).promote,
  },
  {
    name: 'policy history',
    about: 'Versions of the rules, who made them and why',
    flags: PAGE,
    load: async () => (await rulesOfServer()).history,
  },
  {
    name: 'policy rollback',
    args: '<version>',
    about: 'Put an earlier version in force again',
    flags: [REASON],
    load: async () => (await rulesOfServer()).rollback,
  },
  {
    name: 'policy pull',
    args: '[folder]',
    about: 'Write the rules in force on the gateway into a folder',
    flags: [{ flag: '--revision <n>', about: 'Another version' }, YES],
    load: async () => (await rulesOfServer()).pull,
  },

  {
    name: 'report jit',
    about: 'How just-in-time access is used, with advice',
    flags: [{ flag: '--days <n>', about: 'Over so many days (default: 30)' }],
    load: async () => (await import('./report.ts')).jit,
  },
  {
    name: 'report sweeps',
    about: 'The last sweeps, scheduled and asked for, and what they did',
    flags: [{ flag: '--limit <n>', about: 'At most so many (default: 20)' }],
    load: async () => (await import('./sweep.ts')).list,
  },
  {
    name: 'report unused',
    about: 'Who may use models and actions that they have not used',
    flags: [
      ...PAGE,
      { flag: '--type <type>', about: 'User, Service or Agent (default: User)' },
      { flag: '--days <n>', about: 'Over so many days (default: sweeps.overPrivilegedDays)' },
    ],
    load: async () => (await import('./report.ts')).unused,
  },
  {
    name: 'can',
    args: '<who> <action> <model>',
    about: 'Whether somebody may do something, now or with facts changed, and by which rule',
    flags: SUPPOSED,
    example: 'sallyport can dana chat llama3 --at 2026-12-24T22:00:00Z --from 203.0.113.9',
    load: async () => (await import('./why.ts')).can,
  },
  {
    name: 'why',
    args: '[decision]',
    about: 'Why a call was allowed or denied, and what would change it: a decision or event id, or "last"',
    flags: SUPPOSED,
    example: 'sallyport why last --role trainer',
    load: async () => (await import('./why.ts')).why,
  },
  {
    name: 'tail',
    about: 'Follow what is decided, live',
    flags: EVENTS,
    example: 'sallyport tail --decision deny --model llama3',
    load: async () => (await audit()).tail,
  },
  {
    name: 'guard scan',
    args: '[file]',
    about: 'Find sensitive data in a file or stdin',
    flags: [
      ...GUARD,
      { flag: '--values', about: 'Show the values' },
      { flag: '--fail', about: 'Exit code 1 if anything is found' },
    ],
    local: true,
    load: async () => (await import('./guard.ts')).scan,
  },
  {
    name: 'guard mask',
    args: '[file]',
    about: 'Hide sensitive data in a file or stdin',
    flags: [
      ...GUARD,
      {
        flag: '--treat <how>',
        about: 'mask, or pseudonym: stand-ins that can be turned back (default with --session)',
      },
      { flag: '--session <file>', about: 'Where stand-ins are kept, encrypted; its key is put beside it' },
      { flag: '--real <class...>', about: 'Classes whose stand-ins look real: personal/email, personal/person, …' },
      { flag: '--only <class...>', about: 'Only these classes and what is below them' },
      { flag: '--pass <class...>', about: 'All but these (default: personal/date, finance/amount, network/url)' },
    ],
    example: "echo 'Mail jane@example.com' | sallyport guard mask",
    local: true,
    load: async () => (await import('./guard.ts')).mask,
  },
  {
    name: 'guard unmask',
    args: '[file]',
    about: 'Turn stand-ins back',
    flags: [{ flag: '--session <file>', about: 'Where they are kept' }],
    local: true,
    load: async () => (await import('./guard.ts')).unmask,
  },
  {
    name: 'guard check',
    args: '[file]',
    about: 'Try the examples of your own data classes (default: policies/data-classes.yaml)',
    local: true,
    load: async () => (await import('./guard.ts')).check,
  },
  {
    name: 'guard bench',
    args: '[file]',
    about: 'What the guard costs here, on a text of yours: speed, findings, characters held back in a stream',
    flags: GUARD,
    example: 'sallyport guard bench prompts.txt',
    local: true,
    load: async () => (await import('./guard-bench.ts')).bench,
  },
  {
    name: 'guard classes',
    about: 'List the data classes',
    flags: [...GUARD, { flag: '--markdown', about: 'As docs/data-classes.md' }],
    local: true,
    load: async () => (await import('./guard.ts')).classes,
  },
  {
    name: 'redteam',
    about: 'Attack a live deployment as a client, and say what got through',
    flags: [
      { flag: '--model <name>', about: 'Model to attack' },
      {
        flag: '--as <role>',
        about:
          'As accounts with this role alone, made for the run, a new one when the rules stop one; needs an administrator',
      },
      { flag: '--family <name...>', about: 'Only these families of attacks' },
      { flag: '--junit <file>', about: 'Write a JUnit report' },
      { flag: '--html <file>', about: 'Write a page' },
    ],
    example: 'sallyport redteam --model sallyport-demo --as user --html redteam.html',
    load: async () => (await import('./redteam.ts')).redteam,
  },
  {
    name: 'audit list',
    about: 'Search the audit log, newest first',
    flags: [...PAGE, ...EVENTS, ...WITHIN],
    load: async () => (await audit()).list,
  },
  { name: 'audit show', args: '<event>', about: 'Show one event', load: async () => (await audit()).show },
  {
    name: 'audit count',
    about: 'Count events over time, or by the values of a field',
    flags: [
      ...EVENTS,
      ...WITHIN,
      { flag: '--by <field>', about: 'principal, model, decision, outcome, kind, rule, class, address, reason' },
      { flag: '--every <span>', about: 'minute, hour or day' },
      { flag: '--top <n>', about: 'Only the most frequent' },
    ],
    load: async () => (await audit()).count,
  },
  {
    name: 'audit verify',
    args: '[file]',
    about: 'Check that the log, or an export of it, is whole',
    flags: [
      { flag: '--key <key...>', about: 'Verifier keys to believe, for a file' },
      { flag: '--checkpoint <file>', about: 'A checkpoint that you kept' },
    ],
    example: 'sallyport audit export --format archive --out log.jsonl && sallyport audit verify log.jsonl --key "$KEY"',
    load: async () => (await audit()).verify,
  },
  {
    name: 'audit prove',
    args: '<event>',
    about: 'Prove that an event is in the log',
    flags: [{ flag: '--event <file>', about: 'Write the exact text of the event there' }],
    load: async () => (await audit()).prove,
  },
  {
    name: 'audit checkpoint',
    about: 'The newest signed checkpoint; keep it somewhere else',
    flags: [
      { flag: '--key', about: 'The key to check it with, instead' },
      { flag: '--keys', about: 'That key and those before it, each with the number of events at which it ended' },
    ],
    load: async () => (await audit()).checkpoint,
  },
  {
    name: 'audit rekey',
    about: 'Replace the key that signs checkpoints on this node; what the old one signed still holds',
    flags: [REASON, YES],
    example: 'sallyport audit rekey --reason "yearly change of keys"',
    load: async () => (await audit()).rekey,
  },
  {
    name: 'audit evidence',
    about: 'Pack the log, all versions of the rules and a verifier into one zip that proves itself',
    flags: [{ flag: '--out <file>', about: 'The zip; it must not exist yet' }, REASON],
    example: 'sallyport audit evidence --out evidence.zip --reason "yearly audit"',
    load: async () => (await import('./evidence.ts')).evidence,
  },
  {
    name: 'audit witness',
    about: 'Sign the checkpoints of other gateways, each log in one history only (c2sp.org/tlog-witness)',
    flags: [
      { flag: '--data <folder>', about: 'Its key and the newest checkpoint of each log' },
      { flag: '--log <key...>', about: 'Verifier keys of the logs, as `audit checkpoint --key` prints them' },
      { flag: '--name <name>', about: 'Its name in signatures (default: the host name)' },
      { flag: '--listen <address>', about: 'Host and port (default 127.0.0.1:8790)' },
    ],
    example: 'sallyport audit witness --data ./witness --log "$KEY"',
    load: async () => (await import('./witness.ts')).witness,
  },
  {
    name: 'audit export',
    about: 'Export events',
    flags: [
      { flag: '--format <format>', about: 'jsonl (default), ocsf, syslog, or archive, which can be verified offline' },
      { flag: '--out <file>', about: 'Append to this file from where it ends' },
      {
        flag: '--to <url>',
        about: 'Send calls to this OpenTelemetry collector instead, as traces and metrics over HTTP',
      },
      { flag: '--position <file>', about: 'With --to: keeps what the collector has taken, to go on from' },
      { flag: '--signal <names>', about: 'With --to: traces, metrics (default: both)' },
      { flag: '--encoding <name>', about: 'With --to: protobuf (default) or json' },
      { flag: '--clear-text', about: 'With --to: allow http:// to another machine' },
      { flag: '--from <position>', about: 'First event' },
      { flag: '--follow', about: 'Go on as events come' },
      ...EVENTS,
      ...WITHIN,
    ],
    example: 'sallyport audit export --to http://127.0.0.1:4318 --position collector.json --follow',
    load: async () => (await import('./export.ts')).exportLog,
  },
  {
    name: 'audit content',
    args: '<call>',
    about: 'Read what a rule had recorded of a call',
    load: async () => (await audit()).content,
  },
  {
    name: 'audit erase',
    args: '<who>',
    about: "Erase a principal's recorded content",
    flags: [REASON, YES],
    load: async () => (await audit()).erase,
  },
  { name: 'version', about: 'Version of this program', load: async () => (await import('./status.ts')).version },
  {
    name: 'completion',
    args: '<shell> [words...]',
    about:
      'Lines that let a shell complete commands and flags: bash, zsh, fish or pwsh; next, with the words so far, says what may follow',
    local: true,
    example: 'eval "$(sallyport completion bash)"',
    load: async () => (await import('./completion.ts')).completion({ commands: COMMANDS, commonFlagsOf }),
  },
  {
    name: 'help',
    args: '[words...]',
    about: 'Help on a command, or on exit-codes, env, filters, errors',
    local: true,
    load: async () => (await import('./help.ts')).help([...EVENTS, ...WITHIN]),
  },
]
