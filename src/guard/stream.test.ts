// All detectors together: a stream gives what the whole text gives, however it is cut, and how much it holds back meanwhile.
// STREAM_RUNS sets the number of texts; the figures of a long run are in docs/guard-quality.md.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createOperations } from '../../test/generators/operations.ts'
import { createRandom } from '../../test/generators/random.ts'
import { createDetectors } from './detectors.ts'
import { createFieldRule } from './fields.ts'
import type { Region } from './regions.ts'
import { createScreen } from './screen.ts'

const screen = createScreen({ detectors: createDetectors(), fields: createFieldRule() })
const runs = Number(process.env.STREAM_RUNS ?? 400)

/** Everything that comes out, in order, with what was found. */
function screened(pieces: readonly string[], held?: number[]): unknown[] {
  const out: unknown[] = []
  let clear = ''
  const sink = {
    clear(text: string) {
      clear += text
    },
    region(region: Region) {
      const values = region.values?.map(({ kind, start, path }) => ({ kind, start, path }))
      out.push(clear, { ...region, values })
      clear = ''
    },
  }
  const stream = screen.open('guess')
  for (const piece of pieces) {
    stream.push(piece, sink)
    held?.push(stream.held())
  }
  stream.end(sink)
  return [...out, clear]
}

const prose = [
  'Please write to Jane Doe at jane.doe@example.com about the order. ',
  'The meeting with Dr. Anna Müller is on 12 March 2024 in Berlin. ',
  'I need help: my card 4111 1111 1111 1111 was charged twice, 45.20 EUR each. ',
  'We deploy with `kubectl apply -f app.yaml` and then watch the logs for an hour. ',
  'She lives at 12 Main Street, Springfield, IL 62701, and is 34 years old. ',
  'password = "hunter2hunter2"\n',
  '{"customer": {"first_name": "Zoë", "email": "z\\u0040x.de", "n": [1, 2]}} ',
  'Es rief Herr Özdemir an, +49 30 901820, wegen IBAN DE89 3704 0044 0532 0130 00. ',
  'See https://example.com/?mail=jane.doe%40example.com&x=1 or am9obi5zbWl0aEBleGFtcGxlLm9yZw== there. ',
  'j a n e @ e x a m p l e . d e and &#52;111&#32;1111 1111 1111, 6a616e65406578616d706c652e6f7267. ',
  'Nothing to see here, only a plain sentence with a few plain words in it. ',
]
const operations = createOperations(createRandom(3))
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(...prose),
      fc
        .constantFrom(0, 1, 2, 3, 4)
        .map(
          (n) =>
            `${[operations.ids, operations.hosts, operations.transactions, operations.config, operations.harmless][n]?.().text}\n`,
        ),
      fc.string({ maxLength: 5, unit: 'binary' }),
      // One character that reads as several.
      fc.constantFrom('⅐ᴮ', '½', '№4', '⒓', 'ﬃ', '㏂', '⑴111 1111 1111 1111', 'x⅓@example.com'),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''))
// One character, token-like, or anything up to sixteen.
const sizes = fc.oneof(
  fc.infiniteStream(fc.constant(1)),
  fc.infiniteStream(fc.constantFrom(1, 3, 4, 4, 5, 6, 8)),
  fc.infiniteStream(fc.integer({ min: 1, max: 16 })),
)

it('gives what the whole text gives', () => {
  const held: number[] = []
  fc.assert(
    fc.property(texts, sizes, (text, cuts) => {
      const pieces: string[] = []
      for (let at = 0; at < text.length; ) {
        const size = cuts.next().value as number
        pieces.push(text.slice(at, at + size))
        at += size
      }
      expect(screened(pieces, held)).toEqual(screened([text]))
    }),
    { seed: 77, numRuns: runs },
  )
  held.sort((a, b) => a - b)
  const at = (share: number) => held[Math.floor(held.length * share)] ?? 0
  const mean = held.reduce((sum, one) => sum + one, 0) / held.length
  if (process.env.STREAM_RUNS !== undefined)
    console.log(
      `${runs} texts, ${held.length} pushes, held: mean ${mean.toFixed(1)}, p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(0.9999)}`,
    )
}, 3_600_000)

it('finds the place of what was held for long among characters that nobody sees', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'.repeat(6)
  const key = `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`
  const text = `Here it is: ${[...key].join('\u200d')} and no more.`
  for (const size of [1, 7, 100]) {
    const parts: string[] = []
    for (let at = 0; at < text.length; at += size) parts.push(text.slice(at, at + size))
    expect(screened(parts)).toEqual(screened([text]))
  }
  const [before, region] = screened([text]) as [string, Region]
  expect(before).toBe('Here it is: ')
  expect(region.text.startsWith('-\u200d-')).toBe(true)
})

it('lets a paused stream say what it has said, up to its last sentence', () => {
  const sentences = [
    'The leaf takes in water and air, and what is left is sugar.',
    'It is well known, and yet many books get it wrong.',
    'See the next chapter for more on that!',
    'In short: no light, no sugar.',
  ]
  const stream = screen.open('guess')
  const held = sentences.map((sentence) => {
    stream.push(`${sentence} `, { clear() {}, region() {} })
    return stream.held()
  })
  expect(held).toEqual([0, 0, 0, 0])
  // What may go on is waited for, and nothing before it.
  const last = 'Ask Jane Doe. '
  stream.push(last, { clear() {}, region() {} })
  expect(stream.held()).toBeLessThanOrEqual('Jane Doe. '.length)
})
