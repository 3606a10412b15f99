// The admin API's ports built from the rooms themselves, so that app/ hands in rooms and nothing is told twice.
import type { Access, Campaigns, JustInTime, Sweeps } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import { type Config, SETTINGS, type Source } from '../config/index.ts'
import { ACTION_GROUPS, type Caller, type Clock, type EntityUid, Fault, groupsOf, type NewId } from '../core/index.ts'
import { type Identity, withinScopes } from '../identity/index.ts'
import type { Model, Registry } from '../model/index.ts'
import {
  authContext,
  type ClockContext,
  type EntitySource,
  type GrantContext,
  type Policy,
  type Rulebook,
  requestContext,
  usualResource,
} from '../policy/index.ts'
import type { Acknowledgement, MakeChange, Nodes, Peers, Store } from '../store/index.ts'
import { createExplain } from './explain-question.ts'
import { createJudge, type JudgeDeps } from './judge.ts'
import type { AdminPorts } from './ports.ts'
import { iso } from './time.ts'

export interface Rooms {
  readonly store: Store
  readonly change: MakeChange
  readonly eventOf: (seq: number) => string | undefined
  readonly nodes: Pick<Nodes, 'list' | 'acknowledged'>
  readonly peers: Pick<Peers, 'ask'>
  readonly clock: Clock
  readonly newId: NewId
  readonly report: (error: unknown) => void
  readonly identity: Identity
  readonly audit: Audit
  readonly access: Access
  readonly jit: JustInTime
  readonly sweeps: Sweeps
  readonly campaigns: Campaigns
  readonly policy: Policy
  readonly rulebook: AdminPorts['rulebook'] & Pick<Rulebook, 'decisions'>
  readonly registry: Registry
  /** What rules see of the directory and the models, now or at that moment. */
  readonly entities: (at?: number) => EntitySource
  readonly clockContext: (nowMs: number) => ClockContext
  /** What a caller holds for a while for a purpose, also by a use of these grants, and until when; as for calls. */
  readonly standing: (
    caller: Pick<Caller, 'principal'>,
    about?: {
      readonly at?: number
      readonly model?: string
      readonly using?: readonly string[]
      readonly looking?: true
    },
  ) => { grant: GrantContext; holdsUntil?: number }
  readonly anomaly: (caller: Pick<Caller, 'principal'>) => number
  /** The text of data-classes.yaml that the guard was built with. */
  readonly ownClasses: string
  readonly config: Config
  readonly sources?: ReadonlyMap<string, Source>
  /** Told how long the nodes took, for each receipt. */
  readonly confirmed?: (answers: readonly Acknowledgement[]) => void
  /** `sallyport 0.1.0` */
  readonly product: string
}

/** For questions about somebody who is not there to ask. */
const NO_CREDENTIAL = { kind: 'key', id: 'report', bound: false } as const
/** Milliseconds a receipt waits for the nodes to confirm. */
const CONFIRM_MS = 2000
/** Milliseconds a list of what all nodes run waits for theirs. */
const ANSWER_MS = 1000

export function connectRooms(rooms: Rooms): AdminPorts {
  const { identity, policy, registry, nodes, clock } = rooms
  const entities = rooms.entities()
  const judging = {
    policy,
    entities,
    describe: (uid) => identity.entities.describe(uid) as ReturnType<EntitySource['get']>,
    clockContext: rooms.clockContext,
    now: clock.now,
    standing: rooms.standing,
    anomaly: rooms.anomaly,
    withinScopes: (caller, action, model) =>
      withinScopes(caller.credential.scopes, action, {
        groups: groupsOf(action),
        ...(model === undefined ? {} : { model }),
      }),
  } satisfies JudgeDeps
  const judge = createJudge(judging)
  /** As if nobody held anything for a while. */
  const lasting = createJudge({
    ...judging,
    entities: { get: (uid) => (identity.entities.get(uid) as ReturnType<EntitySource['get']>) ?? entities.get(uid) },
    standing: () => ({ grant: { active: false, roles: [] } }),
  })

  /** A question about a call that nobody has made: the smallest one there is, in a session of its own. */
  const callQuery = (caller: Caller, action: string, resource: EntityUid) => {
    const now = clock.now()
    const empty = { action: 'chat' as const, model: '', messages: [], inputs: [], params: {}, stream: false }
    return {
      principal: caller.principal,
      action,
      resource,
      context: {
        clock: rooms.clockContext(now),
        auth: authContext(caller, now),
        risk: { injection: 0, anomaly: rooms.anomaly(caller) },
        grant: rooms.standing(caller, { model: resource.id, looking: true }).grant,
        session: { turns: 0, tokens: 0, age: 0, taint: [] },
        request: requestContext(empty, 0),
      },
    }
  }

  /** What could be: also by a grant for this model alone, or by one of which no use is taken yet. */
  const mayDo = (caller: Caller, action: string, model: string): boolean =>
    withinScopes(caller.credential.scopes, action, { groups: groupsOf(action), model }) &&
    policy.allows(
      callQuery(caller, action, { type: 'Model', id: model }),
      rooms.jit.grants.over(entities, caller.principal, { model, looking: true }) as EntitySource,
    )

  const identify: AdminPorts['identifyStale'] = (request) => {
    const caller = identity.authenticate(request)
    const lock = rooms.access.locks.checkAdministration({ caller })
    if (lock) throw lock
    return caller
  }
  const admits = () => {
    // What this node knows may be long untrue, and it would wait for its database.
    if (!rooms.access.admits()) throw new Fault('node_stale')
  }

  return {
    ...rooms,
    judge,
    identify(request) {
      admits()
      return identify(request)
    },
    identifyStale: identify,
    stands(caller) {
      admits()
      const fault = identity.standing(caller) ?? rooms.access.locks.checkAdministration({ caller })
      if (fault) throw fault
    },
    models: () => registry.all().map(shownModel),
    acceptModel: registry.accept,
    mayUse: (caller, model) => ACTION_GROUPS.use.some((action) => mayDo(caller, action, model)),
    actionsOn: (caller, model) => ACTION_GROUPS.use.filter((action) => mayDo(caller, action, model)),
    actionsHolding(principal, model, ancestors) {
      const caller: Caller = { principal, credential: NO_CREDENTIAL, address: '127.0.0.1' }
      const supposed: EntitySource = {
        get(uid) {
          const facts = entities.get(uid)
          return facts && uid.type === principal.type && uid.id === principal.id ? { ...facts, ancestors } : facts
        },
      }
      const resource = { type: 'Model', id: model }
      return ACTION_GROUPS.use.filter((action) => policy.allows(callQuery(caller, action, resource), supposed))
    },
    unusedDays: rooms.config.sweeps.overPrivilegedDays,
    upstreams: () =>
      registry.upstreams().map((one) => ({
        name: one.name,
        kind: one.kind,
        hosting: one.hosting,
        state: one.reachable ? ('up' as const) : ('down' as const),
        models: one.models ?? 0,
        ...(one.fault !== undefined && { problem: one.why === undefined ? one.fault : `${one.fault}: ${one.why}` }),
      })),
    nodes: async () =>
      (await nodes.list()).map((node) => ({
        id: node.id,
        name: node.name,
        appliedSeq: node.appliedSeq,
        startedAt: iso(node.startedAt),
        silentMs: node.silentMs,
        closed: node.silentMs >= node.closesAfterMs,
        calls: node.calls,
        self: node.self,
      })),
    askNodes: (question, without) => rooms.peers.ask(question, without, ANSWER_MS),
    async acknowledged(seq) {
      const answers = await nodes.acknowledged(seq, CONFIRM_MS)
      rooms.confirmed?.(answers)
      return answers
    },
    settings: () => settingsOf(rooms.config, rooms.sources),
    policy() {
      const active = policy.active()
      if (!active) return undefined
      const files = new Set(policy.program()?.rules.map((rule) => rule.file))
      return { digest: active.digest, rules: active.rules, since: iso(active.since), files: [...files].sort() }
    },
    isPublic: (rule) => policy.program()?.rules.find(({ id }) => id === rule)?.notes.public ?? false,
    rules: () =>
      (policy.program()?.rules ?? []).map(({ id, effect, notes, file, line, text }) => ({
        id,
        effect,
        why: notes.why,
        file,
        line,
        text,
      })),
    usualResource: (action) => usualResource(rooms.policy.program()?.schemaJson, action),
    explain: createExplain({ ...rooms, describe: judging.describe }),
    recorded: (decision) => rooms.rulebook.decisions.get(decision),
    noteUse(caller, action, subject) {
      const held = rooms.jit.grants.held(caller.principal)
      if (held.length > 0 && !lasting.allows(caller, action, subject))
        rooms.jit.grants.noteUse(held.map(({ grant }) => grant))
    },
  }
}

const shownIdentity = ({ upstream, upstreamName, digest }: NonNullable<Model['accepted']>) => ({
  upstream,
  upstreamName,
  ...(digest === undefined ? {} : { digest }),
})

const shownModel = (model: Model) => ({
  name: model.name,
  upstream: model.upstream,
  upstreamName: model.upstreamName,
  ...(model.aliasOf !== undefined && { aliasOf: model.aliasOf }),
  groups: [...model.groups],
  hosting: model.hosting,
  ...(model.digest !== undefined && { digest: model.digest }),
  quarantined: model.quarantined,
  ...(model.accepted === undefined ? {} : { accepted: shownIdentity(model.accepted) }),
  enforced: model.driver.capabilities.enforced,
})

/** Every setting with its value; a secret reads `[hidden]`, also inside lists. */
export function settingsOf(config: Config, sources?: ReadonlyMap<string, Source>) {
  return SETTINGS.filter((setting) => !setting.path.includes('[]')).map((setting) => {
    const value = setting.path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], config)
    const source = sources?.get(setting.path)
    return {
      name: setting.path,
      value: value === undefined ? null : setting.secret ? '[hidden]' : hideWithin(value, setting.path),
      ...(source !== undefined && { source }),
      description: setting.description,
    }
  })
}

function hideWithin(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => hideWithin(entry, `${path}[]`))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const secret = SETTINGS.some((setting) => setting.secret && setting.path === `${path}.${key}`)
      return [key, secret && inner !== undefined ? '[hidden]' : hideWithin(inner, `${path}.${key}`)]
    }),
  )
}
