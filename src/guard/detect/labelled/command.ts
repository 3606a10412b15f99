// Passwords on the line of a command: behind an option, or piped into `chpasswd`.
import { NEED, peek } from '../scan.ts'
import { judge } from './between.ts'
import { isBlank, type Reader } from './reader.ts'

/** The value behind a command's option: `sshpass -p value`, `unzip -P value`. */
export function flag(reader: Reader, option: string, from: number): number {
  const { text } = reader
  reader.hold = from
  if (text.length - from < 3 && !reader.ended) return NEED
  if (!text.startsWith(option, from)) return 0
  let start = from + option.length
  while (isBlank(peek(reader, start)) && start - from < 6) start++
  let quote = 0
  const first = peek(reader, start)
  if (first === NEED) return NEED
  if (first === 34 || first === 39) {
    quote = first
    start++
  }
  reader.hold = start
  return judge(reader, 'flag', from, start, quote, 'assigned', 0)
}

/** `echo "user:password" | chpasswd` */
export function echo(reader: Reader, from: number): number {
  const { text } = reader
  let i = from
  reader.hold = text.length
  let c = peek(reader, i)
  if (c === NEED) return NEED
  if (!isBlank(c)) return 0
  while ((isBlank(c) || c === 34 || c === 39) && i - from < 6) c = peek(reader, ++i)
  if (c === NEED) return NEED
  reader.hold = i
  const start = i
  let colon = -1
  while (c > 32 && c !== 34 && c !== 39 && c !== 124 && c < 0x2e80 && i - start < 96) {
    if (c === 58 && colon < 0) colon = i
    c = peek(reader, ++i)
  }
  if (colon < 0 && i > start && c !== NEED) return 0
  if (c === NEED) return NEED
  if (colon < 0 || i - colon < 4) return 0
  let end = i
  while (end - i < 4 && (c === 34 || c === 39 || isBlank(c))) c = peek(reader, ++end)
  if (c === NEED) return NEED
  if (c !== 124) return 0
  const window = text.slice(end, end + 24)
  if (window.length < 24 && !reader.ended && /^\|\s*(?:s(?:u(?:d(?:o(?:\s\S*)?)?)?)?|\/?[\w/]*)$/.test(window))
    return NEED
  if (!/^\|\s*(?:sudo\s+(?:-\S+\s+)?)?[\w/]*chpasswd/.test(window)) return 0
  reader.add('secret/password', start, i, 90)
  return i
}
