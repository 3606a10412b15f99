// One text under all detectors at once. Streams and whole texts take the same way: pieces go in, clear text and regions
// with findings come out, in order, and nothing comes out before every detector has settled it. Invariant: the clear text
// and regions that come out are exactly the text that went in, however it was cut.

import { Fault, type Finding } from '../core/index.ts'
import { type Detector, type DetectorStream, WINDOW } from './detector.ts'
import { createJsonReader, type JsonReader, type JsonValue, opensJson, valuesBetween } from './json-text.ts'
import { Folder, foldText, OffsetMap } from './normalise.ts'
import { createRecent, type Recent } from './recent.ts'

/** What a value in JSON is by its path alone: `customer.salary` → a class. */
export type FieldRule = (path: string) => string | undefined

/** Findings that hang together, with the text they cover. */
export interface Region {
  readonly text: string
  /** Offset of `text` in the whole. */
  readonly start: number
  /** Offsets into the whole. */
  readonly findings: readonly Finding[]
  /** In JSON: the values the region touches; only their inside may change. Undefined for plain text. */
  readonly values: readonly JsonValue[] | undefined
}

/** A region without its text: places and classes alone, which say nothing without the text they are of. */
export type KnownRegion = Pick<Region, 'start' | 'findings'> & { readonly end: number }

export interface Sink {
  clear(text: string): void
  region(region: Region): void
}

export interface ScreenStream {
  push(piece: string, sink: Sink): void
  end(sink: Sink): void
  /** Characters that came in and have not come out. */
  held(): number
  /** Characters that came in. */
  taken(): number
  invisible(): number
}

export interface ScreenOptions {
  readonly detectors: readonly Detector[]
  readonly fields?: FieldRule
  /** Milliseconds since some start; what detectors take is measured with it. */
  readonly now?: () => number
}

export interface Screen {
  /** What these detectors found in texts of late. */
  readonly known: Recent<readonly KnownRegion[]>
  /** `json`: the text is JSON, or plain, or JSON if it starts like it. `extra`: detectors of this text only. */
  open(json: 'json' | 'plain' | 'guess', extra?: readonly Detector[]): ScreenStream
}

export const FIELD_CONFIDENCE = 90
/**
 * What one detector may take for one text: so many milliseconds, and more by its size. The built-in ones take a hundredth of
 * it; one that goes beyond ends the call, because nobody knows what it would have found.
 */
const MOST_MS = 2000
const MOST_MS_PER_CHARACTER = 0.005
/** Pieces up to this length are tokens of a stream; all detectors take a few microseconds for one. */
const SMALL = 64
const SLOW_MS = 5
/** With what was found a few megabytes at most. */
const MOST_KNOWN = 10_000

export function createScreen(options: ScreenOptions): Screen {
  return {
    known: createRecent(MOST_KNOWN),
    open: (json, extra) =>
      openScreen(options, extra === undefined ? options.detectors : [...options.detectors, ...extra], json),
  }
}

function tooSlow(detector: Detector): Fault {
  return new Fault('guard_unavailable', {
    detail: `The detector ${detector.name} took too long`,
    data: { detector: detector.name },
  })
}

function failed(detector: Detector, cause: unknown): Fault {
  if (cause instanceof Fault) return cause
  return new Fault('guard_unavailable', { data: { detector: detector.name }, cause })
}

const monotonic = () => performance.now()

function openScreen(
  options: ScreenOptions,
  detectors: readonly Detector[],
  json: 'json' | 'plain' | 'guess',
): ScreenStream {
  const offsets = new OffsetMap()
  const folder = new Folder(offsets, (start, end) => {
    pending.push({ class: 'leak/invisible', start, end, confidence: 95 })
  })
  const streams: DetectorStream[] = detectors.map((detector) => {
    try {
      return detector.open()
    } catch (error) {
      throw failed(detector, error)
    }
  })
  const now = options.now ?? monotonic
  /** Milliseconds each detector has taken so far. */
  const spent: number[] = new Array(streams.length).fill(0)
  /** Milliseconds that all have taken together, where they were not told apart. */
  let shared = 0
  let quick = true
  let reader: JsonReader | undefined
  let undecided = json === 'guess' ? '' : undefined
  /** Raw text not yet out, and its offset in the whole. */
  let raw = ''
  let base = 0
  let taken = 0
  let pending: Finding[] = []
  /** How many of the pending findings have been looked at, and where the first of them starts. */
  let seen = 0
  let earliest = Number.POSITIVE_INFINITY
  /** A value whose path alone makes it a finding, still arriving. */
  let openField = -1

  const startReader = () => {
    reader = createJsonReader(folder)
    const { fields } = options
    if (fields !== undefined)
      reader.onValue = (value) => {
        if (value.kind === 'word' || value.kind === 'text') return
        const dataClass = fields(value.path)
        if (dataClass === undefined) return
        if (value.end < 0) openField = value.start
        else {
          openField = -1
          if (value.end > value.start)
            pending.push({ class: dataClass, start: value.start, end: value.end, confidence: FIELD_CONFIDENCE })
        }
      }
  }
  if (json === 'json') startReader()

  const feed = (piece: string, ended: boolean) => {
    if (piece.length > 0) {
      if (reader === undefined) foldText(folder, piece)
      else reader.push(piece)
    }
    if (ended) folder.flush()
    const copy = folder.take()
    let safe = offsets.copied
    if (copy.length === 0 && !ended) {
      for (const stream of streams) if (stream.openFrom < safe) safe = stream.openFrom
      return safe
    }
    const most = MOST_MS + taken * MOST_MS_PER_CHARACTER
    // Asking the clock for every detector and every token would cost as much as one of them: while pieces are small and all went
    // well, the time of all is taken once and counted against each.
    const together = quick && copy.length <= SMALL
    const began = now()
    let time = began
    for (let k = 0; k < streams.length; k++) {
      const stream = streams[k]
      const detector = detectors[k]
      if (stream === undefined || detector === undefined) continue
      try {
        if (copy.length > 0) collect(detector, stream.push(copy))
        if (ended) collect(detector, stream.end())
        else if (stream.openFrom < safe) safe = stream.openFrom
      } catch (error) {
        throw failed(detector, error)
      }
      if (together) continue
      const after = now()
      spent[k] = (spent[k] ?? 0) + after - time
      time = after
      if ((spent[k] ?? 0) + shared > most) throw tooSlow(detector)
    }
    if (together) {
      const took = now() - began
      shared += took
      quick = took < SLOW_MS
      const first = detectors[0]
      if (shared > most && first !== undefined) throw tooSlow(first)
    }
    return safe
  }

  const collect = (detector: Detector, findings: readonly Finding[]) => {
    for (const finding of findings) {
      if (!(finding.start >= 0 && finding.end > finding.start && finding.end <= offsets.copied))
        throw new Fault('guard_unavailable', { data: { detector: detector.name } })
      pending.push({
        class: finding.class,
        start: offsets.start(finding.start),
        end: offsets.end(finding.end),
        confidence: finding.confidence,
      })
    }
  }

  /** Lets out everything before raw offset `safe`. */
  const release = (safe: number, sink: Sink) => {
    let limit = safe
    // While everything found is still held, as inside a long value, there is nothing to sort: once a push would be too often.
    for (; seen < pending.length; seen++) earliest = Math.min(earliest, pending[seen]?.start ?? 0)
    if (earliest < limit) {
      pending.sort(
        (a, b) =>
          a.start - b.start ||
          b.end - a.end ||
          (a.class < b.class ? -1 : a.class > b.class ? 1 : b.confidence - a.confidence),
      )
      let k = 0
      while (k < pending.length) {
        const first = pending[k]
        if (first === undefined || first.start >= limit) break
        let end = first.end
        let after = k + 1
        for (let next = pending[after]; next !== undefined && next.start < end; next = pending[++after])
          end = Math.max(end, next.end)
        if (end > limit) {
          limit = first.start
          break
        }
        clear(first.start, sink)
        const text = raw.slice(0, end - base)
        sink.region({ text, start: base, findings: pending.slice(k, after), values: valuesIn(base, end) })
        raw = raw.slice(end - base)
        base = end
        k = after
      }
      pending = k === 0 ? pending : pending.slice(k)
      earliest = pending[0]?.start ?? Number.POSITIVE_INFINITY
      seen = pending.length
    }
    clear(limit, sink)
    if (reader !== undefined) reader.forget(base)
  }

  const valuesIn = (start: number, end: number): JsonValue[] | undefined =>
    reader === undefined ? undefined : valuesBetween(reader.values(), start, end)

  const clear = (to: number, sink: Sink) => {
    if (to <= base) return
    sink.clear(raw.slice(0, to - base))
    raw = raw.slice(to - base)
    base = to
  }

  const push = (piece: string, sink: Sink) => {
    taken += piece.length
    raw = raw.length === 0 ? piece : raw + piece
    let text = piece
    if (undecided !== undefined) {
      undecided += piece
      if (!/\S/.test(piece)) return
      text = undecided
      undecided = undefined
      if (opensJson(text)) startReader()
    }
    const settled = feed(text, false)
    let safe = offsets.settled(settled)
    if (openField >= 0 && openField < safe) safe = openField
    release(safe, sink)
    // Whatever is found from now on starts there or later.
    offsets.forget(settled)
  }

  const stream: ScreenStream = {
    push(piece, sink) {
      if (piece.length <= WINDOW) {
        if (piece.length > 0) push(piece, sink)
      } else for (let at = 0; at < piece.length; at += WINDOW) push(piece.slice(at, at + WINDOW), sink)
    },
    end(sink) {
      const rest = undecided ?? ''
      undecided = undefined
      feed(rest, true)
      if (openField >= 0) {
        // A value cut off in the middle is treated like a whole one.
        const value = reader?.values().at(-1)
        const dataClass = value === undefined ? undefined : options.fields?.(value.path)
        if (value !== undefined && dataClass !== undefined && taken > value.start)
          pending.push({ class: dataClass, start: value.start, end: taken, confidence: FIELD_CONFIDENCE })
        openField = -1
      }
      release(taken, sink)
    },
    held() {
      return raw.length
    },
    taken() {
      return taken
    },
    invisible() {
      return folder.invisible
    },
  }
  return stream
}
