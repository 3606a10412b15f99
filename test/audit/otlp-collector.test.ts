// `audit export --to` with a real collector between it and the receiver, as where it is used: the collector takes, gathers
// and passes on. What comes out behind it is compared with what the same receiver gets without it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Found, sendToCollector, type Taken } from '../../src/audit/index.ts'
import { systemClock } from '../../src/core/index.ts'
import { MISSING, startCollector } from './collector.ts'
import { positions, type Receiver, type Site, startReceiver, startSite, type Told } from './otlp-parts.ts'
import { type Begun, kill, killAll, until } from './processes.ts'

const ENCODINGS = ['protobuf', 'json'] as const

let site: Site
beforeAll(async () => {
  if (MISSING === undefined) site = await startSite()
})
afterEach(killAll)
afterAll(() => site?.close())

/** When, and by which node: no two are the same in this. */
const toldAt = ({ resource, scopeMetrics }: Told): string =>
  `${scopeMetrics[0]?.metrics[0]?.histogram?.dataPoints[0]?.timeUnixNano} ${JSON.stringify(resource)}`

/** All that the receiver has decoded, however it came in pieces; each span with where it is from. */
function all({ heard }: Receiver) {
  const spans = heard
    .flatMap(({ traces }) => traces?.resourceSpans ?? [])
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ ...span, resource, scope }))),
    )
  const positionOf = (span: (typeof spans)[number]) => Number(span.attributes['sallyport.audit.position'])
  return {
    spans: spans.toSorted((a, b) => positionOf(a) - positionOf(b)),
    metrics: heard
      .flatMap(({ metrics }) => metrics?.resourceMetrics ?? [])
      .toSorted((a, b) => (toldAt(a) < toldAt(b) ? -1 : 1)),
  }
}
/** The time of totals is when they were told, which is not the same twice. */
const timeless = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/"timeUnixNano":"\d+"/g, '"timeUnixNano":"told"'))
/**
 * What this collector makes of totals in JSON, and answers 200: the Rust library for OpenTelemetry that it reads them with
 * takes no numbers in text, as they must be by the definitions, and leaves out what it cannot read.
 */
const withoutPoints = (metrics: readonly Told[]) =>
  metrics.map((one) => ({
    ...one,
    scopeMetrics: one.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(({ name, unit }) => ({ name, unit })),
    })),
  }))
/** Text as nobody should write it, with halves of characters. */
const text = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constantFrom('\ud83d', '\ude00', '\0')),
  maxLength: 12,
})
const anyEvent = fc.record(
  {
    id: fc.uuid(),
    time: fc.integer({ min: 1_700_000_000_000, max: 4_000_000_000_000 }),
    node: fc.constantFrom('a', 'b', 'é"\\'),
    boot: fc.constant('b'),
    kind: fc.constantFrom('call.finished', 'call.finished', 'call.decided'),
    model: text,
    action: fc.constantFrom('chat', 'embed', 'complete', 'pull'),
    decision: fc.constantFrom('allow', 'deny'),
    rules: fc.array(text, { maxLength: 4 }),
    policy: text,
    reason: text,
    session: text,
    call: text,
    data: fc.record(
      {
        outcome: fc.constantFrom('served', 'failed', 'cut'),
        ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
        inputTokens: fc.nat(),
        outputTokens: fc.nat(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['id', 'time', 'node', 'boot', 'kind'] },
) as fc.Arbitrary<Omit<Found, 'position'>>

/** The receiver has said all that its gate let in. */
const heardAll = (receiver: Receiver) => until(() => expect(receiver.heard).toHaveLength(receiver.gate.taken))
const callsIn = (receiver: Receiver): number | undefined =>
  receiver
    .histograms()
    .at(-1)?.[0]
    ?.histogram.dataPoints.reduce((sum, { count }) => sum + Number(count), 0)
const logged = async () => (await site.ended()).map(({ position }) => position)

/** The same without a collector and with one; the collector has ended, and all that it took is behind it. */
async function sendBoth(send: (url: string) => Promise<void>) {
  const [direct, behind] = await Promise.all([startReceiver(), startReceiver()])
  const collector = await startCollector({ to: behind.url, folder: site.folder })
  await Promise.all([send(direct.url), send(collector.url)])
  await kill(collector, 'SIGTERM')
  await Promise.all([heardAll(direct), heardAll(behind)])
  await Promise.all([direct.close(), behind.close()])
  return { direct: all(direct), behind: all(behind) }
}

const name = `a real collector${MISSING === undefined ? '' : ` (skipped: ${MISSING})`}`
describe.skipIf(MISSING !== undefined)(name, () => {
  it.each(ENCODINGS)('passes on what it is sent in %s unchanged, each span once', async (encoding) => {
    const { direct, behind } = await sendBoth(async (url) => {
      const position = join(site.folder, `once.${encoding}.${new URL(url).port}`)
      const sent = site.startExport(url, position, ['--encoding', encoding])
      expect(await sent.ended, sent.said()).toBe(0)
      expect(sent.said()).toBe('')
    })
    expect(positions(behind.spans)).toEqual(await logged())
    expect(behind.spans).toEqual(direct.spans)
    expect(timeless(behind.metrics)).toEqual(
      timeless(encoding === 'protobuf' ? direct.metrics : withoutPoints(direct.metrics)),
    )
  })

  it.each(ENCODINGS)('passes on any events in %s unchanged', async (encoding) => {
    const seed = 17
    const events = fc.sample(anyEvent, { seed, numRuns: 500 }).map((event, position) => ({ ...event, position }))
    async function* batches() {
      for (let at = 0; at < events.length; at += 100) yield events.slice(at, at + 100)
    }
    const clock = { ...systemClock, now: () => 4_100_000_000_000 }
    const said: string[] = []
    const { direct, behind } = await sendBoth((url) =>
      sendToCollector(
        batches(),
        { url, headers: {}, encoding, signals: ['traces', 'metrics'] },
        { traces: 0, metrics: 0 },
        { clock, keep: async () => {}, say: (line) => said.push(line), patient: false },
      ),
    )
    expect(said).toEqual([])
    expect(behind.spans).toHaveLength(events.filter(({ kind }) => kind === 'call.finished').length)
    expect(behind.spans, `seed ${seed}`).toEqual(direct.spans)
    if (encoding === 'protobuf') expect(behind.metrics, `seed ${seed}`).toEqual(direct.metrics)
  })

  it('that ends and comes back, like an exporter that does, loses and repeats nothing', {
    timeout: 60_000,
  }, async () => {
    const behind = await startReceiver()
    const position = join(site.folder, 'follow.json')
    const arrived = () =>
      until(async () => {
        expect(positions(behind.spans())).toEqual(await logged())
        expect(callsIn(behind)).toBe((await logged()).length)
      })
    const taken = (): Taken => JSON.parse(readFileSync(position, 'utf8'))
    const follow = (url: string) => site.startExport(url, position, ['--follow'])
    const { port, url, ...first } = await startCollector({ to: behind.url, folder: site.folder })
    const comeBack = () => startCollector({ to: behind.url, folder: site.folder, port })
    let collector: Begun = first
    let follower = follow(url)
    await arrived()

    // The collector is away: the exporter waits, and where it is stays where it was.
    await kill(collector, 'SIGTERM')
    const calls = (await logged()).length
    await site.call()
    await site.call()
    await until(() => expect(follower.said()).toContain('Not sent: the collector does not answer. Again in 1 s.'))
    const waiting = (await logged())[calls]
    expect(taken().traces).toBeLessThanOrEqual(waiting!)
    expect(taken().metrics).toBeLessThanOrEqual(waiting!)
    collector = await comeBack()
    await arrived()

    // Both are, the exporter ended while it waited.
    const before = follower.said()
    await kill(collector, 'SIGTERM')
    await site.call()
    await until(() => expect(follower.said()).not.toBe(before))
    await kill(follower, 'SIGTERM')
    await site.call()
    collector = await comeBack()
    follower = follow(url)
    await arrived()

    // What is behind the collector is away: to wait for that is left to the collector.
    behind.gate.refuse = 503
    await site.call()
    await until(() => expect(behind.gate.refused).toBeGreaterThan(2))
    behind.gate.refuse = 0
    await arrived()

    // Killed with a span that it had taken and not passed on: no exporter can know of that. The totals say it.
    behind.gate.refuse = 503
    const { refused } = behind.gate
    await site.call()
    const lost = (await logged()).at(-1)!
    await until(() => expect(taken().metrics).toBeGreaterThan(lost))
    await until(() => expect(behind.gate.refused).toBeGreaterThan(refused))
    await kill(collector)
    behind.gate.refuse = 0
    collector = await comeBack()
    await site.call()
    await until(async () => {
      expect(positions(behind.spans())).toEqual((await logged()).filter((one) => one !== lost))
      expect(callsIn(behind)).toBe((await logged()).length)
    })
    expect(follower.said()).not.toContain('the collector answered')
    await Promise.all([kill(follower), kill(collector), behind.close()])
  })
})
