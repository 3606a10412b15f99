// Versions of the rules on both databases, with two nodes: in force everywhere or nowhere, and the last good one serves.
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { createIds, Fault, type NewEvent, systemClock, systemRandom } from '../core/index.ts'
import { createChange, createFeed, type Store } from '../store/index.ts'
import {
  type BundleSources,
  bundleDigest,
  type Checker,
  createChecker,
  createPolicy,
  createPolicyVersions,
  entity,
  fixedSource,
} from './index.ts'

const by = { principal: 'User::"root"' }
const SCHEMA = `entity User; entity Model; action use; action chat, embed in [use] appliesTo { principal: User, resource: Model };`
const bundle = (rules: string, tests = '[]'): BundleSources => [
  { path: 'schema.cedarschema', text: SCHEMA },
  { path: 'rules.cedar', text: rules },
  { path: 'tests/x.json', text: tests },
]
const rule = (id: string, action: string) =>
  `@id("${id}") @why("x") permit (principal, action == Action::"${action}", resource);`
const CHAT = bundle(rule('chat', 'chat'))
const EMBED = bundle(rule('embed', 'embed'))
const seal = (text: string) => createHash('sha256').update('secret').update(text).digest('hex')
const world = fixedSource([{ uid: entity('User', 'dana') }, { uid: entity('Model', 'm') }])

const parser = createChecker()
afterAll(() => parser.close())
/** What happens between that a check is asked for and its answer. */
let meanwhile = async () => {}
const checker: Checker = {
  ...parser,
  async check(sources) {
    await meanwhile()
    return parser.check(sources)
  },
}

describe.each(DATABASES.map((make) => make()))('rules on $name', (database) => {
  const stops: (() => Promise<void>)[] = []
  beforeAll(() => database.start())
  afterAll(() => database.stop())
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  const node = async (store: Store) => {
    const events: NewEvent[] = []
    const report = () => {}
    const feed = createFeed({ store, pollMs: 20, report })
    const change = createChange({
      store,
      clock: systemClock,
      appendFeed: feed.append,
      appendEvents: async (_, list) => {
        events.push(...list)
        return []
      },
      applied: feed.applied,
    })
    const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
    const versions = createPolicyVersions({ db: store.db, change, clock: systemClock, checker, policy, report, seal })
    feed.subscribe((changes) => versions.follow(changes))
    await feed.start()
    await versions.start(async () => CHAT, by)
    stops.push(async () => {
      await feed.stop()
      await store.close()
    })
    const may = (action: string) =>
      policy.decide({ principal: entity('User', 'dana'), action, resource: entity('Model', 'm'), context: {} }, world)
        .allow
    return { store, policy, versions, feed, events, may }
  }
  const code = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return error instanceof Fault ? error.code : error
  }

  let one: Awaited<ReturnType<typeof node>>
  beforeEach(async () => {
    one = await node(await database.open())
  })

  test('an empty store starts with the folder; applying takes effect on both nodes', async () => {
    const two = await node(await database.reopen())
    expect([one.may('chat'), two.may('chat'), one.versions.active?.version]).toEqual([true, true, 1])
    const applied = await two.versions.apply(EMBED, { reason: 'INC-7', by })
    expect([two.may('chat'), two.may('embed')]).toEqual([false, true])
    await one.feed.applied(applied.seq)
    expect([one.may('chat'), one.may('embed')]).toEqual([false, true])
    expect(one.policy.active()?.digest).toBe(applied.digest)
    expect(two.events.at(-1)).toMatchObject({
      kind: 'policy.applied',
      principal: by.principal,
      subject: 'policy/2',
      reason: 'INC-7',
    })
    expect(await one.versions.history(10)).toMatchObject([{ version: 2, reason: 'INC-7' }, { version: 1 }])
  })

  test('what does not check, or fails its own tests, is refused and the last good rules serve', async () => {
    const failing = JSON.stringify([
      {
        name: 'dana chats',
        request: { principal: 'User::"dana"', action: 'Action::"chat"', resource: 'Model::"m"', context: {} },
        entities: [{ uid: { type: 'User', id: 'dana' } }, { uid: { type: 'Model', id: 'm' } }],
        decision: 'allow',
        reason: [],
        num_errors: 0,
      },
    ])
    expect(await code(one.versions.apply(bundle('permit (principal'), { reason: 'x', by }))).toBe('policy_invalid')
    expect(await code(one.versions.apply(bundle(rule('embed', 'embed'), failing), { reason: 'x', by }))).toBe(
      'policy_invalid',
    )
    expect(one.may('chat')).toBe(true)
    expect(await one.versions.history(10)).toHaveLength(1)
  })

  test('of two who saw the same version one is refused', async () => {
    const results = await Promise.all(
      [EMBED, bundle(rule('other', 'embed'))].map((sources) =>
        code(one.versions.apply(sources, { reason: 'x', by, expected: 1 })),
      ),
    )
    expect(results.filter((result) => result === undefined)).toHaveLength(1)
    expect(results.filter((result) => result === 'precondition_failed')).toHaveLength(1)
    expect(one.versions.active?.version).toBe(2)
  })

  test('rules that are in force already are not what was meant, where another version was looked at', async () => {
    expect(await one.versions.apply(CHAT, { reason: 'x', by, expected: 1 })).toMatchObject({ version: 1, seq: 0 })
    expect(await code(one.versions.apply(CHAT, { reason: 'x', by, expected: 7 }))).toBe('precondition_failed')
  })

  test('what is taken out of the shadow while it is checked to be promoted is not promoted', async () => {
    await one.versions.shadow(EMBED, { reason: 'try', by })
    meanwhile = async () => {
      await one.versions.shadow(undefined, { reason: 'not so good', by })
    }
    const promoted = await code(one.versions.promote({ reason: 'good', by }))
    meanwhile = async () => {}
    expect([promoted, one.may('chat'), one.may('embed')]).toEqual(['precondition_failed', true, false])
  })

  test('rolling back makes a new version of the old rules', async () => {
    await one.versions.apply(EMBED, { reason: 'x', by })
    const back = await one.versions.rollback(1, { reason: 'too strict', by })
    expect(back).toMatchObject({ version: 3, repeats: 1 })
    expect(one.may('chat')).toBe(true)
    expect(await code(one.versions.rollback(99, { reason: 'x', by }))).toBe('not_found')
    expect(await one.versions.rollback(1, { reason: 'once more', by })).toMatchObject({ version: 3, seq: 0 })
    expect(await one.versions.history(10)).toHaveLength(3)
  })

  test('what was changed where it is kept is not what was agreed to', async () => {
    await one.versions.apply(EMBED, { reason: 'x', by })
    for (const [was, is] of [
      ['permit (principal', 'permit (principal '],
      [`"digest":"`, `"digest":"0`],
    ] as const) {
      const kept = await one.store.db.selectFrom('policy_version').select('bundle').where('version', '=', 1).execute()
      const bundle = kept[0]!.bundle.replace(was, is)
      expect(bundle).not.toBe(kept[0]!.bundle)
      await one.store.transaction((trx) =>
        trx.updateTable('policy_version').set({ bundle }).where('version', '=', 1).execute(),
      )
      expect(await code(one.versions.rollback(1, { reason: 'back', by }))).toBe('policy_invalid')
      await one.store.transaction((trx) =>
        trx.updateTable('policy_version').set({ bundle: kept[0]!.bundle }).where('version', '=', 1).execute(),
      )
    }
    expect([one.may('chat'), one.may('embed')]).toEqual([false, true])
  })

  test('what is kept beside the texts is not obeyed where it says something else than they do', async () => {
    const [{ bundle: kept } = { bundle: '' }] = await one.store.db
      .selectFrom('policy_version')
      .select('bundle')
      .execute()
    const ast = JSON.parse(kept) as { rules: { json: { effect: string } }[]; seal?: string }
    ast.rules[0]!.json.effect = 'forbid'
    let last = one
    // With the seal of what it was, and without any.
    for (const wrong of [ast, { ...ast, seal: undefined }]) {
      const row = { bundle: JSON.stringify(wrong) }
      await last.store.transaction((trx) =>
        trx.updateTable('policy_version').set(row).where('version', '=', 1).execute(),
      )
      last = await node(await database.reopen())
      expect(last.may('chat')).toBe(true)
    }
  })

  test('of changes at once, from two nodes, each is one version after the other or was too late', async () => {
    const two = await node(await database.reopen())
    await one.versions.apply(EMBED, { reason: 'x', by })
    await one.versions.shadow(bundle(rule('other', 'embed')), { reason: 'x', by })
    const before = (await one.versions.history(1))[0]!.version
    const all = [one, two].flatMap(({ versions }, index) => [
      versions.apply(bundle(rule(`a${index}`, 'chat')), { reason: 'x', by }),
      versions.rollback(1, { reason: 'x', by }),
      versions.promote({ reason: 'x', by }),
      versions.shadow(bundle(rule(`s${index}`, 'chat')), { reason: 'x', by }),
    ])
    const done = await Promise.allSettled(all)
    for (const one of done)
      if (one.status === 'rejected')
        expect(['precondition_failed', 'not_possible']).toContain(Fault.from(one.reason).code)
    const made = done.flatMap((one) => (one.status === 'fulfilled' && one.value.seq > 0 ? [one.value] : []))
    expect(made.length).toBeGreaterThan(0)
    const rows = await one.versions.history(100)
    expect(rows.map(({ version }) => version).toReversed()).toEqual(rows.map((_, index) => index + 1))
    expect(rows[0]!.version).toBe(before + made.filter(({ version }) => version !== undefined).length)
    const newest = Math.max(...made.map(({ seq }) => seq))
    await Promise.all([one.feed.applied(newest), two.feed.applied(newest)])
    expect(two.versions.active).toEqual(one.versions.active)
    expect(two.policy.active()?.digest).toBe(one.policy.active()?.digest)
    // Each change of what is in force says what it replaced: one chain, from the first to the one that acts.
    const events = [...one.events, ...two.events].filter(({ kind }) => kind !== 'policy.shadowed')
    const from = new Map(events.map(({ subject, data }) => [subject, data?.from]))
    expect(from.size).toBe(events.length)
    let steps = 0
    for (let at: unknown = one.versions.active?.version; typeof at === 'number'; at = from.get(`policy/${at}`)) steps++
    expect(steps).toBe(events.length)
  })

  test('shadow rules are asked and not obeyed until they are promoted', async () => {
    await one.versions.shadow(EMBED, { reason: 'try', by })
    expect(one.versions.shadowing?.program.rules.map((found) => found.id)).toEqual(['embed'])
    expect([one.may('chat'), one.may('embed')]).toEqual([true, false])
    const { version } = one.versions.shadowing!
    const kept = JSON.stringify(await one.versions.bundle(version))
    const older = { ...(JSON.parse(kept) as object), digest: '', sources: bundle('permit (principal') }
    older.digest = bundleDigest(older.sources)
    const keep = (row: { bundle: string; digest: string }) =>
      one.store.transaction((trx) =>
        trx.updateTable('policy_version').set(row).where('version', '=', version).execute(),
      )
    // What an older release let into the shadow, this one may refuse.
    await keep({ bundle: JSON.stringify(older), digest: older.digest })
    expect(await code(one.versions.promote({ reason: 'good', by }))).toBe('policy_invalid')
    await keep({ bundle: kept, digest: bundleDigest(EMBED) })
    await one.versions.promote({ reason: 'good', by })
    expect([one.may('chat'), one.may('embed')]).toEqual([false, true])
    expect(one.versions.shadowing).toBeUndefined()
    expect(await code(one.versions.promote({ reason: 'again', by }))).toBe('not_possible')
  })

  test('a restart serves what was in force, not what lies in the folder', async () => {
    await one.versions.apply(EMBED, { reason: 'x', by })
    const again = await node(await database.reopen())
    expect([again.may('chat'), again.may('embed')]).toEqual([false, true])
    expect((await again.versions.bundle(1)).sources.map((file) => file.path)).toEqual([
      'schema.cedarschema',
      'rules.cedar',
      'tests/x.json',
    ])
  })
})
