// Planning a change of the rules and applying exactly what was planned.
import { afterAll, expect, test } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { createIds, Fault, systemClock, systemRandom } from '../core/index.ts'
import { createChange, createFeed } from '../store/index.ts'
import {
  type BundleSources,
  createChecker,
  createClockContext,
  createPlanner,
  createPolicy,
  createPolicyVersions,
  diffBundles,
  entity,
  fixedSource,
  loadBundle,
  usualContext,
} from './index.ts'

const by = { principal: 'User::"root"' }
const database = DATABASES[0]()
const checker = createChecker()
afterAll(async () => {
  await checker.close()
  await database.stop()
})
const clock = createClockContext('UTC')

test('a plan is applied under its hash, and refused once the world has moved', async () => {
  const store = await database.open()
  const report = () => {}
  const feed = createFeed({ store, pollMs: 20, report })
  const change = createChange({
    store,
    clock: systemClock,
    appendFeed: feed.append,
    appendEvents: async () => [],
    applied: feed.applied,
  })
  const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  const versions = createPolicyVersions({ db: store.db, change, clock: systemClock, checker, policy, report })
  feed.subscribe(versions.follow)
  await feed.start()
  const shipped = await loadBundle('policies')
  await versions.start(async () => shipped, by)

  const people = ['dana', 'jo'].map((name) => ({ uid: entity('User', name), parents: [entity('Role', 'reader')] }))
  const model = { uid: entity('Model', 'small'), attrs: { upstream: 'demo', hosting: 'local', quarantined: false } }
  const known = [entity('Role', 'reader'), entity('Role', 'user')].map((uid) => ({ uid }))
  let present = people
  let meanwhile = () => {}
  let beforePut: (() => Promise<unknown>) | undefined
  let puts = 0
  const planner = createPlanner({
    versions: Object.assign(Object.create(versions), {
      async put(...given: Parameters<typeof versions.put>) {
        puts++
        await beforePut?.()
        return versions.put(...given)
      },
    }),
    feed,
    policy,
    recorded() {
      meanwhile()
      return []
    },
    world: (program) => ({
      entities: fixedSource([...present, model, ...known]),
      principals: present.map((one) => one.uid),
      models: [model.uid],
      resources: [model.uid],
      usual: (action) => usualContext(program.schemaJson, action, { clock: clock(0), examples: { Model: model.uid } }),
    }),
  })

  const changed: BundleSources = shipped.map((file) =>
    file.path === 'roles.cedar'
      ? {
          ...file,
          text: `${file.text}\n@id("readers-embed")\n@why("Readers embed by day.")\npermit (principal in Role::"reader", action == Action::"embed", resource)\nwhen { context.clock.hour < 20 };\n`,
        }
      : file,
  )
  const plan = await planner.plan(changed)
  expect(plan.rules).toEqual({ added: ['readers-embed'], removed: [], changed: [] })
  expect(plan.files.map((file) => [file.path, file.added, file.removed])).toEqual([['roles.cedar', 5, 0]])
  expect(plan.impact.effects).toMatchObject([
    { kind: 'gains', action: 'embed', principals: ['User::"dana"', 'User::"jo"'] },
  ])
  expect(plan.tests.coverage.unhit).toEqual(['readers-embed'])
  expect((await planner.plan(changed)).hash).toBe(plan.hash)

  const apply = async (hash: string) =>
    planner.apply(changed, { reason: 'x', by, plan: hash }).then(
      (applied) => applied.version,
      (error: unknown) => Fault.from(error).code,
    )
  expect(await apply('0123456789ab')).toBe('precondition_failed')
  present = people.slice(0, 1)
  expect(await apply(plan.hash)).toBe('precondition_failed')
  present = people
  // Two who have read the same plan: one puts it in force, and who comes later is told so.
  const both = await Promise.all([apply(plan.hash), apply(plan.hash)])
  expect(both).toContain(2)
  expect(both.filter((one) => one !== 2 && one !== 'precondition_failed')).toEqual([])
  expect(await versions.history(10)).toHaveLength(2)
  expect(versions.active?.version).toBe(2)
  // While a plan is worked out somebody puts other rules in force: what was planned against is not what would be replaced.
  const other = await planner.plan(shipped)
  const third = await versions.prepare(changed.filter(({ path }) => !path.startsWith('tests/')))
  let faster: Promise<unknown> | undefined
  meanwhile = () => {
    faster ??= versions.put(third, { reason: 'x', by })
  }
  const late = await planner
    .apply(shipped, { reason: 'x', by, plan: other.hash })
    .catch((error: unknown) => Fault.from(error).code)
  await faster
  expect([late, versions.active?.version, policy.active()?.digest]).toEqual([
    'precondition_failed',
    3,
    third.bundle.digest,
  ])
  // Between the comparing and the change somebody is given something: asked again, it is another plan, or still the same.
  meanwhile = () => {}
  feed.subscribe((changes) => {
    if (changes.some(({ kind, key }) => kind === 'user' && key === 'gone')) present = people.slice(0, 1)
  })
  const moves = (kind: string, key: string) => change(async () => ({ value: 0, feed: [{ kind, key }], events: [] }))
  const [back] = await versions.history(1)
  const tried = async (kind: string, key: string, times: number) => {
    const { hash } = await planner.plan(shipped)
    puts = 0
    beforePut = async () => (times-- > 0 ? moves(kind, key) : undefined)
    const applied = planner.apply(shipped, { reason: 'x', by, plan: hash })
    const said = await applied.then(
      () => 'applied',
      (error: unknown) => Fault.from(error).publicMessage,
    )
    if (said === 'applied') await versions.rollback(back!.version, { reason: 'x', by })
    return [said.replace(/[0-9a-f]{40}/g, '…'), puts]
  }
  expect(await tried('session', 's', 1)).toEqual(['applied', 1])
  expect(await tried('user', 'jo', 1)).toEqual(['applied', 2])
  expect(await tried('user', 'jo', 99)).toEqual([expect.stringContaining('Try again'), 6])
  expect(await tried('user', 'gone', 1)).toEqual([expect.stringContaining('The plan is now …, not …'), 1])
  expect(versions.active?.digest).toBe(third.bundle.digest)
  await feed.stop()
  await store.close()
})

test('usual contexts fit every action of the shipped schema, and take parts by name', async () => {
  const checked = await checker.check(await loadBundle('policies'))
  if ('problems' in checked) throw new Error('unreachable')
  const { schemaJson } = checked.bundle
  const examples = { Model: entity('Model', 'small') }
  const actions = Object.entries(schemaJson['']!.actions).filter(([, action]) => action.appliesTo)
  for (const [action] of actions) usualContext(schemaJson, action, { clock: clock(0), examples })
  const set = {
    'auth.ip': '10.1.2.3',
    'clock.hour': '3',
    'auth.mfa': 'true',
    'request.maxTokens': 5,
    'request.tools': 'a, b',
  }
  const context = usualContext(schemaJson, 'chat', { clock: clock(0), examples, set })
  expect(context).toMatchObject({
    clock: { hour: 3 },
    auth: { mfa: true },
    request: { maxTokens: 5, tools: ['a', 'b'] },
  })
  for (const wrong of [{ 'auth.color': 'red' }, { 'clock.hour': 'noon' }, { 'auth.ip': 'nowhere' }])
    expect(() => usualContext(schemaJson, 'chat', { clock: clock(0), examples, set: wrong })).toThrow(Fault)
  expect(() => usualContext(schemaJson, 'fly', { clock: clock(0) })).toThrow(Fault)
})

test('of a change too large to read the end is counted', () => {
  const file = (path: string, lines: number) => ({ path, text: '// x\n'.repeat(lines) })
  const [one, two] = diffBundles([], [file('a.cedar', 15_000), file('b.cedar', 15_000)])
  expect([one?.added, one?.hunks[0]?.lines.length, two?.added, two?.hunks[0]?.lines.length]).toEqual([
    15_000, 15_000, 15_000, 5000,
  ])
  expect(two?.hunks.at(-1)?.lines).toEqual([{ kind: ' ', text: '… and 10000 more lines' }])
})

test('differences of bundles, line by line', () => {
  const file = (text: string) => [{ path: 'a.cedar', text }]
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`)
  const changed = [...lines]
  changed[10] = 'another'
  changed.splice(20, 1)
  const [diff] = diffBundles(file(lines.join('\n')), file(changed.join('\n')))
  expect(diff).toMatchObject({ path: 'a.cedar', added: 1, removed: 2 })
  expect(diff?.hunks.map((hunk) => [hunk.line, hunk.lines.map((line) => line.kind).join('')])).toEqual([
    [8, '   -+   '],
    [18, '   -   '],
  ])
  expect(diffBundles(file('same'), file('same'))).toEqual([])
  expect(diffBundles([], file('new\n'))).toMatchObject([{ added: 1, removed: 0 }])
})
