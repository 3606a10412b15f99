// How much of an answer the guard holds back while it streams: `node bench/hold.ts [--who]`.
// Definition: an answer is fed in token-like pieces (1, 3, 4, 4, 5, 6 or 8 characters, drawn with a seed); after every piece
// the characters that have come in and not gone out are counted. Mean, median, 95th and 99th percentile and the most are
// over all pieces of all answers of a kind. `--who` also says which detector the text waits for.
import { existsSync, readFileSync } from 'node:fs'
import { createDetectors } from '../src/guard/detectors.ts'
import { createFieldRule } from '../src/guard/fields.ts'
import { createScreen } from '../src/guard/screen.ts'
import { createOperations } from '../test/generators/operations.ts'
import { createRandom } from '../test/generators/random.ts'
import { dataFolder, readPii } from '../tools/guard/corpus.ts'

const detectors = createDetectors()
const fields = createFieldRule()
const screen = createScreen({ detectors, fields })
const random = createRandom(11)
const folder = dataFolder()

/** Texts of one kind, each an answer. */
const kinds = new Map<string, string[]>()
const operations = createOperations(createRandom(3))
const several = <T>(times: number, make: () => T): T[] => Array.from({ length: times }, make)
const joined = (texts: readonly string[], size: number, between: string) => {
  const out: string[] = []
  for (let i = 0; i < texts.length; i += size) out.push(texts.slice(i, i + size).join(between))
  return out
}

if (folder !== undefined) {
  const lines = (file: string) =>
    existsSync(`${folder}/${file}`)
      ? readFileSync(`${folder}/${file}`, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { instances?: { output: string }[]; prompt?: string })
      : []
  kinds.set(
    'answers (self-instruct)',
    lines('benign/seed-tasks.jsonl').flatMap(({ instances }) => (instances ?? []).map(({ output }) => output)),
  )
  kinds.set(
    'code-heavy texts (arena-hard)',
    lines('benign/hard-user-prompts.jsonl').flatMap(({ prompt }) => prompt ?? []),
  )
  kinds.set(
    'prose full of personal data (synthetic)',
    joined(
      readPii(folder).map(({ text }) => text),
      5,
      '\n',
    ),
  )
}
kinds.set(
  'ids, hosts and harmless look-alikes',
  several(200, () =>
    several(6, () => random.pick([operations.ids, operations.hosts, operations.harmless])().text).join('\n'),
  ),
)
kinds.set(
  'transaction histories',
  several(200, () => operations.transactions().text),
)
kinds.set(
  'configuration files',
  several(200, () => operations.config().text),
)
kinds.set(
  'JSON rows',
  several(100, () =>
    JSON.stringify(
      several(6, () => ({
        customerId: operations.customerId(),
        host: operations.host(),
        note: operations.harmless().text,
        email: `p${random.int(1, 99)}@example.com`,
        count: random.int(1, 99),
      })),
      null,
      1,
    ),
  ),
)

const SIZES = [1, 3, 4, 4, 5, 6, 8]
const row = (name: string, held: number[], texts: number) => {
  held.sort((a, b) => a - b)
  const at = (share: number) => held[Math.min(held.length - 1, Math.floor(held.length * share))] ?? 0
  const mean = held.reduce((sum, one) => sum + one, 0) / Math.max(1, held.length)
  console.log(
    `${name.padEnd(42)} ${String(texts).padStart(5)} texts ${String(held.length).padStart(7)} pieces  mean ${mean.toFixed(1).padStart(6)}  p50 ${String(at(0.5)).padStart(4)}  p95 ${String(at(0.95)).padStart(4)}  p99 ${String(at(0.99)).padStart(4)}  most ${at(1)}`,
  )
}

console.log('characters held after each token-like piece (1 to 8 characters, mean 4.4)')
const who = process.argv.includes('--who')
const all: number[] = []
let count = 0
for (const [kind, texts] of kinds) {
  const held: number[] = []
  const waits = new Map<string, number>()
  for (const text of texts) {
    const stream = screen.open('guess')
    const alone = who ? detectors.map(({ name, open }) => ({ name, stream: open() })) : []
    const sink = { clear() {}, region() {} }
    let fed = 0
    while (fed < text.length) {
      const piece = text.slice(fed, fed + random.pick(SIZES))
      fed += piece.length
      stream.push(piece, sink)
      held.push(stream.held())
      if (!who) continue
      // Near enough where the text is not folded.
      let first = fed
      let name = 'fold, field or region'
      for (const one of alone) {
        one.stream.push(piece)
        if (one.stream.openFrom < first) {
          first = one.stream.openFrom
          name = one.name
        }
      }
      if (fed - stream.held() < first) name = 'fold, field or region'
      waits.set(name, (waits.get(name) ?? 0) + stream.held())
    }
    stream.end(sink)
  }
  row(kind, [...held], texts.length)
  if (who)
    console.log(
      `    ${[...waits]
        .sort((a, b) => b[1] - a[1])
        .map(([name, sum]) => `${name} ${(sum / held.length).toFixed(1)}`)
        .join(', ')}`,
    )
  for (const one of held) all.push(one)
  count += texts.length
}
row('all together', all, count)
