// The binary form of what is sent to a collector: protobuf by the official definitions (opentelemetry-proto 1), of which
// this is the part that we use. Written from the same bodies as the JSON form: 64-bit numbers are decimal text, ids hexadecimal.
// And of what it answers, read by nobody's definitions: fields by their numbers.
import type { Json, JsonObject } from '../../core/index.ts'

/** How a value is written. `packed` is a repeated number in one piece; a capital letter begins the name of a message. */
type Field = readonly [number: number, type: string]

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  Traces: { resourceSpans: [1, 'ResourceSpans'] },
  ResourceSpans: { resource: [1, 'Resource'], scopeSpans: [2, 'ScopeSpans'] },
  ScopeSpans: { scope: [1, 'Scope'], spans: [2, 'Span'] },
  Span: {
    traceId: [1, 'hex'],
    spanId: [2, 'hex'],
    name: [5, 'text'],
    kind: [6, 'varint'],
    startTimeUnixNano: [7, 'fixed64'],
    endTimeUnixNano: [8, 'fixed64'],
    attributes: [9, 'KeyValue'],
    status: [15, 'Status'],
  },
  Status: { code: [3, 'varint'] },
  Metrics: { resourceMetrics: [1, 'ResourceMetrics'] },
  ResourceMetrics: { resource: [1, 'Resource'], scopeMetrics: [2, 'ScopeMetrics'] },
  ScopeMetrics: { scope: [1, 'Scope'], metrics: [2, 'Metric'] },
  Metric: { name: [1, 'text'], unit: [3, 'text'], histogram: [9, 'Histogram'] },
  Histogram: { dataPoints: [1, 'HistogramDataPoint'], aggregationTemporality: [2, 'varint'] },
  HistogramDataPoint: {
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    bucketCounts: [6, 'packed fixed64'],
    explicitBounds: [7, 'packed double'],
    attributes: [9, 'KeyValue'],
  },
  Resource: { attributes: [1, 'KeyValue'] },
  Scope: { name: [1, 'text'], version: [2, 'text'] },
  KeyValue: { key: [1, 'text'], value: [2, 'AnyValue'] },
  AnyValue: {
    stringValue: [1, 'text'],
    boolValue: [2, 'varint'],
    intValue: [3, 'varint'],
    doubleValue: [4, 'double'],
    arrayValue: [5, 'ArrayValue'],
  },
  ArrayValue: { values: [1, 'AnyValue'] },
}

const VARINT = 0
const EIGHT_BYTES = 1
const WITH_LENGTH = 2
const FOUR_BYTES = 5

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}

const eightBytes = (value: Json, type: string): Buffer => {
  const bytes = Buffer.alloc(8)
  if (type === 'double') bytes.writeDoubleLE(Number(value))
  else bytes.writeBigUInt64LE(BigInt(String(value)))
  return bytes
}
const tag = (number: number, wire: number): Buffer => varint(BigInt((number << 3) | wire))
const withLength = (number: number, bytes: Buffer): Buffer[] => [
  tag(number, WITH_LENGTH),
  varint(BigInt(bytes.length)),
  bytes,
]

function written([number, type]: Field, value: Json): Buffer[] {
  if (type.startsWith('packed ')) {
    const items = (value as Json[]).map((item) => eightBytes(item, type.slice('packed '.length)))
    return withLength(number, Buffer.concat(items))
  }
  switch (type) {
    case 'text':
      return withLength(number, Buffer.from(String(value)))
    case 'hex':
      return withLength(number, Buffer.from(String(value), 'hex'))
    case 'varint':
      return [tag(number, VARINT), varint(typeof value === 'boolean' ? BigInt(value) : BigInt(String(value)))]
    case 'double':
    case 'fixed64':
      return [tag(number, EIGHT_BYTES), eightBytes(value, type)]
    default: {
      const items = Array.isArray(value) ? value : [value]
      return items.flatMap((item) => withLength(number, toProtobuf(type, item as JsonObject)))
    }
  }
}

/** @throws Error if the message has no such field: nothing is left out in silence */
export function toProtobuf(message: string, body: JsonObject): Buffer {
  const fields = MESSAGES[message]
  const pieces = Object.entries(body).flatMap(([name, value]) => {
    const field = fields?.[name]
    if (!field) throw new Error(`${message} has no ${name}`)
    return value === undefined ? [] : written(field, value)
  })
  return Buffer.concat(pieces)
}

/**
 * The fields of a message, as they come: numbers, and bytes of whatever has a length.
 * @throws RangeError where it is no message
 */
export function* fieldsOf(bytes: Uint8Array): Generator<readonly [field: number, value: bigint | Uint8Array]> {
  let at = 0
  const some = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new RangeError('a message ends in the middle')
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = some(1)[0] ?? 0
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw new RangeError('a number of more than 64 bits')
  }
  while (at < bytes.length) {
    const tag = number()
    const field = Number(tag >> 3n)
    const wire = Number(tag & 7n)
    if (wire === VARINT) yield [field, number()]
    else if (wire === WITH_LENGTH) yield [field, some(Number(number()))]
    else if (wire === EIGHT_BYTES) yield [field, some(8)]
    else if (wire === FOUR_BYTES) yield [field, some(4)]
    else throw new RangeError('a field of no kind that there is')
  }
}
