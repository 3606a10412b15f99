import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGenerator } from '../../../tools/demo-model/generator.ts'
import { createEmbeddedEngine } from '../embedded/engine.ts'
import type { Engine, GenerateOptions, GenerateRequest } from '../embedded/engine-contract.ts'
import { createGgufEngine } from './engine.ts'
import { importLlamaCpp } from './llama-cpp.ts'

const file = fileURLToPath(new URL('../../../models/demo-q8.gguf', import.meta.url))
/** Folder in which `npm install node-llama-cpp` was run, for the tests that need the optional package. */
const packageFolder = process.env.SALLYPORT_TEST_LLAMA_CPP
const installed = await importLlamaCpp(packageFolder).then(
  () => true,
  () => false,
)

async function answer(engine: Engine, request: GenerateRequest, options?: GenerateOptions) {
  let text = ''
  let inputTokens = 0
  for await (const batch of engine.generate(request, options))
    for (const delta of batch)
      if (delta.type === 'text') text += delta.text
      else if (delta.type === 'usage') inputTokens = delta.usage.inputTokens
  return { text, inputTokens }
}
const user = (text: string) => [{ role: 'user' as const, text }]

test('without the optional package the error says how to get it', async () => {
  await expect(importLlamaCpp('/nowhere')).rejects.toMatchObject({
    code: 'upstream_unavailable',
    detail: expect.stringContaining('sallyport model engine install'),
  })
})

describe.skipIf(!installed)(
  'llama.cpp in a child process (needs node-llama-cpp; set SALLYPORT_TEST_LLAMA_CPP to its folder)',
  () => {
    let engine: Engine
    const pids: number[] = []
    beforeAll(async () => {
      engine = await createGgufEngine({
        file,
        started: (pid) => pids.push(pid),
        ...(packageFolder !== undefined && { packageFolder }),
      })
    }, 60_000)
    afterAll(() => engine.close())

    test('gives the same greedy text as the embedded engine on 200 prompts', { timeout: 600_000 }, async () => {
      const embedded = await createEmbeddedEngine({ file })
      const generator = createGenerator(99, { heldOut: true })
      let different = 0
      for (let i = 0; i < 200; i++) {
        const talk = generator.next()
        const messages = [
          ...(talk.system ? [{ role: 'system' as const, text: talk.system }] : []),
          ...user(talk.turns[0] ?? ''),
        ]
        const [a, b] = [
          await answer(engine, { messages, maxTokens: 60 }),
          await answer(embedded, { messages, maxTokens: 60 }),
        ]
        expect(a.inputTokens).toBe(b.inputTokens)
        if (a.text !== b.text) {
          different++
          console.log({ messages, llamaCpp: a.text, embedded: b.text })
        }
      }
      await embedded.close()
      expect(engine.digest).toBe(embedded.digest)
      expect(different).toBe(0)
    })

    test('keeps the same rules', async () => {
      const messages = user('Repeat: Zarbolin <NAME_1>')
      expect(
        (await answer(engine, { messages, maxTokens: 20 }, { rules: { forbidden: ['Zarbolin'] } })).text.toLowerCase(),
      ).not.toContain('zarbol')
      const format = { type: 'json' as const }
      const { text } = await answer(engine, {
        messages: user('As JSON: my name is Zora. The printer is jammed since Monday.'),
        format,
        maxTokens: 80,
      })
      expect(text.startsWith('{')).toBe(true)
    })

    test('after kill -9 the calls in flight end with an error and the next call works', async () => {
      const calls = [1, 2].map(() =>
        answer(engine, { messages: user('my printer is jammed'), temperature: 2, maxTokens: 400 }),
      )
      const ended = Promise.allSettled(calls)
      await new Promise((resolve) => setTimeout(resolve, 50))
      execFileSync('kill', ['-9', String(pids[pids.length - 1])])
      for (const end of await ended)
        expect(end).toMatchObject({ status: 'rejected', reason: { code: 'upstream_unavailable' } })
      expect((await answer(engine, { messages: user('hello'), maxTokens: 20 })).text).not.toBe('')
      expect(pids.length).toBe(2)
    })

    test('a damaged file is refused, and the process with it', async () => {
      const bad = createGgufEngine({
        file: fileURLToPath(import.meta.url),
        ...(packageFolder !== undefined && { packageFolder }),
      })
      await expect(bad).rejects.toMatchObject({ code: 'upstream_invalid' })
    })
  },
)
