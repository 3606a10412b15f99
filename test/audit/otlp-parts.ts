// What tests of `audit export --to` are made of, behind real sockets: a receiver that others wrote, and a gateway with calls
// to tell of, whose command sends them.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'
import { chat, startGateway } from '../e2e/harness.ts'
import { json, startScripted } from '../upstream/scripted.ts'
import { type Begun, begin, kill } from './processes.ts'

export interface Span {
  traceId: string
  spanId: string
  name: string
  kind: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Record<string, unknown>
  status: { code: string }
}
export interface Point {
  attributes: Record<string, unknown>
  startTimeUnixNano: string
  timeUnixNano: string
  count: string
  sum: number
  bucketCounts: string[]
  explicitBounds: number[]
}
export interface Metric {
  name: string
  unit: string
  histogram: { dataPoints: Point[] } & object
}
/** The totals of one node. */
export interface Told {
  resource: { attributes: object }
  scopeMetrics: { scope: object; metrics: Metric[] }[]
}
interface Heard {
  traces?: {
    resourceSpans: { resource: { attributes: object }; scopeSpans: { scope: object; spans: Span[] }[] }[]
  }
  metrics?: {
    resourceMetrics: Told[]
  }
}

export const positions = (spans: readonly Span[]) =>
  spans.map(({ attributes }) => attributes['sallyport.audit.position'])

/** The receiver, and before it a gate that refuses, or lets in and loses the answer. */
export async function startReceiver() {
  const heard: Heard[] = []
  const receiver = begin(process.execPath, ['test/audit/receiver.ts'])
  const lines = createInterface({ input: receiver.child.stdout })
  const url = await new Promise<string>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line).url))
    void receiver.ended.then(() => reject(new Error(receiver.said())))
  })
  lines.on('line', (line) => heard.push(JSON.parse(line)))
  const gate = { refuse: 0, loseAnswer: false, lost: 0, refused: 0, taken: 0 }
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    if (gate.refuse > 0) {
      gate.refused++
      response.writeHead(gate.refuse, { 'retry-after': '0' }).end()
      return
    }
    const { 'content-type': type = '', 'content-encoding': packed, authorization = '' } = request.headers
    const sent = Buffer.concat(pieces)
    try {
      const got = await fetch(`${url}${request.url}`, {
        method: 'POST',
        headers: { 'content-type': type, authorization },
        body: new Uint8Array(packed === 'gzip' ? gunzipSync(sent) : sent), // the receiver unpacks nothing
      })
      const body = Buffer.from(await got.arrayBuffer())
      if (got.ok) gate.taken++
      if (gate.loseAnswer) gate.lost++
      else response.writeHead(got.status).end(body)
    } catch {
      response.destroy() // the receiver has ended
    }
  })
  server.unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gate,
    heard,
    spans: () => heard.flatMap(({ traces }) => traces?.resourceSpans ?? []).flatMap((one) => one.scopeSpans[0]!.spans),
    resources: () =>
      heard
        .flatMap(({ traces, metrics }) => [...(traces?.resourceSpans ?? []), ...(metrics?.resourceMetrics ?? [])])
        .map(({ resource }) => resource.attributes),
    histograms: () =>
      heard.flatMap(({ metrics }) => metrics?.resourceMetrics ?? []).map((one) => one.scopeMetrics[0]!.metrics),
    async close() {
      server.closeAllConnections()
      server.close()
      await kill(receiver)
    },
  }
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>

const answer = json({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 },
})

/** What the log says of a call that has ended. */
export interface Ended {
  position: number
  time: string
  node: string
  model?: string
  decision?: string
  reason?: string
  session?: string
  data: { outcome: string; ms: number; inputTokens?: number; outputTokens?: number }
}

/** A gateway with five calls in its log: two served, one that failed, one of a model that there is not, one forbidden. */
export async function startSite() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-otlp-'))
  const upstream = await startScripted((response, received) =>
    received.method === 'GET'
      ? json({ object: 'list', data: [] })(response, received)
      : received.body.includes('"model":"broken"')
        ? json({ error: { message: 'no' } }, 500)(response, received)
        : answer(response, received),
  )
  const gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [
      { name: 'm', upstream: 'up' },
      { name: 'broken', upstream: 'up' },
    ],
  })
  const call = async (model = 'm', key = gateway.key) => {
    const response = await gateway.call('/v1/chat/completions', chat(model), { key })
    await response.text()
  }
  const admin = async (path: string, body: object) =>
    (await (await gateway.call(`/admin/v1${path}`, body)).json()) as { key: string }
  await admin('/users', { name: 'dana' })
  await admin('/roles/reader/assignments', { holder: 'User:dana' }) // may see models, and use none
  const { key } = await admin('/keys', { owner: 'User:dana', name: 'k' })
  for (const model of ['m', 'm', 'broken', 'a made-up name']) await call(model)
  await call('m', key)
  return {
    gateway,
    folder,
    call,
    startExport: (url: string, position: string, flags: readonly string[] = []): Begun =>
      begin(
        process.execPath,
        ['bin/sallyport', 'audit', 'export', '--to', url, '--position', position, '--url', gateway.url, ...flags],
        { ...process.env, SALLYPORT_KEY: gateway.key },
      ),
    ended: async (): Promise<Ended[]> => {
      const response = await gateway.call('/admin/v1/audit?kind=call.finished&limit=200', '', { method: 'GET' })
      return ((await response.json()) as { items: Ended[] }).items.reverse()
    },
    async close() {
      await gateway.close()
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
export type Site = Awaited<ReturnType<typeof startSite>>
