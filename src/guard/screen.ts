// One text under all detectors at once. Streams and whole texts take the same way: pieces go in, clear text and regions
// with findings come out (regions.ts), and nothing comes out before every detector has settled it. Invariant: the clear text
// and regions that come out are exactly the text that went in, however it was cut.
import { Fault, type Finding } from '../core/index.ts'
import { type Detector, type DetectorStream, WINDOW } from './detector.ts'
import { createHidden, type Hidden } from './hidden.ts'
import { createJsonReader, type JsonReader, opensJson } from './json-text.ts'
import { Folder, foldText, OffsetMap } from './normalise.ts'
import { createRecent, type Recent } from './recent.ts'
import { createRegions, type KnownRegion, type Sink } from './regions.ts'
import { SILENT } from './unseen.ts'

/** What a value in JSON is by its path alone: `customer.salary` → a class. */
export type FieldRule = (path: string) => string | undefined

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
 * What one detector may take for one text: so many milliseconds, and more by its size and the pieces that it comes in. The
 * built-in ones take a hundredth of it; one that goes beyond ends the call, because nobody knows what it would have found. The
 * time is that of the wall: on a machine with too much to do everything takes longer, and a long stream must not end for that.
 */
const MOST_MS = 2000
const MOST_MS_PER_CHARACTER = 0.005
const MOST_MS_PER_PIECE = 1
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

function failed(detector: Pick<Detector, 'name'>, cause: unknown): Fault {
  if (cause instanceof Fault) return cause
  return new Fault('guard_unavailable', { data: { detector: detector.name }, cause })
}

const monotonic = () => performance.now()

function openScreen(
  options: ScreenOptions,
  detectors: readonly Detector[],
  json: 'json' | 'plain' | 'guess',
): ScreenStream {
  const regions = createRegions()
  const offsets = new OffsetMap()
  let hidden: Hidden | undefined
  const folder = new Folder(offsets, (start, end, said) => {
    regions.add({ class: 'leak/invisible', start, end, confidence: 95 })
    if (said === SILENT) return
    hidden ??= createHidden(detectors)
    hidden.say(said, start, end)
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
  let taken = 0
  let pieces = 0
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
            regions.add({ class: dataClass, start: value.start, end: value.end, confidence: FIELD_CONFIDENCE })
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
    pieces++
    const most = MOST_MS + taken * MOST_MS_PER_CHARACTER + pieces * MOST_MS_PER_PIECE
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
      regions.add({
        class: finding.class,
        start: offsets.start(finding.start),
        end: offsets.end(finding.end),
        confidence: finding.confidence,
      })
    }
  }

  /** What hidden text says; it is at offsets of the original already. */
  const collectHidden = (ended: boolean) => {
    if (hidden === undefined) return
    const began = now()
    try {
      for (const finding of hidden.take(offsets.consumed, ended)) regions.add(finding)
    } catch (error) {
      throw failed({ name: 'hidden text' }, error)
    }
    shared += now() - began
  }

  const push = (piece: string, sink: Sink) => {
    taken += piece.length
    regions.take(piece)
    let text = piece
    if (undecided !== undefined) {
      undecided += piece
      if (!/\S/.test(piece)) return
      text = undecided
      undecided = undefined
      if (opensJson(text)) startReader()
    }
    const settled = feed(text, false)
    collectHidden(false)
    let safe = offsets.settled(settled)
    if (openField >= 0 && openField < safe) safe = openField
    if (hidden !== undefined && hidden.openFrom < safe) safe = hidden.openFrom
    regions.release(safe, sink, reader)
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
      collectHidden(true)
      if (openField >= 0) {
        // A value cut off in the middle is treated like a whole one.
        const value = reader?.values().at(-1)
        const dataClass = value === undefined ? undefined : options.fields?.(value.path)
        if (value !== undefined && dataClass !== undefined && taken > value.start)
          regions.add({ class: dataClass, start: value.start, end: taken, confidence: FIELD_CONFIDENCE })
        openField = -1
      }
      regions.release(taken, sink, reader)
    },
    held() {
      return regions.held()
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
