// Rules of the permission layer as constraints of the sampler. What they forbid is never chosen: there is nothing to mask
// afterwards, and the answer goes on with the next likeliest words.
import { Fault } from '../../core/index.ts'
import { createAutomaton } from './automaton.ts'
import type { Constraint } from './constraint.ts'
import { fold, foldChar } from './fold.ts'

const LIMIT = { values: 50_000, characters: 1_000_000 } as const
/** Runs shorter than this say nothing about a longer value. */
const SHORTEST_RUN = 4
/** Values of so few letters or digits stand inside half of all words; they are forbidden as words of their own. */
const LONGEST_WORD = 2
/** Of a long value, a run of so many letters and digits is refused; more would cost memory and refuse less. */
const LONGEST_RUN = 24

/**
 * Forbidden values: no run of more than half of a value's letters and digits can be produced, forwards or backwards, whatever
 * is put between them and in whatever case; of a value of three the whole. One of up to two is a word of its own: "Al" is not
 * in "also".
 */
export function forbidValues(values: readonly string[]): Constraint {
  guardSize(values)
  /** Folded runs by their length. A set, not an automaton: a long value has as many runs as characters. */
  const runs = new Map<number, Set<string>>()
  const words: string[] = []
  const symbols: string[] = []
  for (const value of new Set(values)) {
    const folded = fold(value)
    // A value of symbols alone has nothing to fold and is compared as it is.
    if (folded.length === 0) {
      if (value.trim() !== '') symbols.push(value)
    } else if (folded.length <= LONGEST_WORD) words.push(` ${folded} `)
    else {
      const half = Math.max(SHORTEST_RUN, Math.floor(folded.length / 2) + 1)
      const length = Math.min(LONGEST_RUN, folded.length, half)
      const set = runs.get(length) ?? new Set()
      runs.set(length, set)
      for (const text of [folded, [...folded].reverse().join('')])
        for (let i = 0; i + length <= text.length; i++) set.add(text.slice(i, i + length))
    }
  }
  const lengths = [...runs]
  const widest = Math.max(0, ...runs.keys())
  const exact = createAutomaton(symbols)
  const word = createAutomaton(words)
  // The blank in the states of `word` stands for everything between words; the text begins after one.
  const start = { tail: '', exact: exact.start, word: word.step(word.start, ' ') ?? word.start, inWord: false }
  return walking(
    start,
    (state, char) => {
      const at = exact.step(state.exact, char)
      if (at === undefined) return undefined
      const letters = foldChar(char)
      if (letters === '') {
        const after = state.inWord ? word.step(state.word, ' ') : state.word
        return after === undefined ? undefined : { ...state, exact: at, word: after, inWord: false }
      }
      let { tail, word: inner }: { tail: string; word: number | undefined } = state
      for (const letter of letters) {
        tail = widest === 0 ? '' : (tail + letter).slice(-widest)
        for (const [length, set] of lengths)
          if (tail.length >= length && set.has(tail.slice(tail.length - length))) return undefined
        inner = word.step(inner, letter)
        if (inner === undefined) return undefined
      }
      return { tail, exact: at, word: inner, inWord: true }
    },
    // The end of the answer is the end of a word as well.
    (state) => !state.inWord || word.step(state.word, ' ') !== undefined,
  )
}

const wordChar = /[\p{L}\p{N}]/u

/** Banned phrases: compared without case and with any white space between words; a phrase begins at the start of a word. */
export function banPhrases(phrases: readonly string[]): Constraint {
  guardSize(phrases)
  // The blank in front stands for the start of a word: it is put before every letter that follows something else.
  const marked = phrases.map((phrase) => mark(phrase)).filter((phrase) => phrase.trim() !== '')
  const automaton = createAutomaton(marked)
  return walking({ at: automaton.start, last: ' ' }, ({ at, last }, char) => {
    let state: number | undefined = at
    let before = last
    for (const piece of markChar(before, char)) {
      state = automaton.step(state, piece)
      if (state === undefined) return undefined
    }
    before = /\s/.test(char) ? ' ' : char
    return { at: state, last: before }
  })
}

/** White space becomes nothing but the mark of the next word; other characters stay. */
function markChar(last: string, char: string): string {
  if (/\s/.test(char)) return ''
  const lower = char.toLowerCase()
  return wordChar.test(char) && !wordChar.test(last) ? ` ${lower}` : lower
}
function mark(phrase: string): string {
  let result = ''
  let last = ' '
  for (const char of phrase.trim()) {
    result += markChar(last, char)
    last = /\s/.test(char) ? ' ' : char
  }
  return result
}

const LONGEST_PLACEHOLDER = 48
/** `<EMAIL_1>`, or one word with a body of five characters as `PERSON_7QK2M`. */
const ANGLE = /<[A-Z]{2,14}_\d{1,4}>/g
const WORD = /\b([A-Z]{2,14})_[2-9A-HJKMNP-TV-Z]{5}\b/g
/** The beginning of something that looks like one, far enough to tell it from other uses. */
const OPEN_ANGLE = /<[A-Z]{2,14}_\d*>?$/
const OPEN_WORD = /(?<![A-Za-z0-9])([A-Z]{2,14})_[A-Za-z0-9]*$/

/** Placeholders, as single tokens or spelt out: only those the prompt contains. */
export function placeholdersOf(prompt: string): Constraint {
  const allowed = new Set(prompt.match(ANGLE) ?? [])
  const kinds = new Set<string>()
  for (const [text, kind] of prompt.matchAll(WORD)) {
    allowed.add(text)
    kinds.add(kind as string)
  }
  const starts = new Set([...allowed].flatMap((text) => Array.from(text, (_, i) => text.slice(0, i + 1))))
  return walking('', (tail, char) => {
    const text = (tail + char).slice(-LONGEST_PLACEHOLDER)
    const angle = OPEN_ANGLE.exec(text)
    if (angle && !starts.has(angle[0])) return undefined
    // Words of a kind that stands for somebody in this prompt; other capitals with an underscore are ordinary text.
    const word = OPEN_WORD.exec(text)
    if (word && kinds.has(word[1] as string) && !starts.has(word[0])) return undefined
    return text
  })
}

/** A constraint that goes from state to state, character by character; `undefined` refuses. */
function walking<S>(
  start: S,
  step: (state: S, char: string) => S | undefined,
  mayEnd: (state: S) => boolean = () => true,
): Constraint {
  let current = start
  const walk = (text: string): S | undefined => {
    let state: S | undefined = current
    for (const char of text) {
      state = step(state, char)
      if (state === undefined) return undefined
    }
    return state
  }
  return {
    mayEnd: () => mayEnd(current),
    finished: () => false,
    accepts: (text) => walk(text) !== undefined,
    advance(text) {
      const state = walk(text)
      if (state === undefined) throw new Error('a refused text was produced')
      current = state
    },
  }
}

function guardSize(values: readonly string[]): void {
  const characters = values.reduce((sum, value) => sum + value.length, 0)
  if (values.length > LIMIT.values || characters > LIMIT.characters)
    throw new Fault('validation_failed', { detail: 'Too many forbidden values for one answer' })
}
