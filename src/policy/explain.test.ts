// Explanations and lint over small bundles of their own.
import { afterAll, expect, test } from 'vitest'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import {
  compileBundle,
  createChecker,
  createPolicy,
  entity,
  explain,
  fixedSource,
  lint,
  type Program,
  type Query,
} from './index.ts'
import { printExpression } from './print.ts'

const SCHEMA = `
entity Role; entity Group;
entity User in [Group, Role]; entity ModelGroup;
entity Model in [ModelGroup] { quarantined: Bool };
action use; action chat in [use] appliesTo { principal: User, resource: Model, context: { hour: Long, ticket?: String } };
action requestRole appliesTo { principal: User, resource: Role, context: { hour: Long } };
`
const checker = createChecker()
afterAll(() => checker.close())

async function checked(rules: string) {
  const result = await checker.check([
    { path: 'schema.cedarschema', text: SCHEMA },
    { path: 'dev.cedar', text: rules },
  ])
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return { bundle: result.bundle, program: compileBundle(result.bundle) }
}

const RULES = `
@id("dev-small") @why("Developers use small models by day.")
permit (principal in Group::"dev", action == Action::"chat", resource in ModelGroup::"small")
when { context.hour >= 7 && context.hour < 20 } unless { resource.quarantined };
@id("by-role") @why("Operators use every model.")
permit (principal in Role::"operator", action == Action::"chat", resource);
@id("ticket") @why("A ticket opens the big ones.") @explain("private")
permit (principal, action == Action::"chat", resource in ModelGroup::"big") when { context.ticket like "INC-*" };
@id("no-night") @why("Nobody works at night.")
forbid (principal, action == Action::"chat", resource) when { context.hour == 3 };
@id("ask") @why("Developers may ask.")
permit (principal in Group::"dev", action == Action::"requestRole", resource == Role::"operator");
`.replace('context.ticket like', 'context has ticket && context.ticket like')

const world = fixedSource([
  { uid: entity('Group', 'dev') },
  { uid: entity('Role', 'operator') },
  { uid: entity('User', 'dana'), parents: [entity('Group', 'dev')] },
  { uid: entity('User', 'guest') },
  { uid: entity('Model', 'llama'), attrs: { quarantined: false }, parents: [entity('ModelGroup', 'big')] },
  { uid: entity('Model', 'tiny'), attrs: { quarantined: false }, parents: [entity('ModelGroup', 'small')] },
])
const query = (who: string, model: string, hour: number): Query => ({
  principal: entity('User', who),
  action: 'chat',
  resource: entity('Model', model),
  context: { hour },
})

const policyOf = (program: Program) => {
  const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  policy.activate(program)
  return policy
}

test('a default deny shows the closest rules clause by clause, requestable ones first', async () => {
  const { program } = await checked(RULES)
  const policy = policyOf(program)
  const asked = query('dana', 'llama', 10)
  const roles = policy.waysIn(asked, world)
  expect(roles).toEqual(['operator'])
  const closed = await checked(
    `${RULES} @id("not-them") @why("Operators do not.") forbid (principal in Role::"operator", action == Action::"chat", resource);`,
  )
  expect(policyOf(closed.program).waysIn(asked, world)).toEqual([])
  const full = explain(program, asked, world, { reader: 'administrator', roles })
  expect(full.summary).toBe('dana may not chat with llama: no rule permits it.')
  expect(full.closest.map((rule) => [rule.id, rule.missing, rule.role])).toEqual([
    ['by-role', 1, 'operator'],
    ['dev-small', 1, undefined],
    ['ticket', 2, undefined],
  ])
  expect(full.closest[1]).toMatchObject({ file: 'dev.cedar', line: 2 })
  expect(full.closest[1]?.clauses).toEqual([
    { text: 'principal in Group::"dev"', state: 'met' },
    { text: 'resource in ModelGroup::"small"', state: 'not met' },
    { text: 'context.hour >= 7', state: 'met' },
    { text: 'context.hour < 20', state: 'met' },
    { text: 'unless resource.quarantined', state: 'met' },
  ])
  expect(full.closest[2]?.clauses.slice(1)).toEqual([
    { text: 'context has ticket', state: 'not met' },
    { text: 'context.ticket like "INC-*"', state: 'not known' },
  ])
})

test('a caller does not read private rules, and never learns which forbid it was', async () => {
  const { program } = await checked(RULES)
  const options = { reader: 'caller', roles: [] } as const
  expect(explain(program, query('guest', 'llama', 10), world, options).closest.map((rule) => rule.id)).toEqual([
    'by-role',
    'dev-small',
  ])
  const night = explain(program, query('dana', 'tiny', 3), world, options)
  expect(night).toMatchObject({ allow: false, decided: [], hidden: 1, closest: [] })
  expect(
    explain(program, query('dana', 'tiny', 3), world, { ...options, reader: 'administrator' }).decided[0]?.id,
  ).toBe('no-night')
  const allowed = explain(program, query('dana', 'tiny', 8), world, options)
  expect(allowed).toMatchObject({ allow: true, summary: 'dana may chat with tiny.' })
  expect(allowed.decided.map((rule) => rule.id)).toEqual(['dev-small'])
})

test('what is unknown is said to be unknown', async () => {
  const { program } = await checked(RULES)
  const options = { reader: 'administrator', roles: [] } as const
  const summary = (asked: Query) => explain(program, asked, world, options).summary
  expect(summary(query('nobody', 'tiny', 8))).toBe('nobody may not chat with tiny: no such principal is active.')
  expect(summary(query('dana', 'missing', 8))).toBe('dana may not chat with missing: there is no such model.')
  expect(summary({ ...query('dana', 'tiny', 8), action: 'fly' })).toBe(
    'dana may not fly tiny: there is no such action.',
  )
  // No rule was asked, so none was close.
  for (const asked of [query('nobody', 'tiny', 8), query('dana', 'missing', 8)])
    expect(explain(program, asked, world, options).closest).toEqual([])
})

test('conditions are printed as they were written', async () => {
  const conditions = [
    'context.hour > 1 || context.hour < 0 || (context.hour == 1 && principal has name || principal is User)',
    'context.hour > 1 && (context.hour > 2 && (context.hour > 3 || true)) && !(context.hour > 4)',
    'context.hour + 1 * 2 == -3 && !(principal in [Group::"a", Group::"b"])',
    'principal is User in Group::"dev" || resource has quarantined',
    '(if context.hour > 1 then {a: 1} else {a: 2}).a == 1 && [1, 2].containsAny([3]) && "a*b" like "a\\*b"',
    'ip("10.0.0.1").isInRange(ip("10.0.0.0/8")) && datetime("2026-01-01") < datetime("2027-01-01").offset(duration("1h"))',
  ]
  for (const condition of conditions) {
    const { program } = await checked(
      `@id("x") @why("x") permit (principal, action == Action::"chat", resource) when { ${condition} };`,
    )
    const printed = printExpression(program.rules[0]!.json.conditions[0]!.body)
    const again = await checked(
      `@id("x") @why("x") permit (principal, action == Action::"chat", resource) when { ${printed} };`,
    )
    expect(again.program.rules[0]!.json.conditions).toEqual(program.rules[0]!.json.conditions)
  }
})

test('lint finds rules for everybody, repeated, shadowed and powerless ones, and names that look alike', async () => {
  const { bundle, program } = await checked(`
@id("all") @why("x") permit (principal, action == Action::"chat", resource);
@id("one") @why("x") permit (principal in Group::"dev", action == Action::"chat", resource);
@id("two") @why("x") permit (principal in Group::"dev", action == Action::"chat", resource);
@id("like") @why("x") permit (principal in Group::"d\u0435v", action == Action::"chat", resource == Model::"tiny");
@id("stop") @why("x") forbid (principal in Group::"lab", action in Action::"use", resource);
@id("late") @why("x") permit (principal in Group::"lab", action == Action::"chat", resource == Model::"tiny");
@id("inner") @why("x") forbid (principal in Group::"lab", action == Action::"chat", resource == Model::"tiny");
@id("ghost") @why("x") permit (principal in Role::"ghost", action == Action::"chat", resource);
@id("held") @why("x") permit (principal in Role::"operator", action == Action::"chat", resource in ModelGroup::"none");
`)
  const messages = (problems: readonly { message: string; rule?: string }[]) =>
    problems.map((problem) => `${problem.rule}: ${problem.message}`)
  const found = messages(lint(bundle, program))
  expect(found).toContain('all: this permits everybody (use)')
  expect(found).toContain('two: this says the same as one (dev.cedar:3)')
  expect(found).toContain('late: this can never allow anything: stop (dev.cedar:6) forbids all of it')
  expect(found).toContain('inner: this forbid is shadowed: stop (dev.cedar:6) forbids all of it')
  expect(found.some((message) => message.startsWith('like: Group::"d\u0435v" looks like Group::"dev"'))).toBe(true)
  const dir = { entities: world, principals: [entity('User', 'dana')], models: [entity('Model', 'tiny')] }
  const more = messages(lint(bundle, program, dir))
  expect(more).toContain('ghost: Role::"ghost" is not in the directory')
  expect(more).toContain('held: nobody holds Role::"operator"')
  const { bundle: narrow, program: narrowProgram } = await checked(
    '@id("held") @why("x") permit (principal in Role::"operator", action == Action::"chat", resource in ModelGroup::"none");',
  )
  expect(messages(lint(narrow, narrowProgram, dir))).toContain('undefined: no rule lets anybody use Model::"tiny"')
})

test('roles that are lent when they are needed are held by nobody, and lint does not mind', async () => {
  const { loadBundle } = await import('./bundle.ts')
  const result = await checker.check(await loadBundle('policies'))
  if ('problems' in result) throw new Error('unreachable')
  const roles = ['reader', 'user', 'operator', 'trainer', 'approver', 'auditor', 'admin', 'clear-data'].map((name) => ({
    uid: entity('Role', name),
  }))
  const ida = { uid: entity('User', 'ida'), parents: [entity('Role', 'user'), entity('Role', 'admin')] }
  const dir = { entities: fixedSource([...roles, ida]), principals: [ida.uid], models: [] }
  const found = lint(result.bundle, compileBundle(result.bundle), dir).map(({ message }) => message)
  expect(found).toEqual([
    'Role::"on-call" is not in the directory',
    'Role::"emergency" is not in the directory',
    'nobody holds Role::"approver", Role::"reader", Role::"auditor"',
  ])
})

test('the shipped rules give lint nothing to complain about', async () => {
  const { loadBundle } = await import('./bundle.ts')
  const result = await checker.check(await loadBundle('policies'))
  if ('problems' in result) throw new Error('unreachable')
  const found = lint(result.bundle, compileBundle(result.bundle)).map((problem) => [problem.rule, problem.message])
  expect(found).toEqual([])
})

test('lint says where a caller gets round a rule by leaving something out', async () => {
  const { loadBundle } = await import('./bundle.ts')
  const shipped = (await loadBundle('policies')).filter(({ path }) => path === 'schema.cedarschema')
  const warnings = async (...rules: string[]) => {
    const text = rules.map((rule, i) => `@id("r${i}") @why("x") ${rule}`).join('\n')
    const result = await checker.check([...shipped, { path: 'own.cedar', text }])
    if ('problems' in result) throw new Error(JSON.stringify(result.problems))
    return lint(result.bundle, compileBundle(result.bundle)).map(({ rule, message }) => `${rule}: ${message}`)
  }
  const use = (when: string) => `forbid (principal, action in Action::"use", resource) ${when};`
  const max = 'context.request has maxTokens && context.request.maxTokens'
  const goesRound = ['r0: a call that leaves maxTokens out is not forbidden: it gets what the server has']
  expect(await warnings(use(`when { ${max} > 500 }`))).toEqual(goesRound)
  expect(await warnings(use(`when { context.request has maxTokens && 500 < context.request.maxTokens }`))).toEqual(
    goesRound,
  )
  expect(await warnings(use(`unless { !(${max} > 500) }`))).toEqual(goesRound)
  expect(await warnings(use(`unless { ${max} <= 500 }`))).toEqual([])
  expect(await warnings(use(`when { !(context.request has maxTokens) || (${max} > 500) }`))).toEqual([])
  expect(await warnings(use(`when { ${max} < 5 }`))).toEqual([])
  const either = (otherwise: boolean) =>
    `if context.request has maxTokens then context.request.maxTokens > 500 else ${otherwise}`
  expect(await warnings(use(`when { ${either(true)} }`))).toEqual([])
  expect(await warnings(use(`when { ${either(false)} }`))).toEqual(goesRound)
  expect(await warnings(use(`unless { !(${either(true)}) }`))).toEqual([])
  expect(await warnings(use(`unless { !(${either(false)}) }`))).toEqual(goesRound)
  const below = 'if context.request has maxTokens then !(context.request.maxTokens > 500) else'
  expect(await warnings(use(`unless { ${below} true }`))).toEqual(goesRound)
  expect(await warnings(use(`unless { ${below} false }`))).toEqual([])
  const user = '(principal in Role::"user", action in Action::"use", resource)'
  expect(await warnings(use(`when { ${max} > 500 }`), `@clamp("maxTokens <= 500") permit ${user};`)).toEqual([])
  const warm = 'context.request has temperature && context.request.temperature.greaterThan(decimal("1.0"))'
  expect(await warnings(use(`when { ${warm} }`))).toHaveLength(1)
  const jit = (effect: string, when: string) =>
    `${effect} (principal in Role::"user", action == Action::"requestRole", resource) ${when};`
  expect(await warnings(jit('permit', 'when { ["small"].containsAll(context.ask.models) }'))).toEqual([
    'r0: an ask that names no models is for all of them, and passes here: an empty set is within any',
  ])
  const named = '!context.ask.models.isEmpty() && ["small"].containsAll(context.ask.models)'
  expect(await warnings(jit('permit', `when { ${named} }`))).toEqual([])
  for (const name of ['uses', 'tokens'])
    expect(await warnings(jit('forbid', `when { context.ask has ${name} && context.ask.${name} > 5 }`))).toEqual([
      `r0: an ask without ${name} is not forbidden: it is good for any number`,
    ])
})
