// An evidence pack of a real gateway: whole as it comes, and refused by the independent verifier after any exchange in it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const root = join(import.meta.dirname, '../..')
const main = join(root, 'bin/sallyport')
const folder = mkdtempSync(join(tmpdir(), 'sallyport-evidence-'))
const data = join(folder, 'data')
const pack = join(folder, 'pack.zip')
const env = { PATH: process.env.PATH ?? '', HOME: folder }
let gateway: ChildProcess
let key = ''
let files: Record<string, Uint8Array> = {}

const cli = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args, '--data', data], { encoding: 'utf8', env })

beforeAll(async () => {
  const args = ['up', '--json', '--listen', '127.0.0.1:0', '--data', data, '--upstream', 'http://127.0.0.1:9']
  gateway = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  if (!gateway.stdout) throw new Error('no pipe')
  const lines = createInterface({ input: gateway.stdout })
  await once(lines, 'line')
  expect(cli('user', 'create', 'dana').status).toBe(0)
  const made = cli('audit', 'evidence', '--out', pack, '--reason', 'a test')
  expect(made.stderr + made.stdout).toContain('files')
  expect(made.status).toBe(0)
  key = cli('audit', 'checkpoint', '--key').stdout.trim()
  files = unzipSync(readFileSync(pack))
})
afterAll(async () => {
  if (gateway.exitCode === null && gateway.kill('SIGTERM')) await once(gateway, 'exit')
  rmSync(folder, { recursive: true, force: true })
})

let round = 0
function check(
  changed: Record<string, string | Uint8Array | undefined>,
  by = key,
  beside: (at: string) => void = () => {},
) {
  const at = join(folder, `unpacked-${++round}`)
  for (const [name, bytes] of Object.entries({ ...files, ...changed })) {
    if (bytes === undefined) continue
    mkdirSync(dirname(join(at, name)), { recursive: true })
    writeFileSync(join(at, name), bytes)
  }
  beside(at)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'docs/verify.mjs'), 'evidence', at, by], {
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}
const read = (name: string) => Buffer.from(files[name] ?? []).toString()
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

it('holds events, rules and a verifier, and convinces it', () => {
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(['events.jsonl', 'policies/1.json', 'verify.mjs', 'README.txt', 'manifest.json']),
  )
  expect(read('events.jsonl')).toContain('user.created')
  const { status, said } = check({})
  expect(said).toContain('IN THE LOG')
  expect(said).toContain('WHOLE')
  expect(status).toBe(0)
  expect(cli('audit', 'evidence', '--out', pack).status).not.toBe(0) // never over another file
})

it('made up to harm who checks it is refused, and says nothing in its own words', () => {
  const manifest = (named: unknown) => JSON.stringify({ format: 'sallyport evidence 1', files: named })
  const lie = 'x\u001b[2K\nWHOLE: events 0 to 9'
  for (const named of [
    { '../../../../etc/passwd': hash('') },
    { __proto__: null, '/etc/passwd': '' },
    [lie],
    { [lie]: '' },
    null,
    7,
  ]) {
    const { status, said } = check({ 'manifest.json': manifest(named) })
    expect(status, JSON.stringify(named)).not.toBe(0)
    expect(said).not.toMatch(/^WHOLE|\u001b|root:/m)
  }
  const named = check({ [lie]: 'x' })
  expect(named.status).toBe(1)
  expect(named.said).toContain('is not in the manifest')
  expect(named.said).not.toMatch(/^WHOLE|\u001b/m)
  for (const [name, target] of [
    ['policies/9.json', '/dev/zero'],
    ['manifest.json', '/dev/zero'],
    ['README.txt', '/etc/passwd'],
    ['more', '/'],
  ] as const) {
    const { status, said } = check({ [name]: undefined }, key, (at) => symlinkSync(target, join(at, name)))
    expect(status, name).toBe(1)
    expect(said, name).toContain('is no file')
  }
})

it('is refused after any exchange in it', () => {
  const manifest = read('manifest.json')
  const rules = `${read('policies/1.json')} `
  const events = read('events.jsonl').replace('user.created', 'user.updated')
  const remade = (name: string, text: string) => {
    const { format, files: named } = JSON.parse(manifest)
    return JSON.stringify({ format, files: { ...named, [name]: hash(text) } }, null, 1)
  }
  const withRules = remade('policies/1.json', rules)
  const event = read('manifest.event').replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${hash(withRules)}"`)
  expect(event).not.toBe(read('manifest.event'))
  const attacks: Record<string, string | Uint8Array | undefined>[] = [
    { 'events.jsonl': events },
    { 'policies/1.json': rules },
    { 'policies/1.json': undefined },
    { 'policies/2.json': rules },
    { 'policies/1.json': rules, 'manifest.json': withRules },
    { 'policies/1.json': rules, 'manifest.json': withRules, 'manifest.event': event },
    { 'events.jsonl': events, 'manifest.json': remade('events.jsonl', events) },
    { 'manifest.proof': read('manifest.proof').replace(/index \d+/, 'index 0') },
    { 'manifest.proof': '' },
  ]
  for (const attack of attacks) expect(check(attack).status, Object.keys(attack).join()).not.toBe(0)
  expect(check({}, `x+00000000+${Buffer.alloc(33, 1).toString('base64')}`).status).not.toBe(0)
})
