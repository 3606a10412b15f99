// Training of the injection score: logistic regression with AdaGrad over windows of words. Of an attack only the windows
// that already look most like one are taken as such, because much of a long jailbreak is padding.
import { canonicalise } from '../../src/guard/injection/canonical.ts'
import { findFigures } from '../../src/guard/injection/rules.ts'
import { type InjectionModel, readWindows } from '../../src/guard/injection/score.ts'
import {
  FEATURE_BITS,
  FEATURES_PER_WORD,
  featuresAt,
  figureFeature,
  WINDOW_WORDS,
  type Words,
  weightOfWindow,
  wordsOf,
} from '../../src/guard/injection/words.ts'
import { createRandom, type Random } from '../../test/generators/random.ts'
import { ATTACKS, BENIGN, GUIDANCE, SLOTS } from './injection-texts.ts'

export interface Text {
  readonly text: string
  readonly attack: boolean
  /** Source or template, for splitting. */
  readonly group: string
  readonly weight: number
}

export const fillSlots = (template: string, random: Random): string =>
  template.replace(/\{(\w+)\}/g, (whole, slot: string) =>
    SLOTS[slot] === undefined ? whole : random.pick(SLOTS[slot]),
  )

/** Texts from our own templates; `keep` says which template numbers may be used. */
export function ownTexts(
  count: number,
  random: Random,
  filler: readonly string[],
  keep: (index: number) => boolean,
): Text[] {
  const attacks = ATTACKS.filter((_, i) => keep(i))
  const benign = BENIGN.filter((_, i) => keep(i))
  const out: Text[] = []
  for (let i = 0; i < count; i++) {
    const at = random.int(0, attacks.length - 1)
    let text = fillSlots(attacks[at]!, random)
    const kind = random.next()
    if (kind < 0.25) text = `${text} ${fillSlots(random.pick(attacks), random)}`
    else if (kind < 0.4) text = `${fillSlots(random.pick(benign), random)} ${text}`
    else if (kind < 0.5 && filler.length > 0) text = `${random.pick(filler).slice(0, 600)}\n${text}`
    else if (kind < 0.55 && filler.length > 0) text = `${text}\n${random.pick(filler).slice(0, 400)}`
    if (random.chance(0.08)) text = text.toUpperCase()
    out.push({ text, attack: true, group: `own-attack-${at}`, weight: 0.5 })
    const other = random.int(0, benign.length - 1)
    let plain = fillSlots(benign[other]!, random)
    if (random.chance(0.5)) plain = `${plain} ${fillSlots(random.pick(benign), random)}`
    if (random.chance(0.2))
      plain = `${plain}\n${fillSlots(random.pick(benign), random)} ${fillSlots(random.pick(benign), random)}`
    out.push({ text: plain, attack: false, group: `own-benign-${other}`, weight: 0.7 })
  }
  return out
}

/** What programs tell their own model, from a line, as of a tool, to a long prompt; and attacks that stand in the middle of it. */
export function guidedTexts(count: number, random: Random, keep: (index: number) => boolean): Text[] {
  const attacks = ATTACKS.filter((_, i) => keep(i))
  const guidance = GUIDANCE.filter((_, i) => keep(i))
  const lines = (most: number): string[] =>
    Array.from({ length: random.int(1, most) }, () => fillSlots(random.pick(guidance), random))
  return Array.from({ length: count }, (): Text[] => {
    const plain = lines(random.chance(0.5) ? 3 : 30).join(random.chance(0.5) ? '\n' : ' ')
    const around = lines(12)
    around.splice(random.int(0, around.length), 0, fillSlots(random.pick(attacks), random))
    return [
      { text: plain, attack: false, group: 'own-guidance', weight: 0.7 },
      { text: around.join('\n'), attack: true, group: 'own-attack-guided', weight: 1 },
    ]
  }).flat()
}

interface Prepared {
  readonly text: Text
  readonly words: Words
  readonly figures: readonly (readonly [figure: number, word: number])[]
}

function prepare(text: Text): Prepared {
  const words = wordsOf(canonicalise(text.text).text, 6000)
  const figures: [number, number][] = []
  findFigures(words.concept, words.count, (figure, word) => figures.push([figure, word]))
  return { text, words, figures }
}

function windowFeatures(doc: Prepared, from: number): Int32Array {
  const to = Math.min(doc.words.count, from + WINDOW_WORDS)
  const out = new Int32Array((to - from) * FEATURES_PER_WORD + doc.figures.length)
  const found = new Int32Array(FEATURES_PER_WORD)
  let n = 0
  for (let i = from; i < to; i++) {
    featuresAt(doc.words, i, found)
    for (const feature of found) if (feature !== 0) out[n++] = feature
  }
  for (const [figure, word] of doc.figures) if (word >= from && word < to) out[n++] = figureFeature(figure)
  return out.subarray(0, n)
}

export interface InjectionSettings {
  readonly rounds: number
  readonly rate: number
  readonly decay: number
  readonly seed: number
}
export const INJECTION_SETTINGS: InjectionSettings = { rounds: 10, rate: 0.06, decay: 2e-5, seed: 20_261_121 }

export function trainInjection(
  texts: readonly Text[],
  settings: InjectionSettings,
): Pick<InjectionModel, 'weights' | 'unit' | 'bias'> {
  const random = createRandom(settings.seed)
  const size = 1 << FEATURE_BITS
  const weights = new Float32Array(size)
  const seen = new Float32Array(size).fill(1e-3)
  let bias = -1
  const docs = texts.map(prepare).filter((doc) => doc.words.count > 1)
  const logitOf = (features: Int32Array, scale: number) => {
    let sum = 0
    for (const feature of features) sum += weights[feature]!
    return bias + sum * scale
  }
  for (let round = 0; round < settings.rounds; round++) {
    for (const doc of random.shuffle(docs)) {
      const scale = weightOfWindow(doc.words.count)
      const windows: Int32Array[] = []
      const step = WINDOW_WORDS / 2
      for (let from = 0; from === 0 || from + step < doc.words.count; from += step)
        windows.push(windowFeatures(doc, from))
      const ranked = windows
        .map((features) => ({ features, logit: logitOf(features, scale) }))
        .sort((a, b) => b.logit - a.logit)
      // All windows of harmless text are harmless; the worst ones teach most.
      const chosen = doc.text.attack
        ? ranked.slice(0, doc.text.group !== 'wild' ? 1 : round < 2 ? 4 : 2)
        : ranked.slice(0, 4)
      for (const { features } of chosen) {
        const logit = logitOf(features, scale)
        const error = (doc.text.attack ? 1 : 0) - 1 / (1 + Math.exp(-logit))
        const step = (error * doc.text.weight * scale) / Math.sqrt(chosen.length)
        if (Math.abs(error) < 0.02) continue
        for (const feature of features) {
          seen[feature]! += step * step
          weights[feature]! += (settings.rate * step) / Math.sqrt(seen[feature]!) - settings.decay * weights[feature]!
        }
        bias += 0.01 * step
      }
    }
  }
  const sizes = [...weights]
    .map(Math.abs)
    .filter((w) => w > 0)
    .sort((a, b) => a - b)
  const unit = (sizes[Math.floor(sizes.length * 0.9998)] ?? 1) / 127
  return { weights: Int8Array.from(weights, (w) => Math.max(-127, Math.min(127, Math.round(w / unit)))), unit, bias }
}

/** Logit of a text as the product sees it. */
export const logitOf = (text: string, model: Pick<InjectionModel, 'weights' | 'unit' | 'bias'>): number =>
  readWindows(wordsOf(canonicalise(text).text, 200_000), model).logit
