// Prefixed, time-ordered ids: `<prefix>_` + 26 Crockford base32 characters, 48 bits of milliseconds and 80 random bits
// (the ULID layout), so that ids sort by birth as text, in SQLite and PostgreSQL alike.
import type { Clock, RandomBytes } from './clock.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** What an id may name. The prefix is part of the id and never changes. */
export const ID_PREFIXES = {
  call: 'call',
  decision: 'dec',
  event: 'evt',
  session: 'ses',
  request: 'req',
  grant: 'grt',
  approval: 'apr',
  lock: 'lck',
  lease: 'lse',
  receipt: 'rcp',
  assignment: 'asg',
  response: 'resp',
  node: 'nod',
  webhook: 'whk',
  sweep: 'swp',
  campaign: 'cmp',
  alert: 'alr',
  boot: 'boot',
} as const
export type IdKind = keyof typeof ID_PREFIXES

export type NewId = (kind: IdKind) => string

/** Ids of one process grow strictly: within a millisecond the random part is counted up. */
export function createIds(clock: Pick<Clock, 'now'>, random: RandomBytes): NewId {
  let lastTime = -1
  let tail = new Uint8Array(10)
  // Random bytes are drawn from the system in blocks: one draw per id costs more than the id itself.
  let pool = new Uint8Array(0)
  let used = 0
  const draw = (size: number) => {
    if (used + size > pool.length) {
      pool = new Uint8Array(random(1280))
      used = 0
    }
    used += size
    return pool.slice(used - size, used)
  }
  return (kind) => {
    const now = clock.now()
    if (now > lastTime) {
      lastTime = now
      tail = draw(10)
      tail[0] = (tail[0] ?? 0) & 0x7f // room to count up without overflow
    } else {
      for (let i = 9; i >= 0; i--) {
        const next = ((tail[i] ?? 0) + 1) & 0xff
        tail[i] = next
        if (next !== 0) break
      }
    }
    return `${ID_PREFIXES[kind]}_${encodeTime(lastTime)}${encodeTail(tail)}`
  }
}

/** When an id was made, in milliseconds since 1970; undefined if it is not one of ours. */
export function birthOf(id: string): number | undefined {
  const start = id.length - 26
  if (start < 1 || id[start - 1] !== '_') return undefined
  let time = 0
  for (let i = start; i < start + 10; i++) {
    const digit = ALPHABET.indexOf(id[i] as string)
    if (digit < 0) return undefined
    time = time * 32 + digit
  }
  return time
}

let cachedTime = -1
let cachedText = ''
function encodeTime(time: number): string {
  if (time === cachedTime) return cachedText
  let text = ''
  let rest = time
  for (let i = 0; i < 10; i++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  cachedTime = time
  cachedText = text
  return text
}

/** Two characters for each value of ten bits: eight look-ups write the 80 bits. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => `${ALPHABET[bits >> 5]}${ALPHABET[bits & 31]}`)

function encodeTail(bytes: Uint8Array): string {
  let text = ''
  for (let half = 0; half < 10; half += 5) {
    const a = bytes[half] as number
    const b = bytes[half + 1] as number
    const c = bytes[half + 2] as number
    const d = bytes[half + 3] as number
    const e = bytes[half + 4] as number
    text +=
      (PAIRS[(a << 2) | (b >> 6)] as string) +
      PAIRS[((b & 63) << 4) | (c >> 4)] +
      PAIRS[((c & 15) << 6) | (d >> 2)] +
      PAIRS[((d & 3) << 8) | e]
  }
  return text
}
