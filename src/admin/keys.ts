// Keys over the admin API. The rules are asked about the key itself, so that people can be let near their own.
import { ACTION_GROUPS, type Caller, Fault, groupsOf, type PrincipalType } from '../core/index.ts'
import {
  conditionOf,
  type IssuedKey,
  type KeyRow,
  type KeyWithUse,
  networksOf,
  originsOf,
  scopesOf,
} from '../identity/index.ts'
import type { Key, Output } from './contract.ts'
import type { Subject } from './judge.ts'
import { isPosition, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { rolesNow } from './principals.ts'
import { receiptOf } from './receipt.ts'
import { type Asked, type Context, type Handlers, notFound, ownedBy, readRef } from './route.ts'
import { iso, isoField, msOf, textField } from './time.ts'

const NO_USE = { first_used_at: null, last_used_at: null, last_address: null, last_client: null, uses: null }
const displayOf = (row: KeyRow) => `${row.prefix}_…${row.last4}`
const ownerOf = (row: KeyRow) => ({ type: row.owner_type, id: row.owner_name })
export const subjectOf = (row: KeyRow): Subject => ownedBy('Key', row.id, ownerOf(row))

function shown(row: KeyWithUse, now: number): Key {
  const { actions, models } = scopesOf(row) ?? {}
  const networks = networksOf(row)
  const origins = originsOf(row)
  return {
    id: row.id,
    name: row.name,
    display: displayOf(row),
    owner: `${row.owner_type}:${row.owner_name}`,
    condition: conditionOf(row, now),
    ...textField('purpose', row.purpose),
    createdAt: iso(row.created_at),
    createdBy: row.created_by,
    expiresAt: iso(row.expires_at),
    ...isoField('diesAt', row.dies_at),
    ...(actions && { actions: [...actions] }),
    ...(models && { models: [...models] }),
    ...(networks && { networks: [...networks] }),
    ...(origins && { origins: [...origins] }),
    ...textField('rotatedFrom', row.rotated_from),
    ...textField('replacedBy', row.replaced_by),
    stateAt: iso(row.state_at),
    stateBy: row.state_by,
    ...textField('stateReason', row.state_reason),
    ...isoField('firstUsedAt', row.first_used_at),
    ...isoField('lastUsedAt', row.last_used_at),
    ...textField('lastAddress', row.last_address),
    ...textField('lastClient', row.last_client),
    uses: row.uses ?? 0,
    version: row.version,
  }
}

type Step = Pick<Context<'keys.revoke'>, 'caller' | 'params' | 'by' | 'version'> & { readonly body: { reason: string } }

/** A scope that names no action there is would be a typo that locks its holder out. */
function checkActions(actions: readonly string[] | undefined): void {
  const unknown = actions?.find(
    (action) => !Object.hasOwn(ACTION_GROUPS, action) && groupsOf(action).length === 0 && !ALONE.includes(action),
  )
  if (unknown !== undefined)
    throw new Fault('validation_failed', { detail: `There is no action "${unknown}".`, data: { param: 'actions' } })
}
/** Actions outside every group, so that none opens them by being broad. */
const ALONE = ['callTool', 'readDocument']

export function keyHandlers(ports: AdminPorts): Handlers<Extract<keyof Handlers, `keys.${string}`>> {
  const { clock } = ports
  const { keys, read } = ports.identity
  const now = () => clock.now()
  /** A key that is not there is asked about as nobody's: who may see every key learns that it is not there. */
  const subject = async ({ params }: { params: Readonly<Record<string, string>> }): Promise<Asked> => {
    const row = await read.key(params.id ?? '')
    return row ? subjectOf(row) : { uid: { type: 'Key', id: params.id ?? '' }, attrs: {} }
  }
  const issued = ({ row, text }: IssuedKey) => ({ ...shown({ ...row, ...NO_USE }, now()), key: text })
  /** The key that asks, if one does: what it issues must not be wider than itself. */
  const within = (caller: { credential: { kind: string; id: string } }) =>
    caller.credential.kind === 'key' ? caller.credential.id : undefined

  const step = (verb: 'suspend' | 'resume' | 'revoke') => ({
    subject,
    async handle({ caller, params, body, by, version }: Step) {
      // To take away is never more than one has; to bring back may be.
      const { row, seq } = await (verb === 'resume'
        ? keys.resume(params.id ?? '', body.reason, by, version, within(caller))
        : keys[verb](params.id ?? '', body.reason, by, version))
      return {
        ...shown({ ...NO_USE, ...(await read.key(row.id)), ...row }, now()),
        receipt: await receiptOf(ports, seq),
      }
    },
  })

  /** What a key may do now, as if its holder asked from where it was used last. */
  const reach = (row: KeyWithUse, sees: (model: string) => boolean): Pick<Output<'keys.show'>, 'roles' | 'mayUse'> => {
    const scopes = scopesOf(row)
    const credential = {
      kind: 'key' as const,
      id: row.id,
      bound: false,
      issuedAt: row.created_at,
      expiresAt: row.dies_at ?? row.expires_at,
      ...(scopes && { scopes }),
    }
    const holder: Caller = { principal: ownerOf(row), credential, address: row.last_address ?? '127.0.0.1' }
    const works = !ports.identity.standing(holder) && !ports.access.locks.check({ caller: holder })
    return {
      roles: rolesNow(ports, holder.principal, ports.identity.entities.get(holder.principal)?.ancestors),
      mayUse: (works ? ports.models() : [])
        .map(({ name }) => ({ model: name, actions: [...ports.actionsOn(holder, name)] }))
        .filter(({ model, actions }) => actions.length > 0 && sees(model))
        .sort((a, b) => (a.model < b.model ? -1 : 1)),
    }
  }

  return {
    'keys.list': {
      async handle({ query, sees }) {
        const { owner, name, state, expiresBefore, unusedSince } = query
        const filter = {
          ...(owner !== undefined && { owner: readRef<PrincipalType>(owner) }),
          ...(name !== undefined && { name }),
          ...(state !== undefined && { state }),
          ...(expiresBefore !== undefined && { expiresBefore: msOf(expiresBefore) }),
          ...(unusedSince !== undefined && { unusedSince: msOf(unusedSince) }),
        }
        const page = await readSeen(
          query,
          isPosition,
          (after, limit) =>
            read.keys({ ...filter, limit, ...(after && { after: { createdAt: after[0], id: after[1] } }) }),
          (row) => [row.created_at, row.id],
          (row) => sees(subjectOf(row)),
        )
        return { ...page, items: page.items.map((row) => shown(row, now())) }
      },
    },
    'keys.create': {
      subject: ({ body }) =>
        body ? ownedBy('Key', 'new', readRef(body.owner)) : { uid: { type: 'Key', id: 'new' }, attrs: {} },
      async handle({ caller, body: { owner, expiresAt, actions, models, ...rest }, by }) {
        checkActions(actions)
        const scopes = { ...(actions && { actions }), ...(models && { models }) }
        const key = await keys.issue(
          {
            ...rest,
            owner: readRef<PrincipalType>(owner),
            ...(expiresAt !== undefined && { expiresAt: msOf(expiresAt) }),
            ...((actions || models) && { scopes }),
          },
          by,
          within(caller),
        )
        return issued(key)
      },
    },
    'keys.show': {
      subject,
      async handle({ params, caller, may }) {
        const row = await read.key(params.id ?? '')
        if (!row) throw notFound('key', params.id ?? '')
        const sees = (model: string) =>
          may('list', { uid: { type: 'Model', id: model } }) || ports.mayUse(caller, model)
        return { ...shown(row, now()), ...reach(row, sees) }
      },
    },
    'keys.rotate': {
      subject,
      async handle({ caller, params, body: { oldDiesAt, expiresAt }, by }) {
        const { old, ...key } = await keys.rotate(
          params.id ?? '',
          {
            ...(oldDiesAt !== undefined && { oldDiesAt: msOf(oldDiesAt) }),
            ...(expiresAt !== undefined && { expiresAt: msOf(expiresAt) }),
          },
          by,
          within(caller),
        )
        return { ...issued(key), old: shown({ ...NO_USE, ...(await read.key(old.id)), ...old }, now()) }
      },
    },
    'keys.report': { handle: ({ body, by }) => keys.reportLeaked(body.keys, by) },
    'keys.suspend': step('suspend'),
    'keys.resume': step('resume'),
    'keys.revoke': step('revoke'),
    'keys.transfer': {
      subject,
      async handle({ caller, params, body, by, version, demand }) {
        const owner = readRef<PrincipalType>(body.owner)
        demand('issueKey', ownedBy('Key', params.id ?? '', owner)) // the right to take it is not the right to give it
        const { row, seq } = await keys.transfer(params.id ?? '', owner, by, version, within(caller))
        return {
          ...shown({ ...NO_USE, ...(await read.key(row.id)), ...row }, now()),
          receipt: await receiptOf(ports, seq),
        }
      },
    },
  }
}
