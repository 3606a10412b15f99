// The connection pool of one upstream: bounded, no pipelining, TLS verified, and the upstream's key sent nowhere else.
import type { IncomingHttpHeaders } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { Pool } from 'undici'
import { type Delta, Fault, isShallow, parseText } from '../core/index.ts'
import { Exchange } from './exchange.ts'
import { createFairQueue } from './queue.ts'
import { refusedByUpstream, unusable } from './upstream-fault.ts'

export interface UpstreamOptions {
  /** Base URL without `/v1` or `/api`, which are added; a trailing one is ignored. Any other path prefix is kept. */
  readonly url: string
  /** Sent as `authorization: Bearer`, to this origin only. */
  readonly key?: string
  /** PEM of a private authority; without it the public ones are trusted. */
  readonly ca?: string
  /** Calls at once; further ones wait. */
  readonly connections?: number
  /** Calls that may wait for a socket before new ones are refused, and of these of one principal. */
  readonly waiting?: number
  readonly waitingPerPrincipal?: number
  readonly connectTimeoutMs?: number
  /** Until status and headers, which a server that does not stream sends only when it has finished. */
  readonly firstByteTimeoutMs?: number
  /** Between two reads of a body. */
  readonly idleTimeoutMs?: number
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path after the base URL, with its slash. */
  readonly path: string
  readonly body?: string
  readonly accept: string
  /** Whether sending it twice does no harm, should an idle socket turn out to be dead. */
  readonly repeatable: boolean
  /** Whose call it is; without it, the gateway's own. */
  readonly principal?: string
}

/** Turns the text of a body into pieces, read by read. */
export interface PieceReader<T> {
  push(text: string): T[]
  /** Whether the answer has said that it is complete; nothing that follows is waited for. */
  over?(): boolean
  /** At the end of the body. @throws Fault if the answer was not complete */
  end(): T[]
}
export type AnswerReader = PieceReader<Delta>

export interface Upstream {
  /** Asks, checks status and content type, and reads the answer through `reader`, one batch of pieces per read. */
  reply<T>(ask: Ask, reader: PieceReader<T>, signal: AbortSignal): Promise<AsyncIterable<T[]>>
  /** A whole JSON answer to a question of the gateway's own, which waits behind no call. */
  json(ask: Ask, signal: AbortSignal): Promise<unknown>
  /** The same of what not every server has: undefined if one that is there has no such route, a Fault if it is just not able to. */
  jsonIfKnown(ask: Ask, signal: AbortSignal): Promise<unknown>
  /** An answer of which only the status matters. */
  done(ask: Ask, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Longest body that is held in memory as a whole, in characters. */
export const MOST_ANSWER_CHARACTERS = 64 * 1024 * 1024
/** Beside those for calls: a server that is busy with calls is asked all the same what it has, and is not taken for one that is away. */
const QUESTIONS = 2
/** How much of a refusal's body is looked at. */
const MOST_REFUSAL_CHARACTERS = 16 * 1024

export function createUpstream(options: UpstreamOptions): Upstream {
  const url = new URL(options.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('an upstream is http: or https:')
  if (url.username !== '' || url.password !== '') throw new TypeError('an upstream URL must not carry a credential')
  const prefix = url.pathname.replace(/\/+$/, '').replace(/\/(v1|api)$/, '')
  const connections = options.connections ?? 64
  const queue = createFairQueue({
    active: connections,
    waiting: options.waiting ?? 1024,
    waitingPerPrincipal: options.waitingPerPrincipal ?? 256,
  })
  const how = {
    pipelining: 1,
    allowH2: false,
    headersTimeout: options.firstByteTimeoutMs ?? 300_000,
    bodyTimeout: options.idleTimeoutMs ?? 120_000,
    connect: {
      timeout: options.connectTimeoutMs ?? 5000,
      rejectUnauthorized: true,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
  }
  const forCalls = new Pool(url.origin, { ...how, connections })
  const forQuestions = new Pool(url.origin, { ...how, connections: QUESTIONS })
  const authorization = options.key === undefined ? [] : ['authorization', `Bearer ${options.key}`]

  const dispatch = (pool: Pool, ask: Ask): Exchange => {
    const exchange = new Exchange()
    pool.dispatch(
      {
        method: ask.method,
        path: prefix + ask.path,
        headers: [
          'accept',
          ask.accept,
          ...(ask.body === undefined ? [] : ['content-type', 'application/json']),
          ...authorization,
        ],
        body: ask.body ?? null,
      },
      exchange,
    )
    return exchange
  }

  const begin = async (pool: Pool, ask: Ask, signal: AbortSignal): Promise<Exchange> => {
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw ended(signal)
      const exchange = dispatch(pool, ask)
      const stop = () => exchange.abort(ended(signal))
      signal.addEventListener('abort', stop, { once: true })
      exchange.whenClosed(() => signal.removeEventListener('abort', stop))
      try {
        await exchange.head()
        return exchange
      } catch (error) {
        if (attempt === 1 && ask.repeatable && !signal.aborted && diedIdle(exchange)) continue
        throw error
      }
    }
  }

  /** The place of an exchange is free when it has ended, however it does. */
  const open = async (ask: Ask, signal: AbortSignal): Promise<Exchange> => {
    const free = await queue.enter(ask.principal ?? '', signal).catch((error: unknown) => {
      throw signal.aborted ? ended(signal) : error
    })
    try {
      const exchange = await begin(forCalls, ask, signal)
      exchange.whenClosed(free)
      return exchange
    } catch (error) {
      free()
      throw error
    }
  }

  return {
    async reply(ask, reader, signal) {
      const exchange = await open(ask, signal)
      await check(exchange, ask.accept)
      return new Answering(exchange, reader)
    },
    async json(ask, signal) {
      const exchange = await begin(forQuestions, ask, signal)
      return readJson(exchange, ask.accept)
    },
    async jsonIfKnown(ask, signal) {
      const exchange = await begin(forQuestions, ask, signal)
      if (!isOther(exchange, ask.accept)) return readJson(exchange, ask.accept)
      exchange.leave()
      return undefined
    },
    async done(ask, signal) {
      const exchange = await open(ask, signal)
      await checkStatus(exchange)
      await readText(exchange, MOST_ANSWER_CHARACTERS)
    },
    async close() {
      await Promise.all([forCalls.destroy(), forQuestions.destroy()])
    },
  }
}

export function parseAnswer(body: string): unknown {
  let value: unknown
  try {
    value = parseText(body)
  } catch {
    throw unusable('The model server answered something that is not JSON.')
  }
  if (!isShallow(value)) throw unusable('The model server answered something that is nested too deeply.')
  return value
}

/** The signal's own Fault, so that whoever cut the call is named as its end. */
const ended = (signal: AbortSignal): Fault =>
  signal.reason instanceof Fault ? signal.reason : new Fault('client_closed', { cause: signal.reason })

/**
 * The socket had served an answer before and closed without a byte of this one: the upstream let it go while the request
 * was on its way. A fresh socket that closes without a byte is a refusal and is not tried again.
 */
function diedIdle(exchange: Exchange): boolean {
  const error = exchange.error
  if (exchange.received || !error || !('socket' in error)) return false
  const socket = error.socket as { bytesRead?: number } | null
  return (socket?.bytesRead ?? 0) > 0
}

async function checkStatus(exchange: Exchange): Promise<void> {
  if (exchange.status === 200) return
  const body = await readText(exchange, MOST_REFUSAL_CHARACTERS).catch(() => '')
  throw refusedByUpstream(exchange.status, body, one(exchange.headers, 'retry-after'))
}

async function readJson(exchange: Exchange, accept: string): Promise<unknown> {
  await check(exchange, accept)
  return parseAnswer(await readText(exchange, MOST_ANSWER_CHARACTERS))
}

/** Whether a server takes this route for another, for none, or for nobody's: not that it is busy, starting or broken. */
const isOther = ({ status, headers }: Exchange, accept: string): boolean =>
  status === 200 ? typeOf(headers) !== accept : status === 501 || (status < 500 && status !== 408 && status !== 429)

const typeOf = (headers: IncomingHttpHeaders): string | undefined =>
  one(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase()

async function check(exchange: Exchange, accept: string): Promise<void> {
  await checkStatus(exchange)
  if (typeOf(exchange.headers) !== accept || !isPlain(exchange.headers)) {
    const fault = unusable('The model server answered with an unexpected content type.')
    exchange.abort(fault)
    throw fault
  }
}

const isPlain = (headers: IncomingHttpHeaders): boolean =>
  (one(headers, 'content-encoding') ?? 'identity').toLowerCase() === 'identity'

const one = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The body as text; what is beyond `most` characters ends the exchange. */
async function readText(exchange: Exchange, most: number): Promise<string> {
  const decoder = new StringDecoder('utf8')
  let text = ''
  for (let chunks = await exchange.read(); chunks; chunks = await exchange.read()) {
    for (const chunk of chunks) text += decoder.write(chunk)
    if (text.length > most) {
      const fault = unusable('The model server answered more than can be taken.')
      exchange.abort(fault)
      throw fault
    }
  }
  return text + decoder.end()
}

const LEFT = new Fault('client_closed')

/** A hand-written iterator: a generator that is closed before its first step never runs its `finally`. */
class Answering<T> implements AsyncIterableIterator<T[]> {
  readonly #exchange: Exchange
  readonly #reader: PieceReader<T>
  readonly #decoder = new StringDecoder('utf8')
  #done = false

  constructor(exchange: Exchange, reader: PieceReader<T>) {
    this.#exchange = exchange
    this.#reader = reader
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<T[]>> {
    try {
      while (!this.#done) {
        const chunks = await this.#exchange.read()
        if (chunks === undefined) {
          this.#done = true
          const deltas = [...this.#reader.push(this.#decoder.end()), ...this.#reader.end()]
          if (deltas.length > 0) return { done: false, value: deltas }
          break
        }
        let text = ''
        for (const chunk of chunks) text += this.#decoder.write(chunk)
        const deltas = this.#reader.push(text)
        if (this.#reader.over?.()) {
          this.#done = true
          deltas.push(...this.#reader.end())
          this.#exchange.leave()
        }
        if (deltas.length > 0) return { done: false, value: deltas }
      }
    } catch (error) {
      this.#done = true
      const fault = Fault.from(error)
      this.#exchange.abort(fault)
      throw fault
    }
    return { done: true, value: undefined }
  }

  return(): Promise<IteratorResult<T[]>> {
    if (!this.#done) this.#exchange.abort(LEFT)
    this.#done = true
    return Promise.resolve({ done: true, value: undefined })
  }
}
