// What the Python libraries send, byte for byte as recorded in python-requests.json: it is answered, or refused by the name of
// what cannot be had. The libraries themselves are not installed here.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { json, type Script, sse } from '../upstream/scripted.ts'
import { answer, type ClientBench, logprobsOf, SCRIPTED, startBench } from './gateway.ts'

interface Recorded {
  readonly library: string
  readonly case: string
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}
const { libraries, requests } = JSON.parse(
  readFileSync(new URL('./python-requests.json', import.meta.url), 'utf8'),
) as { libraries: Record<string, Record<string, string>>; requests: Recorded[] }

let bench: ClientBench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'upstream-name' }
const frame = (delta: object, finish_reason: string | null) => ({
  ...chunk,
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
})
const answers: Script = (response, received) => {
  const { stream, input, n = 1, logprobs = false } = JSON.parse(received.body)
  if (received.path === '/v1/embeddings') {
    const data = [input].flat().map((_text, index) => ({ object: 'embedding', index, embedding: [0.5, -1] }))
    return json({ object: 'list', data, usage })(response, received)
  }
  if (received.path === '/v1/completions')
    return json({ ...chunk, choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }], usage })(response, received)
  if (stream)
    return sse(
      frame({ content: 'hi' }, null),
      frame({}, 'stop'),
      { ...chunk, choices: [], usage },
      '[DONE]',
    )(response, received)
  const { choices, ...rest } = answer('hi')
  const told = logprobs ? { logprobs: logprobsOf('hi') } : {}
  return json({ ...rest, choices: Array.from({ length: n }, (_one, index) => ({ ...choices[0], ...told, index })) })(
    response,
    received,
  )
}
beforeEach(() => {
  bench.upstream.script = answers
})

const send = ({ library, method, path, headers, body }: Recorded) =>
  fetch(`${bench.gateway.url}${path}`, {
    method,
    headers: { ...libraries[library], ...headers, authorization: `Bearer ${bench.gateway.key}` },
    ...(body === undefined ? {} : { body }),
  })

/** The one sentence of a refusal, as each format has it. */
async function sentence(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: string | { message: string } }
  return typeof error === 'string' ? error : error.message
}

const of = (kind: string): Recorded[] => requests.filter((one) => one.case.startsWith(kind))
const KINDS = ['refused: ', 'no route: ', 'wrong address: ']
const plain = requests.filter((one) => !KINDS.some((kind) => one.case.startsWith(kind)))

test.each(plain)('$library: $case', async (one) => {
  const response = await send(one)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(text).not.toContain('"error":{')
})

test.each(of('refused: '))('$library: $case', async (one) => {
  const before = bench.upstream.calls.length
  const response = await send(one)
  const said = await sentence(response)
  expect(response.status, said).toBe(400)
  const [field = '', kind] = one.case.slice('refused: '.length).split(' ')
  expect(said).toContain(kind === undefined || kind === 'as' ? field : `${field} cannot be "${kind}"`)
  expect(bench.upstream.calls).toHaveLength(before)
})

test('LangChain, which sends tokens instead of text, is told how not to', async () => {
  const [one] = requests.filter(({ case: name }) => name === 'refused: input as tokens')
  expect(await sentence(await send(one as Recorded))).toContain('check_embedding_ctx_length=False')
})

test.each(of('no route: '))('$library: $case', async (one) => {
  const response = await send(one)
  expect(response.status).toBe(404)
  expect(await sentence(response)).toMatch(/^Not found\. Served here are chat completions, /)
})

test.each(of('wrong address: '))('$library: $case', async (one) => {
  const response = await send(one)
  expect(response.status).toBe(404)
  const right = /(\/v1\/messages|\/api\/chat|\/chat\/completions)$/.exec(one.path)?.[1]?.replace(/^\/chat/, '/v1/chat')
  expect(await sentence(response)).toBe(`Not found. Did you mean POST ${right}?`)
})

test('vectors come as base64 when they are asked for so, which is what openai does by itself', async () => {
  const [one] = requests.filter(({ case: name }) => name === 'embedding')
  const { data } = (await (await send(one as Recorded)).json()) as { data: { embedding: string }[] }
  const bytes = Buffer.from(data[0]?.embedding ?? '', 'base64')
  expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, -1])
})

test('a tool called with half its arguments is an error in every way of asking', async () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'City', arguments: '{"name":' } }
  const tools = [{ name: 'City', input_schema: { type: 'object' } }]
  bench.upstream.script = (response, received) =>
    JSON.parse(received.body).stream
      ? sse(
          frame(
            {
              tool_calls: [
                { index: 0, ...call },
                { index: 1, ...call, id: 'call_2' },
              ],
            },
            null,
          ),
          frame({}, 'tool_calls'),
          '[DONE]',
        )(response, received)
      : json({
          ...answer(''),
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: null, tool_calls: [call] },
              finish_reason: 'tool_calls',
            },
          ],
        })(response, received)
  for (const stream of [false, true]) {
    const ask = { model: SCRIPTED, max_tokens: 9, messages: [{ role: 'user', content: 'x' }], tools, stream }
    const text = await (await bench.gateway.call('/v1/messages', ask)).text()
    expect(text).toContain('The model called a tool with arguments that are not a JSON object.')
    expect(text).not.toContain('message_stop')
  }
})

test('what the guard put in place of something in a whole answer is counted in its headers', async () => {
  const [one] = requests.filter(({ case: name }) => name === 'chat')
  const ask = async (said: string, body = (one as Recorded).body ?? '') => {
    bench.upstream.script = (response, received) => json(answer(said))(response, received)
    const response = await send({ ...(one as Recorded), body })
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
    return [choices[0]?.message.content, response.headers.get('x-sallyport-masked')]
  }
  expect(await ask('nothing private')).toEqual(['nothing private', null])
  expect(await ask('{"name":"x","age":36}')).toEqual(['{"name":"x","age":36}', null])
  expect(await ask('write to zoe@example.com')).toEqual([expect.stringMatching(/^write to EMAIL_\w+$/), '1'])

  // What is turned back for whom it came from was put in place of something once, on the way in.
  bench.upstream.script = (response, received) =>
    json(answer(JSON.parse(received.body).messages[0].content))(response, received)
  const messages = [{ role: 'user', content: 'Write to zoe@example.com' }]
  const response = await bench.gateway.call('/v1/chat/completions', { model: SCRIPTED, messages })
  expect(await response.text()).toContain('Write to zoe@example.com')
  expect(response.headers.get('x-sallyport-masked')).toBe('1')
})
