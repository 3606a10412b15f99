import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGenerator } from '../../../tools/demo-model/generator.ts'
import { encodeGguf } from '../../../tools/demo-model/gguf.ts'
import { createEmbeddedEngine } from '../embedded/engine.ts'
import type { Engine, GenerateOptions, GenerateRequest } from '../embedded/engine-contract.ts'
import { readGguf } from '../embedded/gguf.ts'
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

    test('gives the same greedy text as the embedded engine on 200 prompts', { timeout: 900_000 }, async () => {
      // In full precision on both sides: for Q8_0 files llama.cpp rounds the activations to 8 bits as well, and where two
      // words are about equally likely that alone decides.
      const folder = mkdtempSync(join(tmpdir(), 'sallyport-gguf-'))
      const full = join(folder, 'full.gguf')
      const shipped = readGguf(readFileSync(file))
      const list = (key: string) => shipped.metadata.get(`tokenizer.ggml.${key}`) as never[]
      const vocabulary = { tokens: list('tokens'), types: list('token_type'), merges: list('merges') }
      writeFileSync(
        full,
        encodeGguf(vocabulary, (name) => shipped.values(name), 'F32', engine.contextTokens),
      )
      const [ours, theirs] = await Promise.all([
        createEmbeddedEngine({ file: full }),
        createGgufEngine({ file: full, ...(packageFolder !== undefined && { packageFolder }) }),
      ])
      expect(theirs.digest).toBe(ours.digest)
      const generator = createGenerator(99, { heldOut: true })
      for (let i = 0; i < 200; i++) {
        const talk = generator.next()
        const messages = [
          ...(talk.system ? [{ role: 'system' as const, text: talk.system }] : []),
          ...user(talk.turns[0] ?? ''),
        ]
        const request = { messages, maxTokens: 40 }
        expect(await answer(theirs, request)).toEqual(await answer(ours, request))
      }
      await Promise.all([ours.close(), theirs.close()])
      rmSync(folder, { recursive: true })
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
