// Limits that several nodes share over PostgreSQL, and budgets that outlive one node's restart on SQLite.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgres, sqlite } from '../../test/contract/databases.ts'
import type { LimitDuty } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Hold } from './hold.ts'
import { createLimits } from './limits.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const tokens = (amount: number): LimitDuty => ({ amount, unit: 'tokens', windowSeconds: 86_400, rule: 't' })
const requests = (amount: number): LimitDuty => ({ amount, unit: 'requests', windowSeconds: 3600, rule: 'r' })
const concurrent = (amount: number): LimitDuty => ({ amount, unit: 'concurrent', rule: 'c' })

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface World {
  living: string[]
  cut: Set<string>
}

async function startNode(store: Store, id: string, world: World) {
  world.living.push(id)
  const clock = { now: () => NOW + Math.floor(performance.now()), monotonic: () => performance.now() }
  const limits = createLimits({
    clock,
    settings: [],
    shared: { store, clock, node: id, living: async () => world.living, admits: () => !world.cut.has(id) },
    report: () => {}, // a killed node goes on ticking here until its store is closed
  })
  await limits.start()
  closers.push(() => store.close())
  const ask = async (...duties: LimitDuty[]): Promise<Hold> =>
    limits.reserve({
      principal: { type: 'User', id: 'dana' },
      key: 'K1',
      model: 'demo',
      limits: duties,
      estimate: { inputTokens: 10, maxTokens: 10 },
    })
  const reserve = (...duties: LimitDuty[]): Promise<Hold | undefined> => ask(...duties).catch(() => undefined)
  const many = async (count: number, ...duties: LimitDuty[]) =>
    (await Promise.all(Array.from({ length: count }, () => reserve(...duties)))).filter((hold) => hold !== undefined)
  return { limits, ask, reserve, many }
}
const used = async (store: Store, unit: string) =>
  (await store.db.selectFrom('limit_counter').select('used').where('key', 'like', `${unit}/%`).executeTakeFirst())?.used

describe('limits on three nodes', () => {
  const database = postgres()
  beforeAll(() => database.start())
  afterAll(() => database.stop())
  const setUp = async () => {
    const world: World = { living: [], cut: new Set() }
    const stores = [await database.open(), await database.reopen(), await database.reopen()]
    const nodes = await Promise.all(stores.map((store, i) => startNode(store, `nod_${i}`, world)))
    return { world, nodes, store: stores[0]! }
  }

  it('#48 bifrost#3547: are shared, not multiplied, and #46: not overspent by parallel calls', async () => {
    const { nodes, store } = await setUp()
    const passed = async (...duties: LimitDuty[]) =>
      (await Promise.all(nodes.map((node) => node.many(40, ...duties)))).map((holds) => holds.length)
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b)
    const byRate = sum(await passed(requests(50)))
    const byPlace = sum(await passed(concurrent(7)))
    const byBudget = sum(await passed(tokens(20 * 33 + 5)))
    expect(byRate).toBeLessThanOrEqual(50)
    expect(byRate).toBeGreaterThan(40)
    expect(byPlace).toBe(7)
    expect(byBudget).toBeLessThanOrEqual(33)
    expect(byBudget).toBeGreaterThan(25)
    expect(await used(store, 'tokens')).toBeLessThanOrEqual(20 * 33 + 5)
    for (const { limits } of nodes) await limits.stop()
  })

  it('#49 ai-gateway#2394: 50 parallel streams of three nodes overspend one budget by a chunk each at most', async () => {
    const { nodes, store } = await setUp()
    const [budget, chunk] = [6000, 5]
    const holds = (await Promise.all(nodes.map((node) => node.many(17, tokens(budget))))).flat()
    expect(holds).toHaveLength(51)
    const counts = await Promise.all(
      holds.map(async (hold, i) => {
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 1 + (i % 7)))
          try {
            await hold.onTokens(chunk)
          } catch (error) {
            expect(error).toMatchObject({ code: 'insufficient_quota' })
            hold.settle()
            return hold.counted().inputTokens + hold.counted().outputTokens
          }
        }
      }),
    )
    const total = counts.reduce((a, b) => a + b)
    expect(total).toBeLessThanOrEqual(budget + holds.length * chunk)
    expect(total).toBeGreaterThan(budget * 0.9)
    for (const { limits } of nodes) await limits.stop()
    expect(await used(store, 'tokens')).toBe(total)
  })

  it('#47: give everything back that was not used, on success, error, cancel and stop', async () => {
    const { nodes, store } = await setUp()
    const [a, b, c] = nodes
    const holds = [await a!.reserve(tokens(1000), concurrent(3)), await b!.reserve(tokens(1000), concurrent(3))]
    holds[0]!.settle({ inputTokens: 10, outputTokens: 3 })
    holds[1]!.cancel()
    const over = await c!.reserve(tokens(1000), concurrent(3))
    over!.settle({ inputTokens: 200, outputTokens: 100 })
    for (const { limits } of nodes) await limits.stop()
    expect([await used(store, 'tokens'), await used(store, 'concurrent')]).toEqual([313, 0])
  })

  it('#47: what a killed node held is given back, what it had written down stays counted', async () => {
    const { nodes, store, world } = await setUp()
    const [dead, alive] = nodes
    const done = await dead!.reserve(tokens(1000))
    done!.settle({ inputTokens: 20, outputTokens: 20 })
    await expect
      .poll(
        async () => (await store.db.selectFrom('limit_slice').selectAll().execute()).every((one) => one.amount >= 0),
        { timeout: 5000 },
      )
      .toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 1300))
    expect(await dead!.many(3, concurrent(3))).toHaveLength(3)
    expect(await alive!.many(1, concurrent(3))).toHaveLength(0)
    world.cut.add('nod_0') // from here on it is as good as gone
    world.living = world.living.filter((id) => id !== 'nod_0')
    await expect.poll(async () => (await alive!.many(1, concurrent(3))).length, { timeout: 15_000 }).toBe(1)
    expect(await used(store, 'tokens')).toBe(40)
    for (const { limits } of nodes.slice(1)) await limits.stop()
  })

  it('#47: what calls of a killed node had used stays counted, but for its last second; the rest of what they held is back', async () => {
    const { nodes, store, world } = await setUp()
    const [dead, alive] = nodes
    const budget = 6000
    // Ten calls in mid-stream on each node: 6 to 10 steps of 30 tokens so far.
    const stream = async (hold: Hold, steps: number) => {
      for (let i = 0; i < steps; i++) await hold.onTokens(30)
      return hold
    }
    const holds = await dead!.many(10, tokens(budget))
    const others = await alive!.many(10, tokens(budget))
    await Promise.all([...holds, ...others].map((hold, i) => stream(hold, 6 + (i % 5))))
    const usedBy = (some: readonly Hold[]) =>
      some.reduce((sum, hold) => sum + hold.counted().inputTokens + hold.counted().outputTokens, 0)
    const before = usedBy(holds)
    await new Promise((resolve) => setTimeout(resolve, 2500)) // two rounds of writing down
    world.cut.add('nod_0')
    world.living = world.living.filter((id) => id !== 'nod_0')
    // Everything that is left can be had by the others, and not a token more than that.
    const slices = () => store.db.selectFrom('limit_slice').select('amount').where('node', '=', 'nod_0').execute()
    await expect.poll(slices, { timeout: 20_000 }).toEqual([])
    for (const hold of others) hold.settle()
    let rest = 0
    for (let idle = 0; idle < 3; ) {
      const more = await alive!.many(20, tokens(budget))
      for (const hold of more) hold.settle({ inputTokens: 10, outputTokens: 10 })
      rest += more.length * 20
      idle = more.length === 0 ? idle + 1 : 0
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    const total = before + usedBy(others) + rest
    expect(total).toBeLessThanOrEqual(budget)
    expect(total).toBeGreaterThan(budget - 20)
    for (const { limits } of nodes.slice(1)) await limits.stop()
    expect(await used(store, 'tokens')).toBe(total)
  })

  it('what was written down of a running call is taken back if it was not used after all', async () => {
    const { nodes, store } = await setUp()
    const [a] = nodes
    const [cancelled, less, more] = [
      await a!.reserve(tokens(1000)),
      await a!.reserve(tokens(1000)),
      await a!.reserve(tokens(1000)),
    ]
    for (const hold of [cancelled, less, more]) await hold!.onTokens(90)
    await expect.poll(() => used(store, 'tokens'), { timeout: 5000 }).toBeGreaterThanOrEqual(300)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    cancelled!.cancel()
    less!.settle({ inputTokens: 10, outputTokens: 40 })
    more!.settle({ inputTokens: 10, outputTokens: 200 })
    for (const { limits } of nodes) await limits.stop()
    expect(await used(store, 'tokens')).toBe(260)
  })

  it('#48: a node that has lost the store hands out nothing of what it holds', async () => {
    const { nodes, world } = await setUp()
    expect(await nodes[0]!.many(1, requests(1000))).toHaveLength(1)
    world.cut.add('nod_0')
    expect(await nodes[0]!.many(5, requests(1000))).toHaveLength(0)
    await expect(nodes[0]!.ask(requests(1000))).rejects.toMatchObject({ code: 'node_stale' }) // nobody is over a limit
    world.cut.clear()
    expect(await nodes[0]!.many(1, requests(1000))).toHaveLength(1)
    for (const { limits } of nodes) await limits.stop()
  })
})

describe('limits of a single node', () => {
  const database = sqlite()
  afterAll(() => database.stop())

  it('keep daily budgets over a restart, and over a kill at most the last second is lost', async () => {
    const world: World = { living: [], cut: new Set() }
    const first = await startNode(await database.open(), 'boot_1', world)
    ;(await first.reserve(tokens(100)))!.settle({ inputTokens: 30, outputTokens: 30 })
    expect(await first.many(9, tokens(100))).toHaveLength(2)
    await new Promise((resolve) => setTimeout(resolve, 1300)) // two calls run when it is killed; nothing is stopped
    world.cut.add('boot_1')
    const second = await startNode(await database.reopen(), 'boot_2', world)
    expect(await second.many(9, tokens(100))).toHaveLength(2)
    await second.limits.stop()
    const third = await startNode(await database.reopen(), 'boot_3', { living: [], cut: new Set() })
    // Two calls ran when the second stopped: their reservations are back, the 60 that were used are not.
    expect(await third.many(9, tokens(100))).toHaveLength(2)
  })

  it('a kill gives no calls of an hour back: how many were made is not known', async () => {
    const world: World = { living: [], cut: new Set() }
    const first = await startNode(await database.open(), 'boot_1', world)
    for (const hold of await first.many(2, requests(3))) hold.settle()
    world.cut.add('boot_1')
    const second = await startNode(await database.reopen(), 'boot_2', world)
    expect(await second.many(3, requests(3))).toHaveLength(0)
    await second.limits.stop()
  })

  it('what was too much for one call refuses no smaller one', async () => {
    const node = await startNode(await database.open(), 'boot_1', { living: [], cut: new Set() })
    const ask = { principal: { type: 'User', id: 'dana' }, key: 'K1', model: 'demo', limits: [tokens(100)] } as const
    const large = { ...ask, estimate: { inputTokens: 90, maxTokens: 20 } }
    await expect(Promise.resolve(node.limits.reserve(large))).rejects.toThrow(
      '100 tokens per day are fewer than the 110 that this needs',
    )
    expect(await node.reserve(tokens(100))).toBeDefined()
    // Nor is anything taken for a call that another limit refuses.
    const small = { ...tokens(5), rule: 'small' }
    for (let i = 0; i < 3; i++) expect(await node.reserve({ ...tokens(60), rule: 'wide' }, small)).toBeUndefined()
    expect(await node.many(4, { ...tokens(60), rule: 'wide' })).toHaveLength(3)
    await node.limits.stop()
  })

  it('apply a lowered budget at once', async () => {
    const node = await startNode(await database.open(), 'boot_1', { living: [], cut: new Set() })
    ;(await node.reserve(tokens(1000)))!.settle({ inputTokens: 60, outputTokens: 20 })
    expect(await node.reserve(tokens(90))).toBeUndefined()
    expect(await node.reserve(tokens(100))).toBeDefined()
    await node.limits.stop()
  })
})
