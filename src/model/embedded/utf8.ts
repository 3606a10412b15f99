// Tokens as bytes become text at complete UTF-8 characters only; bytes that can be no character become U+FFFD.
import type { Voice } from './decoding.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Length of the unfinished UTF-8 character at the end of `bytes`: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** What the tokens of a byte-level vocabulary say. */
export function createByteVoice(tokenizer: Pick<Tokenizer, 'bytes'>): Voice {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let pending: Uint8Array = new Uint8Array(0)
  const read = (token: number) => {
    const all = joined(pending, tokenizer.bytes(token))
    const open = unfinishedBytes(all)
    return { text: decoder.decode(all.subarray(0, all.length - open)), rest: all.slice(all.length - open) }
  }
  return {
    preview(token) {
      const { text, rest } = read(token)
      return { text, partial: rest.length > 0 }
    },
    say(token) {
      const { text, rest } = read(token)
      pending = rest
      return text
    },
    rest: () => (pending.length > 0 ? '\uFFFD' : ''),
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
