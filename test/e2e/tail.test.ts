// Who follows the log loses it with the right to it, whatever ends that right.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const admin = async (path: string, body?: unknown, method = 'POST') => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method: body === undefined ? 'GET' : method })
  expect(response.ok, path).toBe(true)
  return (await response.json()) as Record<string, never>
}

it.each<[string, string, (who: string, key: string) => Promise<unknown>]>([
  ['its key is revoked', 'key_revoked', (_, key) => admin(`/keys/${key}/revoke`, { reason: 'x' })],
  ['its key is suspended', 'key_suspended', (_, key) => admin(`/keys/${key}/suspend`, { reason: 'x' })],
  ['they are suspended', 'key_suspended', (who) => admin(`/users/${who}/suspend`, { reason: 'x' })],
  ['they are locked', 'locked', (who) => admin('/locks', { kind: 'principal', target: `User::"${who}"`, reason: 'x' })],
  ['their key is locked', 'locked', (_, key) => admin('/locks', { kind: 'credential', target: key, reason: 'x' })],
  [
    'their role ends',
    'access_denied',
    async (who) => {
      const { items } = (await admin('/roles/auditor/assignments')) as unknown as {
        items: { id: string; holder: string }[]
      }
      const held = items.find(({ holder }) => holder === `User:${who}`)
      const url = `/admin/v1/roles/auditor/assignments/${held?.id}`
      expect((await gateway.call(url, undefined, { method: 'DELETE' })).ok).toBe(true)
    },
  ],
])('%s', async (how, code, act) => {
  const who = how.replaceAll(' ', '-')
  await admin('/users', { name: who })
  await admin('/roles/auditor/assignments', { holder: `User:${who}` })
  const { id, key } = (await admin('/keys', { owner: `User:${who}`, name: 'tail' })) as unknown as Record<
    string,
    string
  >
  const open = await Promise.all(
    ['/events', '/audit/export?follow=true'].map((path) =>
      gateway.call(`/admin/v1${path}`, undefined, { method: 'GET', key: key ?? '' }),
    ),
  )
  expect(open.map(({ status }) => status)).toEqual([200, 200])
  await act(who, id ?? '')
  await admin('/groups', { name: `after-${who}` })
  for (const response of open) {
    const text = await response.text()
    expect(text).toMatch(new RegExp(`event: error\\ndata: \\{"code":"${code}".*\\n\\n$`))
    expect(text).not.toContain(`after-${who}`)
  }
})
