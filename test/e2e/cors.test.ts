// Web pages that call the gateway: what a browser is told before and after, in bytes. Only keys that name an origin open it,
// only for their own answers, and nothing of the admin API is ever open to a page.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATA_ROUTES } from '../../src/gateway/index.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'
import { raw } from './raw.ts'

const PAGE = 'https://app.example'
const OTHER = 'chrome-extension://abcdef'
const CALL = '/v1/chat/completions'
const CORS = /^access-control-/

let gateway: TestGateway
let port: number
let paged: { id: string; secret: string }
let other: string
beforeAll(async () => {
  gateway = await startGateway()
  port = Number(new URL(gateway.url).port)
  paged = await issue('paged', PAGE)
  other = (await issue('other', OTHER)).secret
})
afterAll(() => gateway.close())

async function issue(name: string, origin: string): Promise<{ id: string; secret: string }> {
  const answer = await gateway.call('/admin/v1/keys', { owner: 'User:admin', name, origins: [origin] })
  expect(answer.status).toBe(201)
  const body = (await answer.json()) as { id: string; key: string }
  return { id: body.id, secret: body.key }
}

const said = (stream = false) => chat('sallyport-demo', { max_tokens: 2, stream })
const corsOf = (headers: Headers) => [...headers.keys()].filter((name) => CORS.test(name))

/** As a browser asks; `extra` replaces its headers. */
const preflight = (path: string, extra: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, {
    method: 'OPTIONS',
    headers: { origin: PAGE, 'access-control-request-method': 'POST', ...extra },
  })

describe('before a call', () => {
  it('is answered for an origin that a key names, for methods of the path, without a wildcard or cookies', async () => {
    const asked = await preflight(CALL, { 'access-control-request-headers': 'authorization,content-type' })
    expect([asked.status, await asked.text()]).toEqual([200, ''])
    const { headers } = asked
    expect(headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(headers.get('access-control-allow-methods')).toBe('POST')
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type')
    expect(headers.get('vary')).toContain('origin')
    expect(headers.has('access-control-allow-credentials')).toBe(false)
    expect(headers.has('x-request-id')).toBe(false)
  })

  it('is answered on every route of the data plane', async () => {
    for (const { method, path } of DATA_ROUTES) {
      const asked = await preflight(path.replace('*', 'x'), { 'access-control-request-method': method })
      expect([path, asked.status]).toEqual([path, 200])
    }
  })

  it.each([
    ['another origin', 'https://evil.example'],
    ['no real origin', 'null'],
    ['a wildcard', '*'],
    ['a longer host', `${PAGE}.evil.example`],
    ['a host in front', 'https://evilapp.example'],
    ['a host below', 'https://x.app.example'],
    ['another scheme', 'http://app.example'],
    ['another port', `${PAGE}:8443`],
    ['another case', 'https://APP.example'],
    ['a path', `${PAGE}/`],
    ['two', `${PAGE}, ${PAGE}`],
  ])('is no route for %s', async (_what, origin) => {
    const asked = await preflight(CALL, { origin })
    expect([asked.status, corsOf(asked.headers)]).toEqual([404, []])
  })

  it('is no route where it is not as browsers ask', async () => {
    const host = `host: 127.0.0.1:${port}\r\nconnection: close`
    const lines = [
      `access-control-request-method: POST`, // without an origin
      `origin: ${PAGE}`,
      `origin: ${PAGE}\r\norigin: ${PAGE}\r\naccess-control-request-method: POST`,
      `origin: ${PAGE}\r\naccess-control-request-method: DELETE`,
      `origin: ${PAGE}\r\naccess-control-request-method: post`,
      `origin: ${PAGE}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: *`,
      `origin: ${PAGE}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: ${'a,'.repeat(70)}a`,
    ]
    for (const line of lines) {
      const { status, headers } = await raw(port, `OPTIONS ${CALL} HTTP/1.1\r\n${host}\r\n${line}\r\n\r\n`)
      expect([line, status, Object.keys(headers).filter((name) => CORS.test(name))]).toEqual([line, 404, []])
    }
  })

  it.each(['/admin/v1/keys', '/access/v1/evaluation', '/metrics', '/healthz', '/hooks/in/x', '/v1/none', '*'])(
    'is no route for %s',
    async (path) => {
      const { status, headers } = await raw(
        port,
        `OPTIONS ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: ${PAGE}\r\naccess-control-request-method: POST\r\n\r\n`,
      )
      expect([status, Object.keys(headers).filter((name) => CORS.test(name))]).toEqual([404, []])
    },
  )

  it('ends with the last key that names the origin', async () => {
    const origin = 'https://short.example'
    const ask = async () => (await preflight(CALL, { origin })).status
    const [one, two] = [await issue('one', origin), await issue('two', origin)]
    const act = async (id: string, what: string) => {
      const done = await gateway.call(`/admin/v1/keys/${id}/${what}`, { reason: 'test' })
      expect(done.status).toBe(200)
    }
    expect(await ask()).toBe(200)
    await act(one.id, 'revoke')
    expect(await ask()).toBe(200)
    await act(two.id, 'suspend')
    expect(await ask()).toBe(404)
    await act(two.id, 'resume')
    expect(await ask()).toBe(200)
    await act(two.id, 'revoke')
    expect(await ask()).toBe(404)
  })
})

describe('an answer', () => {
  const call = (origin: string | undefined, key: string, body: unknown = said()) =>
    gateway.call(CALL, body, { key, headers: origin === undefined ? {} : { origin } })

  it('may be read by the origin that its key names, refusals and streams included', async () => {
    for (const body of [said(), said(true), chat('none'), '{'])
      for (const { headers } of [await call(PAGE, paged.secret, body)]) {
        expect(headers.get('access-control-allow-origin')).toBe(PAGE)
        expect(headers.get('vary')).toBe('origin')
        expect(headers.get('access-control-expose-headers')).toContain('x-sallyport-decision')
        expect(headers.has('access-control-allow-credentials')).toBe(false)
      }
    const list = await gateway.call('/v1/models', undefined, {
      method: 'GET',
      key: paged.secret,
      headers: { origin: PAGE },
    })
    expect([list.status, list.headers.get('access-control-allow-origin')]).toEqual([200, PAGE])
  })

  it.each([
    ['no origin', () => call(undefined, paged.secret), 403],
    ['an origin of another key', () => call(OTHER, paged.secret), 403],
    ['an origin of one key with another', () => call(PAGE, other), 403],
    ['no real origin', () => call('null', paged.secret), 403],
    ['two origins', () => call(`${PAGE}, ${PAGE}`, paged.secret), 403],
    ['a key without origins', () => call(PAGE, gateway.key), 200],
    ['a wrong key', () => call(PAGE, `${paged.secret.slice(0, -1)}x`), 401],
    ['no key', () => call(PAGE, ''), 401],
  ])('may not be read with %s', async (_what, ask, status) => {
    const { status: got, headers } = await ask()
    expect([got, corsOf(headers)]).toEqual([status, []])
  })

  it('of the admin API may never be read', async () => {
    const asked = await gateway.call('/admin/v1/whoami', undefined, {
      method: 'GET',
      key: paged.secret,
      headers: { origin: PAGE },
    })
    expect([asked.status, corsOf(asked.headers)]).toEqual([200, []])
  })

  it('says why a key of this origin works no longer', async () => {
    const gone = await issue('gone', PAGE)
    await gateway.call(`/admin/v1/keys/${gone.id}/revoke`, { reason: 'test' })
    const { status, headers } = await call(PAGE, gone.secret)
    expect([status, headers.get('access-control-allow-origin')]).toEqual([401, PAGE])
  })
})
