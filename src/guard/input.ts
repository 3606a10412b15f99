// The way in: every string of a request is scanned, the policy asked once per class, origin and field, and a rewritten copy
// made. Invariant: what leaves is what was scanned, edit for edit; the bytes are counted both ways and must agree.
import { Fault, type Finding, type JsonObject, type ModelRequest, type Treatment } from '../core/index.ts'
import { type Ask, type Book, createBook, LEAST_CONFIDENCE, type Report } from './ask.ts'
import { acrossBorder } from './border.ts'
import type { ClassTree } from './classes.ts'
import { valuesBetween } from './json-text.ts'
import type { Neighbours } from './neighbours.ts'
import { PSEUDONYM } from './pseudonym.ts'
import { type Place, stringBytes, type Visitor, visitRequest } from './request.ts'
import type { KnownRegion, Region, Screen, Sink } from './screen.ts'
import { type MaskStyle, mask, sortOut, treatRegion, valuesUnder } from './treat.ts'
import type { Vault } from './vault.ts'
import type { FoundValue } from './withheld.ts'

export interface TreatmentOptions {
  readonly tree: ClassTree
  readonly masks: (dataClass: string) => MaskStyle
  readonly neighbours: Neighbours
}

/** A scanned text: clear stretches and regions, in order. */
type Parts = (string | Region)[]

/** Classes that an id of the protocol can hold by chance: their look says nothing there. */
const LOOSE_IN_IDS = [
  'personal/person',
  'personal/place',
  'personal/organisation',
  'personal/title',
  'personal/people',
  'network/',
  'business/',
  'finance/amount',
  'personal/date',
  'secret/generic',
  'secret/high-entropy',
  'document/',
]

export function screenInput(
  request: ModelRequest,
  ask: Ask,
  vault: Vault,
  screen: Screen,
  options: TreatmentOptions,
): { request: ModelRequest; report: Report; values: FoundValue[] } {
  const book = createBook('send', ask)
  const values: FoundValue[] = []
  const issuedBefore = vault.size()
  const extra = vault.detectors()
  let scanned = 0
  let passedBy = 0
  let invisible = 0
  let dirty = false
  const scans: { parts: Parts | undefined; bytes: number }[] = []
  /** The text each speaker said last. */
  const spoken = new Map<string, { text: string; at: number }>()

  const texts: string[] = []
  const scan = (text: string, place: Place, how: 'text' | 'id' | 'json'): Parts | undefined => {
    texts.push(text)
    const known = screen.known.get(how, text)
    const parts = known === undefined ? look(text, how) : partsOf(text, known)
    let regions = false
    for (const part of parts) {
      if (typeof part === 'string') continue
      regions = true
      for (const finding of sortOut(part.findings))
        if (finding.class !== PSEUDONYM) book.count(finding, place.origin, fieldOf(part, finding.start, place))
    }
    return regions ? parts : undefined
  }

  const look = (text: string, how: 'text' | 'id' | 'json'): Parts => {
    const parts: Parts = []
    const sink: Sink = {
      clear: (piece) => {
        parts.push(piece)
      },
      region: (region) => {
        parts.push((how === 'id' ? keepInId(region) : keep(region)) ?? region.text)
      },
    }
    const stream = screen.open(how === 'json' ? 'json' : how === 'id' ? 'plain' : 'guess', extra)
    stream.push(text, sink)
    stream.end(sink)
    if (stream.held() !== 0 || stream.taken() !== text.length) throw new Fault('guard_unavailable')
    invisible += stream.invisible()
    const regions = parts.filter((part) => typeof part !== 'string')
    // Where values stand in JSON, and under which names, is not remembered.
    if (
      stream.invisible() === 0 &&
      regions.every(({ values }) => values === undefined) &&
      regions.reduce((count, { findings }) => count + findings.length, 0) <= MOST_REMEMBERED
    )
      screen.known.set(
        how,
        text,
        regions.map(({ start, text: { length }, findings }) => ({ start, end: start + length, findings })),
      )
    return parts
  }

  /** A value that begins in the text before and ends in this one, the last that was scanned. */
  const join = (before: { text: string; at: number }, text: string, place: Place) => {
    for (const halves of acrossBorder(before.text, text, screen)) {
      const [first, second] = [scans[before.at] ?? missing(), scans[scans.length - 1] ?? missing()]
      // A value of its own that the other text merely touches: `and` + `jane@example.com`.
      if (covers(first.parts, halves.before) || covers(second.parts, halves.after)) continue
      first.parts = withFinding(first.parts, before.text, halves.before)
      second.parts = withFinding(second.parts, text, halves.after)
      book.count(halves.after, place.origin, place.field)
      dirty = true
    }
  }

  /** Words of the request: a stand-in that looks real is none that the text says itself. Read when the first one is made. */
  let words: Set<string> | undefined
  const taken = (candidate: string): boolean => {
    words ??= new Set(wordsIn(texts))
    for (const word of wordsIn([candidate])) if (!words.has(word)) return false
    return true
  }

  // First round: scan and count. Nothing is changed.
  visitRequest(request, {
    text(text, place, how) {
      const bytes = Buffer.byteLength(text)
      scanned += bytes
      const parts = text.length === 0 ? undefined : scan(text, place, how)
      if (parts !== undefined) dirty = true
      scans.push({ parts, bytes })
      if (place.field === SPOKEN && text.length > 0) {
        const before = spoken.get(place.source)
        if (before !== undefined) join(before, text, place)
        spoken.set(place.source, { text, at: scans.length - 1 })
      }
      return text
    },
    object(value, place) {
      const parts = scan(JSON.stringify(value), place, 'json')
      const bytes = stringBytes(value)
      scanned += bytes
      if (parts !== undefined) dirty = true
      scans.push({ parts, bytes })
      return value
    },
    opaque(data, place, kind) {
      const bytes = Buffer.byteLength(data)
      const text = readable(data)?.text
      if (text === undefined) {
        passedBy += bytes
        book.count({ class: `opaque/${kind}`, start: 0, end: 1, confidence: 100 }, place.origin, place.field)
        dirty = true
        scans.push({ parts: undefined, bytes })
      } else {
        scanned += bytes
        const parts = scan(text, place, 'text')
        if (parts !== undefined) dirty = true
        scans.push({ parts, bytes })
      }
      return data
    },
    fixed(text) {
      passedBy += Buffer.byteLength(text)
    },
  })
  if (stringBytes(request) !== scanned + passedBy)
    throw new Fault('guard_unavailable', { detail: 'Not every byte of the request was scanned' })

  let screened = request
  let change = 0
  if (dirty) {
    // Second round: the same strings in the same order, now with the answers.
    let at = 0
    const visitor: Visitor = {
      text(text, place) {
        const { parts, bytes } = scans[at++] ?? missing()
        if (parts === undefined) return text
        const next = rewrite(parts, place, book, vault, options, values, taken)
        change += Buffer.byteLength(next) - bytes
        return next
      },
      object(value, place) {
        const { parts, bytes } = scans[at++] ?? missing()
        if (parts === undefined) return value
        const next = JSON.parse(rewrite(parts, place, book, vault, options, values, taken)) as JsonObject
        change += stringBytes(next) - bytes
        return next
      },
      opaque(data, place, kind) {
        const { parts, bytes } = scans[at++] ?? missing()
        const read = readable(data)
        if (read !== undefined) {
          if (parts === undefined) return data
          const next = read.print(rewrite(parts, place, book, vault, options, values, taken))
          change += Buffer.byteLength(next) - bytes
          return next
        }
        const entry = book.count(
          { class: `opaque/${kind}`, start: 0, end: 1, confidence: 100 },
          place.origin,
          place.field,
        )
        entry.count--
        if (book.answer(entry) === 'pass') return data
        // Nothing can stand for what nobody can read: it is left out.
        change -= bytes
        return undefined
      },
      fixed() {},
    }
    screened = visitRequest(request, visitor)
    if (at !== scans.length) throw new Fault('guard_unavailable')
  }
  const forwarded = stringBytes(screened)
  if (forwarded !== scanned + passedBy + change)
    throw new Fault('guard_unavailable', { detail: 'The request changed where it was not scanned' })
  return {
    request: screened,
    values,
    report: {
      classes: book.classes(),
      treated: book.treated(),
      bytesScanned: scanned + passedBy + change,
      bytesForwarded: forwarded,
      rules: book.rules(),
      pseudonyms: { issued: vault.size() - issuedBefore, restored: 0, mutated: 0 },
      restored: NONE_RESTORED,
      invisible,
    },
  }
}

/** Findings that are remembered of one text; more are found anew. */
const MOST_REMEMBERED = 24
const NONE_RESTORED: ReadonlyMap<string, number> = new Map()

/** Words of texts in small letters, as they are written and as they read without the escapes of JSON. */
function* wordsIn(texts: readonly string[]): Generator<string> {
  for (const text of texts)
    for (const read of text.includes('\\') ? [text, text.replace(/\\(?:u[0-9a-fA-F]{4}|.)/g, ' ')] : [text])
      for (const [word] of read.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) yield word
}

/** Where the words of a conversation stand. */
const SPOKEN = 'messages.parts.text'

/** True if a finding of the same class covers all of `finding`, or JSON does not let it be changed by itself. */
function covers(parts: Parts | undefined, finding: Finding): boolean {
  return (parts ?? []).some(
    (part) =>
      typeof part !== 'string' &&
      (part.values !== undefined ||
        part.findings.some(
          (other) => other.class === finding.class && other.start <= finding.start && other.end >= finding.end,
        )),
  )
}

/** The parts of `text` with one more finding, which joins the regions that it touches. */
function withFinding(parts: Parts | undefined, text: string, finding: Finding): Parts {
  let { start, end } = finding
  const findings = [finding]
  const apart: KnownRegion[] = []
  for (const part of parts ?? []) {
    if (typeof part === 'string') continue
    const to = part.start + part.text.length
    if (to <= start || part.start >= end) apart.push({ start: part.start, end: to, findings: part.findings })
    else {
      start = Math.min(start, part.start)
      end = Math.max(end, to)
      findings.push(...part.findings)
    }
  }
  const regions = [...apart, { start, end, findings }]
  return partsOf(
    text,
    regions.sort((a, b) => a.start - b.start),
  )
}

/** The text cut up as it was when it was looked at. */
function partsOf(text: string, known: readonly KnownRegion[]): Parts {
  const parts: Parts = []
  let at = 0
  for (const { start, end, findings } of known) {
    if (start > at) parts.push(text.slice(at, start))
    parts.push({ text: text.slice(start, end), start, findings, values: undefined })
    at = end
  }
  if (at < text.length) parts.push(text.slice(at))
  return parts
}

const missing = (): never => {
  throw new Fault('guard_unavailable')
}

/** In JSON content the path of the value, else where the text stands. */
function fieldOf(region: Region, at: number, place: Place): string {
  const value = region.values === undefined ? undefined : valuesBetween(region.values, at, at + 1)[0]
  return value === undefined || value.path === '' ? place.field : value.path
}

function keep(region: Region): Region | undefined {
  const findings = region.findings.filter((finding) => finding.confidence >= LEAST_CONFIDENCE)
  if (findings.length === region.findings.length) return region
  return findings.length === 0 ? undefined : { ...region, findings }
}

/** What counts in an id of the protocol. */
export function keepInId(region: Region): Region | undefined {
  const findings = region.findings.filter((finding) => !LOOSE_IN_IDS.some((loose) => finding.class.startsWith(loose)))
  return findings.length === 0 ? undefined : keep({ ...region, findings })
}

function rewrite(
  parts: Parts,
  place: Place,
  book: Book,
  vault: Vault,
  options: TreatmentOptions,
  values: FoundValue[],
  taken: (candidate: string) => boolean,
): string {
  let out = ''
  const whose = place.source === 'model' ? 'caller' : place.source
  for (const part of parts) {
    if (typeof part === 'string') {
      out += part
      continue
    }
    out += treatRegion(part, {
      treatment(finding) {
        const entry = book.count(finding, place.origin, fieldOf(part, finding.start, place))
        entry.count--
        const treatment = book.answer(entry)
        for (const value of valuesUnder(part, finding))
          values.push({ class: finding.class, value, confidence: finding.confidence })
        // What the caller says in clear is no leak when the model says it back.
        if (treatment === 'pass' && whose === 'caller')
          vault.remember(part.text.slice(finding.start - part.start, finding.end - part.start))
        return treatment
      },
      replace(dataClass, treatment, value) {
        options.neighbours.note(dataClass, value)
        return standIn(dataClass, treatment, value, vault, whose, options, taken)
      },
      // Text that only looks like a pseudonym gets one of its own, so that it comes back as it was written.
      pseudonym: (text) => vault.hide(options.tree.get('literal'), text, whose),
    })
  }
  return out
}

export function standIn(
  dataClass: string,
  treatment: Treatment,
  value: string,
  vault: Vault,
  source: Place['source'],
  options: TreatmentOptions,
  taken?: (candidate: string) => boolean,
): string {
  const known = options.tree.get(dataClass)
  // A secret is never turned back, so it gets no pseudonym.
  if (treatment === 'pseudonym' && known.nature !== 'secret' && !dataClass.startsWith('leak/'))
    return vault.hide(known, value, source, taken)
  return mask(dataClass, value, options.masks(dataClass))
}

/**
 * What can be read of a file, a picture or a sound: a file that is text, whatever it is called, or a string that is not the
 * base64 it should be. `print` makes the same out of another text. Undefined if nobody can read it.
 */
function readable(data: string): { text: string; print(text: string): string } | undefined {
  const comma = data.startsWith('data:') ? data.indexOf(',') : -1
  const base64 = data.slice(comma + 1)
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    return { text: data, print: (text) => text }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (/[\x00-\x08\x0e-\x1a]/.test(text)) return undefined
    return { text, print: (next) => data.slice(0, comma + 1) + Buffer.from(next).toString('base64') }
  } catch {
    return undefined
  }
}
