// Trains the injection score. `node tools/guard/train-injection.ts` writes models/injection.bin, for what people say, and
// models/guidance.bin, for what programs tell their model; `--halves` measures the first, `--halves --guided` the second on
// the halves of sources and templates that the model did not see.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { packModel } from '../../src/guard/injection/score.ts'
import { createRandom } from '../../test/generators/random.ts'
import { dataFolder } from './corpus.ts'
import { atRate, GUIDED, readAttacks, SHIPPED_RATE, SLOPE, TO_STOP } from './injection-data.ts'
import { guidedTexts, INJECTION_SETTINGS, logitOf, ownTexts, type Text, trainInjection } from './injection-model.ts'

const folder = dataFolder()
if (folder === undefined) {
  console.error('train-injection: development data is not there (set SALLYPORT_DATA); nothing done')
  process.exit(0)
}
const { pool, attacks, fillers } = readAttacks(folder)

/** What each voice learns from, `mine` being the lines of ours that are for learning. */
const learnt = (
  guided: boolean,
  harmless: readonly Text[],
  hostile: readonly Text[],
  seed: number,
  mine: (i: number) => boolean,
) => [
  ...harmless,
  ...hostile,
  ...ownTexts(4000, createRandom(seed), fillers(harmless), mine),
  ...(guided ? guidedTexts(GUIDED, createRandom(seed), mine) : []),
]

if (!process.argv.includes('--halves')) {
  for (const [file, guided] of [
    ['injection.bin', false],
    ['guidance.bin', true],
  ] as const) {
    const all = (harmless: readonly Text[]) =>
      trainInjection(
        learnt(guided, harmless, attacks, INJECTION_SETTINGS.seed, () => true),
        INJECTION_SETTINGS,
      )
    const model = all(pool)
    // The threshold comes from models that did not see the harmless text it is taken from.
    const held = [0, 1].flatMap((part) => {
      const half = all(pool.filter((_, i) => i % 2 !== part))
      return pool.filter((_, i) => i % 2 === part).map((t) => logitOf(t.text, half))
    })
    const bytes = packModel({ ...model, middle: atRate(held, SHIPPED_RATE), slope: SLOPE })
    const target = fileURLToPath(new URL(`../../models/${file}`, import.meta.url))
    writeFileSync(target, bytes)
    console.log(
      `${target}: ${bytes.length} bytes, middle ${atRate(held, SHIPPED_RATE).toFixed(2)}, 5 % ${atRate(held, 0.05).toFixed(2)}, .2 % ${atRate(held, 0.002).toFixed(2)}`,
    )
  }
} else {
  for (const part of [0, 1]) {
    const mine = (i: number) => i % 2 !== part
    const seen = pool.filter((_, i) => mine(i))
    const hostile = attacks.filter((_, i) => mine(i))
    const model = trainInjection(learnt(process.argv.includes('--guided'), seen, hostile, 7, mine), INJECTION_SETTINGS)
    const guided = guidedTexts(300, createRandom(8), (i) => !mine(i))
    const unseen = ownTexts(600, createRandom(8), fillers(pool.filter((_, i) => !mine(i))), (i) => !mine(i))
    const logits = (texts: readonly Text[]) => texts.map((t) => logitOf(t.text, model))
    const harmless = logits(pool.filter((_, i) => !mine(i)))
    const one = atRate(harmless, 0.01)
    const five = atRate(harmless, 0.05)
    const share = (scores: number[], at: number) =>
      `${((100 * scores.filter((s) => s > at).length) / scores.length).toFixed(1)} %`
    const hits = logits(attacks.filter((_, i) => !mine(i)))
    console.log(
      `half ${part}: threshold 1 % ${one.toFixed(2)} 5 % ${five.toFixed(2)}; in the wild ${share(hits, one)} / ${share(hits, five)}; own attacks ${share(logits(unseen.filter((t) => t.attack)), one)}; own trigger words ${share(logits(unseen.filter((t) => !t.attack)), one)} false; guidance stopped ${share(logits(guided.filter((t) => !t.attack)), one + TO_STOP)}, attacks in it noticed ${share(logits(guided.filter((t) => t.attack)), one)}`,
    )
    if (process.argv.includes('--show')) {
      const half = pool.filter((_, i) => !mine(i))
      for (const t of half
        .map((t) => ({ t, s: logitOf(t.text, model) }))
        .sort((a, b) => b.s - a.s)
        .slice(0, 12))
        console.log('  benign', t.s.toFixed(1), t.t.group, JSON.stringify(t.t.text.slice(0, 150)))
      for (const t of attacks
        .filter((_, i) => !mine(i))
        .map((t) => ({ t, s: logitOf(t.text, model) }))
        .sort((a, b) => a.s - b.s)
        .slice(0, 25))
        console.log('  attack', t.s.toFixed(1), JSON.stringify(t.t.text.slice(0, 150)))
    }
  }
}
