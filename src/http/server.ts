// Sockets and routing. The framework routes and nothing more: bodies are read and answers written by our own code, so that
// what was judged is what was received. A route that is not in the table answers 404.
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Fault } from '../core/index.ts'
import type { Incoming, Outgoing } from '../gateway/index.ts'
import { readBody } from './body.ts'
import { send } from './send.ts'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  /** `/v1/models/*`: the rest of the path is the parameter `*`. */
  readonly path: string
  handle(incoming: Incoming): Promise<Outgoing>
}

export interface ServerOptions {
  routes: readonly Route[]
  /** Answers what no route takes, and what breaks before a route has it. */
  refuse: (fault: Fault, incoming: Pick<Incoming, 'path'>) => Outgoing
  host: string
  port: number
  tls?: { certFile: string; keyFile: string; clientCaFile?: string }
  limits: { bodyBytes: number; headerSeconds: number; bodySeconds: number; writeSeconds: number }
  report: (error: unknown) => void
}

export interface Server {
  /** `http://127.0.0.1:4141` */
  readonly url: string
  /** Stops accepting, lets running calls end for `graceMs`, then closes every connection. */
  close(graceMs: number): Promise<void>
}

export async function listen(options: ServerOptions): Promise<Server> {
  const app = createApp(options)
  for (const route of options.routes) {
    app.route({
      method: route.method,
      url: route.path,
      // Taken over before the framework looks at the body, which is left alone: it is read once the caller is known.
      onRequest: (request, reply) => void serve(request, reply, options, (incoming) => route.handle(incoming)),
      handler: unreachable,
    })
  }
  app.setNotFoundHandler((request, reply) =>
    serve(request, reply, options, (incoming) => Promise.resolve(options.refuse(new Fault('not_found'), incoming))),
  )
  await app.listen({ host: options.host, port: options.port, backlog: 1024 })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    async close(graceMs) {
      const closed = app.close()
      const timer = setTimeout(() => app.server.closeAllConnections(), graceMs)
      app.server.closeIdleConnections()
      await closed
      clearTimeout(timer)
    },
  }
}

const unreachable = (): never => {
  throw new Error('a request is answered before it comes to a handler')
}

function createApp(options: ServerOptions): FastifyInstance {
  const https = options.tls && {
    cert: readFileSync(options.tls.certFile),
    key: readFileSync(options.tls.keyFile),
    minVersion: 'TLSv1.2' as const,
    ...(options.tls.clientCaFile === undefined
      ? {}
      : { ca: readFileSync(options.tls.clientCaFile), requestCert: true, rejectUnauthorized: false }),
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
    http: { requestTimeout: 0, headersTimeout: options.limits.headerSeconds * 1000, keepAliveTimeout: 75_000 },
    forceCloseConnections: false,
    // Broken percent-encoding and the like: refused before any route, in the same words as an unknown route.
    frameworkErrors: (_error, request, reply) => {
      void serve(request as FastifyRequest, reply as FastifyReply, options, (incoming) =>
        Promise.resolve(options.refuse(new Fault('not_found'), incoming)),
      )
    },
  }) as FastifyInstance
  // Bodies are left alone: a body is read once the caller is known, with our own bounds.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  return app
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServerOptions,
  handle: (incoming: Incoming) => Promise<Outgoing>,
): Promise<void> {
  reply.hijack()
  const { raw: response } = reply
  const incoming = toIncoming(request, response, options)
  try {
    const outgoing = hasTwoHosts(request.raw)
      ? options.refuse(new Fault('malformed_request', { detail: 'Exactly one Host header is needed.' }), incoming)
      : await handle(incoming)
    // A body that was not read whole would be taken for the next request on this connection.
    if (!request.raw.complete && request.raw.method !== 'GET') response.setHeader('connection', 'close')
    await send(response, outgoing, options.limits.writeSeconds)
  } catch (error) {
    options.report(error)
    if (response.headersSent) response.destroy()
    else await send(response, options.refuse(Fault.from(error), incoming), options.limits.writeSeconds)
  }
}

function hasTwoHosts(request: IncomingMessage): boolean {
  let hosts = 0
  for (let i = 0; i < request.rawHeaders.length; i += 2) if (request.rawHeaders[i]?.toLowerCase() === 'host') hosts++
  return hosts > 1
}

function toIncoming(request: FastifyRequest, response: ServerResponse, options: ServerOptions): Incoming {
  const { raw } = request
  const url = raw.url ?? '/'
  const mark = url.indexOf('?')
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return {
    method: raw.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    params: request.params as Record<string, string>,
    query() {
      return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
    },
    rawHeaders: raw.rawHeaders,
    address: raw.socket.remoteAddress ?? '',
    header: (name) => {
      const value = raw.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: () => readBody(raw, options.limits.bodyBytes, options.limits.bodySeconds),
    signal: gone.signal,
  }
}
