// Files that are made of the log: a pack holds every version of the rules, however many pages the gateway tells them on, and
// what holds who called what is for its owner.
import { once } from 'node:events'
import { chmodSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, expect, it } from 'vitest'
import { runCli } from '../../test/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-evidence-'))
const VERSIONS = 230
/** As much of a gateway as a pack asks for. */
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://gateway')
  const [, version] = /policies\/(\d+)\/files$/.exec(pathname) ?? []
  if (pathname.endsWith('/export')) return response.setHeader('content-type', 'text/event-stream').end('data: {}\n\n')
  const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  if (pathname.endsWith('/checkpoint')) return json({ note: '', verifierKey: 'k', verifierKeys: ['k'] })
  if (pathname.endsWith('/evidence')) return json({ proof: 'p', body: '{}' })
  if (version !== undefined) return json({ version: Number(version), digest: 'd', files: [] })
  const from = Number(searchParams.get('cursor') ?? 0)
  const to = Math.min(from + Number(searchParams.get('limit')), VERSIONS)
  const items = Array.from({ length: to - from }, (_, i) => ({ version: VERSIONS - from - i }))
  return json({ items, ...(to < VERSIONS && { next: String(to) }) })
})
server.listen(0, '127.0.0.1')
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = async (...argv: string[]) => {
  if (!server.listening) await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return runCli([...argv, '--url', url, '--key', 'spk_x'])
}

it('a pack holds every version of the rules', async () => {
  const out = join(folder, 'pack.zip')
  const { code, said } = await ask('audit', 'evidence', '--out', out, '--reason', 'r')
  expect([code, said]).toEqual([0, expect.stringContaining(`${VERSIONS + 6} files`)])
  const names = Object.keys(unzipSync(readFileSync(out))).filter((name) => name.startsWith('policies/'))
  expect(names).toHaveLength(VERSIONS)
})

it('an export makes a file for its owner alone, and leaves one that is there as open as it is', async () => {
  const modeOf = (file: string) => statSync(file).mode & 0o777
  for (const format of ['jsonl', 'archive']) {
    const out = join(folder, format)
    const run = () => ask('audit', 'export', '--format', format, '--out', out)
    expect((await run()).code, format).toBe(0)
    expect(modeOf(out), format).toBe(0o600)
    rmSync(out)
    writeFileSync(out, '')
    chmodSync(out, 0o640)
    expect((await run()).code, format).toBe(0)
    expect(modeOf(out), format).toBe(0o640)
  }
})

it('an archive is not written through a link that stands in its way', async () => {
  const out = join(folder, 'linked')
  const other = join(folder, 'other')
  writeFileSync(other, 'of somebody else\n')
  symlinkSync(other, `${out}.next`)
  expect((await ask('audit', 'export', '--format', 'archive', '--out', out)).code).toBe(0)
  expect(readFileSync(other, 'utf8')).toBe('of somebody else\n')
  expect(lstatSync(out).isFile()).toBe(true)
})
