// A GGUF file of the user's own behind the real gateway: llama.cpp in a child process, killed under load. Needs the optional
// engine: SALLYPORT_TEST_LLAMA_CPP names the folder in which node-llama-cpp was installed.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

const packageFolder = process.env.SALLYPORT_TEST_LLAMA_CPP
const demo = fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url))

interface Event {
  kind: string
  call?: string
  outcome?: string
  data?: Record<string, unknown>
}

describe.skipIf(packageFolder === undefined)('a GGUF model', { timeout: 120_000 }, () => {
  let gateway: TestGateway
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-gguf-e2e-'))
    const data = join(folder, 'data')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    symlinkSync(packageFolder ?? '', join(data, 'engine'))
    copyFileSync(demo, join(folder, 'own.gguf'))
    gateway = await startGateway({
      data,
      upstreams: [
        { name: 'own', kind: 'gguf', file: join(folder, 'own.gguf'), parallel: 4 },
        { name: 'none', kind: 'gguf', file: fileURLToPath(import.meta.url) },
      ],
      models: [{ name: 'none', upstream: 'none' }],
    })
  }, 60_000)
  afterAll(async () => {
    await gateway?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (extra: Record<string, unknown> = {}) =>
    gateway.call('/v1/chat/completions', {
      model: 'own',
      messages: [{ role: 'user', content: 'my printer is jammed' }],
      max_tokens: 24,
      ...extra,
    })
  /** Child processes of this one that run the engine. */
  const engines = (): number[] =>
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap((pid) => {
        try {
          const status = readFileSync(`/proc/${pid}/status`, 'utf8')
          const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          return status.includes(`PPid:\t${process.pid}\n`) && command.includes('gguf.worker') ? [Number(pid)] : []
        } catch {
          return []
        }
      })
  const finished = async (): Promise<Event[]> => {
    const response = await gateway.call('/admin/v1/audit?kind=call.finished&limit=200', undefined, { method: 'GET' })
    return ((await response.json()) as { items: Event[] }).items
  }

  it('answers like any other, with its digest in the books', async () => {
    const response = await ask()
    expect(response.status).toBe(200)
    const body = (await response.json()) as { choices: { message: { content: string } }[] }
    expect(body.choices[0]?.message.content).not.toBe('')
    const shown = await gateway.call('/admin/v1/models/own', undefined, { method: 'GET' })
    expect(await shown.json()).toMatchObject({
      hosting: 'embedded',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      quarantined: false,
    })
  })

  it('follows a JSON schema, makes vectors, completes', async () => {
    const schema = {
      type: 'object',
      properties: { ok: { type: 'boolean' } },
      required: ['ok'],
      additionalProperties: false,
    }
    const format = { type: 'json_schema', json_schema: { name: 'a', schema } }
    const json = (await (await ask({ response_format: format })).json()) as {
      choices: { message: { content: string } }[]
    }
    expect(JSON.parse(json.choices[0]?.message.content ?? '')).toEqual({ ok: expect.any(Boolean) })
    const vectors = await gateway.call('/v1/embeddings', { model: 'own', input: ['a', 'b'] })
    expect(((await vectors.json()) as { data: unknown[] }).data).toHaveLength(2)
    expect((await gateway.call('/v1/completions', { model: 'own', prompt: 'Hello', max_tokens: 4 })).status).toBe(200)
  })

  it('killed under load: each call in flight ends once, with an error, and the next one works', async () => {
    const before = (await finished()).length
    const calls = Array.from({ length: 8 }, () => ask({ stream: true, max_tokens: 400, temperature: 2 }))
    const streams = Promise.all(calls.map(async (call) => (await call).text()))
    await new Promise((resolve) => setTimeout(resolve, 700))
    const [pid] = engines()
    expect(pid).toBeDefined()
    execFileSync('kill', ['-9', String(pid)])
    const texts = await streams
    const cut = texts.filter((text) => text.includes('"error"'))
    expect(cut.length).toBeGreaterThan(0)
    // What had begun ends in the error frame of its format, never in the mark of a complete answer.
    for (const text of cut) expect(text).not.toContain('[DONE]')
    expect((await ask()).status).toBe(200)
    expect(engines()).not.toContain(pid)
    await expect.poll(async () => (await finished()).length, { timeout: 5000 }).toBe(before + calls.length + 1)
  })

  it('whose file is none is down with its problem, and calls to it end with a clear error', async () => {
    const response = await ask({ model: 'none' })
    expect(response.status).toBe(502)
    const list = await gateway.call('/admin/v1/upstreams', undefined, { method: 'GET' })
    const { items } = (await list.json()) as { items: { name: string; state: string; problem?: string }[] }
    expect(items.find(({ name }) => name === 'none')).toMatchObject({ state: 'down', problem: expect.any(String) })
  })
})
