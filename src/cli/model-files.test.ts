// The commands that bring models, in this process, with real files, settings and a real server on loopback.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runCli } from '../../test/cli.ts'
import { packagesFor } from '../model/index.ts'

const demo = fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url))
const sha256 = createHash('sha256').update(readFileSync(demo)).digest('hex')
let folder: string
let settings: string
let server: Server
let url: string

beforeAll(async () => {
  server = createServer((_, response) => response.end(readFileSync(demo)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m.gguf`
})
afterAll(() => void server.close())
beforeEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true })
  folder = mkdtempSync(join(tmpdir(), 'sallyport-model-files-'))
  settings = join(folder, 'sallyport.yaml')
  writeFileSync(settings, '')
  copyFileSync(demo, join(folder, 'own.gguf'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const cli = (...args: string[]) =>
  runCli([...args, '--config', settings], { env: { SALLYPORT_DATA: join(folder, 'data') } })

interface Settings {
  listen?: string
  upstreams: { name: string; kind: string; file?: string; adapter?: string }[]
  models: { name: string; upstream: string; digest: string }[]
}
const written = () => parse(readFileSync(settings, 'utf8')) as Settings
const own = () => join(folder, 'own.gguf')

describe('model add', () => {
  it('writes the model into the settings, pinned, keeps what is there, and the demo model beside it', async () => {
    writeFileSync(settings, '# mine\nlisten: 127.0.0.1:4242 # here\nupstreams: []\n')
    const { code, said } = await cli('model', 'add', 'helper', '--file', own())
    expect(code, said).toBe(0)
    expect(readFileSync(settings, 'utf8')).toContain('# mine\nlisten: 127.0.0.1:4242 # here\n')
    expect(written()).toEqual({
      listen: '127.0.0.1:4242',
      upstreams: [
        { name: 'embedded', kind: 'embedded' },
        { name: 'helper', kind: 'gguf', file: own() },
      ],
      models: [{ name: 'helper', upstream: 'helper', digest: `sha256:${sha256}` }],
    })
    expect(said).toContain('sallyport model engine install')
    expect((await cli('model', 'add', 'helper', '--file', own())).said).toContain('already')
    // The same file with an adapter is another model of its own digest.
    expect((await cli('model', 'add', 'tuned', '--file', own(), '--adapter', own())).code).toBe(0)
    expect(written().models[1]?.digest).not.toBe(written().models[0]?.digest)
  })

  it('leaves settings that hold secrets as closed as they are', async () => {
    chmodSync(settings, 0o600)
    expect((await cli('model', 'add', 'helper', '--file', own())).code).toBe(0)
    expect(statSync(settings).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).filter((name) => name.startsWith('sallyport.yaml'))).toEqual(['sallyport.yaml'])
  })

  it('begins with empty settings, and leaves them where something is wrong', async () => {
    const wrong = join(folder, 'wrong.gguf')
    writeFileSync(wrong, 'no model')
    for (const args of [
      ['x', '--file', wrong],
      ['x', '--file', join(folder, 'none')],
      ['x', '--file', folder],
      ['a b', '--file', own()],
      ['x'],
    ])
      expect((await cli('model', 'add', ...args)).code).toBe(2)
    expect(readFileSync(settings, 'utf8')).toBe('')
    expect((await cli('model', 'add', 'helper', '--file', own())).code).toBe(0)
    expect(written().models).toHaveLength(1)
  })
})

describe('model get', () => {
  it('fetches, shows the licence, checks and registers', async () => {
    const { code, said } = await cli('model', 'get', 'far', '--url', url, '--sha256', sha256, '--license', 'CC0-1.0')
    expect(code, said).toBe(0)
    expect(said).toMatch(/^Licence {2}CC0-1.0$/m)
    expect(said).toMatch(/100 %/)
    const file = join(folder, 'data', 'models', 'far.gguf')
    expect(readFileSync(file).equals(readFileSync(demo))).toBe(true)
    expect(written().models).toEqual([{ name: 'far', upstream: 'far', digest: `sha256:${sha256}` }])
    // A name that is taken, or one that makes the same file name, brings no other file into the place of this one.
    expect((await cli('model', 'get', 'far', '--url', url, '--sha256', 'b'.repeat(64))).said).toContain('a model far')
    expect((await cli('model', 'get', 'fa:r', '--url', url, '--sha256', sha256)).code).toBe(0)
    const clash = await cli('model', 'get', 'fa_r', '--url', url, '--sha256', 'b'.repeat(64))
    expect(clash.said).toContain('is another file')
    expect(readFileSync(file).equals(readFileSync(demo))).toBe(true)
  })

  it('takes nothing else, and registers nothing then', async () => {
    const other = await cli('model', 'get', 'far', '--url', url, '--sha256', 'b'.repeat(64))
    expect(other.code).toBe(1)
    expect(other.said).toContain('is not the file')
    expect((await cli('model', 'get', 'far', '--url', url)).code).toBe(2)
    expect((await cli('model', 'get', 'unheard-of')).code).toBe(2)
    expect(readFileSync(settings, 'utf8')).toBe('')
  })

  it('lists what is known', async () => {
    expect((await cli('model', 'get')).out).toMatch(/^qwen3-0\.6b\t639446688\tApache-2\.0/m)
  })
})

describe('model engine', () => {
  it('is for machines that have a prebuilt one', () => {
    expect(packagesFor('linux', 'x64', '2.36')).toEqual(['node-llama-cpp@3.22.1', '@node-llama-cpp/linux-x64@3.22.1'])
    expect(() => packagesFor('linux', 'x64', undefined)).toThrow()
    expect(() => packagesFor('linux', 'x64', '2.31')).toThrow()
    expect(() => packagesFor('sunos', 'sparc', undefined)).toThrow()
  })

  it('is said to be missing', async () => {
    expect(await cli('model', 'engine')).toMatchObject({ code: 1, said: expect.stringContaining('engine install') })
    expect((await cli('model', 'engine', 'remove')).code).toBe(2)
  })
})
