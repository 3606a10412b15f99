// A model that changes at its server answers nobody until a person has accepted exactly what stands there now.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { json, ndjson, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const [A, B] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string]
let digest = A
let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startScripted((response, { path }) => {
    if (path === '/api/tags') return json({ models: [{ name: 'm:latest', digest }] })(response, upstream.received[0]!)
    if (path === '/api/ps')
      return json({ models: ['m:latest', 'of-nobody-here:latest'].map((name) => ({ name, size_vram: 7 })) })(
        response,
        upstream.received[0]!,
      )
    if (path === '/api/pull') return ndjson({ status: 'success' })(response, upstream.received[0]!)
    return json({ message: { role: 'assistant', content: 'fine' }, done: true })(response, upstream.received[0]!)
  })
  gateway = await startGateway({ upstreams: [{ name: 'up', kind: 'ollama', url: upstream.url }] })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const shown = async () =>
  (await (await gateway.call('/admin/v1/models/m:latest', undefined, { method: 'GET' })).json()) as object
const accept = (body: object, key?: string) =>
  gateway.call('/admin/v1/models/m:latest/accept', body, key === undefined ? {} : { key })
const call = async () => (await gateway.call('/v1/chat/completions', chat('m:latest'))).status

it('is quarantined with an alert, shown with both digests, and answers after it was accepted', async () => {
  expect(await call()).toBe(200)
  digest = B
  // The gateway itself changed the server, and looks at once.
  expect((await gateway.call('/api/pull', { model: 'm:latest', stream: false })).status).toBe(200)
  await expect.poll(shown).toMatchObject({ quarantined: true, digest: B, accepted: { digest: A } })
  expect(await call()).toBe(403)
  const alerts = await gateway.call('/admin/v1/audit?kind=alert.raised', undefined, { method: 'GET' })
  expect(await alerts.json()).toMatchObject({ items: [{ subject: 'model/m:latest', reason: 'model changed' }] })

  await gateway.call('/admin/v1/users', { name: 'dana' })
  const issued = await gateway.call('/admin/v1/keys', { owner: 'User:dana', name: 'k' })
  const { key } = (await issued.json()) as { key: string }
  expect((await accept({ digest: B, reason: 'new release' }, key)).status).toBe(403)
  // Nobody accepts what they did not look at.
  expect((await accept({ digest: A, reason: 'new release' })).status).toBe(422)
  expect(await call()).toBe(403)
  const accepted = await accept({ digest: B, reason: 'new release' })
  expect(accepted.status).toBe(200)
  expect(await accepted.json()).toMatchObject({ quarantined: false, digest: B, enforced: { values: 'stream' } })
  expect(await call()).toBe(200)
  // The log says which version answered.
  const served = '/admin/v1/audit?kind=call.finished&action=chat&outcome=served'
  await expect
    .poll(async () => (await (await gateway.call(served, undefined, { method: 'GET' })).json()) as object)
    .toMatchObject({ items: [{ model: 'm:latest', data: { digest: B } }, { data: { digest: A } }] })
  expect((await gateway.call('/v1/models/m:latest', undefined, { method: 'GET' })).status).toBe(200)
  const looks = await gateway.call('/admin/v1/audit?action=show', undefined, { method: 'GET' })
  expect(await looks.json()).toMatchObject({ items: [{ kind: 'call.finished', model: 'm:latest' }, {}] })
})

it('is told to run where it runs, and what runs beside it is not', async () => {
  const response = await gateway.call('/api/ps', undefined, { method: 'GET' })
  const { models } = (await response.json()) as { models: { name: string }[] }
  expect(models.map(({ name }) => name)).toEqual(['m:latest'])
})
