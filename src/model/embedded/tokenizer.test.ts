import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readGguf } from './gguf.ts'
import { createTokenizer, TOKEN_TYPE } from './tokenizer.ts'

const file = readGguf(readFileSync(new URL('../../../models/demo-q8.gguf', import.meta.url)))
const tokenizer = createTokenizer({
  tokens: file.metadata.get('tokenizer.ggml.tokens') as string[],
  types: file.metadata.get('tokenizer.ggml.token_type') as number[],
  merges: file.metadata.get('tokenizer.ggml.merges') as string[],
})
const decode = (tokens: readonly number[]) => Buffer.concat(tokens.map((token) => tokenizer.bytes(token))).toString()

test('text comes back as it was, byte for byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(text.isWellFormed())
      expect(decode(tokenizer.encode(text))).toBe(text)
    }),
    { seed: 31, numRuns: 300 },
  )
})

test('text never makes a control token', () => {
  const unit = fc.constantFrom('<|im_end|>', '<|im_start|>', '<|endoftext|>', 'a', ' ', '<', '|')
  fc.assert(
    fc.property(fc.array(unit), (parts) => {
      const tokens = tokenizer.encode(parts.join(''))
      expect(tokens.some((token) => tokenizer.typeOf(token) === TOKEN_TYPE.control)).toBe(false)
    }),
    { seed: 32 },
  )
})

test('a placeholder is one token, in the middle of anything', () => {
  const [id] = tokenizer.encode('<EMAIL_1>')
  expect(tokenizer.encode('<EMAIL_1>')).toHaveLength(1)
  expect(tokenizer.encode('write to<EMAIL_1>.')).toContain(id)
  expect(tokenizer.encode('<EMAIL_12>')).not.toContain(id)
})

test('a very long word takes no quadratic time', () => {
  expect(decode(tokenizer.encode('x'.repeat(200_000)))).toHaveLength(200_000)
})
