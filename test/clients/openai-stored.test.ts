// Stored responses with the `openai` package, unchanged: kept only by rule, read back through the guard, continued in their
// session, and out of reach for everybody else, after the session, and for whoever edits the database.
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyring } from '../../src/config/index.ts'
import { openStore } from '../../src/store/index.ts'
import { startGateway, type TestGateway } from '../e2e/harness.ts'
import { chatChunks, json, type Script, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { answer, lastBody, SCRIPTED, TOOL_ANSWER, WEATHER_SCHEMA } from './gateway.ts'

const RULE = `
@id("archivists-store-answers") @why("Archivists may have answers stored for a day.") @store("1d")
permit (principal in Group::"archivists", action == Action::"chat", resource);
@id("no-harsh-words") @why("Nothing is stored at the highest temperature.")
forbid (principal, action == Action::"chat", resource)
when { context.request.store && context.request has temperature && context.request.temperature == decimal("2.0") };
@id("indoors") @why("Nobody asks for the weather indoors.")
forbid (principal in Group::"indoors", action == Action::"callTool", resource == Tool::"weather");
`
const ANN = 'ann.other@example.org'
let folder = ''
let gateway: TestGateway
let upstream: ScriptedUpstream
const clients: Record<string, OpenAI> = {}
const admin = async (method: string, path: string, body: unknown = {}) => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`)
  return JSON.parse(text) as Record<string, string>
}
const newKey = async (owner: string, name: string) => {
  const { key } = await admin('POST', '/keys', { owner: `User:${owner}`, name })
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key ?? '', maxRetries: 0 })
}
const settings = () => ({
  policies: folder,
  upstreams: [{ name: 'up', kind: 'openai', url: upstream.url }],
  models: [{ name: SCRIPTED, upstream: 'up', upstreamName: 'upstream-name' }],
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-stored-'))
  cpSync('policies', folder, { recursive: true })
  appendFileSync(join(folder, 'roles.cedar'), RULE)
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway(settings())
  await admin('POST', '/groups', { name: 'archivists' })
  await admin('POST', '/groups', { name: 'indoors' })
  for (const name of ['dana', 'ana', 'uma']) {
    await admin('POST', '/users', { name })
    await admin('POST', '/roles/user/assignments', { holder: `User:${name}` })
    clients[name] = await newKey(name, 'own')
  }
  for (const name of ['dana', 'ana']) await admin('PUT', `/groups/archivists/members/User:${name}`)
  clients.danaOther = await newKey('dana', 'other')
}, 60_000)
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The list of models is asked for now and then, also while a test has the answers to calls scripted. */
const script = (answers: Script) => {
  const list = json({ object: 'list', data: [] })
  upstream.script = (response, received) => (received.method === 'GET' ? list : answers)(response, received)
}
const say = (text: string) => script(json(answer(text)))
const stored = async (input = 'Hello', said = 'Good morning.') => {
  say(said)
  return (clients.dana as OpenAI).responses.create({ model: SCRIPTED, input, store: true })
}
const status = (call: Promise<unknown>) =>
  call.then(
    () => 200,
    (error: { status?: number }) => error.status,
  )
const reach = (who: string, id: string) => {
  const { responses } = clients[who] as OpenAI
  return Promise.all([
    status(responses.retrieve(id)),
    status(responses.inputItems.list(id)),
    status(responses.create({ model: SCRIPTED, input: 'And?', previous_response_id: id })),
    status(responses.delete(id)),
  ])
}

test('a word that stands in for a value is read back as it was given, also one that looks like a name', async () => {
  const dana = clients.dana as OpenAI
  say('Sunny. I write to EMAIL_KAXBC.')
  const given = await dana.responses.create({ model: SCRIPTED, input: 'I am dana.w@example.com.', store: true })
  expect(given.output_text).toBe('Sunny. I write to EMAIL_KAXBC.')
  expect((await dana.responses.retrieve(given.id)).output_text).toBe(given.output_text)
})

test('a call of a tool that may not be called any more is not read back', async () => {
  const { responses } = clients.dana as OpenAI
  const tools = [{ type: 'function' as const, name: 'weather', parameters: WEATHER_SCHEMA, strict: false }]
  script(json(TOOL_ANSWER))
  const { id } = await responses.create({ model: SCRIPTED, input: 'Rome?', tools, store: true })
  expect(await status(responses.retrieve(id))).toBe(200)
  await admin('PUT', '/groups/indoors/members/User:dana')
  expect(await status(responses.retrieve(id))).toBe(403)
  await admin('DELETE', '/groups/indoors/members/User:dana')
  expect(await status(responses.retrieve(id))).toBe(200)
})

test('stored, read back, continued with its tools, deleted', async () => {
  const dana = clients.dana as OpenAI
  const tools = [{ type: 'function' as const, name: 'weather', parameters: WEATHER_SCHEMA, strict: false }]
  script(json(TOOL_ANSWER))
  const first = await dana.responses.create({
    model: SCRIPTED,
    instructions: 'Be brief.',
    input: 'The weather in Rome, please; I am dana.w@example.com.',
    tools,
    store: true,
  })
  expect(first.output.at(-1)).toMatchObject({ type: 'function_call', call_id: 'call_9' })
  const again = await dana.responses.retrieve(first.id)
  expect(again).toEqual({ ...first, output_text: expect.anything() })

  say('Sunny. I write to dana.w@example.com.')
  const second = await dana.responses.create({
    model: SCRIPTED,
    instructions: 'Be kind.',
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: 'call_9', output: '{"sky":"clear"}' }],
    tools,
    store: true,
  })
  const sent = lastBody(upstream).messages as { role: string; content: string; tool_calls?: object[] }[]
  // Instructions are of one call; everything else is the conversation, with the address hidden as before.
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])
  expect(JSON.stringify(sent)).toContain('Be kind.')
  expect(JSON.stringify(sent)).not.toContain('Be brief.')
  expect(JSON.stringify(sent)).not.toContain('dana.w@example.com')
  expect(second.previous_response_id).toBe(first.id)
  expect((await dana.responses.retrieve(second.id)).output_text).toBe(second.output_text)

  const items = await dana.responses.inputItems.list(second.id, { order: 'asc' })
  expect(items.data.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output'])
  expect(JSON.stringify(items.data[0])).toContain('dana.w@example.com')

  // Newest first if nothing else is asked, and page by page to the last one.
  const paged: string[] = []
  for await (const { type } of dana.responses.inputItems.list(second.id, { limit: 1 })) paged.push(type)
  expect(paged).toEqual(['function_call_output', 'function_call', 'message'])
  const page = (query: object) => status(dana.responses.inputItems.list(second.id, query))
  expect(await Promise.all([page({ limit: 0 }), page({ limit: 101 }), page({ limit: 'x' })])).toEqual([400, 400, 400])
  expect(await Promise.all([page({ after: 'msg_1' }), page({ order: 'up' })])).toEqual([400, 400])
  expect(await page({ include: ['message.input_image.image_url'] })).toBe(400)

  await dana.responses.delete(first.id)
  expect(await status(dana.responses.retrieve(first.id))).toBe(404)
  // Each answer holds the conversation before it: what continues a deleted one still can be.
  say('Of course.')
  const third = await dana.responses.create({ model: SCRIPTED, previous_response_id: second.id, input: 'Thanks' })
  expect(await status(dana.responses.retrieve(third.id))).toBe(404)
})

test('a stream is stored before it says so', async () => {
  script(sse(...chatChunks(['Good ', 'evening.'])))
  const final = await (clients.dana as OpenAI).responses
    .stream({ model: SCRIPTED, input: 'Hello', store: true })
    .finalResponse()
  expect((await (clients.dana as OpenAI).responses.retrieve(final.id)).output_text).toBe('Good evening.')
})

test('nothing is stored without a rule, or against one', async () => {
  say('Hm.')
  const ask = (who: string, extra = {}) =>
    status((clients[who] as OpenAI).responses.create({ model: SCRIPTED, input: 'Hi', store: true, ...extra }))
  expect(await ask('uma')).toBe(403)
  expect(await ask('dana', { temperature: 2 })).toBe(403)
  expect(await ask('dana', { temperature: 1 })).toBe(200)
  const { id } = await (clients.uma as OpenAI).responses.create({ model: SCRIPTED, input: 'Hi' })
  expect(await status((clients.uma as OpenAI).responses.retrieve(id))).toBe(404)
})

test('#51 litellm#15757: nobody else reaches it: another person, another key of the same person, a stranger', async () => {
  const { id } = await stored()
  expect(await reach('ana', id)).toEqual([404, 404, 404, 404])
  expect(await reach('danaOther', id)).toEqual([404, 404, 404, 404])
  clients.stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'spk_none', maxRetries: 0 })
  expect(await reach('stranger', id)).toEqual([401, 401, 401, 401])
  for (const odd of ['resp_', `${id}/`, `${id}/cancel`, 'x', '%2e%2e'])
    expect(await status((clients.dana as OpenAI).responses.retrieve(odd)), odd).toBe(404)
  // Nor into it from a session of one's own.
  const headers = { 'x-sallyport-session': 'mine' }
  const call = (clients.dana as OpenAI).responses.create(
    { model: SCRIPTED, input: 'And?', previous_response_id: id },
    { headers },
  )
  expect(await status(call)).toBe(403)
  expect((await (clients.dana as OpenAI).responses.retrieve(id)).id).toBe(id)
})

test('what is read back is screened by the rules of now', async () => {
  const question = 'I am dana.w@example.com, who is your contact?'
  await stored(question)
  const standIn = /I am (\S+), who/.exec(JSON.stringify(lastBody(upstream)))?.[1] ?? ''
  expect(standIn).toMatch(/^EMAIL/)
  // The model says the stand-in of the caller's own address, and another address by itself.
  const first = await stored(question, `Write to ${ANN}, or to ${standIn}.`)
  expect(first.output_text).toContain('dana.w@example.com')
  const back = await (clients.dana as OpenAI).responses.retrieve(first.id)
  expect(back.output_text).not.toContain(ANN)
  expect(back.output_text).toBe(first.output_text)

  const rules = readFileSync(join(folder, 'roles.cedar'), 'utf8')
  const apply = (text: string) =>
    admin('POST', '/policies', {
      files: [
        ...['schema.cedarschema', 'access.cedar', 'data.cedar', 'tools.cedar'].map((path) => ({
          path,
          text: readFileSync(join(folder, path), 'utf8'),
        })),
        { path: 'roles.cedar', text },
      ],
      reason: 'test',
    })
  const second = await stored('Hello', 'That makes EUR 1,250.00 in all.')
  expect((await (clients.dana as OpenAI).responses.retrieve(second.id)).output_text).toContain('1,250')
  await apply(
    `${rules}\n@id("no-amounts") @why("No amounts.") forbid (principal, action == Action::"receive", resource in DataClass::"finance/amount");`,
  )
  expect(await status((clients.dana as OpenAI).responses.retrieve(second.id))).toBe(422)
  await apply(
    `${rules}\n@id("shut") @why("Shut.") forbid (principal, action == Action::"chat", resource) when { context.auth.kind == "key" };`,
  )
  expect(await reach('dana', second.id)).toEqual([403, 403, 403, 403])
  await apply(rules)
  expect(await status((clients.dana as OpenAI).responses.retrieve(first.id))).toBe(200)
})

test('it is gone with its session, its key and its erasure, and sealed on the disk', async () => {
  const secret = 'quetzalcoatl-7714'
  const forgotten = await stored(`Remember ${secret}.`)
  const kept = await stored('Another conversation.')
  const events = (await gateway
    .call('/admin/v1/audit?kind=call.finished&limit=200', undefined, { method: 'GET' })
    .then((response) => response.json())) as { items: { call?: string; session?: string }[] }
  const of = (id: string) => events.items.find(({ call }) => `resp_${call}` === id)?.session ?? ''
  expect(of(forgotten.id)).toMatch(/^ses_/)
  expect(of(kept.id)).not.toBe(of(forgotten.id))

  const done = await admin('POST', `/sessions/${of(forgotten.id)}/forget`, { reason: 'asked for' })
  expect(done.erased).toContain('answers')
  expect(await reach('dana', forgotten.id)).toEqual([404, 404, 404, 404])
  expect(await status((clients.dana as OpenAI).responses.retrieve(kept.id))).toBe(200)

  const sealed = await stored(`Remember ${secret} as well.`)
  const keyring = openKeyring(join(gateway.folder, 'data'))
  const file = join(gateway.folder, 'data', 'sallyport.db')
  const other = await openStore({ file, keyHex: keyring.databaseKeyHex, report: () => {} })
  const rows = await other.db.selectFrom('stored_answer').selectAll().execute()
  expect(rows.map(({ id }) => id)).not.toContain(forgotten.id)
  for (const row of rows) expect(Buffer.from(row.sealed).toString('latin1')).not.toContain('quetzalcoatl')
  // Whoever can write to the database moves the row to Ana: it does not open for her.
  const ana = await (clients.ana as OpenAI).responses.create({ model: SCRIPTED, input: 'Hi', store: true })
  const hers = await other.db.selectFrom('stored_answer').selectAll().where('id', '=', ana.id).executeTakeFirstOrThrow()
  await other.transaction((trx) =>
    trx
      .updateTable('stored_answer')
      .set({ principal: hers.principal, session: hers.session })
      .where('id', '=', sealed.id)
      .execute(),
  )
  expect(await reach('ana', sealed.id)).toEqual([404, 404, 404, 404])
  await other.transaction((trx) =>
    trx
      .updateTable('stored_answer')
      .set({ sealed: new Uint8Array(40) })
      .where('id', '=', kept.id)
      .execute(),
  )
  expect(await status((clients.dana as OpenAI).responses.retrieve(kept.id))).toBe(404)
  await other.close()

  const mine = await stored()
  const gone = await admin('POST', '/content/erasures', { principal: 'User:dana', reason: 'right to erasure' })
  expect(Number(gone.answers)).toBeGreaterThan(0)
  expect(await status((clients.dana as OpenAI).responses.retrieve(mine.id))).toBe(404)
  const revoked = await (clients.ana as OpenAI).responses.create({ model: SCRIPTED, input: 'Hi', store: true })
  await admin('POST', '/users/ana/suspend', { reason: 'left' })
  expect(await reach('ana', revoked.id)).toEqual([401, 401, 401, 401])
  await admin('POST', '/users/ana/restore', { reason: 'back' })
  clients.ana = await newKey('ana', 'new')
  expect(await reach('ana', revoked.id)).toEqual([404, 404, 404, 404])
})
