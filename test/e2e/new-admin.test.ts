// An installation to which nobody has a key any more: whoever may start it on its own data makes a new administrator,
// and that is in the log. Nobody who was there before is given anything.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type App, start } from '../../src/app/index.ts'
import { loadConfig } from '../../src/config/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-new-admin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const begin = (newAdmin?: string): Promise<App> => {
  const flags = { data: join(folder, 'data'), listen: '127.0.0.1:0', 'log.level': 'silent' }
  return start(loadConfig({ flags, env: {} }).config, undefined, newAdmin === undefined ? {} : { newAdmin })
}
const api = async (app: App, key: string | undefined, method: string, path: string, body?: unknown) => {
  const response = await fetch(`${app.adminUrl}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> & { items: Item[] } }
}
type Item = Record<string, unknown>

it('an administrator is made at a start, the first one or another, and only under a name that was nobody’s', async () => {
  const first = await begin('anna')
  const lost = first.adminKey
  expect((await api(first, lost, 'POST', '/users', { name: 'dana' })).status).toBe(201)
  await first.close()

  for (const taken of ['anna', 'dana', 'a\nb'])
    await expect(begin(taken), taken).rejects.toMatchObject({ name: 'Fault' })

  const usual = await begin()
  expect(usual.adminKey).toBeUndefined()
  await usual.close()

  const app = await begin('rescue')
  expect(app.adminKey).toMatch(/^spk_/)
  const key = app.adminKey
  const own = (await api(app, key, 'GET', '/whoami')).body
  expect(JSON.stringify(own)).toContain('rescue')
  const { items } = (await api(app, key, 'GET', '/audit?subject=user%2Frescue')).body
  expect(items.map(({ kind, principal }) => [kind, principal])).toContainEqual(['user.created', 'System::"node"'])
  const users = (await api(app, key, 'GET', '/users')).body.items
  expect(users.map(({ name }) => name).sort()).toEqual(['anna', 'dana', 'rescue'])
  await app.close()
})

it('a start that fails at its port has made no key: the next one shows the first', async () => {
  const busy = createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  const { port } = busy.address() as AddressInfo
  const flags = { data: join(folder, 'busy'), listen: `127.0.0.1:${port}`, 'log.level': 'silent' }
  const again = () => start(loadConfig({ flags, env: {} }).config)
  await expect(again()).rejects.toMatchObject({ code: 'EADDRINUSE' })
  busy.close()
  await once(busy, 'close')
  const app = await again()
  expect(app.adminKey).toMatch(/^spk_/)
  await expect(again(), 'two gateways on one folder').rejects.toMatchObject({ kind: 'held' })
  await app.close()
  await (await again()).close()
})
