// Resident memory of the gateway with 1,000 open streams: `node bench/memory.ts [streams]`. Every stream says twenty characters a
// second and is open for ten minutes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { residentMb, start } from './process.ts'

const STREAMS = Number(process.argv[2] ?? 1000)
const folder = mkdtempSync(join(tmpdir(), 'sallyport-memory-'))
const upstream = await start(['bench/upstream.ts'])
// A connection to the model server for each stream: with fewer, the streams beyond them would wait for a place.
const config = join(folder, 'sallyport.yaml')
writeFileSync(
  config,
  JSON.stringify({
    upstreams: [{ name: 'bench', url: `http://127.0.0.1:${upstream.line}`, connections: Math.min(4096, 2 * STREAMS) }],
    limits: { concurrentPerPrincipal: 100_000 },
    log: { level: 'error' },
  }),
)
const gateway = await start(
  ['bin/sallyport', 'up', '--json', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'],
  {
    SALLYPORT_CONFIG: config,
  },
)
const { url, key } = JSON.parse(gateway.line) as { url: string; key: string }
const agent = new Agent({ connections: STREAMS + 100, pipelining: 1, bodyTimeout: 0 })
console.log(`ready: ${Math.round(residentMb(gateway.pid) ?? Number.NaN)} MB`)
const statuses: number[] = []
for (let i = 0; i < STREAMS; i += 50) {
  const batch = Array.from({ length: 50 }, async () => {
    const { statusCode, body } = await request(`${url}/v1/chat/completions`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'bench-600x1000', stream: true, messages: [{ role: 'user', content: `hi ${i}` }] }),
    })
    statuses.push(statusCode)
    body.on('error', () => {}) // ended below, on purpose
    body.resume()
  })
  await Promise.all(batch)
}
await new Promise((resolve) => setTimeout(resolve, 5000))
const open = statuses.filter((status) => status === 200).length
console.log(`${open} open streams: ${Math.round(residentMb(gateway.pid) ?? Number.NaN)} MB`)
await agent.destroy()
await gateway.stop()
await upstream.stop()
rmSync(folder, { recursive: true, force: true })
process.exit(0)
