// The edge of the real gateway, spoken to in bytes: what is refused there is refused in the words of those who call such a
// path, counted, and neither logged nor an event: a stranger can send as much of it as they like.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseExposition } from '../generators/exposition.ts'
import { startGateway, type TestGateway } from './harness.ts'
import { type RawAnswer, raw } from './raw.ts'

let gateway: TestGateway
let port: number
beforeAll(async () => {
  gateway = await startGateway({ limits: { headerSeconds: 1 } })
  port = Number(new URL(gateway.url).port)
})
afterAll(() => gateway.close())

const SECRET = 'planted-9Kd3-secret'
const ID = /^call_[0-9a-z]{26}$/

/** Every format says it in its own way; all of them under the same id in the header. */
const FORMATS: readonly [
  format: string,
  path: string,
  check: (answer: RawAnswer, code: string, text: string) => void,
][] = [
  [
    'OpenAI',
    '/v1/chat/completions',
    ({ body }, code, text) =>
      expect(JSON.parse(body)).toEqual({
        error: { message: text, type: 'invalid_request_error', param: null, code },
      }),
  ],
  [
    'Anthropic',
    '/v1/messages',
    ({ body, headers }, code, text) =>
      expect(JSON.parse(body)).toEqual({
        type: 'error',
        error: { type: code === 'not_found' ? 'not_found_error' : 'invalid_request_error', message: text },
        request_id: headers['x-request-id'],
      }),
  ],
  ['Ollama', '/api/chat', ({ body }, _code, text) => expect(JSON.parse(body)).toEqual({ error: text })],
  ...['/admin/v1/keys', '/admin/v9', '/hooks/in/x', '/access/v1/x', '/metrics', '/readyz', '/.well-known/x'].map(
    (path): [string, string, (answer: RawAnswer, code: string, text: string) => void] => [
      'the admin API',
      path,
      ({ body, headers, status }, code, text) => {
        expect(headers['content-type']).toBe('application/problem+json')
        expect(JSON.parse(body)).toMatchObject({
          type: `urn:sallyport:error:${code}`,
          status,
          code,
          detail: text,
          instance: headers['x-request-id'],
        })
      },
    ],
  ),
]

const HOST = `host: ${SECRET}\r\nconnection: close\r\nauthorization: Bearer ${SECRET}\r\n`
const FLAWS: readonly [flaw: string, status: number, code: string, text: string, bytes: (path: string) => string][] = [
  ['a method without a route', 404, 'not_found', 'Not found', (path) => `PROPFIND ${path} HTTP/1.1\r\n${HOST}\r\n`],
  ['OPTIONS', 404, 'not_found', 'Not found', (path) => `OPTIONS ${path}?${SECRET} HTTP/1.1\r\n${HOST}\r\n`],
  [
    'a path that cannot be decoded',
    404,
    'not_found',
    'Not found',
    (path) => `POST ${path}/%zz HTTP/1.1\r\n${HOST}content-length: 0\r\n\r\n`,
  ],
  [
    'two hosts',
    400,
    'malformed_request',
    'Exactly one Host header is needed.',
    (path) => `POST ${path} HTTP/1.1\r\n${HOST}host: b\r\n\r\n`,
  ],
  [
    'two lengths',
    400,
    'malformed_request',
    'The length of the body has to be given once, as HTTP/1.1 has it.',
    (path) => `POST ${path} HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 2\r\n\r\na`,
  ],
  [
    'headers too large',
    431,
    'headers_too_large',
    'The headers are too large',
    (path) => `POST ${path} HTTP/1.1\r\n${HOST}cookie: ${SECRET.repeat(2000)}\r\n\r\n`,
  ],
  [
    'an expectation that cannot be met',
    417,
    'expectation_failed',
    'Expect takes nothing but 100-continue.',
    (path) => `POST ${path} HTTP/1.1\r\n${HOST}expect: ${SECRET}\r\ncontent-length: 1\r\n\r\na`,
  ],
]

/** Who calls models is told where; nothing of what came is repeated. */
function textOf(path: string, sent: string, text: string): string {
  if (text !== 'Not found' || !/^\/(v1|api)\//.test(path)) return text
  return sent.includes('%zz')
    ? expect.stringMatching(/^Not found\. Served here are /)
    : `Not found. Did you mean POST ${path}?`
}

describe.each(FORMATS)('in the words of %s: %s', (_format, path, check) => {
  it.each(FLAWS)('%s', async (_flaw, status, code, text, bytes) => {
    const answer = await raw(port, bytes(path))
    expect(answer.status).toBe(status)
    check(answer, code, textOf(path, bytes(path), text))
    expect(answer.headers['x-request-id']).toMatch(ID)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.text).not.toContain(SECRET)
    expect(answer.text).not.toMatch(/fastify|FST_|HPE_|node_modules|\n {4}at /i)
  })
})

it('a broken body is the end of a call like any other: in its words, and in the log', async () => {
  const head = `host: a\r\nauthorization: Bearer ${gateway.key}\r\ntransfer-encoding: chunked\r\n\r\n`
  const { status, body, headers } = await raw(port, `POST /api/chat HTTP/1.1\r\n${head}zz\r\n${SECRET}`, {
    waitMs: 5000,
  })
  expect([status, JSON.parse(body)]).toEqual([400, { error: 'The request body is not framed as HTTP/1.1 has it.' }])
  const log = async () => (await gateway.call('/admin/v1/audit?limit=20', undefined, { method: 'GET' })).text()
  await expect.poll(log).toContain(headers['x-request-id'])
  const text = await log()
  expect(text).toContain('"reason":"malformed_request"')
  expect(text).not.toContain(SECRET)
})

describe('a flood', () => {
  const numbers = async () => {
    const response = await gateway.call('/metrics', {}, { method: 'GET' })
    return parseExposition(await response.text()).samples
  }
  const refusals = async (reason: string): Promise<number> =>
    (await numbers()).find(({ name, labels }) => name === 'sallyport_edge_refusals_total' && labels.reason === reason)
      ?.value ?? 0
  const events = async (): Promise<number> =>
    (await numbers()).find(({ name }) => name === 'sallyport_audit_events_total')?.value ?? Number.NaN

  it('of garbage is counted and writes no events', async () => {
    const [before, written] = [await refusals('malformed_request'), await events()]
    for (let i = 0; i < 50; i++) await raw(port, `${SECRET}\r\n\r\n`)
    expect(await refusals('malformed_request')).toBe(before + 50)
    expect(await events()).toBe(written)
  })

  it('of unknown paths is counted and writes no events', async () => {
    const [before, written] = [await refusals('not_found'), await events()]
    const { text } = await raw(port, `GET /${SECRET} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(50))
    expect(text.match(/HTTP\/1\.1 404/g)).toHaveLength(50)
    expect(await refusals('not_found')).toBe(before + 50)
    expect(await events()).toBe(written)
  })

  it('labels nothing with what was sent', async () => {
    const text = await (await gateway.call('/metrics', {}, { method: 'GET' })).text()
    expect(text).toContain('sallyport_edge_refusals_total{reason="headers_too_large"}')
    expect(text).not.toContain(SECRET)
  })
})
