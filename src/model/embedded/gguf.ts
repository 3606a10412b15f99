// Reads GGUF v3 model files. The file is untrusted: every count and offset is checked against the bytes that are there
// before anything is allocated, and a file that lies is refused with a sentence that says where.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { Fault } from '../../core/index.ts'

export type GgufValue = number | bigint | boolean | string | GgufValue[]

export interface GgufTensor {
  readonly name: string
  /** Fastest-running dimension first, as in the file. */
  readonly shape: readonly number[]
  readonly type: number
  /** Offset of the data from the start of the file, bytes. */
  readonly offset: number
  readonly elements: number
}

export interface Gguf {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
  /** The tensor's values in single precision. Types: F32, F16, Q8_0. */
  values(name: string): Float32Array
}

const LIMIT = {
  metadata: 4096,
  tensors: 4096,
  keyBytes: 1024,
  nameBytes: 256,
  arrayItems: 1 << 20,
  dimensions: 4,
} as const
/** Bytes a value takes at least, by GGUF value type; strings and arrays start with a 64-bit count. */
const VALUE_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8] as const
const TYPE = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const
const TENSOR = { F32: 0, F16: 1, Q8_0: 8 } as const
const Q8_BLOCK = 32
const Q8_BYTES = 34

export const broken = (what: string) =>
  new Fault('upstream_invalid', { detail: `The model file cannot be used: ${what}` })

export function readGguf(bytes: Uint8Array): Gguf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = new TextDecoder('utf-8')
  let at = 0

  function need(count: number, what: string): void {
    if (count > bytes.length - at) throw broken(`it ends in the middle of ${what}`)
  }
  function u32(what: string): number {
    need(4, what)
    at += 4
    return view.getUint32(at - 4, true)
  }
  /** A 64-bit count. Anything that could not be counted in this file is refused before it is used. */
  function count(what: string, limit: number): number {
    need(8, what)
    at += 8
    const value = view.getBigUint64(at - 8, true)
    if (value > BigInt(limit)) throw broken(`${what} is ${value}, at most ${limit} is possible here`)
    return Number(value)
  }
  function string(what: string, limit = bytes.length): string {
    const length = count(`the length of ${what}`, Math.min(limit, bytes.length - at))
    need(length, what)
    at += length
    return text.decode(bytes.subarray(at - length, at))
  }
  function scalar(type: number, what: string): GgufValue {
    const size = VALUE_BYTES[type]
    if (size === undefined || type === TYPE.array) throw broken(`${what} has the unknown type ${type}`)
    if (type === TYPE.string) return string(what)
    need(size, what)
    at += size
    const p = at - size
    switch (type) {
      case TYPE.u8:
        return view.getUint8(p)
      case TYPE.i8:
        return view.getInt8(p)
      case TYPE.u16:
        return view.getUint16(p, true)
      case TYPE.i16:
        return view.getInt16(p, true)
      case TYPE.u32:
        return view.getUint32(p, true)
      case TYPE.i32:
        return view.getInt32(p, true)
      case TYPE.f32:
        return view.getFloat32(p, true)
      case TYPE.bool:
        return view.getUint8(p) !== 0
      case TYPE.u64:
        return view.getBigUint64(p, true)
      case TYPE.i64:
        return view.getBigInt64(p, true)
      default:
        return view.getFloat64(p, true)
    }
  }
  function value(what: string): GgufValue {
    const type = u32(`the type of ${what}`)
    if (type !== TYPE.array) return scalar(type, what)
    const itemType = u32(`the item type of ${what}`)
    if (itemType === TYPE.array) throw broken(`${what} is an array of arrays`)
    const size = VALUE_BYTES[itemType]
    if (size === undefined) throw broken(`${what} has items of the unknown type ${itemType}`)
    const length = count(`the number of items of ${what}`, LIMIT.arrayItems)
    need(length * (itemType === TYPE.string ? 8 : size), what)
    const items: GgufValue[] = []
    for (let i = 0; i < length; i++) items.push(scalar(itemType, what))
    return items
  }

  need(4, 'the magic number')
  if (bytes[0] !== 0x47 || bytes[1] !== 0x47 || bytes[2] !== 0x55 || bytes[3] !== 0x46)
    throw broken('it is not a GGUF file')
  at = 4
  const version = u32('the version')
  if (version !== 3) throw broken(`it is GGUF version ${version}, this engine reads version 3`)
  const tensorCount = count('the number of tensors', LIMIT.tensors)
  const metadataCount = count('the number of metadata entries', LIMIT.metadata)

  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < metadataCount; i++) {
    const key = string('a metadata key', LIMIT.keyBytes)
    if (metadata.has(key)) throw broken(`the metadata key ${JSON.stringify(key)} occurs twice`)
    metadata.set(key, value(`the metadata entry ${JSON.stringify(key)}`))
  }

  const found: { name: string; shape: number[]; type: number; offset: number; elements: number }[] = []
  const tensors = new Map<string, GgufTensor>()
  for (let i = 0; i < tensorCount; i++) {
    const name = string('a tensor name', LIMIT.nameBytes)
    const what = `tensor ${JSON.stringify(name)}`
    if (tensors.has(name)) throw broken(`${what} occurs twice`)
    const dimensions = u32(`the shape of ${what}`)
    if (dimensions < 1 || dimensions > LIMIT.dimensions) throw broken(`${what} has ${dimensions} dimensions`)
    const shape: number[] = []
    let elements = 1
    for (let d = 0; d < dimensions; d++) {
      const size = count(`a dimension of ${what}`, bytes.length)
      shape.push(size)
      elements *= size
      if (size === 0 || elements > bytes.length)
        throw broken(`${what} claims ${elements} values, more than the file can hold`)
    }
    const type = u32(`the type of ${what}`)
    const tensor = { name, shape, type, offset: count(`the offset of ${what}`, bytes.length), elements }
    found.push(tensor)
    tensors.set(name, tensor)
  }

  const alignment = metadata.get('general.alignment') ?? 32
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 65536 || (alignment & (alignment - 1)) !== 0)
    throw broken('its alignment is no power of two up to 65536')
  const start = Math.ceil(at / alignment) * alignment
  for (const tensor of found) {
    tensor.offset += start
    const size = storedBytes(tensor)
    if (tensor.offset + size > bytes.length) throw broken(`tensor ${JSON.stringify(tensor.name)} lies outside the file`)
  }

  return {
    metadata,
    tensors,
    values(name) {
      const tensor = tensors.get(name)
      if (!tensor) throw broken(`tensor ${JSON.stringify(name)} is missing`)
      return decode(view, tensor)
    },
  }
}

function storedBytes({ name, type, elements, shape }: GgufTensor): number {
  if (type === TENSOR.F32) return elements * 4
  if (type === TENSOR.F16) return elements * 2
  if (type === TENSOR.Q8_0) {
    if ((shape[0] ?? 0) % Q8_BLOCK !== 0)
      throw broken(`rows of tensor ${JSON.stringify(name)} are no multiple of ${Q8_BLOCK}`)
    return (elements / Q8_BLOCK) * Q8_BYTES
  }
  throw broken(`tensor ${JSON.stringify(name)} has the quantisation type ${type}; this engine reads F32, F16 and Q8_0`)
}

function decode(view: DataView, { type, offset, elements }: GgufTensor): Float32Array {
  const result = new Float32Array(elements)
  if (type === TENSOR.F32) for (let i = 0; i < elements; i++) result[i] = view.getFloat32(offset + i * 4, true)
  else if (type === TENSOR.F16)
    for (let i = 0; i < elements; i++) result[i] = fromHalf(view.getUint16(offset + i * 2, true))
  else
    for (let block = 0, p = offset; block < elements / Q8_BLOCK; block++, p += Q8_BYTES) {
      const scale = fromHalf(view.getUint16(p, true))
      for (let i = 0; i < Q8_BLOCK; i++) result[block * Q8_BLOCK + i] = scale * view.getInt8(p + 2 + i)
    }
  return result
}

/** IEEE 754 half precision. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
