// What rules demand of a call, and what they read of it, holds however the call is worded and by whichever route it comes.
// Real gateway, real rules, a scripted model server.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatChunks, json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { startGateway, type TestGateway } from './harness.ts'

const RULES = `
@id("plain") @why("Plain use.") @store("1h")
permit (principal in Role::"tested", action in Action::"use", resource);
@id("taught") @why("Answers are polite, and kept.") @instruct("Answer politely, always.") @record("prompt, answer, 30d")
permit (principal in Role::"taught", action in Action::"use", resource);
@id("all-in-all") @why("Two calls in all.") @limit("2 requests/minute")
permit (principal in Role::"counted", action in Action::"use", resource);
@id("chats") @why("One of them a chat.") @limit("1 request/minute")
permit (principal in Role::"counted", action == Action::"chat", resource);
@id("bounded") @why("Short, and one at a time.") @clamp("maxTokens <= 9, n <= 4, keepAliveSeconds <= 60")
permit (principal in Role::"bounded", action in Action::"use", resource);
@id("narrow") @why("Not too wide.") @clamp("contextTokens <= 4096")
permit (principal in Role::"narrow", action in Action::"use", resource);
@id("contrary") @why("Long.") @clamp("maxTokens >= 20")
permit (principal in Role::"contrary", action in Action::"use", resource);
@id("hushed") @why("Nobody hears of the heron.") @ban("heron")
permit (principal in Role::"hushed", action in Action::"use", resource);
@id("little") @why("Not too much at once.")
forbid (principal in Role::"little", action in Action::"use", resource) when { context.request.estimatedTokens > 500 };
@id("odd") @why("Not while something is odd.")
forbid (principal in Role::"little", action in Action::"use", resource) when { context.risk.anomaly >= 30 };
@id("fresh") @why("Freshly signed in.") @stepup("5m") @clamp("maxTokens <= 7")
permit (principal in Role::"fresh", action == Action::"chat", resource);
@id("freshly") @why("Freshly signed in, in other words.")
permit (principal in Role::"fresh", action == Action::"embed", resource) when { context.auth.age <= 300 };
@id("none") @why("No cards.") @treat("block")
permit (principal, action == Action::"send", resource == DataClass::"finance/card");
@id("ticketed") @why("What is lent is used with a ticket only.")
forbid (principal, action in Action::"use", resource) when { context.grant.active && !(context.grant has ticket) };
@id("ask") @why("Anybody may ask for these.")
permit (principal, action in [Action::"requestRole", Action::"autoApproveRole"], resource == Role::"lent");
@id("lead-asks") @why("Leads ask for anybody; one says yes.") @quorum("security: 1")
permit (principal in Role::"lead", action == Action::"requestRole", resource == Role::"guarded");
@id("own-asks") @why("Two people say yes.") @approvals("2") @quorum("ml: 1")
permit (principal in Role::"tested", action == Action::"requestRole", resource == Role::"guarded");
@id("calm") @why("Not while something is odd.")
forbid (principal, action == Action::"autoApproveRole", resource) when { context.risk.anomaly >= 30 };
@id("kept-out") @why("Not for everybody.") @explain("public")
forbid (principal in Role::"kept-out", action, resource in ModelGroup::"secret");
@id("no-mail") @why("No addresses there.")
forbid (principal in Role::"no-mail", action == Action::"send", resource in DataClass::"personal/email")
when { context.model == Model::"s" };
@id("no-phone") @why("No numbers.")
forbid (principal in Role::"no-phone", action == Action::"send", resource)
when { context.data.class == "personal/phone" };
@id("only-s") @why("That one alone.")
permit (principal in Role::"only-s", action in Action::"use", resource == Model::"s");
@id("data") @why("Data passes.") @treat("pass")
permit (principal, action in Action::"data", resource);
`
const ROLES = [
  'tested',
  'taught',
  'counted',
  'bounded',
  'narrow',
  'contrary',
  'hushed',
  'little',
  'lent',
  'lead',
  'guarded',
  'fresh',
  'kept-out',
  'no-mail',
  'no-phone',
  'only-s',
]

let folder: string
let upstream: ScriptedUpstream
let gateway: TestGateway
const ANSWER = {
  ...{ id: 'x', object: 'chat.completion', created: 1, model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'A heron stands there.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
}
const VECTORS = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [1] }],
  usage: { prompt_tokens: 1 },
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-duties-'))
  for (const name of ['schema.cedarschema', 'roles.cedar']) cpSync(join('policies', name), join(folder, name))
  writeFileSync(join(folder, 'own.cedar'), RULES)
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    policies: folder,
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [
      { name: 'm', upstream: 'up' },
      { name: 's', upstream: 'up', groups: ['secret'], aliases: ['nick'] },
    ],
  })
  for (const name of ROLES) await admin('/roles', { name, description: name })
  upstream.script = json(ANSWER)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const admin = async (path: string, body: unknown, key = gateway.key) => {
  const response = await gateway.call(`/admin/v1${path}`, body, { key })
  const answer = (await response.json()) as Record<string, unknown>
  expect(response.status, JSON.stringify(answer)).toBeLessThan(300)
  return answer
}
let serial = 0
const caller = async (...roles: string[]) => {
  const name = `p${serial++}`
  await admin('/users', { name })
  for (const role of roles) await admin(`/roles/${role}/assignments`, { holder: `User:${name}` })
  return { name, key: String((await admin('/keys', { owner: `User:${name}`, name: 'k' })).key) }
}
const hello = [{ role: 'user', content: 'hello' }]
const chat = (key: string, extra: object = {}) =>
  gateway.call('/v1/chat/completions', { model: 'm', messages: hello, ...extra }, { key })
const generate = (key: string, extra: object = {}) =>
  gateway.call('/api/generate', { model: 'm', prompt: 'hello', stream: false, ...extra }, { key })
const embed = (key: string) => gateway.call('/v1/embeddings', { model: 'm', input: 'hello' }, { key })
const lastSent = () => JSON.parse(upstream.calls.at(-1)?.body ?? '{}') as Record<string, unknown>
/** `until`: what must stand in it; an answer is kept after its prompt. */
const kept = async (response: Response, until = '') => {
  await response.text()
  const path = `/admin/v1/calls/${response.headers.get('x-request-id')}/content`
  for (let left = 100; left > 0; left--) {
    const found = await gateway.call(path, {}, { method: 'GET' })
    const text = await found.text()
    if (found.status === 200 && text.includes(until)) return text
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nothing is kept')
}

describe('an instruction and a record', () => {
  it('are done by every route', async () => {
    const { key } = await caller('taught')
    for (const ask of [chat, generate, (who: string) => generate(who, { system: 'Be rude.' })]) {
      const response = await ask(key)
      expect(response.status).toBe(200)
      const { messages } = lastSent() as { messages: { role: string; content: string }[] }
      expect(messages[0]?.role).toBe('system')
      expect(messages[0]?.content).toContain('Answer politely, always.')
      expect(await kept(response)).toContain('hello')
    }
  })

  it('the record holds what stands beside the messages', async () => {
    const { key } = await caller('taught')
    const parameters = { type: 'object', properties: { way: { type: 'string', description: 'to the weir' } } }
    const response = await chat(key, {
      tools: [{ type: 'function', function: { name: 'go', description: 'Where is the otter?', parameters } }],
      stop: ['enough of it'],
    })
    const text = await kept(response)
    for (const said of ['hello', 'Where is the otter?', 'to the weir', 'enough of it']) expect(text).toContain(said)
  })
})

it('a window may be asked for of a server whose window nobody sets, unless a rule bounds it', async () => {
  upstream.script = json(ANSWER)
  const options = { num_ctx: 2048 }
  expect((await generate((await caller('tested')).key, { options })).status).toBe(200)
  expect(lastSent()).not.toHaveProperty('num_ctx')
  const { key } = await caller('narrow')
  const sent = upstream.calls.length
  for (const response of [await generate(key, { options }), await generate(key)]) {
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: 'the server of this model has no "num_ctx"' })
  }
  expect(upstream.calls).toHaveLength(sent)
})

it('what chooses words may be asked for beside vectors, which have none', async () => {
  upstream.script = json(VECTORS)
  const { key } = await caller('tested')
  const asked = { model: 'm', prompt: 'hello', options: { temperature: 0.7, stop: ['a'], num_ctx: 2048 } }
  expect((await gateway.call('/api/embeddings', asked, { key })).status).toBe(200)
  expect(Object.keys(lastSent()).sort()).toEqual(['encoding_format', 'input', 'model'])
  upstream.script = json(ANSWER)
})

it('what an answer thinks is recorded, and each of several by itself', async () => {
  const { key } = await caller('taught')
  const message = { role: 'assistant', content: 'Over there.', reasoning_content: 'The otter is in the reeds.' }
  const choices = [0, 1].map((index) => ({ index, message, finish_reason: 'stop' }))
  upstream.script = json({ ...ANSWER, choices })
  const response = await chat(key, { n: 2 })
  upstream.script = json(ANSWER)
  expect(await response.clone().text()).toContain('The otter is in the reeds.')
  const { items } = JSON.parse(await kept(response, '"answer"')) as { items: { part: string; text: string }[] }
  const one = '[reasoning] The otter is in the reeds.\nOver there.'
  expect(items.find(({ part }) => part === 'answer')?.text).toBe(`${one}\n\n${one}`)
})

describe('a clamp', () => {
  it('raises nothing, and asks nothing of calls that have no such parameter', async () => {
    const { key } = await caller('bounded')
    expect((await chat(key)).status).toBe(200)
    expect(lastSent()).toMatchObject({ max_tokens: 9 })
    expect(lastSent()).not.toHaveProperty('n')
    const choices = [0, 1, 2, 3].map((index) => ({ ...ANSWER.choices[0], index }))
    upstream.script = json({ ...ANSWER, choices })
    expect((await chat(key, { n: 7 })).status).toBe(200)
    expect(lastSent().n).toBe(4)
    upstream.script = json(VECTORS)
    expect((await embed(key)).status).toBe(200)
    upstream.script = json(ANSWER)
  })

  it('that another one excludes refuses the call', async () => {
    const { key } = await caller('bounded', 'contrary')
    const sent = upstream.calls.length
    const response = await chat(key, { max_tokens: 15 })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('maxTokens')
    expect(upstream.calls.length).toBe(sent)
  })
})

describe('a limit', () => {
  it('counts every call that its rule allows, also where another rule has a smaller one', async () => {
    const { key } = await caller('counted')
    const statuses: number[] = []
    for (const ask of [chat, chat, generate, generate]) statuses.push((await ask(key)).status)
    expect(statuses).toEqual([200, 429, 200, 429])
  })
})

describe('a role for a while', () => {
  const lend = (key: string, more: object = {}) =>
    admin('/requests', { role: 'lent', seconds: 600, reason: 'INC-1', ...more }, key)

  it('is held for the rules by whom it is good for one model only', async () => {
    const { key } = await caller('reader', 'tested')
    expect((await chat(key)).status).toBe(200)
    const { grant } = (await lend(key, { models: ['m'] })) as { grant?: { models: string[] } }
    expect(grant?.models).toEqual(['m'])
    expect((await chat(key)).status).toBe(403)
    const other = await caller('reader', 'tested')
    await lend(other.key, { models: ['another'] })
    expect((await chat(other.key)).status).toBe(200)
  })

  it('that is to begin later is given by nobody at once', async () => {
    const { key } = await caller('reader', 'tested')
    const startsAt = new Date(Date.now() + 86_400_000).toISOString()
    expect(await lend(key, { startsAt })).toMatchObject({ request: { state: 'pending' } })
    expect(await lend(key, { startsAt: new Date(Date.now() - 1000).toISOString() })).toHaveProperty('grant')
  })

  it('asked for somebody else, needs what either of the two would need', async () => {
    const holder = await caller('tested')
    const lead = await caller('reader', 'lead')
    const ask = { role: 'guarded', seconds: 600, reason: 'INC-1', beneficiary: `User:${holder.name}` }
    const { request } = await admin('/requests', ask, lead.key)
    expect(request).toMatchObject({ approvals: 2, quorum: 'security: 1, ml: 1' })
  })

  it('is not given by itself to who behaves oddly', async () => {
    const { key, name } = await caller('reader')
    for (let i = 0; i < 12; i++) expect((await chat(key)).status).toBe(403)
    const pending = async () => ((await lend(key)) as { request: { state: string } }).request.state === 'pending'
    for (let left = 20; left > 0 && !(await pending()); left--) await new Promise((resolve) => setTimeout(resolve, 100))
    const alerts = await gateway.call('/admin/v1/audit?kind=alert.raised', {}, { method: 'GET' })
    expect(await alerts.text()).toContain(name)
    expect(await pending()).toBe(true)
  })
})

describe('another name of a model', () => {
  const ask = (key: string, content = 'hello') => chat(key, { model: 'nick', messages: [{ role: 'user', content }] })

  it('opens nothing that is forbidden of the model', async () => {
    const { key, name } = await caller('tested', 'kept-out', 'user')
    const open = await caller('tested', 'user')
    const names = async (who: string) => {
      const list = await gateway.call('/v1/models', {}, { method: 'GET', key: who })
      return ((await list.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
    }
    expect([(await ask(open.key)).status, await names(open.key)]).toEqual([200, ['m', 'nick', 's']])
    expect([(await ask(key)).status, await names(key)]).toEqual([404, ['m']])
    const why = await admin('/explain', {
      principal: `User:${name}`,
      action: 'chat',
      resource: 'Model:nick',
    })
    expect(why).toMatchObject({
      decision: 'deny',
      decided: [
        { id: 'kept-out', clauses: [{ state: 'met' }, { text: 'resource in ModelGroup::"secret"', state: 'met' }] },
      ],
    })
  })

  it('gets none of the data that the model does not get', async () => {
    const { key } = await caller('tested', 'no-mail')
    expect((await ask(key)).status).toBe(200)
    expect((await ask(key, 'write to maria.novak@example.com')).status).toBe(422)
  })

  it('has no right of its own by a right to the model', async () => {
    const { key } = await caller('only-s')
    expect((await chat(key, { model: 's' })).status).toBe(200)
    expect((await ask(key)).status).toBe(404)
  })
})

describe('a rule about what is unusual', () => {
  it('ends a call that runs', async () => {
    const { key } = await caller('tested', 'little')
    const hold = Promise.withResolvers<void>()
    upstream.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const chunk of chatChunks(Array.from({ length: 40 }, (_, i) => `word${i} `)).slice(0, 30))
        response.write(`data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`)
      await hold.promise
      response.end()
    }
    const running = await chat(key, { stream: true })
    const reader = running.body?.getReader()
    await reader?.read()
    let said = ''
    const rest = (async () => {
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
        said += new TextDecoder().decode(next.value)
    })()
    const refused = () => chat(key, { messages: [{ role: 'user', content: 'word '.repeat(1000) }] })
    // By their size, and by the rule itself as soon as enough of them were counted.
    for (let i = 0; i < 12; i++) expect([403, 404]).toContain((await refused()).status)
    await Promise.race([rest, new Promise((resolve) => setTimeout(resolve, 5000))])
    hold.resolve()
    await rest
    upstream.script = json(ANSWER)
    expect(said).toContain('access_denied')
  })
})

describe('a rule about how much is asked', () => {
  it('sees what stands in schemas, names and suffixes', async () => {
    const { key } = await caller('tested', 'little')
    const long = 'word '.repeat(1000)
    const parameters = { type: 'object', properties: { x: { type: 'string', description: long } } }
    const schema = { name: 'x', schema: parameters }
    for (const extra of [
      { tools: [{ type: 'function', function: { name: 'go', parameters } }] },
      { response_format: { type: 'json_schema', json_schema: schema } },
    ])
      expect((await chat(key, extra)).status).toBe(403)
    const completed = await gateway.call('/v1/completions', { model: 'm', prompt: 'x', suffix: long }, { key })
    expect(completed.status).toBe(403)
    expect((await chat(key)).status).toBe(200)
  })
})

describe('a banned phrase', () => {
  it('is not read in an answer of before either', async () => {
    const { name, key } = await caller('tested')
    const stored = await gateway.call('/v1/responses', { model: 'm', input: 'The heron?', store: true }, { key })
    expect(stored.status).toBe(200)
    const { id } = (await stored.json()) as { id: string }
    const read = async (path: string) => (await gateway.call(path, {}, { method: 'GET', key })).text()
    expect(await read(`/v1/responses/${id}`)).toContain('A heron stands there.')
    await admin('/roles/hushed/assignments', { holder: `User:${name}` })
    const hushed = await read(`/v1/responses/${id}`)
    expect(hushed).toContain('stands there.')
    expect(hushed).not.toContain('heron')
    expect(await read(`/v1/responses/${id}/input_items`)).toContain('The heron?')
    const next = { model: 'm', input: 'And now?', previous_response_id: id, store: true }
    const continued = (await (await gateway.call('/v1/responses', next, { key })).json()) as { id: string }
    const items = await read(`/v1/responses/${continued.id}/input_items`)
    expect(items).toContain('The heron?')
    expect(items).not.toContain('A heron')
  })
})

describe('who asks over AuthZEN', () => {
  const evaluate = async (name: string, action: string, resource: object, context: object = {}) => {
    const subject = { type: 'User', id: name }
    const answer = await gateway.call('/access/v1/evaluation', { subject, action: { name: action }, resource, context })
    return (await answer.json()) as { decision: boolean; context: { duties?: string[]; reason?: string } }
  }
  const m = { type: 'Model', id: 'm' }

  it('is answered by what is held and known here, whatever is said of it', async () => {
    const { name, key } = await caller('reader', 'tested')
    expect((await evaluate(name, 'chat', m)).decision).toBe(true)
    await admin('/requests', { role: 'lent', seconds: 600, reason: 'INC-1' }, key)
    expect((await evaluate(name, 'chat', m)).decision).toBe(false)
    expect((await evaluate(name, 'chat', m, { grant: { active: false, roles: [] } })).decision).toBe(false)
    const inParts = { grant: {}, 'grant.active': false, 'grant.ticket': 'INC-1' }
    expect((await evaluate(name, 'chat', m, inParts)).decision).toBe(false)
    const other = await caller('reader', 'tested')
    await admin('/requests', { role: 'lent', seconds: 600, reason: 'INC-1', models: ['m'] }, other.key)
    expect((await evaluate(other.name, 'chat', m)).decision).toBe(false)
    expect((await evaluate(other.name, 'chat', { type: 'Model', id: 's' })).decision).toBe(true)
    const odd = await caller('little', 'tested')
    const risk = { 'risk.anomaly': 0, risk: { anomaly: 90, injection: 0 } }
    expect((await evaluate(odd.name, 'chat', m, risk)).decision).toBe(true)
  })

  it('is told of a class of data by its name', async () => {
    const { name } = await caller('no-phone')
    const send = (id: string) => evaluate(name, 'send', { type: 'DataClass', id })
    expect((await send('personal/phone')).decision).toBe(false)
    expect((await send('personal/email')).decision).toBe(true)
    const told = { principal: `User:${name}`, action: 'send', resource: 'DataClass:personal/phone' }
    expect((await admin('/explain', told)).decision).toBe('deny')
  })

  it('is told what rules demand, and of no yes that demands what is not there', async () => {
    const { name } = await caller('fresh')
    const auth = { kind: 'oidc', bound: false, amr: [], scopes: [], ip: '10.0.0.1', mfa: false }
    expect(await evaluate(name, 'chat', m)).toMatchObject({ decision: false })
    expect(await evaluate(name, 'chat', m, { auth: { ...auth, age: 301 } })).toMatchObject({ decision: false })
    expect(await evaluate(name, 'chat', m, { auth: { ...auth, kind: 'key', age: 9 } })).toMatchObject({
      decision: false,
    })
    expect(await evaluate(name, 'chat', m, { auth: { ...auth, age: 299 } })).toMatchObject({
      decision: true,
      context: { duties: ['clamp maxTokens <= 7', 'stepup 5m'] },
    })
    expect((await evaluate(name, 'embed', m)).decision).toBe(false)
    expect((await evaluate(name, 'embed', m, { auth: { ...auth, age: 299 } })).decision).toBe(true)
    expect((await evaluate(name, 'send', { type: 'DataClass', id: 'finance/card' })).decision).toBe(false)
    expect((await evaluate(name, 'send', { type: 'DataClass', id: 'personal/email' })).decision).toBe(true)
  })
})
