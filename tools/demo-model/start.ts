// Begins a training run from the weights of a model file instead of random ones: writes vocabulary.json and a checkpoint at
// step 0 with empty momenta.
//   node tools/demo-model/start.ts MODEL.gguf OUT
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readGguf } from '../../src/model/embedded/gguf.ts'
import type { Vocabulary } from '../../src/model/embedded/tokenizer.ts'

/** The first number of a checkpoint; the same as in train.cpp. */
const MAGIC = 0x53504d31n

/** The tensors of our own files lie in the order of a checkpoint, so that nothing is sorted here. */
export function startFrom(model: Uint8Array): { vocabulary: Vocabulary; checkpoint: Buffer; weights: number } {
  const file = readGguf(model)
  const list = (name: string) => file.metadata.get(`tokenizer.ggml.${name}`)
  const vocabulary = { tokens: list('tokens'), types: list('token_type'), merges: list('merges') } as Vocabulary
  const values = [...file.tensors.keys()].map((name) => file.values(name))
  const weights = values.reduce((sum, { length }) => sum + length, 0)
  const parts = [new BigInt64Array([MAGIC, 0n, 0n, 0n]), ...values, new Float32Array(weights * 2)]
  const checkpoint = Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  )
  return { vocabulary, checkpoint, weights }
}

function main(): void {
  const [file, out] = process.argv.slice(2)
  if (!file || !out) throw new Error('usage: start.ts MODEL.gguf OUT')
  const { vocabulary, checkpoint, weights } = startFrom(readFileSync(file))
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'vocabulary.json'), JSON.stringify(vocabulary))
  writeFileSync(join(out, 'model.checkpoint'), checkpoint)
  console.log(`${weights} weights, ${vocabulary.tokens.length} tokens in the vocabulary`)
}

if (import.meta.main) main()
