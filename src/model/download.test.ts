import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { download } from './download.ts'

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251))
const sha256 = createHash('sha256').update(content).digest('hex')
const folder = mkdtempSync(join(tmpdir(), 'sallyport-download-'))
let server: Server
let url: string
let ranges: (string | undefined)[]
let answer: (request: IncomingMessage, response: ServerResponse) => void
let count = 0
let file: string

beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push(request.headers.range)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`
})
beforeEach(() => {
  ranges = []
  file = join(folder, `m${count++}.gguf`)
  answer = resuming
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const startOf = (request: IncomingMessage) => Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
const resuming = (request: IncomingMessage, response: ServerResponse) => {
  const from = startOf(request)
  if (from >= content.length) return response.writeHead(416).end()
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...(from > 0 ? range : {}) })
  return response.end(content.subarray(from))
}
const breaking = (request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(startOf(request), 100_000))
  // Not before some of it is on the disk: what a client has received and not read is lost with the connection.
  const part = `${file}.part`
  const look = setInterval(() => {
    if (!existsSync(part) || statSync(part).size === 0) return
    clearInterval(look)
    response.destroy()
  }, 5)
}
const get = (over: Partial<Parameters<typeof download>[0]> = {}) =>
  download({ url, sha256, file, progress: () => {}, ...over })

test('arrives whole, and says how far it is', async () => {
  const seen: [number, number | undefined][] = []
  await get({ progress: (bytes, total) => seen.push([bytes, total]) })
  expect(readFileSync(file).equals(content)).toBe(true)
  expect(seen.at(-1)).toEqual([content.length, content.length])
  expect(existsSync(`${file}.part`)).toBe(false)
  // What is there already is not asked for again.
  await get()
  expect(ranges).toHaveLength(1)
})

test('goes on where it broke off', async () => {
  answer = breaking
  await expect(get()).rejects.toMatchObject({ code: 'upstream_unavailable' })
  const kept = readFileSync(`${file}.part`).length
  expect(kept).toBeGreaterThan(0)
  expect(existsSync(file)).toBe(false)
  answer = resuming
  await get()
  expect(ranges.at(-1)).toBe(`bytes=${kept}-`)
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('starts again with a server that does not resume, and with a leftover that is whole or too long', async () => {
  writeFileSync(`${file}.part`, content.subarray(0, 1000))
  answer = (_, response) => response.writeHead(200).end(content)
  await get()
  expect(readFileSync(file).equals(content)).toBe(true)
  answer = resuming
  for (const leftover of [content, Buffer.concat([content, Buffer.from('more')])]) {
    rmSync(file)
    writeFileSync(`${file}.part`, leftover)
    await get()
    expect(readFileSync(file).equals(content)).toBe(true)
  }
})

test('another file under the same address is deleted and refused', async () => {
  await expect(get({ sha256: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'upstream_invalid' })
  expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false)
  // So is a beginning that somebody put there: the whole must be right.
  writeFileSync(`${file}.part`, Buffer.alloc(5000, 7))
  await expect(get()).rejects.toMatchObject({ code: 'upstream_invalid' })
  expect(existsSync(file)).toBe(false)
})

test.each([
  ['plain http: to another machine', 'http://192.0.2.1/m.gguf', 'upstream_refused'],
  ['a password in the address', 'http://me:secret@127.0.0.1/m.gguf', 'upstream_refused'],
  ['no web address', 'file:///etc/passwd', 'upstream_refused'],
  ['nobody there', 'http://127.0.0.1:9/m.gguf', 'upstream_unavailable'],
])('%s is refused', async (_, wrong, code) => {
  await expect(get({ url: wrong })).rejects.toMatchObject({ code })
})

test('a server that redirects elsewhere, for ever, refuses, sends too much or nothing', async () => {
  answer = (_, response) => response.writeHead(302, { location: 'http://192.0.2.1/m.gguf' }).end()
  await expect(get()).rejects.toMatchObject({ code: 'upstream_refused' })
  answer = (_, response) => response.writeHead(302, { location: url }).end()
  await expect(get()).rejects.toMatchObject({ code: 'upstream_refused' })
  answer = (_, response) => response.writeHead(404).end('secret words')
  await expect(get()).rejects.toMatchObject({ detail: expect.not.stringContaining('secret') })
  answer = (_, response) => response.writeHead(200).end(content)
  await expect(get({ mostBytes: 1000 })).rejects.toMatchObject({ code: 'upstream_refused' })
  answer = (_, response) => void response.writeHead(200).write('a')
  await expect(get({ idleMs: 50 })).rejects.toMatchObject({ code: 'upstream_unavailable' })
})

test('another file that is there stays, and two that fetch one file do not spoil it for each other', async () => {
  writeFileSync(file, 'somebody runs this')
  await expect(get()).rejects.toMatchObject({ code: 'not_possible' })
  expect(readFileSync(file, 'utf8')).toBe('somebody runs this')
  rmSync(file)
  const lock = `${file}.part.lock`
  answer = async (request, response) => {
    await expect(get()).rejects.toMatchObject({ code: 'not_possible', detail: expect.stringContaining(lock) })
    resuming(request, response)
  }
  // What a crash has left locks nobody out.
  writeFileSync(lock, String(2 ** 22 + 1))
  await get()
  expect(readFileSync(file).equals(content)).toBe(true)
  expect(existsSync(lock)).toBe(false)
  expect(ranges).toHaveLength(1)
})
