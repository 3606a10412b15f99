// Seeded randomness and invented words, names and values. Names are an open class: most are spelt from random syllables or
// letters, so that the model learns to copy what it reads instead of choosing from a list it knows.

/** Placeholder kinds the model knows as single tokens, `<KIND_1>` to `<KIND_9>`. */
export const KINDS = 'EMAIL PHONE NAME ADDRESS CARD IBAN IP ID DATE SECRET ORG URL ACCOUNT HOST PLACE USER'.split(
  ' ',
) as readonly string[]
export const PLACEHOLDERS: readonly string[] = KINDS.flatMap((kind) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `<${kind}_${n}>`),
)

export interface Dice {
  /** Uniform in [0, 1). */
  next(): number
  below(n: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: readonly T[]): T[]
}

/** mulberry32: one 32-bit state, the same sequence on every machine. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)] as never,
    shuffle(list) {
      const result = [...list]
      for (let i = result.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[result[i], result[j]] = [result[j]!, result[i]!]
      }
      return result
    },
  }
}

const FIRST_NAMES =
  'Anna Ben Carla David Elena Farid Grace Hugo Ines Jonas Karin Leo Mara Nils Olga Peter Quinn Rosa Sven Tara Umar Vera Will Xenia Yusuf Zoe Amir Bella Chris Dora Emil Fiona Gustav Hana Ivan Julia Kofi Lena Marco Nadia Omar Petra Ravi Sara Tom Ursula Victor Wanda'.split(
    ' ',
  )
const CITIES =
  'Leeds Bremen Porto Gdansk Turin Ghent Malmo Lyon Graz Cork Basel Tartu Brno Oslo Split Utrecht Zurich Bilbao Varna Kaunas Nantes Essen Parma Odense'.split(
    ' ',
  )
const STARTS = 'b c d f g h j k l m n p r s t v w z br cr dr fl gr kl pr sh st th tr sc'.split(' ')
const VOWELS = 'a e i o u a e i o ai ea ou'.split(' ')
const ENDS = ['', '', '', 'n', 'r', 's', 'x', 'l', 'k', 'm', 't', 'nd', 'rt', 'st', 'lin', 'son']
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

export const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
export const small = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1)

/** Names are split by a hash, so that held-out conversations contain only names the model has never met. */
function isHeldOut(word: string): boolean {
  let hash = 0
  for (const char of word.toLowerCase()) hash = (hash * 31 + char.charCodeAt(0)) >>> 0
  return hash % 8 === 0
}

export interface Words extends Dice {
  readonly heldOut: boolean
  name(): string
  person(): string
  place(): string
  /** A name one letter away from another: the trap of notes that almost fit. */
  nearly(name: string): string
  placeholder(kind: string): string
  /** A value as it looks unmasked. */
  plain(kind: string): string
  digits(n: number): string
  order(): string
  error(): string
  day(): string
  time(): string
}

export function createWords(seed: number, heldOut: boolean): Words {
  const dice = createDice(seed)
  const { below, chance, pick } = dice
  const spelt = () => {
    const way = dice.next()
    let word = ''
    if (way < 0.6) {
      for (let i = 1 + below(3); i > 0; i--) word += pick(STARTS) + pick(VOWELS)
      word += pick(ENDS)
    } else if (way < 0.85) for (let i = 3 + below(6); i > 0; i--) word += LETTERS[below(26)]
    else {
      for (let i = 2 + below(2); i > 0; i--) word += pick(STARTS).slice(0, 1) + pick(VOWELS).slice(0, 1)
      word += pick(ENDS)
    }
    return word.length < 3 ? `${word}${LETTERS[below(26)]}a` : word
  }
  const split = (make: () => string) => {
    for (;;) {
      const word = make()
      if (isHeldOut(word) === heldOut) return word
    }
  }
  const name = () => {
    const word = capital(split(spelt))
    return chance(0.06) ? `${word} ${capital(spelt())}` : chance(0.04) ? `${word}-${1 + below(99)}` : word
  }
  const digits = (n: number) => {
    let text = `${1 + below(9)}`
    while (text.length < n) text += below(10)
    return text
  }
  const person = () => (chance(0.75) ? name() : split(() => pick(FIRST_NAMES)))
  const place = () => (chance(0.65) ? name() : split(() => pick(CITIES)))
  const known: Record<string, () => string> = {
    EMAIL: () => `${spelt()}@${spelt()}.${pick(['com', 'org', 'net', 'example'])}`,
    PHONE: () => `${pick(['+49 ', '+1 ', '0', '0'])}${digits(3)}${pick([' ', '-', ''])}${digits(5)}`,
    NAME: person,
    ADDRESS: () => `${1 + below(99)} ${name()} ${pick(['Street', 'Road', 'Lane'])}`,
    IP: () => `10.${below(256)}.${below(256)}.${below(256)}`,
    ID: () => digits(6),
    DATE: () => `${1 + below(28)} ${pick(['March', 'May', 'June', 'October'])}`,
    ORG: () => `${name()} ${pick(['Ltd', 'GmbH', 'Inc'])}`,
    URL: () => `https://${spelt()}.example/${spelt()}`,
    HOST: () => `${spelt()}-${1 + below(40)}`,
    PLACE: place,
    USER: () => spelt(),
  }
  return {
    ...dice,
    heldOut,
    name,
    person,
    place,
    nearly(other) {
      for (;;) {
        const i = 1 + below(Math.max(1, other.length - 1))
        const changed = other.slice(0, i) + LETTERS[below(26)] + other.slice(i + (chance(0.7) ? 1 : 0))
        if (changed.toLowerCase() !== other.toLowerCase()) return changed
      }
    },
    // Numbers beyond the single tokens are spelt; seldom, so that they are copied too.
    placeholder: (kind) => `<${kind}_${chance(0.04) ? 10 + below(40) : 1 + (chance(0.6) ? below(3) : below(9))}>`,
    plain: (kind) => (known[kind] ?? (() => digits(8)))(),
    digits,
    order: () => pick(['#', '', 'A-', 'SO-']) + digits(4 + below(3)),
    error: () => pick(['E', '0x', 'ERR-', '']) + digits(2 + below(3)),
    day: () => pick(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']),
    time: () => `${7 + below(12)}:${pick(['00', '15', '30', '45'])}`,
  }
}
