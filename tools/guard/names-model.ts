// Training of the names tagger: an averaged perceptron that reads its own earlier answers while it learns, so that it
// meets in training the mistakes it will meet in use. Everything random is drawn from one seed.
import { Features, mayBeName } from '../../src/guard/names/features.ts'
import { FEATURES, slotOf } from '../../src/guard/names/kernel.ts'
import { COLUMN, COLUMNS, FLAG, hashWord, isWord, KNOWN, SHAPE, Tokens } from '../../src/guard/names/tokens.ts'
import { LABELS, Lexicon } from '../../src/guard/names/weights.ts'
import { createRandom, type Random } from '../../test/generators/random.ts'
import { createGrammar, type Seen, type Sentence, vary } from './grammar.ts'
import {
  ALSO_NAMES,
  PRODUCTS,
  TECHNICAL,
  TECHNICAL_FREE,
  TECHNICAL_NAMED,
  TECHNICAL_NAMED_FREE,
  VOCABULARY,
} from './technical.ts'
import { PLAIN, TEMPLATES } from './templates.ts'
import {
  COMMON_ENGLISH,
  COMMON_LATIN,
  COMMON_WORDS,
  COUNTRIES,
  CULTURES,
  FIRM_FORMS,
  FIRM_TAILS,
  FIRMS,
  JOBS,
  PEOPLES,
  PLACES,
  STREET_ROOTS,
  STREET_TAILS,
  TITLES,
} from './words.ts'

const WIDTH = LABELS.length
const INNER = LABELS.map((label) => label.startsWith('I-'))
const CONTINUES = LABELS.map((label) => Math.max(0, LABELS.indexOf(`I-${label.slice(2)}` as (typeof LABELS)[number])))

export function buildLexicon(everyday: readonly string[], corpora: readonly Sentence[]): Map<number, number> {
  const known = new Map<number, number>()
  const add = (words: readonly string[], bit: number) => {
    for (const entry of words)
      for (const word of entry.split(/[\s\-./&]+/)) {
        if (word.length < 2 && bit !== KNOWN.common) continue
        const hash = hashWord(word.replace(/[^\p{L}\p{M}'_]/gu, ''))
        known.set(hash, (known.get(hash) ?? 0) | bit)
      }
  }
  for (const [given, family] of Object.values(CULTURES)) {
    add(given, KNOWN.given)
    add(family, KNOWN.family)
  }
  add(PLACES, KNOWN.place)
  add(COUNTRIES, KNOWN.country)
  add(PEOPLES, KNOWN.people)
  add([...FIRMS, ...FIRM_TAILS, ...FIRM_FORMS], KNOWN.firm)
  add(
    [
      ...STREET_TAILS,
      ...STREET_ROOTS,
      'Apt',
      'Suite',
      'Unit',
      'Box',
      'rue',
      'via',
      'calle',
      'straße',
      'strasse',
      'ul',
      'utca',
      'avenida',
      'rua',
      'plaza',
      'piazza',
    ],
    KNOWN.street,
  )
  add([...TITLES, ...JOBS], KNOWN.title)
  add(
    [
      'January',
      'February',
      'March',
      'April',
      'May',
      'June',
      'July',
      'August',
      'September',
      'October',
      'November',
      'December',
      'Monday',
      'Tuesday',
      'Wednesday',
      'Thursday',
      'Friday',
      'Saturday',
      'Sunday',
    ],
    KNOWN.calendar,
  )
  add(
    [
      'de',
      'van',
      'von',
      'der',
      'den',
      'da',
      'di',
      'del',
      'la',
      'le',
      'al',
      'el',
      'bin',
      'ibn',
      'dos',
      'du',
      'af',
      'ter',
      'zu',
      'St',
      'of',
      'and',
      'for',
      'the',
      'in',
      'et',
      'und',
      'e',
      'o',
      'by',
      'Mc',
      'y',
    ],
    KNOWN.particle,
  )
  const counts = new Map<string, number>()
  const count = (text: string) => {
    for (const [word] of text.matchAll(/(?<![\p{L}\p{M}_\d])[\p{Ll}][\p{Ll}\p{M}_]*(?![\p{L}\d])/gu))
      counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  for (const text of everyday) count(text)
  for (const sentence of corpora) {
    let rest = sentence.text
    for (const span of sentence.spans)
      rest = rest.slice(0, span.start) + ' '.repeat(span.end - span.start) + rest.slice(span.end)
    count(rest)
  }
  for (const template of [...TEMPLATES, ...PLAIN]) count(template.replace(/\{\w+\}/g, ' '))
  const isName = KNOWN.given | KNOWN.family
  for (const [word, times] of counts) {
    const hash = hashWord(word)
    // A name in small letters is common only when it is a word far more often.
    if (times >= (((known.get(hash) ?? 0) & isName) !== 0 ? 12 : 3)) add([word], KNOWN.common)
  }
  add([...COMMON_ENGLISH, ...COMMON_LATIN], KNOWN.common)
  for (const words of Object.values(VOCABULARY)) {
    add(
      words.filter((word) => !ALSO_NAMES.has(word)),
      KNOWN.common,
    )
    add(
      words.filter((word) => ALSO_NAMES.has(word)),
      KNOWN.word,
    )
  }
  add(PRODUCTS, KNOWN.product)
  // A word that is also a name stays one.
  add(
    COMMON_WORDS.filter((word) => ((known.get(hashWord(word)) ?? 0) & (isName | KNOWN.place)) === 0),
    KNOWN.common,
  )
  return known
}

/** Names, places and firms that the corpora mention, for filling templates. */
export function seenIn(corpora: readonly Sentence[]): Seen {
  const given = new Set<string>()
  const family = new Set<string>()
  const places = new Set<string>()
  const firms = new Set<string>()
  for (const { text, spans } of corpora)
    for (const span of spans) {
      const value = text.slice(span.start, span.end)
      if (!/^\p{Lu}[\p{L}' .-]+$/u.test(value)) continue
      const words = value.split(' ')
      if (span.type === 'person' && words.length === 2) {
        given.add(words[0]!)
        family.add(words[1]!)
      } else if (span.type === 'place' && words.length < 4) places.add(value)
      else if (span.type === 'organisation' && words.length < 5) firms.add(value)
    }
  return { given: [...given], family: [...family], places: [...places], firms: [...firms] }
}

interface Example {
  readonly data: Int32Array
  readonly count: number
  readonly gold: Uint8Array
  readonly heads: Int32Array
  /** Everyday words are met as unknown ones too: no list has all. */
  readonly technical: boolean
}

export function prepare(sentence: Sentence, lexicon: Lexicon): Example {
  const tokens = new Tokens(lexicon)
  tokens.read(sentence.text, 0, 0, true)
  const gold = new Uint8Array(tokens.count)
  const heads = new Int32Array(tokens.count)
  let head = 0
  let line = 0
  let lastWord = 0
  let span = 0
  for (let i = 0; i < tokens.count; i++) {
    const at = i * COLUMNS
    const start = tokens.data[at + COLUMN.start]!
    const end = tokens.data[at + COLUMN.end]!
    while (span < sentence.spans.length && sentence.spans[span]!.end <= start) span++
    const hit = sentence.spans[span]
    if (hit !== undefined && start < hit.end && end > hit.start) {
      const before = i > 0 ? tokens.data[at - COLUMNS + COLUMN.start]! : -1
      const label = before >= hit.start ? `I-${hit.type}` : `B-${hit.type}`
      gold[i] = Math.max(0, LABELS.indexOf(label as (typeof LABELS)[number]))
    }
    heads[i] = head
    const shape = tokens.data[at + COLUMN.shape]!
    const word = tokens.data[at + COLUMN.word]!
    if (shape === SHAPE.newline) {
      if (line > 0 || head === 0) head = 0
      line = 0
      lastWord = 0
      continue
    }
    line++
    if (word === 58 && shape === SHAPE.sign + 58 && lastWord !== 0 && line <= 5) {
      head = lastWord
      line = 0
    } else if (isWord(shape)) lastWord = word
  }
  return {
    data: tokens.data.slice(0, tokens.count * COLUMNS),
    count: tokens.count,
    gold,
    heads,
    technical: sentence.group === 'technical',
  }
}

export interface TrainSettings {
  readonly bits: number
  readonly rounds: number
  readonly synthetic: number
  /** Sentences of `technical.ts` per round. */
  readonly technical: number
  readonly seed: number
  /** How often the sentences of the pii set are shown per round. */
  readonly repeat: number
}

export const SETTINGS: TrainSettings = {
  bits: 18,
  rounds: 8,
  synthetic: 44_000,
  technical: 32_000,
  seed: 20_261_121,
  repeat: 3,
}

/** How many of the synthetic sentences hold nothing private. */
const PLAIN_SHARE = 0.25
/** How many of the technical ones hold a person. */
const NAMED_SHARE = 0.44
const NAMED = [TECHNICAL_NAMED, TECHNICAL_NAMED_FREE]
const UNNAMED = [TECHNICAL, TECHNICAL_FREE]

/** What the lexicon knows is hidden for a share of the tokens, so that the rest of the evidence is learnt as well. */
const HIDDEN = KNOWN.given | KNOWN.family | KNOWN.place | KNOWN.country | KNOWN.firm
const HIDE_SHARE = 0.25
const UNKNOWN_SHARE = 0.15

/** Takes from a share of the everyday words that they are known as such. */
function hideWords(data: Int32Array, count: number, random: Random): void {
  for (let i = 0; i < count; i++) {
    const at = i * COLUMNS
    if ((data[at + COLUMN.known]! & KNOWN.common) === 0 || !random.chance(UNKNOWN_SHARE)) continue
    data[at + COLUMN.known]! &= ~KNOWN.common
    data[at + COLUMN.flags]! |= FLAG.candidate
  }
}

export function train(
  own: readonly Sentence[],
  corpora: readonly Sentence[],
  known: ReadonlyMap<number, number>,
  settings: TrainSettings,
  log: (line: string) => void,
): Map<number, Int8Array> {
  const random: Random = createRandom(settings.seed)
  const lexicon = new Lexicon(known)
  const grammar = createGrammar(random, seenIn(corpora))
  const slots = 1 << settings.bits
  const mask = slots - 1
  const weights = new Float32Array(slots * WIDTH)
  const totals = new Float32Array(slots * WIDTH)
  const row = new Features()
  const scores = new Float32Array(WIDTH)
  let steps = 1
  const fixed = [
    ...corpora.map((s) => prepare(s, lexicon)),
    ...Array.from({ length: settings.repeat }, () => own.map((s) => prepare(s, lexicon))).flat(),
  ]
  for (let round = 0; round < settings.rounds; round++) {
    const examples = [...fixed]
    for (let i = 0; i < settings.synthetic + settings.technical; i++) {
      const template = random.pick(
        i < settings.synthetic
          ? random.chance(PLAIN_SHARE)
            ? PLAIN
            : TEMPLATES
          : random.pick(random.chance(NAMED_SHARE) ? NAMED : UNNAMED),
      )
      let sentence = vary(grammar.fill(template, i < settings.synthetic ? 'own' : 'technical'), random)
      if (random.chance(0.15)) {
        const second = grammar.fill(random.pick(TEMPLATES), 'own')
        const gap = random.pick([' ', '\n', '\n\n'])
        const shift = sentence.text.length + gap.length
        sentence = {
          text: sentence.text + gap + second.text,
          spans: [
            ...sentence.spans,
            ...second.spans.map((s) => ({ ...s, start: s.start + shift, end: s.end + shift })),
          ],
          group: sentence.group,
        }
      }
      examples.push(prepare(sentence, lexicon))
    }
    let wrong = 0
    let seen = 0
    for (const example of random.shuffle(examples)) {
      const data = example.data.slice()
      for (let i = 0; i < example.count; i++)
        if (random.next() < HIDE_SHARE) data[i * COLUMNS + COLUMN.known]! &= ~HIDDEN
      if (example.technical) hideWords(data, example.count, random)
      let before = 0
      let before2 = 0
      for (let i = 0; i < example.count; i++) {
        let label = 0
        if (mayBeName(data, i, before)) {
          const found = row.all(data, i, example.count, before, before2, example.heads[i]!)
          for (let f = 0; f < FEATURES; f++) found[f] = slotOf(f, found[f]!)
          scores.fill(0)
          for (let f = 0; f < FEATURES; f++) {
            const from = (found[f]! & mask) * WIDTH
            for (let l = 0; l < WIDTH; l++) scores[l]! += weights[from + l]!
          }
          const inner = CONTINUES[before]!
          let target = example.gold[i]!
          // Where the beginning was missed the rest of the name may still be found.
          if (INNER[target] && target !== inner) target -= 1
          let best = 0
          let top = Number.NEGATIVE_INFINITY
          let choice = 0
          let choiceTop = Number.NEGATIVE_INFINITY
          for (let l = 0; l < WIDTH; l++) {
            if (INNER[l] && l !== inner) continue
            const score = scores[l]!
            if (score > choiceTop) {
              choiceTop = score
              choice = l
            }
            // A name missed costs more than one too many: its margin is wider.
            const margin = l === target ? 0 : target !== 0 && l === 0 ? 6 : 3
            if (score + margin > top) {
              top = score + margin
              best = l
            }
          }
          seen++
          steps++
          if (best !== target) {
            wrong++
            for (let f = 0; f < FEATURES; f++) {
              const from = (found[f]! & mask) * WIDTH
              weights[from + target]! += 1
              weights[from + best]! -= 1
              totals[from + target]! += steps
              totals[from + best]! -= steps
            }
          }
          label = round === 0 ? target : choice
        }
        before2 = before
        before = label
      }
    }
    log(`round ${round + 1}: ${seen} tokens, ${((100 * wrong) / seen).toFixed(2)} % corrected`)
  }
  // Average of all rounds, scaled so that almost every weight fits a byte.
  const sizes: number[] = []
  for (let i = 0; i < weights.length; i++) {
    weights[i] = weights[i]! - totals[i]! / steps
    if (weights[i] !== 0 && i % 7 === 0) sizes.push(Math.abs(weights[i]!))
  }
  sizes.sort((a, b) => a - b)
  const scale = 120 / Math.max(1e-6, sizes[Math.floor(sizes.length * 0.9995)] ?? 1)
  const rows = new Map<number, Int8Array>()
  for (let slot = 0; slot < slots; slot++) {
    const row = new Int8Array(WIDTH)
    let largest = 0
    for (let l = 0; l < WIDTH; l++) {
      row[l] = Math.max(-127, Math.min(127, Math.round(weights[slot * WIDTH + l]! * scale)))
      largest = Math.max(largest, Math.abs(row[l]!))
    }
    if (largest >= 7) rows.set(slot, row)
  }
  log(`${rows.size} rows, scale ${scale.toFixed(2)}`)
  return rows
}
