// Trains the injection score. `node tools/guard/train-injection.ts` writes models/injection.bin; `--halves` measures on the
// halves of sources and templates that the model did not see.
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

if (!process.argv.includes('--halves')) {
  const texts = [
    ...pool,
    ...attacks,
    ...ownTexts(4000, createRandom(INJECTION_SETTINGS.seed), fillers(pool), () => true),
    ...guidedTexts(GUIDED, createRandom(INJECTION_SETTINGS.seed), () => true),
  ]
  const model = trainInjection(texts, INJECTION_SETTINGS)
  // The threshold comes from models that did not see the harmless text it is taken from.
  const held: number[] = []
  for (const part of [0, 1]) {
    const seen = pool.filter((_, i) => i % 2 !== part)
    const half = trainInjection(
      [
        ...seen,
        ...attacks,
        ...ownTexts(4000, createRandom(INJECTION_SETTINGS.seed), fillers(seen), () => true),
        ...guidedTexts(GUIDED, createRandom(INJECTION_SETTINGS.seed), () => true),
      ],
      INJECTION_SETTINGS,
    )
    held.push(...pool.filter((_, i) => i % 2 === part).map((t) => logitOf(t.text, half)))
  }
  const bytes = packModel({ ...model, middle: atRate(held, SHIPPED_RATE), slope: SLOPE })
  const target = fileURLToPath(new URL('../../models/injection.bin', import.meta.url))
  writeFileSync(target, bytes)
  console.log(
    `${target}: ${bytes.length} bytes, middle ${atRate(held, SHIPPED_RATE).toFixed(2)}, 5 % ${atRate(held, 0.05).toFixed(2)}, .2 % ${atRate(held, 0.002).toFixed(2)}`,
  )
} else {
  for (const part of [0, 1]) {
    const mine = (i: number) => i % 2 !== part
    const seen = pool.filter((_, i) => mine(i))
    const model = trainInjection(
      [
        ...seen,
        ...attacks.filter((_, i) => mine(i)),
        ...ownTexts(4000, createRandom(7), fillers(seen), mine),
        ...guidedTexts(GUIDED, createRandom(7), mine),
      ],
      INJECTION_SETTINGS,
    )
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
