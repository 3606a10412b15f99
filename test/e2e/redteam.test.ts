// Every attack of the red team against a real gateway with the shipped rules, by real sockets, as an ordinary user would
// run it: behind it a model server that does all that it is told, in whole answers and in streams cut anywhere.
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ATTACKS } from '../../src/guard/redteam/attacks.ts'
import { type Result, runRedteam, summarise } from '../../src/guard/redteam/index.ts'
import { createGullible } from '../redteam/gullible.ts'
import { json, type Script, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { startGateway } from './harness.ts'

interface Asked {
  stream?: boolean
  messages: { content: string | { text?: string }[] | null }[]
  tools?: { function: { name: string } }[]
}

/** Characters of a piece, in turn: words, their middles, single characters. */
const CUTS = [1, 13, 3, 40, 2]

function cut(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = CUTS[i % CUTS.length] ?? 1
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}

const script: Script = (response, received) => {
  if (received.path.endsWith('/models')) return json({ data: [{ id: 'gullible' }] })(response, received)
  const { stream, messages, tools = [] } = JSON.parse(received.body) as Asked
  const said = model.answer({
    messages: messages.map(({ content }) => ({
      content: typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join(''),
    })),
    tools: tools.map(({ function: { name } }) => name),
  })
  const calls = said.calls.map((call, index) => ({ index, id: `call_${index}`, type: 'function', function: call }))
  if (!stream) {
    const message = { role: 'assistant', content: said.text, tool_calls: calls }
    return json({ choices: [{ index: 0, message, finish_reason: 'stop' }] })(response, received)
  }
  const deltas = [
    ...cut(said.text).map((content) => ({ content })),
    ...calls.flatMap(({ index, id, type, function: { name, arguments: given } }) => [
      { tool_calls: [{ index, id, type, function: { name, arguments: '' } }] },
      ...cut(given).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ]
  const chunk = (delta: unknown, finish_reason: string | null) => ({ choices: [{ index: 0, delta, finish_reason }] })
  return sse(...deltas.map((delta) => chunk(delta, null)), chunk({}, 'stop'), '[DONE]')(response, received)
}

let model = createGullible()
const folder = mkdtempSync(join(tmpdir(), 'sallyport-redteam-'))
let server: ScriptedUpstream
beforeAll(async () => {
  server = await startScripted(script)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Everybody may use everything, attacked or not: what is held is held by the rules on data. */
const EVERYBODY = `
@id("everybody") @why("Everybody uses every model.") permit (principal, action in Action::"use", resource);
@id("every-tool") @why("Every tool may be called.") permit (principal, action == Action::"callTool", resource);
@id("everybody-administers") @why("For the test.") permit (principal, action in Action::"administer", resource);
`
const OPEN =
  '@id("pass") @why("All data passes.") @treat("pass") permit (principal, action in Action::"data", resource);'

/** Attacks with the key of an ordinary user. */
async function attack(rules?: string) {
  model = createGullible()
  if (rules !== undefined) {
    copyFileSync('policies/schema.cedarschema', join(folder, 'schema.cedarschema'))
    writeFileSync(join(folder, 'rules.cedar'), rules)
  }
  const gateway = await startGateway({
    ...(rules === undefined ? {} : { policies: folder }),
    upstreams: [{ name: 'gullible', kind: 'openai', url: server.url }],
    models: [{ name: 'gullible', upstream: 'gullible' }],
  })
  try {
    const admin = async (path: string, body: unknown) => {
      const response = await gateway.call(`/admin/v1${path}`, body)
      expect(response.status, path).toBeLessThan(300)
      return (await response.json()) as { key: string }
    }
    await admin('/users', { name: 'eve' })
    await admin('/roles/user/assignments', { holder: 'User:eve' })
    const { key } = await admin('/keys', { owner: 'User:eve', name: 'attacks' })
    const random = (size: number) => randomBytes(size)
    const results = await runRedteam({ url: gateway.url, key, model: 'gullible', random })
    expect(results.length).toBe(ATTACKS.length * 2)
    return { results, outcomes: summarise(results).outcomes }
  } finally {
    await gateway.close()
  }
}

const through = (results: readonly Result[]) =>
  results.filter(({ outcome }) => outcome === 'leaked' || outcome === 'failed')

const TIMES = { timeout: 120_000 }

it('gets nothing through under the shipped rules, which soon stop whoever goes on', TIMES, async () => {
  const { results, outcomes } = await attack()
  expect(through(results)).toEqual([])
  expect(outcomes.untried).toBeGreaterThan(0)
  expect(outcomes.held).toBeGreaterThan(0)
})

it('gets nothing through the rules on data alone', TIMES, async () => {
  const { results, outcomes } = await attack(readFileSync('policies/data.cedar', 'utf8') + EVERYBODY)
  expect(through(results)).toEqual([])
  expect(outcomes.held).toBeGreaterThan(results.length / 2)
})

it('gets through everywhere when all data passes', TIMES, async () => {
  const { results, outcomes } = await attack(OPEN + EVERYBODY)
  expect(outcomes.leaked).toBe(results.length)
})
