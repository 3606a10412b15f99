// The edge, spoken to in raw bytes: what is not plain HTTP is refused, and nothing of it reaches a route.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { raw as sendRaw } from '../../test/e2e/raw.ts'
import { selfSigned } from '../../test/upstream/certificate.ts'
import { Fault } from '../core/index.ts'
import type { Incoming, Outgoing } from '../gateway/index.ts'
import { listen, type Route, type Server } from './index.ts'

let server: Server | undefined
const seen: string[] = []
const refused: string[] = []

const refuse = (fault: Fault): Outgoing => ({
  status: fault.status,
  headers: { 'content-type': 'text/plain' },
  body: fault.code,
})

async function serve(
  extra: Route[] = [],
  limits: Partial<Parameters<typeof listen>[0]['limits']> = {},
  more: Partial<Parameters<typeof listen>[0]> = {},
): Promise<number> {
  const echo = async (incoming: Incoming): Promise<Outgoing> => {
    try {
      const body = await incoming.body()
      seen.push(`${incoming.path} ${body.length}`)
      return { status: 200, headers: {}, body: body.toString() }
    } catch (error) {
      return refuse(Fault.from(error))
    }
  }
  server = await listen({
    host: '127.0.0.1',
    port: 0,
    routes: [
      { method: 'POST', path: '/echo', handle: echo },
      {
        method: 'GET',
        path: '/models/*',
        handle: async ({ params }) => ({ status: 200, headers: {}, body: params['*'] ?? '' }),
      },
      ...extra,
    ],
    refuse,
    refused: (reason) => refused.push(reason),
    requestId: () => 'call_1',
    limits: { bodyBytes: 1000, headerSeconds: 1, bodySeconds: 1, writeSeconds: 1, ...limits },
    report: () => {},
    ...more,
  })
  return Number(new URL(server.url).port)
}

function tls() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
  const { key, cert } = selfSigned()
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  writeFileSync(files.certFile, cert)
  writeFileSync(files.keyFile, key)
  return { tls: files }
}

afterEach(async () => {
  await server?.close(0)
  server = undefined
  seen.length = 0
  refused.length = 0
})

const raw = async (port: number, bytes: string, waitMs = 300) => (await sendRaw(port, bytes, { waitMs })).text

const status = (answer: string): string => answer.slice(9, 12)

describe('requests', () => {
  it('reach their route with the exact body', async () => {
    const port = await serve()
    const answer = await raw(port, 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello')
    expect(status(answer)).toBe('200')
    expect(answer).toContain('hello')
    expect(answer).toContain('cache-control: no-store')
  })

  it('keep slashes and percent signs of a model name', async () => {
    const port = await serve()
    expect(await raw(port, 'GET /models/Qwen/Qwen3:0.6b HTTP/1.1\r\nhost: a\r\n\r\n')).toContain('Qwen/Qwen3:0.6b')
    expect(await raw(port, 'GET /models/a%2Fb HTTP/1.1\r\nhost: a\r\n\r\n')).toContain('a/b')
  })

  it.each([
    ['an unknown path', 'GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a known path with another method', 'GET /echo HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a path in other letters', 'POST /ECHO HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
    ['a path with a second slash', 'POST //echo HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
    ['a path with a slash at the end', 'POST /echo/ HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
    ['a path that climbs', 'POST /x/../echo HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
    ['broken percent-encoding', 'GET /%zz HTTP/1.1\r\nhost: a\r\n\r\n'],
  ])('404: %s', async (_, text) => {
    const port = await serve()
    expect(status(await raw(port, text))).toBe('404')
    expect(seen).toEqual([])
  })

  it.each([
    ['two hosts', 'POST /echo HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: 0\r\n\r\n'],
    [
      'length and chunks',
      'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello'],
    ['a space before the colon', 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length : 5\r\n\r\nhello'],
    ['a compressed body', 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello'],
    ['a header without end', `GET /models/a HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
  ])('refused: %s', async (_, text) => {
    const port = await serve()
    expect(status(await raw(port, text))).toMatch(/^4\d\d$/)
    expect(seen).toEqual([])
  })
})

describe('bodies', () => {
  it('413 from the declared length alone, before anything is read', async () => {
    const port = await serve()
    const answer = await raw(port, 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n')
    expect(status(answer)).toBe('413')
    expect(answer).toContain('connection: close')
  })

  it('413 when chunks add up', async () => {
    const port = await serve()
    const chunk = `320\r\n${'x'.repeat(0x320)}\r\n`
    const head = 'POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
    const answer = await raw(port, head + chunk + chunk)
    expect(status(answer)).toBe('413')
    expect(answer).toContain('connection: close')
  })

  it('reads a body whose coding is none, in any letters', async () => {
    const port = await serve()
    const head = 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-encoding: Identity\r\ncontent-length: 5\r\n\r\n'
    expect(status(await raw(port, `${head}hello`))).toBe('200')
  })

  it('400 when a body does not come in time', async () => {
    const port = await serve([], { bodySeconds: 0.1 })
    const answer = await raw(port, 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe', 600)
    expect(status(answer)).toBe('400')
  })
})

describe('streams', () => {
  const endless = (cut?: AbortSignal, ended?: () => void): Route => ({
    method: 'GET',
    path: '/endless',
    handle: async () => ({
      status: 200,
      headers: {},
      ...(cut ? { cut } : {}),
      body: {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false as const, value: 'x'.repeat(65_536) }),
          return: async () => {
            ended?.()
            return { done: true as const, value: undefined }
          },
        }),
      },
    }),
  })

  /** A client that asks and then reads nothing. */
  const stalled = (port: number) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /endless HTTP/1.1\r\nhost: a\r\n\r\n'))
    socket.pause()
    socket.on('error', () => {})
    return socket
  }

  it('end when the client reads nothing for too long', async () => {
    let ended = false
    const port = await serve([endless(undefined, () => (ended = true))], { writeSeconds: 0.2 })
    const socket = stalled(port)
    await expect.poll(() => ended, { timeout: 5000 }).toBe(true)
    socket.destroy()
  })

  it('are reset, not finished, when the permission ends while bytes wait', async () => {
    const cut = new AbortController()
    let ended = false
    const port = await serve([endless(cut.signal, () => (ended = true))], { writeSeconds: 60 })
    const socket = stalled(port)
    await new Promise((resolve) => setTimeout(resolve, 200))
    cut.abort()
    await expect.poll(() => ended, { timeout: 5000 }).toBe(true)
    socket.destroy()
  })

  it('are reset as soon as bytes have to wait whose permission has ended', async () => {
    let ended = false
    const port = await serve([endless(AbortSignal.abort(), () => (ended = true))], { writeSeconds: 60 })
    const socket = stalled(port)
    await expect.poll(() => ended, { timeout: 5000 }).toBe(true)
    socket.destroy()
  })

  it.each(['in the clear', 'over TLS'])('are not delivered any further when the permission ends, %s', async (how) => {
    const cut = new AbortController()
    let ended = false
    const secure = how === 'over TLS'
    const port = await serve([endless(cut.signal, () => (ended = true))], { writeSeconds: 60 }, secure ? tls() : {})
    const ask = () => socket.write('GET /endless HTTP/1.1\r\nhost: a\r\n\r\n')
    const socket = secure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, ask)
      : connect(port, '127.0.0.1', ask)
    socket.pause()
    let failed = false
    socket.on('error', () => (failed = true))
    await new Promise((resolve) => setTimeout(resolve, 300)) // until the buffers of both sides are full
    cut.abort()
    await expect.poll(() => ended, { timeout: 5000 }).toBe(true)
    let got = 0
    socket.on('data', (piece) => {
      got += piece.length
    })
    socket.resume()
    await expect.poll(() => failed, { timeout: 5000 }).toBe(true)
    expect(got).toBeLessThan(1_000_000) // what had come to the client's side by then
  })

  const streamOf = (next: () => Promise<IteratorResult<string>>, release?: () => Promise<void>): Route => ({
    method: 'GET',
    path: '/stream',
    handle: async () => ({
      status: 200,
      headers: {},
      body: {
        [Symbol.asyncIterator]: () => ({
          next,
          return: async () => {
            await release?.()
            return { done: true as const, value: undefined }
          },
        }),
      },
    }),
  })
  const twice = (end: () => IteratorResult<string>) => {
    let asked = 0
    return async () => {
      if (asked++ === 0) return { done: false as const, value: 'word' }
      await new Promise((resolve) => setTimeout(resolve, 50))
      return end()
    }
  }

  it('that break in the making are cut off, not finished', async () => {
    const broken = twice(() => {
      throw new Error('broken')
    })
    const port = await serve([streamOf(broken)])
    const answer = await raw(port, 'GET /stream HTTP/1.1\r\nhost: a\r\n\r\n', 2000)
    expect(answer).toContain('word')
    expect(answer).not.toContain('\r\n0\r\n')
  })

  it('that are complete end at once, whatever is released after them', async () => {
    const never = () => new Promise<void>(() => {})
    const port = await serve([
      streamOf(
        twice(() => ({ done: true, value: undefined })),
        never,
      ),
    ])
    const answer = await raw(port, 'GET /stream HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 2000)
    expect(answer).toContain('\r\n0\r\n')
  })

  const pieces = (...texts: string[]) => {
    const rest = texts.values()
    return async (): Promise<IteratorResult<string>> => {
      const { value } = rest.next()
      return value === undefined ? { done: true, value: undefined } : { done: false, value }
    }
  }
  const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)

  it('are chunks of as many bytes as they say; an empty piece does not end them, nor does their end the connection', async () => {
    const port = await serve([streamOf(pieces('a', '', 'für 10 €', '\r\n0\r\n\r\n', 'z'.repeat(300)))])
    const ask = 'GET /stream HTTP/1.1\r\nhost: a\r\n\r\n'
    const answer = Buffer.from(await raw(port, ask + ask.replace('stream', 'models/x')), 'latin1').toString()
    expect(answer).toContain('\r\nTransfer-Encoding: chunked\r\n')
    const chunks = `1\r\na\r\nb\r\nfür 10 €\r\n7\r\n\r\n0\r\n\r\n\r\n12c\r\n${'z'.repeat(300)}\r\n0\r\n\r\n`
    expect(bodyOf(answer)).toMatch(new RegExp(`^${chunks}HTTP/1.1 200 OK\r\n`))
    expect(answer).toMatch(/\r\n\r\nx$/)
  })

  it('are not chunked for a client of HTTP/1.0, whose connection ends with them', async () => {
    const port = await serve([streamOf(pieces('one ', 'two'))])
    const answer = await raw(port, 'GET /stream HTTP/1.0\r\nhost: a\r\n\r\n', 2000)
    expect(answer).not.toContain('Transfer-Encoding')
    expect(bodyOf(answer)).toBe('one two')
  })

  it('end when the client goes away', async () => {
    let ended = false
    const port = await serve([endless(undefined, () => (ended = true))], { writeSeconds: 60 })
    const socket = stalled(port)
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
    await expect.poll(() => ended, { timeout: 5000 }).toBe(true)
  })
})

it('lets what runs end, then has it cut in its own words, and keeps no connection that waits for nothing', async () => {
  const cut = new AbortController()
  const words = async function* () {
    yield 'begun '
    await new Promise((resolve) => cut.signal.addEventListener('abort', resolve))
    yield 'cut'
  }
  const running = async () => ({ status: 200, headers: {}, body: words() })
  const port = await serve([{ method: 'GET', path: '/running', handle: running }])
  const answered = sendRaw(port, ['GET /running HTTP/1.1\r\nHost: x\r\n\r\n'], { waitMs: 5000 })
  const old = sendRaw(port, ['GET /running HTTP/1.0\r\n\r\n'], { waitMs: 5000 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await server?.close(20, () => cut.abort())
  const { text, closed } = await answered
  expect(text).toContain('begun ')
  expect(text).toMatch(/cut\r\n0\r\n\r\n$/)
  expect(closed).toBe(true)
  expect((await old).text).toMatch(/begun cut$/)
})

it('a call that cannot be cut does not hold up a stop', async () => {
  const silent = async function* () {
    yield 'begun '
    await new Promise(() => {})
  }
  const running = async () => ({ status: 200, headers: {}, body: silent() })
  const port = await serve([{ method: 'GET', path: '/running', handle: running }])
  const answered = sendRaw(port, ['GET /running HTTP/1.1\r\nHost: x\r\n\r\n'], { waitMs: 5000 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await server?.close(0, () => {})
  expect((await answered).text).not.toMatch(/0\r\n\r\n$/)
})
