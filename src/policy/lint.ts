// What validation lets pass and a reviewer should see: rules that do nothing, rules for everybody, names that look alike,
// and, where the directory is at hand, roles nobody holds and models nobody reaches.
import type { CheckedBundle, Problem } from './bundle.ts'
import { parseUid } from './cedar-json.ts'
import type { EntitySource } from './entity.ts'
import { leftOut } from './left-out.ts'
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'
import { Scope } from './scope.ts'
import { tiedTo } from './side.ts'
import { EntityRef } from './value.ts'

/** Who and what there is, for the questions that only the directory can answer. */
export interface World {
  readonly entities: EntitySource
  readonly principals: readonly EntityRef[]
  readonly models: readonly EntityRef[]
}

export function lint(bundle: CheckedBundle, program: Program, world?: World): Problem[] {
  return [
    ...bundle.warnings,
    ...everybody(program),
    ...repeated(program),
    ...overruled(program),
    ...lookAlikes(program),
    ...leftOut(program).map(({ rule, message, help }) => warn(rule, message, help)),
    ...(world ? [...unheldRoles(program, world), ...unreachedModels(program, world)] : []),
  ]
}

const warn = (rule: Rule, message: string, help?: string): Problem => ({
  level: 'warning',
  message,
  ...(help === undefined ? {} : { help }),
  file: rule.file,
  line: rule.line,
  rule: rule.id,
})

/** Actions that are worth a second look where anybody at all may do them. */
const WEIGHTY = ['use', 'manage', 'learn', 'administer', 'jit', 'callTool', 'send']

function everybody(program: Program): Problem[] {
  return program.rules
    .filter(
      (rule) =>
        rule.effect === 'permit' &&
        tiedTo(rule.json.principal) === undefined &&
        !mentions(rule.json.conditions, 'principal'),
    )
    .flatMap((rule) => {
      const lineage = [...rule.actions].flatMap((name) => [...program.vocabulary.actions.get(name)!.lineage])
      // A rule that lets data pass only disguised holds back more than it gives.
      if (rule.notes.duties.treat !== undefined && rule.notes.duties.treat !== 'pass') return []
      // For everybody, but for named classes only: that says something of the class, not of everybody.
      const named = tiedTo(rule.json.resource) !== undefined || mentions(rule.json.conditions, 'resource')
      const weighty = WEIGHTY.find((name) => lineage.includes(name) && !(name === 'send' && named))
      return weighty ? [warn(rule, `this permits everybody (${weighty})`, 'name a role or a group in the scope')] : []
    })
}

/** Does a condition look at this variable? */
function mentions(node: unknown, variable: string): boolean {
  if (typeof node !== 'object' || node === null) return false
  if ((node as { Var?: unknown }).Var === variable) return true
  return Object.values(node).some((inner) => mentions(inner, variable))
}

const conditions = (rule: Rule) => JSON.stringify(rule.json.conditions)

function repeated(program: Program): Problem[] {
  const first = new Map<string, Rule>()
  return program.rules.flatMap((rule) => {
    const { effect, principal, action, resource } = rule.json
    const key = JSON.stringify([effect, principal, action, resource, rule.json.conditions, rule.notes.duties])
    const other = first.get(key)
    if (!other) first.set(key, rule)
    return other ? [warn(rule, `this says the same as ${other.id} (${other.file}:${other.line})`)] : []
  })
}

/** A rule inside a forbid without conditions never counts; a forbid inside another with the same conditions adds nothing. */
function overruled(program: Program): Problem[] {
  /** Forbids by scope and conditions, then by their actions. Of those that say the same the first counts: later ones add nothing. */
  const forbids = new Map<string, Map<string, Rule>>()
  for (const rule of program.rules.filter(({ effect }) => effect === 'forbid')) {
    const key = placeOf(sideOf(rule, 'principal'), sideOf(rule, 'resource'), conditions(rule))
    const alike = forbids.get(key) ?? new Map<string, Rule>()
    forbids.set(key, alike)
    const actions = JSON.stringify([...rule.actions].sort())
    if (!alike.has(actions)) alike.set(actions, rule)
  }
  /** Every question in the scope of `rule` is in that of these, as far as it can be told. */
  const around = (rule: Rule): Rule[] => {
    const wide = (side: string) => new Set([ANYTHING, side])
    const found: Rule[] = []
    for (const principal of wide(sideOf(rule, 'principal')))
      for (const resource of wide(sideOf(rule, 'resource')))
        for (const when of new Set([NO_CONDITIONS, ...(rule.effect === 'forbid' ? [conditions(rule)] : [])]))
          found.push(...(forbids.get(placeOf(principal, resource, when))?.values() ?? []))
    return found.filter((forbid) => forbid !== rule && [...rule.actions].every((action) => forbid.actions.has(action)))
  }
  return program.rules.flatMap((rule) => {
    const [over] = around(rule).sort((one, other) => one.index - other.index)
    if (!over) return []
    const what = rule.effect === 'permit' ? 'this can never allow anything' : 'this forbid is shadowed'
    return [warn(rule, `${what}: ${over.id} (${over.file}:${over.line}) forbids all of it`)]
  })
}

const ANYTHING = JSON.stringify({ op: 'All' })
const NO_CONDITIONS = JSON.stringify([])
const sideOf = ({ json }: Rule, side: 'principal' | 'resource') => JSON.stringify(json[side])
const placeOf = (principal: string, resource: string, when: string) => `${principal} ${resource} ${when}`

/** Letters that pass for one another in print. */
const CONFUSABLE: readonly (readonly [RegExp, string])[] = [
  [/[аɑα]/g, 'a'],
  [/[еẹ℮]/g, 'e'],
  [/[оοσ0]/g, 'o'],
  [/[рρ]/g, 'p'],
  [/[сϲ]/g, 'c'],
  [/[хχ]/g, 'x'],
  [/[уү]/g, 'y'],
  [/[іıl1|]/g, 'i'],
  [/[ѕ]/g, 's'],
  [/rn/g, 'm'],
]
const skeleton = (text: string) =>
  CONFUSABLE.reduce((shape, [letters, plain]) => shape.replace(letters, plain), text.normalize('NFKC').toLowerCase())

function lookAlikes(program: Program): Problem[] {
  const seen = new Map<string, { text: string; rule: Rule }>()
  const found = new Map<string, Problem>()
  for (const rule of program.rules)
    for (const uid of namedIn(rule)) {
      const key = `${uid.type}::${skeleton(uid.id)}`
      const other = seen.get(key)
      if (!other) seen.set(key, { text: uid.text, rule })
      else if (other.text !== uid.text && !found.has(uid.text))
        found.set(
          uid.text,
          warn(rule, `${uid.text} looks like ${other.text} in ${other.rule.id}`, 'are they meant to be the same?'),
        )
    }
  return [...found.values()]
}

/** Entities a rule names in scope or conditions. */
export function namedIn(rule: Rule): EntityRef[] {
  const found: EntityRef[] = []
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    const { type, id } = node as { type?: unknown; id?: unknown }
    if (typeof type === 'string' && typeof id === 'string' && Object.keys(node).length === 2)
      found.push(new EntityRef(type, id))
    else for (const inner of Object.values(node)) walk(inner)
  }
  walk([rule.json.principal, rule.json.resource, rule.json.conditions])
  return found
}

function unheldRoles(program: Program, world: World): Problem[] {
  const held = new Set(world.principals.flatMap((uid) => [...(world.entities.get(uid)?.ancestors ?? [])]))
  // What is asked for when it is needed is held by nobody on most days.
  const lent = new Set(
    program.rules
      .filter(({ effect, actions }) => effect === 'permit' && LENDING.some((action) => actions.has(action)))
      .flatMap((rule) => {
        const asking = tiedTo(rule.json.principal)?.text
        return namedIn(rule).flatMap(({ text }) => (text === asking ? [] : [text]))
      }),
  )
  const unheld = new Map<string, Rule>()
  for (const rule of program.rules) {
    const tied = tiedTo(rule.json.principal)
    if (tied?.type === 'Role' && !held.has(tied.text) && !unheld.has(tied.text)) unheld.set(tied.text, rule)
  }
  const known = (text: string) => world.entities.get(parseUid(text)) !== undefined
  const [first, ...more] = [...unheld.keys()].filter((text) => known(text) && !lent.has(text))
  return [
    ...[...unheld]
      .filter(([text]) => !known(text))
      .map(([text, rule]) => warn(rule, `${text} is not in the directory`)),
    ...(first === undefined
      ? []
      : more.length === 0
        ? [warn(unheld.get(first)!, `nobody holds ${first}`)]
        : [{ level: 'warning' as const, message: `nobody holds ${[first, ...more].join(', ')}` }]),
  ]
}
const LENDING = ['requestRole', 'autoApproveRole', 'breakGlass']

function unreachedModels(program: Program, world: World): Problem[] {
  const permits = program.rules.filter((rule) => rule.effect === 'permit' && rule.actions.has('chat'))
  return world.models
    .filter((model) => !permits.some((rule) => rule.sides.resource(asked(model, world))))
    .map((model) => ({ level: 'warning' as const, message: `no rule lets anybody use ${model.text}` }))
}

const CHAT = new EntityRef('Action', 'chat')
const asked = (resource: EntityRef, world: World) => new Scope(resource, CHAT, resource, {}, world.entities, new Map())
