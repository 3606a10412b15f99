// How much a text reads like an attempt to take the model over, from 0 to 100, and why. It recognises wording, not intent:
// a tripwire that raises `context.risk.injection`, beside which provenance and rules on tools do the holding. 50 is the
// point that about one in a hundred harmless prompts reaches (docs/guard-quality.md has the measured rates).
import { readFileSync } from 'node:fs'
import { Fault, type Origin } from '../../core/index.ts'
import { type Canonical, canonicalise } from './canonical.ts'
import { FIGURES, findFigures, hasTemplateMark } from './rules.ts'
import {
  FEATURE_BITS,
  FEATURES_PER_WORD,
  featuresAt,
  figureFeature,
  WINDOW_WORDS,
  type Words,
  weightOfWindow,
  wordsOf,
} from './words.ts'

export interface InjectionScore {
  /** 0 to 100. */
  readonly score: number
  /** Strongest first; made of fixed phrases and figures only, never of the text itself. */
  readonly reasons: readonly string[]
}

export interface InjectionModel {
  /** One small integer per feature. */
  readonly weights: Int8Array
  /** What one unit of weight is worth, in logits. */
  readonly unit: number
  readonly bias: number
  /** Logit that becomes score 50, and the logits between 50 and about 73. */
  readonly middle: number
  readonly slope: number
}

const MAGIC = 0x314a5053
const HEADER_BYTES = 24

export function packModel(model: InjectionModel): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + model.weights.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, FEATURE_BITS, true)
  for (const [i, value] of [model.unit, model.bias, model.middle, model.slope].entries())
    view.setFloat32(8 + i * 4, value, true)
  bytes.set(new Uint8Array(model.weights.buffer, model.weights.byteOffset, model.weights.length), HEADER_BYTES)
  return bytes
}

export function unpackModel(bytes: Uint8Array): InjectionModel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (
    bytes.byteLength !== HEADER_BYTES + (1 << FEATURE_BITS) ||
    view.getUint32(0, true) !== MAGIC ||
    view.getUint32(4, true) !== FEATURE_BITS
  )
    throw new Fault('guard_unavailable', { detail: 'The weights of the injection score do not fit this version.' })
  const [unit, bias, middle, slope] = [8, 12, 16, 20].map((at) => view.getFloat32(at, true))
  return {
    weights: new Int8Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, 1 << FEATURE_BITS),
    unit: unit!,
    bias: bias!,
    middle: middle!,
    slope: slope!,
  }
}

/**
 * What somebody says, or what a program tells its own model: prompts of agents and descriptions of tools are full of orders, and
 * are read by weights that have learnt such.
 */
export type Voice = 'talk' | 'guidance'
const FILES: Readonly<Record<Voice, string>> = { talk: 'injection.bin', guidance: 'guidance.bin' }
const loaded = new Map<Voice, InjectionModel>()

export function shippedModel(voice: Voice): InjectionModel {
  const known = loaded.get(voice)
  if (known !== undefined) return known
  let bytes: Uint8Array
  try {
    bytes = readFileSync(new URL(`../../../models/${FILES[voice]}`, import.meta.url))
  } catch (cause) {
    throw new Fault('guard_unavailable', { detail: 'The weights of the injection score are missing.', cause })
  }
  const model = unpackModel(bytes)
  loaded.set(voice, model)
  return model
}

/** Words of one stretch; longer texts are scored stretch by stretch so that memory stays bounded. */
const STRETCH = 200_000
/** Two of them share so many characters: what stands where one ends is read as a whole in the next. */
const OVERLAP = 2_000

interface Reading {
  /** Highest logit of any window. */
  logit: number
  /** Offsets of that window in the canonical text. */
  start: number
  end: number
  /** How often each figure occurs. */
  figures: Int32Array
}

/** Scratch rows of one text after the other. */
let scratch = new Int32Array(1024)
const FOUND = new Int32Array(FEATURES_PER_WORD)

/** The strongest window of a canonical text. Also used by training, with its own weights. */
export function readWindows(words: Words, model: Pick<InjectionModel, 'weights' | 'unit' | 'bias'>): Reading {
  if (scratch.length <= words.count) scratch = new Int32Array(words.count + 1)
  const sums = scratch
  sums[0] = 0
  const found = FOUND
  const { weights } = model
  for (let i = 0; i < words.count; i++) {
    featuresAt(words, i, found)
    let sum = 0
    for (let f = 0; f < FEATURES_PER_WORD; f++) sum += weights[found[f]!]!
    sums[i + 1] = sum
  }
  const figures = new Int32Array(FIGURES.length)
  findFigures(words.concept, words.count, (figure, word) => {
    figures[figure]!++
    sums[word + 1]! += weights[figureFeature(figure)]!
  })
  for (let i = 0; i < words.count; i++) sums[i + 1]! += sums[i]!
  let best = Number.NEGATIVE_INFINITY
  let at = 0
  const last = Math.max(0, words.count - WINDOW_WORDS)
  for (let i = 0; i <= last; i += i + WINDOW_STEP_FINE > last && i < last ? last - i : WINDOW_STEP_FINE) {
    const sum = sums[Math.min(words.count, i + WINDOW_WORDS)]! - sums[i]!
    if (sum > best) {
      best = sum
      at = i
    }
  }
  const to = Math.min(words.count, at + WINDOW_WORDS) - 1
  return {
    logit: model.bias + best * model.unit * weightOfWindow(words.count),
    start: words.at[at] ?? 0,
    end: words.at[Math.max(0, to)] ?? 0,
    figures,
  }
}

const WINDOW_STEP_FINE = 7

/** Points that disguise is worth, and what it is called. Nobody writes these by accident, but a stray one is no proof. */
function disguise(canonical: Canonical, untrusted: boolean): { points: number; reason: string }[] {
  const out: { points: number; reason: string }[] = []
  if (canonical.hidden >= 8)
    out.push({
      points: canonical.hidden >= 24 ? 40 : 25,
      reason: 'text hidden in characters that nobody sees, or in a code',
    })
  if (canonical.invisible >= 3)
    out.push({ points: Math.min(30, 10 + canonical.invisible), reason: 'invisible characters inside words' })
  if (canonical.mixed >= 2)
    out.push({ points: Math.min(30, 10 + 2 * canonical.mixed), reason: 'letters of other alphabets inside words' })
  if (canonical.bidirectional > 0)
    out.push({ points: untrusted ? 25 : 10, reason: 'characters that reverse the direction of text' })
  if (canonical.spaced > 0) out.push({ points: 10, reason: 'words spelled with gaps' })
  return out
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** The score of one message part. `origin` weighs what only untrusted text has no reason to contain. */
export function scoreInjection(
  text: string,
  origin: Origin,
  model: InjectionModel = shippedModel('talk'),
): InjectionScore {
  // What the operator wrote is what the model shall obey.
  if (origin === 'system' || text.length < 8) return { score: 0, reasons: [] }
  const untrusted = origin === 'tool' || origin === 'document'
  const canonical = canonicalise(text)
  let top: Reading | undefined
  const figures = new Int32Array(FIGURES.length)
  const { length } = canonical.text
  for (let from = 0; from === 0 ? length > 0 : from + OVERLAP < length; from += STRETCH - OVERLAP) {
    const reading = readWindows(wordsOf(canonical.text.slice(from, from + STRETCH), STRETCH, true), model)
    for (let f = 0; f < figures.length; f++) figures[f]! += reading.figures[f]!
    if (top === undefined || reading.logit > top.logit)
      top = { ...reading, start: reading.start + from, end: reading.end + from }
  }
  if (top === undefined) return { score: 0, reasons: [] }
  const wording = 100 * sigmoid((top.logit - model.middle) / model.slope)
  const reasons: { points: number; reason: string }[] = []
  if (wording >= 35) reasons.push({ points: wording, reason: `wording of known attacks near character ${top.start}` })
  let floor = 0
  for (let f = 0; f < figures.length; f++) {
    if (figures[f] === 0) continue
    const figure = FIGURES[f]!
    const points = figure.floor + (untrusted && figure.floor > 0 ? 15 : 0)
    floor = Math.max(floor, points)
    if (points > 0 || wording >= 35) reasons.push({ points: points + 1, reason: figure.name })
  }
  if (hasTemplateMark(canonical.text)) {
    const points = untrusted ? 65 : 35
    floor = Math.max(floor, points)
    reasons.push({ points, reason: 'marks of a chat template' })
  }
  let score = Math.max(wording, floor)
  for (const { points, reason } of disguise(canonical, untrusted)) {
    // Disguise counts most beside wording that it could hide.
    score += points * (0.35 + 0.65 * Math.min(1, score / 40))
    reasons.push({ points, reason })
  }
  return {
    score: Math.max(0, Math.min(100, Math.round(score))),
    reasons: reasons
      .sort((a, b) => b.points - a.points)
      .slice(0, 4)
      .map((r) => r.reason),
  }
}
