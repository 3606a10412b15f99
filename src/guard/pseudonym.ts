// What a pseudonym looks like, and the detector that finds issued ones in what a model says, also when the model changed
// their case or escaped the underscore. One ASCII word: kind, underscore, four characters, one check character
// (`PERSON_7QK2M`); or `<NAME_1>`, which the demo model copies as one token.
import type { Finding } from '../core/index.ts'
import type { Detector, DetectorStream } from './detector.ts'

export type PseudonymStyle = 'word' | 'angle'

/** Marks the span of something shaped like a pseudonym. Not in the tree of data classes: never asked about. */
export const PSEUDONYM = 'pseudonym'

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
export const BODY = 4

/** Body and check character from 32 hash bits. */
export function wordPseudonym(kind: string, bits: number): string {
  let rest = bits >>> 0
  let body = ''
  for (let i = 0; i < BODY; i++) {
    body += ALPHABET[rest % ALPHABET.length]
    rest = Math.floor(rest / ALPHABET.length)
  }
  return `${kind}_${body}${checkCharacter(kind, body)}`
}

function checkCharacter(kind: string, body: string): string {
  let sum = 0
  for (const c of kind + body) sum = (sum * 31 + c.charCodeAt(0)) % 9973
  return ALPHABET[sum % ALPHABET.length] ?? ''
}

/** The pseudonym a span of text stands for, in the spelling it was issued in; undefined if it is none by its shape. */
export function readPseudonym(span: string): string | undefined {
  const text = span.replaceAll('\\', '').toUpperCase()
  if (text.startsWith('<')) return /^<[A-Z]{2,12}_\d{1,4}>$/.test(text) ? text : undefined
  const joint = text.lastIndexOf('_')
  if (joint < 1) return undefined
  const kind = text.slice(0, joint)
  const body = text.slice(joint + 1, joint + 1 + BODY)
  return text.length === joint + 2 + BODY && text.charAt(joint + 1 + BODY) === checkCharacter(kind, body)
    ? text
    : undefined
}

const isLetter = (c: number) => (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
const isWord = (c: number) => isLetter(c) || (c >= 48 && c <= 57)
export const KIND_LIMIT = 14
/** Bracket, kind, escaped underscore, body, check, plural s. */
const LONGEST = KIND_LIMIT + 3 + BODY + 1

/** The kinds a session may issue, upper case, and every beginning of one: what letters at an end may still become. */
export interface PseudonymKinds {
  readonly whole: ReadonlySet<string>
  readonly beginnings: ReadonlySet<string>
}

export function createPseudonymKinds(kinds: readonly string[]): PseudonymKinds {
  const beginnings = new Set<string>()
  for (const kind of kinds) for (let n = 1; n <= kind.length; n++) beginnings.add(kind.slice(0, n))
  return { whole: new Set(kinds), beginnings }
}

/**
 * Finds everything that has the shape of a pseudonym; whether it was issued is for the vault to say. `mutated` is called for
 * text whose check character is wrong.
 */
export function createPseudonymDetector(kinds: PseudonymKinds, mutated?: () => void): Detector {
  return { name: 'pseudonym', classes: [PSEUDONYM], longest: LONGEST, open: () => open(kinds, mutated) }
}

function open(kinds: PseudonymKinds, mutated: (() => void) | undefined): DetectorStream {
  let text = ''
  let base = 0
  let done = 0

  const known = (from: number, to: number) =>
    to - from <= KIND_LIMIT && kinds.whole.has(text.slice(from, to).toUpperCase())

  const work = (ended: boolean): Finding[] => {
    const found: Finding[] = []
    const add = (start: number, end: number) =>
      found.push({ class: PSEUDONYM, start: base + start, end: base + end, confidence: 100 })
    let i = done
    let hold = -1
    for (;;) {
      i = text.indexOf('_', i)
      if (i < 0) {
        i = text.length
        break
      }
      // Letters right before the underscore, past a markdown escape.
      const gap = text.charCodeAt(i - 1) === 92 ? 1 : 0
      let from = i - gap
      while (from > 0 && i - gap - from <= KIND_LIMIT && isLetter(text.charCodeAt(from - 1))) from--
      if (from === i - gap || !known(from, i - gap)) {
        i++
        continue
      }
      const angle = text.charCodeAt(from - 1) === 60
      const need = i + 1 + Math.max(angle ? 5 : 0, BODY + 3)
      if (!ended && text.length < need) {
        hold = angle ? from - 1 : from
        break
      }
      let end = i + 1
      if (angle) while (end < i + 5 && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
      if (angle && end > i + 1 && text.charCodeAt(end) === 62) add(from - 1, ++end)
      else {
        // `Jane <EMAIL_7QK2M>`: brackets of the text around it.
        while (end < i + 2 + BODY && isWord(text.charCodeAt(end))) end++
        // A plural s may follow, anything else of a word may not.
        const after = text.charCodeAt(end)
        const plural = after === 115 && !isWord(text.charCodeAt(end + 1))
        if (end === i + 2 + BODY && (!isWord(after) || plural)) {
          if (readPseudonym(text.slice(from, end)) !== undefined) add(from, end)
          else if (text.slice(from, i - gap) === text.slice(from, i - gap).toUpperCase()) mutated?.()
        }
      }
      i = Math.max(end, i + 1)
    }
    done = i
    // The letters at the end may be the kind of a pseudonym whose rest is still to come.
    let tail = hold >= 0 ? hold : text.length
    if (hold < 0 && !ended) {
      if (text.charCodeAt(tail - 1) === 92) tail--
      const stop = tail
      while (tail > 0 && stop - tail <= KIND_LIMIT && isLetter(text.charCodeAt(tail - 1))) tail--
      if (stop - tail > KIND_LIMIT || !kinds.beginnings.has(text.slice(tail, stop).toUpperCase())) tail = text.length
      else if (text.charCodeAt(tail - 1) === 60) tail--
      if (text.charCodeAt(text.length - 1) === 60) tail = text.length - 1
    }
    stream.openFrom = Math.max(stream.openFrom, base + (ended ? text.length : tail))
    return found
  }

  const stream = {
    openFrom: 0,
    push(piece: string) {
      const spare = Math.min(done, text.length) - 2 * LONGEST
      if (spare > 256) {
        text = text.slice(spare)
        base += spare
        done -= spare
      }
      text += piece
      return work(false)
    },
    end: () => work(true),
  }
  return stream
}
