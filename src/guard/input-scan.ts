// The first round over a request: every string is scanned and what it holds counted in the book. Nothing is changed.
import { Fault, type Finding, type ModelRequest } from '../core/index.ts'
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

/** A string of the request that is to be looked at. */
interface Job {
  readonly text: string
  readonly bytes: number
  readonly place: Place
  readonly how: How
  /** What stands for a string that nobody can read. */
  readonly unread?: Finding
}

/**
 * Stops wherever others may have their turn: a request can be as long as the largest body, which takes many seconds. One
 * generator for all of it: each one that is made anew for a call would have a shape of its own, and code that is compiled for none.
 */
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
  const spoken = new Map<string, Said>()

  const jobs: Job[] = []
  visitRequest(request, {
    text(text, place, how) {
      jobs.push({ text, bytes: Buffer.byteLength(text), place, how })
      return text
    },
    object(value, place) {
      jobs.push({ text: JSON.stringify(value), bytes: stringBytes(value), place, how: 'json' })
      return value
    },
    opaque(data, place, kind) {
      const bytes = Buffer.byteLength(data)
      const read = readable(data)
      if (read === undefined) jobs.push({ text: '', bytes, place, how: 'text', unread: unread(kind) })
      else jobs.push({ text: read.text, bytes, place, how: 'text' })
      return data
    },
    fixed(text) {
      passedBy += Buffer.byteLength(text)
    },
  })

  for (const { text, bytes, place, how, unread: nobodys } of jobs) {
    const scan: Scan = { parts: undefined, bytes }
    scans.push(scan)
    if (nobodys !== undefined) {
      passedBy += bytes
      book.count(nobodys, place.origin, place.field)
      opaque = true
      continue
    }
    scanned += bytes
    if (text === '') continue
    texts.push(text)
    marked ||= mayHoldToken(text)
    const known = screen.known.get(how, text)
    let parts: Parts
    if (known === undefined) {
      const look = openLook(screen, how, extra)
      for (let from = 0; from < text.length; from += IN_ONE_GO) {
        look.push(text.slice(from, from + IN_ONE_GO))
        yield
      }
      parts = look.end(text)
      invisible += look.invisible()
    } else parts = partsOf(text, known)
    if (isCounted(parts, book, place)) scan.parts = parts
    if (place.field !== SPOKEN) continue
    const said = { text, scan }
    const before = spoken.get(place.source)
    if (before !== undefined) join(before, said, place, screen, book)
    spoken.set(place.source, said)
  }
  const found = opaque || scans.some(({ parts }) => parts !== undefined)
  return { scans, texts, scanned, passedBy, invisible, found, marked }
}

/** Counts what was found; false if nothing was. */
function isCounted(parts: Parts, book: Book, place: Place): boolean {
  let regions = false
  for (const part of parts) {
    if (typeof part === 'string') continue
    regions = true
    for (const finding of sortOut(part.findings))
      if (finding.class !== PSEUDONYM) book.count(finding, place.origin, fieldOf(part, finding.start, place.field))
  }
  return regions
}

/** A look at one text, which is remembered. */
function openLook(screen: Screen, how: How, extra: readonly Detector[]) {
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
  return {
    push: (piece: string) => stream.push(piece, sink),
    invisible: () => stream.invisible(),
    /** All that was pushed is `text`. @throws Fault guard_unavailable */
    end(text: string): Parts {
      stream.end(sink)
      if (stream.held() !== 0 || stream.taken() !== text.length) throw new Fault('guard_unavailable')
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
    },
  }
}

interface Said {
  readonly text: string
  readonly scan: Scan
}

/** A value that begins in one text and ends in the next of the same speaker. */
function join(before: Said, after: Said, place: Place, screen: Screen, book: Book): void {
  for (const halves of acrossBorder(before.text, after.text, screen)) {
    // A value of its own that the other text merely touches: `and` + `jane@example.com`.
    if (covers(before.scan.parts, halves.before) || covers(after.scan.parts, halves.after)) continue
    before.scan.parts = withFinding(before.scan.parts, before.text, halves.before)
    after.scan.parts = withFinding(after.scan.parts, after.text, halves.after)
    book.count(halves.after, place.origin, place.field)
  }
}
