// What `audit export --to` sends is read by receivers that others wrote, each a process of its own behind a real socket:
// Elastic's, and VictoriaMetrics where SALLYPORT_TEST_VICTORIA_METRICS names its program. Calls are real calls through a
// real gateway; what is expected is what its log says of them.
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
import { positions, type Site, startReceiver, startSite } from './otlp-parts.ts'
import { begin, kill, killAll, until } from './processes.ts'

const VICTORIA = process.env.SALLYPORT_TEST_VICTORIA_METRICS

let site: Site
beforeAll(async () => {
  site = await startSite()
})
afterEach(killAll)
afterAll(() => site.close())

describe.each(['protobuf', 'json'])('in %s', (encoding) => {
  it('the receiver has decoded what the log says of every call', async () => {
    const receiver = await startReceiver()
    const once = site.startExport(receiver.url, join(site.folder, `once.${encoding}`), ['--encoding', encoding])
    expect(await once.ended, once.said()).toBe(0)
    const events = await site.ended()
    const spans = await until(() => {
      expect(receiver.histograms()).toHaveLength(1)
      return receiver.spans()
    })
    expect(spans.map(({ attributes }) => attributes)).toEqual(
      events.map(({ position, model, decision, reason, data }) =>
        expect.objectContaining({
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'sallyport',
          ...(model !== undefined && { 'gen_ai.request.model': model, 'sallyport.decision': decision }),
          ...(data.outcome === 'served' && { 'gen_ai.usage.input_tokens': expect.anything() }),
          ...(data.outcome !== 'served' && { 'error.type': reason }),
          'sallyport.outcome': data.outcome,
          'sallyport.audit.position': position,
        }),
      ),
    )
    expect(spans.map(({ name, kind, status }) => [name, kind, status.code])).toEqual([
      ['chat m', 'SPAN_KIND_CLIENT', 'STATUS_CODE_OK'],
      ['chat m', 'SPAN_KIND_CLIENT', 'STATUS_CODE_OK'],
      ['chat broken', 'SPAN_KIND_CLIENT', 'STATUS_CODE_ERROR'],
      ['chat unknown', 'SPAN_KIND_CLIENT', 'STATUS_CODE_ERROR'],
      ['chat m', 'SPAN_KIND_CLIENT', 'STATUS_CODE_ERROR'],
    ])
    for (const [i, { traceId, spanId, startTimeUnixNano, endTimeUnixNano }] of spans.entries()) {
      const { time, data } = events[i]!
      expect(traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(spanId).toMatch(/^[0-9a-f]{16}$/)
      expect(endTimeUnixNano).toBe(`${Date.parse(time)}000000`)
      expect(startTimeUnixNano).toBe(`${Math.round(Date.parse(time) - data.ms)}000000`)
    }
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(spans.length)
    for (const resource of receiver.resources())
      expect(resource).toEqual({ 'service.name': 'sallyport', 'service.instance.id': events[0]!.node })

    const [duration, tokens] = receiver.histograms()[0]!
    expect([duration?.name, duration?.unit]).toEqual(['gen_ai.client.operation.duration', 's'])
    expect([tokens?.name, tokens?.unit]).toEqual(['gen_ai.client.token.usage', '{token}'])
    expect(duration?.histogram).toMatchObject({ aggregationTemporality: 2 })
    const common = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'sallyport' }
    const points = duration!.histogram.dataPoints
    // The name that somebody made up is nowhere: who may invent names may not invent series.
    expect(points.map(({ attributes, count }) => [attributes, count])).toEqual([
      [{ ...common, 'gen_ai.request.model': 'm' }, '2'],
      [{ ...common, 'gen_ai.request.model': 'broken', 'error.type': events[2]!.reason }, '1'],
      [{ ...common, 'error.type': events[3]!.reason }, '1'],
      [{ ...common, 'gen_ai.request.model': 'm', 'error.type': events[4]!.reason }, '1'],
    ])
    const served = events.slice(0, 2)
    expect(points[0]!.sum).toBeCloseTo(
      served.reduce((sum, { data }) => sum + data.ms / 1000, 0),
      9,
    )
    for (const { explicitBounds, bucketCounts, count, startTimeUnixNano, timeUnixNano } of points) {
      expect(explicitBounds).toHaveLength(14)
      expect(bucketCounts.reduce((sum, one) => sum + Number(one), 0)).toBe(Number(count))
      expect(startTimeUnixNano).toBe(`${Date.parse(events[0]!.time)}000000`)
      expect(BigInt(timeUnixNano) > BigInt(startTimeUnixNano)).toBe(true)
    }
    expect(
      tokens!.histogram.dataPoints
        .filter(({ attributes }) => attributes['gen_ai.request.model'] === 'm')
        .map(({ attributes, sum }) => [attributes['gen_ai.token.type'], sum]),
    ).toEqual([
      ['input', 40],
      ['output', 60],
    ])
    await receiver.close()
  })
})

it('a refused batch is sent again, and a restart neither loses nor repeats', { timeout: 60_000 }, async () => {
  const receiver = await startReceiver()
  const position = join(site.folder, 'follow.json')
  const all = async () => (await site.ended()).map(({ position }) => position)
  const arrived = () =>
    until(async () => {
      expect(positions(receiver.spans())).toEqual(await all())
      const total = receiver
        .histograms()
        .at(-1)![0]!
        .histogram.dataPoints.reduce((sum, { count }) => sum + Number(count), 0)
      expect(total).toBe((await all()).length)
    })
  let follower = site.startExport(receiver.url, position, ['--follow'])
  await arrived()

  receiver.gate.refuse = 503
  await site.call()
  await site.call()
  await until(() => expect(receiver.gate.refused).toBeGreaterThan(1))
  expect(positions(receiver.spans())).not.toEqual(await all())
  receiver.gate.refuse = 0
  await arrived()
  expect(follower.said()).toContain('the collector answered 503 to traces')

  await kill(follower)
  await site.call()
  follower = site.startExport(receiver.url, position, ['--follow'])
  await arrived()

  // Ended while the collector refuses: nothing of that batch is taken as sent.
  receiver.gate.refuse = 503
  await site.call()
  await until(() => expect(follower.said()).toContain('Again in'))
  await kill(follower, 'SIGTERM')
  receiver.gate.refuse = 0
  follower = site.startExport(receiver.url, position, ['--follow'])
  await arrived()

  // Killed before it could keep what the collector had taken: the same span once more, and the same totals.
  receiver.gate.loseAnswer = true
  await site.call()
  await until(() => expect(receiver.gate.lost).toBe(1))
  await kill(follower)
  receiver.gate.loseAnswer = false
  follower = site.startExport(receiver.url, position, ['--follow'])
  await until(async () => {
    const [last, before] = receiver.spans().reverse()
    expect(last).toEqual(before)
    expect(positions(receiver.spans())).toEqual([...(await all()), (await all()).at(-1)])
    const points = receiver.histograms().at(-1)![0]!.histogram.dataPoints
    expect(points.reduce((sum, { count }) => sum + Number(count), 0)).toBe((await all()).length)
  })
  await kill(follower)
  await receiver.close()
})

it('what may not be tried again ends the export, and its position stays', async () => {
  const receiver = await startReceiver()
  const position = join(site.folder, 'refused.json')
  receiver.gate.refuse = 400
  const refused = site.startExport(receiver.url, position, ['--follow'])
  expect(await refused.ended).toBe(1)
  expect(refused.said()).toContain('the collector answered 400')
  expect(() => readFileSync(position)).toThrow('ENOENT')
  await receiver.close()
})

const TO_NOBODY = ['--to', 'http://127.0.0.1:1', '--position', 'p']
it.each([
  ['no file for the position', ['--to', 'http://127.0.0.1:1']],
  ['another machine in clear', ['--to', 'http://collector.example:4318', '--position', 'p']],
  ['no address', ['--to', 'collector', '--position', 'p']],
  ['a password in the address', ['--to', 'http://me:secret@127.0.0.1:1', '--position', 'p']],
  ['an unknown signal', [...TO_NOBODY, '--signal', 'logs']],
  ['an unknown encoding', [...TO_NOBODY, '--encoding', 'xml']],
  ['an encoding that only sounds known', [...TO_NOBODY, '--encoding', 'toString']],
  ['another form as well', [...TO_NOBODY, '--format', 'ocsf']],
  ['a header without a name', TO_NOBODY, '=x'],
  ['a header without a value', TO_NOBODY, 'authorization'],
  ['a header of two lines', TO_NOBODY, 'authorization=a%0Ab'],
  ['a header cut in an escape', TO_NOBODY, 'authorization=a%2'],
])('%s is a mistake of who typed it', async (_, flags, headers = '') => {
  const args = ['bin/sallyport', 'audit', 'export', ...flags, '--follow', '--url', site.gateway.url]
  const { ended, said } = begin(process.execPath, args, {
    ...process.env,
    SALLYPORT_KEY: site.gateway.key,
    OTEL_EXPORTER_OTLP_HEADERS: headers,
  })
  expect(await ended).toBe(2)
  expect(said()).not.toContain('secret')
})

describe.skipIf(VICTORIA === undefined)('VictoriaMetrics (SALLYPORT_TEST_VICTORIA_METRICS)', () => {
  const send = (address: string, position: string, encoding: string) =>
    site.startExport(`http://${address}/opentelemetry`, position, ['--signal', 'metrics', '--encoding', encoding])

  it('takes the totals and answers questions about them', { timeout: 60_000 }, async () => {
    const data = mkdtempSync(join(site.folder, 'victoria-'))
    const address = `127.0.0.1:${await freePort()}`
    const server = begin(VICTORIA ?? '', [
      `-storageDataPath=${join(data, 'storage')}`,
      `-httpListenAddr=${address}`,
      '-opentelemetry.usePrometheusNaming',
      '-search.latencyOffset=0s', // it hides what is younger otherwise
    ])
    await until(async () => expect((await fetch(`http://${address}/health`)).status).toBe(200))
    const ask = async (query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
      await fetch(`http://${address}/internal/force_flush`)
      const response = await fetch(`http://${address}/api/v1/query?nocache=1&query=${encodeURIComponent(query)}`)
      return ((await response.json()) as { data: { result: never[] } }).data.result
    }
    const position = join(data, 'position.json')
    for (let turn = 0; turn < 2; turn++) {
      await site.call()
      const sent = send(address, position, 'protobuf')
      expect(await sent.ended, sent.said()).toBe(0)
      const events = await site.ended()
      const served = events.filter(({ data }) => data.outcome === 'served')
      const of = 'gen_ai_request_model="m"'
      await until(async () => {
        const [count] = await ask(`gen_ai_client_operation_duration_seconds_count{${of},error_type=""}`)
        expect(count?.value[1]).toBe(String(served.length))
        expect(count?.metric).toMatchObject({
          gen_ai_operation_name: 'chat',
          service_name: 'sallyport',
          service_instance_id: events[0]?.node,
        })
      })
      const [all] = await ask('sum(gen_ai_client_operation_duration_seconds_count)')
      expect(all?.value[1]).toBe(String(events.length))
      const [out] = await ask(`gen_ai_client_token_usage_sum{${of},gen_ai_token_type="output"}`)
      expect(out?.value[1]).toBe(String(30 * served.length))
      const below = (le: number) => ask(`gen_ai_client_token_usage_bucket{${of},gen_ai_token_type="output",le="${le}"}`)
      expect((await below(64))[0]?.value[1]).toBe(String(served.length))
      expect((await below(16))[0]?.value[1]).toBe('0')
    }
    // It reads protobuf only, and says so: the export ends with that, and its position is where it was.
    const before = readFileSync(position, 'utf8')
    await site.call()
    const sent = send(address, position, 'json')
    expect(await sent.ended).toBe(1)
    expect(sent.said()).toContain('the collector answered 400 to metrics')
    expect(readFileSync(position, 'utf8')).toBe(before)
    await kill(server, 'SIGTERM')
  })
})
