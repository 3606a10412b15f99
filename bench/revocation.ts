// `node bench/revocation.ts [act…]`: how long after an act of revocation has returned does text of a model still arrive?
// Two nodes over PostgreSQL, each a process of its own, half of the streams on each; every act is done on node A. Words on
// the command line choose acts whose names hold one of them.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { postgres } from '../test/contract/databases.ts'
import { start } from './process.ts'

const STREAMS = Number(process.env.BENCH_STREAMS ?? 1000)
const MODEL = 'bench-20000x1000'
const TEXT = 'quick'
/** Tokens of the one budget that all streams of an act share. */
const BUDGET = 200 * STREAMS
/** A role that is lent, one with a budget, and the change of rules that ends calls. */
const RULES = `
@id("bench-lends") @why("Readers are lent the role user.") @longest("4h")
permit (principal is User in Role::"reader", action in [Action::"requestRole", Action::"autoApproveRole"], resource == Role::"user");
@id("bench-budget") @why("Spends from one budget.") @limit("${BUDGET} tokens/day")
permit (principal in Role::"budgeted", action in Action::"use", resource is Model);
`
const CHANGE = `
@id("bench-stops") @why("The model of the benchmark rests.")
forbid (principal, action in Action::"use", resource == Model::"${MODEL}");
`

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
  endedAt: number
  ended: Promise<void>
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-revocation-'))
const policies = join(folder, 'policies')
mkdirSync(policies)
const rules = readdirSync('policies')
  .filter((file) => /\.(cedar|cedarschema)$/.test(file))
  .map((file) => ({ path: file, text: readFileSync(join('policies', file), 'utf8') }))
rules.push({ path: 'bench.cedar', text: RULES })
for (const { path, text } of rules) writeFileSync(join(policies, path), text)
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
      policies,
      log: { level: 'error' },
      limits: { concurrentPerPrincipal: 100_000 },
      upstreams: [{ name: 'up', url: `http://127.0.0.1:${upstream.line}`, connections: Math.min(4096, 2 * STREAMS) }],
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

async function open(node: Node, key: string, session?: string): Promise<Stream> {
  const { statusCode, body } = await request(`${node.url}/v1/chat/completions`, {
    method: 'POST',
    dispatcher: agent,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'x-sallyport-session': session }),
    },
    body: JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'hello' }] }),
  })
  if (statusCode === 503) {
    // On an overloaded machine a node may lose touch for a moment, and then takes no calls: that is as it should be.
    await body.dump()
    await wait(250)
    return open(node, key, session)
  }
  if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`)
  const stream: Stream = {
    node,
    textAt: 0,
    pieces: 0,
    tail: '',
    endedAt: Number.POSITIVE_INFINITY,
    ended: Promise.resolve(),
  }
  stream.ended = (async () => {
    for await (const piece of body) {
      const text = String(piece)
      if (text.includes(TEXT)) stream.textAt = performance.now()
      stream.pieces += 1
      stream.tail = text
    }
  })()
    .catch(() => {}) // a connection that breaks is seen by the missing error frame
    .finally(() => {
      stream.endedAt = performance.now()
    })
  return stream
}

let serial = 0
interface Person {
  name: string
  key: string
  keyId: string
  /** Of the assignment of the role. */
  assignment: string
}
/** Somebody of their own for every round, holding a role. */
async function person(role: string): Promise<Person> {
  const name = `bench${serial++}`
  await call('POST', '/users', { name })
  const { id } = await call('POST', `/roles/${role}/assignments`, { holder: `User:${name}` })
  const issued = await call('POST', '/keys', { owner: `User:${name}`, name: 'bench' })
  // A new key is known at once where it was issued, and a moment later on the other node.
  for (const { url } of nodes)
    for (;;) {
      const { statusCode, body } = await request(`${url}/v1/models`, {
        headers: { authorization: `Bearer ${issued.key}` },
      })
      await body.dump()
      if (statusCode !== 401) break
      await wait(20)
    }
  return { name, key: String(issued.key), keyId: String(issued.id), assignment: String(id) }
}

const reason = 'benchmark'
interface Act {
  name: string
  /** Role of whoever calls; `user` if missing. */
  role?: string
  /** What else has to be there before the streams open. */
  prepare?: (who: Person) => Promise<string>
  /** Missing: the act is that the streams use up what there is. */
  act?: (who: Person, prepared: string) => Promise<Record<string, unknown>>
  undo?: (answer: Record<string, unknown>) => Promise<unknown>
}
const ACTS: Act[] = [
  { name: 'key revoke', act: ({ keyId }) => call('POST', `/keys/${keyId}/revoke`, { reason }) },
  { name: 'user suspend', act: ({ name }) => call('POST', `/users/${name}/suspend`, { reason }) },
  { name: 'user remove (offboard)', act: ({ name }) => call('DELETE', `/users/${name}?reason=${reason}`) },
  { name: 'role unassign', act: ({ assignment }) => call('DELETE', `/roles/user/assignments/${assignment}`) },
  {
    name: 'grant end',
    role: 'reader',
    async prepare({ key }) {
      const asked = await call('POST', '/requests', { role: 'user', seconds: 3600, reason }, key)
      return (asked.grant as { id: string }).id
    },
    act: (_, grant) => call('POST', `/grants/${grant}/end`, { reason }),
  },
  {
    name: 'policy change',
    act: () => call('POST', '/policies', { files: [...rules, { path: 'change.cedar', text: CHANGE }], reason }),
    undo: ({ version }) => call('POST', `/policies/${Number(version) - 1}/rollback`, { reason }),
  },
  { name: 'session cut', prepare: async () => 'one', act: (_, id) => call('POST', `/sessions/${id}/cut`, { reason }) },
  {
    name: 'cut all of a user',
    act: ({ name }) => call('POST', '/leases/cut', { principal: `User::"${name}"`, reason }),
  },
  {
    name: 'lock on a model',
    act: () => call('POST', '/locks', { kind: 'model', target: MODEL, reason }),
    undo: ({ id }) => call('DELETE', `/locks/${id}`),
  },
  { name: 'budget end', role: 'budgeted' },
]
const wanted = process.argv.slice(2)
const chosen = ACTS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))

/** When each node had acted, by the receipt wherever the answer has it. */
function confirmed(answer: Record<string, unknown>): string {
  const ended = answer.ended as Record<string, unknown> | boolean | undefined
  const receipt = (answer.receipt ?? (typeof ended === 'object' ? ended.receipt : undefined) ?? answer) as {
    nodes?: { milliseconds?: number }[]
  }
  return receipt.nodes?.map(({ milliseconds }) => milliseconds ?? 'silent').join(' / ') ?? '–'
}

const upstreams = async () =>
  (await (await request(`http://127.0.0.1:${upstream.line}/counts`)).body.json()) as { begun: number; aborted: number }

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
    '| act | returned after | nodes confirmed after | node a p50 / p99 / max | node b p50 / p99 / max | error frames | upstreams aborted | terminal events | left open |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|')
  await call('POST', '/roles', { name: 'budgeted', description: 'Has a budget.' })
  for (const { name, role = 'user', prepare, act, undo } of chosen) {
    const who = await person(role)
    const prepared = (await prepare?.(who)) ?? ''
    const session = name === 'session cut' ? prepared : undefined
    const before = await upstreams()
    const streams: Stream[] = []
    for (let i = 0; i < STREAMS; i += 50)
      streams.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(50, STREAMS - i) }, (_, j) =>
            open(nodes[(i + j) % 2] as Node, who.key, session),
          ),
        )),
      )
    const begun = (await upstreams()).begun - before.begun
    let answer: Record<string, unknown> = {}
    let took = 0
    let returned = 0
    if (act) {
      while (streams.some(({ pieces }) => pieces < 3)) await wait(50)
      const began = performance.now()
      answer = await act(who, prepared)
      returned = performance.now()
      took = returned - began
    }
    await Promise.race([Promise.all(streams.map(({ ended }) => ended)), wait(act ? 15_000 : 120_000)])
    // The end of a budget is no act: it is over when the first stream has been told.
    if (!act) returned = Math.min(...streams.map(({ endedAt }) => endedAt))
    const late = (node: Node) =>
      streams.filter((one) => one.node === node).map(({ textAt }) => Math.max(0, textAt - returned))
    const row = (values: number[]) => `${quantile(values, 0.5)} / ${quantile(values, 0.99)} / ${quantile(values, 1)}`
    const frames = streams.filter(({ tail }) => tail.includes('"error"') && !tail.includes('[DONE]')).length
    await wait(1500)
    let events = 0
    let tokens = 0
    let cursor = ''
    const calls = new Set<string>()
    do {
      const page = await call(
        'GET',
        `/audit?kind=call.finished&credential=key/${who.keyId}&limit=200${cursor && `&cursor=${cursor}`}`,
      )
      for (const one of page.items as { call: string; data?: Record<string, number> }[]) {
        events += 1
        calls.add(one.call)
        tokens += (one.data?.inputTokens ?? 0) + (one.data?.outputTokens ?? 0)
      }
      cursor = String(page.next ?? '')
    } while (cursor)
    const aborted = (await upstreams()).aborted - before.aborted
    const { items } = (await call('GET', '/leases?limit=200')) as { items: unknown[] }
    console.log(
      `| ${name} | ${act ? took.toFixed(0) : '–'} | ${confirmed(answer)} | ${row(late(nodes[0] as Node))} | ${row(late(nodes[1] as Node))} | ${frames} of ${STREAMS} | ${aborted} of ${begun} | ${events} of ${calls.size} calls | ${items.length} |`,
    )
    if (!act)
      console.log(`\nBudget of ${BUDGET} tokens: ${tokens} were used (${((tokens / BUDGET) * 100).toFixed(2)} %).`)
    await undo?.(answer)
  }
} finally {
  await agent.destroy()
  for (const child of children.reverse()) await child.stop()
  await database.stop()
  rmSync(folder, { recursive: true, force: true })
}
