// A small seeded generator, so that generated test data is the same on every machine: mulberry32.

export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  /** Whole number from `least` to `most`, both included. */
  int(least: number, most: number): number
  pick<T>(list: readonly T[]): T
  chance(share: number): boolean
  /** `size` characters of `alphabet`. */
  text(alphabet: string, size: number): string
  shuffle<T>(list: readonly T[]): T[]
}

export const DIGITS = '0123456789'
export const LOWER = 'abcdefghijklmnopqrstuvwxyz'
export const UPPER = LOWER.toUpperCase()
export const ALNUM = UPPER + LOWER + DIGITS
export const HEX = `${DIGITS}abcdef`

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    int,
    pick: (list) => list[int(0, list.length - 1)]!,
    chance: (share) => next() < share,
    text: (alphabet, size) => {
      let out = ''
      for (let i = 0; i < size; i++) out += alphabet[int(0, alphabet.length - 1)]
      return out
    },
    shuffle: (list) => {
      const out = [...list]
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(0, i)
        ;[out[i], out[j]] = [out[j]!, out[i]!]
      }
      return out
    },
  }
}
