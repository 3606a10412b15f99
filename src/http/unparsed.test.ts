// What is no HTTP, and what is HTTP that we do not speak: one answer, the end of the connection, one count. Written as
// bytes, since no client library sends any of it.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { raw } from '../../test/e2e/raw.ts'
import { selfSigned } from '../../test/upstream/certificate.ts'
import { Fault } from '../core/index.ts'
import type { Incoming, Outgoing } from '../gateway/index.ts'
import { listen, type Server, type ServerOptions } from './index.ts'

let server: Server | undefined
const refused: string[] = []
/** What routes have been asked, and how it ended. */
const asked: string[] = []
const reported: unknown[] = []

afterEach(async () => {
  await server?.close(0)
  server = undefined
  for (const list of [refused, asked, reported]) list.length = 0
})

const refuse = (fault: Fault, path: string): Outgoing => ({
  status: fault.status,
  headers: { 'content-type': 'application/json', 'x-request-id': 'call_1' },
  body: JSON.stringify({ for: path, code: fault.code, message: fault.publicMessage }),
})

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function serve(more: Partial<ServerOptions> = {}): Promise<number> {
  const reading = async (incoming: Incoming): Promise<Outgoing> => {
    try {
      const body = await incoming.body()
      asked.push(`${incoming.path} ${body.length}`)
      return { status: 200, headers: {}, body: 'read' }
    } catch (error) {
      asked.push(Fault.from(error).code)
      return refuse(Fault.from(error), incoming.path)
    }
  }
  const late = async (incoming: Incoming): Promise<Outgoing> => {
    await after(100)
    return reading(incoming)
  }
  const slow = async (): Promise<Outgoing> => {
    asked.push('slow')
    await after(200)
    return { status: 200, headers: {}, body: 'slow answer' }
  }
  async function* words() {
    for (const word of ['one ', 'two ', 'three']) {
      await after(60)
      yield word
    }
  }
  server = await listen({
    host: '127.0.0.1',
    port: 0,
    routes: [
      { method: 'POST', path: '/read', handle: reading },
      { method: 'POST', path: '/late', handle: late },
      { method: 'GET', path: '/slow', handle: slow },
      { method: 'GET', path: '/large', handle: async () => ({ status: 200, headers: {}, body: 'x'.repeat(8e6) }) },
      { method: 'GET', path: '/words', handle: async () => ({ status: 200, headers: {}, body: words() }) },
      { method: 'GET', path: '/closed', handle: async ({ path }) => refuse(new Fault('access_denied'), path) },
      { method: 'POST', path: '/closed', handle: async ({ path }) => refuse(new Fault('access_denied'), path) },
    ],
    refuse,
    refused: (reason) => refused.push(reason),
    requestId: () => 'call_plain',
    limits: { bodyBytes: 1000, headerSeconds: 0.3, bodySeconds: 1, writeSeconds: 0.3 },
    report: (error) => reported.push(error),
    ...more,
  })
  return Number(new URL(server.url).port)
}

const SECRET = 'planted-4Hs9'
const HOST = `host: ${SECRET}\r\n`
const hello = Buffer.from(`16030100c8010000c40303${'ab'.repeat(190)}`, 'hex')

describe('where no path can be known', () => {
  it.each<[string, string | Buffer]>([
    ['garbage', `${SECRET} ${SECRET}\r\n\r\n`],
    ['bytes', Buffer.from([0, 1, 2, 255, 254, 13, 10])],
    ['the hello of TLS', hello],
    ['a method that is none', `FROB /${SECRET} HTTP/1.1\r\n${HOST}\r\n`],
    ['a method in small letters', `get /${SECRET} HTTP/1.1\r\n${HOST}\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['another version', `GET /${SECRET} HTTP/3.0\r\n${HOST}\r\n`],
    ['a path with a raw byte', `GET /${SECRET}\x01 HTTP/1.1\r\n${HOST}\r\n`],
    ['CONNECT', `CONNECT ${SECRET}:443 HTTP/1.1\r\n${HOST}\r\n`],
  ])('%s: plain and minimal', async (_, bytes) => {
    const port = await serve()
    const { status, headers, body, closed, text } = await raw(port, bytes)
    expect([status, body, closed]).toEqual([400, 'Bad Request\n', true])
    expect(headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '12',
      connection: 'close',
      'x-request-id': 'call_plain',
      'cache-control': 'no-store',
    })
    expect(text).not.toContain(SECRET)
    expect(refused).toEqual(['malformed_request'])
  })

  it.each([
    ['nothing at all', ''],
    ['half a first line', 'GET /clo'],
    ['a header without end', `GET /closed HTTP/1.1\r\n${HOST}x: `],
    ['HTTP/0.9', 'GET /closed\r\n'],
  ])('408: %s', async (_, bytes) => {
    const port = await serve()
    const { status, headers, closed } = await raw(port, bytes, { waitMs: 8000 })
    expect([status, headers.connection, closed]).toEqual([408, 'close', true])
    expect(refused).toEqual(['request_timeout'])
  })

  it('a client that stops in the middle of its headers', async () => {
    const port = await serve()
    const { status, closed } = await raw(port, `GET /closed HTTP/1.1\r\n${HOST}x`, { end: true, waitMs: 3000 })
    expect([status, closed]).toEqual([400, true])
  })
})

describe('where the first line is whole, in the words of its path', () => {
  const post = `POST /read?q=${SECRET} HTTP/1.1\r\n${HOST}`
  it.each([
    ['two lengths', `${post}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`, 400, 'malformed_request'],
    ['the same length twice', `${post}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`, 400, 'malformed_request'],
    [
      'length and chunks',
      `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'malformed_request',
    ],
    ['a length below zero', `${post}content-length: -5\r\n\r\nhello`, 400, 'malformed_request'],
    ['a length beyond all numbers', `${post}content-length: ${'9'.repeat(30)}\r\n\r\nhello`, 400, 'malformed_request'],
    ['a space before the colon', `${post}content-length : 5\r\n\r\nhello`, 400, 'malformed_request'],
    ['a folded header', `${post}x: a\r\n b\r\n\r\n`, 400, 'malformed_request'],
    ['a NUL in a header', `${post}x: a\0b\r\n\r\n`, 400, 'malformed_request'],
    ['a header too large', `${post}x: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['too many headers', `${post}${'a: b\r\n'.repeat(4000)}\r\n`, 431, 'headers_too_large'],
    ['no host', 'POST /read HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello', 400, 'malformed_request'],
    ['two hosts', `${post}${HOST}content-length: 5\r\n\r\nhello`, 400, 'malformed_request'],
    ['a fragment', `POST /read#x HTTP/1.1\r\n${HOST}content-length: 5\r\n\r\nhello`, 400, 'malformed_request'],
    ['HTTP/0.9', 'POST /read\r\n\r\n', 400, 'malformed_request'],
    ['HTTP/2 in words', `POST /read HTTP/2.0\r\n${HOST}content-length: 0\r\n\r\n`, 400, 'malformed_request'],
    [
      'an expectation that cannot be met',
      `${post}expect: ${SECRET}\r\ncontent-length: 5\r\n\r\nhello`,
      417,
      'expectation_failed',
    ],
  ])('%s', async (_, bytes, status, code) => {
    const port = await serve()
    const answer = await raw(port, bytes)
    expect([answer.status, answer.headers.connection, answer.closed]).toEqual([status, 'close', true])
    expect(JSON.parse(answer.body)).toMatchObject({ for: '/read', code })
    expect(answer.text).not.toContain(SECRET)
    expect(refused).toEqual([code])
    expect(asked).toEqual([])
  })

  it('a first line too large: the beginning of the path is enough', async () => {
    const port = await serve()
    const answer = await raw(port, `GET /api/${'y'.repeat(40_000)} HTTP/1.1\r\n${HOST}\r\n`)
    expect(answer.status).toBe(431)
    expect(JSON.parse(answer.body).for).toMatch(/^\/api\/y{1,255}$/)
  })

  it.each([
    ['a method without a route', `PROPFIND /read HTTP/1.1\r\n${HOST}\r\n`],
    ['QUERY, which the framework wants a type of content for', `QUERY /read HTTP/1.1\r\n${HOST}\r\n`],
    ['OPTIONS', `OPTIONS /read HTTP/1.1\r\n${HOST}\r\n`],
    ['an origin before the path', `GET http://${SECRET}/read HTTP/1.1\r\n${HOST}\r\n`],
    ['a version of the route', `GET /read HTTP/1.1\r\n${HOST}accept-version: 1.x\r\n\r\n`],
  ])('404, and the connection goes on: %s', async (_, bytes) => {
    const port = await serve()
    const { status, body, closed } = await raw(port, bytes)
    expect([status, closed]).toEqual([404, false])
    expect(JSON.parse(body)).toEqual({ for: '/read', code: 'not_found', message: 'Not found' })
    expect(refused).toEqual(['not_found'])
  })

  it('404: a body of no type, which the framework has words for', async () => {
    const port = await serve()
    const ask = `PUT /read HTTP/1.1\r\n${HOST}content-type: ;;\r\ncontent-length: 2\r\n\r\nhi`
    const { status, body } = await raw(port, ask)
    expect([status, JSON.parse(body).code]).toEqual([404, 'not_found'])
  })

  it('HEAD has the head of it alone', async () => {
    const port = await serve()
    const { status, headers, body } = await raw(port, `HEAD /read HTTP/1.1\r\n${HOST}\r\n`)
    expect([status, headers['content-type'], body]).toEqual([404, 'application/json', ''])
  })
})

describe('a body that is no HTTP', () => {
  const post = (path: string) => `POST ${path} HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n`
  it.each([
    ['at its first chunk', [`${post('/read')}zz\r\nhello\r\n`]],
    ['at a later chunk', [`${post('/read')}5\r\nhello\r\n`, 'zz\r\n', 'hello\r\n', 'more\r\n']],
    ['in an extension', [`${post('/read')}5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`]],
    ['in its trailers', [`${post('/read')}0\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`]],
    ['before anybody reads it', [`${post('/late')}zz\r\n`]],
  ])('is told to the route that reads it, %s', async (_, pieces) => {
    const port = await serve()
    const { status, headers, body, closed } = await raw(port, pieces, { waitMs: 5000 })
    expect([status, headers.connection, closed]).toEqual([400, 'close', true])
    expect(JSON.parse(body)).toMatchObject({ code: 'malformed_request', message: expect.stringContaining('framed') })
    expect(asked).toEqual(['malformed_request'])
    expect(refused).toEqual([]) // it came to a route, which counts it
  })

  it('changes nothing for a route that never reads it', async () => {
    const port = await serve()
    const { status, closed } = await raw(port, `${post('/closed')}zz\r\n`, { waitMs: 5000 })
    expect([status, closed]).toEqual([403, true])
  })

  it('compressed on the way is refused like any compressed one', async () => {
    const port = await serve()
    const { status } = await raw(
      port,
      `POST /read HTTP/1.1\r\n${HOST}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    )
    expect(status).toBe(400)
  })

  it('that was not read ends the connection, of a GET as well', async () => {
    const port = await serve()
    const { status, closed } = await raw(port, `GET /closed HTTP/1.1\r\n${HOST}content-length: 9\r\n\r\nhi`)
    expect([status, closed]).toEqual([403, true])
  })

  it('is the end of the call when the client goes in the middle of it', async () => {
    const port = await serve()
    await raw(port, `POST /read HTTP/1.1\r\n${HOST}content-length: 9\r\n\r\nhi`, { end: true, waitMs: 3000 })
    await expect.poll(() => asked).toEqual(['client_closed'])
  })
})

describe('garbage behind a request', () => {
  it('does not cost its answer, and nothing of it is answered', async () => {
    const port = await serve()
    const { status, body, closed, text } = await raw(port, `GET /slow HTTP/1.1\r\n${HOST}\r\n${SECRET}\r\n\r\n`, {
      waitMs: 5000,
    })
    expect([status, body, closed]).toEqual([200, 'slow answer', true])
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(refused).toEqual(['malformed_request'])
  })

  it('never gets into a stream', async () => {
    const port = await serve()
    const pieces = [`GET /words HTTP/1.1\r\n${HOST}\r\n`, '', '', 'rubbish\r\n', 'rubbish\r\n', 'rubbish\r\n']
    const { body, closed } = await raw(port, pieces, { waitMs: 1500 }) // sooner than it is cut off
    expect(body).toBe('4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n')
    expect(closed).toBe(true)
    expect(refused).toEqual(['malformed_request'])
  })

  it('is refused when everything before it was answered', async () => {
    const port = await serve()
    const { text, closed } = await raw(port, [`GET /closed HTTP/1.1\r\n${HOST}\r\n`, 'rubbish\r\n\r\n'], {
      waitMs: 3000,
    })
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 400'])
    expect(closed).toBe(true)
  })

  it('counts once, however much comes', async () => {
    const port = await serve()
    await raw(
      port,
      Array.from({ length: 10 }, () => 'rubbish\r\n\r\n'),
      { waitMs: 3000 },
    )
    expect(refused).toEqual(['malformed_request'])
  })
})

describe('Expect: 100-continue', () => {
  const post = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\n${HOST}expect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`
  it('is answered when somebody reads the body', async () => {
    const port = await serve()
    const { text } = await raw(port, [post('/read', 5), 'hello'])
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200'])
    expect(asked).toEqual(['/read 5'])
  })

  it.each([
    ['nobody reads it', '/closed', 5, 403],
    ['it is too large', '/read', 5000, 413],
    ['there is no route', '/nothing', 5, 404],
  ])('is not where %s', async (_, path, length, status) => {
    const port = await serve()
    const answer = await raw(port, post(path, length))
    expect([answer.status, answer.closed]).toEqual([status, true])
  })
})

describe('connections', () => {
  it('of a client that asks and asks and reads nothing end', async () => {
    const port = await serve()
    let failed = false
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    socket.on('error', () => {
      failed = true
    })
    const requests = `GET /nothing HTTP/1.1\r\n${HOST}\r\n`.repeat(1000)
    const timer = setInterval(() => {
      if (socket.writableLength < 1e6) socket.write(requests)
    }, 5)
    await expect.poll(() => failed, { timeout: 15_000 }).toBe(true)
    clearInterval(timer)
    socket.destroy()
  })

  it('are not hurried for the next answer by the one before it', async () => {
    const port = await serve({ limits: { bodyBytes: 1000, headerSeconds: 5, bodySeconds: 1, writeSeconds: 0.1 } })
    const asks = `GET /large HTTP/1.1\r\n${HOST}\r\nGET /slow HTTP/1.1\r\n${HOST}\r\n`
    const { text } = await raw(port, asks, { waitMs: 3000 })
    expect(text.slice(-11)).toBe('slow answer')
  })

  it('stay open between requests, also behind an answer that did not leave at once', async () => {
    const port = await serve()
    const asks = `GET /nothing HTTP/1.1\r\n${HOST}\r\n`.repeat(3)
    const { text } = await raw(port, [asks, ...Array.from({ length: 30 }, () => ''), asks], { waitMs: 2000 })
    expect(text.match(/HTTP\/1\.1 404/g)).toHaveLength(6)
  })

  it('are told that the server stops, while what runs is answered', async () => {
    const port = await serve()
    const answered = raw(port, [`GET /slow HTTP/1.1\r\n${HOST}\r\n`, '', `POST /read HTTP/1.1\r\n${HOST}\r\n`], {
      waitMs: 5000,
    })
    await expect.poll(() => asked).toEqual(['slow'])
    await server?.close(5000)
    const { text, closed } = await answered
    expect(text).toContain('slow answer')
    expect(text).toContain('{"for":"/read","code":"shutting_down"')
    expect(closed).toBe(true)
  })
})

describe('TLS', () => {
  const tls = () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
    const { key, cert } = selfSigned()
    const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
    writeFileSync(files.certFile, cert)
    writeFileSync(files.keyFile, key)
    return { tls: files }
  }

  it('answers garbage within it as without', async () => {
    const port = await serve(tls())
    const answer = await raw(port, 'rubbish\r\n\r\n', { tls: true, waitMs: 3000 })
    expect([answer.status, answer.body, answer.closed]).toEqual([400, 'Bad Request\n', true])
  })

  it('waits for headers as long as without', async () => {
    const port = await serve(tls())
    const answer = await raw(port, 'GET /closed HTTP/1.1\r\n', { tls: true, waitMs: 8000 })
    expect([answer.status, answer.closed]).toEqual([408, true])
  })

  it.each<[string, string | Buffer]>([
    ['HTTP in the clear', `GET /closed HTTP/1.1\r\n${HOST}\r\n`],
    ['bytes', Buffer.from([22, 3, 1, 0, 1, 99])],
    ['silence', ''],
  ])('%s instead of it ends the connection', async (_, bytes) => {
    const port = await serve(tls())
    const { text, closed } = await raw(port, bytes, { waitMs: 8000 })
    expect(closed).toBe(true)
    expect(text).not.toContain('HTTP')
    expect(refused).toEqual(['tls'])
  })
})

it('any bytes at all: answered or cut off, nothing thrown, and the next client is served', async () => {
  const port = await serve()
  const line = fc.constantFrom(
    'GET /closed HTTP/1.1\r\n',
    'POST /read HTTP/1.1\r\n',
    'POST /read HTTP/1.0\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    'CONNECT a:1 HTTP/1.1\r\n',
    HOST,
    'content-length: 3\r\n',
    'transfer-encoding: chunked\r\n',
    'connection: close\r\n',
    'connection: upgrade\r\nupgrade: websocket\r\n',
    'expect: 100-continue\r\n',
    'expect: x\r\n',
    '\r\n',
    '3\r\nabc\r\n',
    '0\r\n\r\n',
    'zz\r\n',
    'abc',
    '\0',
    '\xff',
  )
  const bytes = fc.oneof(
    fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join(''), 'latin1')),
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      refused.length = 0
      const { text } = await raw(port, sent, { end: true, waitMs: 3000 })
      expect(text === '' || text.startsWith('HTTP/1.1 ')).toBe(true)
      expect(text).not.toContain(SECRET)
    }),
    { seed: 31, numRuns: 300 },
  )
  expect(reported).toEqual([])
  expect((await raw(port, `GET /closed HTTP/1.1\r\n${HOST}\r\n`)).status).toBe(403)
}, 60_000)
