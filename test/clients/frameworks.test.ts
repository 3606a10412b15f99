// What frameworks send, as recorded in frameworks-requests.json with their ids shortened: it is answered, or refused by the name
// of what cannot be had. The frameworks themselves are not installed here.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatChunks, json, sse } from '../upstream/scripted.ts'
import { answer, type ClientBench, lastBody, startBench } from './gateway.ts'

interface Recorded {
  readonly library: string
  readonly case: string
  readonly path: string
  readonly body: string
}
const requests = JSON.parse(
  readFileSync(new URL('./frameworks-requests.json', import.meta.url), 'utf8'),
) as readonly Recorded[]
const isRefused = (one: Recorded): boolean => one.case.startsWith('refused: ')

let bench: ClientBench
beforeAll(async () => {
  bench = await startBench()
  bench.upstream.script = (response, received) => {
    const { stream, input } = JSON.parse(received.body)
    const data = [input].flat().map((_text, index) => ({ object: 'embedding', index, embedding: [0.5, -1] }))
    const embedded = json({ object: 'list', data, usage: { prompt_tokens: 1 } })
    const script = input === undefined ? (stream ? sse(...chatChunks(['hi'])) : json(answer('hi'))) : embedded
    return script(response, received)
  }
})
afterAll(() => bench.close())

const send = ({ path, body }: Recorded) => bench.gateway.call(path, body)
const sentOf = async (library: string) => {
  const one = requests.find((entry) => entry.library.startsWith(library) && !isRefused(entry)) as Recorded
  expect((await send(one)).status).toBe(200)
  return lastBody(bench.upstream)
}

test.each(requests.filter((one) => !isRefused(one)))('$library: $case', async (one) => {
  const response = await send(one)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(text).not.toContain('"error":{')
})

test.each(requests.filter(isRefused))('$library: $case', async (one) => {
  const before = bench.upstream.calls.length
  const response = await send(one)
  expect(response.status).toBe(400)
  const { error } = (await response.json()) as { error: string | { message: string } }
  expect(typeof error === 'string' ? error : error.message).toContain(one.case.slice('refused: '.length))
  expect(bench.upstream.calls).toHaveLength(before)
})

test('thoughts that stand in the text of an answer are thoughts', async () => {
  const { messages } = (await sentOf('@openai/agents')) as { messages: object[] }
  expect(messages).toContainEqual(expect.objectContaining({ role: 'assistant', reasoning_content: 'Let me see.' }))
})

test('a result that names no call has one', async () => {
  const { messages } = (await sentOf('@llamaindex/ollama')) as { messages: object[] }
  expect(messages.at(-1)).toMatchObject({ role: 'tool', tool_call_id: expect.stringMatching(/^call_/) })
})

test('a schema reaches the model server, under whatever name', async () => {
  expect(await sentOf('huggingface_hub')).toMatchObject({
    response_format: { type: 'json_schema', json_schema: { schema: { properties: { city: { type: 'string' } } } } },
  })
})
