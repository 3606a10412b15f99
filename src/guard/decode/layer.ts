// What the readers of coded text share: the decoded text goes to all detectors, so a value is found in a code as it is found
// in the open, and a code inside a code is opened too. What is decoded of one text is bounded: what lies beyond is reported
// as unread, never passed as clean.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { Folder, foldText, normalise, OffsetMap } from '../normalise.ts'
import { TextStream } from '../text-stream.ts'
import { unseenText } from '../unseen.ts'

/** Never passes: nobody knows what it says. */
export const UNREAD = 'secret/unread'
/** What opening the detectors for one more piece is worth, in characters. */
const PIECE_CHARACTERS = 32

/** An address of a page is plain to see, with its escapes and without. */
const EVIDENT = 'network/url'
const told = (finding: Finding): boolean => finding.class !== EVIDENT

export interface Layer {
  /** Detectors of one decoded text. */
  open(): DetectorStream[]
  /** Takes decoded characters from what may be read. */
  spend(characters: number): void
  /** True when nothing more may be read. */
  used(): boolean
}

/** `deeper`: the reader of codes inside the decoded text. `most`: decoded characters that may be read. */
export function createLayer(
  inner: readonly Detector[],
  deeper: (() => DetectorStream) | undefined,
  most: number,
): Layer {
  let left = most
  return {
    open() {
      left -= PIECE_CHARACTERS
      const streams = inner.map((detector) => detector.open())
      if (deeper !== undefined) streams.push(deeper())
      return streams
    },
    spend(characters) {
      left -= characters
    },
    used: () => left < 0,
  }
}

/** Told by how words look, not by form: chance spells them in bytes that are no text. */
const LOOSE = /^personal\/(?:person|place|organisation|title|people|address)$/

/**
 * The classes found in a decoded text, each with the highest confidence. `doubtful`: it may be no text at all, so only what has
 * a form counts.
 */
export function classesIn(layer: Layer, text: string, doubtful = false): Map<string, number> {
  const classes = new Map<string, number>()
  if (layer.used()) return classes.set(UNREAD, 100)
  layer.spend(text.length)
  const read = (copy: string) => {
    for (const stream of layer.open())
      for (const findings of [stream.push(copy), stream.end()])
        for (const finding of findings)
          if (told(finding) && !(doubtful && LOOSE.test(finding.class)))
            classes.set(finding.class, Math.max(classes.get(finding.class) ?? 0, finding.confidence))
  }
  read(normalise(text))
  const hidden = unseenText(text)
  if (hidden !== '') read(normalise(hidden))
  return classes
}

/** Codes that nobody reads any more are one finding while they stand so close together, up to this length. */
const NEAR = 16
const LONGEST_UNREAD = 1024

/** A reader of codes in a text. */
export abstract class CodeStream extends TextStream {
  /** What is beyond the bound and has not been told yet, in the whole text; -1 for nothing. */
  #from = -1
  #to = 0

  /** The code [start, end) is beyond the bound. */
  protected leave(start: number, end: number): void {
    const from = this.base + start
    const to = this.base + end
    if (this.#from < 0 || from > this.#to + NEAR) {
      this.#tellUnread()
      this.#from = from
      this.#to = to
    } else {
      this.#from = Math.min(this.#from, from)
      this.#to = Math.max(this.#to, to)
    }
    if (this.#to - this.#from >= LONGEST_UNREAD) this.#tellUnread()
  }

  /** `next`: no later code begins before it. Returns what is still open of `open` and of what has not been told. */
  protected unreadTo(next: number, open: number, ended: boolean): number {
    if (ended || this.base + next > this.#to + NEAR) this.#tellUnread()
    return this.#from < 0 ? open : Math.min(open, this.#from - this.base)
  }

  #tellUnread(): void {
    if (this.#from >= 0) this.tell({ class: UNREAD, start: this.#from, end: this.#to, confidence: 100 })
    this.#from = -1
  }
}

/** One stretch of a text with its codes opened, read while it arrives. Offsets are those of the text as it is written. */
export interface Reading {
  /** Characters as written, none of them a code. */
  plain(text: string): void
  /** A code of `width` characters and what it stands for. */
  coded(text: string, width: number): void
  /** Findings now certain. What a code only stands beside is told too: `password%3Dvalue`. */
  take(ended: boolean): Finding[]
  readonly openFrom: number
  /** True once a block of many lines has begun: the value goes on far behind its last code. */
  readonly block: boolean
}

const BLOCK = '-----BEGIN'

/** `before`: text that was let go already, there for its words alone. `at`: where the reading starts. */
export function openReading(layer: Layer, before: string, at: number): Reading {
  const offsets = new OffsetMap()
  const folder = new Folder(offsets)
  const streams = layer.open()
  const shift = at - before.length
  let found: Finding[] = []
  let tail = ''
  const follow = (text: string) => {
    if (reading.block) return
    tail = tail.slice(-BLOCK.length) + text
    reading.block = tail.includes(BLOCK)
  }
  const note = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      // Whatever ends before is left to the first reading, which sees more of it.
      const end = offsets.end(finding.end) + shift
      if (told(finding) && end > at)
        found.push({ ...finding, start: Math.max(at, offsets.start(finding.start) + shift), end })
    }
  }
  const reading = {
    openFrom: at,
    block: false,
    plain(text: string) {
      foldText(folder, text)
      follow(text)
      layer.spend(text.length)
    },
    coded(text: string, width: number) {
      folder.flush()
      if (text.length === 0) offsets.add(0, width)
      for (let i = 0; i < text.length; i++) folder.unit(text.charCodeAt(i), i === 0 ? width : 0)
      folder.flush()
      follow(text)
      layer.spend(text.length)
    },
    take(ended: boolean) {
      if (ended) folder.flush()
      const copy = folder.take()
      let safe = offsets.copied
      for (const stream of streams) {
        if (copy.length > 0) note(stream.push(copy))
        if (ended) note(stream.end())
        if (!ended && stream.openFrom < safe) safe = stream.openFrom
      }
      const settled = ended ? offsets.consumed : offsets.settled(safe)
      reading.openFrom = Math.max(reading.openFrom, settled + shift)
      offsets.forget(safe)
      const result = found
      found = []
      return result
    },
  }
  foldText(folder, before)
  follow(before)
  return reading
}
