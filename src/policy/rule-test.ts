// A bundle's own tests, in the JSON form of Cedar's command line, so that the official tool runs the same files:
// [{name, request: {principal, action, resource, context}, entities: [...] | "file.json", decision, reason, num_errors}].
// `duties` is ours and ignored elsewhere. Coverage names the rules that no test ever satisfied.
import { type Duties, Fault, isObject, type Json, type JsonObject, uidText } from '../core/index.ts'
import { type BundleSources, testsOf } from './bundle.ts'
import { parseUid, readEntity, recordJson } from './cedar-json.ts'
import type { Conform } from './conform.ts'
import { createConform } from './conform.ts'
import { type EntitySource, type FixedEntity, fixedSource } from './entity.ts'
import { evaluate } from './evaluate.ts'
import type { Query } from './policy.ts'
import type { Program } from './program.ts'

export interface TestOutcome {
  readonly file: string
  readonly name: string
  /** What went otherwise than expected, in words; undefined if the test passed. */
  readonly failure?: string
}

export interface TestReport {
  readonly outcomes: readonly TestOutcome[]
  readonly passed: number
  readonly failed: number
  readonly coverage: Coverage
}

export interface Coverage {
  readonly rules: number
  readonly hit: readonly string[]
  /** Ids of rules that no test satisfied. */
  readonly unhit: readonly string[]
}

/** Runs every test of the bundle against its own rules. A test that cannot be read has failed. */
export function runTests(program: Program, sources: BundleSources): TestReport {
  const conform = createConform(program.schemaJson)
  const hit = new Set<string>()
  const outcomes: TestOutcome[] = []
  const files = new Map(testsOf(sources).map((file) => [file.path.slice('tests/'.length), file.text]))
  // What many tests name is read once.
  const read = new Map<string, EntitySource>()
  const sourceOf = (json: unknown): EntitySource => {
    if (typeof json !== 'string') return fixedSource(readEntities(conform, json))
    const text = files.get(json)
    if (text === undefined) throw invalid(`${json} is not a file of the tests folder.`)
    const known = read.get(json) ?? fixedSource(readEntities(conform, JSON.parse(text)))
    read.set(json, known)
    return known
  }
  for (const { path, text } of testsOf(sources)) {
    for (const [index, json] of readCases(path, text, outcomes).entries()) {
      const name = isObject(json) && typeof json.name === 'string' ? json.name : `number ${index + 1}`
      const failure = failureOf(program, conform, json, sourceOf, hit)
      outcomes.push({ file: path, name, ...(failure === undefined ? {} : { failure }) })
    }
  }
  const failed = outcomes.filter((outcome) => outcome.failure !== undefined).length
  const ids = program.rules.map((rule) => rule.id)
  return {
    outcomes,
    passed: outcomes.length - failed,
    failed,
    coverage: { rules: ids.length, hit: ids.filter((id) => hit.has(id)), unhit: ids.filter((id) => !hit.has(id)) },
  }
}

/** A file is a list of tests, or, for others to name, a list of entities. */
function readCases(path: string, text: string, outcomes: TestOutcome[]): readonly unknown[] {
  try {
    const json: unknown = JSON.parse(text)
    if (!Array.isArray(json)) throw new Error('not a list')
    return json.every((one) => isObject(one) && 'uid' in one) ? [] : json
  } catch {
    outcomes.push({ file: path, name: 'file', failure: 'is not a JSON list of tests' })
    return []
  }
}

function failureOf(
  program: Program,
  conform: Conform,
  json: unknown,
  sourceOf: (entities: unknown) => EntitySource,
  hit: Set<string>,
): string | undefined {
  try {
    const wanted = readCase(conform, json, sourceOf)
    const answer = evaluate(program, wanted.question, wanted.entities)
    for (const rule of [...answer.permits, ...answer.forbids]) hit.add(rule.id)
    const rules = (answer.allow ? answer.permits : answer.forbids).map((rule) => rule.id)
    const place = (id: string) => {
      const rule = program.rules.find((one) => one.id === id)
      return rule ? `${id} (${rule.file}:${rule.line})` : id
    }
    const by =
      rules.length > 0
        ? ` by ${rules.map(place).join(', ')}`
        : answer.impossible
          ? ` (unknown ${answer.impossible})`
          : ''
    if (answer.allow !== (wanted.decision === 'allow'))
      return `expected ${wanted.decision}${wanted.reason.length > 0 ? ` by ${wanted.reason.join(', ')}` : ''}, got ${
        answer.allow ? 'ALLOW' : 'DENY'
      }${by}`
    const missing = wanted.reason.filter((id) => !rules.includes(id))
    if (missing.length > 0)
      return `expected ${missing.map(place).join(', ')} to decide, but it was ${rules.join(', ') || 'no rule'}`
    if (answer.errors.length !== wanted.numErrors)
      return `expected ${wanted.numErrors} erroring rules, got ${answer.errors.map((rule) => rule.id).join(', ') || 'none'}`
    return wanted.duties && dutiesDiffer(wanted.duties, program.together(answer.allow ? answer.permits : []).duties)
  } catch (error) {
    return Fault.from(error).publicMessage
  }
}

function dutiesDiffer(wanted: Readonly<Record<string, unknown>>, got: Duties): string | undefined {
  for (const [name, value] of Object.entries(wanted)) {
    const actual = JSON.stringify((got as unknown as Record<string, unknown>)[name])
    if (actual !== JSON.stringify(value))
      return `expected duty ${name} ${JSON.stringify(value)}, got ${actual ?? 'none'}`
  }
  return undefined
}

const invalid = (detail: string) => new Fault('validation_failed', { detail })

function readCase(conform: Conform, json: unknown, sourceOf: (entities: unknown) => EntitySource) {
  if (!isObject(json) || !isObject(json.request)) throw invalid('A test needs a request.')
  const { principal, action, resource, context } = json.request
  if (typeof principal !== 'string' || typeof action !== 'string' || typeof resource !== 'string')
    throw invalid('A request needs principal, action and resource, each written like User::"dana".')
  const { decision, reason = [], num_errors: numErrors = 0, duties } = json
  if (decision !== 'allow' && decision !== 'deny') throw invalid('decision must be "allow" or "deny".')
  if (!Array.isArray(reason) || !reason.every((id) => typeof id === 'string'))
    throw invalid('reason must be a list of rule ids.')
  if (typeof numErrors !== 'number') throw invalid('num_errors must be a number.')
  if (duties !== undefined && !isObject(duties)) throw invalid('duties must be an object.')
  const name = parseUid(action)
  if (name.type !== 'Action') throw invalid('action must be written like Action::"chat".')
  return {
    question: {
      principal: parseUid(principal),
      action: name.id,
      resource: parseUid(resource),
      context: conform.context(name.id, context ?? {}),
    },
    entities: sourceOf(json.entities ?? []),
    decision,
    reason,
    numErrors,
    duties,
  } as const
}

/** A question with its answer as a test of Cedar's form, whose entities are in `entities.json` beside it. */
export function caseOf(
  name: string,
  { principal, action, resource, context }: Query,
  found: { readonly allow: boolean; readonly rules: readonly string[]; readonly errors: number },
): JsonObject {
  return {
    name,
    request: {
      principal: uidText(principal),
      action: uidText({ type: 'Action', id: action }),
      resource: uidText(resource),
      context: plainly(recordJson(context)) as JsonObject,
    },
    entities: 'entities.json',
    decision: found.allow ? 'allow' : 'deny',
    reason: [...found.rules],
    num_errors: found.errors,
  }
}

/** Extension values as the texts that people write in tests; the declared types say what they are. */
function plainly(json: unknown): Json {
  if (Array.isArray(json)) return json.map(plainly)
  if (!isObject(json)) return json as Json
  const { __extn: made } = json
  if (isObject(made)) return made.fn === 'ip' ? String(made.arg).replace(/\/(32|128)$/, '') : (made.arg ?? null)
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, plainly(value)]))
}

/** Entities in Cedar's JSON form. Throws Fault `validation_failed`. */
export function readEntities(conform: Conform, json: unknown): FixedEntity[] {
  if (!Array.isArray(json)) throw invalid('entities must be a list.')
  const entities = json.map((one): FixedEntity => {
    if (!isObject(one) || !isObject(one.uid)) throw invalid('An entity needs a uid.')
    const uid = readEntity(
      (isObject(one.uid.__entity) ? one.uid.__entity : one.uid) as { type?: unknown; id?: unknown },
    )
    const parents = Array.isArray(one.parents) ? one.parents : []
    return {
      uid,
      attrs: conform.attributes(uid.type, one.attrs ?? {}, uid.text),
      parents: parents.map((parent) => {
        if (!isObject(parent)) throw invalid('A parent needs a type and an id.')
        return readEntity((isObject(parent.__entity) ? parent.__entity : parent) as { type?: unknown; id?: unknown })
      }),
      ...(one.tags === undefined ? {} : { tags: conform.tags(uid.type, one.tags) }),
    }
  })
  refuseContradictions(entities, json)
  return entities
}

/** As Cedar's own tool does, so that a file means the same to both. */
function refuseContradictions(entities: readonly FixedEntity[], json: readonly unknown[]): void {
  const given = new Map<string, string>()
  for (const [index, { uid }] of entities.entries()) {
    const text = JSON.stringify(json[index])
    if ((given.get(uid.text) ?? text) !== text) throw invalid(`${uid.text} is given twice, with different facts.`)
    given.set(uid.text, text)
  }
  const parents = new Map(entities.map(({ uid, parents = [] }) => [uid.text, parents.map(({ text }) => text)]))
  // Each entity is walked through once, however many stand above it: `way` leads to where we are, `clear` leads into no circle.
  const clear = new Set<string>()
  const onWay = new Set<string>()
  for (const start of parents.keys()) {
    const way = clear.has(start) ? [] : [{ text: start, above: (parents.get(start) ?? []).values() }]
    for (let at = way.at(-1); at; at = way.at(-1)) {
      onWay.add(at.text)
      const { value: next, done } = at.above.next()
      if (done) {
        clear.add(at.text)
        onWay.delete(at.text)
        way.pop()
      } else if (onWay.has(next)) throw invalid(`${next} is in itself, through its parents.`)
      else if (!clear.has(next)) way.push({ text: next, above: (parents.get(next) ?? []).values() })
    }
  }
}
