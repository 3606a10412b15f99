// Persons, places, organisations, addresses and what stands around them, named token by token from left to right by a
// linear model. A common small word outside a name is never even looked at, and what is plain without the tokens that follow
// is not asked about them, so prose is settled at once; only a name and at most two tokens after it are held back.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { FEATURES_ALONE, FEATURES_NEXT, Features, mayBeName } from './features.ts'
import { FEATURES, type Kernel } from './kernel.ts'
import { CASE, headsField, isNoName } from './no-names.ts'
import { COLUMN, COLUMNS, FLAG, hashWord, isWord, KNOWN, SHAPE, Tokens } from './tokens.ts'
import { LABELS, shippedWeights, type Weights } from './weights.ts'

/** A name longer than this is cut: what a stream may have to hold back stays bounded. */
export const LONGEST_NAME = 160
const LONGEST_WORD_AND_GAP = 66
/** Tokens that are read before they are named. */
const MOST_TOKENS = 96

const WIDTH = LABELS.length
const PERSON = LABELS.indexOf('B-person')
/** Programs that people are called as well. */
const CALLED: ReadonlySet<number> = new Set(['claude', 'ada', 'julia', 'ruby', 'pascal', 'jasmine'].map(hashWord))
export const NAME_CLASSES: Readonly<Record<string, string>> = {
  person: 'personal/person',
  place: 'personal/place',
  organisation: 'personal/organisation',
  address: 'personal/address',
  title: 'personal/title',
  people: 'personal/people',
  age: 'personal/age',
  date: 'personal/date',
}
const KINDS = LABELS.map((label) => NAME_CLASSES[label.slice(2)] ?? '')
/** For every label, the label of its continuation, 0 where there is none. */
const CONTINUES = LABELS.map((label) => {
  const at = LABELS.indexOf(`I-${label.slice(2)}` as (typeof LABELS)[number])
  return Math.max(0, at)
})
const IS_INNER = LABELS.map((label) => label.startsWith('I-'))

/** Classes that words of `no-names.ts` are kept out of. */
const NAMED: ReadonlySet<string> = new Set([
  'personal/person',
  'personal/place',
  'personal/organisation',
  'personal/address',
  'personal/title',
])
const caseOf = (shape: number) =>
  shape === SHAPE.lower ? CASE.small : shape === SHAPE.capital || shape === SHAPE.mixed ? CASE.first : CASE.other

export interface TaggerSettings {
  /** Weights other than the shipped ones, e.g. of a fold while measuring. */
  readonly weights?: Weights
  /** Added to every label but "nothing": higher finds more and is wrong more often. In units of the weights. */
  readonly eagerness?: number
}

/** Found on the development data as the point of best F2; see docs/guard-quality.md. */
const EAGERNESS = 0

/**
 * A label whose lead is this large is given without the tokens that follow, or with the next one alone. The rule is part of
 * the model: whether more of the text happens to be there already changes nothing. In units of the weights; on the
 * development data fewer than one label in a hundred would be another one with both tokens seen.
 */
const LEAD_ALONE = 300
const LEAD_NEXT = 200

/** So many numbers and signs in a row are a table: a number among them begins no address, and is not asked about. */
const TABLE_TOKENS = 24

/** The row of all streams: it holds nothing between two steps, and one for each stream is dear. */
const ROW = new Features()

class NameStream implements DetectorStream {
  readonly #kernel: Kernel
  readonly #eagerness: number
  readonly #tokens: Tokens
  /** Text that is not yet cut into tokens, and its offset. */
  #text = ''
  #base = 0
  #next = 0
  #before = 0
  #before2 = 0
  #head = 0
  #lineTokens = 0
  #lastWord = 0
  /** Numbers and signs since the last word. */
  #wordless = 0
  /** The name being read: its first and last offset and the margins of its tokens. */
  #start = -1
  #end = -1
  #kind = 0
  #margin = 0
  #parts = 0
  #wordy = false
  #labelled = false
  #broken = false
  /** All its words are none of a name. */
  #none = false
  /** It begins like the name of a field. */
  #field = false

  constructor(weights: Weights, eagerness: number) {
    this.#kernel = weights.kernel
    this.#eagerness = eagerness
    this.#tokens = new Tokens(weights.lexicon)
  }

  get openFrom(): number {
    if (this.#start >= 0) return this.#start
    return this.#next < this.#tokens.count ? this.#tokens.data[this.#next * COLUMNS + COLUMN.start]! : this.#base
  }

  push(text: string): readonly Finding[] {
    return this.#read(text, false)
  }

  end(): readonly Finding[] {
    const found = this.#read('', true)
    this.#tokens.release()
    return found
  }

  #read(piece: string, last: boolean): readonly Finding[] {
    const text = this.#text === '' ? piece : this.#text + piece
    const tokens = this.#tokens
    const found: Finding[] = []
    // The table of tokens is small and stays so: what is named makes room for what follows.
    for (let at = 0; ; ) {
      const stop = tokens.read(text, at, this.#base, last, MOST_TOKENS)
      this.#label(last && stop === text.length, found)
      const full = tokens.count >= MOST_TOKENS
      if (this.#next > MOST_TOKENS / 2) this.#forget()
      at = stop
      if (full && stop < text.length) continue
      this.#text = text.slice(stop)
      this.#base += stop
      break
    }
    if (last) this.#close(found)
    return found
  }

  /** Labels the tokens that are there, up to the first that waits for others. */
  #label(last: boolean, found: Finding[]): void {
    const tokens = this.#tokens
    while (this.#next < tokens.count) {
      const at = this.#next * COLUMNS
      const data = tokens.data
      let label = 0
      const shape = data[at + COLUMN.shape]!
      const wordless = shape >= SHAPE.digits1 && shape !== SHAPE.alnum && shape !== SHAPE.camel ? this.#wordless + 1 : 0
      if (wordless <= TABLE_TOKENS && mayBeName(data, this.#next, this.#before)) {
        label = this.#name(this.#next, last)
        if (label < 0) break
      }
      this.#wordless = wordless
      if (label === 0) this.#close(found)
      else this.#follow(label, at, found)
      this.#trackLine(shape, data[at + COLUMN.word]!)
      this.#before2 = this.#before
      this.#before = label
      this.#next++
    }
  }

  #forget(): void {
    this.#tokens.drop(this.#next - 2)
    this.#next = 2
  }

  #trackLine(shape: number, word: number): void {
    if (shape === SHAPE.newline) {
      // `Address:` alone on its line heads the next one.
      if (this.#lineTokens > 0 || this.#head === 0) this.#head = 0
      this.#lineTokens = 0
      this.#lastWord = 0
      return
    }
    this.#lineTokens++
    if (word === 58 && shape === SHAPE.sign + 58 && this.#lastWord !== 0 && this.#lineTokens <= 5) {
      this.#head = this.#lastWord
      this.#lineTokens = 0
    } else if (isWord(shape)) this.#lastWord = word
  }

  /** `Claude Martin`: a program that somebody is called as well, right before a family name. 0 if it is not, -1 while that is not known. */
  #called(i: number, last: boolean): number {
    const { data, count } = this.#tokens
    const at = i * COLUMNS
    if (data[at + COLUMN.shape] !== SHAPE.capital || !CALLED.has(data[at + COLUMN.word]!)) return 0
    if (i + 1 >= count) return last ? 0 : -1
    const next = at + COLUMNS
    const known = data[next + COLUMN.known]!
    const apart = data[next + COLUMN.start]! - data[at + COLUMN.end]!
    return (known & KNOWN.family) !== 0 &&
      (known & (KNOWN.product | KNOWN.common)) === 0 &&
      data[next + COLUMN.shape] === SHAPE.capital &&
      apart === 1
      ? PERSON
      : 0
  }

  /** The label of token `i`, or -1 while that needs tokens that have not arrived. */
  #name(i: number, last: boolean): number {
    const { data, count } = this.#tokens
    if (!IS_INNER[this.#before] && CONTINUES[this.#before] !== PERSON + 1) {
      const called = this.#called(i, last)
      if (called !== 0) return called
    }
    const kernel = this.#kernel
    const { scores } = kernel
    for (let l = 0; l < WIDTH; l++) scores[l] = 0
    ROW.values = kernel.values
    ROW.alone(data, i, this.#before, this.#before2, this.#head)
    kernel.add(0, FEATURES_ALONE)
    // Only that something is no name is plain so early: which kind of name it is, the next token may tell.
    let label = this.#best(LEAD_ALONE)
    if (label === 0) return 0
    if (i + 1 >= count && !last) return -1
    ROW.next(data, i + 1 < count)
    kernel.add(FEATURES_ALONE, FEATURES_NEXT)
    label = this.#best(LEAD_NEXT)
    if (label < 0) {
      if (i + 2 >= count && !last) return -1
      ROW.after(data, i + 2 < count)
      kernel.add(FEATURES_NEXT, FEATURES)
      label = this.#best(0)
    }
    if (label > 0) this.#margin += scores[label]! - scores[0]!
    return label
  }

  /** The label with the highest sum if it leads the next one by `lead`, else -1. */
  #best(lead: number): number {
    const { scores } = this.#kernel
    const inner = CONTINUES[this.#before]!
    let best = 0
    let top = scores[0]! - this.#eagerness
    let second = -1_000_000
    for (let l = 1; l < WIDTH; l++) {
      if (IS_INNER[l] && l !== inner) continue
      const score = scores[l]!
      if (score > top) {
        second = top
        top = score
        best = l
      } else if (score > second) second = score
    }
    if (lead > 0 && top - second < lead) return -1
    return best
  }

  /** Begins a name with the token at `at`, or goes on with one. */
  #follow(label: number, at: number, found: Finding[]): void {
    const { data } = this.#tokens
    const start = data[at + COLUMN.start]!
    const end = data[at + COLUMN.end]!
    const shape = data[at + COLUMN.shape]!
    const word = data[at + COLUMN.word]!
    const isLabel = (data[at + COLUMN.flags]! & FLAG.label) !== 0
    const wordy = shape <= SHAPE.mixed || shape === SHAPE.camel || (shape === SHAPE.alnum && !isLabel)
    if (this.#start >= 0 && IS_INNER[label] && end - this.#start <= LONGEST_NAME) {
      this.#end = end
      this.#parts++
      // `e18, e19 now` is no place for its last word.
      const everyday = shape === SHAPE.lower && data[at + COLUMN.known] === KNOWN.common
      this.#wordy ||= wordy && !(everyday && this.#labelled)
      this.#labelled ||= isLabel
      this.#broken ||= shape === SHAPE.newline
      if (this.#none && isWord(shape) && !this.#field) this.#none = isNoName(word, caseOf(shape))
      return
    }
    const margin = this.#margin
    this.#close(found)
    this.#start = start
    this.#end = end
    this.#kind = label
    this.#wordy = wordy
    this.#labelled = isLabel
    this.#broken = false
    this.#margin = margin
    this.#parts = 1
    this.#field = shape === SHAPE.lower && headsField(word)
    this.#none = this.#field || isNoName(word, caseOf(shape))
  }

  #close(found: Finding[]): void {
    // An address without a word is a postcode at most; columns of numbers are none.
    const number = KINDS[this.#kind] === NAME_CLASSES.address && !this.#wordy
    const size = this.#end - this.#start
    // `12345-6789` is one, `2026-` and `2026-01-04` are not.
    const pieces = number && this.#parts > 1 && !(this.#parts === 3 && size >= 8)
    // `w18 w19 w20` are what somebody has counted; a postcode has more (`n1 9gu`), a district capitals.
    const kind = KINDS[this.#kind]!
    // Nor is a person who is only a letter or a number: `B. Remarks`, `3.2`.
    const unnamed = !this.#wordy && (this.#labelled || kind === NAME_CLASSES.person)
    const none = (this.#none || unnamed) && NAMED.has(kind)
    if (this.#start >= 0 && !none && !pieces && !(number && (this.#broken || size < 4))) {
      const certainty = this.#margin / this.#parts / 40
      const confidence = Math.max(30, Math.min(95, Math.round(50 + 20 * certainty)))
      found.push({ class: kind, start: this.#start, end: this.#end, confidence })
    }
    this.#start = -1
    this.#margin = 0
    this.#parts = 0
  }
}

/** The weights are read on the first use, not on import. */
export function createNameDetector(settings: TaggerSettings = {}): Detector {
  let weights = settings.weights
  return {
    name: 'names',
    classes: Object.values(NAME_CLASSES),
    longest: LONGEST_NAME + LONGEST_WORD_AND_GAP,
    open: () => {
      weights ??= shippedWeights()
      return new NameStream(weights, settings.eagerness ?? EAGERNESS)
    },
  }
}
