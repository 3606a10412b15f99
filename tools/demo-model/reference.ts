// Answers the prompts of reference.json with the model as it is now: `node tools/demo-model/reference.ts [seed]`. With a seed the
// prompts are drawn anew. To be run after a new model; that llama.cpp says the same is a test of its own (src/model/gguf).
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createEmbeddedEngine, type Turn } from '../../src/model/embedded/index.ts'
import reference from '../../src/model/embedded/reference.json' with { type: 'json' }
import { createGenerator } from './generator.ts'

const FILE = fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url))
const OUT = fileURLToPath(new URL('../../src/model/embedded/reference.json', import.meta.url))
const PROMPTS = 60

const seed = process.argv[2]
const drawn = (from: number): Turn[][] => {
  const generator = createGenerator(from, { heldOut: true })
  return Array.from({ length: PROMPTS }, () => {
    const { system, turns } = generator.next()
    const asked = { role: 'user' as const, text: turns[0] ?? '' }
    return system === undefined ? [asked] : [{ role: 'system' as const, text: system }, asked]
  })
}
const prompts = seed === undefined ? reference.answers.map(({ messages }) => messages as Turn[]) : drawn(Number(seed))

const engine = await createEmbeddedEngine({ file: FILE })
const answers = []
for (const messages of prompts) {
  let answer = ''
  let usage = { inputTokens: 0, outputTokens: 0 }
  for await (const batch of engine.generate({ messages, maxTokens: reference.maxTokens }))
    for (const delta of batch) {
      if (delta.type === 'text') answer += delta.text
      if (delta.type === 'usage') usage = delta.usage
    }
  answers.push({ messages, answer, promptTokens: usage.inputTokens, answerTokens: usage.outputTokens })
}
const { digest } = engine
await engine.close()
writeFileSync(OUT, `${JSON.stringify({ digest, maxTokens: reference.maxTokens, answers }, null, 2)}\n`)
process.stdout.write(`${answers.length} answers of ${digest}\n`)
