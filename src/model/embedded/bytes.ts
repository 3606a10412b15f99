// Byte-level BPE writes each of the 256 bytes as one printable character (the table of GPT-2): printable Latin-1 bytes
// stand for themselves, the rest are moved to U+0100 and up.

const printable = (byte: number) => (byte >= 33 && byte < 127) || (byte >= 161 && byte < 173) || byte >= 174

/** The character that stands for each byte. */
export const BYTE_CHARS: readonly string[] = (() => {
  let moved = 0
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : 256 + moved++))
})()

/** The byte each character stands for. */
export const CHAR_BYTES: ReadonlyMap<string, number> = new Map(BYTE_CHARS.map((char, byte) => [char, byte]))

/** How GPT-2 cuts text into words before merging; a word keeps the blank in front of it. */
export const WORD_PATTERN = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

const encoder = new TextEncoder()
export function toByteChars(text: string): string[] {
  return Array.from(encoder.encode(text), (byte) => BYTE_CHARS[byte] as string)
}
