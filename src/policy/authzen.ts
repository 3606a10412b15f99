// AuthZEN Authorization API 1.0 over our rules, so that another gateway can ask ours. Pure: http/ carries it. What the
// asking party says about entities is not believed, but for attributes that are named for it and that we do not know. What it may
// not know of is answered about as if it were not there, and found by no search.
import { type Decision, type Duties, type EntityUid, Fault, isObject, type JsonObject } from '../core/index.ts'
import { dutyLines } from './duties.ts'
import { type EntityFacts, type EntitySource, joinSources } from './entity.ts'
import type { Query } from './policy.ts'
import type { Program } from './program.ts'
import { attribute, type CedarRecord, type CedarValue, EntityRef, isLong, isRecord } from './value.ts'

export interface Authzen {
  /** `POST /access/v1/evaluation`. Each throws Fault `malformed_request` for what the specification answers with 400. */
  evaluation(body: unknown): { decision: boolean; context?: JsonObject }
  /** `POST /access/v1/evaluations` */
  evaluations(
    body: unknown,
  ): { evaluations: { decision: boolean; context?: JsonObject }[] } | { decision: boolean; context?: JsonObject }
  searchSubject(body: unknown): SearchResult<{ type: string; id: string }>
  searchResource(body: unknown): SearchResult<{ type: string; id: string }>
  searchAction(body: unknown): SearchResult<{ name: string }>
}

/** Of whom and what an asking party may know. */
export interface Knows {
  subject(uid: EntityUid): boolean
  resource(uid: EntityUid): boolean
}

export interface SearchResult<T> {
  readonly page: { readonly next_token: string }
  readonly results: readonly T[]
}

export interface AuthzenDeps {
  readonly program: () => Program | undefined
  readonly decide: (query: Query, entities: EntitySource) => Decision
  /** Every entity of a type, in any order. */
  readonly enumerate: (type: string) => readonly EntityUid[]
  /** Attributes that an asking party may supply where the directory has none. Left out: none at all. */
  readonly mayFill?: (type: string, attribute: string) => boolean
  /**
   * The context of a question, and the facts it is asked under: those that a call of this kind would be asked under. `given` is
   * what the asking party says, of which only what the schema declares counts.
   */
  readonly world: (
    question: { readonly principal: EntityRef; readonly action: string; readonly resource: EntityRef },
    given: JsonObject,
  ) => { readonly context: CedarRecord; readonly entities: EntitySource }
}

const PAGE = 1000
/** Questions of one list, and names looked at for one page: what takes longer keeps every call waiting. */
const MOST_ASKED = 1000

export function createAuthzen(deps: AuthzenDeps, knows: Knows): Authzen {
  const one = (body: JsonObject): { decision: boolean; context?: JsonObject } => {
    const [subject, resource, action] = [readEntity(body, 'subject'), readEntity(body, 'resource'), readAction(body)]
    const decision = ask(subject, action, resource, readContext(body))
    if (!decision) return { decision: false, context: { reason: 'This question has no answer here.' } }
    return decision.allow
      ? { decision: true, context: { id: decision.id, ...dutiesOf(decision) } }
      : {
          decision: false,
          context: { id: decision.id, ...(decision.why === undefined ? {} : { reason: decision.why }) },
        }
  }

  /** undefined: a type, action or context that the rules do not know, or what who asks may not know of; the answer to it is no. */
  const ask = (subject: Asked, action: AskedAction, resource: Asked, said: JsonObject): Decision | undefined => {
    const program = deps.program()
    const [principalType, resourceType] = [typeOf(program, subject.type), typeOf(program, resource.type)]
    if (!program?.shelves.has(action.name) || !principalType || !resourceType) return undefined
    const principal = new EntityRef(principalType, subject.id)
    const target = new EntityRef(resourceType, resource.id)
    if (!knows.subject(principal) || !knows.resource(target)) return undefined
    try {
      const given = { ...said, ...action.properties }
      const question = { principal, action: action.name, resource: target }
      const { context, entities } = deps.world(question, given)
      const { mayFill } = deps
      const decision = deps.decide(
        { ...question, context },
        joinSources(
          filled(entities, mayFill, principal, subject.properties),
          filled(entities, mayFill, target, resource.properties),
          entities,
        ),
      )
      const refusal = decision.allow ? unmet(decision.duties, context) : undefined
      return refusal === undefined ? decision : { ...decision, allow: false, why: refusal }
    } catch (error) {
      if (error instanceof Fault && error.code === 'validation_failed') return undefined
      throw error
    }
  }

  return {
    evaluation: (body) => one(readBody(body)),

    evaluations(body) {
      const all = readBody(body)
      const { evaluations } = all
      if (evaluations === undefined || (Array.isArray(evaluations) && evaluations.length === 0)) return one(all)
      if (!Array.isArray(evaluations)) throw malformed('evaluations must be a list.')
      if (evaluations.length > MOST_ASKED) throw malformed(`evaluations holds at most ${MOST_ASKED}.`)
      const stopAt = readSemantic(all)
      const results: { decision: boolean; context?: JsonObject }[] = []
      for (const item of evaluations) {
        const result = evaluateItem(item, all, one)
        results.push(result)
        if (result.decision === stopAt) break
      }
      return { evaluations: results }
    },

    searchSubject(body) {
      const asked = readBody(body)
      const [wanted, resource, action] = [
        readEntity(asked, 'subject', false),
        readEntity(asked, 'resource'),
        readAction(asked),
      ]
      const context = readContext(asked)
      return page(
        asked,
        listed(deps, wanted.type),
        (id) => ask({ ...wanted, id }, action, resource, context)?.allow === true,
      ).with((id) => ({
        type: wanted.type,
        id,
      }))
    },

    searchResource(body) {
      const asked = readBody(body)
      const [subject, wanted, action] = [
        readEntity(asked, 'subject'),
        readEntity(asked, 'resource', false),
        readAction(asked),
      ]
      const context = readContext(asked)
      return page(
        asked,
        listed(deps, wanted.type),
        (id) => ask(subject, action, { ...wanted, id }, context)?.allow === true,
      ).with((id) => ({
        type: wanted.type,
        id,
      }))
    },

    searchAction(body) {
      const asked = readBody(body)
      const [subject, resource] = [readEntity(asked, 'subject'), readEntity(asked, 'resource')]
      const context = readContext(asked)
      const names = [...(deps.program()?.shelves.keys() ?? [])]
      const allowed = (name: string) => ask(subject, { name, properties: {} }, resource, context)?.allow === true
      return page(asked, names, allowed).with((name) => ({ name }))
    },
  }
}

/** `/.well-known/authzen-configuration`; `base` is the outside address of the gateway, without a slash at its end. */
export const authzenMetadata = (base: string): JsonObject => ({
  policy_decision_point: base,
  access_evaluation_endpoint: `${base}/access/v1/evaluation`,
  access_evaluations_endpoint: `${base}/access/v1/evaluations`,
  search_subject_endpoint: `${base}/access/v1/search/subject`,
  search_resource_endpoint: `${base}/access/v1/search/resource`,
  search_action_endpoint: `${base}/access/v1/search/action`,
})

interface Asked {
  readonly type: string
  readonly id: string
  readonly properties: JsonObject
}
interface AskedAction {
  readonly name: string
  readonly properties: JsonObject
}

const malformed = (detail: string) => new Fault('malformed_request', { detail })

function readBody(body: unknown): JsonObject {
  if (!isObject(body)) throw malformed('The body must be a JSON object.')
  return body
}

function readEntity(body: JsonObject, field: 'subject' | 'resource', needsId = true): Asked {
  const given = body[field]
  if (!isObject(given)) throw malformed(`${field} is missing.`)
  const { type, id, properties } = given
  if (typeof type !== 'string' || type === '') throw malformed(`${field}.type must be a text.`)
  // A search names no id; one that is given is ignored.
  if (needsId && (typeof id !== 'string' || id === '')) throw malformed(`${field}.id must be a text.`)
  return { type, id: typeof id === 'string' ? id : '', properties: readProperties(properties, field) }
}

function readAction(body: JsonObject): AskedAction {
  const { action } = body
  if (!isObject(action)) throw malformed('action is missing.')
  if (typeof action.name !== 'string' || action.name === '') throw malformed('action.name must be a text.')
  return { name: action.name, properties: readProperties(action.properties, 'action') }
}

function readProperties(properties: unknown, field: string): JsonObject {
  if (properties === undefined) return {}
  if (!isObject(properties)) throw malformed(`${field}.properties must be an object.`)
  return properties
}

const readContext = (body: JsonObject): JsonObject => {
  if (body.context === undefined) return {}
  if (!isObject(body.context)) throw malformed('context must be an object.')
  return body.context
}

/** The decision at which the list ends early; undefined: never. */
function readSemantic(body: JsonObject): boolean | undefined {
  const options = body.options === undefined ? {} : body.options
  if (!isObject(options)) throw malformed('options must be an object.')
  switch (options.evaluations_semantic) {
    case undefined:
    case 'execute_all':
      return undefined
    case 'deny_on_first_deny':
      return false
    case 'permit_on_first_permit':
      return true
    default:
      throw malformed('options.evaluations_semantic is not known.')
  }
}

/** Each of subject, action, resource and context is taken whole from the item, or else from the defaults around it. */
function evaluateItem(
  item: unknown,
  defaults: JsonObject,
  one: (body: JsonObject) => { decision: boolean; context?: JsonObject },
): { decision: boolean; context?: JsonObject } {
  if (!isObject(item)) return { decision: false, context: { reason: 'An evaluation must be an object.' } }
  const merged: JsonObject = {}
  for (const field of ['subject', 'action', 'resource', 'context']) {
    const value = item[field] ?? defaults[field]
    if (value !== undefined) merged[field] = value
  }
  try {
    return one(merged)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { decision: false, context: { reason: error.publicMessage } }
  }
}

/** `user` is our `User`; a type of the very name goes before one of another case. */
function typeOf(program: Program | undefined, type: string): string | undefined {
  const types = program?.vocabulary.entityTypes
  if (types?.has(type)) return type
  return types && [...types].find((known) => known.toLowerCase() === type.toLowerCase())
}

/** Why an allowing rule lets nothing happen all the same: what it demands is not there, or comes to a no. */
function unmet({ treat, stepUp }: Duties, context: CedarRecord): string | undefined {
  if (treat === 'block') return 'A rule blocks this data.'
  if (stepUp === undefined) return undefined
  const auth = attribute(context, 'auth')
  const told = (name: string) => (auth !== undefined && isRecord(auth) ? attribute(auth, name) : undefined)
  const { acr, maxAgeSeconds } = stepUp
  const [age, methods] = [told('age'), told('amr')]
  const strong = acr === undefined || told('acr') === acr || (Array.isArray(methods) && methods.includes(acr))
  const fresh =
    maxAgeSeconds === undefined ||
    (told('kind') !== 'key' && age !== undefined && isLong(age) && Number(age) <= maxAgeSeconds)
  return strong && fresh ? undefined : 'A rule demands another sign-in than context.auth tells of.'
}

/** What whoever asks is to see to: the gateway does it for its own calls. */
function dutiesOf({ duties }: Decision): { duties?: string[] } {
  const lines = dutyLines(duties)
  return lines.length === 0 ? {} : { duties: lines }
}

function listed(deps: AuthzenDeps, type: string): string[] {
  const known = typeOf(deps.program(), type)
  return known === undefined ? [] : deps.enumerate(known).map((uid) => uid.id)
}

/** The entity with properties added where the directory is silent. It must exist: nobody is made up by asking. */
function filled(
  entities: EntitySource,
  mayFill: AuthzenDeps['mayFill'],
  uid: EntityRef,
  properties: JsonObject,
): EntitySource {
  const scalar = (value: unknown): value is CedarValue =>
    typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value)
  const given = Object.entries(properties).filter(
    (entry): entry is [string, string | boolean | number] => scalar(entry[1]) && mayFill?.(uid.type, entry[0]) === true,
  )
  return {
    get(asked): EntityFacts | undefined {
      const facts = asked.text === uid.text && given.length > 0 ? entities.get(asked) : undefined
      if (!facts) return undefined
      const missing = given.filter(([name]) => attribute(facts.attrs, name) === undefined)
      return { ...facts, attrs: { ...facts.attrs, ...Object.fromEntries(missing) } }
    },
  }
}

/** A page of the allowed ids in byte order. The token is the last id that was looked at. */
function page(body: JsonObject, ids: readonly string[], allowed: (id: string) => boolean) {
  const options = body.page === undefined ? {} : body.page
  if (!isObject(options)) throw malformed('page must be an object.')
  const { token, limit } = options
  if (token !== undefined && typeof token !== 'string') throw malformed('page.token must be a text.')
  if (limit !== undefined && (!Number.isSafeInteger(limit) || (limit as number) < 1))
    throw malformed('page.limit must be a positive number.')
  const size = Math.min(PAGE, (limit as number | undefined) ?? PAGE)
  const after = token ? Buffer.from(token, 'base64url').toString() : undefined
  const sorted = [...ids].sort().filter((id) => after === undefined || id > after)
  const found: string[] = []
  let looked = 0
  while (looked < sorted.length && looked < MOST_ASKED && found.length < size) {
    const id = sorted[looked++] as string
    if (allowed(id)) found.push(id)
  }
  const next = looked < sorted.length ? Buffer.from(sorted[looked - 1] ?? '').toString('base64url') : ''
  return {
    with: <T>(make: (id: string) => T): SearchResult<T> => ({ page: { next_token: next }, results: found.map(make) }),
  }
}
