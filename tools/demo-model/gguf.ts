// Writes the trained weights as a GGUF v3 file: matrices Q8_0 (or F32, F16), norms F32, vocabulary, ChatML template.
//   node tools/demo-model/gguf.ts CHECKPOINT VOCABULARY OUT [Q8_0|F16|F32]
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Vocabulary } from '../../src/model/embedded/tokenizer.ts'
import { CONTEXT } from './corpus.ts'

/** The same numbers as in network.h. */
const SHAPE = { width: 160, layers: 5, heads: 5, hidden: 416 } as const
const ALIGNMENT = 32
const CHECKPOINT_HEAD = 32
const TEMPLATE =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
const STORED = { F32: 0, F16: 1, Q8_0: 8 } as const
const FILE_TYPE = { F32: 0, F16: 1, Q8_0: 7 } as const
type Stored = keyof typeof STORED

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const i32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
const f32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const string = (value: string) => {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([u64(bytes.length), bytes])
}
const TYPES = {
  u32: [4, u32],
  i32: [5, i32],
  f32: [6, f32],
  bool: [7, (value: boolean) => Buffer.from([value ? 1 : 0])],
  string: [8, string],
} as const

function toHalf(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 255) - 112
  let fraction = bits & 0x7fffff
  if (exponent <= 0) {
    if (exponent < -10) return sign
    fraction |= 0x800000
    const shift = 14 - exponent
    return sign | ((fraction >>> shift) + ((fraction >>> (shift - 1)) & 1))
  }
  if (exponent >= 31) return sign | 0x7c00
  return sign | (((exponent << 10) | (fraction >>> 13)) + (fraction & 0x1000 ? 1 : 0))
}

function store(values: Float32Array, as: Stored): Buffer {
  if (as === 'F32') return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  if (as === 'F16') {
    const bytes = Buffer.alloc(values.length * 2)
    for (const [i, value] of values.entries()) bytes.writeUInt16LE(toHalf(value), i * 2)
    return bytes
  }
  const blocks = values.length / 32
  const bytes = Buffer.alloc(blocks * 34)
  for (let block = 0; block < blocks; block++) {
    const part = values.subarray(block * 32, block * 32 + 32)
    const scale = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127
    bytes.writeUInt16LE(toHalf(scale), block * 34)
    for (const [i, value] of part.entries()) bytes.writeInt8(scale ? Math.round(value / scale) : 0, block * 34 + 2 + i)
  }
  return bytes
}

/** The file's bytes; `valuesOf` gives each tensor's values in single precision. */
export function encodeGguf(
  vocabulary: Vocabulary,
  valuesOf: (name: string, rows: number, columns: number) => Float32Array,
  as: Stored,
  contextTokens: number,
): Buffer {
  const entries: Buffer[] = []
  const put = <T extends keyof typeof TYPES>(key: string, type: T, value: Parameters<(typeof TYPES)[T][1]>[0]) => {
    const [id, encode] = TYPES[type]
    entries.push(Buffer.concat([string(key), u32(id), (encode as (value: unknown) => Buffer)(value)]))
  }
  const list = (key: string, type: keyof typeof TYPES, values: readonly unknown[]) => {
    const [id, encode] = TYPES[type]
    const items = values.map((value) => (encode as (value: unknown) => Buffer)(value))
    entries.push(Buffer.concat([string(key), u32(9), u32(id), u64(values.length), ...items]))
  }
  put('general.architecture', 'string', 'llama')
  put('general.name', 'string', 'Sallyport demo')
  put('general.license', 'string', 'apache-2.0')
  put('general.file_type', 'u32', FILE_TYPE[as])
  put('llama.context_length', 'u32', contextTokens)
  put('llama.embedding_length', 'u32', SHAPE.width)
  put('llama.block_count', 'u32', SHAPE.layers)
  put('llama.feed_forward_length', 'u32', SHAPE.hidden)
  put('llama.attention.head_count', 'u32', SHAPE.heads)
  put('llama.attention.head_count_kv', 'u32', SHAPE.heads)
  put('llama.rope.dimension_count', 'u32', SHAPE.width / SHAPE.heads)
  put('llama.rope.freq_base', 'f32', 10_000)
  put('llama.attention.layer_norm_rms_epsilon', 'f32', 1e-5)
  put('llama.vocab_size', 'u32', vocabulary.tokens.length)
  put('tokenizer.ggml.model', 'string', 'gpt2')
  put('tokenizer.ggml.pre', 'string', 'gpt-2')
  list('tokenizer.ggml.tokens', 'string', vocabulary.tokens)
  list('tokenizer.ggml.token_type', 'i32', Array.from(vocabulary.types))
  list('tokenizer.ggml.merges', 'string', vocabulary.merges)
  put('tokenizer.ggml.bos_token_id', 'u32', 0)
  put('tokenizer.ggml.eos_token_id', 'u32', 2)
  put('tokenizer.ggml.eot_token_id', 'u32', 2)
  put('tokenizer.ggml.padding_token_id', 'u32', 0)
  put('tokenizer.ggml.add_bos_token', 'bool', false)
  put('tokenizer.ggml.add_space_prefix', 'bool', false)
  put('tokenizer.chat_template', 'string', TEMPLATE)

  const infos: Buffer[] = []
  const data: Buffer[] = []
  let offset = 0
  const take = (name: string, rows: number, columns: number) => {
    const values = valuesOf(name, rows, columns)
    const type: Stored = rows === 1 ? 'F32' : as
    const bytes = store(values, type)
    const shape = rows === 1 ? [columns] : [columns, rows]
    infos.push(Buffer.concat([string(name), u32(shape.length), ...shape.map(u64), u32(STORED[type]), u64(offset)]))
    const padding = Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)
    data.push(bytes, padding)
    offset += bytes.length + padding.length
  }
  const { width, hidden, layers } = SHAPE
  take('token_embd.weight', vocabulary.tokens.length, width)
  for (let n = 0; n < layers; n++) {
    take(`blk.${n}.attn_norm.weight`, 1, width)
    for (const part of ['q', 'k', 'v', 'output']) take(`blk.${n}.attn_${part}.weight`, width, width)
    take(`blk.${n}.ffn_norm.weight`, 1, width)
    take(`blk.${n}.ffn_gate.weight`, hidden, width)
    take(`blk.${n}.ffn_up.weight`, hidden, width)
    take(`blk.${n}.ffn_down.weight`, width, hidden)
  }
  take('output_norm.weight', 1, width)
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(infos.length),
    u64(entries.length),
    ...entries,
    ...infos,
  ])
  const padding = Buffer.alloc((ALIGNMENT - (head.length % ALIGNMENT)) % ALIGNMENT)
  return Buffer.concat([head, padding, ...data])
}

function main(): void {
  const [checkpoint, vocabularyFile, out, as = 'Q8_0'] = process.argv.slice(2)
  if (!checkpoint || !vocabularyFile || !out || !(as in STORED))
    throw new Error('usage: gguf.ts CHECKPOINT VOCABULARY OUT [Q8_0|F16|F32]')
  const vocabulary = JSON.parse(readFileSync(vocabularyFile, 'utf8')) as Vocabulary
  const raw = readFileSync(checkpoint)
  const weights = new Float32Array(raw.buffer.slice(raw.byteOffset + CHECKPOINT_HEAD, raw.byteOffset + raw.length))

  let taken = 0
  const file = encodeGguf(
    vocabulary,
    (_, rows, columns) => {
      taken += rows * columns
      return weights.subarray(taken - rows * columns, taken)
    },
    as as Stored,
    CONTEXT,
  )
  // The checkpoint holds the weights and two momenta of the same size.
  if (taken * 3 !== weights.length)
    throw new Error(`the checkpoint has ${weights.length / 3} weights, the shape ${taken}`)

  writeFileSync(out, file)
  console.log(`${out}: ${file.length} bytes, sha256 ${createHash('sha256').update(file).digest('hex')}`)
}

if (import.meta.main) main()
