// `npm run bench`: what Sallyport adds to a call. The same upstream directly and through the gateway, in turn, round by
// round, for 1, 10 and 100 KB, whole and streamed. Machines are noisy: read the ratios and differences, not the digits.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, type Measured } from './load.ts'
import { cpuSeconds, start } from './process.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2)
const RATE = 200
/** Streams that trickle last a third of a second each: some thirteen are open at once. */
const TRICKLING_RATE = 40
const WORDS = 'please summarise the quarterly report for the team and list what is still open in short sentences '

/** How the upstream answers. */
const ANSWERS = {
  whole: { model: 'bench', stream: false, rate: RATE },
  'stream of 64 at once': { model: 'bench-64x0', stream: true, rate: RATE },
  'stream of 64, one in 5 ms': { model: 'bench-64x5', stream: true, rate: TRICKLING_RATE },
} as const
type Answer = keyof typeof ANSWERS
const CASES: readonly (readonly [number, Answer])[] = [
  [1, 'whole'],
  [10, 'whole'],
  [100, 'whole'],
  [1, 'stream of 64 at once'],
  [10, 'stream of 64 at once'],
  [100, 'stream of 64 at once'],
  [1, 'stream of 64, one in 5 ms'],
]

const body = (kilobytes: number, answer: Answer): string =>
  JSON.stringify({
    model: ANSWERS[answer].model,
    stream: ANSWERS[answer].stream,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      {
        role: 'user',
        content: WORDS.repeat(Math.ceil((kilobytes * 1024) / WORDS.length)).slice(0, kilobytes * 1024 - 180),
      },
    ],
  })

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const ms = (value: number): string => value.toFixed(2)

const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
const upstream = await start(['bench/upstream.ts'])
const began = performance.now()
const gateway = await start(
  [
    'bin/sallyport',
    'up',
    '--json',
    '--data',
    folder,
    '--listen',
    '127.0.0.1:0',
    '--upstream',
    `http://127.0.0.1:${upstream.line}`,
  ],
  { SALLYPORT_LOG_LEVEL: 'error', SALLYPORT_LIMITS_CONCURRENT_PER_PRINCIPAL: '100000' },
)
const readyMs = performance.now() - began
const { url, key } = JSON.parse(gateway.line) as { url: string; key: string }
const direct = `http://127.0.0.1:${upstream.line}/v1/chat/completions`
const through = `${url}/v1/chat/completions`
const headers = { authorization: `Bearer ${key}` }

try {
  console.log(
    `# What a call costs through Sallyport (${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${ROUNDS} rounds of ${SECONDS} s)`,
  )
  console.log(`start to ready ${Math.round(readyMs)} ms\n`)
  await load({ url: through, headers, body: body(1, 'whole'), seconds: 4, connections: 16 }) // warm up
  await load({ url: through, headers, body: body(1, 'stream of 64 at once'), seconds: 2, connections: 16 })
  console.log(
    '| request and answer | added p50 ms | added p99 ms | added first byte ms | throughput, share of direct | CPU µs per call | errors |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const [kilobytes, answer] of CASES) {
    const { rate } = ANSWERS[answer]
    const rounds: { paced: [Measured, Measured]; full: [Measured, Measured]; cpu: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const common = { body: body(kilobytes, answer), seconds: SECONDS }
      const paced: [Measured, Measured] = [
        await load({ ...common, url: direct, headers: {}, rate, connections: 64 }),
        await load({ ...common, url: through, headers, rate, connections: 64 }),
      ]
      const base = await load({ ...common, url: direct, headers: {}, connections: 32 })
      const before = cpuSeconds(gateway.pid) ?? Number.NaN
      const full = await load({ ...common, url: through, headers, connections: 32 })
      const cpu = (((cpuSeconds(gateway.pid) ?? Number.NaN) - before) / full.calls) * 1e6
      rounds.push({ paced, full: [base, full], cpu })
    }
    const added = (of: (one: Measured) => number) => median(rounds.map(({ paced }) => of(paced[1]) - of(paced[0])))
    const share = median(rounds.map(({ full }) => full[1].perSecond / full[0].perSecond))
    const errors = rounds.reduce((sum, { paced, full }) => sum + paced[1].errors + full[1].errors, 0)
    console.log(
      `| ${kilobytes} KB ${answer} | ${ms(added((one) => one.p50))} | ${ms(added((one) => one.p99))} | ${ms(added((one) => one.first50))} | ${share.toFixed(2)} | ${Math.round(median(rounds.map(({ cpu }) => cpu)))} | ${errors} |`,
    )
  }
} finally {
  await gateway.stop()
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}
