// Whoever has no credential and does not stop asking: refused each time, counted each time, and hardly a line in the log.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chat, startGateway, type TestGateway } from './harness.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const TIMES = 120
/** Of each address and reason, as events of their own. */
const FEW = 100
const statuses = async (ask: () => Promise<Response>) => {
  const seen = new Set<number>()
  for (let i = 0; i < TIMES; i++) seen.add((await ask()).status)
  return [...seen]
}
const events = async (kind: string) => {
  const all: { principal?: string; reason?: string }[] = []
  for (let cursor = ''; ; ) {
    const path = `/admin/v1/audit?limit=200&kind=${kind}${cursor}`
    const response = await gateway.call(path, undefined, { method: 'GET' })
    const { items, next } = (await response.json()) as { items: typeof all; next?: string }
    all.push(...items)
    if (next === undefined) return all.filter(({ principal }) => principal === undefined)
    cursor = `&cursor=${next}`
  }
}

it('writes few of the refusals on every side, and shows all of them as numbers', async () => {
  const wrong = { key: 'spk_wrong' }
  const hook = {
    'webhook-id': 'a',
    'webhook-timestamp': '1',
    'webhook-signature': 'v1,a',
    'content-length': '99999999',
  }
  expect(await statuses(() => gateway.call('/v1/chat/completions', chat('m'), wrong))).toEqual([401])
  expect(await statuses(() => gateway.call('/v1/models', undefined, { ...wrong, method: 'GET' }))).toEqual([401])
  const two = { ...wrong, headers: { 'x-api-key': 'another' } }
  expect(await statuses(() => gateway.call('/v1/messages', chat('m'), two))).toEqual([400])
  expect(await statuses(() => gateway.call('/admin/v1/users', undefined, { ...wrong, method: 'GET' }))).toEqual([401])
  expect(await statuses(() => fetch(`${gateway.url}/metrics`))).toEqual([401])
  expect(
    await statuses(() =>
      fetch(`${gateway.url}/hooks/in/none`, { method: 'POST', headers: { ...hook, 'content-length': '0' } }),
    ),
  ).toEqual([401])

  expect(await events('call.finished')).toHaveLength(2 * FEW) // for a wrong key, and for two
  expect(await events('admin.refused')).toHaveLength(3 * FEW) // at each door
  const numbers = await (await gateway.call('/metrics', undefined, { method: 'GET' })).text()
  const value = (name: string) => Number(new RegExp(`^${name}.* (\\d+)$`, 'm').exec(numbers)?.[1])
  expect(value('sallyport_call_faults_total\\{.*invalid_api_key')).toBe(2 * TIMES)
  expect(value('sallyport_call_faults_total\\{.*conflicting_credentials')).toBe(TIMES)
  expect(value('sallyport_admin_refusals_total\\{kind="refused"')).toBe(3 * TIMES)
})

it('still writes each refusal of somebody known', async () => {
  await gateway.call('/admin/v1/users', { name: 'dana' })
  const made = await gateway.call('/admin/v1/keys', { owner: 'User:dana', name: 'k' })
  const { key, id } = (await made.json()) as { key: string; id: string }
  const before = (await events('call.finished')).length
  for (let i = 0; i < TIMES; i++) await gateway.call('/v1/chat/completions', chat('m'), { key })
  const list = await gateway.call(
    `/admin/v1/audit?limit=200&principal=${encodeURIComponent('User::"dana"')}&kind=call.finished`,
    undefined,
    {
      method: 'GET',
    },
  )
  expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(TIMES)
  const revoked = await gateway.call(`/admin/v1/keys/${id}/revoke`, { reason: 'gone' })
  expect(revoked.status).toBe(200)
  for (let i = 0; i < TIMES; i++) await gateway.call('/v1/chat/completions', chat('m'), { key })
  const after = await events('call.finished')
  expect(after.filter(({ reason }) => reason === 'key_revoked')).toHaveLength(TIMES)
  expect(after).toHaveLength(before + TIMES)
})
