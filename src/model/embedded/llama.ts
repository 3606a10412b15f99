// The Llama forward pass in plain typed arrays: RMS norm, rotary positions, grouped attention, SwiGLU. One State is one
// context; states share nothing but the weights, which are never written.
import { broken, type Gguf, type GgufValue } from './gguf.ts'

interface Shape {
  readonly vocabulary: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly keyHeads: number
  readonly headWidth: number
  readonly hidden: number
  readonly context: number
}

/** What one context has seen: keys and values of every position, per layer. */
export interface State {
  /** Positions filled. */
  length: number
  /** Positions there is memory for; grows as needed. */
  capacity: number
  keys: readonly Float32Array[]
  values: readonly Float32Array[]
}

export interface Llama {
  readonly context: number
  readonly vocabulary: number
  readonly width: number
  state(): State
  /** Appends tokens to the context. Returns the logits after the last one when `logits`; valid until the next call. */
  run(state: State, tokens: readonly number[], logits: boolean): Float32Array
  /** Appends tokens and adds the final hidden state of each to `sum`. */
  addHidden(state: State, tokens: readonly number[], sum: Float64Array): void
}

/** Tokens computed together: each weight is loaded once for all of them. */
export const BATCH = 8

const LARGEST = { width: 4096, layers: 128, heads: 256, hidden: 32768, context: 32768, vocabulary: 262_144 } as const

function readShape(file: Gguf, vocabulary: number): Shape {
  const number = (key: string, limit: number, fallback?: number): number => {
    const value: GgufValue | undefined = file.metadata.get(key) ?? fallback
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > limit)
      throw broken(`${key} is ${value === undefined ? 'missing' : 'not a number this engine can use'}`)
    return value
  }
  const architecture = file.metadata.get('general.architecture')
  if (architecture !== 'llama') throw broken('its architecture is not llama, the only one this engine runs')
  const width = number('llama.embedding_length', LARGEST.width)
  const heads = number('llama.attention.head_count', LARGEST.heads)
  const keyHeads = number('llama.attention.head_count_kv', LARGEST.heads, heads)
  if (width % heads !== 0 || (width / heads) % 2 !== 0 || heads % keyHeads !== 0)
    throw broken('its head counts do not fit its width')
  const headWidth = width / heads
  if (number('llama.rope.dimension_count', LARGEST.width, headWidth) !== headWidth)
    throw broken('it rotates only a part of each head, which this engine does not support')
  if (vocabulary < 1 || vocabulary > LARGEST.vocabulary) throw broken('the size of its vocabulary is not possible')
  return {
    vocabulary,
    width,
    heads,
    keyHeads,
    headWidth,
    layers: number('llama.block_count', LARGEST.layers),
    hidden: number('llama.feed_forward_length', LARGEST.hidden),
    context: number('llama.context_length', LARGEST.context),
  }
}

interface Layer {
  readonly attentionNorm: Float32Array
  readonly query: Float32Array
  readonly key: Float32Array
  readonly value: Float32Array
  readonly output: Float32Array
  readonly hiddenNorm: Float32Array
  readonly gate: Float32Array
  readonly up: Float32Array
  readonly down: Float32Array
}

export function createLlama(file: Gguf, vocabulary: number): Llama {
  const shape = readShape(file, vocabulary)
  const { width, heads, keyHeads, headWidth, hidden, context } = shape
  const keyWidth = keyHeads * headWidth
  const real = (key: string, fallback: number): number => {
    const value = file.metadata.get(key) ?? fallback
    if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
      throw broken(`${key} is not a positive number`)
    return value
  }
  const epsilon = real('llama.attention.layer_norm_rms_epsilon', 1e-5)
  const base = real('llama.rope.freq_base', 10_000)
  const matrix = (name: string, rows: number, columns: number) => {
    const tensor = file.tensors.get(name)
    const fits = tensor && tensor.shape[0] === columns && tensor.elements === rows * columns
    if (!fits) throw broken(`tensor ${JSON.stringify(name)} is missing or has the wrong shape`)
    return file.values(name)
  }
  const embedding = matrix('token_embd.weight', vocabulary, width)
  const output = file.tensors.has('output.weight') ? matrix('output.weight', vocabulary, width) : embedding
  const finalNorm = matrix('output_norm.weight', 1, width)
  const layers: Layer[] = Array.from({ length: shape.layers }, (_, n) => ({
    attentionNorm: matrix(`blk.${n}.attn_norm.weight`, 1, width),
    query: matrix(`blk.${n}.attn_q.weight`, width, width),
    key: matrix(`blk.${n}.attn_k.weight`, keyWidth, width),
    value: matrix(`blk.${n}.attn_v.weight`, keyWidth, width),
    output: matrix(`blk.${n}.attn_output.weight`, width, width),
    hiddenNorm: matrix(`blk.${n}.ffn_norm.weight`, 1, width),
    gate: matrix(`blk.${n}.ffn_gate.weight`, hidden, width),
    up: matrix(`blk.${n}.ffn_up.weight`, hidden, width),
    down: matrix(`blk.${n}.ffn_down.weight`, width, hidden),
  }))

  const half = headWidth / 2
  const cosine = new Float64Array(context * half)
  const sine = new Float64Array(context * half)
  for (let position = 0; position < context; position++)
    for (let j = 0; j < half; j++) {
      const angle = position * base ** ((-2 * j) / headWidth)
      cosine[position * half + j] = Math.cos(angle)
      sine[position * half + j] = Math.sin(angle)
    }

  // Scratch of one run; runs never overlap, the engine is one thread.
  const x = new Float32Array(BATCH * width)
  const normed = new Float32Array(BATCH * width)
  const query = new Float32Array(BATCH * width)
  const mixed = new Float32Array(BATCH * width)
  const added = new Float32Array(BATCH * width)
  const gate = new Float32Array(BATCH * hidden)
  const up = new Float32Array(BATCH * hidden)
  const scores = new Float64Array(context)
  const logitsOut = new Float32Array(vocabulary)

  function norm(gain: Float32Array, count: number): void {
    for (let t = 0; t < count; t++) {
      const from = t * width
      let sum = 0
      for (let i = 0; i < width; i++) sum += x[from + i]! * x[from + i]!
      const scale = 1 / Math.sqrt(sum / width + epsilon)
      for (let i = 0; i < width; i++) normed[from + i] = x[from + i]! * scale * gain[i]!
    }
  }
  function rotate(vector: Float32Array, offset: number, headCount: number, position: number): void {
    const table = position * half
    for (let h = 0; h < headCount; h++)
      for (let j = 0; j < half; j++) {
        const k = offset + h * headWidth + 2 * j
        const c = cosine[table + j]!
        const s = sine[table + j]!
        const a = vector[k]!
        const b = vector[k + 1]!
        vector[k] = a * c - b * s
        vector[k + 1] = a * s + b * c
      }
  }
  function attend(keys: Float32Array, values: Float32Array, t: number, position: number): void {
    const factor = 1 / Math.sqrt(headWidth)
    const group = heads / keyHeads
    for (let h = 0; h < heads; h++) {
      const q = t * width + h * headWidth
      const head = Math.floor(h / group) * headWidth
      let top = Number.NEGATIVE_INFINITY
      for (let p = 0; p <= position; p++) {
        const k = p * keyWidth + head
        let sum = 0
        for (let j = 0; j < headWidth; j++) sum += query[q + j]! * keys[k + j]!
        const score = sum * factor
        scores[p] = score
        if (score > top) top = score
      }
      let total = 0
      for (let p = 0; p <= position; p++) {
        const e = Math.exp(scores[p]! - top)
        scores[p] = e
        total += e
      }
      for (let j = 0; j < headWidth; j++) mixed[q + j] = 0
      for (let p = 0; p <= position; p++) {
        const share = scores[p]! / total
        const v = p * keyWidth + head
        for (let j = 0; j < headWidth; j++) mixed[q + j] = mixed[q + j]! + share * values[v + j]!
      }
    }
  }
  function addTo(target: Float32Array, count: number): void {
    for (let i = 0; i < count * width; i++) target[i] = target[i]! + added[i]!
  }

  /** At most BATCH tokens; leaves their final hidden states in x. */
  function forward(state: State, tokens: readonly number[], from: number, count: number): void {
    for (let t = 0; t < count; t++) {
      const token = tokens[from + t]!
      x.set(embedding.subarray(token * width, (token + 1) * width), t * width)
    }
    for (const [n, layer] of layers.entries()) {
      const start = state.length * keyWidth
      const keys = state.keys[n]!
      const values = state.values[n]!
      norm(layer.attentionNorm, count)
      multiply(layer.query, width, width, normed, count, query, 0)
      multiply(layer.key, keyWidth, width, normed, count, keys, start)
      multiply(layer.value, keyWidth, width, normed, count, values, start)
      for (let t = 0; t < count; t++) {
        rotate(query, t * width, heads, state.length + t)
        rotate(keys, start + t * keyWidth, keyHeads, state.length + t)
        attend(keys, values, t, state.length + t)
      }
      multiply(layer.output, width, width, mixed, count, added, 0)
      addTo(x, count)
      norm(layer.hiddenNorm, count)
      multiply(layer.gate, hidden, width, normed, count, gate, 0)
      multiply(layer.up, hidden, width, normed, count, up, 0)
      for (let i = 0; i < count * hidden; i++) {
        const g = gate[i]!
        gate[i] = (g / (1 + Math.exp(-g))) * up[i]!
      }
      multiply(layer.down, width, hidden, gate, count, added, 0)
      addTo(x, count)
    }
    state.length += count
  }

  /** Memory for so many positions; what is outgrown is erased. */
  function reserve(state: State, positions: number): void {
    if (positions > context) throw new RangeError('more tokens than the context has places')
    if (positions <= state.capacity) return
    const capacity = Math.min(context, Math.max(positions + BATCH, Math.ceil(state.capacity * 1.5)))
    const larger = (part: Float32Array) => {
      const grown = new Float32Array(capacity * keyWidth)
      grown.set(part)
      part.fill(0)
      return grown
    }
    state.keys = state.keys.map(larger)
    state.values = state.values.map(larger)
    state.capacity = capacity
  }

  function each(state: State, tokens: readonly number[], after: (count: number, last: boolean) => void): void {
    reserve(state, state.length + tokens.length)
    for (let from = 0; from < tokens.length; from += BATCH) {
      const count = Math.min(BATCH, tokens.length - from)
      forward(state, tokens, from, count)
      after(count, from + count === tokens.length)
    }
  }

  return {
    context,
    vocabulary,
    width,
    state: () => ({
      length: 0,
      capacity: 0,
      keys: layers.map(() => new Float32Array(0)),
      values: layers.map(() => new Float32Array(0)),
    }),
    run(state, tokens, logits) {
      each(state, tokens, (count, last) => {
        if (!last || !logits) return
        x.copyWithin(0, (count - 1) * width, count * width)
        norm(finalNorm, 1)
        multiply(output, vocabulary, width, normed, 1, logitsOut, 0)
      })
      return logitsOut
    },
    addHidden(state, tokens, sum) {
      each(state, tokens, (count) => {
        norm(finalNorm, count)
        for (let t = 0; t < count; t++) for (let i = 0; i < width; i++) sum[i] = sum[i]! + normed[t * width + i]!
      })
    },
  }
}

/** Erases what a context has seen. */
export function wipe(state: State): void {
  for (const part of [...state.keys, ...state.values]) part.fill(0)
  state.length = 0
}

/** output[offset + t·rows + r] = Σ weights[r, i] · input[t, i], for `count` vectors. Four at a time share each weight. */
function multiply(
  weights: Float32Array,
  rows: number,
  columns: number,
  input: Float32Array,
  count: number,
  output: Float32Array,
  offset: number,
): void {
  let t = 0
  for (; t + 4 <= count; t += 4) {
    const a = t * columns
    const b = a + columns
    const c = b + columns
    const d = c + columns
    const to = offset + t * rows
    for (let r = 0; r < rows; r++) {
      const w = r * columns
      let sumA = 0
      let sumB = 0
      let sumC = 0
      let sumD = 0
      for (let i = 0; i < columns; i++) {
        const weight = weights[w + i]!
        sumA += weight * input[a + i]!
        sumB += weight * input[b + i]!
        sumC += weight * input[c + i]!
        sumD += weight * input[d + i]!
      }
      output[to + r] = sumA
      output[to + rows + r] = sumB
      output[to + 2 * rows + r] = sumC
      output[to + 3 * rows + r] = sumD
    }
  }
  for (; t < count; t++) multiplyOne(weights, rows, columns, input, t * columns, output, offset + t * rows)
}

function multiplyOne(
  weights: Float32Array,
  rows: number,
  columns: number,
  input: Float32Array,
  from: number,
  output: Float32Array,
  to: number,
): void {
  let r = 0
  for (; r + 4 <= rows; r += 4) {
    const a = r * columns
    const b = a + columns
    const c = b + columns
    const d = c + columns
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    for (let i = 0; i < columns; i++) {
      const value = input[from + i]!
      sumA += weights[a + i]! * value
      sumB += weights[b + i]! * value
      sumC += weights[c + i]! * value
      sumD += weights[d + i]! * value
    }
    output[to + r] = sumA
    output[to + r + 1] = sumB
    output[to + r + 2] = sumC
    output[to + r + 3] = sumD
  }
  for (; r < rows; r++) {
    let sum = 0
    for (let i = 0; i < columns; i++) sum += weights[r * columns + i]! * input[from + i]!
    output[to + r] = sum
  }
}
