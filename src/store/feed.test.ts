// The feed on several nodes over PostgreSQL, with a proxy between one of them and the database that can be cut or turned
// into a black hole.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../test/contract/databases.ts'
import { proxyTo as openProxy, type Partition } from '../../test/contract/proxy.ts'
import { systemClock } from '../core/index.ts'
import {
  createChange,
  createFeed,
  createNodes,
  createPeers,
  type Feed,
  type MakeChange,
  type Nodes,
  openStore,
  type Peers,
  type Store,
  takeName,
} from './index.ts'

const database = postgres()
const closers: (() => Promise<unknown> | unknown)[] = []
beforeAll(() => database.start())
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => database.stop())

async function proxyTo(url: string): Promise<Partition> {
  const proxy = await openProxy(url)
  closers.push(() => proxy.close())
  return proxy
}

interface Node {
  store: Store
  feed: Feed
  nodes: Nodes
  peers: Peers
  change: MakeChange
  seen: string[]
  lost: number
  errors: unknown[]
}

async function startNode(name: string, url: string, options: { pollMs?: number } = {}): Promise<Node> {
  const ignore = () => {} // partitions are what these tests are about
  const store = await openStore({ url, file: '', keyHex: '', report: ignore })
  const node = { id: `nod_${name}`, name, closesAfterMs: 3000, calls: () => 2 }
  const errors: unknown[] = []
  const report = (error: unknown) => void errors.push(error)
  const feed = createFeed({ store, pollMs: options.pollMs ?? 500, node, report })
  const result: Partial<Node> & { seen: string[]; lost: number } = { seen: [], lost: 0 }
  feed.subscribe((changes) => void result.seen.push(...changes.map(({ key }) => key)))
  const cut = new Set<number>() // a call ends once, however often its cut is read
  feed.enforce(async (changes) => {
    const cutting = changes.filter(({ kind, seq }) => kind === 'cutting' && !cut.has(seq))
    for (const { seq } of cutting) cut.add(seq)
    const calls = cutting.length
    return { calls: calls * 3, upstreams: calls }
  })
  const nodes = createNodes({
    store,
    feed,
    clock: systemClock,
    node,
    staleAfterMs: 2000,
    graceMs: 1000,
    onLost: () => {
      result.lost += 1
    },
  })
  const peers = createPeers({ store, feed, nodes, clock: systemClock, node, report })
  const change = createChange({
    store,
    clock: systemClock,
    appendFeed: feed.append,
    appendEvents: async () => [],
    applied: feed.applied,
  })
  await feed.start()
  nodes.start()
  closers.push(async () => {
    await nodes.stop().catch(ignore)
    await feed.stop()
    await store.close()
  })
  return Object.assign(result, { store, feed, nodes, peers, change, errors }) as Node
}

const write = (node: Node, key: string, kind = 'key') =>
  node.change(async () => ({ value: undefined, feed: [{ kind, key }], events: [] }))
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the feed over PostgreSQL', () => {
  it('#1 litellm#9820: a change on one of three nodes is acknowledged by all, with what each of them ended', async () => {
    await (await database.open()).close()
    const url = database.url()!
    const [a, b, c] = [await startNode('a', url), await startNode('b', url), await startNode('c', url)]
    const { seq } = await write(a, 'K1', 'cutting')
    const answers = await a.nodes.acknowledged(seq, 2000)
    expect(answers.map(({ name, ended }) => [name, ended])).toEqual([
      ['a', { calls: 3, upstreams: 1 }],
      ['b', { calls: 3, upstreams: 1 }],
      ['c', { calls: 3, upstreams: 1 }],
    ])
    expect(answers.every(({ ms }) => ms !== undefined)).toBe(true)
    expect([b.seen, c.seen]).toEqual([['K1'], ['K1']])
    await c.nodes.stop()
    expect((await a.nodes.list()).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('asks the other nodes, and names those that do not answer', async () => {
    const owner = await database.open()
    closers.push(() => owner.close())
    const [a, b] = [await startNode('a', database.url()!), await startNode('b', database.url()!)]
    expect(await a.peers.ask({ n: 1 }, new Set(['b']), 10_000)).toEqual([])
    b.peers.answer((question) => [question, 'b'])
    a.peers.answer(() => 'its own question')
    expect(await a.peers.ask({ n: 1 }, new Set(), 10_000)).toEqual([{ name: 'b', answer: [{ n: 1 }, 'b'] }])
    b.peers.answer(() => Promise.reject(new Error('no answer')))
    expect(await a.peers.ask({ n: 2 }, new Set(), 50)).toEqual([{ name: 'b', answer: undefined }])
    await expect.poll(() => b.errors, { timeout: 5000 }).toEqual([new Error('no answer')])
    // One that has closed itself runs nothing, so there is nothing to ask.
    await owner.pool?.query(
      "insert into node (id, name, applied_seq, started_at, heard_at, closes_after_ms) values ('c', 'c', 0, 0, 0, 3000)",
    )
    expect((await a.peers.ask({ n: 3 }, new Set(), 50)).map(({ name }) => name)).toEqual(['b'])
    expect((await owner.pool?.query('select * from node_answer'))?.rows).toEqual([])
  })

  it('tells what a node has ended although the telling failed at first', async () => {
    const owner = await database.open()
    closers.push(() => owner.close())
    const a = await startNode('a', database.url()!)
    const b = await startNode('b', database.url()!, { pollMs: 20 })
    const rename = (from: string, to: string) => owner.pool?.query(`alter table ${from} rename to ${to}`)
    await rename('node_cut', 'gone')
    const writing = a.change(async () => ({ value: undefined, feed: [{ kind: 'cutting', key: 'K' }], events: [] }))
    await expect.poll(() => b.seen.length, { timeout: 5000 }).toBeGreaterThan(1) // read again, as it has not been told
    await rename('gone', 'node_cut')
    const answers = await a.nodes.acknowledged((await writing).seq, 2000)
    expect(answers.map(({ name, ended }) => [name, ended.calls])).toEqual([
      ['a', 3],
      ['b', 3],
    ])
  })

  it('says when a silent node closes by what that node has said, not by its own settings', async () => {
    const owner = await database.open()
    closers.push(() => owner.close())
    const a = await startNode('a', database.url()!)
    const silent = (id: string, closes: number | null) =>
      owner.pool?.query(
        'insert into node (id, name, applied_seq, started_at, heard_at, closes_after_ms, calls) values ($1, $1, 0, 0, $2, $3, 7)',
        [id, Date.now() - 5000, closes],
      )
    await silent('long', 60_000)
    await silent('short', 1000)
    await silent('earlier', null) // of a version that did not tell
    const answers = await a.nodes.acknowledged((await write(a, 'K')).seq, 50)
    const closing = Object.fromEntries(answers.map(({ name, closesInMs }) => [name, closesInMs]))
    expect(closing).toMatchObject({ a: undefined, short: 0, earlier: 0 })
    expect(closing.long).toBeGreaterThan(50_000)
    expect((await a.nodes.list()).map(({ name, calls }) => `${name} ${calls}`)).toEqual(
      expect.arrayContaining(['a 2', 'long 7', 'short 0']),
    )
  })

  it('lets no second node of a name begin, and one whose namesake has died', async () => {
    await (await database.open()).close()
    const url = database.url()!
    const a = await startNode('a', url, { pollMs: 50 })
    const store = await openStore({ url, file: '', keyHex: '', report: () => {} })
    closers.push(() => store.close())
    await expect(takeName(store, 'a', 1000)).rejects.toMatchObject({ kind: 'held' })
    const started = await takeName(store, 'b', 1000)
    await expect(takeName(store, 'b', 300)).rejects.toMatchObject({ kind: 'held' }) // two that begin at the same moment
    started()
    ;(await takeName(store, 'b', 1000))()
    await a.feed.stop() // as if it had been killed: it stands in the list, and is heard of no more
    ;(await takeName(store, 'a', 300))()
    expect(await store.db.selectFrom('node').selectAll().execute()).toEqual([])
  })

  it('hears nothing any more once a process of its name has taken its place, and does not come back to the list', async () => {
    await (await database.open()).close()
    const a = await startNode('a', database.url()!, { pollMs: 20 })
    const store = await openStore({ url: database.url()!, file: '', keyHex: '', report: () => {} })
    closers.push(() => store.close())
    await write(a, 'K')
    await store.pool?.query('delete from node')
    await expect.poll(() => a.errors.at(-1)).toMatchObject({ code: 'node_stale', cause: { code: 'NODE_DISPLACED' } })
    const { heardAt } = a.feed
    await wait(100)
    expect(a.feed.heardAt).toBe(heardAt)
    expect(await a.nodes.list()).toEqual([])
  })

  it.each([
    ['are gone', ''],
    ['are others by now', "insert into change (seq, kind, key, at) select seq, 'key', 'other', 0 from lost;"],
  ])('hears nothing, and acknowledges nothing, when changes that it has applied %s', async (_, others) => {
    await (await database.open()).close()
    const a = await startNode('a', database.url()!, { pollMs: 20 })
    for (const key of ['K1', 'K2', 'K3']) await write(a, key)
    const store = await openStore({ url: database.url()!, file: '', keyHex: '', report: () => {} })
    closers.push(() => store.close())
    // A copy takes over that lacks the last transaction, and goes on from there.
    const { seq } = a.feed
    await store.pool?.query(`
      create table lost as select seq from change where seq >= ${seq}; delete from change where seq >= ${seq}; ${others}`)
    await expect.poll(() => a.errors.at(-1)).toMatchObject({ code: 'node_stale', cause: { code: 'HISTORY_LOST' } })
    await store.pool?.query('update node set applied_seq = 0, heard_at = heard_at - 60000')
    const { heardAt } = a.feed
    await wait(100)
    expect([a.feed.heardAt, a.seen]).toEqual([heardAt, ['K1', 'K2', 'K3']])
    // A receipt of a node that has started since does not say that this one follows.
    const [listed] = await a.nodes.list()
    expect(listed?.appliedSeq).toBe(0)
    expect(listed?.silentMs).toBeGreaterThan(59_000)
  })

  it('while nothing is committed: one connection waits, writing is refused at once, and it goes on by itself', async () => {
    const owner = await database.open()
    closers.push(() => owner.close())
    const a = await startNode('a', database.url()!, { pollMs: 50 })
    const holder = await owner.pool!.connect()
    let release = () => {
      release = () => {}
      holder.release(true)
    }
    closers.push(() => release())
    await holder.query('begin')
    await holder.query('lock table node in exclusive mode') // as a standby that is away, or a disk that hangs
    await expect.poll(() => a.errors.at(-1), { timeout: 5000 }).toMatchObject({ code: 'COMMITS_HANG' })
    const seen = a.errors.length
    await expect.poll(() => a.errors.length, { timeout: 5000 }).toBeGreaterThan(seen + 20)
    const counted = `select count(*) from pg_stat_activity where application_name = 'sallyport feed' and state = 'active' and datname = current_database()`
    expect((await holder.query(counted)).rows).toEqual([{ count: 1 }])
    await expect.poll(() => a.nodes.admits(), { timeout: 5000 }).toBe(false)
    await expect(write(a, 'K')).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'COMMITS_HANG' } })
    await expect(a.store.atomic(() => [])).rejects.toMatchObject({ cause: { code: 'COMMITS_HANG' } })
    release()
    await expect.poll(() => a.nodes.admits(), { timeout: 5000 }).toBe(true)
    await write(a, 'K')
  })

  it('says of a read that the database cannot be reached, and reads again when it can', async () => {
    await (await database.open()).close()
    const proxy = await proxyTo(database.url()!)
    const store = await openStore({ url: proxy.url, file: '', keyHex: '', report: () => {} })
    closers.push(() => store.close())
    const look = () => store.db.selectFrom('change').selectAll().execute()
    const reads = async () => Promise.allSettled([look(), look(), look()])
    expect((await reads()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    proxy.set('cut')
    for (const read of await reads()) expect(read).toMatchObject({ reason: { code: 'store_unavailable' } })
    await expect(store.transaction((trx) => trx.deleteFrom('node').execute())).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    proxy.set('open')
    await expect
      .poll(() =>
        look().then(
          (rows) => rows.length,
          () => -1,
        ),
      )
      .toBe(0)
  })

  it('waits for no answer over connections that the server has left without a word, and goes on over new ones', async () => {
    await (await database.open()).close()
    const proxy = await proxyTo(database.url()!)
    const node = await startNode('a', proxy.url, { pollMs: 50 })
    await write(node, 'K1')
    proxy.freeze()
    const since = performance.now()
    await expect(write(node, 'K2')).rejects.toMatchObject({ code: 'store_unavailable' })
    await write(node, 'K3')
    await expect.poll(() => node.nodes.admits()).toBe(true)
    expect(node.seen).toEqual(['K1', 'K3'])
    expect(performance.now() - since).toBeLessThan(30_000) // without an end to them it takes minutes
  }, 60_000)

  it('does not wait for ever for what it asks over such a connection itself', async () => {
    await (await database.open()).close()
    const proxy = await proxyTo(database.url()!)
    const node = await startNode('a', proxy.url, { pollMs: 50 })
    let asked = 0
    node.feed.subscribe(async () => {
      asked += 1
      if (asked === 1) proxy.freeze()
      await node.store.db.selectFrom('node').select('id').execute()
    })
    await write(node, 'K1').catch(() => {}) // made, and perhaps not heard of in time
    await expect.poll(() => node.nodes.admits() && asked > 1, { timeout: 30_000 }).toBe(true)
    expect(node.lost).toBeGreaterThan(0)
    await write(node, 'K2')
  }, 60_000)

  it('finds by the sequence what a lost notification did not tell', async () => {
    await (await database.open()).close()
    const proxy = await proxyTo(database.url()!)
    const a = await startNode('a', database.url()!)
    const b = await startNode('b', proxy.url)
    proxy.set('cut')
    await write(a, 'K1')
    await write(a, 'K2')
    proxy.set('open')
    await expect.poll(() => b.seen, { timeout: 5000 }).toEqual(['K1', 'K2'])
    await write(a, 'K3')
    await expect.poll(() => b.seen, { timeout: 5000 }).toEqual(['K1', 'K2', 'K3'])
  })

  it.each(['cut', 'hole'] as const)(
    'closes a node behind a %s after 2 s, names it in the answer, and lets it back only when it knows everything',
    async (kind) => {
      await (await database.open()).close()
      const proxy = await proxyTo(database.url()!)
      const a = await startNode('a', database.url()!)
      const b = await startNode('b', proxy.url)
      expect(b.nodes.admits()).toBe(true)
      proxy.set(kind)
      const since = performance.now()
      const { seq } = await write(a, 'K1')
      // Who made a change on a node that cannot hear of it is told that it is made and the database away, not that something is wrong.
      const made = b.feed.applied(seq).catch((error: unknown) => error)
      const answers = await a.nodes.acknowledged(seq, 2000)
      expect(answers.find(({ name }) => name === 'a')?.ms).toBeDefined()
      const repeated = await a.nodes.acknowledged(0, 0)
      expect(repeated.map(({ name, ms }) => [name, ms !== undefined])).toEqual([
        ['a', true],
        ['b', false],
      ])
      const silent = answers.find(({ name }) => name === 'b')
      expect(silent?.ms).toBeUndefined()
      expect(silent?.closesInMs).toBeLessThanOrEqual(3000)
      await wait(Math.max(0, 2050 - (performance.now() - since)))
      expect(b.nodes.admits()).toBe(false)
      expect(await made).toMatchObject({ code: 'store_unavailable', detail: expect.stringContaining('is made') })
      await expect.poll(() => b.lost, { timeout: 3000 }).toBe(1)
      expect(b.nodes.holds()).toBe(false)
      // A node that is known to have closed itself is not waited for.
      const asked = performance.now()
      const later = await a.nodes.acknowledged((await write(a, 'K2')).seq, 2000)
      expect(later.find(({ name }) => name === 'b')).toMatchObject({ ms: undefined, closesInMs: 0 })
      expect(performance.now() - asked).toBeLessThan(1500)

      let admittedUnknowing = false
      const watch = setInterval(() => {
        if (b.nodes.admits() && b.seen.length < 2) admittedUnknowing = true
      }, 1)
      proxy.set('open')
      await expect.poll(() => b.nodes.admits(), { timeout: 10_000 }).toBe(true)
      clearInterval(watch)
      expect(admittedUnknowing).toBe(false)
      expect(b.seen).toEqual(['K1', 'K2'])
    },
  )
})
