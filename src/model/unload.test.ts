import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { json, ndjson, startScripted } from '../../test/upstream/scripted.ts'
import { createEmbeddedEngine, EMBEDDED } from './embedded/index.ts'
import { createInsideDriver } from './inside.ts'
import { createOllamaDriver } from './ollama.ts'
import type { Model } from './registry.ts'
import { startUnloading } from './unload.ts'

const file = fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url))
const never = new AbortController().signal
const named = (name: string, upstreamName: string, driver: Model['driver']) =>
  ({ name, upstreamName, driver, quarantined: false }) as Model

it('a model that nobody may use leaves the memory, and is there again when somebody may, by any of its names', async () => {
  const driver = createInsideDriver({
    kind: 'embedded',
    name: 'demo',
    files: [file],
    capabilities: EMBEDDED,
    open: () => createEmbeddedEngine({ file }),
  })
  await driver.manage({ action: 'load', model: 'demo', stream: false, options: {} }, never)
  const allowed = new Set(['alias'])
  const unloading = startUnloading({
    models: () => [named('demo', 'demo', driver), named('alias', 'demo', driver)],
    mayAnybody: (name) => Promise.resolve(allowed.has(name)),
    afterMs: 5,
    everyMs: 1_000_000,
    report(error) {
      throw error
    },
  })
  const loaded = async () => (await driver.running(never)).length
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(await loaded()).toBe(1)
  allowed.clear()
  unloading.changed()
  await expect.poll(loaded).toBe(0)
  allowed.add('demo')
  unloading.changed()
  await expect.poll(loaded).toBe(1)
  await unloading.stop()
  await driver.close()
})

it('Ollama is told to keep it no longer; what was never unloaded here is not loaded unasked', async () => {
  const loaded = new Set(['stuck:latest', 'a:latest'])
  const upstream = await startScripted((response, received) => {
    const { model, keep_alive } = JSON.parse(received.body || '{}') as { model?: string; keep_alive?: number }
    if (received.path === '/api/ps') return json({ models: [...loaded].map((name) => ({ name })) })(response, received)
    if (model === 'stuck:latest') return json({ error: 'no memory' }, 500)(response, received)
    if (model !== undefined && keep_alive === 0) loaded.delete(model)
    else if (model !== undefined) loaded.add(model)
    return (received.path === '/api/generate' ? json({ done: true }) : ndjson({}))(response, received)
  })
  const driver = createOllamaDriver({ url: upstream.url })
  let allowed = false
  const unloading = startUnloading({
    // A setting may leave out the tag with which Ollama lists it.
    models: () => [
      named('stuck', 'stuck:latest', driver),
      { ...named('a', 'a', driver), listed: { name: 'a:latest' } },
      named('b', 'b:latest', driver),
    ],
    mayAnybody: () => Promise.resolve(allowed),
    afterMs: 5,
    everyMs: 1_000_000,
    report(error) {
      throw error
    },
  })
  // One that cannot be unloaded keeps no other in memory.
  await expect.poll(() => [...loaded]).toEqual(['stuck:latest'])
  expect(upstream.received.find(({ path }) => path === '/api/generate')?.body).toContain('"keep_alive":0')
  allowed = true
  unloading.changed()
  await expect.poll(() => [...loaded]).toEqual(['stuck:latest', 'a:latest'])
  await unloading.stop()
  await driver.close()
  await upstream.close()
})
