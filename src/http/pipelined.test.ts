// Several requests on one connection at once, whose answers have to leave in their order: each is asked when its turn has come.
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { raw } from '../../test/e2e/raw.ts'
import { Fault } from '../core/index.ts'
import type { Outgoing } from '../gateway/index.ts'
import { listen, type Server } from './index.ts'

let server: Server | undefined
let isAllowed = true
const asked: string[] = []
const refused: string[] = []
const refuse = ({ status, code }: Fault): Outgoing => ({ status, headers: {}, body: code })

async function serve(): Promise<number> {
  server = await listen({
    host: '127.0.0.1',
    port: 0,
    routes: [
      {
        method: 'GET',
        path: '/slow',
        async handle({ signal }) {
          asked.push('slow')
          signal.addEventListener('abort', () => asked.push('gone'))
          await new Promise((resolve) => setTimeout(resolve, 150))
          return { status: 200, headers: {}, body: 'slow answer' }
        },
      },
      {
        method: 'POST',
        path: '/act',
        async handle() {
          asked.push(isAllowed ? 'act' : 'refused')
          return isAllowed ? { status: 200, headers: {}, body: 'done' } : refuse(new Fault('key_revoked'))
        },
      },
      { method: 'POST', path: '/closed', handle: async () => refuse(new Fault('access_denied')) },
    ],
    refuse,
    refused: (reason) => refused.push(reason),
    requestId: () => 'call_1',
    limits: { bodyBytes: 1000, headerSeconds: 1, bodySeconds: 1, writeSeconds: 1 },
    report: (error) => asked.push(String(error)),
  })
  return Number(new URL(server.url).port)
}

afterEach(async () => {
  await server?.close(0)
  isAllowed = true
  asked.length = 0
  refused.length = 0
})

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
const post = (path: string) => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello`
const statuses = (text: string) => text.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9))

it('what may no longer be done when its turn comes is not done', async () => {
  const answer = raw(await serve(), get('/slow') + post('/act'), { waitMs: 500 })
  await expect.poll(() => asked).toEqual(['slow'])
  isAllowed = false
  expect(statuses((await answer).text)).toEqual(['200', '401'])
  expect(asked).toEqual(['slow', 'refused'])
})

it('are answered in their order', async () => {
  const { text } = await raw(await serve(), get('/slow') + post('/act').repeat(3) + get('/nothing'), { waitMs: 500 })
  expect(statuses(text)).toEqual(['200', '200', '200', '200', '404'])
  expect(asked).toEqual(['slow', 'act', 'act', 'act'])
})

it.each([
  ['an end that the client asked for', get('/slow').replace('host', 'connection: close\r\nhost')],
  ['an early refusal', post('/closed').replace('content-length: 5', 'transfer-encoding: chunked')],
  ['another protocol asked for', get('/slow').replace('host', 'connection: Upgrade\r\nupgrade: h2c\r\nhost')],
  ['a flaw', get('/slow').replace('host: a', 'host: a\r\nhost: b')],
])('behind %s nothing is done', async (_, first) => {
  const { text, closed } = await raw(await serve(), first + post('/act'), { waitMs: 1500 })
  expect([statuses(text)?.length, closed]).toEqual([1, true])
  expect(asked).not.toContain('act')
})

it('of a client that has gone are not done', async () => {
  const socket = connect(await serve(), '127.0.0.1', () => socket.write(get('/slow') + post('/act').repeat(3)))
  await expect.poll(() => asked).toEqual(['slow'])
  socket.destroy()
  await expect.poll(() => asked).toEqual(['slow', 'gone'])
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(asked).toEqual(['slow', 'gone'])
})

it('are a hundred at most: whoever sends more has none answered', async () => {
  const port = await serve()
  const { text, closed } = await raw(port, get('/slow') + post('/act').repeat(101), { waitMs: 1500 })
  expect([text, closed]).toEqual(['', true])
  expect(refused).toEqual(['rate_limit_exceeded'])
  expect(asked).not.toContain('act')
  expect(statuses((await raw(port, get('/slow') + post('/act').repeat(100), { waitMs: 1500 })).text)).toHaveLength(101)
})

it('a tunnel asked for behind a request does not get into its answer', async () => {
  const { text, closed } = await raw(await serve(), `${get('/slow')}CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n`, {
    waitMs: 1500,
  })
  expect([statuses(text), text.endsWith('slow answer'), closed]).toEqual([['200'], true, true])
  expect(refused).toEqual(['malformed_request'])
})
