// Stand-ins that a model wrote a little differently: `EMAIL 7QK2M`, `email-7qk2m`, `**EMAIL**_7QK2M`, `EMAIL_7Q` at the end of a
// line and `K2M` on the next. Invariant: only what the session has issued is found, all its letters in their order with nothing
// but signs and blanks among them, so one spelling can never stand for two values.
import type { Detector } from './detector.ts'
import { BODY, KIND_LIMIT, PSEUDONYM } from './pseudonym.ts'
import { TextStream } from './text-stream.ts'

/** Signs in one place, and in all of it. */
const MOST_SIGNS = 4
const MOST_SIGNS_IN_ALL = 12
const LONGEST = KIND_LIMIT + BODY + 1 + MOST_SIGNS_IN_ALL + 2
/** What is written between kind and body, and between the letters of the body: marks of markdown, dashes, the end of a line. */
const SIGNS = new Set('_-\\*`~ \t\n\r>:=#\u00a0\u2010\u2011\u2013\u2014')
const UNDERSCORE = 95

/** A stand-in as it is found already, by `pseudonym.ts`. */
const AS_ISSUED = /^[A-Za-z]+\\?_[A-Za-z\d]+$/

/** One more letter of the stand-ins that begin alike. */
interface Node {
  readonly next: Map<number, Node>
  /** The letters so far are a kind: what follows may stand apart. */
  apart: boolean
  /** The stand-in that is spelt here. */
  name: string | undefined
}

export interface Respelt {
  /** `KIND_BODY`, as issued; what looks otherwise is left out. */
  add(name: string): void
  /** The stand-in that a span found here means. */
  read(span: string): string | undefined
  detector(): Detector
}

const node = (): Node => ({ next: new Map(), apart: false, name: undefined })
const isAsciiWord = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57)
const isWord = (code: number) => isAsciiWord(code) || (code > 127 && /[\p{L}\p{N}]/u.test(String.fromCharCode(code)))
const upper = (code: number) => (code >= 97 && code <= 122 ? code - 32 : code)

export function createRespelt(): Respelt {
  const root = node()
  return {
    add(name) {
      const [, kind, body] = /^([A-Z]+)_([A-Z\d]+)$/.exec(name) ?? []
      if (kind === undefined || body === undefined) return
      let at = root
      for (const [k, letter] of [...(kind + body)].entries()) {
        const code = letter.charCodeAt(0)
        let next = at.next.get(code)
        if (next === undefined) {
          next = node()
          at.next.set(code, next)
        }
        at = next
        if (k === kind.length - 1) at.apart = true
      }
      at.name = name
    },
    read(span) {
      let at: Node | undefined = root
      for (let i = 0; i < span.length && at !== undefined; i++)
        if (!SIGNS.has(span.charAt(i))) at = at.next.get(upper(span.charCodeAt(i)))
      return at?.name
    },
    detector: () => ({
      name: 'respelt stand-ins',
      classes: [PSEUDONYM],
      longest: LONGEST,
      open: () => new RespeltStream(root),
    }),
  }
}

class RespeltStream extends TextStream {
  readonly #root: Node
  #at = 0

  constructor(root: Node) {
    super(1)
    this.#root = root
  }

  protected read(ended: boolean): number {
    const { text } = this
    for (; this.#at < text.length; this.#at++) {
      const start = this.#at
      if (!this.#root.next.has(upper(text.charCodeAt(start))) || isWord(text.charCodeAt(start - 1))) continue
      const end = this.#match(start, ended)
      if (end === undefined) return start
      if (end < 0) continue
      if (!AS_ISSUED.test(text.slice(start, end))) this.add(PSEUDONYM, start, end, 100)
      this.#at = end - 1
    }
    return this.#at
  }

  protected moved(count: number): void {
    this.#at -= count
  }

  /** Where the stand-in that begins at `start` ends; -1 if there is none, undefined if more text could still decide. */
  #match(start: number, ended: boolean): number | undefined {
    const { text } = this
    let at = this.#root
    let apart = false
    let signs = 0
    let inAll = 0
    // Words of a language have neither underscores nor digits: `person where`.
    let telling = false
    let small = false
    for (let i = start; ; i++) {
      if (i >= text.length) return ended ? -1 : undefined
      const code = text.charCodeAt(i)
      if (!isAsciiWord(code)) {
        if (!apart || ++signs > MOST_SIGNS || ++inAll > MOST_SIGNS_IN_ALL || !SIGNS.has(text.charAt(i))) return -1
        telling ||= code === UNDERSCORE
        continue
      }
      const next = at.next.get(upper(code))
      if (next === undefined) return -1
      if (apart) {
        telling ||= code < 65
        small ||= code >= 97
      }
      at = next
      signs = 0
      apart ||= at.apart
      if (at.name === undefined) continue
      const after = text.charCodeAt(i + 1)
      // A plural s may follow, no other letter.
      const plural = after === 115
      if (!ended && i + (plural ? 2 : 1) >= text.length) return undefined
      if (!isWord(plural ? text.charCodeAt(i + 2) : after)) return telling || !small ? i + 1 : -1
    }
  }
}
