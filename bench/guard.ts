// Measures the guard's detectors against their gates and writes the table into bench/RESULTS.md. Trained parts are measured
// on templates and sources their model did not see: folds are trained here, with the shipped settings. Needs the development
// data (never part of the project); without it only what is generated is measured. `--no-folds` skips training, `--speed`
// measures speeds alone and writes nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../src/core/index.ts'
import { createLinkDetector } from '../src/guard/checks/link.ts'
import { createDocumentDetector } from '../src/guard/detect/document.ts'
import { createLabelledDetector } from '../src/guard/detect/labelled/labelled.ts'
import { createSecretDetector } from '../src/guard/detect/secrets.ts'
import { createStructuredDetector } from '../src/guard/detect/structured.ts'
import { type Detector, detect } from '../src/guard/detector.ts'
import { createDetectors } from '../src/guard/detectors.ts'
import { scoreInjection } from '../src/guard/injection/score.ts'
import { createNameDetector } from '../src/guard/names/tagger.ts'
import { packWeights, unpackWeights } from '../src/guard/names/weights.ts'
import { LANGUAGES, sentenceIn } from '../test/generators/languages.ts'
import { createOperations, DECLARED_SUFFIX, type Labelled } from '../test/generators/operations.ts'
import { createRandom } from '../test/generators/random.ts'
import { harmlessLine, readRules, sampleSecret } from '../test/generators/secrets.ts'
import {
  conllFiles,
  dataFolder,
  type PiiRow,
  piiSentence,
  readBenign,
  readCode,
  readConll,
  readPii,
} from '../tools/guard/corpus.ts'
import type { Sentence, Span } from '../tools/guard/grammar.ts'
import { atRate, disguises, GUIDED, readAttacks, SHIPPED_RATE, TO_STOP } from '../tools/guard/injection-data.ts'
import {
  guidedTexts,
  INJECTION_SETTINGS,
  logitOf,
  ownTexts,
  type Text,
  trainInjection,
} from '../tools/guard/injection-model.ts'
import { covered, fScore, match, precision, recall, type Tally, tally } from '../tools/guard/measure.ts'
import { buildLexicon, SETTINGS, train } from '../tools/guard/names-model.ts'
import { CULTURES, PLACES } from '../tools/guard/words.ts'

interface Row {
  readonly gate: string
  readonly wanted: string
  readonly measured: string
  readonly met: boolean | undefined
}
const rows: Row[] = []
const notes: string[] = []
const gate = (name: string, wanted: string, measured: string, met?: boolean) => {
  rows.push({ gate: name, wanted, measured, met })
  console.log(
    `${met === undefined ? '    ' : met ? 'ok  ' : 'MISS'} ${name.padEnd(58)} ${wanted.padEnd(22)} ${measured}`,
  )
}
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const folder = dataFolder()
const rates = !process.argv.includes('--speed')
const folds = folder !== undefined && rates && !process.argv.includes('--no-folds')
if (folder === undefined)
  console.log('bench:guard: development data is not there (set SALLYPORT_DATA); measuring what is generated only')

const structured = createStructuredDetector({ internalSuffixes: [DECLARED_SUFFIX] })
const secrets = createSecretDetector()
const labelled = createLabelledDetector()
/** Credentials by form or by the words beside them. */
const credentials = (text: string): Finding[] => [
  ...detect(secrets, text),
  ...detect(labelled, text).filter((f) => f.class.startsWith('secret/')),
]
const documents = createDocumentDetector()

/** Of findings that overlap the surest stays, then the longest; what is left are the spans a masker would write. */
function resolved(findings: readonly Finding[]): Finding[] {
  const out: Finding[] = []
  for (const f of [...findings].sort((a, b) => b.confidence - a.confidence || b.end - b.start - (a.end - a.start)))
    if (!out.some((g) => g.start < f.end && f.start < g.end)) out.push(f)
  return out
}
const spansOf = (findings: readonly Finding[]): Span[] =>
  findings.map((f) => ({ start: f.start, end: f.end, type: f.class }))

/** Megabytes per second of processor time, the best of a few runs. */
function speed(text: string, detectors: readonly Detector[]): number {
  let best = 0
  for (let i = 0; i < 5; i++) {
    const start = process.cpuUsage()
    for (const detector of detectors) detect(detector, text)
    const used = process.cpuUsage(start)
    best = Math.max(best, text.length / (used.user + used.system))
  }
  return best
}

// Generated: secrets
if (folder !== undefined && rates) {
  const rules = readRules(readFileSync(`${folder}/secrets/gitleaks.toml`, 'utf8'))
  for (const wild of [false, true]) {
    const random = createRandom(wild ? 7 : 5)
    let hit = 0
    let all = 0
    for (const rule of rules)
      for (let i = 0; i < 10; i++) {
        const sample = sampleSecret(rule, random, wild)
        const mask = new Uint8Array(sample.end - sample.start)
        for (const f of detect(secrets, sample.text))
          mask.fill(1, Math.max(0, f.start - sample.start), Math.max(0, f.end - sample.start))
        all++
        if (mask.reduce((a, b) => a + b, 0) >= 0.9 * mask.length) hit++
      }
    gate(
      `secrets of ${rules.length} rules, ${wild ? 'odd spacing and operators' : 'as people write them'} (n ${all})`,
      'R ≥ .95',
      `R ${(hit / all).toFixed(3)}`,
      hit / all >= 0.95,
    )
  }
  const { prompts, questions } = readBenign(folder)
  const text = [...prompts, ...questions]
  const size = text.reduce((sum, t) => sum + t.length, 0)
  const false_ = text.reduce((sum, t) => sum + credentials(t).length, 0)
  gate(
    `secrets in benign code-heavy prompts (${(size / 1e6).toFixed(2)} MB)`,
    '≤ 5 per MB',
    `${((false_ * 1e6) / size).toFixed(1)} per MB`,
    (false_ * 1e6) / size <= 5,
  )
}
if (rates) {
  const random = createRandom(11)
  const text = Array.from({ length: 4000 }, () => harmlessLine(random))
  const size = text.reduce((sum, t) => sum + t.length, 0)
  const found = text.reduce((sum, t) => sum + credentials(t).length, 0)
  gate(
    `secrets in generated look-alikes (${(size / 1e6).toFixed(2)} MB)`,
    '≤ 5 per MB',
    `${((found * 1e6) / size).toFixed(1)} per MB`,
    (found * 1e6) / size <= 5,
  )
}

// Generated: ids, hosts, histories, configuration
if (rates) {
  const random = createRandom(20_261_121)
  const operations = createOperations(random)
  const negatives = Array.from({ length: 800 }, operations.harmless)
  const measure = (
    name: string,
    samples: readonly Labelled[],
    classes: readonly string[],
    detectors: readonly Detector[],
  ) => {
    let hit = 0
    let wanted = 0
    let right = 0
    let found = 0
    for (const { text, spans } of [...samples, ...negatives]) {
      const all = detectors.flatMap((d) => detect(d, text))
      const mine = all.filter((f) => classes.includes(f.class))
      // Whole cover counts whatever the class: a customer number masked as an account is masked.
      hit += covered(text, spans, spansOf(all))
      wanted += spans.length
      found += mine.length
      right += mine.filter((f) => spans.some((s) => s.start < f.end && f.start < s.end)).length
    }
    const p = found === 0 ? 1 : right / found
    gate(
      `${name} (n ${wanted})`,
      'R ≥ .95 P ≥ .90',
      `R ${(hit / wanted).toFixed(3)} P ${p.toFixed(3)}`,
      hit / wanted >= 0.95 && p >= 0.9,
    )
  }
  const many = (make: () => Labelled, count: number) => Array.from({ length: count }, make)
  measure(
    'customer, order and ticket numbers',
    many(operations.ids, 1500),
    ['business/customer-id', 'business/ticket-id'],
    [structured],
  )
  measure('internal hosts', many(operations.hosts, 800), ['network/host', 'network/service'], [structured])
  measure('transaction histories, rows', many(operations.transactions, 300), ['finance/transaction'], [documents])
  measure('configuration files, values', many(operations.config, 300), ['document/config'], [documents])
}

// Names: folds by template
const TYPE_OF_CLASS = (name: string) => name.slice(name.indexOf('/') + 1)
const STRUCTURED_TYPES: Readonly<Record<string, string>> = {
  CREDIT_CARD: 'finance/card',
  EMAIL_ADDRESS: 'personal/email',
  US_SSN: 'personal/national-id/us-ssn',
  IBAN_CODE: 'finance/iban',
  PHONE_NUMBER: 'personal/phone',
}
if (folder !== undefined && rates) {
  const pii = readPii(folder)
  for (const [source, name] of Object.entries(STRUCTURED_TYPES)) {
    const t = tally()
    for (const row of pii) {
      const found = resolved([...detect(structured, row.text), ...detect(secrets, row.text)]).filter(
        (f) => f.class === name,
      )
      match(
        t,
        row.spans.filter((s) => s.source === source),
        spansOf(found),
        0.5,
      )
    }
    const phone = source === 'PHONE_NUMBER'
    gate(
      `${name} (n ${t.wanted})`,
      phone ? 'P ≥ .85 R ≥ .88' : 'F1 ≥ .97',
      `P ${precision(t).toFixed(3)} R ${recall(t).toFixed(3)} F1 ${fScore(t, 1).toFixed(3)}`,
      phone ? precision(t) >= 0.85 && recall(t) >= 0.88 : fScore(t, 1) >= 0.97,
    )
  }
  if (folds) measureNames(folder, pii)
}

function measureNames(data: string, pii: readonly PiiRow[]): void {
  const FOLDS = 3
  const benign = readBenign(data)
  const corpora = [...conllFiles(data).map((file) => readConll(data, file)), readCode(data)]
  const build = (own: readonly PiiRow[], others: readonly Sentence[]) => {
    const sentences = own.map(piiSentence)
    const lexicon = buildLexicon(
      [...benign.prompts, ...benign.questions, ...benign.tasks, ...sentences.map((s) => s.text)],
      others,
    )
    return createNameDetector({
      weights: unpackWeights(
        packWeights(
          SETTINGS.bits,
          lexicon,
          train(sentences, others, lexicon, SETTINGS, () => {}),
        ),
      ),
    })
  }
  const templates = [...new Set(pii.map((row) => row.template))].sort((a, b) => a - b)
  const foldOf = new Map(templates.map((id, i) => [id, (i * 7) % FOLDS]))
  const byType = new Map<string, Tally>()
  const blind = tally()
  let whole = 0
  let wanted = 0
  for (let k = 0; k < FOLDS; k++) {
    const names = build(
      pii.filter((row) => foldOf.get(row.template) !== k),
      corpora.flat(),
    )
    for (const row of pii) {
      if (foldOf.get(row.template) !== k) continue
      const all = [names, structured, secrets, documents].flatMap((d) => detect(d, row.text))
      const found = spansOf(resolved(all))
      for (const type of ['person', 'address', 'place', 'organisation', 'title', 'people', 'age']) {
        const t = byType.get(type) ?? tally()
        byType.set(type, t)
        match(
          t,
          row.spans.filter((s) => s.type === type),
          found.filter((f) => TYPE_OF_CLASS(f.type) === type),
          0.5,
        )
      }
      match(blind, row.spans, found, 0.9)
      whole += covered(row.text, row.spans, spansOf(all))
      wanted += row.spans.length
    }
  }
  const person = byType.get('person') ?? tally()
  gate(
    `persons, unseen templates (n ${person.wanted})`,
    'F2 ≥ .78',
    `P ${precision(person).toFixed(3)} R ${recall(person).toFixed(3)} F2 ${fScore(person, 2).toFixed(3)}`,
    fScore(person, 2) >= 0.78,
  )
  for (const [type, t] of byType)
    if (type !== 'person')
      gate(
        `${type}, unseen templates (n ${t.wanted})`,
        '',
        `P ${precision(t).toFixed(3)} R ${recall(t).toFixed(3)} F2 ${fScore(t, 2).toFixed(3)}`,
      )
  gate(
    `spans of any class, IoU ≥ .9 (n ${blind.wanted})`,
    'F2 ≥ .75',
    `P ${precision(blind).toFixed(3)} R ${recall(blind).toFixed(3)} F2 ${fScore(blind, 2).toFixed(3)}`,
    fScore(blind, 2) >= 0.75,
  )
  gate(`entities covered whole (n ${wanted})`, '≥ 88 %', percent(whole / wanted), whole / wanted >= 0.88)
  // Sources: a model that never saw the source at all.
  for (const [k, sentences] of corpora.entries()) {
    const file = conllFiles(data)[k] ?? ''
    if (!/wikigold|wnut/.test(file)) continue
    const names = build(pii, corpora.filter((_, i) => i !== k).flat())
    const t = tally()
    for (const s of sentences)
      match(
        t,
        s.spans.filter((x) => x.type === 'person'),
        spansOf(detect(names, s.text)).filter((f) => f.type === 'personal/person'),
        0.5,
      )
    gate(
      `persons, unseen source ${file.replace('.conll', '')} (n ${t.wanted})`,
      '',
      `P ${precision(t).toFixed(3)} R ${recall(t).toFixed(3)} F2 ${fScore(t, 2).toFixed(3)}`,
    )
  }
}

// Names by language, with the shipped model
if (rates) {
  const names = createNameDetector()
  for (const [language, { culture }] of Object.entries(LANGUAGES)) {
    const random = createRandom(17)
    const t = tally()
    for (let i = 0; i < 150; i++) {
      const { text, spans } = sentenceIn(language, random, CULTURES[culture]!, PLACES)
      match(
        t,
        spans,
        spansOf(detect(names, text)).filter((f) => f.type === 'personal/person'),
        0.5,
      )
    }
    gate(
      `persons in ${language}, own unseen sentences (n ${t.wanted})`,
      '',
      `P ${precision(t).toFixed(3)} R ${recall(t).toFixed(3)} F2 ${fScore(t, 2).toFixed(3)}`,
    )
  }
}

// Injection: halves
if (folder !== undefined && folds) {
  const { pool, attacks, fillers } = readAttacks(folder)
  const hits: number[] = []
  const trigger: number[] = []
  const evaded = new Map<string, number[]>()
  const guided: number[] = []
  const hidden: number[] = []
  const told: number[] = []
  for (const part of [0, 1]) {
    const mine = (i: number) => i % 2 !== part
    const seen = pool.filter((_, i) => mine(i))
    const learnt = [
      ...seen,
      ...attacks.filter((_, i) => mine(i)),
      ...ownTexts(4000, createRandom(7), fillers(seen), mine),
    ]
    const judge = (texts: readonly Text[]) => {
      const model = trainInjection(texts, INJECTION_SETTINGS)
      const limit = atRate(
        pool.filter((_, i) => !mine(i)).map((t) => logitOf(t.text, model)),
        SHIPPED_RATE,
      )
      return (text: string, more = 0) => (logitOf(text, model) > limit + more ? 1 : 0)
    }
    const over = judge(learnt)
    const overInGuidance = judge([...learnt, ...guidedTexts(GUIDED, createRandom(7), mine)])
    const unseen = attacks.filter((_, i) => !mine(i))
    hits.push(...unseen.map((t) => over(t.text)))
    trigger.push(
      ...ownTexts(500, createRandom(8), [], (i) => !mine(i))
        .filter((t) => !t.attack)
        .map((t) => over(t.text)),
    )
    for (const { text, attack } of guidedTexts(300, createRandom(8), (i) => !mine(i)))
      if (attack) hidden.push(overInGuidance(text))
      else guided.push(overInGuidance(text, TO_STOP))
    told.push(...unseen.map((t) => overInGuidance(t.text)))
    for (const [name, change] of disguises)
      evaded.set(name, [...(evaded.get(name) ?? []), ...unseen.map((t) => over(change(t.text)))])
  }
  const share = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length
  gate(
    `jailbreaks in the wild, unseen half, at 0.7 % false (n ${hits.length})`,
    '≥ 85 %',
    percent(share(hits)),
    share(hits) >= 0.85,
  )
  gate(
    `harmless with trigger words, unseen own templates (n ${trigger.length})`,
    '≤ 5 % false',
    percent(share(trigger)),
    share(trigger) <= 0.05,
  )
  gate(
    `what programs tell their model, unseen own lines, stopped at 90 (n ${guided.length})`,
    '≤ 2 %',
    percent(share(guided)),
    share(guided) <= 0.02,
  )
  gate(`own attacks in the middle of it, at 50 (n ${hidden.length})`, '', percent(share(hidden)))
  gate(
    `the same jailbreaks as a prompt of the system (n ${told.length})`,
    '≥ 85 %',
    percent(share(told)),
    share(told) >= 0.85,
  )
  for (const [name, list] of evaded)
    gate(`the same jailbreaks in ${name}`, 'within 5 points', percent(share(list)), share(list) >= share(hits) - 0.05)
}

// Speed
{
  const random = createRandom(3)
  const operations = createOperations(random)
  const text =
    folder === undefined
      ? Array.from({ length: 20_000 }, () => operations.harmless().text).join('\n')
      : readBenign(folder).prompts.join('\n').repeat(3)
  const plain = speed(text, [structured, secrets])
  gate(
    `structured scan with secrets, one core (${(text.length / 1e6).toFixed(1)} MB)`,
    '≥ 15 MB/s',
    `${plain.toFixed(1)} MB/s`,
    plain >= 15,
  )
  const everything = createDetectors({ internalSuffixes: [DECLARED_SUFFIX] })
  const all = speed(text, everything)
  gate('everything with names and codes, one core', '≥ 2 MB/s', `${all.toFixed(1)} MB/s`, all >= 2)
  let best = 0
  for (let i = 0; i < 4; i++) {
    const start = process.cpuUsage()
    scoreInjection(text, 'caller')
    const used = process.cpuUsage(start)
    best = Math.max(best, text.length / (used.user + used.system))
  }
  gate('injection score, one core', '≥ 2 MB/s', `${best.toFixed(1)} MB/s`, best >= 2)
  const link = createLinkDetector() // of answers
  let slowest = 0
  let unit = ''
  const units = [
    'a.',
    'a@',
    '1 ',
    '=',
    'key="',
    'http://',
    '-----BEGIN PRIVATE KEY-----\n',
    'i g n o r e ',
    'QUJD',
    'A ',
    "O'",
    '<|',
    'ghp_',
    ': ',
    '\u200b',
    'a\u00ad',
    '\u0430',
    '\u202e',
    '00:0x',
    '1.1.1.1.',
    'db-01 ',
    'A.',
    'https://a:b@c/',
    '2024-01-01 1.00\n',
    '["',
    'kind: Secret\n',
    'password="',
    '4111_1111_',
    'DE89.',
    'QUJDREVGR0hJSktM ',
    '%41',
    '1 %31 ',
    '%2531 1 ',
    'db-%301 ',
    'a**',
    '"a"+',
    'a<b>',
    '31 32 ',
    'a at b dot ',
    'one ',
    '[ ',
    '](//e.x/',
    '<a "',
    'AB1 ',
    'QUJDRE\n',
    '> QUJDRE\n',
    '01',
    '=QUJDRE',
    'M1@CDE\n',
    'Aa ',
  ]
  for (const hostile of units) {
    const input = hostile.repeat(Math.ceil(1e6 / hostile.length))
    let least = Number.POSITIVE_INFINITY
    // The least of three where it matters: who else has the machine costs processor time too.
    for (let i = 0; i < 3 && least > slowest; i++) {
      const start = process.cpuUsage()
      for (const detector of [...everything, link]) detect(detector, input)
      scoreInjection(input, 'caller')
      const used = process.cpuUsage(start)
      least = Math.min(least, (used.user + used.system) / 1e6)
    }
    if (least > slowest) {
      slowest = least
      unit = hostile
    }
  }
  gate(
    `1 MB of hostile input, all detectors, worst of ${units.length}`,
    '≤ 1 s',
    `${slowest.toFixed(2)} s (${JSON.stringify(unit)})`,
    slowest <= 1,
  )
}

if (rates) write()

function write(): void {
  const target = fileURLToPath(new URL('./RESULTS.md', import.meta.url))
  const START = '<!-- guard -->'
  const STOP = '<!-- /guard -->'
  const table = [
    START,
    '## Guard',
    '',
    `\`npm run bench:guard\` on Node ${process.version}; speeds are processor time of one core. Trained parts are measured on`,
    'templates, halves and sources that their model did not see; rates on other data will differ.',
    '',
    '| Gate | Wanted | Measured | |',
    '|---|---|---|---|',
    ...rows.map(
      (r) => `| ${r.gate} | ${r.wanted} | ${r.measured} | ${r.met === undefined ? '' : r.met ? 'met' : '**missed**'} |`,
    ),
    ...notes,
    STOP,
  ].join('\n')
  const before = existsSync(target) ? readFileSync(target, 'utf8') : '# Results\n'
  const from = before.indexOf(START)
  const to = before.indexOf(STOP)
  writeFileSync(
    target,
    from >= 0 && to > from
      ? before.slice(0, from) + table + before.slice(to + STOP.length)
      : `${before.trimEnd()}\n\n${table}\n`,
  )
  console.log(`written to ${target}`)
}
