// The tagger's file: which words are known for what, and one row of small integers per feature. A bit
// set over the feature hashes says which have one, so the file holds nothing but the rows themselves. Format, little endian: magic
// `SPN1`, bits of the hash space, labels, lexicon size, rows; lexicon as (hash i32, known u16); bit set; rows i8.
import { readFileSync } from 'node:fs'
import { Fault } from '../../core/index.ts'
import { createKernel, type Kernel } from './kernel.ts'

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
  /** Holds a row for every slot: what the file does not know weighs nothing. */
  readonly kernel: Kernel
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
  const kernel = createKernel(bits!)
  let from = body
  for (let slot = 0; slot < 1 << bits!; slot++) {
    if ((bytes[set + (slot >> 3)]! & (1 << (slot & 7))) === 0) continue
    for (let l = 0; l < labels; l++) kernel.rows[slot * labels + l] = view.getInt8(from++)
  }
  return { lexicon: new Lexicon(entries), kernel }
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
