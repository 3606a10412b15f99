// Blocks that hold a private key, from `-----BEGIN` to `-----END`, and the private lines of PuTTY's files; without an end as far as the text reads like a key.

/** A key block without an end is given up (or masked, if it looks like one) after this many characters. */
export const BLOCK_LIMIT = 16_384

/** Any block that says it holds a key or a secret, but for keys and certificates that are made to be shown. */
const HEADER =
  /^-----BEGIN(?![ A-Z0-9_-]{0,80}(?:PUBLIC|CERTIFICATE))[ A-Z0-9_-]{0,80}(?:KEY(?: BLOCK| V\d)?|SECRET)-----|^Private-Lines: \d{1,3}(?=\s|\\)/i
const HEADER_SO_FAR = /^-----BEGIN[ A-Z0-9_-]{0,105}$|^Private-Lines: {0,1}\d{0,3}$/i
const BLOCK_END = /(?:KEY(?: BLOCK| V\d)?|SECRET)-----|Private-(?:MAC|Hash):/i

export interface Block {
  /** Where to read on. */
  readonly end: number
  /** How sure it is that a key ends there; 0 if there is none. */
  readonly confidence: number
  /** It was cut at the limit: what follows without a gap belongs to it. */
  readonly goesOn: boolean
}

/** The block that begins at `start`; `need` while its end has not arrived. */
export function keyBlock(text: string, start: number, last: boolean): Block | 'need' {
  const head = text.slice(start, start + 112)
  const header = HEADER.exec(head)
  if (header === null)
    return head.length < 112 && HEADER_SO_FAR.test(head) && !last
      ? 'need'
      : { end: start + 5, confidence: 0, goesOn: false }
  const from = start + header[0].length
  const limit = start + BLOCK_LIMIT
  const seen = Math.min(text.length, limit)
  const mark = BLOCK_END.exec(text.slice(from, seen))
  const body = keyBody(text, from, mark === null ? seen : from + mark.index, mark !== null || last)
  const unended = body.end - from >= 64 ? 90 : 0
  if (body.prose) return { end: body.end, confidence: unended, goesOn: false }
  if (mark !== null)
    return { end: from + mark.index + mark[0].length, confidence: mark.index >= 40 ? 99 : 0, goesOn: false }
  if (text.length < limit && !last) return 'need'
  return { end: body.end, confidence: unended, goesOn: body.end >= limit }
}

/** How far from `from` the text reads like the body of a key: long words, header fields, few plain words. */
function keyBody(text: string, from: number, end: number, complete: boolean): { end: number; prose: boolean } {
  const gap = (code: number) => code <= 32 || code === 92 || code === 34
  let plain = 0
  let reach = from
  let i = from
  while (i < end) {
    while (i < end && gap(text.charCodeAt(i))) i += text.charCodeAt(i) === 92 ? 2 : 1
    const word = i
    let letters = true
    while (i < end && !gap(text.charCodeAt(i))) {
      const code = text.charCodeAt(i) | 32
      if (code < 97 || code > 122) letters = false
      i++
    }
    if (i >= end && !complete) break
    if (i - word < 14 && i > word && letters && ++plain > 8) return { end: reach, prose: true }
    if (i - word >= 14) reach = i
  }
  return { end: Math.min(reach, end), prose: false }
}
