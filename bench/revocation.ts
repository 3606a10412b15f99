// `node bench/revocation.ts`: how long after an act of revocation has returned does text of a model still arrive? Two nodes
// over PostgreSQL, each a process of its own, half of the streams on each; every act is done on node A.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { postgres } from '../test/contract/databases.ts'
import { start } from './process.ts'

const STREAMS = Number(process.env.BENCH_STREAMS ?? 1000)
const MODEL = 'bench-20000x250'
const TEXT = 'quick'

interface Node {
  name: string
  url: string
}

interface Stream {
  node: Node
  /** When model text last arrived. */
  textAt: number
  pieces: number
  tail: string
  ended: Promise<void>
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-revocation-'))
const database = postgres()
await database.start()
await (await database.open()).close()
const upstream = await start(['bench/upstream.ts'])
const file = join(folder, 'sallyport.yaml')
const nodes: Node[] = []
const children = [upstream]
let admin = ''
for (const name of ['a', 'b']) {
  writeFileSync(
    file,
    JSON.stringify({
      data: join(folder, name),
      listen: '127.0.0.1:0',
      database: database.url(),
      node: { name },
      log: { level: 'error' },
      limits: { concurrentPerPrincipal: 100_000 },
      upstreams: [{ name: 'up', url: `http://127.0.0.1:${upstream.line}`, connections: Math.min(1024, STREAMS) }],
      models: [{ name: MODEL, upstream: 'up' }],
    }),
  )
  const child = await start(['bench/gateway.ts', file])
  children.push(child)
  const { url, key } = JSON.parse(child.line) as { url: string; key?: string }
  nodes.push({ name, url })
  admin ||= key ?? ''
  // The nodes of one deployment share their secrets.
  if (name === 'a') cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true })
}
const agent = new Agent({ connections: 2 * STREAMS, pipelining: 1, bodyTimeout: 0, headersTimeout: 120_000 })

const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, key = admin) => {
  const response = await request(`${nodes[0]?.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = (await response.body.json()) as Record<string, unknown>
  if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${JSON.stringify(answer)}`)
  return answer
}

async function open(node: Node, key: string): Promise<Stream> {
  const { statusCode, body } = await request(`${node.url}/v1/chat/completions`, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'hello' }] }),
  })
  if (statusCode === 503) {
    // On an overloaded machine a node may lose touch for a moment, and then takes no calls: that is as it should be.
    await body.dump()
    await wait(250)
    return open(node, key)
  }
  if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`)
  const stream: Stream = { node, textAt: 0, pieces: 0, tail: '', ended: Promise.resolve() }
  stream.ended = (async () => {
    for await (const piece of body) {
      const text = String(piece)
      if (text.includes(TEXT)) stream.textAt = performance.now()
      stream.pieces += 1
      stream.tail = text
    }
  })().catch(() => {})
  return stream
}

let serial = 0
/** Somebody of their own for every round, holding the role `user`. */
async function person(role?: string): Promise<{ name: string; key: string; keyId: string; assignment: string }> {
  const name = `bench${serial++}`
  await call('POST', '/users', { name })
  const assignment =
    role === undefined ? '' : String((await call('POST', `/roles/${role}/assignments`, { holder: `User:${name}` })).id)
  const issued = await call('POST', '/keys', { owner: `User:${name}`, name: 'bench' })
  return { name, key: String(issued.key), keyId: String(issued.id), assignment }
}

type Person = Awaited<ReturnType<typeof person>>
const reason = 'benchmark'
/** What was done, and what had to be there for it. */
const ACTS: [string, () => Promise<Person>, (who: Person) => Promise<unknown>][] = [
  ['key revoke', () => person('user'), ({ keyId }) => call('POST', `/keys/${keyId}/revoke`, { reason })],
  ['user suspend', () => person('user'), ({ name }) => call('POST', `/users/${name}/suspend`, { reason })],
  ['role unassign', () => person('user'), ({ assignment }) => call('DELETE', `/roles/user/assignments/${assignment}`)],
  [
    'session cut (all of a user)',
    () => person('user'),
    ({ name }) => call('POST', '/leases/cut', { principal: `User::"${name}"`, reason }),
  ],
  ['lock on a model', () => person('user'), () => call('POST', '/locks', { kind: 'model', target: MODEL, reason })],
]

const quantile = (values: readonly number[], q: number): string => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN).toFixed(0)
}

try {
  console.log(`# Last byte of model text after an act has returned: ${STREAMS} streams on two nodes over PostgreSQL`)
  console.log(
    `(${new Date().toISOString().slice(0, 10)}, Node ${process.version}; milliseconds, 0 if the last text came before)\n`,
  )
  console.log(
    '| act | returned after | node a p50 / p99 / max | node b p50 / p99 / max | error frames | terminal events | left open |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const [name, prepare, act] of ACTS) {
    const who = await prepare()
    const streams: Stream[] = []
    for (let i = 0; i < STREAMS; i += 50)
      streams.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(50, STREAMS - i) }, (_, j) => open(nodes[(i + j) % 2] as Node, who.key)),
        )),
      )
    while (streams.some(({ pieces }) => pieces < 3)) await wait(50)
    const began = performance.now()
    const answer = (await act(who)) as { id?: string }
    const returned = performance.now()
    await Promise.race([Promise.all(streams.map(({ ended }) => ended)), wait(15_000)])
    const late = (node: Node) =>
      streams.filter((one) => one.node === node).map(({ textAt }) => Math.max(0, textAt - returned))
    const row = (values: number[]) => `${quantile(values, 0.5)} / ${quantile(values, 0.99)} / ${quantile(values, 1)}`
    const frames = streams.filter(({ tail }) => tail.includes('"error"') && !tail.includes('[DONE]')).length
    let events = 0
    let cursor = ''
    await wait(1500)
    do {
      const page = await call(
        'GET',
        `/audit?kind=call.finished&credential=key/${who.keyId}&limit=200${cursor && `&cursor=${cursor}`}`,
      )
      events += (page.items as unknown[]).length
      cursor = String(page.next ?? '')
    } while (cursor)
    const { items } = (await call('GET', '/leases?limit=200')) as { items: unknown[] }
    console.log(
      `| ${name} | ${(returned - began).toFixed(0)} | ${row(late(nodes[0] as Node))} | ${row(late(nodes[1] as Node))} | ${frames} of ${STREAMS} | ${events} | ${items.length} |`,
    )
    if (name.startsWith('lock')) await call('DELETE', `/locks/${answer.id}`)
  }
} finally {
  await agent.destroy()
  for (const child of children.reverse()) await child.stop()
  await database.stop()
  rmSync(folder, { recursive: true, force: true })
}
