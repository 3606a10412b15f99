// Records of hospitals: segments of HL7 version 2 (`PID|1||4711^^^KH^MR||Roth^Ada`), whose fields say by their place what they hold,
// and the names and addresses of FHIR (`"family":"Roth","given":["Ada"]`). A field is judged when it ends; nothing else is held back.
import type { Detector } from '../detector.ts'
import { TextStream } from '../text-stream.ts'

type Kind = 'name' | 'staff' | 'id' | 'birth' | 'address' | 'phone' | 'account' | 'national'

/** By segment and number of the field, as the standard counts them. */
// biome-ignore format: a segment a line
const FIELDS: Readonly<Record<string, Readonly<Record<number, Kind>>>> = {
  PID: { 2: 'id', 3: 'id', 4: 'id', 5: 'name', 6: 'name', 7: 'birth', 9: 'name', 11: 'address', 13: 'phone', 14: 'phone', 18: 'account', 19: 'national', 20: 'national' },
  NK1: { 2: 'name', 4: 'address', 5: 'phone', 6: 'phone', 7: 'phone', 16: 'birth', 30: 'name', 31: 'phone', 32: 'address', 33: 'id' },
  GT1: { 2: 'id', 3: 'name', 4: 'name', 5: 'address', 6: 'phone', 7: 'phone', 8: 'birth', 12: 'national' },
  IN1: { 16: 'name', 18: 'birth', 19: 'address', 36: 'id', 49: 'id' },
  IN2: { 1: 'id', 2: 'national', 6: 'id', 8: 'id' },
  MRG: { 1: 'id', 3: 'account', 7: 'name' },
  PV1: { 7: 'staff', 8: 'staff', 9: 'staff', 17: 'staff', 19: 'id', 52: 'staff' },
  PD1: { 4: 'staff' },
  ORC: { 10: 'staff', 11: 'staff', 12: 'staff', 19: 'staff' },
  OBR: { 10: 'staff', 16: 'staff', 28: 'staff' },
  TXA: { 5: 'staff', 9: 'staff', 10: 'staff', 11: 'staff' },
  AIP: { 3: 'staff' },
  STF: { 2: 'id', 3: 'name', 6: 'birth', 10: 'phone', 11: 'address' },
}
const CLASS: Readonly<Record<Kind, string>> = {
  name: 'personal/person',
  staff: 'personal/person',
  id: 'business/customer-id',
  birth: 'personal/birth-date',
  address: 'personal/address',
  phone: 'personal/phone',
  account: 'finance/account',
  national: 'personal/national-id',
}
const FITS: Readonly<Record<Kind, RegExp>> = {
  name: /^\p{L}[\p{L}\p{M}'’. -]{1,39}$/u,
  staff: /^\p{L}[\p{L}\p{M}'’. -]{1,39}$/u,
  id: /^(?=(?:.*\d){3})[\w./ -]{4,32}$/,
  birth: /^(?:18|19|20)\d{6}(?:\d{4,6})?$/,
  address: /^(?=.*\p{L}{3})[^"<>{}]{4,80}$/u,
  phone: /^(?=(?:\D*\d){6,15}\D*$)[+()\d ./x-]{6,30}$/i,
  account: /^(?=(?:.*\d){4})[\w./ -]{4,32}$/,
  national: /^(?=(?:.*\d){4})[\w./ -]{5,32}$/,
}
const POSTCODE = /^(?=.*\d)[A-Z\d][A-Z\d -]{2,9}$/i
/** Components of a field that are looked at, of those kinds that have several. */
const PARTS: Readonly<Partial<Record<Kind, readonly number[]>>> = {
  name: [0, 1, 2],
  staff: [1, 2, 3],
  address: [0, 1],
  phone: [0, 11],
}
const LONGEST = 480

const FIELD = 124
const isSign = (c: number) => c === 34 || c === 10 || c === 13
const isLineEnd = (c: number) => c === 10 || c === 13

/** What begins a name or an address of FHIR; a value follows. */
const KEY = /"(family|given|line)"\s{0,4}:\s{0,4}(\[?)\s{0,24}(?=")/y
const KEYS = ['"family"', '"given"', '"line"'] as const
const LONGEST_KEY = 48
const VALUE = /"([^"\\\n]{1,80})"/y
const LONGEST_VALUE = 84
const MORE = /\s{0,4},\s{0,24}(?=")/y
const NAME = /^\p{Lu}[\p{L}\p{M}'’.-]{0,30}(?: [\p{L}\p{M}'’.-]{1,30}){0,3}$/u
const HOUSE = /^(?=.*\d)(?=.*\p{L}{2})[\p{L}\d]/u
/** Without a sign of FHIR near it `family` is one of fonts or programs. */
const BESIDE = /"(?:given|use|resourceType|telecom|birthDate)"/
const BESIDE_REACH = 160

class HealthStream extends TextStream {
  #at = 0
  #fields: Readonly<Record<number, Kind>> | undefined
  #number = 0
  /** Where the field at hand begins. */
  #field = 0
  #fresh = true

  constructor() {
    super(BESIDE_REACH)
  }

  protected moved(count: number): void {
    this.#at -= count
    this.#field = Math.max(0, this.#field - count)
  }

  protected override needed(open: number): number {
    return Math.min(open, this.#at)
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let i = this.#at
    for (; i < size; i++) {
      // Most text holds neither.
      if (!this.#fresh && this.#fields === undefined) while (i < size && !isSign(text.charCodeAt(i))) i++
      if (i >= size) break
      if (this.#fresh) {
        if (size - i < 4 && !ended) break
        this.#fresh = false
        this.#fields = text.charCodeAt(i + 3) === FIELD ? FIELDS[text.slice(i, i + 3)] : undefined
        if (this.#fields !== undefined) {
          i += 3
          this.#number = 1
          this.#field = i + 1
          continue
        }
      }
      if (this.#fields === undefined) {
        const next = this.#plain(i, ended)
        if (next < 0) break
        i = next - 1
        continue
      }
      const c = text.charCodeAt(i)
      if (c !== FIELD && !isLineEnd(c)) continue
      this.#close(i)
      this.#field = i + 1
      this.#number++
      if (isLineEnd(c)) this.#next()
    }
    this.#at = Math.min(i, size)
    if (this.#fields === undefined) return Math.min(this.#at, size)
    if (ended) this.#close(size)
    return this.#fields[this.#number] !== undefined && size - this.#field <= LONGEST ? this.#field : size
  }

  #next(): void {
    this.#fields = undefined
    this.#fresh = true
  }

  /** Goes on from `i` outside a segment: to where a line or a key of FHIR begins. -1: more text is needed, and `#at` is there. */
  #plain(i: number, ended: boolean): number {
    const { text } = this
    const c = text.charCodeAt(i)
    if (isLineEnd(c)) {
      this.#next()
      return i + 1
    }
    if (c !== 34) return i + 1
    const head = text.slice(i, i + 8)
    if (!KEYS.some((one) => one.startsWith(head) || head.startsWith(one))) return i + 1
    if (text.length - i < LONGEST_KEY && !ended) return -1
    KEY.lastIndex = i
    const key = KEY.exec(text)
    if (key === null) return i + 1
    return this.#values(key[1] as string, key[2] !== '', KEY.lastIndex, i, ended)
  }

  #values(key: string, list: boolean, from: number, start: number, ended: boolean): number {
    const { text } = this
    let i = from
    const found: (readonly [number, number])[] = []
    for (let count = 0; count < (list ? 4 : 1); count++) {
      if (text.length - i < LONGEST_VALUE + LONGEST_KEY && !ended) return -1
      VALUE.lastIndex = i
      const value = VALUE.exec(text)
      if (value === null) break
      i = VALUE.lastIndex
      const said = value[1] as string
      if ((key === 'line' ? HOUSE : NAME).test(said)) found.push([i - 1 - said.length, i - 1])
      MORE.lastIndex = i
      if (!MORE.test(text)) break
      i = MORE.lastIndex
    }
    const sure =
      list && key !== 'family' ? true : BESIDE.test(text.slice(Math.max(0, start - BESIDE_REACH), i + LONGEST_KEY))
    if (sure) for (const [a, b] of found) this.add(key === 'line' ? 'personal/address' : 'personal/person', a, b, 75)
    return i
  }

  /** The field ends at `end`. */
  #close(end: number): void {
    const kind = this.#fields?.[this.#number]
    if (kind === undefined || end - this.#field > LONGEST) return
    let at = this.#field
    // Repetitions, and their components.
    for (const once of this.text.slice(at, end).split('~')) {
      let from = at
      for (const [k, part] of once.split('^').entries()) {
        const value = part.split('&')[0] as string
        if ((PARTS[kind] ?? [0]).includes(k) && FITS[kind].test(value))
          this.add(CLASS[kind], from, from + value.length, 80)
        else if (kind === 'address' && k === 4 && POSTCODE.test(value))
          this.add('personal/postcode', from, from + value.length, 80)
        from += part.length + 1
      }
      at += once.length + 1
    }
  }
}

export function createHealthDetector(): Detector {
  return {
    name: 'health',
    classes: [...new Set([...Object.values(CLASS), 'personal/postcode'])],
    longest: LONGEST,
    open: () => new HealthStream(),
  }
}
