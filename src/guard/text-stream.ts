// What readers of a text that arrives in pieces share: the part of it that is still needed, where that part stands in the
// whole, and what has been found since the last piece. Offsets in `text` are local.
import type { Finding } from '../core/index.ts'
import type { DetectorStream } from './detector.ts'

/** Given out where nothing was found, as for most pieces: never written to. */
export const NO_FINDINGS: readonly Finding[] = []

/** Text that need not be kept is dropped when it is more than this: dropping copies the rest. */
const SPARE = 512

export abstract class TextStream implements DetectorStream {
  openFrom = 0
  protected text = ''
  /** Offset of `text` in the whole. */
  protected base = 0
  /** Characters kept before the first that is needed: what a reader looks back at. */
  readonly #behind: number
  #found: Finding[] | undefined

  constructor(behind: number) {
    this.#behind = behind
  }

  /** Reads what has arrived. Returns the local offset from which text may still become, extend or change a finding. */
  protected abstract read(ended: boolean): number

  /** `count` characters at the front were dropped: local offsets become smaller. */
  protected abstract moved(count: number): void

  /** Local offset of the first character that is needed again, `open` being what `read` returned. */
  protected needed(open: number): number {
    return open
  }

  push(piece: string): readonly Finding[] {
    this.text = this.text === '' ? piece : this.text + piece
    const open = this.read(false)
    if (this.base + open > this.openFrom) this.openFrom = this.base + open
    const spare = this.needed(open) - this.#behind
    if (spare > SPARE) {
      this.text = this.text.slice(spare)
      this.base += spare
      this.moved(spare)
    }
    return this.#take()
  }

  end(): readonly Finding[] {
    this.read(true)
    this.openFrom = this.base + this.text.length
    return this.#take()
  }

  /** A finding at local offsets. */
  protected add(dataClass: string, start: number, end: number, confidence: number): void {
    this.tell({ class: dataClass, start: this.base + start, end: this.base + end, confidence })
  }

  /** A finding at offsets of the whole text. */
  protected tell(finding: Finding): void {
    if (this.#found === undefined) this.#found = [finding]
    else this.#found.push(finding)
  }

  #take(): readonly Finding[] {
    const found = this.#found
    if (found === undefined) return NO_FINDINGS
    this.#found = undefined
    return found
  }
}
