// Vercel's `ai` with `@ai-sdk/openai-compatible`, unchanged.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embedMany, generateText, jsonSchema, Output, streamText, type ToolSet, tool } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { breaksAfter, sse } from '../upstream/scripted.ts'
import { type ClientBench, DEMO, HALF_STREAM, SCRIPTED, startBench, TOOL_STREAM, WEATHER_SCHEMA } from './gateway.ts'

let bench: ClientBench
let provider: ReturnType<typeof createOpenAICompatible>
beforeAll(async () => {
  bench = await startBench()
  provider = createOpenAICompatible({
    name: 'sallyport',
    baseURL: `${bench.gateway.url}/v1`,
    apiKey: bench.gateway.key,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })
})
afterAll(() => bench.close())

const prompt = 'What is the weather like?'

test('text with the built-in model, whole and streamed', async () => {
  const whole = await generateText({ model: provider(DEMO), prompt, maxOutputTokens: 8, temperature: 0 })
  expect(whole.text).not.toBe('')
  const stream = streamText({ model: provider(DEMO), prompt, maxOutputTokens: 8, temperature: 0 })
  let text = ''
  for await (const piece of stream.textStream) text += piece
  expect(text).toBe(whole.text)
  expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens)
})

test('an object of a schema with the built-in model, whole and streamed', async () => {
  const schema = z.object({ count: z.number().int(), days: z.number().int().min(3).max(12), note: z.string().max(8) })
  const asked = { model: provider(DEMO), prompt, maxOutputTokens: 200, temperature: 0 }
  const { output } = await generateText({ ...asked, output: Output.object({ schema }) })
  expect(schema.parse(output)).toEqual(output)
  const stream = streamText({ ...asked, output: Output.object({ schema }) })
  await stream.consumeStream()
  expect(await stream.output).toEqual(output)
})

test('embeddings', async () => {
  const { embeddings } = await embedMany({ model: provider.embeddingModel(DEMO), values: ['a', 'b'] })
  expect(embeddings).toHaveLength(2)
})

test('reasoning and a tool call', async () => {
  bench.upstream.script = sse(...TOOL_STREAM)
  const weather = tool({
    description: 'd',
    inputSchema: jsonSchema<{ days: number }>({ ...WEATHER_SCHEMA, required: ['days'] }),
  })
  const stream = streamText({ model: provider(SCRIPTED), prompt, tools: { weather } as unknown as ToolSet })
  await stream.consumeStream()
  expect(await stream.toolCalls).toMatchObject([{ toolCallId: 'call_9', toolName: 'weather', input: { days: 3 } }])
  expect(await stream.reasoningText).toBe('The weather, then.')
})

test('refusals and broken streams reach the program', async () => {
  await expect(generateText({ model: provider('nothing'), prompt, maxRetries: 0 })).rejects.toMatchObject({
    statusCode: 404,
  })
  bench.upstream.script = breaksAfter('text/event-stream', HALF_STREAM)
  const errors: unknown[] = []
  const stream = streamText({
    model: provider(SCRIPTED),
    prompt,
    maxRetries: 0,
    onError: ({ error }) => void errors.push(error),
  })
  await stream.consumeStream()
  expect(errors).toHaveLength(1)
})
