// The tagger's file: which words are known for what, and one row of small integers per feature. Rows are found through a
// bit set over the feature hashes, so the file holds nothing but the rows themselves. Format, little endian: magic
// `SPN1`, bits of the hash space, labels, lexicon size, rows; lexicon as (hash i32, known u16); bit set; rows i8.
import { readFileSync } from 'node:fs'
import { Fault } from '../../core/index.ts'

export const LABELS = [
  'O',
  'B-person',
  'I-person',
  'B-place',
  'I-place',
  'B-organisation',
  'I-organisation',
  'B-address',
  'I-address',
  'B-title',
  'I-title',
  'B-people',
  'I-people',
  'B-age',
  'B-date',
  'I-date',
] as const

export const LANES = LABELS.length / 2
/** Makes a lane non-negative, so that sums of up to 250 rows never borrow from the lane beside them. */
export const BIAS = 128

export class Lexicon {
  readonly #keys: Int32Array
  readonly #values: Uint16Array
  readonly #mask: number

  constructor(entries: ReadonlyMap<number, number>) {
    let slots = 1024
    while (slots < entries.size * 3) slots *= 2
    this.#mask = slots - 1
    this.#keys = new Int32Array(slots)
    this.#values = new Uint16Array(slots)
    for (const [hash, known] of entries) {
      let i = hash & this.#mask
      while (this.#values[i] !== 0) i = (i + 1) & this.#mask
      this.#keys[i] = hash
      this.#values[i] = known
    }
  }

  get(hash: number): number {
    let i = hash & this.#mask
    for (;;) {
      const value = this.#values[i]!
      if (value === 0 || this.#keys[i] === hash) return value
      i = (i + 1) & this.#mask
    }
  }
}

export interface Weights {
  readonly lexicon: Lexicon
  /** Row number by feature hash; row 0 is empty. */
  readonly slots: Uint32Array
  readonly mask: number
  /** LANES integers per row, each the weights of two labels plus BIAS in 16 bits: one addition sums two labels. */
  readonly rows: Int32Array
}

const MAGIC = 0x314e5053
const HEADER_BYTES = 20
const WORD_BYTES = 6

export function packWeights(
  bits: number,
  lexicon: ReadonlyMap<number, number>,
  rows: ReadonlyMap<number, Int8Array>,
): Uint8Array {
  const labels = LABELS.length
  const set = HEADER_BYTES + lexicon.size * WORD_BYTES
  const body = set + (1 << bits) / 8
  const bytes = new Uint8Array(body + rows.size * labels)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of [MAGIC, bits, labels, lexicon.size, rows.size].entries()) view.setUint32(i * 4, value, true)
  for (const [i, [hash, known]] of [...lexicon].sort((a, b) => a[0] - b[0]).entries()) {
    view.setInt32(HEADER_BYTES + i * WORD_BYTES, hash, true)
    view.setUint16(HEADER_BYTES + i * WORD_BYTES + 4, known, true)
  }
  for (const [i, [slot, row]] of [...rows].sort((a, b) => a[0] - b[0]).entries()) {
    bytes[set + (slot >> 3)]! |= 1 << (slot & 7)
    bytes.set(new Uint8Array(row.buffer, row.byteOffset, labels), body + i * labels)
  }
  return bytes
}

export function unpackWeights(bytes: Uint8Array): Weights {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const labels = LABELS.length
  const [magic, bits, width, words, count] =
    bytes.byteLength < HEADER_BYTES ? [] : [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true))
  const set = HEADER_BYTES + (words ?? 0) * WORD_BYTES
  const body = set + (1 << (bits ?? 3)) / 8
  if (magic !== MAGIC || width !== labels || bits! > 24 || bytes.byteLength !== body + count! * labels)
    throw new Fault('guard_unavailable', { detail: 'The weights of the names tagger do not fit this version.' })
  const entries = new Map<number, number>()
  for (let at = HEADER_BYTES; at < set; at += WORD_BYTES)
    entries.set(view.getInt32(at, true), view.getUint16(at + 4, true))
  const slots = new Uint32Array(1 << bits!)
  let row = 0
  for (let slot = 0; slot < slots.length; slot++)
    if ((bytes[set + (slot >> 3)]! & (1 << (slot & 7))) !== 0) slots[slot] = ++row
  const packed = new Int8Array(bytes.buffer, bytes.byteOffset + body, count! * labels)
  const rows = new Int32Array((count! + 1) * LANES)
  for (let i = 0; i < packed.length; i += 2)
    rows[LANES + (i >> 1)] = packed[i]! + BIAS + ((packed[i + 1]! + BIAS) << 16)
  return { lexicon: new Lexicon(entries), slots, mask: slots.length - 1, rows }
}

let loaded: Weights | undefined

/**
 * The shipped weights, read once. The relative path is the same from `src/guard/names` and from `dist/guard/names`.
 * @throws Fault `guard_unavailable` when the file is missing or of another version: without it names are not scanned
 */
export function shippedWeights(): Weights {
  if (loaded !== undefined) return loaded
  let bytes: Uint8Array
  try {
    bytes = readFileSync(new URL('../../../models/names.bin', import.meta.url))
  } catch (cause) {
    throw new Fault('guard_unavailable', { detail: 'The weights of the names tagger are missing.', cause })
  }
  loaded = unpackWeights(bytes)
  return loaded
}
