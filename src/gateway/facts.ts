// What rules see when they are asked: the directory with the roles that are held for a while, models, data classes and the
// gateway itself; as things are now, or as they are at another time.
import type { Grants } from '../access/index.ts'
import { ACTION_GROUPS, type Caller, type EntityUid, type PrincipalUid, uidText } from '../core/index.ts'
import type { DirectoryFacts } from '../identity/index.ts'
import {
  type ClockContext,
  dataClassSource,
  type EntityFacts,
  EntityRef,
  type EntitySource,
  fixedSource,
  joinSources,
  type Policy,
  usualContext,
} from '../policy/index.ts'
import type { About, Standing } from './judge.ts'

export interface FactsDeps {
  directory: {
    get(uid: EntityUid): DirectoryFacts | undefined
    /** The same at another time, milliseconds since 1970. */
    asOf(at: number): { get(uid: EntityUid): DirectoryFacts | undefined }
  }
  grants: Pick<Grants, 'held' | 'over' | 'source' | 'nextChange' | 'counted'>
  /** Facts about a model by one of its names. */
  model: (name: string) => ReturnType<EntitySource['get']>
  /** What a tool does, by the name that clients offer it under. */
  tools: readonly DeclaredTool[]
  classes: readonly string[]
}

export interface DeclaredTool {
  readonly name: string
  readonly effect: 'read' | 'write' | 'external' | 'own'
  /** What it belongs to. */
  readonly server?: string | undefined
}

export interface FactsNow {
  /** For this caller, with the roles held for a purpose. */
  entities(caller: Pick<Caller, 'principal'>, about: About): EntitySource
  /** The same for every principal, whatever it is for; at another time, with the roles of that time. */
  all(at?: number): EntitySource
  /** What a caller holds for a while for a purpose, now or at another time, and until when what it rests on holds. */
  standing(caller: Pick<Caller, 'principal'>, about?: About & { readonly at?: number }): Standing
  /** Names of groups or roles that a principal is in now, for a purpose; otherwise by whatever could give them. */
  ancestors(principal: EntityUid, type: 'Group' | 'Role', about?: About): string[]
  /** When what a principal rests on next changes by time alone, milliseconds since 1970. */
  nextChange(principal: PrincipalUid): number | undefined
  /** The human behind a user, service or agent. */
  humanOf(principal: EntityUid): string | undefined
}

/** A client can offer tools that nobody has declared. */
const UNDECLARED: EntityFacts = { attrs: { effect: 'unknown' }, ancestors: new Set() }

function toolSource(tools: readonly DeclaredTool[]): EntitySource {
  const known = new Map<string, EntityFacts>(
    tools.map(({ name, effect, server }) => [
      name,
      {
        attrs: { effect },
        ancestors: new Set(server === undefined ? [] : [uidText({ type: 'ToolServer', id: server })]),
      },
    ]),
  )
  return { get: ({ type, id }) => (type === 'Tool' ? (known.get(id) ?? UNDECLARED) : undefined) }
}

/** The standing of most callers on most calls. */
const NOTHING_HELD: Standing = { grant: { active: false, roles: [] } }

export function createFacts({ directory, grants, model, tools, classes }: FactsDeps): FactsNow {
  const plain = directory as EntitySource
  const others = joinSources(
    { get: ({ type, id }) => (type === 'Model' ? model(id) : undefined) },
    toolSource(tools),
    dataClassSource(classes),
    fixedSource([{ uid: new EntityRef('Gateway', 'sallyport') }]),
  )
  const plainly = joinSources(plain, others)
  const nextChange = (principal: PrincipalUid) =>
    earliest(directory.get(principal)?.validUntil, grants.nextChange(principal))
  return {
    nextChange,
    entities(caller, about) {
      const held = grants.over(directory, caller.principal, about) as EntitySource
      return held === plain ? plainly : joinSources(held, others)
    },
    all: (at) =>
      joinSources(grants.source(at === undefined ? plain : (directory.asOf(at) as EntitySource), at), others),
    standing({ principal }, about = {}) {
      const held = grants.held(principal, about)
      const until = nextChange(principal)
      const holdsUntil = until === undefined ? {} : { holdsUntil: until }
      const [first] = held
      if (!first) return until === undefined ? NOTHING_HELD : { ...NOTHING_HELD, ...holdsUntil }
      const { reason, ticket } = first
      const roles = held.map(({ role }) => role)
      return { grant: { active: true, roles, reason, ...(ticket === undefined ? {} : { ticket }) }, ...holdsUntil }
    },
    ancestors: (principal, type, about = { looking: true }) =>
      [...(grants.over(directory, principal as PrincipalUid, about).get(principal)?.ancestors ?? [])].flatMap((text) =>
        text.startsWith(`${type}::`) ? [JSON.parse(text.slice(type.length + 2)) as string] : [],
      ),
    humanOf({ type, id }) {
      if (type === 'User') return uidText({ type, id })
      const attrs = plain.get(new EntityRef(type, id))?.attrs
      const human = attrs?.onBehalfOf ?? attrs?.owner
      return human instanceof EntityRef ? human.text : undefined
    },
  }
}

const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** Principals asked about before calls get a turn. */
const ASKED_TOGETHER = 200

export interface UsableDeps {
  facts: FactsNow
  grants: Pick<Grants, 'counted'>
  policy: Pick<Policy, 'program' | 'allows'>
  clockContext: (nowMs: number) => ClockContext
  now: () => number
  principals: () => readonly PrincipalUid[]
}

/** Whether anybody may use a model now, by a rule or by a grant; yes while nothing is known of rights yet. */
export const createUsable =
  ({ facts, grants, policy, clockContext, now, principals }: UsableDeps) =>
  async (model: string): Promise<boolean> => {
    const schema = policy.program()?.schemaJson
    if (!schema) return true
    const clock = clockContext(now())
    const contexts = ACTION_GROUPS.use.map(
      (action) => [action, usualContext(schema, action, { clock, set: {} })] as const,
    )
    const resource = { type: 'Model', id: model }
    let asked = 0
    for (const principal of principals()) {
      if (++asked % ASKED_TOGETHER === 0) await new Promise((resolve) => setImmediate(resolve))
      if (grants.counted(principal, model).length > 0) return true
      const { grant } = facts.standing({ principal }, { model })
      const entities = facts.entities({ principal }, { model })
      for (const [action, context] of contexts)
        if (policy.allows({ principal, action, resource, context: { ...context, grant } }, entities)) return true
    }
    return false
  }
