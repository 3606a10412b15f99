// What comes out of a screen, in order: clear text, and regions of findings that hang together. Nothing of a region comes out
// before all of it is settled. Invariant: what comes out is exactly what came in.
import type { Finding } from '../core/index.ts'
import { type JsonReader, type JsonValue, valuesBetween } from './json-text.ts'

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

export interface Regions {
  /** Raw text that has come in. */
  take(piece: string): void
  /** At offsets into the whole. */
  add(finding: Finding): void
  /** Lets out everything before offset `safe`. `reader`: of JSON, which may forget what is out. */
  release(safe: number, sink: Sink, reader: JsonReader | undefined): void
  /** Characters that came in and have not come out. */
  held(): number
}

export function createRegions(): Regions {
  /** Raw text not yet out, and its offset in the whole. */
  let raw = ''
  let base = 0
  /** Found and not yet in a region. How many of them have been looked at, and where the first of them starts. */
  let pending: Finding[] = []
  let seen = 0
  let earliest = Number.POSITIVE_INFINITY
  /** The region that is not settled, in the order of a region: whatever is found from now on starts behind what is in it. */
  let open: Finding[] = []
  let openEnd = 0

  const release = (safe: number, sink: Sink, reader: JsonReader | undefined) => {
    // While everything found is still held, as inside a long value, there is nothing to sort: once a push would be too often.
    for (; seen < pending.length; seen++) earliest = Math.min(earliest, pending[seen]?.start ?? 0)
    if (earliest < safe || (open.length > 0 && openEnd <= safe)) settle(safe, sink, reader)
    clear(open[0]?.start ?? safe, sink)
    if (reader !== undefined) reader.forget(base)
  }

  const settle = (safe: number, sink: Sink, reader: JsonReader | undefined) => {
    pending.sort(
      (a, b) =>
        a.start - b.start ||
        b.end - a.end ||
        (a.class < b.class ? -1 : a.class > b.class ? 1 : b.confidence - a.confidence),
    )
    let taken = 0
    for (;;) {
      const next = pending[taken]
      if (next !== undefined && next.start < safe && (open.length === 0 || next.start < openEnd)) {
        openEnd = open.length === 0 ? next.end : Math.max(openEnd, next.end)
        open.push(next)
        taken++
      } else if (open.length > 0 && openEnd <= safe) emit(sink, reader)
      else break
    }
    if (taken > 0) pending = pending.slice(taken)
    earliest = pending[0]?.start ?? Number.POSITIVE_INFINITY
    seen = pending.length
  }

  /** Lets the region out that is open. */
  const emit = (sink: Sink, reader: JsonReader | undefined) => {
    clear(open[0]?.start ?? base, sink)
    const text = raw.slice(0, openEnd - base)
    const values = reader && valuesBetween(reader.values(), base, openEnd)
    sink.region({ text, start: base, findings: open, values })
    raw = raw.slice(openEnd - base)
    base = openEnd
    open = []
  }

  const clear = (to: number, sink: Sink) => {
    if (to <= base) return
    sink.clear(raw.slice(0, to - base))
    raw = raw.slice(to - base)
    base = to
  }

  return {
    take(piece) {
      raw = raw.length === 0 ? piece : raw + piece
    },
    add(finding) {
      pending.push(finding)
    },
    release,
    held() {
      return raw.length
    },
  }
}
