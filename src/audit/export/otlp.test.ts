// What is sent to a collector, read by the official definitions (opentelemetry-proto 1: trace, metrics, common, resource)
// under the rules of OTLP/JSON: a field that no message has, a wrong type or a number outside its enumeration is an error.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/index.ts'
import type { Found } from '../search.ts'
import { toMetrics, toTraces } from './otlp.ts'
import { fieldsOf, toProtobuf } from './protobuf.ts'
import { createTotals } from './totals.ts'

/** Messages as in the .proto files, with the names of JSON; `a | b` is a oneof, a number behind `bytes` its length. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ExportTraceServiceRequest: { resourceSpans: 'repeated ResourceSpans' },
  ResourceSpans: { resource: 'Resource', scopeSpans: 'repeated ScopeSpans', schemaUrl: 'string' },
  ScopeSpans: { scope: 'InstrumentationScope', spans: 'repeated Span', schemaUrl: 'string' },
  Span: {
    traceId: 'bytes 16',
    spanId: 'bytes 8',
    traceState: 'string',
    parentSpanId: 'bytes 8',
    flags: 'fixed32',
    name: 'string',
    kind: 'enum 0 1 2 3 4 5',
    startTimeUnixNano: 'fixed64',
    endTimeUnixNano: 'fixed64',
    attributes: 'repeated KeyValue',
    droppedAttributesCount: 'fixed32',
    droppedEventsCount: 'fixed32',
    droppedLinksCount: 'fixed32',
    status: 'Status',
  },
  Status: { message: 'string', code: 'enum 0 1 2' },
  ExportMetricsServiceRequest: { resourceMetrics: 'repeated ResourceMetrics' },
  ResourceMetrics: { resource: 'Resource', scopeMetrics: 'repeated ScopeMetrics', schemaUrl: 'string' },
  ScopeMetrics: { scope: 'InstrumentationScope', metrics: 'repeated Metric', schemaUrl: 'string' },
  Metric: { name: 'string', description: 'string', unit: 'string', histogram: 'Histogram' },
  Histogram: { dataPoints: 'repeated HistogramDataPoint', aggregationTemporality: 'enum 0 1 2' },
  HistogramDataPoint: {
    attributes: 'repeated KeyValue',
    startTimeUnixNano: 'fixed64',
    timeUnixNano: 'fixed64',
    count: 'fixed64',
    sum: 'double',
    bucketCounts: 'repeated fixed64',
    explicitBounds: 'repeated double',
    flags: 'fixed32',
    min: 'double',
    max: 'double',
  },
  Resource: { attributes: 'repeated KeyValue', droppedAttributesCount: 'fixed32' },
  InstrumentationScope: {
    name: 'string',
    version: 'string',
    attributes: 'repeated KeyValue',
    droppedAttributesCount: 'fixed32',
  },
  KeyValue: { key: 'string', value: 'AnyValue' },
  AnyValue: {
    stringValue: 'string',
    boolValue: 'bool',
    intValue: 'int64',
    doubleValue: 'double',
    arrayValue: 'ArrayValue',
    kvlistValue: 'KeyValueList',
  },
  ArrayValue: { values: 'repeated AnyValue' },
  KeyValueList: { values: 'repeated KeyValue' },
}
const ONEOF: ReadonlySet<string> = new Set(['AnyValue'])

const within = (text: unknown, least: bigint, bits: bigint): boolean =>
  typeof text === 'string' && /^-?\d+$/.test(text) && BigInt(text) >= least && BigInt(text) < 2n ** bits

/** 64-bit integers are decimal strings, ids hexadecimal, enumerations numbers (OTLP/JSON, section "JSON Protobuf Encoding"). */
function isScalar(value: unknown, type: string): boolean {
  const [name, ...more] = type.split(' ')
  if (name === 'bytes')
    return new RegExp(`^[0-9a-f]{${2 * Number(more[0])}}$`).test(String(value)) && !/^0+$/.test(String(value))
  if (name === 'enum') return more.includes(String(value)) && typeof value === 'number'
  if (name === 'fixed64') return within(value, 0n, 64n)
  if (name === 'int64') return within(value, -(2n ** 63n), 63n)
  if (name === 'fixed32') return Number.isInteger(value)
  if (name === 'double') return typeof value === 'number' && Number.isFinite(value)
  return typeof value === (name === 'bool' ? 'boolean' : name)
}

function problemsOf(value: unknown, type: string, at: string): string[] {
  if (type.startsWith('repeated ')) {
    if (!Array.isArray(value)) return [`${at} is not repeated`]
    return value.flatMap((item, i) => problemsOf(item, type.slice(9), `${at}[${i}]`))
  }
  const message = MESSAGES[type]
  if (!message) return isScalar(value, type) ? [] : [`${at} is not ${type}: ${JSON.stringify(value)}`]
  if (typeof value !== 'object' || value === null) return [`${at} is not a ${type}`]
  const fields = Object.entries(value)
  const problems = ONEOF.has(type) && fields.length > 1 ? [`${at} has more than one value`] : []
  for (const [name, field] of fields) {
    const known = message[name]
    if (known === undefined) problems.push(`${type} has no ${name}`)
    else problems.push(...problemsOf(field, known, `${at}.${name}`))
  }
  if (type === 'KeyValue' && !('key' in value)) problems.push(`${at} has no key`)
  if (type === 'Span') {
    const names = ['traceId', 'spanId', 'name', 'startTimeUnixNano', 'endTimeUnixNano']
    problems.push(...names.filter((name) => !(name in value)).map((name) => `${at} has no ${name}`))
  }
  return problems
}

const totalsOf = (events: readonly Found[]) => {
  const counting = createTotals()
  counting.add(events)
  return counting.tell(1_800_000_000_000)
}
const arrived = (body: JsonObject): unknown => JSON.parse(JSON.stringify(body))
const finished = fc.record(
  {
    position: fc.nat(),
    id: fc.uuid(),
    time: fc.integer({ min: 1, max: 4_000_000_000_000 }),
    node: fc.string(),
    boot: fc.constant('b'),
    kind: fc.constantFrom('call.finished', 'call.decided', 'key.created'),
    model: fc.string(),
    action: fc.constantFrom('chat', 'embed', 'complete', 'pull'),
    decision: fc.constantFrom('allow', 'deny'),
    rules: fc.array(fc.string()),
    policy: fc.string(),
    reason: fc.string(),
    session: fc.string(),
    call: fc.string(),
    data: fc.record(
      {
        outcome: fc.constantFrom('served', 'failed', 'cut'),
        ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
        inputTokens: fc.nat(),
        outputTokens: fc.nat(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['position', 'id', 'time', 'node', 'boot', 'kind'] },
) as fc.Arbitrary<Found>

describe('OTLP', () => {
  it('is what the definitions say, for any events', () => {
    fc.assert(
      fc.property(fc.array(finished, { maxLength: 12 }), (events) => {
        expect(problemsOf(arrived(toTraces(events)), 'ExportTraceServiceRequest', 'traces')).toEqual([])
        expect(problemsOf(arrived(toMetrics(totalsOf(events))), 'ExportMetricsServiceRequest', 'metrics')).toEqual([])
      }),
      { seed: 17, numRuns: 300 },
    )
  })

  it('has a binary form of whatever it says, and of nothing else', () => {
    fc.assert(
      fc.property(fc.array(finished, { maxLength: 12 }), (events) => {
        toProtobuf('Traces', toTraces(events))
        toProtobuf('Metrics', toMetrics(totalsOf(events)))
      }),
      { seed: 17, numRuns: 100 },
    )
    expect(() => toProtobuf('Status', { code: 1, message: 'x' })).toThrow('Status has no message')
    // A zero of a oneof is written: without it there would be no value at all.
    expect(toProtobuf('AnyValue', { intValue: '0' }).toString('hex')).toBe('1800')
    expect(toProtobuf('AnyValue', { intValue: '-1' }).toString('hex')).toBe('18ffffffffffffffffff01')
  })

  it('reads back the fields that it wrote, and of any other bytes what there is or that it is no message', () => {
    const read = (bytes: Uint8Array) => [...fieldsOf(bytes)]
    fc.assert(
      fc.property(fc.array(finished, { maxLength: 12 }), (events) => {
        const body = toTraces(events) as { resourceSpans: JsonObject[] }
        const bytes = toProtobuf('Traces', body)
        expect(read(bytes)).toEqual(body.resourceSpans.map((one) => [1, toProtobuf('ResourceSpans', one)]))
      }),
      { seed: 17, numRuns: 100 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const length = read(bytes).reduce((sum, [, value]) => sum + (typeof value === 'bigint' ? 1 : value.length), 0)
          expect(length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
      { seed: 17, numRuns: 2_000 },
    )
  })

  it.each([
    ['a field that is not there', 'spanID', '0011223344556677'],
    ['an id of the wrong length', 'spanId', '00'],
    ['a number of 64 bits as a number', 'endTimeUnixNano', 1],
    ['a kind that is not one', 'kind', 9],
  ])('the check refuses %s', (_, name, value) => {
    const event = { position: 1, id: 'e', time: 5, node: 'n', boot: 'b', kind: 'call.finished' }
    const body = arrived(toTraces([event])) as { resourceSpans: { scopeSpans: { spans: JsonObject[] }[] }[] }
    const span = body.resourceSpans[0]?.scopeSpans[0]?.spans[0] as JsonObject
    span[name] = value
    expect(problemsOf(body, 'ExportTraceServiceRequest', 'traces')).not.toEqual([])
  })
})
