// A deployment's own people, customers, projects and hosts: entries of a list found as whole words in any case, with any
// run of blanks where the entry has one. One table look-up per word of the text; only a word that begins an entry is
// followed further, so a list of a hundred thousand entries costs what a list of ten does.
import type { Finding } from '../../core/index.ts'
import { Fault } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { normalise } from '../normalise.ts'

/** Longest entry in characters; longer ones are refused when the list is read. */
export const LONGEST_ENTRY = 256
/** Blanks between two words of an entry that still count as one gap. */
const LONGEST_GAP = 8

interface Node {
  next: Map<string, Node> | undefined
  ends: boolean
}

const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  (code > 127 && /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code)))
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0xa0

/** Words and single signs of an entry as texts are read, in small letters; blanks are where they differ. */
function partsOf(entry: string): string[] {
  const parts: string[] = []
  const text = normalise(entry).toLowerCase()
  for (let i = 0; i < text.length; ) {
    const code = text.charCodeAt(i)
    if (isBlank(code)) {
      if (parts.length > 0 && parts.at(-1) !== ' ') parts.push(' ')
      i++
      continue
    }
    const start = i++
    if (isWord(code)) while (i < text.length && isWord(text.charCodeAt(i))) i++
    parts.push(text.slice(start, i))
  }
  if (parts.at(-1) === ' ') parts.pop()
  return parts
}

/**
 * An entry as it may come: what it is read as can hang on the case (of letters that look like others), and letters whose marks are
 * written apart are read without them.
 */
function formsOf(entry: string): string[][] {
  const plain = entry.normalize('NFC')
  const forms = [plain, plain.toLowerCase(), entry.normalize('NFD')].map(partsOf)
  return forms.filter((parts, k) => forms.findIndex((other) => other.join('') === parts.join('')) === k)
}

/** Entries of a list file: one per line; blank lines and lines that begin with `#` are left out. */
export function readList(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

class ListStream implements DetectorStream {
  readonly #root: Node
  readonly #class: string
  readonly #confidence: number
  #text = ''
  #base = 0
  /** Where in #text the next word that could begin an entry is looked for. */
  #at = 0

  constructor(root: Node, { class: dataClass, confidence = 97 }: Omit<ListSettings, 'entries'>) {
    this.#root = root
    this.#class = dataClass
    this.#confidence = confidence
  }

  get openFrom(): number {
    return this.#base + this.#at
  }

  push(text: string): Finding[] {
    this.#text += text
    const found = this.#scan(false)
    // One character is kept to see whether the next word begins there.
    const done = this.#at - 1
    if (done > 0) {
      this.#text = this.#text.slice(done)
      this.#base += done
      this.#at -= done
    }
    return found
  }

  end(): Finding[] {
    return this.#scan(true)
  }

  #scan(last: boolean): Finding[] {
    const found: Finding[] = []
    const text = this.#text
    while (this.#at < text.length) {
      const start = this.#at
      const code = text.charCodeAt(start)
      if (isBlank(code)) {
        this.#at++
        continue
      }
      const end = this.#match(start, last)
      if (end === undefined) return found
      if (end > start) {
        found.push({
          class: this.#class,
          start: this.#base + start,
          end: this.#base + end,
          confidence: this.#confidence,
        })
        this.#at = end
        continue
      }
      let i = start + 1
      if (isWord(code)) while (i < text.length && isWord(text.charCodeAt(i))) i++
      if (i >= text.length && !last && isWord(code)) return found
      this.#at = i
    }
    return found
  }

  /** End of the longest entry that begins at `start`, -1 if none does, undefined while more text could still decide. */
  #match(start: number, last: boolean): number | undefined {
    const text = this.#text
    let node: Node = this.#root
    let best = -1
    let i = start
    for (;;) {
      if (i >= text.length) return last || node.next === undefined ? best : undefined
      const code = text.charCodeAt(i)
      let part: string
      let to = i + 1
      if (isBlank(code)) {
        while (to < text.length && to - i < LONGEST_GAP && isBlank(text.charCodeAt(to))) to++
        part = ' '
      } else if (isWord(code)) {
        while (to < text.length && to - i <= LONGEST_ENTRY && isWord(text.charCodeAt(to))) to++
        part = text.slice(i, to).toLowerCase()
      } else part = text[i]!
      const next = node.next?.get(part)
      // At the end of what is there a word may still grow into another one, and blanks into more blanks.
      if (to >= text.length && !last && (isWord(code) || isBlank(code)))
        return to - start > LONGEST_ENTRY ? best : undefined
      if (next === undefined) return best
      node = next
      i = to
      if (node.ends) best = i
    }
  }
}

export interface ListSettings {
  readonly name: string
  /** Class of every entry found, e.g. `business/customer`. */
  readonly class: string
  readonly entries: Iterable<string>
  /** 0 to 100; default 97. */
  readonly confidence?: number
}

/** A list that grows. */
export interface OpenList {
  /** @throws Fault `validation_failed` for an entry that is longer than LONGEST_ENTRY or holds no letter or digit */
  add(entry: string): void
  /** Finds what is in the list by then. */
  detector(): Detector
}

/** The form in which an entry and what is found for it are equal. */
export const foldEntry = (entry: string): string => partsOf(entry).join('')

export function createOpenList(settings: Omit<ListSettings, 'entries'>): OpenList {
  const root: Node = { next: undefined, ends: false }
  let longest = 1
  return {
    add(entry) {
      const forms = formsOf(entry)
      if (entry.length > LONGEST_ENTRY || !forms.every((parts) => parts.some((part) => /[\p{L}\p{N}]/u.test(part))))
        throw new Fault('validation_failed', {
          detail: `The list ${settings.name} has an entry that is empty or longer than ${LONGEST_ENTRY} characters.`,
        })
      for (const parts of forms) {
        const letters = parts.reduce((sum, { length }) => sum + length, 0)
        longest = Math.max(longest, letters + parts.filter((part) => part === ' ').length * LONGEST_GAP)
        let node = root
        for (const part of parts) {
          node.next ??= new Map()
          let next = node.next.get(part)
          if (next === undefined) {
            next = { next: undefined, ends: false }
            node.next.set(part, next)
          }
          node = next
        }
        node.ends = true
      }
    },
    detector: () => ({
      name: settings.name,
      classes: [settings.class],
      longest,
      open: () => new ListStream(root, settings),
    }),
  }
}

/**
 * A detector for the entries of one list.
 * @throws Fault `validation_failed` for an entry that is longer than LONGEST_ENTRY or holds no letter or digit
 */
export function createListDetector(settings: ListSettings): Detector {
  const list = createOpenList(settings)
  for (const entry of settings.entries) list.add(entry)
  return list.detector()
}
