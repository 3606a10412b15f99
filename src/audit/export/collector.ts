// Telling an OpenTelemetry collector of finished calls over OTLP/HTTP: each call as a span, once, and all calls as totals.
// How far the collector has taken them is handed out after each answer, to be kept: whoever goes on from there loses
// nothing. Killed between an answer and its keeping, it sends those spans again, with the same ids; totals do not mind.
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Clock, Fault, type JsonObject } from '../../core/index.ts'
import type { Found } from '../search.ts'
import { toMetrics, toTraces } from './otlp.ts'
import { fieldsOf, toProtobuf } from './protobuf.ts'
import { createTotals, type Totals } from './totals.ts'

export const SIGNALS = ['traces', 'metrics'] as const
export type Signal = (typeof SIGNALS)[number]
export const ENCODINGS = { protobuf: 'application/x-protobuf', json: 'application/json' } as const
export type Encoding = keyof typeof ENCODINGS

export interface Collector {
  /** To which `/v1/traces` and `/v1/metrics` are added. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly encoding: Encoding
  readonly signals: readonly Signal[]
}

/** What the collector has taken. */
export interface Taken {
  /** Position of the first event of which it has not taken the span. */
  readonly traces: number
  /** Position of the first event that is not in the totals it has taken. */
  readonly metrics: number
  readonly totals?: Totals
}

export interface Sending {
  readonly clock: Clock
  readonly keep: (taken: Taken) => Promise<void>
  /** Told of what the collector threw away, and of each try that failed and is made again. */
  readonly say: (line: string) => void
  /** Tries again for as long as it takes where the collector may take it later; otherwise the first failure ends it. */
  readonly patient: boolean
  readonly signal?: AbortSignal
}

const TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 60_000
/** What a collector may ask us to wait: it may ask for none, and for a day. */
const ASKED_PAUSE_MS = { least: 100, most: 3_600_000 }
/** By the specification these, and no others, may be tried again. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])
const TOO_LARGE = 413
/** By the specification every receiver unpacks gzip; one that does not says so. */
const NO_SUCH_PACKING = 415
const pack = promisify(gzip)
const LONGEST_ANSWER = 65_536
/** What goes in one request, unpacked: proxies take no more than this by default, receivers four times as much. */
const LARGEST_BODY = 1_048_576

const MESSAGE: Record<Signal, string> = { traces: 'Traces', metrics: 'Metrics' }

interface Refusal {
  readonly fault: Fault
  readonly passing: boolean
  readonly tooLarge?: boolean
  readonly unpacked?: boolean
  readonly waitMs?: number
}

/** The answer's first bytes; a collector that talks on, or stops in the middle, is not listened to. */
async function readSome(response: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const piece of response.body ?? []) {
      pieces.push(piece as Uint8Array)
      length += (piece as Uint8Array).length
      if (length > LONGEST_ANSWER) break
    }
  } catch {
    // What counts has been said before: what it has taken is not sent again because it did not say the rest.
  }
  return Buffer.concat(pieces)
}

/** `partial_success` of the answer, and in it `rejected_spans` or `rejected_data_points`. */
function rejectedIn(answer: Uint8Array): number {
  let rejected = 0n
  for (const [field, part] of fieldsOf(answer))
    if (field === 1 && typeof part !== 'bigint')
      for (const [inner, value] of fieldsOf(part)) if (inner === 1 && typeof value === 'bigint') rejected = value
  return Number(BigInt.asIntN(64, rejected))
}

/** How many of our items a collector that answered 200 says it threw away. */
function thrownAway(type: string, body: Buffer): number {
  try {
    if (type.startsWith(ENCODINGS.protobuf)) return rejectedIn(body)
    if (!type.startsWith(ENCODINGS.json)) return 0
    const { partialSuccess } = JSON.parse(body.toString('utf8')) as { partialSuccess?: Record<string, unknown> | null }
    return Number(partialSuccess?.rejectedSpans ?? partialSuccess?.rejectedDataPoints ?? 0)
  } catch {
    return 0 // an answer that is not what it says it is tells nothing; the batch was taken
  }
}

/** Seconds, or the time from when on; undefined if it asks for nothing that can be understood. */
function waitOf(after: string | null, now: number): number | undefined {
  if (after === null || after.trim() === '') return undefined
  const wait = /^\s*\d+\s*$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, ASKED_PAUSE_MS.least), ASKED_PAUSE_MS.most)
}

/** Below its path, whatever else its address holds. */
function addressOf(url: string, signal: Signal): URL {
  const address = new URL(url)
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/v1/${signal}`
  return address
}

async function post(
  to: Collector,
  signal: Signal,
  body: Uint8Array<ArrayBuffer>,
  isPacked: boolean,
  sending: Sending,
): Promise<Refusal | undefined> {
  const stop = AbortSignal.timeout(TIMEOUT_MS)
  const content = ENCODINGS[to.encoding]
  let response: Response
  try {
    response = await fetch(addressOf(to.url, signal), {
      method: 'POST',
      headers: { ...to.headers, 'content-type': content, ...(isPacked && { 'content-encoding': 'gzip' }) },
      body,
      redirect: 'manual', // what it sends us to is not what was named
      signal: sending.signal ? AbortSignal.any([sending.signal, stop]) : stop,
    })
  } catch (error) {
    sending.signal?.throwIfAborted()
    return {
      fault: new Fault('upstream_unavailable', { detail: 'the collector does not answer', cause: error }),
      passing: true,
    }
  }
  const answer = await readSome(response)
  if (response.ok) {
    const lost = thrownAway(response.headers.get('content-type') ?? content, answer)
    if (lost > 0) sending.say(`The collector threw away ${lost} of the ${signal} it was sent.`)
    return undefined
  }
  const waitMs = waitOf(response.headers.get('retry-after'), sending.clock.now())
  return {
    fault: new Fault('upstream_refused', { detail: `the collector answered ${response.status} to ${signal}` }),
    passing: PASSING.has(response.status),
    tooLarge: response.status === TOO_LARGE,
    unpacked: isPacked && response.status === NO_SUCH_PACKING,
    ...(waitMs !== undefined && { waitMs }),
  }
}

/** Until it is taken; what is returned is why it never will be in one piece. */
async function deliver(
  to: Collector,
  signal: Signal,
  body: Uint8Array<ArrayBuffer>,
  sending: Sending,
): Promise<Fault | undefined> {
  const packed = new Uint8Array(await pack(body))
  let isPacked = true
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const refusal = await post(to, signal, isPacked ? packed : body, isPacked, sending)
    if (!refusal) return undefined
    const { fault, passing, tooLarge, unpacked, waitMs: wait = pause } = refusal
    if (tooLarge) return fault
    if (unpacked) {
      isPacked = false
      continue
    }
    if (!sending.patient || !passing) throw fault
    sending.say(`Not sent: ${fault.publicMessage}. Again in ${Math.ceil(wait / 1000)} s.`)
    await sleep(wait, undefined, sending.signal ? { signal: sending.signal } : {})
  }
}

const encoded = (encoding: Encoding, signal: Signal, body: JsonObject): Uint8Array<ArrayBuffer> =>
  encoding === 'json'
    ? new TextEncoder().encode(JSON.stringify(body))
    : new Uint8Array(toProtobuf(MESSAGE[signal], body))

/** In order, in as few requests as are not too large; says after each what was in it. */
async function deliverAll<Item>(
  to: Collector,
  signal: Signal,
  items: readonly Item[],
  bodyOf: (items: readonly Item[]) => JsonObject,
  sending: Sending,
  took: (last: Item) => Promise<void> = async () => {},
): Promise<void> {
  const body = encoded(to.encoding, signal, bodyOf(items))
  if (body.length <= LARGEST_BODY || items.length === 1) {
    const tooLarge = await deliver(to, signal, body, sending)
    if (!tooLarge) return await took(items.at(-1)!)
    if (items.length === 1) throw tooLarge
  }
  const middle = items.length >> 1
  await deliverAll(to, signal, items.slice(0, middle), bodyOf, sending, took)
  await deliverAll(to, signal, items.slice(middle), bodyOf, sending, took)
}

/**
 * `batches` are whole and in order, from the lower of the two positions on; an empty one only tells the totals again, so
 * that a collector does not think them gone.
 * @throws Fault `upstream_refused`, `upstream_unavailable`; `not_possible` if `taken` is of another version
 */
export async function sendToCollector(
  batches: AsyncIterable<readonly Found[]>,
  to: Collector,
  taken: Taken,
  sending: Sending,
): Promise<void> {
  const wanted = new Set(to.signals)
  let { traces, metrics } = taken
  let told = taken.totals
  const counting = createTotals(told)
  for await (const events of batches) {
    const last = events.at(-1)
    const calls = events.filter(({ kind }) => kind === 'call.finished')
    const counted = events.filter(({ kind, data }) => kind === 'call.finished' || data?.of === 'call.finished')
    if (wanted.has('traces') && last && last.position >= traces) {
      const own = calls.filter(({ position }) => position >= traces)
      const keep = async (position: number) => {
        traces = position + 1
        await sending.keep({ traces, metrics, ...(told && { totals: told }) })
      }
      if (own.length > 0) await deliverAll(to, 'traces', own, toTraces, sending, (call) => keep(call.position))
      if (traces <= last.position) await keep(last.position)
    }
    if (!wanted.has('metrics')) continue
    const own = counted.filter(({ position }) => position >= metrics)
    counting.add(own)
    const totals = counting.tell(sending.clock.now())
    if (totals.series.length > 0 && (own.length > 0 || !last))
      await deliverAll(to, 'metrics', totals.series, (series) => toMetrics({ ...totals, series: [...series] }), sending)
    if (last && last.position >= metrics) metrics = last.position + 1
    told = structuredClone(totals)
    await sending.keep({ traces, metrics, totals: told })
  }
}
