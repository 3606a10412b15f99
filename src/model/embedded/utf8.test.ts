import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createByteVoice } from './utf8.ts'

const encoder = new TextEncoder()
/** A voice whose tokens are pieces of bytes. */
function speak(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const parts = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length))
  const voice = createByteVoice({ bytes: (token) => parts[token] ?? new Uint8Array(0) })
  const said = parts.map((_, token) => {
    const { text } = voice.preview(token)
    expect(voice.say(token)).toBe(text)
    return text
  })
  return [...said, voice.rest()]
}

test('text is whole characters only, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat()), (text, cuts) => {
      fc.pre(text.isWellFormed())
      const said = speak(encoder.encode(text), cuts)
      expect(said.every((part) => part.isWellFormed())).toBe(true)
      expect(said.join('')).toBe(text)
    }),
    { seed: 21 },
  )
})

test('bytes that are no character, and an unfinished one at the end, become U+FFFD', () => {
  expect(speak(Uint8Array.of(0x41, 0xe2, 0x82), [1, 2]).join('')).toBe('A\uFFFD')
  expect(speak(Uint8Array.of(0xff, 0x41), [1]).join('')).toBe('\uFFFDA')
})
