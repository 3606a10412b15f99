// Fields of objects that stand in running text: a row after "Here it is:", a block of code, the text of a string in JSON. Only for
// the paths that a deployment declares; what else such an object holds is for the other detectors. It reads more than JSON
// is (single quotes, bare keys, missing commas), because what is left out here leaves in clear.
// Invariant: what is found depends on the text alone; nothing is held back but the value at hand, in pieces of bounded length.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import type { FieldRule } from '../screen.ts'

/** Characters of a value that are one finding; a longer one is several. */
const LONGEST = 256
const LONGEST_KEY = 128
/** What is nested deeper has no path any more. */
const DEEPEST = 64
const LONGEST_PATH = 256
const CONFIDENCE = 90

const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA, COLON] = [123, 125, 91, 93, 44, 58]
const [QUOTE, APOSTROPHE, BACKSLASH, LINE] = [34, 39, 92, 10]
const isBlank = (c: number) => c === 32 || c === LINE || c === 13 || c === 9

interface Frame {
  readonly list: boolean
  key: string
}

interface Token {
  /** The quote it ends with; 0: a bare word or number. */
  readonly quote: number
  readonly value: boolean
  readonly class: string | undefined
  /** What stands in it so far, as far as a key may be. */
  text: string
  /** Where the piece at hand starts, and the last that is no blank ends. */
  from: number
  to: number
  escaped: boolean
}

class InlineFieldsStream implements DetectorStream {
  readonly #rule: FieldRule
  readonly #frames: Frame[] = []
  #tooDeep = 0
  #token: Token | undefined
  /** A finished token that a colon would make a key. */
  #name: string | undefined
  #at = 0

  constructor(rule: FieldRule) {
    this.#rule = rule
  }

  get openFrom(): number {
    return this.#token?.class === undefined ? this.#at : this.#token.from
  }

  push(text: string): readonly Finding[] {
    const found: Finding[] = []
    const base = this.#at
    for (let i = 0; i < text.length; ) {
      if (this.#frames.length === 0) {
        const next = text.indexOf('{', i)
        if (next < 0) break
        i = next
      }
      this.#at = base + i
      if (this.#read(text.charCodeAt(i), text[i] as string, found)) i++
    }
    this.#at = base + text.length
    return found
  }

  end(): readonly Finding[] {
    const found: Finding[] = []
    if (this.#token) this.#finish(this.#token, found)
    return found
  }

  /** Reads the character at `#at`; false if it is to be read again. */
  #read(c: number, unit: string, found: Finding[]): boolean {
    const token = this.#token
    if (token) return this.#inside(token, c, unit, found)
    const top = this.#frames.at(-1)
    if (c === OPEN || c === OPEN_LIST) this.#enter(c === OPEN_LIST)
    else if (c === CLOSE || c === CLOSE_LIST) this.#leave()
    else if (c === COLON && top) {
      top.key = this.#name ?? top.key
      this.#name = undefined
    } else if (c === COMMA && top) {
      top.key = ''
      this.#name = undefined
    } else if (top && !isBlank(c)) this.#begin(top, c, unit)
    return true
  }

  #begin(top: Frame, c: number, unit: string): void {
    const quote = c === QUOTE || c === APOSTROPHE ? c : 0
    const from = quote === 0 ? this.#at : this.#at + 1
    const value = top.list || top.key !== ''
    const path = value && this.#tooDeep === 0 ? this.#path() : ''
    const to = quote === 0 ? from + 1 : from
    const text = quote === 0 ? unit : ''
    this.#token = { quote, value, class: this.#rule(path), text, from, to, escaped: false }
  }

  #inside(token: Token, c: number, unit: string, found: Finding[]): boolean {
    const at = this.#at
    if (token.quote !== 0) {
      if (c === token.quote && !token.escaped) {
        this.#finish(token, found)
        return true
      }
      // A quote without its like ends with the line, unless it holds what is hidden.
      if (c === LINE && token.class === undefined) {
        this.#finish(token, found)
        return true
      }
      token.escaped = c === BACKSLASH && !token.escaped
    } else if (c === COMMA || c === CLOSE || c === CLOSE_LIST || c === LINE || (c === COLON && !token.value)) {
      this.#finish(token, found)
      return false
    } else if (!token.value && (c === OPEN || c === OPEN_LIST || c === QUOTE)) {
      this.#finish(token, found)
      return false
    }
    if (token.text.length < LONGEST_KEY) token.text += unit
    if (token.quote !== 0 || !isBlank(c)) token.to = at + 1
    if (token.class !== undefined && at + 1 - token.from >= LONGEST) {
      this.#report(token, found)
      token.from = at + 1
      token.to = at + 1
    }
    return true
  }

  #finish(token: Token, found: Finding[]): void {
    this.#report(token, found)
    this.#token = undefined
    if (!token.value) this.#name = unescaped(token.text.trimEnd())
  }

  #report({ class: dataClass, quote, text, from, to }: Token, found: Finding[]): void {
    if (dataClass === undefined || to <= from) return
    if (quote === 0 && /^(?:true|false|null|None|undefined)\s*$/.test(text)) return
    found.push({ class: dataClass, start: from, end: to, confidence: CONFIDENCE })
  }

  #enter(list: boolean): void {
    this.#name = undefined
    if (this.#frames.length < DEEPEST) this.#frames.push({ list, key: '' })
    else this.#tooDeep++
  }

  #leave(): void {
    this.#name = undefined
    if (this.#tooDeep > 0) this.#tooDeep--
    else this.#frames.pop()
  }

  #path(): string {
    let path = ''
    for (const { key } of this.#frames) if (key !== '') path += path === '' ? key : `.${key}`
    return path.slice(-LONGEST_PATH)
  }
}

function unescaped(key: string): string {
  if (!key.includes('\\')) return key
  try {
    return JSON.parse(`"${key}"`) as string
  } catch {
    return key
  }
}

/** `classes`: every class that `rule` can give. */
export const createInlineFieldsDetector = (rule: FieldRule, classes: readonly string[]): Detector => ({
  name: 'fields in text',
  classes,
  longest: LONGEST,
  open: () => new InlineFieldsStream(rule),
})
