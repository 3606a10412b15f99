// Telling an OpenTelemetry collector of finished calls over OTLP/HTTP: each call as a span, once, and all calls as totals.
// How far the collector has taken them is handed out after each answer, to be kept: whoever goes on from there loses
// nothing. Killed between an answer and its keeping, it sends those spans again, with the same ids; totals do not mind.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, Fault, type JsonObject } from '../../core/index.ts'
import type { Found } from '../search.ts'
import { toMetrics, toTraces } from './otlp.ts'
import { toProtobuf } from './protobuf.ts'
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
/** By the specification these, and no others, may be tried again. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])
const LONGEST_ANSWER = 65_536

const MESSAGE: Record<Signal, string> = { traces: 'Traces', metrics: 'Metrics' }

interface Refusal {
  readonly fault: Fault
  readonly passing: boolean
  readonly waitMs?: number
}

/** The answer's first bytes; a collector that talks on is not listened to. */
async function readSome(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece as Uint8Array)
    length += (piece as Uint8Array).length
    if (length > LONGEST_ANSWER) break
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** How many of our items a collector that answered 200 says it threw away. */
function thrownAway(type: string | null, body: string): number {
  if (!type?.startsWith('application/json')) return 0
  try {
    const { partialSuccess = {} } = JSON.parse(body) as { partialSuccess?: Record<string, unknown> }
    return Number(partialSuccess.rejectedSpans ?? partialSuccess.rejectedDataPoints ?? 0)
  } catch {
    return 0 // an answer that is not what it says it is tells nothing; the batch was taken
  }
}

async function post(to: Collector, signal: Signal, body: JsonObject, sending: Sending): Promise<Refusal | undefined> {
  const stop = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(`${to.url.replace(/\/+$/, '')}/v1/${signal}`, {
      method: 'POST',
      headers: { ...to.headers, 'content-type': ENCODINGS[to.encoding] },
      body: to.encoding === 'json' ? JSON.stringify(body) : new Uint8Array(toProtobuf(MESSAGE[signal], body)),
      redirect: 'error',
      signal: sending.signal ? AbortSignal.any([sending.signal, stop]) : stop,
    })
    text = await readSome(response)
  } catch (error) {
    sending.signal?.throwIfAborted()
    return {
      fault: new Fault('upstream_unavailable', { detail: 'the collector does not answer', cause: error }),
      passing: true,
    }
  }
  if (response.ok) {
    const lost = thrownAway(response.headers.get('content-type'), text)
    if (lost > 0) sending.say(`The collector threw away ${lost} of the ${signal} it was sent.`)
    return undefined
  }
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    fault: new Fault('upstream_refused', { detail: `the collector answered ${response.status} to ${signal}` }),
    passing: PASSING.has(response.status),
    ...(after >= 0 && { waitMs: after * 1000 }),
  }
}

async function deliver(to: Collector, signal: Signal, body: JsonObject, sending: Sending): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const refusal = await post(to, signal, body, sending)
    if (!refusal) return
    const { fault, passing, waitMs = pause } = refusal
    if (!sending.patient || !passing) throw fault
    const wait = Math.min(waitMs, LONGEST_PAUSE_MS)
    sending.say(`Not sent: ${fault.publicMessage}. Again in ${Math.ceil(wait / 1000)} s.`)
    await sleep(wait, undefined, sending.signal ? { signal: sending.signal } : {})
  }
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
    if (wanted.has('traces') && last && last.position >= traces) {
      const own = calls.filter(({ position }) => position >= traces)
      if (own.length > 0) await deliver(to, 'traces', toTraces(own), sending)
      traces = last.position + 1
      await sending.keep({ traces, metrics, ...(told && { totals: told }) })
    }
    if (!wanted.has('metrics')) continue
    const own = calls.filter(({ position }) => position >= metrics)
    counting.add(own)
    const totals = counting.tell(sending.clock.now())
    if (totals.series.length > 0 && (own.length > 0 || !last)) await deliver(to, 'metrics', toMetrics(totals), sending)
    if (last && last.position >= metrics) metrics = last.position + 1
    told = structuredClone(totals)
    await sending.keep({ traces, metrics, totals: told })
  }
}
