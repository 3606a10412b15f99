// The effect of a change before it is made, and what is seen of rules that run beside the ones in force.
import { afterAll, expect, test, vi } from 'vitest'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import {
  compileBundle,
  createChecker,
  createDecisionLog,
  createOracleCheck,
  createPolicy,
  createShadow,
  entity,
  fixedSource,
  type ImpactWorld,
  impactLines,
  impactOf,
  joinSources,
  type OracleDifference,
  type Program,
  planHash,
} from './index.ts'

const SCHEMA = `
entity Role; entity Group;
entity User in [Group, Role] { level?: Long }; entity ModelGroup;
entity Model in [ModelGroup] { hosting: String };
action use; action chat, embed in [use] appliesTo { principal: User, resource: Model, context: { clock: { hour: Long }, note?: String } };
`
const checker = createChecker()
afterAll(() => checker.close())

async function compiled(rules: string, schema = SCHEMA): Promise<Program> {
  const result = await checker.check([
    { path: 'schema.cedarschema', text: schema },
    { path: 'rules.cedar', text: rules },
  ])
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return compileBundle(result.bundle)
}

const users = Array.from({ length: 30 }, (_, index) => entity('User', `user-${index}`))
const models = Array.from({ length: 12 }, (_, index) => entity('Model', `model-${index}`))
const entities = fixedSource([
  ...users.map((uid, index) => ({
    uid,
    attrs: { level: index },
    parents: [entity('Group', index < 12 ? 'contractors' : 'staff'), entity('Group', 'unmentioned')],
  })),
  ...models.map((uid, index) => ({
    uid,
    attrs: { hosting: 'local' },
    parents: [entity('ModelGroup', index < 3 ? 'prod' : 'lab')],
  })),
])
const world: ImpactWorld = {
  entities,
  principals: users,
  resources: models,
  usual: () => ({ clock: { hour: 10 } }),
}
const STAFF = '@id("staff") @why("x") permit (principal in Group::"staff", action in Action::"use", resource);'
const CONTRACTORS =
  '@id("contractors") @why("x") permit (principal in Group::"contractors", action in Action::"use", resource);'

test('who loses what, by class, with what was looked at', async () => {
  const before = await compiled(STAFF + CONTRACTORS)
  const after = await compiled(
    STAFF + CONTRACTORS.replace('resource)', 'resource in ModelGroup::"lab")').replace('"use"', '"use"'),
  )
  const impact = impactOf(before, after, world, [])
  expect(
    impact.effects.map(({ kind, action, principals, resources }) => [
      kind,
      action,
      principals.length,
      resources.length,
    ]),
  ).toEqual([
    ['loses', 'chat', 12, 3],
    ['loses', 'embed', 12, 3],
  ])
  expect(impact.coverage).toMatchObject({
    changedRules: ['contractors'],
    principals: 30,
    principalClasses: 2,
    resourceClasses: 2,
    contexts: 1,
    notCovered: [],
  })
  const back = impactOf(after, before, world, [])
  expect(back.effects.map((effect) => effect.kind)).toEqual(['gains', 'gains'])
})

test('who may do what to people is an effect, and what cannot be listed is said', async () => {
  const schema = `${SCHEMA}entity Key; action lock appliesTo { principal: User, resource: [User, Key, Group] };`
  const group = entity('Group', 'staff')
  const rules = '@id("a") @why("x") permit (principal in Group::"staff", action == Action::"lock", resource'
  const wide: ImpactWorld = {
    ...world,
    entities: joinSources(entities, fixedSource([{ uid: group }])),
    resources: [...models, group, ...users],
  }
  const effect = async (condition: string) => {
    const [before, after] = [await compiled('', schema), await compiled(`${rules}${condition};`, schema)]
    const { effects, coverage } = impactOf(before, after, wide, [])
    return [effects.map(({ kind, resources }) => [kind, resources.length]), coverage.notCovered]
  }
  expect(await effect(' is User)')).toEqual([[['gains', 30]], []])
  expect(await effect(')')).toEqual([[['gains', 31]], ['keys']])
  // The example of a class is not taken for each of its members.
  expect(await effect(' is User) when { resource == principal }')).toEqual([[], ['what is about the caller itself']])
})

test('classes equal asking everybody, for random rules', async () => {
  for (const [left, right] of [
    [STAFF, CONTRACTORS],
    [
      STAFF + CONTRACTORS,
      '@id("level") @why("x") permit (principal, action == Action::"chat", resource) when { principal has level && principal.level > 17 };',
    ],
    [
      STAFF,
      `${STAFF} @id("one") @why("x") forbid (principal == User::"user-20", action, resource == Model::"model-2");`,
    ],
  ] as const) {
    const [before, after] = [await compiled(left), await compiled(right)]
    const impact = impactOf(before, after, world, [])
    const byClass = new Set(
      impact.effects
        .filter((effect) => effect.kind === 'gains' || effect.kind === 'loses')
        .flatMap((effect) =>
          effect.principals.flatMap((who) =>
            effect.resources.map((what) => `${effect.kind} ${who} ${effect.action} ${what}`),
          ),
        ),
    )
    const policies = [before, after].map((program) => {
      const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
      policy.activate(program)
      return policy
    })
    const each = new Set<string>()
    for (const principal of users)
      for (const resource of models)
        for (const action of ['chat', 'embed']) {
          const [was, is] = policies.map((policy) =>
            policy.allows({ principal, action, resource, context: { clock: { hour: 10 } } }, entities),
          )
          if (was !== is) each.add(`${is ? 'gains' : 'loses'} ${principal.text} ${action} ${resource.text}`)
        }
    expect(byClass).toEqual(each)
  }
})

test('what changes only in some contexts is found at the borders the rules draw', async () => {
  const before = await compiled(STAFF)
  const after = await compiled(
    STAFF.replace(
      'resource)',
      'resource) when { context.clock.hour < 19 && !(context has note && context.note like "a*") }',
    ),
  )
  const impact = impactOf(before, after, world, [])
  expect(impact.effects).toMatchObject([
    { kind: 'conditional', action: 'chat', when: 'loses where clock.hour = 19; loses where clock.hour = 20' },
    { kind: 'conditional', action: 'embed' },
  ])
  expect(impact.coverage.notCovered).toEqual(['context.note'])
})

test('other duties for the same people are an effect; the plan hash follows the effect', async () => {
  const before = await compiled(STAFF)
  const after = await compiled(STAFF.replace('@why', '@limit("60 requests/minute") @why'))
  const impact = impactOf(before, after, world, [])
  expect(impact.effects.map((effect) => effect.kind)).toEqual(['duties', 'duties'])
  const hash = planHash(before.digest, after.digest, impact)
  expect(planHash(before.digest, after.digest, impactOf(before, after, world, []))).toBe(hash)
  const smaller = { ...world, principals: users.slice(0, 20) }
  expect(planHash(before.digest, after.digest, impactOf(before, after, smaller, []))).not.toBe(hash)
  expect(impactLines(impact).join('\n')).toContain('Loses none')
})

test('recorded decisions are asked again', async () => {
  const before = await compiled(STAFF + CONTRACTORS)
  const log = createDecisionLog(50, () => 7)
  const policy = createPolicy({
    clock: systemClock,
    newId: createIds(systemClock, systemRandom),
    watchers: [log.watch],
  })
  policy.activate(before)
  const ask = (index: number) =>
    policy.decide(
      { principal: users[index]!, action: 'chat', resource: models[0]!, context: { clock: { hour: 10 } } },
      entities,
    )
  for (let index = 0; index < 60; index++) ask(index % 30)
  const last = ask(3)
  expect(log.recorded()).toHaveLength(50)
  expect(log.last()?.decision.id).toBe(last.id)
  expect(log.get(last.id)?.at).toBe(7)
  expect(log.last('User::"user-29"')?.query.principal).toBe(users[29])
  const after = await compiled(STAFF)
  const { effects, decisions } = impactOf(before, after, world, log.recorded()).replay
  expect(decisions).toBe(50)
  expect(effects).toHaveLength(12)
  expect(effects).toContainEqual({
    kind: 'loses',
    principal: 'User::"user-3"',
    action: 'chat',
    resource: 'Model::"model-0"',
    count: 2,
  })
})

test('a running call that is decided again is no further call; only its end is recorded', async () => {
  const log = createDecisionLog(50, () => 7)
  const shadow = createShadow(() => 5)
  const policy = createPolicy({
    clock: systemClock,
    newId: createIds(systemClock, systemRandom),
    watchers: [log.watch, shadow.watch],
  })
  policy.activate(await compiled(STAFF))
  shadow.set(await compiled(CONTRACTORS))
  const about = (index: number) => ({
    principal: users[index]!,
    action: 'chat',
    resource: models[0]!,
    context: { clock: { hour: 10 } },
  })
  const first = policy.decide(about(20), entities)
  const { duties } = first
  expect(policy.decideAgain(about(20), entities)).toEqual({ allow: true, duties })
  expect(policy.decideAgain({ ...about(20), holdsUntil: 99 }, entities)).toEqual({
    allow: true,
    duties,
    validUntil: 99,
  })
  expect(log.recorded().map(({ decision }) => decision.id)).toEqual([first.id])
  const denied = policy.decideAgain(about(0), entities)
  if (denied.allow) throw new Error('allowed')
  expect(log.get(denied.id)?.decision).toBe(denied)
  expect(shadow.report()?.asked).toBe(1)
})

test('shadow rules are counted and not obeyed; a watcher that throws changes nothing', async () => {
  const shadow = createShadow(() => 5)
  const failures: unknown[] = []
  const policy = createPolicy({
    clock: systemClock,
    newId: createIds(systemClock, systemRandom),
    watchers: [
      () => {
        throw new Error('watcher')
      },
      shadow.watch,
    ],
    report: (error) => failures.push(error),
  })
  policy.activate(await compiled(STAFF))
  shadow.set(await compiled(CONTRACTORS))
  const ask = (index: number) =>
    policy.decide(
      { principal: users[index]!, action: 'chat', resource: models[0]!, context: { clock: { hour: 10 } } },
      entities,
    )
  expect([ask(0).allow, ask(20).allow, ask(20).allow]).toEqual([false, true, true])
  expect(failures).toHaveLength(3)
  expect(shadow.report()).toMatchObject({
    asked: 3,
    differing: 3,
    differences: [
      { kind: 'would deny', principal: 'User::"user-20"', count: 2 },
      { kind: 'would allow', principal: 'User::"user-0"', rules: ['contractors'], count: 1 },
    ],
  })
  shadow.set(undefined)
  expect(shadow.report()).toBeUndefined()
})

test('the sampled check asks the library, agrees, and reports a rule that was compiled wrong', async () => {
  const differences: OracleDifference[] = []
  let program = await compiled(STAFF)
  const check = createOracleCheck({
    share: 1,
    random: () => 0,
    program: () => program,
    onDifference: (difference) => differences.push(difference),
    report: (error) => {
      throw error
    },
    idleMs: 20,
  })
  const policy = createPolicy({
    clock: systemClock,
    newId: createIds(systemClock, systemRandom),
    watchers: [check.watch],
  })
  policy.activate(program)
  const ask = (index: number) =>
    policy.decide(
      { principal: users[index]!, action: 'chat', resource: models[0]!, context: { clock: { hour: 10 } } },
      entities,
    )
  ask(0)
  ask(20)
  await vi.waitFor(() => expect(check.counts.asked).toBe(2), 20_000)
  expect(differences).toEqual([])
  const rules = program.rules.map((rule) => ({ ...rule, text: rule.text.replace('permit', 'forbid') }))
  program = { ...program, rules }
  // Long enough for the thread to have ended: the next question starts another, which has to be told the rules again.
  await new Promise((resolve) => setTimeout(resolve, 60))
  ask(20)
  await vi.waitFor(() => expect(check.counts.differing).toBe(1), 20_000)
  expect(differences[0]).toMatchObject({ compiled: { allow: true }, reference: { allow: false } })
  await check.close()
})
