// The real gateway in this process: real sockets, real database, real rules; only the model server may be scripted.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type App, start } from '../../src/app/index.ts'
import { loadConfig } from '../../src/config/index.ts'

export interface TestGateway {
  readonly url: string
  /** Key of the first administrator, who may also use models. */
  readonly key: string
  readonly folder: string
  readonly app: App
  call(path: string, body: unknown, options?: CallOptions): Promise<Response>
  close(): Promise<void>
}

export interface CallOptions {
  key?: string
  method?: string
  headers?: Record<string, string>
}

export async function startGateway(settings: Record<string, unknown> = {}): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-e2e-'))
  const file = join(folder, 'sallyport.yaml')
  writeFileSync(
    file,
    stringify({ data: join(folder, 'data'), listen: '127.0.0.1:0', log: { level: 'silent' }, ...settings }),
  )
  const app = await start(loadConfig({ file, env: {} }).config)
  const key = app.adminKey ?? ''
  return {
    url: app.url,
    key,
    folder,
    app,
    call: (path, body, options = {}) =>
      fetch(`${app.url}${path}`, {
        method: options.method ?? 'POST',
        headers: {
          authorization: `Bearer ${options.key ?? key}`,
          'content-type': 'application/json',
          ...options.headers,
        },
        ...(options.method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    async close() {
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const chat = (model: string, extra: Record<string, unknown> = {}) => ({
  model,
  messages: [{ role: 'user', content: 'hello' }],
  ...extra,
})
