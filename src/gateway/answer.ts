// The answer on its way out: pulled from the upstream batch by batch, screened, printed. Before every batch that leaves,
// the lease is asked. A stream that ends early gets the error frame of its format, because a bare close looks like success.
import { type Delta, type Exit, Fault, type Reply, type Usage } from '../core/index.ts'
import type { Meter } from './meter.ts'
import type { HoldHandle, LeaseHandle, OutputScreen, RefusalContext, WireWriter } from './ports.ts'
import { sharesOf } from './shares.ts'

export interface AnswerParts {
  reply: Reply
  lease: LeaseHandle
  hold: HoldHandle
  output: OutputScreen
  meter: Meter
  exit: Exit
  writer: WireWriter
  shown: RefusalContext
  /** @throws Fault if the model may not call this tool for this caller */
  callTool: (name: string) => void
  /** Where what leaves is kept, if a rule demands it. */
  said?: Delta[] | undefined
  /** Awaited when the answer is whole and before its last words leave. */
  store?: (() => Promise<void>) | undefined
  now: () => number
}

export interface Answer {
  /** Waits for the first frames, so that a failure before them is an HTTP status and not a cut stream. */
  begin(): Promise<void>
  stream(): AsyncIterable<string>
  /** Every delta of an answer that is not streamed. */
  all(): Promise<Delta[]>
  /** Those, printed, on their way to the caller. The call is over when what is long has left. */
  leave(whole: string): string | AsyncIterable<string>
  /** Tells the upstream to stop. */
  close(): Promise<void>
}

export function createAnswer({
  reply,
  lease,
  hold,
  output,
  meter,
  exit,
  writer,
  shown,
  callTool,
  said,
  store,
  now,
}: AnswerParts): Answer {
  const upstream = reply[Symbol.asyncIterator]()
  /** Tools that the model calls, by choice and number. */
  const named = new Map<string, string>()
  /** What the model server counted last. */
  let told: Usage | undefined
  let first: string | undefined
  let over = false
  let cutSent = false
  /**
   * Whether waiting for the model server counts as waiting for others: for all of an answer that leaves whole, in a stream until its first
   * output, since what is held back from then on is held back by us.
   */
  let waits = true
  let streams = true

  /** A call has one name: client libraries put pieces of one together, and nobody was asked about the whole. */
  const askFor = (call: string, name: string) => {
    const before = named.get(call)
    if (before === undefined) callTool(name)
    else if (before !== name) throw new Fault('upstream_invalid', { detail: 'A tool call has two names.' })
    named.set(call, name)
  }

  /** What of a batch has not been screened yet. */
  let shares: Iterator<readonly Delta[]> | undefined
  const nextShare = async (): Promise<readonly Delta[] | undefined> => {
    const share = shares?.next()
    if (share === undefined || share.done) return undefined
    await (waits ? meter.aside(othersTurn()) : othersTurn())
    goOn()
    lease.check()
    return share.value
  }

  const screened = (share: readonly Delta[]): Delta[] => {
    const leaving = output.push(writer.refusalIsText ? share.map(asText) : share)
    // By the name that the caller is told: the model may have been told a stand-in for a part of it.
    for (const delta of leaving)
      if (delta.type === 'tool' && delta.name !== undefined) askFor(`${delta.choice} ${delta.index}`, delta.name)
    said?.push(...leaving)
    return leaving
  }

  /** The next deltas that may leave; undefined when the answer is complete. */
  const next = async (): Promise<Delta[] | undefined> => {
    if (over) return undefined
    const share = await nextShare()
    if (share) return screened(share)
    const { value, done } = await (waits ? meter.aside(upstream.next()) : upstream.next())
    if (streams) waits = false
    lease.check()
    if (done) {
      over = true
      const rest = output.end()
      meter.screened(output.report())
      said?.push(...rest)
      if (store) await store()
      // What was said after the server had counted is counted here, and all of it for a format that must name a number.
      const used = meter.usage()
      return used && used !== told && (told || writer.needsUsage) ? [...rest, { type: 'usage', usage: used }] : rest
    }
    for (const delta of value) if (delta.type === 'usage') told = delta.usage
    const tokens = meter.output(value)
    lease.progress.tokens += tokens
    const wait = hold.onTokens(tokens)
    if (wait) await wait
    shares = sharesOf(value)
    const first = shares.next()
    return first.done ? [] : screened(first.value)
  }

  /** The next text that may leave; undefined when the stream is complete. Batches that say nothing are not sent. */
  const nextText = async (): Promise<string | undefined> => {
    for (let deltas = await next(); deltas; deltas = await next()) {
      const text = over ? writer.batch(deltas) + writer.end() : writer.batch(deltas)
      if (text !== '') return text
    }
    return undefined
  }

  const endOf = (error: unknown): Fault => exit.ending()?.fault ?? Fault.from(error)
  const goOn = (): void => {
    const fault = exit.ending()?.fault
    if (fault) throw fault
  }

  // Written out by hand: an async generator that is cancelled before its first pull never runs its `finally`.
  const iterator: AsyncIterator<string> = {
    async next() {
      const how = exit.ending()
      if (how && !how.fault) return { done: true, value: undefined }
      try {
        goOn()
        const text = first ?? (await nextText())
        first = undefined
        goOn()
        if (text !== undefined) {
          lease.progress.lastByteAt = now()
          return { done: false, value: text }
        }
        void exit.run({})
        return { done: true, value: undefined }
      } catch (error) {
        const fault = endOf(error)
        if (cutSent) return { done: true, value: undefined }
        cutSent = true
        void exit.run({ fault })
        return { done: false, value: writer.cut(fault, shown) }
      }
    },
    return: leftEarly,
  }

  return {
    async begin() {
      first = await nextText()
      meter.answers()
    },
    stream: () => ({ [Symbol.asyncIterator]: () => iterator }),
    async all() {
      streams = false
      const deltas: Delta[] = []
      for (let batch = await next(); batch; batch = await next()) for (const delta of batch) deltas.push(delta)
      goOn()
      return deltas
    },
    leave(whole) {
      goOn()
      meter.answers()
      const pieces = whole.length > AT_ONCE ? inPieces(whole) : undefined
      if (!pieces) void exit.run({}) // its terminal event is on its way while the bytes leave
      return pieces ?? whole
    },
    async close() {
      if (!over) meter.screened(output.report()) // of an answer that ended early: what was found in it until then
      over = true
      await upstream.return?.()
    },
  }

  async function leftEarly(): Promise<IteratorReturnResult<undefined>> {
    await exit.run(exit.ending() ?? { fault: new Fault('client_closed') })
    return { done: true, value: undefined }
  }

  /** A client can leave what is long lying for a while: whether it may have the rest is asked until all of it has left. */
  function inPieces(whole: string): AsyncIterable<string> {
    const pieces = whole.match(PIECE)?.values() ?? [].values()
    const iterator: AsyncIterator<string> = {
      async next() {
        goOn()
        lease.check()
        lease.progress.lastByteAt = now()
        const { value, done } = pieces.next()
        if (!done) return { done: false, value }
        void exit.run({})
        return { done: true, value: undefined }
      },
      return: leftEarly,
    }
    return { [Symbol.asyncIterator]: () => iterator }
  }
}

/** Characters that leave in one write, whether or not the client reads: the operating system takes as much. */
const AT_ONCE = 65_536
const PIECE = new RegExp(`[^]{1,${AT_ONCE}}`, 'gu')

/** What waits in this process, a cut among it, comes first. */
const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const asText = (delta: Delta): Delta =>
  delta.type === 'refusal' ? { type: 'text', choice: delta.choice, text: delta.text } : delta
