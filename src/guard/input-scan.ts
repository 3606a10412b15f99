// The first round over a request: every string is scanned and what it holds counted in the book. Nothing is changed.
import { Fault, type ModelRequest } from '../core/index.ts'
import type { Book } from './ask.ts'
import { acrossBorder } from './border.ts'
import type { Detector } from './detector.ts'
import { keep, keepInId, sortOut } from './findings.ts'
import { mayHoldToken } from './injection/template.ts'
import { readable, unread } from './opaque.ts'
import { covers, fieldOf, type Parts, partsOf, withFinding } from './parts.ts'
import { PSEUDONYM } from './pseudonym.ts'
import type { Sink } from './regions.ts'
import { type Place, stringBytes, visitRequest } from './request.ts'
import type { Screen } from './screen.ts'

/** One string: its parts, if anything was found in it, and its bytes. */
export interface Scan {
  parts: Parts | undefined
  readonly bytes: number
}

export interface ScannedRequest {
  /** In the order in which `visitRequest` comes to the strings. */
  readonly scans: readonly Scan[]
  /** The strings themselves. */
  readonly texts: readonly string[]
  /** Bytes that were looked at, and bytes that nobody can read or that are fixed by the protocol. */
  readonly scanned: number
  readonly passedBy: number
  readonly invisible: number
  /** True if there is anything to ask about. */
  readonly found: boolean
  /** True if a text may hold a token of a chat template. */
  readonly marked: boolean
}

type How = 'text' | 'id' | 'json'

/** Findings that are remembered of one text; more are found anew. */
const MOST_REMEMBERED = 24

/** Where the words of a conversation stand. */
const SPOKEN = 'messages.parts.text'

/** Characters of a text that are scanned in one go: some milliseconds. What is found does not depend on it. */
const IN_ONE_GO = 4096

/** Stops wherever others may have their turn: a request can be as long as the largest body, which takes many seconds. */
export function* scanRequest(
  request: ModelRequest,
  book: Book,
  screen: Screen,
  extra: readonly Detector[],
): Generator<void, ScannedRequest> {
  const scans: Scan[] = []
  const texts: string[] = []
  let scanned = 0
  let passedBy = 0
  let invisible = 0
  let opaque = false
  let marked = false
  /** The text each speaker said last. */
  const spoken = new Map<string, { text: string; scan: Scan }>()

  function* scan(text: string, bytes: number, place: Place, how: How): Generator<void, Scan> {
    scanned += bytes
    const one: Scan = { parts: text === '' ? undefined : yield* find(text, place, how), bytes }
    scans.push(one)
    return one
  }

  function* find(text: string, place: Place, how: How): Generator<void, Parts | undefined> {
    texts.push(text)
    marked ||= mayHoldToken(text)
    const known = screen.known.get(how, text)
    const parts = known === undefined ? yield* look(text, how) : partsOf(text, known)
    let regions = false
    for (const part of parts) {
      if (typeof part === 'string') continue
      regions = true
      for (const finding of sortOut(part.findings))
        if (finding.class !== PSEUDONYM) book.count(finding, place.origin, fieldOf(part, finding.start, place.field))
    }
    return regions ? parts : undefined
  }

  function* look(text: string, how: How): Generator<void, Parts> {
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
    for (let from = 0; from < text.length; from += IN_ONE_GO) {
      if (from > 0) yield
      stream.push(text.slice(from, from + IN_ONE_GO), sink)
    }
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

  /** A value that begins in one text and ends in the next of the same speaker. */
  const join = (before: { text: string; scan: Scan }, after: { text: string; scan: Scan }, place: Place) => {
    for (const halves of acrossBorder(before.text, after.text, screen)) {
      // A value of its own that the other text merely touches: `and` + `jane@example.com`.
      if (covers(before.scan.parts, halves.before) || covers(after.scan.parts, halves.after)) continue
      before.scan.parts = withFinding(before.scan.parts, before.text, halves.before)
      after.scan.parts = withFinding(after.scan.parts, after.text, halves.after)
      book.count(halves.after, place.origin, place.field)
    }
  }

  const jobs: Generator<void, unknown>[] = []
  function* spokenText(text: string, place: Place, how: How): Generator<void> {
    const one = yield* scan(text, Buffer.byteLength(text), place, how)
    if (place.field !== SPOKEN || text === '') return
    const said = { text, scan: one }
    const before = spoken.get(place.source)
    if (before !== undefined) join(before, said, place)
    spoken.set(place.source, said)
  }
  function* opaqueData(data: string, place: Place, kind: 'image' | 'audio' | 'document'): Generator<void> {
    const bytes = Buffer.byteLength(data)
    const read = readable(data)
    if (read !== undefined) {
      yield* scan(read.text, bytes, place, 'text')
      return
    }
    passedBy += bytes
    book.count(unread(kind), place.origin, place.field)
    opaque = true
    scans.push({ parts: undefined, bytes })
  }
  visitRequest(request, {
    text(text, place, how) {
      jobs.push(spokenText(text, place, how))
      return text
    },
    object(value, place) {
      jobs.push(scan(JSON.stringify(value), stringBytes(value), place, 'json'))
      return value
    },
    opaque(data, place, kind) {
      jobs.push(opaqueData(data, place, kind))
      return data
    },
    fixed(text) {
      passedBy += Buffer.byteLength(text)
    },
  })
  for (const job of jobs) {
    yield* job
    yield
  }
  const found = opaque || scans.some(({ parts }) => parts !== undefined)
  return { scans, texts, scanned, passedBy, invisible, found, marked }
}
