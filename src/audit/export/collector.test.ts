// Collectors as they should not be, and what is kept between two runs. Real ones are in test/audit/otlp-receiver.test.ts.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../core/index.ts'
import type { Found } from '../search.ts'
import { type Encoding, type Sending, sendToCollector, type Taken } from './collector.ts'
import { gather } from './gather.ts'
import { createTotals } from './totals.ts'

const call = (position: number, fields: Partial<Found> = {}): Found => ({
  position,
  id: `evt_${position}`,
  time: 1_790_000_000_000 + position,
  node: 'n',
  boot: 'b',
  kind: 'call.finished',
  model: 'm',
  data: { outcome: 'served', ms: 5 },
  ...fields,
})

interface Otherwise extends Partial<Sending> {
  readonly calls?: readonly Found[]
}

/** Sends two calls to a collector that answers like this; returns what was said and kept. */
async function send(
  answer: RequestListener,
  taken: Taken = { traces: 0, metrics: 0 },
  headers = {},
  encoding: Encoding = 'protobuf',
  { calls = [call(0), call(1)], ...sending }: Otherwise = {},
) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const body = Buffer.concat(pieces)
    const unpacked = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    bodies.push(String(unpacked))
    request.headers['x-unpacked'] = String(unpacked.length)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const said: string[] = []
  const kept: Taken[] = []
  const to = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    headers,
    encoding,
    signals: ['traces', 'metrics'] as const,
  }
  async function* batches() {
    yield calls
  }
  try {
    await sendToCollector(batches(), to, taken, {
      clock: systemClock,
      keep: async (now) => void kept.push(now),
      say: (line) => said.push(line),
      patient: false,
      ...sending,
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return { said, kept, bodies }
}

describe('a collector', () => {
  it('gets what is packed, and as it is if it cannot unpack', async () => {
    const packings: unknown[] = []
    const { bodies, kept } = await send(
      ({ headers }, response) => {
        packings.push(headers['content-encoding'])
        response.writeHead(headers['content-encoding'] === undefined ? 200 : 415).end()
      },
      undefined,
      {},
      'json',
    )
    expect(packings).toEqual(['gzip', undefined, 'gzip', undefined])
    expect(bodies[0]).toBe(bodies[1])
    expect(JSON.parse(bodies[0] ?? '')).toHaveProperty('resourceSpans')
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })

  it('is asked below its address, with the headers it wants', async () => {
    const asked: unknown[] = []
    await send(
      ({ url, headers }, response) => {
        asked.push([url, headers['content-type'], headers.authorization])
        response.end()
      },
      undefined,
      { authorization: 'Bearer x', 'content-type': 'text/plain' },
    )
    expect(asked).toEqual([
      ['/base/v1/traces', 'application/x-protobuf', 'Bearer x'],
      ['/base/v1/metrics', 'application/x-protobuf', 'Bearer x'],
    ])
  })

  it('that takes a part only is believed, and what it threw away is said', async () => {
    const { said, kept } = await send((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'no' } }))
    })
    expect(said[0]).toBe('The collector threw away 1 of the traces it was sent.')
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })

  it.each([
    ['a part', '0a0608021202', '6e6f', 2], // partial_success { rejected_spans: 2, error_message: "no" }
    ['nothing, with a warning', '0a041202', '6e6f', 0],
    ['all', '', '', 0],
    ['all, and says more than we know', '5a0178', '', 0],
    ['who knows what', '0a7f08', '', 0],
    ['who knows what', 'ffffffffffffffffffffff', '', 0],
    ['fewer than none', '0a0b08ffffffffffffffffff01', '', 0],
  ])('that says in protobuf that it took not %s is understood', async (_, message, more, lost) => {
    const { said, kept } = await send((_, response) => {
      response.setHeader('content-type', 'application/x-protobuf')
      response.end(Buffer.from(message + more, 'hex'))
    })
    expect(said).toEqual(
      ['traces', 'metrics'].flatMap((signal) =>
        lost > 0 ? [`The collector threw away ${lost} of the ${signal} it was sent.`] : [],
      ),
    )
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })

  it.each(['{"partialSuccess":null}', 'null', '[]', '{', ''])('that answers %s in JSON has taken all', async (body) => {
    const { said, kept } = await send((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(body)
    })
    expect(said).toEqual([])
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })

  it('that says it took them and breaks off has taken them', async () => {
    const { bodies, kept } = await send((_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('x', () => response.destroy())
    })
    expect(bodies).toHaveLength(2)
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })

  it('that answers without end is not listened to', async () => {
    const { kept } = await send((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(60_000)), 1)
      response.once('close', () => clearInterval(timer))
    })
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })

  it('that sends us elsewhere gets nothing there', async () => {
    const asked: unknown[] = []
    const sent = send(({ url }, response) => {
      asked.push(url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    await expect(sent).rejects.toMatchObject({ code: 'upstream_refused' })
    expect(asked).toEqual(['/base/v1/traces'])
  })

  it('that has taken the spans and not the totals gets the totals only', async () => {
    const asked: unknown[] = []
    const answer: RequestListener = ({ url }, response) => {
      asked.push(url)
      response.writeHead(url?.endsWith('traces') ? 200 : 503).end()
    }
    await expect(send(answer)).rejects.toMatchObject({ code: 'upstream_refused' })
    asked.length = 0
    await expect(send(answer, { traces: 2, metrics: 0 })).rejects.toMatchObject({ code: 'upstream_refused' })
    expect(asked).toEqual(['/base/v1/metrics'])
  })
})

describe('a collector that asks to be asked later', () => {
  const NOON = Date.UTC(2026, 10, 30, 12)
  it.each([
    ['0', 1], // never at once: it would be asked as fast as it can refuse
    ['7', 7],
    ['86400', 3600],
    ['Mon, 30 Nov 2026 12:05:00 GMT', 300],
    ['Mon, 30 Nov 2026 11:55:00 GMT', 1],
    ['later', 1],
    ['', 1],
  ])('(%s) is asked again in %i s', async (after, seconds) => {
    const gone = new AbortController()
    const said: string[] = []
    const sent = send((_, response) => response.writeHead(429, { 'retry-after': after }).end(), undefined, {}, 'json', {
      clock: { ...systemClock, now: () => NOON },
      patient: true,
      signal: gone.signal,
      say: (line) => {
        said.push(line)
        gone.abort()
      },
    })
    await expect(sent).rejects.toThrow()
    expect(said).toEqual([`Not sent: the collector answered 429 to traces. Again in ${seconds} s.`])
  })

  it('gets it then', async () => {
    let asked = 0
    const { said, kept } = await send(
      (_, response) => response.writeHead(asked++ === 0 ? 503 : 200, { 'retry-after': '0' }).end(),
      undefined,
      {},
      'protobuf',
      { patient: true },
    )
    expect(said).toHaveLength(1)
    expect(kept.at(-1)).toMatchObject({ traces: 2, metrics: 2 })
  })
})

describe.each(['protobuf', 'json'] as const)('what is too large for one request, in %s,', (encoding) => {
  const many = Array.from({ length: 300 }, (_, i) =>
    call(i, { rules: ['x'.repeat(10_000)], model: `${i}`.repeat(5_000) }),
  )
  const positionsIn = (body: string) =>
    encoding === 'json' ? [...body.matchAll(/position","value":\{"intValue":"(\d+)"/g)].map(([, at]) => Number(at)) : []

  it('is sent in several, none over a mebibyte, each call once and in order', async () => {
    const lengths: number[] = []
    const answer: RequestListener = ({ headers }, response) => {
      lengths.push(Number(headers['x-unpacked']))
      response.end()
    }
    const { bodies, kept } = await send(answer, undefined, {}, encoding, { calls: many })
    expect(bodies.length).toBeGreaterThan(6)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_048_576)
    if (encoding === 'json') expect(bodies.flatMap(positionsIn)).toEqual(many.map(({ position }) => position))
    expect(kept.at(-1)).toMatchObject({ traces: 300, metrics: 300 })
    expect(new Set(kept.map(({ traces }) => traces)).size).toBeGreaterThan(3)
    if (encoding === 'json') {
      const told = bodies.flatMap((body) => JSON.parse(body).resourceMetrics ?? [])
      const points = told.flatMap((one) => one.scopeMetrics[0].metrics[0].histogram.dataPoints)
      expect(points).toHaveLength(300)
      expect(new Set(points.map(({ timeUnixNano }) => timeUnixNano)).size).toBe(1)
    }
  })

  it('by the word of the collector, is sent in halves; what it took stays taken when it refuses one', async () => {
    const small = Array.from({ length: 8 }, (_, i) => call(i, i === 5 ? { rules: ['x'.repeat(5_000)] } : {}))
    const taken: number[] = []
    const kept: Taken[] = []
    const sent = send(
      ({ headers }, response) => {
        const large = Number(headers['x-unpacked']) > 4_000
        if (!large) taken.push(1)
        response.writeHead(large ? 413 : 200).end()
      },
      undefined,
      {},
      encoding,
      { calls: small, keep: async (now) => void kept.push(now) },
    )
    await expect(sent).rejects.toMatchObject({ code: 'upstream_refused' })
    expect(kept.map(({ traces }) => traces)).toEqual([4, 5])
    expect(taken).toHaveLength(2)
  })
})

it('what was taken is neither sent again nor forgotten, of spans and of totals', async () => {
  const ok: RequestListener = (_, response) => response.end()
  const positions = (body = '') =>
    [...body.matchAll(/"sallyport.audit.position","value":\{"intValue":"(\d+)"/g)].map(([, at]) => at)
  const half = await send(ok, { traces: 1, metrics: 1 }, {}, 'json')
  expect(positions(half.bodies[0])).toEqual(['1'])
  expect(half.bodies[1]).toContain('"count":"1"')
  const ahead = await send(ok, { traces: 5, metrics: 5 }, {}, 'json')
  expect(ahead.bodies).toEqual([])
  expect(ahead.kept.at(-1)).toMatchObject({ traces: 5, metrics: 5 })
})

describe('totals', () => {
  it('go on from what was kept, and are told later each time', () => {
    const first = createTotals()
    first.add([call(0), call(1, { data: { outcome: 'failed', ms: 1e9 }, reason: 'upstream_timeout' })])
    const kept = JSON.parse(JSON.stringify(first.tell(5)))
    const second = createTotals(kept)
    second.add([call(2)])
    const { series, since, at } = second.tell(5)
    expect(since).toBe(1_790_000_000_000)
    expect(at).toBeGreaterThan(kept.at)
    expect(series.map(({ counts }) => counts.reduce((sum, one) => sum + one))).toEqual([2, 1])
    expect(series[1]?.counts.at(-1)).toBe(1)
    expect(series[1]?.labels['error.type']).toBe('upstream_timeout')
  })
  it('count refusals that share an event, each of them, and the spans leave them out', async () => {
    const data = { of: 'call.finished', count: 8, first: 1, last: 2, ms: 4 }
    const shared = call(0, { kind: 'stranger.refused', reason: 'invalid_api_key', data })
    const admin = call(1, { kind: 'stranger.refused', data: { ...data, of: 'admin.refused' } })
    const { bodies } = await send((_, response) => void response.end(), undefined, {}, 'json', {
      calls: [shared, admin, call(2)],
    })
    const [spans = '', totals = ''] = bodies
    expect(JSON.parse(spans).resourceSpans[0].scopeSpans[0].spans).toHaveLength(1)
    const [metric] = JSON.parse(totals).resourceMetrics[0].scopeMetrics[0].metrics
    const points = metric.histogram.dataPoints as { count: string; sum: number }[]
    expect(points.map(({ count, sum }) => [count, sum])).toEqual([
      ['8', 0.032],
      ['1', 0.005],
    ])
  })
  it('of other bounds are refused', () => {
    const old = { metric: 'gen_ai.client.token.usage', node: 'n', labels: {}, counts: [1, 2], sum: 3 } as const
    const kept = { at: 1, series: [{ ...old, counts: [...old.counts] }] }
    expect(() => createTotals(kept)).toThrow(expect.objectContaining({ code: 'not_possible' }))
  })
})

describe('gather', () => {
  async function* slow(pauses: readonly number[], end?: Error) {
    for (const [i, pause] of pauses.entries()) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
      yield i
    }
    if (end) throw end
  }
  const all = async (items: AsyncIterable<number>, options: Parameters<typeof gather>[1]) => {
    const got: (readonly number[])[] = []
    for await (const some of gather(items, options)) got.push(some)
    return got
  }

  it('hands on as many as may be, and the rest when they have waited', async () => {
    expect(await all(slow([0, 0, 0, 0, 200, 0]), { most: 3, waitMs: 40 })).toEqual([[0, 1, 2], [3], [4, 5]])
  })
  it('says that nothing comes', async () => {
    const got = await all(slow([0, 150]), { most: 3, waitMs: 20, idleMs: 40 })
    expect(got.flat()).toEqual([0, 1])
    expect(got.filter((some) => some.length === 0).length).toBeGreaterThan(0)
  })
  it('loses nothing that came before a failure', async () => {
    const got: number[] = []
    const reading = async () => {
      for await (const some of gather(slow([0, 0], new Error('gone')), { most: 9, waitMs: 20 })) got.push(...some)
    }
    await expect(reading()).rejects.toThrow('gone')
    expect(got).toEqual([0, 1])
  })
})
