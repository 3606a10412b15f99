// `@langchain/openai`, unchanged.
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { breaksAfter, chatChunks, json, sse } from '../upstream/scripted.ts'
import { type ClientBench, DEMO, HALF_STREAM, SCRIPTED, startBench, TOOL_ANSWER, WEATHER_SCHEMA } from './gateway.ts'

let bench: ClientBench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const chat = (model: string) =>
  new ChatOpenAI({
    model,
    apiKey: bench.gateway.key,
    configuration: { baseURL: `${bench.gateway.url}/v1` },
    temperature: 0,
    maxTokens: 8,
    maxRetries: 0,
  })

test('a call and a stream with the built-in model', async () => {
  const whole = await chat(DEMO).invoke('Hello')
  expect(whole.content).not.toBe('')
  let text = ''
  for await (const piece of await chat(DEMO).stream('Hello')) text += String(piece.content)
  expect(text).toBe(whole.content)
})

test('a tool that is bound', async () => {
  bench.upstream.script = json(TOOL_ANSWER)
  const bound = chat(SCRIPTED).bindTools([
    { type: 'function', function: { name: 'weather', parameters: WEATHER_SCHEMA } },
  ])
  const called = await bound.invoke('Weather?')
  expect(called.tool_calls).toMatchObject([{ id: 'call_9', name: 'weather', args: { days: 3 } }])
})

test('an object of a schema with the built-in model', async () => {
  const schema = z.object({ days: z.number().int().positive(), note: z.string().max(8) })
  const model = new ChatOpenAI({
    model: DEMO,
    apiKey: bench.gateway.key,
    configuration: { baseURL: `${bench.gateway.url}/v1` },
    temperature: 0,
    maxTokens: 200,
  })
  const found = await model.withStructuredOutput(schema).invoke('What is the weather like?')
  expect(schema.parse(found)).toEqual(found)
})

test('embeddings', async () => {
  const embeddings = new OpenAIEmbeddings({
    model: DEMO,
    apiKey: bench.gateway.key,
    configuration: { baseURL: `${bench.gateway.url}/v1` },
  })
  expect(await embeddings.embedDocuments(['a', 'b'])).toHaveLength(2)
})

test('refusals and broken streams throw', async () => {
  await expect(chat('nothing').invoke('Hello')).rejects.toMatchObject({ status: 404 })
  bench.upstream.script = sse(...chatChunks(['fine']))
  expect(
    (await chat(SCRIPTED)
      .invoke('Hello')
      .catch((error: Error) => error)) instanceof Error,
  ).toBe(true)
  bench.upstream.script = breaksAfter('text/event-stream', HALF_STREAM)
  const read = async () => {
    for await (const piece of await chat(SCRIPTED).stream('Hello')) void piece
  }
  await expect(read()).rejects.toThrow(/broke off/)
})
