// Chooses the next token from the logits. Deterministic for a seed: mulberry32, 32 bits of state.

export interface Sampling {
  temperature: number
  /** 0: all. */
  topK: number
  topP: number
  minP: number
}

export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface Penalties {
  /** Divides positive logits of tokens already produced, multiplies negative ones. 1: off. */
  repeat: number
  frequency: number
  presence: number
}

export function penalise(
  logits: Float32Array,
  produced: ReadonlyMap<number, number>,
  { repeat, frequency, presence }: Penalties,
): void {
  if (repeat === 1 && frequency === 0 && presence === 0) return
  for (const [token, count] of produced) {
    const value = logits[token] ?? 0
    logits[token] = (value > 0 ? value / repeat : value * repeat) - frequency * count - presence
  }
}

/**
 * Tokens in the order in which they are to be tried: the first is the choice, the next are drawn when it is refused. After
 * those that the sampling allows come the others by likelihood, so that a rule never finds itself without a word.
 */
export function* candidates(logits: Float32Array, sampling: Sampling, random: () => number): Generator<number, void> {
  if (sampling.temperature <= 0) {
    yield* byLikelihood(logits)
    return
  }
  let top = Number.NEGATIVE_INFINITY
  for (const value of logits) if (value > top) top = value
  if (top === Number.NEGATIVE_INFINITY) return
  let allowed: { token: number; weight: number }[] = []
  for (let token = 0; token < logits.length; token++) {
    const weight = Math.exp((logits[token]! - top) / sampling.temperature)
    if (weight >= sampling.minP && weight > 0) allowed.push({ token, weight })
  }
  allowed.sort((a, b) => b.weight - a.weight || a.token - b.token)
  if (sampling.topK > 0) allowed = allowed.slice(0, sampling.topK)
  if (sampling.topP < 1) {
    const total = allowed.reduce((sum, { weight }) => sum + weight, 0)
    let kept = 0
    for (let sum = 0; kept < allowed.length && sum < sampling.topP * total; kept++) sum += allowed[kept]!.weight
    allowed = allowed.slice(0, Math.max(1, kept))
  }
  const rest = logits.slice()
  for (const { token } of allowed) rest[token] = Number.NEGATIVE_INFINITY
  let total = allowed.reduce((sum, { weight }) => sum + weight, 0)
  while (allowed.length > 0) {
    let left = random() * total
    let at = 0
    while (at < allowed.length - 1 && left >= allowed[at]!.weight) left -= allowed[at++]!.weight
    const { token, weight } = allowed[at]!
    yield token
    allowed.splice(at, 1)
    total -= weight
  }
  yield* byLikelihood(rest)
}

function* byLikelihood(logits: Float32Array): Generator<number, void> {
  const left = logits.slice()
  for (;;) {
    let best = -1
    let top = Number.NEGATIVE_INFINITY
    for (let i = 0; i < left.length; i++)
      if (left[i]! > top) {
        top = left[i]!
        best = i
      }
    if (best < 0) return
    yield best
    left[best] = Number.NEGATIVE_INFINITY
  }
}
