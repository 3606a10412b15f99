// What went wrong at others, each as a test that is named by the thread that tells of it: rights that outlived their end.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES, type RouteId } from '../../src/admin/contract.ts'
import { postgres } from '../contract/databases.ts'
import { proxyTo } from '../contract/proxy.ts'
import {
  chatChunks,
  json,
  type Script,
  type ScriptedUpstream,
  silent,
  sse,
  startScripted,
} from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

/** The shipped rules and a few more, in a folder of their own. */
const folder = mkdtempSync(join(tmpdir(), 'sallyport-threads-'))
const policies = join(folder, 'policies')
mkdirSync(policies)
const shipped = readdirSync('policies').filter((file) => /\.(cedar|cedarschema)$/.test(file))
for (const file of shipped) cpSync(join('policies', file), join(policies, file))
writeFileSync(
  join(policies, 'threads.cedar'),
  `@id("readers-borrow") @why("Readers are lent the role user.") @longest("4h")
permit (principal is User in Role::"reader", action in [Action::"requestRole", Action::"autoApproveRole"], resource == Role::"user");
@id("budget") @why("Spends from a budget.") @limit("3000 tokens/day")
permit (principal in Role::"budgeted", action in Action::"use", resource is Model);
`,
)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const answers: Script = (response, received) =>
  received.method === 'GET'
    ? json({ object: 'list', data: [] })(response, received)
    : received.path.includes('embeddings')
      ? json({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }], model: 'm' })(
          response,
          received,
        )
      : /"stream": ?true/.test(received.body)
        ? sse(...chatChunks(['hello']))(response, received)
        : json({
            id: 'c',
            object: 'chat.completion',
            created: 1,
            model: 'm',
            choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
          })(response, received)

interface Person {
  name: string
  key: string
  keyId: string
  /** Of the role; '' if it is lent. */
  assignment: string
  grant: string
}

/** Acts of an administrator on a gateway, and people to do them to. */
function administer(gateway: TestGateway) {
  let serial = 0
  const act = async (method: string, path: string, body?: unknown, key?: string) => {
    const options = { method, ...(key === undefined ? {} : { key }) }
    const response = await gateway.call(`/admin/v1${path}`, body, method === 'DELETE' ? { ...options } : options)
    const answer = (await response.json()) as Record<string, unknown>
    expect(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`).toBe(true)
    return answer
  }
  const person = async (role = 'user', lent = false, group?: string): Promise<Person> => {
    const name = `p${serial++}-${Math.random().toString(36).slice(2, 8)}`
    await act('POST', '/users', { name })
    let assignment = ''
    if (group === undefined) {
      const holder = `User:${name}`
      assignment = String((await act('POST', `/roles/${lent ? 'reader' : role}/assignments`, { holder })).id)
    } else await act('PUT', `/groups/${group}/members/User:${name}`)
    const issued = await act('POST', '/keys', { owner: `User:${name}`, name: Math.random().toString(36).slice(2) })
    const key = String(issued.key)
    const asked = lent ? await act('POST', '/requests', { role: 'user', seconds: 3600, reason: 'r' }, key) : {}
    return {
      name,
      key,
      keyId: String(issued.id),
      assignment,
      grant: (asked.grant as { id?: string } | undefined)?.id ?? '',
    }
  }
  return { act, person }
}

const use = async (gateway: TestGateway, key: string, model = 'm') =>
  (await gateway.call('/v1/chat/completions', chat(model), { key })).status

describe('on one node', () => {
  let upstream: ScriptedUpstream
  let gateway: TestGateway
  let act: ReturnType<typeof administer>['act']
  let person: ReturnType<typeof administer>['person']
  beforeAll(async () => {
    upstream = await startScripted(answers)
    gateway = await startGateway({
      policies,
      upstreams: [{ name: 'up', url: upstream.url }],
      models: [{ name: 'm', upstream: 'up' }],
    })
    ;({ act, person } = administer(gateway))
    await act('POST', '/roles', { name: 'budgeted', description: 'Has a budget.' })
    for (const [name, role] of [
      ['dev', 'user'],
      ['gone', 'user'],
    ]) {
      await act('POST', '/groups', { name })
      await act('POST', `/roles/${role}/assignments`, { holder: `Group:${name}` })
    }
  })
  afterAll(async () => {
    await gateway.close()
    await upstream.close()
  })
  const reason = 'thread'
  /** Calls that reached the model server; looks at its list of models are none. */
  const calls = () => upstream.received.filter(({ method }) => method === 'POST').length
  const lock = (kind: string, target: string) => act('POST', '/locks', { kind, target, reason })
  const unlock = async ({ id }: Record<string, unknown>) => void (await act('DELETE', `/locks/${id}`))
  const bundle = () =>
    [...shipped, 'threads.cedar'].map((path) => ({ path, text: readFileSync(join(policies, path), 'utf8') }))

  /** Every route that can take a right away: who had it, the act, and how to go on afterwards. */
  type Removal = [who: () => Promise<Person>, act: (who: Person) => Promise<unknown>, after?: () => Promise<void>]
  const REMOVES: Partial<Record<RouteId, Removal[]>> = {
    'keys.suspend': [[person_, ({ keyId }) => act('POST', `/keys/${keyId}/suspend`, { reason })]],
    'keys.revoke': [[person_, ({ keyId }) => act('POST', `/keys/${keyId}/revoke`, { reason })]],
    'keys.rotate': [
      [person_, ({ keyId }) => act('POST', `/keys/${keyId}/rotate`, { oldDiesAt: new Date().toISOString() })],
    ],
    'keys.transfer': [
      [
        person_,
        async ({ keyId }) => act('POST', `/keys/${keyId}/transfer`, { owner: `User:${(await person('reader')).name}` }),
      ],
    ],
    'keys.report': [[person_, ({ key }) => act('POST', '/keys/report', { keys: [key] })]],
    'users.suspend': [[person_, ({ name }) => act('POST', `/users/${name}/suspend`, { reason })]],
    'users.offboard': [[person_, ({ name }) => act('POST', `/users/${name}/offboard`, { reason })]],
    'users.remove': [[person_, ({ name }) => act('DELETE', `/users/${name}?reason=x`)]],
    'roles.unassign': [[person_, ({ assignment }) => act('DELETE', `/roles/user/assignments/${assignment}`)]],
    'groups.drop': [[() => person('', false, 'dev'), ({ name }) => act('DELETE', `/groups/dev/members/User:${name}`)]],
    'groups.remove': [[() => person('', false, 'gone'), () => act('DELETE', '/groups/gone')]],
    'grants.end': [[() => person('', true), ({ grant }) => act('POST', `/grants/${grant}/end`, { reason })]],
    'policies.apply': [
      [
        person_,
        () =>
          act('POST', '/policies', {
            files: [
              ...bundle(),
              {
                path: 'x.cedar',
                text: '@id("x") @why("x") forbid (principal, action in Action::"use", resource == Model::"m");',
              },
            ],
            reason,
          }),
        async () => void (await act('POST', '/policies', { files: bundle(), reason })),
      ],
    ],
    'locks.create': [
      ...(['principal', 'credential', 'role', 'model', 'everything'] as const).map((kind): Removal => {
        let set: Record<string, unknown> = {}
        return [
          // The administrator of these tests holds the role `user` as well, and must be able to lift the lock.
          () => person(kind === 'role' ? 'budgeted' : 'user'),
          async ({ name, keyId }) => {
            const targets = {
              principal: `User::"${name}"`,
              credential: keyId,
              role: 'budgeted',
              model: 'm',
              everything: '*',
            }
            set = await lock(kind, targets[kind])
          },
          () => unlock(set),
        ]
      }),
    ],
    'campaigns.decide': [
      [
        person_,
        async ({ name }) => {
          const dueAt = new Date(Date.now() + 3_600_000).toISOString()
          const { id } = await act('POST', '/campaigns', { name: 'c', dueAt, kinds: ['assignment'] })
          const { items } = await act('GET', `/campaigns/${id}/items?limit=200`)
          const item = (items as { id: string; holder: string }[]).find(({ holder }) => holder === `User:${name}`)
          return act('POST', `/campaigns/${id}/items/${item?.id}`, { decision: 'revoke' })
        },
      ],
    ],
  }
  /** Changes that take nothing from whom these tests call as, or that are the same act on another kind of principal. */
  const KEEPS =
    /^(users|services|agents)\.(create|update|restore)$|^(services|agents)\.(suspend|offboard|remove)$|^keys\.(create|resume)$|^groups\.(create|update|add)$|^roles\.(create|update|assign|remove)$|^sessions\.|^leases\.|^locks\.lift$|^requests\.|^grants\.(break|extend|review)$|^sweeps\.|^campaigns\.(start|close)$|^policies\.(plan|rollback|shadow|promote)$|^content\.|^explain\.|^models\.|^alerts\.|^webhooks\.|^audit\.|^decisions\./
  function person_() {
    return person()
  }

  it('#2 litellm#34217: every route that changes something is known to take rights away, or not to', () => {
    const changing = (Object.keys(ROUTES) as RouteId[]).filter((id) => ROUTES[id].method !== 'GET')
    expect(changing.filter((id) => !(id in REMOVES) && !KEEPS.test(id))).toEqual([])
  })

  const cases = Object.entries(REMOVES).flatMap(([id, removals]) => removals.map((removal, i) => ({ id, i, removal })))
  it.each(cases)(
    '#2 litellm#34217: $id $i: nothing that was known before survives it',
    async ({ removal: [who, takeAway, after] }) => {
      const one = await who()
      expect([await use(gateway, one.key), await use(gateway, one.key)]).toEqual([200, 200])
      await takeAway(one)
      const sent = calls()
      expect([401, 403, 404]).toContain(await use(gateway, one.key))
      expect([401, 403, 404]).toContain(await use(gateway, one.key))
      expect(calls()).toBe(sent)
      await after?.()
    },
  )

  it('#4 agent-bom#3687: suspension takes keys of any name, and leaving a group takes one member, not all', async () => {
    const names = ['admin', 'User:dana', 'a.b_c', '0', 'ключ', 'k + k', 'x'.repeat(64)]
    const [one, other] = [await person('', false, 'dev'), await person('', false, 'dev')]
    const keys = [one.key]
    for (const name of names) keys.push(String((await act('POST', '/keys', { owner: `User:${one.name}`, name })).key))
    for (const key of keys) expect(await use(gateway, key)).toBe(200)
    await act('POST', `/users/${one.name}/suspend`, { reason })
    for (const key of keys) expect(await use(gateway, key)).toBe(401)
    await act('DELETE', `/groups/dev/members/User:${one.name}`)
    expect(await use(gateway, other.key)).toBe(200)
  })

  const CALLS: readonly [path: string, body: object][] = [
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hello' }] }],
    ['/v1/completions', { prompt: 'hello' }],
    ['/v1/embeddings', { input: 'hello' }],
    ['/v1/responses', { input: 'hello' }],
    ['/v1/messages', { messages: [{ role: 'user', content: 'hello' }], max_tokens: 50 }],
    ['/api/chat', { messages: [{ role: 'user', content: 'hello' }] }],
    ['/api/generate', { prompt: 'hello' }],
    ['/api/embed', { input: 'hello' }],
    ['/api/embeddings', { prompt: 'hello' }],
  ]
  const post = (path: string, key: string, body: object) =>
    gateway.call(path, { model: 'm', ...body, ...(/embed/.test(path) ? {} : { stream: true }) }, { key })

  it.each<[string, () => Promise<Person>, (who: Person) => Promise<unknown>]>([
    ['inactive', person_, ({ name }) => act('POST', `/users/${name}/suspend`, { reason })],
    ['revoked', person_, ({ keyId }) => act('POST', `/keys/${keyId}/revoke`, { reason })],
    ['locked', person_, ({ name }) => lock('principal', `User::"${name}"`)],
    ['grant ended', () => person('', true), ({ grant }) => act('POST', `/grants/${grant}/end`, { reason })],
  ])('#6 bifrost#3765: %s: every route refuses before anything is sent', async (_, who, takeAway) => {
    const one = await who()
    for (const [path, body] of CALLS) expect((await post(path, one.key, body)).status, path).toBe(200)
    await takeAway(one)
    const sent = calls()
    for (const [path, body] of CALLS) expect([401, 403, 404], path).toContain((await post(path, one.key, body)).status)
    expect(calls()).toBe(sent)
  })

  it('#6 bifrost#3765: expired: every route refuses before anything is sent', async () => {
    const { name } = await person()
    const expiresAt = new Date(Date.now() + 2500).toISOString()
    const issued = await act('POST', '/keys', { owner: `User:${name}`, name: 'short', expiresAt })
    const key = String(issued.key)
    expect(await use(gateway, key)).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt) - Date.now() + 5))
    const sent = calls()
    for (const [path, body] of CALLS) expect((await post(path, key, body)).status, path).toBe(401)
    expect(calls()).toBe(sent)
  })

  it('#50 llmgateway#3758: equal calls are each answered by the model; nothing said to one reaches another', async () => {
    const [one, other] = [await person(), await person()]
    const before = calls()
    let said = 0
    upstream.script = (response, received) => sse(...chatChunks([`word${said++}`]))(response, received)
    const texts: string[] = []
    for (const key of [one.key, other.key, one.key, other.key])
      texts.push(await (await gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key })).text())
    upstream.script = answers
    expect(calls() - before).toBe(4)
    for (const [i, text] of texts.entries()) expect(text).toContain(`word${i}`)
    const first = await gateway.call('/v1/responses', { model: 'm', input: 'hello' }, { key: one.key })
    const { id } = (await first.json()) as { id: string }
    const next = { model: 'm', input: 'and?', previous_response_id: id }
    expect((await gateway.call('/v1/responses', next, { key: other.key })).ok).toBe(false)
  })

  it.each(CALLS)(
    '#52 litellm#30244: %s: the model server is let go within a second, also before the first byte',
    async (path, body) => {
      const { key } = await person()
      upstream.script = silent
      const arrived = upstream.next()
      const caller = new AbortController()
      const call = fetch(`${gateway.url}${path}`, {
        method: 'POST',
        signal: caller.signal,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', ...body }),
      }).catch(() => undefined)
      const { closed } = await arrived
      const since = performance.now()
      caller.abort()
      await closed
      expect(performance.now() - since).toBeLessThan(1000)
      await call
      upstream.script = answers
    },
  )

  describe('a budget of 3,000 tokens', () => {
    const endless: Script = (response, received) => {
      if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const frame = `data: ${JSON.stringify(chatChunks(['four tokens here'])[1])}\n\n`
      const timer = setInterval(() => response.write(frame), 40)
      response.once('close', () => clearInterval(timer))
    }
    const CHUNK = 4
    const STREAMS = 40
    const used = async ({ keyId }: Person) => {
      const { items } = await act('GET', `/audit?kind=call.finished&credential=key/${keyId}&limit=200`)
      const calls = (items as { data?: { inputTokens?: number; outputTokens?: number }; reason?: string }[]) ?? []
      return calls.map(({ data, reason }) => ({
        tokens: (data?.inputTokens ?? 0) + (data?.outputTokens ?? 0),
        reason,
      }))
    }
    const sum = (calls: { tokens: number }[]) => calls.reduce((total, { tokens }) => total + tokens, 0)

    it(`#49 ai-gateway#2394, #46 litellm#34732: ${STREAMS} parallel streams overspend at most a chunk each, and end in an error`, async () => {
      const one = await person('budgeted')
      upstream.script = endless
      const texts = await Promise.all(
        Array.from({ length: STREAMS }, async () => {
          const response = await gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key: one.key })
          return { status: response.status, text: await response.text() }
        }),
      )
      upstream.script = answers
      const begun = texts.filter(({ status }) => status === 200)
      expect(begun.length).toBeGreaterThan(10)
      for (const { text } of begun) {
        expect(text).toContain('insufficient_quota')
        expect(text).not.toContain('[DONE]')
      }
      for (const { status } of texts) expect([200, 429]).toContain(status)
      const said = begun.flatMap(({ text }) => [...text.matchAll(/"content":"([^"]*)"/g)].map(([, part = '']) => part))
      expect(said.join('').length / CHUNK).toBeLessThan(3000)
      expect(said.join('').length / CHUNK).toBeGreaterThan(2000)
      const total = sum(await used(one))
      expect(total).toBeGreaterThan(2800)
      // What is read at once is two frames where this process was busy for a moment.
      expect(total).toBeLessThanOrEqual(3000 + 2 * STREAMS * CHUNK)
      expect(await use(gateway, one.key)).toBe(429)
    })

    it('#47 litellm#30522: after success, error and cancel what is left is the budget less what was used', async () => {
      const one = await person('budgeted')
      const left = async () => {
        const response = await gateway.call('/v1/chat/completions', chat('m'), { key: one.key })
        await response.text()
        return { status: response.status, left: Number(response.headers.get('x-ratelimit-remaining-tokens')) }
      }
      for (let i = 0; i < 5; i++) expect(await use(gateway, one.key)).toBe(200)
      upstream.script = json({ error: { message: 'no' } }, 500)
      for (let i = 0; i < 5; i++) expect(await use(gateway, one.key)).toBe(502)
      upstream.script = silent
      for (let i = 0; i < 5; i++) {
        const caller = new AbortController()
        const arrived = upstream.next()
        const call = fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          signal: caller.signal,
          headers: { authorization: `Bearer ${one.key}`, 'content-type': 'application/json' },
          body: JSON.stringify(chat('m', { stream: true })),
        }).catch(() => undefined)
        const { closed } = await arrived
        caller.abort()
        await call
        await closed
      }
      upstream.script = answers
      await expect.poll(async () => (await used(one)).length).toBe(15)
      const before = sum(await used(one))
      const now = await left()
      expect(now.status).toBe(200)
      // What this call itself holds is still taken while its headers are written.
      expect(3000 - before - now.left).toBeGreaterThanOrEqual(0)
      expect(3000 - before - now.left).toBeLessThanOrEqual(100)
    })
  })
})

describe('on three nodes over PostgreSQL', () => {
  const database = postgres()
  let upstream: ScriptedUpstream
  const nodes: TestGateway[] = []
  const data = mkdtempSync(join(tmpdir(), 'sallyport-three-'))
  let proxy: Awaited<ReturnType<typeof proxyTo>>
  beforeAll(async () => {
    upstream = await startScripted(answers)
    await database.start()
    await (await database.open()).close()
    const url = database.url()!
    proxy = await proxyTo(url)
    for (const name of ['a', 'b', 'c']) {
      // The nodes of one deployment share their secrets.
      if (name !== 'a') cpSync(join(data, 'a'), join(data, name), { recursive: true })
      nodes.push(
        await startGateway({
          policies,
          data: join(data, name),
          database: name === 'c' ? proxy.url : url,
          node: { name },
          upstreams: [{ name: 'up', url: upstream.url }],
          models: [{ name: 'm', upstream: 'up' }],
        }),
      )
    }
  })
  afterAll(async () => {
    proxy.set('open')
    for (const node of nodes.reverse()) await node.close()
    await upstream.close()
    await proxy.close()
    await database.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('#1 litellm#9820: a key revoked on one node is refused by all with the answer, and after a partition heals not once more', async () => {
    const [a, b, c] = nodes as [TestGateway, TestGateway, TestGateway]
    const { act, person } = administer(a)
    const warm = async (key: string) => {
      for (const node of nodes) await expect.poll(() => use(node, key), { timeout: 5000 }).toBe(200)
    }
    const first = await person()
    await warm(first.key)
    const { receipt } = (await act('POST', `/keys/${first.keyId}/revoke`, { reason: 'leaked' })) as {
      receipt: { nodes: { name: string; applied: boolean }[] }
    }
    expect(receipt.nodes.map(({ name, applied }) => [name, applied])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ])
    for (const node of nodes) expect(await use(node, first.key)).toBe(401)

    const second = await person()
    await warm(second.key)
    proxy.set('hole')
    const cut = performance.now()
    const partial = (await act('POST', `/keys/${second.keyId}/revoke`, { reason: 'leaked' })) as typeof receipt & {
      receipt: typeof receipt
    }
    expect(partial.receipt.nodes.filter(({ applied }) => !applied).map(({ name }) => name)).toEqual(['c'])
    expect(await use(b, second.key)).toBe(401)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 2100 - (performance.now() - cut))))
    expect([401, 503]).toContain(await use(c, second.key))
    proxy.set('open')
    // Until it knows everything it takes no calls; from then on this key is dead there too.
    const seen = new Set<number>()
    for (const until = performance.now() + 3000; performance.now() < until; ) seen.add(await use(c, second.key))
    expect([...seen].filter((status) => status !== 401 && status !== 503)).toEqual([])
    const third = await person()
    await warm(third.key)
    expect(await use(c, second.key)).toBe(401)
  })

  it('a database that cannot be asked is not an answer: 503, and nobody is told that something is not there', async () => {
    const { act, person } = administer(nodes[0]!)
    const { key } = await person('', true)
    const { items } = (await act('GET', '/grants?open=true', undefined, key)) as { items: { id: string }[] }
    const look = () => nodes[2]!.call(`/admin/v1/grants/${items[0]?.id}`, undefined, { method: 'GET', key })
    await expect.poll(async () => (await look()).status).toBe(200)
    proxy.set('cut')
    expect((await look()).status).toBe(503)
    proxy.set('open')
    await expect.poll(async () => (await look()).status, { timeout: 10_000 }).toBe(200)
  })
})
