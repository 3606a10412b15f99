// Default deny, for every route there is: the list comes from the routers' own tables, so a new route is in it by itself.
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASE, ROUTES } from '../../src/admin/contract.ts'
import { DATA_ROUTES } from '../../src/gateway/index.ts'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { startGateway, type TestGateway } from './harness.ts'

/** What every route is asked with: enough for any format to be understood as a call to the model `m`. */
const BODY = {
  model: 'm',
  name: 'm',
  max_tokens: 5,
  messages: [{ role: 'user', content: 'hello' }],
  prompt: 'hello',
  input: 'hello',
}

interface Asked {
  method: string
  path: string
}

const ALL: Asked[] = [
  ...DATA_ROUTES.map(({ method, path }) => ({ method, path: path.replace('*', 'm') })),
  ...Object.values(ROUTES).map(({ method, path }) => ({ method, path: BASE + path.replace(/\{[^}]+\}/g, 'x') })),
  { method: 'POST', path: '/hooks/in/x' },
  ...['/metrics', '/healthz', '/readyz'].map((path) => ({ method: 'GET', path })),
]

const bundle = (rules: string): string => {
  const folder = join(mkdtempSync(join(tmpdir(), 'sallyport-bundle-')), 'policies')
  mkdirSync(folder)
  copyFileSync('policies/schema.cedarschema', join(folder, 'schema.cedarschema'))
  writeFileSync(join(folder, 'rules.cedar'), rules)
  return folder
}

const CASES = [
  ['an empty bundle', ''],
  [
    'a rule that forbids everything over one that permits everything',
    '@id("all") @why("everything")\npermit (principal, action, resource);\n@id("none") @why("nothing")\nforbid (principal, action, resource);',
  ],
] as const

describe.each(CASES)('with %s', (_, rules) => {
  let gateway: TestGateway
  let upstream: ScriptedUpstream

  beforeAll(async () => {
    upstream = await startScripted(json({ object: 'list', data: [] }))
    gateway = await startGateway({
      policies: bundle(rules),
      upstreams: [{ name: 'up', url: upstream.url }],
      models: [{ name: 'm', upstream: 'up' }],
    })
  })
  afterAll(async () => {
    await gateway.close()
    await upstream.close()
  })

  const ask = ({ method, path }: Asked, key: string | undefined, body: unknown = BODY) =>
    fetch(`${gateway.url}${path}`, {
      method,
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), 'content-type': 'application/json' },
      ...(method === 'GET' || method === 'DELETE'
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })

  it('no route answers a stranger', async () => {
    for (const route of ALL) expect((await ask(route, undefined)).status, `${route.method} ${route.path}`).toBe(401)
  })

  it('no route does anything for a valid key, whatever the body', async () => {
    for (const route of ALL)
      for (const body of [BODY, {}, '', '{']) {
        const { status } = await ask(route, gateway.key, body)
        expect([401, 403, 404], `${route.method} ${route.path} ${JSON.stringify(body)}: ${status}`).toContain(status)
      }
  })

  it('nothing reached the model server but the look at its list', () => {
    expect(upstream.received.filter(({ method, path }) => method !== 'GET' || path !== '/v1/models')).toEqual([])
  })
})
