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
  let pending: Finding[] = []
  /** How many of the pending findings have been looked at, and where the first of them starts. */
  let seen = 0
  let earliest = Number.POSITIVE_INFINITY

  const release = (safe: number, sink: Sink, reader: JsonReader | undefined) => {
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
        const values = reader && valuesBetween(reader.values(), base, end)
        sink.region({ text, start: base, findings: pending.slice(k, after), values })
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
