// Writes what the trainer reads: vocabulary.json, train.bin and held.bin.
//   node tools/demo-model/corpus.ts OUT [--tokens MILLIONS] [--seed N] [--vocabulary FILE] [--early SHARE] [--prompt PERCENT]
// The first part of the corpus (--early, a fifth unless told) is mixed with random copying and key-value recall, which makes the circuits that copy
// names and placeholders form early. One file, read once, in order: the curriculum is its order.
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createTokenizer, type Tokenizer, type Vocabulary } from '../../src/model/embedded/tokenizer.ts'
import { CONTROL, trainVocabulary } from './bpe.ts'
import { createGenerator, type Generator } from './generator.ts'
import type { Talk } from './talk.ts'
import { createDice, type Dice, PLACEHOLDERS } from './words.ts'

export const CONTEXT = 1024
const VOCABULARY = 1536
const START = 1
const END = 2
const FIRST_BYTE = CONTROL.length + PLACEHOLDERS.length
const FIRST_MERGED = FIRST_BYTE + 256

/** Loss weights in percent: answers count fully, prompts a little (--prompt), the frame not at all. */
const WEIGHT = { answer: 100, settled: 30, frame: 0 } as const
/** Skills whose answers are one of several wordings by chance; only their placeholders count fully. */
const SETTLED = new Set(['small', 'question', 'contact', 'draft', 'outside', 'unclear', 'attack'])
const isPlaceholder = (id: number) => id >= CONTROL.length && id < FIRST_BYTE

interface Encoded {
  tokens: number[]
  weights: number[]
}

function encode(tokenizer: Tokenizer, talk: Talk, prompt: number): Encoded {
  const tokens: number[] = []
  const weights: number[] = []
  const settled = SETTLED.has(talk.skill)
  const put = (ids: readonly number[], weight: number) => {
    for (const id of ids) {
      tokens.push(id)
      weights.push(weight)
    }
  }
  const turn = (role: string, text: string) => {
    put([START, ...tokenizer.encode(`${role}\n`)], WEIGHT.frame)
    if (role !== 'assistant') put([...tokenizer.encode(text), END], prompt)
    else
      for (const id of [...tokenizer.encode(text), END])
        put([id], settled && !isPlaceholder(id) ? WEIGHT.settled : WEIGHT.answer)
    put(tokenizer.encode('\n'), WEIGHT.frame)
  }
  if (talk.system) turn('system', talk.system)
  for (const [i, text] of talk.turns.entries()) turn(i % 2 === 0 ? 'user' : 'assistant', text)
  return { tokens, weights }
}

/** Some talks are followed by others in the same conversation, so that later positions are learnt too. */
function conversation(tokenizer: Tokenizer, generator: Generator, prompt: number): Encoded {
  const result = encode(tokenizer, generator.next(), prompt)
  if (generator.words.chance(0.12))
    for (let more = 1 + generator.words.below(5); more > 0; more--) {
      const talk = generator.next()
      // A system message in the middle would be a second operator; rules that need one are left out.
      if (talk.system !== undefined) continue
      const next = encode(tokenizer, talk, prompt)
      if (result.tokens.length + next.tokens.length > CONTEXT) break
      result.tokens.push(...next.tokens)
      result.weights.push(...next.weights)
    }
  return result
}

function copying(dice: Dice): Encoded {
  const any = () =>
    dice.chance(0.4)
      ? CONTROL.length + dice.below(PLACEHOLDERS.length)
      : dice.chance(0.3)
        ? FIRST_BYTE + dice.below(256)
        : FIRST_MERGED + dice.below(VOCABULARY - FIRST_MERGED)
  const tokens: number[] = []
  const weights: number[] = []
  if (dice.chance(0.5)) {
    const row = Array.from({ length: 3 + dice.below(30) }, any)
    for (let round = 2 + dice.below(2), i = 0; i < round; i++)
      for (const token of row) {
        tokens.push(token)
        weights.push(i > 0 ? WEIGHT.answer : WEIGHT.frame)
      }
  } else {
    const keys = Array.from({ length: 2 + dice.below(10) }, any)
    const values = keys.map(any)
    for (const [i, key] of keys.entries()) {
      tokens.push(key, values[i]!)
      weights.push(WEIGHT.frame, WEIGHT.frame)
    }
    for (let i = 0; i < keys.length; i++) {
      const asked = dice.below(keys.length)
      const key = keys[asked]!
      tokens.push(key, values[asked]!)
      weights.push(WEIGHT.frame, keys.indexOf(key) === keys.lastIndexOf(key) ? WEIGHT.answer : WEIGHT.frame)
    }
  }
  return { tokens, weights }
}

function bytesOf({ tokens, weights }: Encoded): Uint8Array {
  const bytes = new Uint8Array(4 + tokens.length * 3)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, tokens.length, true)
  for (const [i, token] of tokens.entries()) view.setUint16(4 + i * 2, token, true)
  bytes.set(weights, 4 + tokens.length * 2)
  return bytes
}

function newVocabulary(seed: number): Vocabulary {
  const sample = createGenerator(seed, { heldOut: false })
  const texts = Array.from({ length: 20_000 }, () => sample.next()).flatMap((talk) => [
    'system\n',
    talk.system ?? '',
    ...talk.turns.flatMap((text, i) => [i % 2 === 0 ? 'user\n' : 'assistant\n', text]),
  ])
  return trainVocabulary(texts, VOCABULARY)
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tokens: { type: 'string', default: '38' },
      seed: { type: 'string', default: '2026' },
      vocabulary: { type: 'string' },
      early: { type: 'string', default: '0.2' },
      prompt: { type: 'string', default: '10' },
    },
  })
  const out = positionals[0]
  if (!out) throw new Error('usage: corpus.ts OUT [--tokens MILLIONS] [--seed N]')
  const wanted = Number(values.tokens) * 1e6
  const seed = Number(values.seed)
  const prompt = Number(values.prompt)
  mkdirSync(out, { recursive: true })

  const vocabulary = values.vocabulary
    ? (JSON.parse(readFileSync(values.vocabulary, 'utf8')) as Vocabulary)
    : newVocabulary(seed + 1)
  writeFileSync(join(out, 'vocabulary.json'), JSON.stringify(vocabulary))
  const tokenizer = createTokenizer(vocabulary)

  const dice = createDice(seed + 2)
  const generator = createGenerator(seed, { heldOut: false })
  const file = openSync(join(out, 'train.bin'), 'w')
  let written = 0
  let skipped = 0
  while (written < wanted) {
    const early = written < wanted * Number(values.early)
    const next = early && dice.chance(0.4) ? copying(dice) : conversation(tokenizer, generator, prompt)
    if (next.tokens.length > CONTEXT) {
      skipped++
      continue
    }
    writeSync(file, bytesOf(next))
    written += next.tokens.length
  }
  closeSync(file)
  const held = createGenerator(seed + 3, { heldOut: true })
  const parts = Array.from({ length: 600 }, () => bytesOf(conversation(tokenizer, held, prompt)))
  writeFileSync(join(out, 'held.bin'), Buffer.concat(parts))
  console.log(
    `${vocabulary.tokens.length} tokens in the vocabulary, ${(written / 1e6).toFixed(1)} M in the corpus, ${skipped} talks too long`,
  )
}

if (import.meta.main) main()
