// A model server that does exactly what a test says: records every request byte for byte, answers with given bytes in given
// pieces, and fails in every way a real one can.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { HttpKind, SendOptions } from '../../src/model/index.ts'

export const KINDS_OF_SERVER: readonly HttpKind[] = ['openai', 'vllm', 'llamacpp', 'ollama']

/** Of a call that nobody ends. */
export const SENDING: SendOptions = {
  signal: new AbortController().signal,
  session: 's',
  principal: 'p',
  bans: [],
  forbidden: () => [],
}

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Resolves when the connection of this request was closed before the answer was complete. */
  readonly closed: Promise<void>
}

/** Writes the answer to one request. */
export type Script = (response: ServerResponse, received: Received) => void | Promise<void>

export interface ScriptedUpstream {
  readonly url: string
  readonly received: readonly Received[]
  /** Of these, what is no list: the gateway asks for lists when it likes. */
  readonly calls: readonly Received[]
  /** The script for all requests from now on. */
  script: Script
  /** Answers what the gateway asks when it likes; without it, the script does. */
  lists?: Script
  /** Resolves with the next call. */
  next(): Promise<Received>
  readonly sockets: ReadonlySet<Socket>
  close(): Promise<void>
}

export async function startScripted(script: Script): Promise<ScriptedUpstream> {
  const received: Received[] = []
  const calls: Received[] = []
  const waiting: ((request: Received) => void)[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const one: Received = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(pieces).toString('utf8'),
        closed: new Promise((resolve) => {
          response.once('close', () => {
            if (!response.writableFinished) resolve()
          })
        }),
      }
      received.push(one)
      if (one.method !== 'GET') {
        calls.push(one)
        waiting.shift()?.(one)
      }
      void (one.method === 'GET' && upstream.lists ? upstream.lists : upstream.script)(response, one)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy()) // a client that breaks off is part of what is tested
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    calls,
    script,
    sockets,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return upstream
}

/** A whole JSON answer. */
export const json =
  (value: unknown, status = 200): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }

/** Bytes in pieces, each in its own write and turn, then the end. */
export const pieces =
  (type: string, parts: readonly (string | Buffer)[], status = 200): Script =>
  async (response) => {
    response.writeHead(status, { 'content-type': type })
    for (const part of parts) {
      if (response.destroyed) return
      response.write(part)
      await turn()
    }
    response.end()
  }

export const sse = (...events: unknown[]): Script =>
  pieces(
    'text/event-stream',
    events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`),
  )

export const ndjson = (...lines: unknown[]): Script =>
  pieces(
    'application/x-ndjson',
    lines.map((line) => `${JSON.stringify(line)}\n`),
  )

/** Headers and pieces as in `pieces`, then the connection is torn down instead of ended. */
export const breaksAfter =
  (type: string, parts: readonly string[]): Script =>
  async (response) => {
    response.writeHead(200, { 'content-type': type })
    for (const part of parts) {
      response.write(part)
      await turn()
    }
    response.destroy()
  }

/** Takes the request and never says anything. */
export const silent: Script = () => {}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A chat stream as OpenAI, vLLM and llama.cpp write it. */
export function chatChunks(texts: readonly string[], usage = { prompt_tokens: 3, completion_tokens: 5 }): unknown[] {
  const chunk = (delta: object, finish: string | null = null) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1700000000,
    model: 'upstream-name',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })
  return [
    chunk({ role: 'assistant', content: '' }),
    ...texts.map((text) => chunk({ content: text })),
    chunk({}, 'stop'),
    { ...chunk({}), choices: [], usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } },
    '[DONE]',
  ]
}
