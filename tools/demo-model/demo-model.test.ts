import { expect, test } from 'vitest'
import { readGguf } from '../../src/model/embedded/gguf.ts'
import { createTokenizer } from '../../src/model/embedded/tokenizer.ts'
import { trainVocabulary } from './bpe.ts'
import { createGenerator } from './generator.ts'
import { encodeGguf } from './gguf.ts'
import { startFrom } from './start.ts'

const talks = (seed: number, heldOut: boolean, count = 300) => {
  const generator = createGenerator(seed, { heldOut })
  return Array.from({ length: count }, () => generator.next())
}

test('a seed fixes the talks', () => {
  expect(talks(5, false)).toEqual(talks(5, false))
  expect(talks(5, false)).not.toEqual(talks(6, false))
})

test('talks are question and answer in turn, with an answer that meets its own expectation', () => {
  for (const { skill, turns, expect: wanted } of talks(7, false, 2000)) {
    expect(turns.length % 2, skill).toBe(0)
    const answer = turns[1] ?? ''
    if (wanted?.exact !== undefined) expect(answer).toBe(wanted.exact)
    if (wanted?.json !== undefined) expect(JSON.parse(answer)).toEqual(wanted.json)
    if (wanted?.secret !== undefined) expect(answer).not.toContain(wanted.secret)
    for (const kept of wanted?.kept ?? []) expect(answer).toContain(kept)
    if (wanted?.declined) expect(wanted.declined).toContain(answer)
    // An answer never names a placeholder that nobody gave.
    const given = [...(turns[0] ?? '').matchAll(/<[A-Z]+_\d+>/g)].map(String)
    if (skill === 'contact') for (const [found] of answer.matchAll(/<[A-Z]+_\d+>/g)) expect(given).toContain(found)
  }
})

test('held-out talks use names that training never shows', () => {
  const projects = (heldOut: boolean) =>
    new Set(
      talks(8, heldOut, 3000).flatMap(({ turns }) =>
        [...(turns[0] ?? '').matchAll(/project ([A-Z][a-z]+)\b/g)].map(([, name]) => name),
      ),
    )
  const seen = projects(false)
  const shared = [...projects(true)].filter((name) => seen.has(name))
  expect(seen.size).toBeGreaterThan(50)
  expect(shared).toEqual([])
})

test('a vocabulary encodes any text, and a written file is read back with the same values', () => {
  const texts = talks(9, false, 200).flatMap(({ turns }) => turns)
  const vocabulary = trainVocabulary(texts, 448)
  const tokenizer = createTokenizer(vocabulary)
  const text = 'Hello <NAME_1>, zwölf Äpfel: 1234 €'
  expect(Buffer.concat(tokenizer.encode(text).map((token) => tokenizer.bytes(token))).toString()).toBe(text)
  const values = (name: string, rows: number, columns: number) =>
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i + name.length) / 3)
  const file = readGguf(encodeGguf(vocabulary, values, 'Q8_0', 64))
  const back = file.values('blk.1.ffn_gate.weight')
  const wanted = values('blk.1.ffn_gate.weight', 416, 160)
  for (let i = 0; i < back.length; i += 97) expect(back[i]).toBeCloseTo(wanted[i] as number, 2)
  expect(readGguf(encodeGguf(vocabulary, values, 'F32', 64)).values('blk.0.attn_q.weight')).toEqual(
    values('blk.0.attn_q.weight', 160, 160),
  )
})

test('a run that starts from a file has its vocabulary and its weights, in the order they were written', () => {
  const vocabulary = trainVocabulary(
    talks(9, false, 100).flatMap(({ turns }) => turns),
    448,
  )
  let written = 0
  const weights: number[] = []
  const file = encodeGguf(
    vocabulary,
    (_, rows, columns) =>
      Float32Array.from({ length: rows * columns }, () => {
        const value = Math.fround(Math.sin(written++))
        weights.push(value)
        return value
      }),
    'F32',
    64,
  )
  const start = startFrom(file)
  expect(start.vocabulary).toEqual(vocabulary)
  expect(start.weights).toBe(written)
  const floats = new Float32Array(new Uint8Array(start.checkpoint).buffer, 32)
  expect(floats.length).toBe(written * 3)
  for (let i = 0; i < written; i += 1009) expect(floats[i]).toBe(weights[i])
  expect(floats.subarray(written).every((value) => value === 0)).toBe(true)
})

test('a fact that is in the notes is told, one that is not is declined, also in further questions', () => {
  for (const { skill, system, turns } of talks(10, false, 3000)) {
    if (skill !== 'notes') continue
    const given = `${system ?? ''}\n${turns[0]}`
    for (const [i, answer] of turns.entries()) {
      if (i % 2 === 0) continue
      const [, value] = / is (.*)\.$/.exec(answer) ?? []
      if (value !== 'not in the notes') expect(given, answer).toContain(value)
      else expect(given).not.toContain(answer.replace(/not in the notes\.$/, ''))
    }
  }
})
