// Trains the names tagger. `node tools/guard/train-names.ts` writes models/names.bin; `--folds` measures instead, each
// template of the development data judged by a model that never saw it, and sources by models that never saw the source.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { detect } from '../../src/guard/detector.ts'
import { createNameDetector } from '../../src/guard/names/tagger.ts'
import { packWeights, unpackWeights } from '../../src/guard/names/weights.ts'
import { conllFiles, dataFolder, type PiiRow, piiSentence, readBenign, readCode, readConll, readPii } from './corpus.ts'
import type { Sentence, Span } from './grammar.ts'
import { covered, match, show, type Tally, tally } from './measure.ts'
import { buildLexicon, SETTINGS, train } from './names-model.ts'

const folder = dataFolder()
if (folder === undefined) {
  console.error('train-names: development data is not there (set SALLYPORT_DATA); nothing done')
  process.exit(0)
}
const log = (line: string) => console.log(line)
const benign = readBenign(folder)
const everyday = [...benign.prompts, ...benign.questions, ...benign.tasks]
const rows = readPii(folder)
const corpora = [...conllFiles(folder).flatMap((file) => readConll(folder, file)), ...readCode(folder)]

function build(own: readonly PiiRow[], others: readonly Sentence[]): Uint8Array {
  const sentences = own.map(piiSentence)
  const lexicon = buildLexicon([...everyday, ...sentences.map((s) => s.text)], others)
  return packWeights(
    SETTINGS.bits,
    lexicon,
    train(sentences, others, lexicon, SETTINGS, () => {}),
  )
}

const found = (bytes: Uint8Array, eagerness: number) => {
  const detector = createNameDetector({ weights: unpackWeights(bytes), eagerness })
  return (text: string): Span[] =>
    detect(detector, text).map((f) => ({ start: f.start, end: f.end, type: f.class.split('/')[1]! }))
}

const folds = process.argv.includes('--folds')
if (!folds) {
  const bytes = build(rows, corpora)
  const target = fileURLToPath(new URL('../../models/names.bin', import.meta.url))
  mkdirSync(new URL('.', `file://${target}`), { recursive: true })
  writeFileSync(target, bytes)
  log(`${target}: ${bytes.length} bytes`)
} else {
  const FOLDS = process.argv.includes('--quick') ? 2 : 4
  const templates = [...new Set(rows.map((row) => row.template))].sort((a, b) => a - b)
  const fold = new Map(templates.map((id, i) => [id, (i * 7) % FOLDS]))
  const models = Array.from({ length: FOLDS }, (_, k) => {
    const t = performance.now()
    const bytes = build(
      rows.filter((row) => fold.get(row.template) !== k),
      corpora,
    )
    log(`fold ${k + 1} of ${FOLDS}: ${bytes.length} bytes, ${((performance.now() - t) / 1000).toFixed(0)} s`)
    return bytes
  })
  for (const eagerness of [-20, 0, 15, 30, 50]) {
    const byType = new Map<string, Tally>()
    const blind = tally()
    let whole = 0
    let wanted = 0
    const missed = new Map<string, string[]>()
    for (let k = 0; k < FOLDS; k++) {
      const find = found(models[k]!, eagerness)
      for (const row of rows) {
        if (fold.get(row.template) !== k) continue
        const spans = row.spans.filter((s) => s.type !== '')
        const got = find(row.text)
        for (const type of new Set([...spans, ...got].map((s) => s.type))) {
          const into = byType.get(type) ?? tally()
          byType.set(type, into)
          match(
            into,
            spans.filter((s) => s.type === type),
            got.filter((s) => s.type === type),
            0.5,
          )
        }
        match(blind, spans, got, 0.9)
        whole += covered(row.text, spans, got)
        wanted += spans.length
        if (eagerness === 0 && process.argv.includes('--show')) {
          const gold = spans.map((s) => `${s.type[0]}${s.type[1]}:${row.text.slice(s.start, s.end)}`).join(' | ')
          const seen = got.map((s) => `${s.type[0]}${s.type[1]}:${row.text.slice(s.start, s.end)}`).join(' | ')
          if (gold !== seen)
            missed.set(`${row.template}`, [
              ...(missed.get(`${row.template}`) ?? []),
              `${JSON.stringify(row.text.slice(0, 160))}\n      gold ${JSON.stringify(gold)}\n      got  ${JSON.stringify(seen)}`,
            ])
        }
      }
    }
    log(
      `eagerness ${eagerness}: spans without class ${show(blind)}; covered whole ${((100 * whole) / wanted).toFixed(1)} %`,
    )
    for (const [type, t] of [...byType].sort()) log(`   ${type.padEnd(13)} ${show(t)}`)
    for (const [template, texts] of missed)
      log(`  ${template} (${texts.length})\n    ${texts.slice(0, 2).join('\n    ')}`)
  }
}
