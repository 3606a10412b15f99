// Sockets and routing. The framework routes and nothing more: bodies are read and answers written by our own code, so that
// what was judged is what was received. A route that is not in the table answers 404.
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Fault } from '../core/index.ts'
import type { Incoming, Outgoing } from '../gateway/index.ts'
import { flawOf, isLast, isUnread, toIncoming } from './incoming.ts'
import { noteBeneath, reset } from './reset.ts'
import { send } from './send.ts'
import { createUnparsed, type RefusalReason, type Unparsed } from './unparsed.ts'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  /** `/v1/models/*`: the rest of the path is the parameter `*`. */
  readonly path: string
  /** undefined: answered as if there were no such route. */
  handle(incoming: Incoming): Promise<Outgoing | undefined>
}

export interface ServerOptions {
  routes: readonly Route[]
  /** Answers what no route takes, and what breaks before a route has it, in the words that callers of this path read. */
  refuse: (fault: Fault, path: string, incoming?: Incoming) => Outgoing
  /** Counts what came to no route. It is no event: a stranger could fill the log with them. */
  refused: (reason: RefusalReason) => void
  requestId: () => string
  host: string
  port: number
  tls?: { certFile: string; keyFile: string; clientCaFile?: string }
  limits: { bodyBytes: number; headerSeconds: number; bodySeconds: number; writeSeconds: number }
  report: (error: unknown) => void
}

export interface Server {
  /** `http://127.0.0.1:4141` */
  readonly url: string
  /**
   * Stops accepting and lets running calls end for `graceMs`. `cut` then ends those that are left in the words of their
   * formats, and after a moment to read them every connection is closed.
   */
  close(graceMs: number, cut?: () => void): Promise<void>
}

/** What serving one request needs of its server. */
interface Edge extends ServerOptions {
  readonly unparsed: Unparsed
  isClosing: boolean
}

export async function listen(options: ServerOptions): Promise<Server> {
  const edge: Edge = { ...options, unparsed: createUnparsed(options), isClosing: false }
  const app = createApp(edge)
  for (const route of options.routes) {
    app.route({
      method: route.method,
      url: route.path,
      // Taken over before the framework looks at the body, which is left alone: it is read once the caller is known.
      onRequest: (request, reply) => void serve(request, reply, edge, (incoming) => route.handle(incoming)),
      handler: unreachable,
    })
  }
  await app.listen({ host: options.host, port: options.port, backlog: 1024 })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    async close(graceMs, cut) {
      edge.isClosing = true
      const closed = app.close()
      let timer = setTimeout(() => {
        cut?.()
        timer = setTimeout(() => app.server.closeAllConnections(), LAST_WORDS_MS)
      }, graceMs)
      // A client keeps its connection for what it may ask next, also behind an answer that was on its way.
      const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS)
      app.server.closeIdleConnections()
      await closed
      clearInterval(idle)
      clearTimeout(timer)
    },
  }
}

const unreachable = (): never => {
  throw new Error('a request is answered before it comes to a handler')
}

/** Milliseconds in which calls that a stop ends may say so and clients may read it. */
const LAST_WORDS_MS = 1000
const IDLE_CHECK_MS = 100

/** Milliseconds between looks for clients that are late with their headers. */
const LATE_CHECK_MS = 1000

function createApp(edge: Edge): FastifyInstance {
  const headerMs = edge.limits.headerSeconds * 1000
  const sockets = {
    headersTimeout: headerMs,
    requestTimeout: 0, // bodies have their own time, which begins when they are read
    connectionsCheckingInterval: LATE_CHECK_MS,
    requireHostHeader: false, // asked for with the other flaws, and answered as they are
  }
  const https = edge.tls && {
    ...sockets,
    handshakeTimeout: headerMs,
    cert: readFileSync(edge.tls.certFile),
    key: readFileSync(edge.tls.keyFile),
    minVersion: 'TLSv1.2' as const,
    ...(edge.tls.clientCaFile === undefined
      ? {}
      : { ca: readFileSync(edge.tls.clientCaFile), requestCert: true, rejectUnauthorized: false }),
  }
  const app = fastify({
    ...(https ? { https } : {}),
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: {
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      caseSensitive: true,
      maxParamLength: 1024,
    },
    http: sockets,
    keepAliveTimeout: 75_000,
    forceCloseConnections: false,
    return503OnClosing: false, // said by us
    clientErrorHandler: (error, socket) => edge.unparsed.onError(error, socket),
    // Broken percent-encoding and the like: refused before any route, in the same words as an unknown route.
    frameworkErrors: (_error, request, reply) => {
      void serve(request as FastifyRequest, reply as FastifyReply, edge)
    },
  }) as FastifyInstance
  // Bodies are left alone: a body is read once the caller is known, with our own bounds.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  // What no route takes is taken over as early as what one takes: the framework has words of its own about bodies.
  app.setNotFoundHandler(unreachable)
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) void serve(request, reply, edge)
    else done()
  })
  const route = (request: IncomingMessage, response: ServerResponse) => app.routing(request, response)
  app.server.on('checkContinue', route)
  app.server.on('checkExpectation', route)
  app.server.on('connect', edge.unparsed.onConnect)
  if (https) noteBeneath(app.server)
  return app
}

/** Waits for the answer to what was asked before on this connection; false if the connection ended with it. */
async function isMyTurn(socket: Socket, before: ServerResponse): Promise<boolean> {
  await new Promise((resolve) => before.once('close', resolve))
  return socket.writable
}

/** Without `handle` it is a request that no route takes. */
async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  edge: Edge,
  handle?: Route['handle'],
): Promise<void> {
  reply.hijack()
  const { raw: response } = reply
  const { raw } = request
  const { writeSeconds } = edge.limits
  const before = edge.unparsed.begins(raw, response)
  // One after the other: an answer that had to wait for another's to leave would leave after the right to it has ended, and
  // what comes behind the end of a connection is not done.
  if (before && !(await isMyTurn(raw.socket, before))) return
  const incoming = toIncoming(raw, response, request.params, edge.limits)
  const refuse = (fault: Fault): Outgoing => {
    edge.refused(fault.code)
    return edge.refuse(fault, incoming.path, incoming)
  }
  try {
    const flaw = edge.isClosing ? new Fault('shutting_down') : flawOf(raw)
    const outgoing = (!flaw && (await handle?.(incoming))) || refuse(flaw ?? new Fault('not_found'))
    if (flaw || isUnread(raw) || isLast(raw)) response.setHeader('connection', 'close')
    await send(response, outgoing, writeSeconds)
  } catch (error) {
    if (!(error instanceof Fault)) edge.report(error) // why a call ended stands in the log
    if (response.headersSent) reset(raw.socket)
    else await send(response, refuse(Fault.from(error)), writeSeconds)
  }
}
