// Text that is hidden in a text by characters that nobody sees is read by all detectors, as a text of its own: what is between its
// characters is no part of it, and it is no part of what it is hidden in. What it says is a finding over the characters that
// say it.
import { TextDecoder } from 'node:util'
import type { Finding } from '../core/index.ts'
import type { Detector, DetectorStream } from './detector.ts'
import { Folder, OffsetMap } from './normalise.ts'

/** Seen characters after which hidden text is over: what stands behind them is not held back for it. */
const FAR = 64

export interface Hidden {
  /** A byte of UTF-8 that the characters [start, end) of the original spell. */
  say(byte: number, start: number, end: number): void
  /** Findings now certain, at offsets of the original, of which `consumed` characters were read. */
  take(consumed: number, ended: boolean): readonly Finding[]
  /** Offset in the original from which something may still be found. */
  readonly openFrom: number
}

/** One hidden text, from `shift` in the original on. */
interface Reading {
  readonly shift: number
  readonly offsets: OffsetMap
  readonly folder: Folder
  readonly streams: readonly DetectorStream[]
  readonly decoder: TextDecoder
  /** Characters of the original that spell the beginning of a letter of several bytes. */
  begun: number
}

export function createHidden(detectors: readonly Detector[]): Hidden {
  let reading: Reading | undefined
  let found: Finding[] = []
  /** Where the last hidden character ended. */
  let at = 0
  const open = (shift: number): Reading => {
    const offsets = new OffsetMap()
    const streams = detectors.map((detector) => detector.open())
    return { shift, offsets, folder: new Folder(offsets), streams, decoder: new TextDecoder(), begun: 0 }
  }
  const read = ({ shift, offsets, folder, streams }: Reading, ended: boolean) => {
    if (ended) folder.flush()
    const copy = folder.take()
    let safe = offsets.copied
    const note = (findings: readonly Finding[]) => {
      for (const finding of findings)
        found.push({
          ...finding,
          start: offsets.start(finding.start) + shift,
          end: offsets.end(finding.end) + shift,
        })
    }
    for (const stream of streams) {
      if (copy.length > 0) note(stream.push(copy))
      if (ended) note(stream.end())
      else if (stream.openFrom < safe) safe = stream.openFrom
    }
    hidden.openFrom = ended ? Number.POSITIVE_INFINITY : offsets.settled(safe) + shift
    offsets.forget(safe)
  }
  const close = () => {
    if (reading !== undefined) read(reading, true)
    reading = undefined
  }
  const hidden = {
    openFrom: Number.POSITIVE_INFINITY,
    say(byte: number, start: number, end: number) {
      if (start - at > FAR) close()
      if (reading === undefined) {
        reading = open(start)
        hidden.openFrom = start
      } else if (start > at) {
        reading.folder.flush()
        reading.offsets.add(0, start - at)
      }
      const { folder, decoder, begun } = reading
      const width = begun + end - start
      at = end
      if (byte < 128 && begun === 0) {
        folder.unit(byte, width)
        return
      }
      const text = decoder.decode(Uint8Array.of(byte), { stream: true })
      reading.begun = text === '' ? width : 0
      for (let i = 0; i < text.length; i++) folder.unit(text.charCodeAt(i), i === 0 ? width : 0)
    },
    take(consumed: number, ended: boolean) {
      if (ended || consumed - at > FAR) close()
      else if (reading !== undefined) read(reading, false)
      const result = found
      found = []
      return result
    },
  }
  return hidden
}
