// The innermost step of the tagger, as WebAssembly: for every feature of a token, find the row of its weights and add all
// sixteen of them at once. Written out as instructions because 128-bit vectors have no other spelling in Node, and nine
// tenths of the tagger's time went into adding them one by one. The module has no imports: it can touch nothing but its
// own memory, every access of which is checked.

/** What is used of the global of this name: its types come with browsers only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (
    module: object,
  ) => { exports: { memory: { buffer: ArrayBuffer }; add(from: number, to: number): void } }
}

/** The features of a token in the order `features.ts` writes them: the number of each is part of the weights. */
// biome-ignore format: a list of numbers reads better dense
const NUMBERS = [
  1, 2, 4, 6, 9, 10, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 28, 29, 31, 34, 36, 38, 40, 41, 43, 45, 46,
  3, 7, 8, 19, 26, 27, 30, 32, 33, 39, 44, 5, 11, 35, 37, 42,
]
export const FEATURES = NUMBERS.length

const SALTS_AT = 0
const VALUES_AT = 256
const SCORES_AT = 512
const ROWS_AT = 1024
const PAGE_BYTES = 65_536
/** One row: a signed byte for each label. */
export const ROW_BYTES = 16

export interface Kernel {
  /** Values of the features, to be filled before `add`. */
  readonly values: Int32Array
  /** Sums of the weights per label, to which `add` adds. */
  readonly scores: Int16Array
  /** The rows, one for each slot; all zero at first. */
  readonly rows: Int8Array
  /** Adds the weights of the features [from, to) to the sums. */
  add(from: number, to: number): void
}

/** What keeps equal values of different features apart, by place in the list. */
const saltOf = (feature: number): number => Math.imul(NUMBERS[feature]!, 0x9e3779b1)
const FIRST_FACTOR = 0x85ebca6b
const SECOND_FACTOR = 0xc2b2ae35

/** Slot of the value of a feature, before it is cut to the size of the table. Training uses this, `add` the same sum. */
export function slotOf(feature: number, value: number): number {
  let h = Math.imul(value ^ saltOf(feature), FIRST_FACTOR)
  h ^= h >>> 15
  h = Math.imul(h, SECOND_FACTOR)
  return h ^ (h >>> 13)
}

/** LEB128, the number format of WebAssembly. */
function signed(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value | 0; ; rest >>= 7) {
    const byte = rest & 0x7f
    const last = (rest >> 7 === 0 && (byte & 0x40) === 0) || (rest >> 7 === -1 && (byte & 0x40) !== 0)
    bytes.push(last ? byte : byte | 0x80)
    if (last) return bytes
  }
}
function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}
const sized = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes]
const section = (id: number, bytes: readonly number[]) => [id, ...sized(bytes)]
const name = (text: string) => sized([...text].map((char) => char.charCodeAt(0)))

const I32 = 0x7f
const V128 = 0x7b
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const constant = (value: number) => [0x41, ...signed(value)]
const MULTIPLY = 0x6c
const ADD = 0x6a
const AND = 0x71
const XOR = 0x73
const SHIFT_LEFT = 0x74
const SHIFT_RIGHT = 0x76
const LESS = 0x49
const load = (offset: number) => [0x28, 2, ...unsigned(offset)]
const loadVector = (offset: number) => [0xfd, 0, 4, ...unsigned(offset)]
const storeVector = (offset: number) => [0xfd, 11, 4, ...unsigned(offset)]
const EXTEND_LOW = [0xfd, ...unsigned(0x87)]
const EXTEND_HIGH = [0xfd, ...unsigned(0x88)]
const ADD_VECTOR = [0xfd, ...unsigned(0x8e)]

/** `add`: local 0 is the feature and 1 the last one, both in bytes; 2 is the hash, 3 the row, 4 and 5 the sums. */
function instructions(mask: number): number[] {
  const xorShifted = (bits: number) => [...get(2), ...get(2), ...constant(bits), SHIFT_RIGHT, XOR, ...set(2)]
  const inBytes = (local: number) => [...get(local), ...constant(2), SHIFT_LEFT, ...set(local)]
  return [
    ...[...inBytes(0), ...inBytes(1)],
    ...[...constant(0), ...loadVector(SCORES_AT), ...set(4)],
    ...[...constant(0), ...loadVector(SCORES_AT + ROW_BYTES), ...set(5)],
    ...[0x03, 0x40], // loop
    ...[
      ...get(0),
      ...load(VALUES_AT),
      ...get(0),
      ...load(SALTS_AT),
      XOR,
      ...constant(FIRST_FACTOR),
      MULTIPLY,
      ...set(2),
    ],
    ...xorShifted(15),
    ...[...get(2), ...constant(SECOND_FACTOR), MULTIPLY, ...set(2)],
    ...xorShifted(13),
    ...[...get(2), ...constant(mask), AND, ...constant(4), SHIFT_LEFT, ...loadVector(ROWS_AT), ...set(3)],
    ...[...get(4), ...get(3), ...EXTEND_LOW, ...ADD_VECTOR, ...set(4)],
    ...[...get(5), ...get(3), ...EXTEND_HIGH, ...ADD_VECTOR, ...set(5)],
    ...[...get(0), ...constant(4), ADD, ...set(0)],
    ...[...get(0), ...get(1), LESS, 0x0d, 0], // again
    0x0b,
    ...[...constant(0), ...get(4), ...storeVector(SCORES_AT)],
    ...[...constant(0), ...get(5), ...storeVector(SCORES_AT + ROW_BYTES)],
    0x0b,
  ]
}

/** Room for `2 ** bits` rows. */
export function createKernel(bits: number): Kernel {
  const size = 1 << bits
  const pages = Math.ceil((ROWS_AT + size * ROW_BYTES) / PAGE_BYTES)
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 2, I32, I32, 0]), // one type: two integers, no result
      ...section(3, [1, 0]),
      ...section(5, [1, 1, ...unsigned(pages), ...unsigned(pages)]),
      ...section(7, [2, ...name('memory'), 2, 0, ...name('add'), 0, 0]),
      ...section(10, [1, ...sized([2, 1, I32, 3, V128, ...instructions(size - 1)])]),
    ]),
  )
  const { memory, add } = new WebAssembly.Instance(module).exports
  const salts = new Int32Array(memory.buffer, SALTS_AT, FEATURES)
  for (let f = 0; f < FEATURES; f++) salts[f] = saltOf(f)
  return {
    values: new Int32Array(memory.buffer, VALUES_AT, FEATURES),
    scores: new Int16Array(memory.buffer, SCORES_AT, ROW_BYTES),
    rows: new Int8Array(memory.buffer, ROWS_AT, size * ROW_BYTES),
    add,
  }
}
