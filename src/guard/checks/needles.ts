// Random words that only one call knows, and the search for them in what a model says: in any case, with other characters
// between theirs, and however the answer is cut.
import type { Finding, RandomBytes } from '../../core/index.ts'
import { lower } from '../detect/chars.ts'
import type { Detector, DetectorStream } from '../detector.ts'

const BASE32 = 'abcdefghijkmnpqrstuvwxyz23456789'

/** A word nobody writes by chance: five bits a character. */
export function randomWord(random: RandomBytes, length: number): string {
  let word = ''
  for (const byte of random(length)) word += BASE32[byte & 31]
  return word
}

export interface NeedleOptions {
  readonly name: string
  readonly class: string
  readonly needles: readonly string[]
  /** Characters that are looked at; up to sixteen others may stand between two of them. */
  readonly counts: (c: number) => boolean
}

/** Other characters between two of the needle's: spaced out, hyphenated, in markup, one to a line of a list in JSON. */
const WIDEST_GAP = 16
/** A partial match shorter than this holds nothing back. */
const LEAST_HELD = 1
/** No needle is longer. */
const RING = 128

interface Automaton {
  readonly needle: string
  readonly back: Int32Array
}

export function createNeedleDetector(options: NeedleOptions): Detector {
  const automata = options.needles.map((given) => {
    const needle = [...given.toLowerCase()].filter((c) => options.counts(c.charCodeAt(0))).join('')
    return { needle, back: failures(needle) }
  })
  return {
    name: options.name,
    classes: [options.class],
    longest: Math.max(...automata.map(({ needle }) => needle.length)) * (WIDEST_GAP + 1),
    open: () => open(automata, options),
  }
}

/** Knuth, Morris and Pratt's failure function. */
function failures(needle: string): Int32Array {
  const back = new Int32Array(needle.length)
  for (let i = 1, k = 0; i < needle.length; i++) {
    while (k > 0 && needle[i] !== needle[k]) k = back[k - 1] ?? 0
    if (needle[i] === needle[k]) k++
    back[i] = k
  }
  return back
}

function open(automata: readonly Automaton[], { class: dataClass, counts }: NeedleOptions): DetectorStream {
  const states = new Int32Array(automata.length)
  /** Offsets of the last characters that counted. */
  const ring = new Int32Array(RING)
  let count = 0
  let offset = 0
  let gap = 0
  const startOf = (matched: number) => ring[(count - matched + RING) % RING] ?? 0
  const stream = {
    openFrom: 0,
    push(piece: string) {
      const found: Finding[] = []
      for (let i = 0; i < piece.length; i++) {
        const c = lower(piece.charCodeAt(i))
        if (!counts(c)) {
          if (++gap > WIDEST_GAP) states.fill(0)
          continue
        }
        gap = 0
        ring[count % RING] = offset + i
        count++
        for (let k = 0; k < automata.length; k++) {
          const { needle, back } = automata[k] as Automaton
          let state = states[k] ?? 0
          while (state > 0 && needle.charCodeAt(state) !== c) state = back[state - 1] ?? 0
          if (needle.charCodeAt(state) === c) state++
          if (state === needle.length) {
            found.push({ class: dataClass, start: startOf(state), end: offset + i + 1, confidence: 100 })
            state = back[state - 1] ?? 0
          }
          states[k] = state
        }
      }
      offset += piece.length
      let from = offset
      for (const state of states) if (state >= LEAST_HELD) from = Math.min(from, startOf(state))
      stream.openFrom = Math.max(stream.openFrom, from)
      return found
    },
    end: () => [],
  }
  return stream
}
