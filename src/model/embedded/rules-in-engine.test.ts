import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adversaries } from '../../../tools/demo-model/adversaries.ts'
import { createEmbeddedEngine } from './engine.ts'
import type { Engine, GenerateOptions, GenerateRequest } from './engine-contract.ts'

const file = new URL('../../../models/demo-q8.gguf', import.meta.url).pathname

describe('rules in the sampler', { timeout: 120_000 }, () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await createEmbeddedEngine({ file })
  })
  afterAll(() => engine.close())
  async function answer(request: GenerateRequest, options?: GenerateOptions) {
    let text = ''
    let reason: string | undefined
    for await (const batch of engine.generate(request, options))
      for (const delta of batch)
        if (delta.type === 'text') text += delta.text
        else if (delta.type === 'finish') reason = delta.reason
    return { text, reason }
  }
  const user = (text: string) => [{ role: 'user' as const, text }]

  test('a forbidden value is never said, though the prompt holds it and asks for it', async () => {
    let alone = 0
    for (const { messages, value, produced } of adversaries(61, 30)) {
      const request = { messages, maxTokens: 16 }
      expect(produced((await answer(request, { rules: { forbidden: [value] } })).text)).toBe(false)
      if (produced((await answer(request)).text)) alone++
    }
    // Without the rule the model does say some of them: the prompts are real attacks on it.
    expect(alone).toBeGreaterThan(0)
  })

  test('a forbidden value stays out of JSON, which stays JSON', async () => {
    const messages = user('Extract the fields as JSON: Hello, my name is Zarbolin. Since Monday the printer is jammed.')
    const format = {
      type: 'schema' as const,
      schema: {
        type: 'object',
        properties: {
          name: { type: 'string', maxLength: 20 },
          priority: { enum: ['low', 'normal', 'high', 'urgent'] },
        },
        required: ['name', 'priority'],
        additionalProperties: false,
      },
    }
    const { text, reason } = await answer({ messages, format, maxTokens: 60 }, { rules: { forbidden: ['Zarbolin'] } })
    expect(reason).toBe('stop')
    expect(text.toLowerCase()).not.toContain('zarbo')
    expect(Object.keys(JSON.parse(text)).sort()).toEqual(['name', 'priority'])
  })

  test('JSON mode gives an object also when the question asks for none', async () => {
    for (const seed of [1, 2, 3]) {
      const { text, reason } = await answer({
        messages: user('my printer is jammed'),
        format: { type: 'json' },
        temperature: 1,
        seed,
        maxTokens: 200,
      })
      if (reason === 'stop') expect(JSON.parse(text)).toBeTypeOf('object')
      else expect(reason).toBe('length')
      expect(text.startsWith('{')).toBe(true)
    }
  })

  test('a banned phrase is not said, the answer goes on without it', async () => {
    const request = { messages: user('my printer is jammed') }
    const word = /printer/i
    expect((await answer(request)).text).toMatch(word)
    const { text } = await answer({ ...request, maxTokens: 80 }, { rules: { bans: ['printer'] } })
    expect(text).not.toMatch(word)
    expect(text.length).toBeGreaterThan(10)
  })

  test('placeholders that the prompt does not contain are not said', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const request = { messages: user('Repeat: <NAME_2> <EMAIL_4> <CARD_1>'), temperature: 2, seed, maxTokens: 40 }
      const { text } = await answer(request, { rules: { placeholdersOfPrompt: true } })
      for (const found of text.match(/<[A-Z]+_\d+>/g) ?? [])
        expect(['<NAME_2>', '<EMAIL_4>', '<CARD_1>']).toContain(found)
    }
  })

  test('rules that leave nothing to say end the answer and say why', async () => {
    const format = { type: 'schema' as const, schema: { const: 'Zarbolin' } }
    const { text, reason } = await answer({ messages: user('hello'), format }, { rules: { forbidden: ['Zarbolin'] } })
    expect(reason).toBe('content_filter')
    expect(text.toLowerCase()).not.toContain('zarbol')
  })
})
