// What a session has hidden: pseudonym and value, both ways, and whose words the value was. Lives in memory while the
// session is in use; at rest it is one sealed blob (AES-256-GCM under the session's own key). Forgetting wipes the key and
// the values, after which no pseudonym can be turned back by anybody.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { Fault, type Origin, type RandomBytes } from '../core/index.ts'
import type { DataClass } from './classes.ts'
import type { Detector } from './detector.ts'
import { createOpenList, foldEntry } from './names/list.ts'
import {
  createPseudonymDetector,
  createPseudonymKinds,
  PSEUDONYM,
  type PseudonymKinds,
  type PseudonymStyle,
  readPseudonym,
  wordPseudonym,
} from './pseudonym.ts'
import { createRespelt } from './respelt.ts'
import { type SurrogateClass, surrogate } from './surrogate.ts'

/** Whose words a value was: an origin, or one tool by name (`tool:crm`). */
export type Source = Origin | `tool:${string}`

export interface VaultEntry {
  readonly pseudonym: string
  readonly value: string
  readonly class: string
  readonly sources: readonly Source[]
  /** How many the session had hidden before. */
  readonly number: number
}

export interface Vault {
  /**
   * The session's pseudonym for a value, the same every time. `taken`: a new one that looks real must not be this, as the text
   * says it already.
   */
  hide(dataClass: DataClass, value: string, source: Source, taken?: (candidate: string) => boolean): string
  /** What a pseudonym stands for, in any spelling that is found of it; undefined if this session never issued it. */
  find(pseudonym: string): VaultEntry | undefined
  /** Remembers that somebody of the conversation said this in clear, so that hearing it back is no leak. */
  remember(value: string, source: Source): void
  /** True if the caller said it. */
  knows(value: string): boolean
  /** True if anybody did. */
  heard(value: string): boolean
  /** True if this session hid the value itself. */
  holds(dataClass: string, value: string): boolean
  /** Everything this session has hidden. */
  entries(): Iterable<VaultEntry>
  /**
   * Finds text shaped like this session's pseudonyms, and those that look like something real. `mutated` is told of those
   * whose check character is wrong.
   */
  detectors(mutated?: () => void): Detector[]
  /** Finds those that this session has issued and a model spelt otherwise: for the way back, where nothing else is a pseudonym. */
  respelt(): Detector
  size(): number
  /** Everything, encrypted. Grows with the values, so saving after every call is cheap for chats. */
  seal(): Uint8Array
  /** Changes with every new entry; equal versions need no new seal. */
  version(): number
  forget(): void
}

export interface VaultOptions {
  /** 32 bytes, of this session alone. The vault keeps its own copy and wipes it. */
  readonly key: Uint8Array
  readonly random: RandomBytes
  /** Binds the sealed blob to its session: another session's blob does not open. */
  readonly session: string
  readonly style?: PseudonymStyle
  /** Classes whose pseudonyms look like what they stand for. */
  readonly surrogates?: readonly SurrogateClass[]
  /** Every kind the classes in use can issue. */
  readonly classes: readonly DataClass[]
  readonly sealed?: Uint8Array
}

/** More entries than this in one session is an attack or a batch job, not a conversation. */
const MOST_ENTRIES = 50_000
const ANGLE_MOST = 9
/** Tries for a stand-in that looks real and is free; then a word stands in. */
const MOST_DRAWS = 24

/** Vaults are opened per session, the classes are the guard's: what follows from them is worked out once. */
const kindSets = new WeakMap<readonly DataClass[], PseudonymKinds>()

function kindsOf(classes: readonly DataClass[]): PseudonymKinds {
  let kinds = kindSets.get(classes)
  if (kinds === undefined) {
    kinds = createPseudonymKinds(classes.flatMap((entry) => [entry.kind, entry.angle]))
    kindSets.set(classes, kinds)
  }
  return kinds
}

export function createVault(options: VaultOptions): Vault {
  if (options.key.length !== 32) throw new Fault('guard_unavailable')
  let key: Uint8Array | undefined = Uint8Array.from(options.key)
  const style = options.style ?? 'word'
  let kinds = kindsOf(options.classes)
  const byPseudonym = new Map<string, { -readonly [K in keyof VaultEntry]: VaultEntry[K] }>()
  const byValue = new Map<string, string>()
  const counters = new Map<string, number>()
  let remembered = new Set<string>()
  let version = 0

  const use = (): Uint8Array => {
    if (key === undefined) throw new Fault('guard_unavailable', { detail: 'The session has been forgotten' })
    return key
  }
  /** The same key as the form that hashing needs no set-up for: a tenth of the time. Freed, and wiped with that, when forgotten. */
  let marks: KeyObject | undefined
  const digest = (text: string) => {
    marks ??= createSecretKey(use())
    return createHmac('sha256', marks).update(text).digest()
  }

  const markOf = (how: 'said' | 'heard', value: string) => digest(`${how}\0${value}`).toString('base64url', 0, 12)

  const lookReal: ReadonlySet<string> = new Set(options.surrogates)
  /** Pseudonyms that look real, as they are found in a text whatever their case, and in the spelling they were issued in. */
  const noneReal = () => createOpenList({ name: 'stand-ins', class: PSEUDONYM })
  let real = noneReal()
  const spelling = new Map<string, string>()
  const issueReal = (name: string) => {
    real.add(name)
    spelling.set(foldEntry(name), name)
  }
  /** Words that were issued, and those of them that nobody has yet looked for in other spellings. */
  let respelt = createRespelt()
  let unspelt: string[] = []
  const spell = () => {
    for (const name of unspelt) respelt.add(name)
    unspelt = []
    return respelt
  }
  const nextReal = (dataClass: DataClass, value: string, taken: (candidate: string) => boolean): string | undefined => {
    if (!lookReal.has(dataClass.id)) return undefined
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const name = surrogate(dataClass.id, value, digest(`real ${draw}\0${dataClass.id}\0${value}`))
      if (name === undefined) return undefined
      if (!spelling.has(foldEntry(name)) && foldEntry(name) !== foldEntry(value) && !taken(name)) {
        issueReal(name)
        return name
      }
    }
    return undefined
  }

  const next = (dataClass: DataClass, value: string): string => {
    if (style === 'angle') {
      const count = (counters.get(dataClass.angle) ?? 0) + 1
      if (count <= ANGLE_MOST) {
        counters.set(dataClass.angle, count)
        return `<${dataClass.angle}_${count}>`
      }
    }
    for (let attempt = 0; ; attempt++) {
      const name = wordPseudonym(dataClass.kind, digest(`${attempt}\0${dataClass.kind}\0${value}`).readUInt32BE(0))
      if (!byPseudonym.has(name)) return name
    }
  }

  const load = (sealed: Uint8Array) => {
    const blob = Buffer.from(sealed)
    const decipher = createDecipheriv('aes-256-gcm', use(), blob.subarray(0, 12))
    decipher.setAAD(Buffer.from(options.session))
    decipher.setAuthTag(blob.subarray(12, 28))
    const plain = JSON.parse(Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]).toString()) as {
      entries: VaultEntry[]
      counters: [string, number][]
      remembered: string[]
    }
    for (const [number, entry] of plain.entries.entries()) {
      byPseudonym.set(entry.pseudonym, { ...entry, number })
      byValue.set(`${entry.class}\0${entry.value}`, entry.pseudonym)
      unspelt.push(entry.pseudonym)
      if (readPseudonym(entry.pseudonym) === undefined) issueReal(entry.pseudonym)
    }
    // Of classes that are not among these: the file that declared them is elsewhere, or has changed.
    const issued = plain.entries.map(({ pseudonym }) => /^<?([A-Z]+)_/.exec(pseudonym)?.[1] ?? '')
    if (issued.some((kind) => kind !== '' && !kinds.whole.has(kind)))
      kinds = createPseudonymKinds([...kinds.whole, ...issued])
    for (const [kind, count] of plain.counters) counters.set(kind, count)
    remembered = new Set(plain.remembered)
  }
  if (options.sealed !== undefined)
    try {
      load(options.sealed)
    } catch (cause) {
      // A vault that does not open must not be replaced by an empty one: pseudonyms would change their meaning.
      throw new Fault('guard_unavailable', { cause })
    }

  return {
    hide(dataClass, value, source, taken = () => false) {
      use()
      const slot = `${dataClass.id}\0${value}`
      const known = byPseudonym.get(byValue.get(slot) ?? '')
      if (known !== undefined) {
        if (!known.sources.includes(source)) {
          known.sources = [...known.sources, source]
          version++
        }
        return known.pseudonym
      }
      if (byPseudonym.size >= MOST_ENTRIES)
        throw new Fault('content_blocked', {
          detail: 'The session holds more hidden values than it may',
          data: { class: dataClass.id },
        })
      const pseudonym = nextReal(dataClass, value, taken) ?? next(dataClass, value)
      byPseudonym.set(pseudonym, { pseudonym, value, class: dataClass.id, sources: [source], number: byPseudonym.size })
      byValue.set(slot, pseudonym)
      unspelt.push(pseudonym)
      version++
      return pseudonym
    },
    find(pseudonym) {
      const name = readPseudonym(pseudonym) ?? spelling.get(foldEntry(pseudonym)) ?? spell().read(pseudonym)
      return name === undefined ? undefined : byPseudonym.get(name)
    },
    remember(value, source) {
      if (remembered.size >= MOST_ENTRIES) return
      const mark = markOf(source === 'caller' ? 'said' : 'heard', value)
      if (!remembered.has(mark)) {
        remembered.add(mark)
        version++
      }
    },
    knows: (value) => remembered.size > 0 && remembered.has(markOf('said', value)),
    heard: (value) =>
      remembered.size > 0 && (remembered.has(markOf('said', value)) || remembered.has(markOf('heard', value))),
    holds: (dataClass, value) => byValue.has(`${dataClass}\0${value}`),
    entries: () => byPseudonym.values(),
    detectors: (mutated) => [
      createPseudonymDetector(kinds, mutated),
      ...(lookReal.size > 0 || spelling.size > 0 ? [real.detector()] : []),
    ],
    respelt: () => spell().detector(),
    size() {
      return byPseudonym.size
    },
    version() {
      return version
    },
    seal() {
      const nonce = options.random(12)
      const cipher = createCipheriv('aes-256-gcm', use(), nonce)
      cipher.setAAD(Buffer.from(options.session))
      const plain = JSON.stringify({
        entries: [...byPseudonym.values()],
        counters: [...counters],
        remembered: [...remembered],
      })
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    forget() {
      key?.fill(0)
      key = undefined
      marks = undefined
      byPseudonym.clear()
      byValue.clear()
      remembered.clear()
      counters.clear()
      spelling.clear()
      real = noneReal()
      respelt = createRespelt()
      unspelt = []
    },
  }
}
