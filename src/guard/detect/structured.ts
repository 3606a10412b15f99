// The one-pass scanner for values that have a form: addresses of people and machines, numbers, money, dates. Text is cut
// into runs of characters that values are made of; a run of plain letters costs one table look-up per character and is
// skipped. Invariant: what is reported depends on the text alone, because a run or number is only looked at when it and the
// characters its decision needs are all there; until then `openFrom` stays at its start.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { unitsOf } from '../units.ts'
import { iban, reversedIban, rotatedIban } from './bank.ts'
import {
  AT,
  CLASS,
  COLON,
  DIGIT,
  DOT,
  isAlphanumeric,
  isAsciiLetter,
  isDigit,
  isLetter,
  isUpper,
  JOIN,
  LETTER,
} from './chars.ts'
import { elided, email, quotedLocal } from './email.ts'
import { type HostRules, host, shareHost } from './host.ts'
import { identifierRun } from './identifier.ts'
import { hexGroups, isDottedMac, isMac } from './ip-and-mac.ts'
import { CONTEXT_REACH, Context, CURRENCY, glue, MONTH } from './lexicon.ts'
import { number } from './number/number.ts'
import { NEED, type Scan } from './scan.ts'
import { LONGEST_URL, url } from './url.ts'

/** A longer run is looked at in overlapping windows. */
const WINDOW = 1024
const OVERLAP = 384
/** Characters kept behind the point of work: for context words and what precedes a number. */
const BEHIND = CONTEXT_REACH + 32

export const STRUCTURED_CLASSES = [
  'personal/email',
  'personal/phone',
  'personal/birth-date',
  'personal/date',
  'personal/age',
  'personal/postcode',
  'personal/national-id',
  'personal/national-id/us-ssn',
  'finance/card',
  'finance/iban',
  'finance/account',
  'finance/amount',
  'network/ip',
  'network/mac',
  'network/url',
  'network/host',
  'network/service',
  'business/customer-id',
  'business/ticket-id',
  'secret/url-credentials',
] as const

export interface StructuredOptions {
  /** Host suffixes of the deployment: `.corp.example.com`. */
  readonly internalSuffixes?: readonly string[]
}

export function createStructuredDetector(options: StructuredOptions = {}): Detector {
  const hosts: HostRules = {
    suffixes: (options.internalSuffixes ?? []).map((suffix) =>
      (suffix.startsWith('.') ? suffix : `.${suffix}`).toLowerCase(),
    ),
  }
  return {
    name: 'structured',
    classes: STRUCTURED_CLASSES,
    longest: LONGEST_URL,
    open: () => new StructuredStream(hosts),
  }
}

class StructuredStream implements DetectorStream, Scan {
  text = ''
  ended = false
  readonly context = new Context()
  linkFrom = 0
  linkTo = 0
  before = 0
  openFrom = 0
  readonly #hosts: HostRules
  /** Offset of `text` in the whole text. */
  #base = 0
  /** Local offset up to which everything is decided. */
  #done = 0
  #found: Finding[] = []

  constructor(hosts: HostRules) {
    this.#hosts = hosts
  }

  last(): number {
    return (this.#found[this.#found.length - 1]?.start ?? this.#base) - this.#base
  }

  emit(dataClass: string, start: number, end: number, confidence: number): void {
    this.#found.push({ class: dataClass, start: this.#base + start, end: this.#base + end, confidence })
  }

  push(piece: string): Finding[] {
    // What lies further back than any decision looks is dropped.
    const spare = this.#done - BEHIND
    if (spare > 0 && (spare > 4096 || this.text.length + piece.length > 8192 || spare > piece.length)) {
      this.text = this.text.slice(spare) + piece
      this.#base += spare
      this.#done -= spare
      this.context.shift(spare)
      this.linkFrom = Math.max(0, this.linkFrom - spare)
      this.linkTo = Math.max(0, this.linkTo - spare)
      this.before = Math.max(0, this.before - spare)
    } else this.text = this.text.length === 0 ? piece : this.text + piece
    return this.#work()
  }

  end(): Finding[] {
    this.ended = true
    return this.#work()
  }

  #work(): Finding[] {
    const { text } = this
    const length = text.length
    let i = this.#done
    const units = unitsOf(text, i)
    while (i < length) {
      let kind = CLASS[units[i] ?? 0] ?? 0
      if (kind === 0) {
        i++
        continue
      }
      const start = i
      const limit = Math.min(length, start + WINDOW)
      let flags = 0
      while (kind !== 0) {
        flags |= kind
        i++
        kind = i < limit ? (CLASS[units[i] ?? 0] ?? 0) : 0
      }
      if (i === length && i < start + WINDOW && !this.ended) {
        i = start
        break
      }
      const window = i === start + WINDOW && i < length && (CLASS[text.charCodeAt(i)] ?? 0) !== 0
      if (i === start + WINDOW && i === length && !this.ended) {
        // Whether the run goes on decides how it is cut.
        i = start
        break
      }
      if ((flags & (DIGIT | AT)) !== 0 || ((flags & (DOT | COLON | JOIN)) !== 0 && !onlyTrails(text, start, i))) {
        const mark = this.#found.length
        this.context.save()
        const next = inspect(this, start, i, flags, this.#hosts)
        if (next === NEED) {
          this.#found.length = mark
          this.context.restore()
          i = start
          break
        }
        i = window ? Math.max(next === i ? 0 : next, start + WINDOW - OVERLAP) : Math.max(next, i)
      } else if (window) i = start + WINDOW - OVERLAP
      this.before = start
    }
    this.#done = i
    this.openFrom = Math.max(
      this.openFrom,
      this.#base + (this.ended ? i : heldInRun(text, i, heldFrom(text, i, this.before), this.#hosts)),
    )
    const found = this.#found
    this.#found = []
    return found
  }
}

/** True for a word with nothing but its last character unusual: `end.`, `note:`. */
function onlyTrails(text: string, start: number, end: number): boolean {
  let i = start
  while (i < end && (CLASS[text.charCodeAt(i)] ?? 0) === LETTER) i++
  return i >= end - 1
}

/** Start of what must wait with the run at `at`: a currency or month word, a sign or bracket right before it. */
function heldFrom(text: string, at: number, before: number): number {
  // `"jane.doe"` may be followed by `@example.com`.
  if (text.charCodeAt(at - 1) === 34 && (at === text.length || text.charCodeAt(at) === 64)) {
    const local = quotedLocal(text, at, before)
    if (local < at) return local
  }
  const particle = elided(text, at)
  if (particle < at) return particle
  let i = at
  let c = i > 0 ? text.charCodeAt(i - 1) : 0
  while (
    i > 0 &&
    at - i < 3 &&
    (c === 32 ||
      c === 46 ||
      c === 40 ||
      c === 43 ||
      c === 36 ||
      (c >= 0xa2 && c <= 0xa5) ||
      (c >= 0x20a0 && c <= 0x20c0))
  ) {
    i--
    c = i > 0 ? text.charCodeAt(i - 1) : 0
  }
  const sign = i
  while (i > 0 && sign - i < 12 && isLetter(text.charCodeAt(i - 1))) i--
  const word = sign - i
  if (word >= 3 && word <= 10 && glue.get(text, i, sign) & (MONTH | CURRENCY)) return i
  // `US$ 5`, and `aUS$ 5`.
  let capital = sign
  while (capital > 0 && sign - capital < 3 && isUpper(text.charCodeAt(capital - 1))) capital--
  if (sign < at && capital < sign) return capital
  // Blanks alone hold nothing back.
  for (let k = sign; k < at; k++) if (text.charCodeAt(k) !== 32 && text.charCodeAt(k) !== 46) return k
  return at
}

/** A longer run is no id as a whole; see `identifierRun`. */
const LONGEST_ID = 48

/**
 * Where a finding may still begin in the run that is arriving from `start` on; `held` if that is all of it. Of a long path
 * without figures, signs and names of machines only what stands behind the last slash may yet become something.
 */
function heldInRun(text: string, start: number, held: number, hosts: HostRules): number {
  const length = text.length
  let i = start
  // No value begins with a dash.
  while (i < length && text.charCodeAt(i) === 45) i++
  if (i > start) return i
  if (length - start <= LONGEST_ID) return held
  let part = start
  for (let k = start; k < length; k++) {
    const kind = CLASS[text.charCodeAt(k)] ?? 0
    if (text.charCodeAt(k) === 47) part = k + 1
    if ((kind & (DIGIT | AT | COLON)) !== 0) break
  }
  if (part === start) return held
  PROBE.text = text
  PROBE.found = false
  names(PROBE, start, part, hosts)
  return PROBE.found ? held : part
}

/** Asks whether there would be a finding. */
const PROBE: Scan & { found: boolean } = {
  text: '',
  ended: true,
  context: new Context(),
  linkFrom: 0,
  before: 0,
  linkTo: 0,
  found: false,
  last: () => 0,
  emit() {
    PROBE.found = true
  },
}

/** Looks into the run [start, end). Returns where to go on, at least `end`, or NEED. */
function inspect(scan: Scan, start: number, end: number, flags: number, hosts: HostRules): number {
  const { text } = scan
  let from = start
  let furthest = end
  if (flags & (AT | COLON))
    for (let i = start; i < end; i++) {
      const c = text.charCodeAt(i)
      if (c === 64) {
        const stop = email(scan, from, i, end)
        if (stop === NEED) return NEED
        if (stop === 0) continue
        const next = plain(scan, from, scan.last(), flags, hosts)
        if (next === NEED) return NEED
        from = stop
        i = stop - 1
      } else if (c === 58 && text.charCodeAt(i + 1) === 47 && text.charCodeAt(i + 2) === 47) {
        const path = url(scan, from, i, hosts)
        if (path === NEED) return NEED
        if (path === 0) continue
        if (path >= end) return Math.max(path, end)
        from = path
        i = path - 1
      }
    }
  if (from < end) {
    furthest = plain(scan, from, end, flags, hosts)
    if (furthest === NEED) return NEED
  }
  return Math.max(furthest, end)
}

/** Numbers, names of machines and ids in [from, to), a piece of a run without an address. */
function plain(scan: Scan, from: number, to: number, flags: number, hosts: HostRules): number {
  const { text } = scan
  if (to - from < 2 && !isDigit(text.charCodeAt(from))) return to
  if (text.charCodeAt(from - 1) === 92) {
    const share = shareHost(scan, from, to)
    if (share !== 0) return share
  }
  if (flags & COLON) hexGroups(scan, from, to)
  let i = from
  let lettered = false
  if (flags & DIGIT) {
    for (let k = from; k < to && !lettered; k++) lettered = isLetter(text.charCodeAt(k))
    if (lettered && flags & (LETTER | COLON)) {
      // A sentence may end behind it.
      const end = text.charCodeAt(to - 1) === 46 ? to - 1 : to
      if (end - from === 17 && isMac(text, from, end, 45)) {
        scan.emit('network/mac', from, end, 95)
        return to
      }
      if (end - from === 14 && isDottedMac(text, from)) {
        scan.emit('network/mac', from, end, 85)
        return to
      }
      for (let k = from; k + 3 < to; k++) {
        if (
          !isAsciiLetter(text.charCodeAt(k)) ||
          !isDigit(text.charCodeAt(k + 2)) ||
          (k > from && isAlphanumeric(text.charCodeAt(k - 1)))
        )
          continue
        const stop = iban(scan, k)
        if (stop === NEED) return NEED
        if (stop > 0) return stop
      }
      if (to - from >= 15 && (reversedIban(scan, from, to) || rotatedIban(scan, from, to))) return to
    }
    const id = identifierRun(scan, from, to, lettered)
    if (id === NEED) return NEED
    if (id > 0) return Math.max(id, to)
    while (i < to) {
      if (!isDigit(text.charCodeAt(i))) {
        i++
        continue
      }
      const before = i > 0 ? text.charCodeAt(i - 1) : 0
      // Letters glued to a number make it a name, unless they are a word: `card4111…`.
      const glued = isLetter(before)
      if (isDigit(before) || (glued && !(isLetter(text.charCodeAt(i - 2)) && isLetter(text.charCodeAt(i - 3))))) {
        const first = i
        while (i < to && isDigit(text.charCodeAt(i))) i++
        if (!glued || !keepsForm(text, i, i - first)) continue
        i = first
      }
      // `ipv6 2001:db8::1`: one figure behind a word is part of the word.
      if (glued && text.charCodeAt(i + 1) === 32) {
        i++
        continue
      }
      const next = number(scan, i, lettered && joinedTo(text, from, i))
      if (next === NEED) return NEED
      i = Math.max(next, i + 1)
    }
  }
  if ((flags & LETTER) !== 0 && (flags & (DOT | JOIN | DIGIT)) !== 0) names(scan, from, to, hosts)
  return Math.max(i, to)
}

/** What a number may be whatever it is glued to: as long as a card's, or the first group of a form with dashes or points. */
function keepsForm(text: string, end: number, size: number): boolean {
  if (size === 15 || size === 16) return true
  const c = text.charCodeAt(end)
  return isDigit(text.charCodeAt(end + 1)) && ((size === 3 && c === 45) || (size <= 3 && c === 46))
}

/** True if the number at `at` hangs on letters by a dash, an underscore or a point: `build-2024`, a UUID. */
function joinedTo(text: string, from: number, at: number): boolean {
  if (at - 2 < from) return false
  const c = text.charCodeAt(at - 1)
  return (c === 45 || c === 95 || c === 46 || c === 47) && isAlphanumeric(text.charCodeAt(at - 2))
}

/** Host and service names between the slashes, colons and signs of [from, to). */
function names(scan: Scan, from: number, to: number, hosts: HostRules): void {
  const { text } = scan
  let start = from
  for (let i = from; i <= to; i++) {
    const c = i < to ? text.charCodeAt(i) : 47
    if (c === 47 || c === 58 || c === 64 || c === 37 || c === 43) {
      if (i - start >= 4) host(scan, start, i, hosts)
      start = i + 1
    }
  }
}
