// Who gains and who loses by a change of the rules, before it is made: over classes of principals and resources that no
// rule tells apart, and over decisions that were really asked. What was not covered is part of the answer.
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Decision } from '../core/index.ts'
import { changedRules, classify, type EntityClass, sightOf } from './classes.ts'
import type { EntitySource } from './entity.ts'
import { type Answer, aboutBase, evaluate, type Question } from './evaluate.ts'
import type { Query } from './policy.ts'
import { probesFor } from './probe.ts'
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'
import { Scope } from './scope.ts'
import { tiedTo } from './side.ts'
import { type CedarRecord, EntityRef, toRef } from './value.ts'

export interface ImpactWorld {
  readonly entities: EntitySource
  readonly principals: readonly EntityRef[]
  /** Everything rules may be asked about: models, classes of data, the gateway, roles, groups, people, declared tools. */
  readonly resources: readonly EntityRef[]
  /** A usual context for an action, as the gateway would build it on an ordinary day. */
  readonly usual: (action: string) => CedarRecord
}

/** One question that was really asked, with what was answered. */
export interface Recorded {
  readonly query: Query
  readonly decision: Pick<Decision, 'allow' | 'rules'>
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Effect {
  readonly kind: 'gains' | 'loses' | 'conditional' | 'duties'
  readonly action: string
  readonly principals: readonly string[]
  readonly resources: readonly string[]
  /** Rules that make the difference: those that decided before, and those that decide after. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** In which sampled contexts, if not in the usual one. */
  readonly when?: string
}

export interface ReplayEffect {
  readonly kind: 'gains' | 'loses'
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly count: number
}

export interface Impact {
  readonly effects: readonly Effect[]
  /** `lost`: recorded decisions about somebody or something that is not there any more; they are not replayed. */
  readonly replay: { readonly decisions: number; readonly lost: number; readonly effects: readonly ReplayEffect[] }
  readonly coverage: {
    readonly changedRules: readonly string[]
    readonly actions: readonly string[]
    readonly principals: number
    readonly principalClasses: number
    readonly resources: number
    readonly resourceClasses: number
    readonly contexts: number
    readonly questions: number
    readonly notCovered: readonly string[]
  }
}

/** Questions asked at most, each of the rules before and after. What is left is said not to be covered. */
const MOST_QUESTIONS = 2_000_000
/** Milliseconds after which what else waits has its turn. */
const PIECE_MS = 10

type ImpactArguments = [
  /** No rules at all, as what an empty store changes from. */
  before: Program | undefined,
  after: Program,
  world: ImpactWorld,
  recorded: readonly Recorded[],
]

export function impactOf(...given: ImpactArguments): Impact {
  const steps = impactSteps(...given)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** The same in pieces, between which calls go on. Facts are those of the moment at which each is asked for. */
export async function impactInPieces(...given: ImpactArguments): Promise<Impact> {
  const steps = impactSteps(...given)
  for (let since = performance.now(); ; ) {
    const { done, value } = steps.next()
    if (done) return value
    if (performance.now() - since < PIECE_MS) continue
    await setImmediate()
    since = performance.now()
  }
}

function* impactSteps(...[before, after, world, recorded]: ImpactArguments): Generator<undefined, Impact> {
  const changed = before ? changedRules(before, after) : after.rules
  const actions = [...after.vocabulary.actions.keys()].filter((action) =>
    changed.some((rule) => rule.actions.has(action)),
  )
  const sight = sightOf([...(before?.rules ?? []), ...after.rules])
  const principals = classify(world.principals, world.entities, sight)
  yield
  const types = new Set(actions.flatMap((action) => [...after.vocabulary.actions.get(action)!.resources]))
  const asked = world.resources.filter(({ type }) => types.has(type))
  const resources = classify(asked, world.entities, sight)
  const tally = { contexts: 0, questions: 0, notCovered: new Set<string>() }
  const effects: Effect[] = []
  for (const action of actions) {
    yield
    const { probes, skipped } = probesFor(
      changed.filter((rule) => rule.actions.has(action)),
      world.usual(action),
    )
    for (const path of skipped) tally.notCovered.add(`context.${path}`)
    tally.contexts = Math.max(tally.contexts, probes.length)
    const { principals: callers, resources: things } = after.vocabulary.actions.get(action)!
    const whats = resources.filter((one) => things.has(one.example.type))
    for (const who of principals.filter((one) => callers.has(one.example.type)))
      for (const what of whats) {
        if (tally.questions + probes.length > MOST_QUESTIONS) {
          tally.notCovered.add(`what is beyond ${MOST_QUESTIONS} questions, among it ${action}`)
          break
        }
        tally.questions += probes.length
        effects.push(...compare(before, after, action, who, what, probes, world.entities))
        yield
      }
  }
  // Under one schema, a question that lies in the scope of no changed rule keeps its answer.
  const sameSchema = before && JSON.stringify(before.schemaJson) === JSON.stringify(after.schemaJson)
  yield
  const again = replay(before, after, recorded, world.entities, sameSchema ? changed : undefined)
  if (sight.attributes.has('owner')) tally.notCovered.add('what belongs to whom (owner)')
  if (changed.some(({ json }) => VARIABLES.every((one) => JSON.stringify(json.conditions).includes(one))))
    tally.notCovered.add('what is about the caller itself')
  for (const [type, words] of UNLISTED)
    if (changed.some((rule) => mayReach(rule, type, after))) tally.notCovered.add(words)
  return {
    effects: yield* joined(effects),
    replay: { decisions: recorded.length - again.lost, ...again },
    coverage: {
      changedRules: [...new Set(changed.map((rule) => rule.id))],
      actions,
      principals: world.principals.length,
      principalClasses: principals.length,
      resources: asked.length,
      resourceClasses: resources.length,
      contexts: tally.contexts,
      questions: tally.questions,
      // A part that was not looked at says it for the whole it is in.
      notCovered: [...tally.notCovered]
        .filter((path) => ![...tally.notCovered].some((part) => part.startsWith(`${path}.`)))
        .sort(),
    },
  }
}

const VARIABLES = ['{"Var":"principal"}', '{"Var":"resource"}']

/** What nobody can list when a change is planned. */
const UNLISTED = [
  ['Key', 'keys'],
  ['Session', 'sessions'],
  ['Tool', 'tools that nobody declared'],
  ['Document', 'documents'],
] as const

/** Whether a rule can be about things of this type. */
function mayReach({ json: { resource }, actions }: Rule, type: string, { vocabulary }: Program): boolean {
  if (resource.op === 'is' && resource.entity_type !== type) return false
  if (resource.op === '==' && tiedTo(resource)?.type !== type) return false
  return [...actions].some((action) => vocabulary.actions.get(action)?.resources.has(type))
}

function compare(
  before: Program | undefined,
  after: Program,
  action: string,
  who: EntityClass,
  what: EntityClass,
  probes: readonly { label: string; context: CedarRecord }[],
  entities: EntitySource,
): Effect[] {
  const conditional: string[] = []
  // What somebody may do to themselves is not what they may do to the others of their class.
  const resource = what.members.find(({ text }) => text !== who.example.text) ?? what.example
  for (const { label, context } of probes) {
    const question = { principal: who.example, action, resource, context }
    const then = before && evaluate(before, question, entities)
    const now = evaluate(after, question, entities)
    const kind = kindOf(before, then, after, now)
    if (!kind) continue
    // The first probe is the usual context: what changes there changes plainly.
    if (label === 'usual') return [effectOf(kind, action, who, what, then, now)]
    conditional.push(`${kind} where ${label}`)
  }
  if (conditional.length === 0) return []
  const when = conditional.slice(0, 3).join('; ')
  return [{ ...effectOf('conditional', action, who, what, undefined, undefined), when }]
}

function kindOf(
  before: Program | undefined,
  then: Answer | undefined,
  after: Program,
  now: Answer,
): Effect['kind'] | undefined {
  const was = then?.allow ?? false
  if (was !== now.allow) return now.allow ? 'gains' : 'loses'
  if (!now.allow || !before || !then) return undefined
  const duties = (program: Program, answer: Answer) => JSON.stringify(program.together(answer.permits).duties)
  return duties(before, then) === duties(after, now) ? undefined : 'duties'
}

function effectOf(
  kind: Effect['kind'],
  action: string,
  who: EntityClass,
  what: EntityClass,
  then: Answer | undefined,
  now: Answer | undefined,
): Effect {
  const ids = (answer: Answer | undefined) =>
    answer ? (answer.allow ? answer.permits : answer.forbids).map((rule) => rule.id) : []
  return {
    kind,
    action,
    principals: who.members.map((uid) => uid.text),
    resources: what.members.map((uid) => uid.text),
    before: ids(then),
    after: ids(now),
  }
}

/** Effects on the same people by the same rules read as one. */
function* joined(effects: readonly Effect[]): Generator<undefined, Effect[]> {
  const groups = new Map<string, Effect & { resources: string[] }>()
  for (const effect of effects) {
    const { resources, ...rest } = effect
    const key = JSON.stringify(rest)
    const other = groups.get(key)
    if (other) other.resources.push(...resources)
    else groups.set(key, { ...effect, resources: [...resources] })
    yield
  }
  return [...groups.values()]
}

/**
 * Recorded questions asked again, against the facts of today. An answer that is another one now counts if the rules of
 * before would still give the old one, so that only the rules make a difference. `lost`: questions about somebody or something that is not there any more.
 */
export function replay(
  before: Program | undefined,
  after: Program,
  recorded: readonly Recorded[],
  entities: EntitySource,
  changed?: readonly Rule[],
): { effects: ReplayEffect[]; lost: number } {
  const found = new Map<string, ReplayEffect>()
  let lost = 0
  for (const { query, decision } of recorded) {
    const [principal, resource] = [toRef(query.principal), toRef(query.resource)]
    const question = { ...query, principal, resource }
    const base = aboutBase(question, entities)
    if (changed && ![question, base].some((asked) => asked && touches(changed, asked, entities))) continue
    const now = evaluate(after, question, entities)
    if (now.impossible) {
      lost++
      continue
    }
    if (now.allow === decision.allow) continue
    // What was answered may have been undone since by facts alone: the rules of before are asked too.
    if (before && evaluate(before, question, entities).allow === now.allow) continue
    const kind = now.allow ? 'gains' : 'loses'
    const key = `${kind} ${principal.text} ${query.action} ${resource.text}`
    const count = (found.get(key)?.count ?? 0) + 1
    found.set(key, { kind, principal: principal.text, action: query.action, resource: resource.text, count })
  }
  return { effects: [...found.values()].sort((a, b) => b.count - a.count), lost }
}

function touches(
  changed: readonly Rule[],
  { principal, action, resource, context }: Question,
  entities: EntitySource,
): boolean {
  const scope = new Scope(principal, new EntityRef('Action', action), resource, context, entities, new Map())
  return changed.some((rule) => rule.actions.has(action) && rule.reaches(scope))
}

/** Changes when the candidate, the rules in force, or the effect of one on the other does. Too long to make two plans of one name. */
export function planHash(before: string | undefined, after: string, impact: Impact): string {
  const { effects, coverage } = impact
  return createHash('sha256')
    .update(JSON.stringify([before ?? null, after, effects, coverage]))
    .digest('hex')
    .slice(0, 40)
}

/** Numbers of an impact in one line each, for terminals and review comments. */
export function impactLines(impact: Impact): string[] {
  const { coverage, effects, replay: again } = impact
  const line = (effect: Effect) => {
    const people = effect.principals.length === 1 ? effect.principals[0] : `${effect.principals.length} principals`
    const things = effect.resources.length === 1 ? effect.resources[0] : `${effect.resources.length} resources`
    const rules = [...new Set([...effect.before, ...effect.after])].join(', ')
    return `${people}: ${effect.action} on ${things}${effect.when ? ` (${effect.when})` : ''}${rules ? ` · ${rules}` : ''}`
  }
  const titled = (title: string, kind: Effect['kind']) => {
    const lines = effects.filter((effect) => effect.kind === kind).map(line)
    return lines.length > 0 ? [title, ...lines.map((text) => `  ${text}`)] : [`${title} none`]
  }
  const sum = (kind: ReplayEffect['kind']) =>
    again.effects.reduce((total, one) => total + (one.kind === kind ? one.count : 0), 0)
  return [
    ...titled('Loses', 'loses'),
    ...titled('Gains', 'gains'),
    ...titled('Conditional', 'conditional'),
    ...titled('Other duties', 'duties'),
    `Replay of ${again.decisions} recorded decisions: ${sum('loses')} allows would become denies, ${sum('gains')} denies would become allows${again.lost > 0 ? ` (${again.lost} more were about what is not there any more)` : ''}`,
    `Checked ${coverage.principalClasses} classes of ${coverage.principals} principals × ${coverage.resourceClasses} classes of ${coverage.resources} resources × ${coverage.actions.length} actions × ${coverage.contexts} contexts`,
    `Not checked: ${coverage.notCovered.join(', ') || 'nothing known'}`,
  ]
}
