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

/** The chosen token, or -1 when every logit is -Infinity. */
export function choose(logits: Float32Array, sampling: Sampling, random: () => number): number {
  let best = -1
  let top = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i++)
    if (logits[i]! > top) {
      top = logits[i]!
      best = i
    }
  if (best < 0 || sampling.temperature <= 0) return best

  const candidates: { token: number; weight: number }[] = []
  for (let i = 0; i < logits.length; i++) {
    const weight = Math.exp((logits[i]! - top) / sampling.temperature)
    if (weight >= sampling.minP && weight > 0) candidates.push({ token: i, weight })
  }
  candidates.sort((a, b) => b.weight - a.weight || a.token - b.token)
  if (sampling.topK > 0 && candidates.length > sampling.topK) candidates.length = sampling.topK
  let total = 0
  for (const { weight } of candidates) total += weight
  if (sampling.topP < 1) {
    let kept = 0
    let sum = 0
    for (const { weight } of candidates) {
      kept++
      sum += weight
      if (sum >= sampling.topP * total) break
    }
    candidates.length = kept
    total = sum
  }
  let left = random() * total
  for (const { token, weight } of candidates) {
    left -= weight
    if (left < 0) return token
  }
  return candidates[candidates.length - 1]!.token
}
