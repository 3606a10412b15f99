// The notation of secrets-table.ts made runnable. A pattern is matched at one place, reads each character once and never
// goes back, so a match costs at most the pattern's own length, whatever the text.

/** Character sets as bits of one table over ASCII; anything else belongs to none. */
const SETS: Readonly<Record<string, [bit: number, members: RegExp]>> = {
  d: [1, /[0-9]/],
  h: [2, /[0-9a-fA-F]/],
  a: [4, /[0-9a-zA-Z]/],
  u: [8, /[0-9A-Z]/],
  t: [16, /[2-7A-Z]/],
  L: [32, /[a-zA-Z]/],
  k: [64, /[\w-]/],
  K: [128, /[\w.=-]/],
  b: [256, /[\w+/-]/],
  e: [512, /[\w+/=-]/],
  z: [1024, /[!-~]/],
  q: [2048, /[\w.=~-]/],
}
const MEMBERS = new Uint16Array(128)
for (const [bit, members] of Object.values(SETS))
  for (let code = 0; code < 128; code++) if (members.test(String.fromCharCode(code))) MEMBERS[code]! |= bit

const ALNUM = SETS.a![0]

export const isAlnum = (code: number): boolean => code < 128 && (MEMBERS[code]! & ALNUM) !== 0

interface Run {
  readonly set: number
  readonly least: number
  readonly most: number
}

export interface Pattern {
  readonly name: string
  readonly parts: readonly (string | Run)[]
  /** Case matters, and a letter or digit right behind the match voids it. */
  readonly strict: boolean
  /** The finding starts where the surrounding run starts. */
  readonly whole: boolean
}

export function parsePattern(name: string, notation: string): Pattern {
  const strict = notation.startsWith('!')
  const whole = notation.startsWith('^')
  const parts: (string | Run)[] = []
  for (const [, letter, least, most, literal] of notation
    .slice(strict || whole ? 1 : 0)
    .matchAll(/<(\w)(\d+)(?:-(\d+))?>|([^<]+)/g)) {
    if (literal !== undefined) parts.push(strict ? literal : literal.toLowerCase())
    else parts.push({ set: SETS[letter!]![0], least: Number(least), most: Number(most ?? least) })
  }
  return { name, parts, strict, whole }
}

const lower = (code: number) => (code >= 65 && code <= 90 ? code + 32 : code)

function literalAt(text: string, at: number, literal: string, strict: boolean): boolean {
  for (let i = 0; i < literal.length; i++) {
    const code = text.charCodeAt(at + i)
    const wanted = literal.charCodeAt(i)
    if (code !== wanted && (strict || lower(code) !== wanted)) return false
  }
  return true
}

/** Where the match of `pattern` that begins at `at` ends, or -1. Reads nothing at or behind `end`. */
export function matchAt(pattern: Pattern, text: string, at: number, end: number): number {
  let i = at
  const { parts, strict } = pattern
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!
    if (typeof part === 'string') {
      if (i + part.length > end || !literalAt(text, i, part, strict)) return -1
      i += part.length
      continue
    }
    const last = p === parts.length - 1
    // A longer token than the provider is known to make is masked whole: its rest is no less secret.
    const limit = last && !strict ? end : Math.min(end, i + part.most)
    const from = i
    while (i < limit) {
      const code = text.charCodeAt(i)
      if (code > 127 || (MEMBERS[code]! & part.set) === 0) break
      i++
    }
    if (i - from < part.least) return -1
  }
  return strict && i < end && isAlnum(text.charCodeAt(i)) ? -1 : i
}

/** `'a32 uuid'` to patterns for a value that has no beginning of its own. */
export function parseShapes(name: string, shapes: string): Pattern[] {
  return shapes.split(' ').map((shape) => {
    const notation = shape === 'uuid' ? '<h8>-<h4>-<h4>-<h4>-<h12>' : shape.startsWith('<') ? shape : `<${shape}>`
    return parsePattern(name, `!${notation}`)
  })
}

/** Patterns by their first two characters; those that begin with a run are kept apart. */
export function indexPatterns(patterns: readonly Pattern[]) {
  const slots = new Uint16Array(128 * 128)
  const buckets: Pattern[][] = [[]]
  const loose: Pattern[] = []
  for (const pattern of patterns) {
    const head = pattern.parts[0]
    if (typeof head !== 'string' || head.length < 2) {
      loose.push(pattern)
      continue
    }
    const keys = new Set<number>()
    for (const first of [head[0]!.toLowerCase(), head[0]!.toUpperCase()])
      for (const second of [head[1]!.toLowerCase(), head[1]!.toUpperCase()])
        keys.add((first.charCodeAt(0) << 7) | second.charCodeAt(0))
    for (const key of keys) {
      if (slots[key] === 0) slots[key] = buckets.push([]) - 1
      buckets[slots[key]!]!.push(pattern)
    }
  }
  return { slots, buckets, loose }
}
