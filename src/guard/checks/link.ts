// Links and pictures in an answer that would carry data away: a picture is fetched by merely showing the answer, so any
// picture from a host that is not listed counts; a link counts if its address carries more than a place to go to.
import type { Finding } from '../../core/index.ts'
import { isAlphanumeric, isAsciiLetter, isDigit, isLetter } from '../detect/chars.ts'
import type { Detector, DetectorStream } from '../detector.ts'

export const LINK_CLASSES = ['leak/link'] as const

/** Longest markup looked at as a whole; longer ones count by their beginning. */
const LONGEST = 1024
const LONGEST_LABEL = 256
/** Labels remembered of one answer. */
const MOST_LABELS = 256
/** Query, fragment or label longer than this can carry something. */
const MUCH = 24
/** Blanks between a bracket and the address in it. */
const LONGEST_GAP = 256

export interface LinkOptions {
  /** Hosts that may be linked to with data and pictures be shown from; also their subdomains. */
  readonly hosts?: readonly string[]
}

export function createLinkDetector(options: LinkOptions = {}): Detector {
  const hosts = (options.hosts ?? []).map((host) => host.toLowerCase())
  return { name: 'link', classes: LINK_CLASSES, longest: LONGEST, open: () => openLinks(hosts) }
}

/** More text is needed. */
const NEED = -1

function openLinks(hosts: readonly string[]): DetectorStream {
  let text = ''
  let base = 0
  let at = 0
  let ended = false
  /** A stretch of the text without `]` and line end, `to` excluded. */
  let looked = { from: 0, to: 0 }
  /** Labels that pictures refer to, and labels that stand for an address which may not be shown as one. */
  const pictured = new Set<string>()
  const away = new Set<string>()

  const listed = (host: string) =>
    host === 'localhost' || host === '127.0.0.1' || hosts.some((known) => host === known || host.endsWith(`.${known}`))

  /** End of the address at `from`; NEED if it may go on. */
  const addressEnd = (from: number): number => {
    let i = from
    while (i < text.length && i - from < LONGEST) {
      const c = text.charCodeAt(i)
      if (c <= 32 || c === 34 || c === 39 || c === 60 || c === 62 || c === 96 || c === 41 || c === 93 || c === 125)
        return i
      i++
    }
    return i - from >= LONGEST || ended ? i : NEED
  }

  /** True if an address leads to a host that is not listed; with `carries`, only if it takes data along. */
  const leads = (address: string, carries: boolean): boolean => {
    const host = ADDRESS.exec(address)
    if (host === null) return false
    const name = (host[1] ?? '').toLowerCase()
    if (listed(name)) return false
    return !carries || holdsData(address.slice(host[0].length), name)
  }
  const leaks = (from: number, to: number, carries: boolean): boolean => leads(unescaped(text.slice(from, to)), carries)

  /** `[label](address` or `![label](address` whose bracket is at `i`: where the address starts, 0 or NEED. */
  const labelled = (i: number): number => {
    const stop = labelEnd(i)
    if (stop <= 0) return stop
    if (stop + 1 >= text.length) return ended ? 0 : NEED
    return text.charCodeAt(stop + 1) === 40 ? addressStart(stop + 2) : 0
  }

  /** Where the address begins of which the bracket is before `from`, 0 or NEED. */
  const addressStart = (from: number): number => {
    let k = from
    while (k < text.length && k - from < LONGEST_GAP && (isBlank(text.charCodeAt(k)) || text.charCodeAt(k) === 60)) k++
    return k < text.length ? k : ended ? 0 : NEED
  }

  /** Where the label whose bracket is at `i` ends, 0 if it is none, or NEED. */
  const labelEnd = (i: number): number => {
    const stop = nextStop(i + 1)
    if (stop - i > LONGEST_LABEL) return 0
    if (stop >= text.length) return ended ? 0 : NEED
    return text.charCodeAt(stop) === 93 ? stop : 0
  }
  /**
   * The first `]` or line end from `from` on, the end of the text if there is none yet. What was looked through is remembered:
   * a megabyte of opening brackets must not cost a look at a whole label for each.
   */
  const nextStop = (from: number): number => {
    if (from < looked.from || from > looked.to) looked = { from, to: from }
    let k = looked.to
    while (k < text.length && text.charCodeAt(k) !== 93 && text.charCodeAt(k) !== 10) k++
    looked.to = k
    return k
  }
  const labelOf = (from: number, to: number) => text.slice(from, to).trim().replace(/\s+/g, ' ').toLowerCase()

  /** `![words][label]` or `![label]`: a picture whose address stands elsewhere, before or after it. */
  const reference = (start: number, bracket: number, found: Finding[]): number => {
    const stop = labelEnd(bracket)
    if (stop <= 0) return stop === NEED ? NEED : bracket + 1
    if (stop + 1 >= text.length && !ended) return NEED
    let label = labelOf(bracket + 1, stop)
    let end = stop + 1
    if (text.charCodeAt(end) === 91) {
      const second = labelEnd(end)
      if (second === NEED) return NEED
      if (second > 0) {
        if (second > end + 1) label = labelOf(end + 1, second)
        end = second + 1
      }
    }
    if (away.has(label)) found.push({ class: 'leak/link', start: base + start, end: base + end, confidence: 92 })
    else if (pictured.size < MOST_LABELS) pictured.add(label)
    return end
  }

  /** `[label]: address`. */
  const definition = (bracket: number, found: Finding[]): number => {
    const stop = labelEnd(bracket)
    if (stop <= 0) return stop === NEED ? NEED : bracket + 1
    if (stop + 1 >= text.length && !ended) return NEED
    if (text.charCodeAt(stop + 1) !== 58) return bracket + 1
    const from = addressStart(stop + 2)
    if (from <= 0) return from === NEED ? NEED : bracket + 1
    const to = addressEnd(from)
    if (to === NEED) return NEED
    if (!leaks(from, to, false)) return Math.max(to, from)
    const label = labelOf(bracket + 1, stop)
    // With more labels than are remembered any of them may be a picture's.
    const shown = pictured.has(label) || pictured.size >= MOST_LABELS || away.size >= MOST_LABELS
    if (shown || leaks(from, to, true))
      found.push({ class: 'leak/link', start: base + bracket, end: base + to, confidence: shown ? 92 : 70 })
    else away.add(label)
    return Math.max(to, from)
  }

  const markdown = (start: number, bracket: number, picture: boolean, found: Finding[]): number => {
    const from = labelled(bracket)
    if (from === NEED) return NEED
    if (from === 0) return picture ? reference(start, bracket, found) : definition(bracket, found)
    const to = addressEnd(from)
    if (to === NEED) return NEED
    if (!leaks(from, to, !picture)) return Math.max(to, from)
    // The closing bracket, past a title, belongs to it.
    let end = to
    while (end < text.length && end - to < LONGEST_LABEL && text.charCodeAt(end) !== 41 && text.charCodeAt(end) !== 10)
      end++
    if (end >= text.length && !ended) return NEED
    if (text.charCodeAt(end) === 41) end++
    found.push({ class: 'leak/link', start: base + start, end: base + end, confidence: picture ? 92 : 78 })
    return end
  }

  /**
   * `](address` at `i`, after a label that is more than plain words in one line: brackets in brackets, escapes, lines. What the
   * bracket belongs to may have gone out, so the address alone is the finding.
   */
  const afterLabel = (i: number, found: Finding[]): number => {
    if (i + 1 >= text.length) return ended ? i + 1 : NEED
    if (text.charCodeAt(i + 1) !== 40) return i + 1
    const from = addressStart(i + 2)
    if (from <= 0) return from === NEED ? NEED : i + 1
    const to = addressEnd(from)
    if (to === NEED) return NEED
    if (to > from && leaks(from, to, false)) {
      const picture = opensPicture(i)
      if (picture || leaks(from, to, true))
        found.push({ class: 'leak/link', start: base + from, end: base + to, confidence: picture ? 92 : 78 })
    }
    return Math.max(to, i + 1)
  }

  /** Brackets that stand open at `counted`, the innermost last; of those further away than `LONGEST` some are forgotten. */
  const open: { readonly at: number; readonly picture: boolean }[] = []
  let counted = 0

  /**
   * True if the bracket that `]` at `i` closes is a picture's, or further away than any honest one. Each bracket is counted
   * once: a megabyte of closing ones must not cost a look back for each.
   */
  const opensPicture = (i: number): boolean => {
    for (; counted < base + i; counted++) {
      const k = counted - base
      const c = text.charCodeAt(k)
      if ((c !== 91 && c !== 93) || text.charCodeAt(k - 1) === 92) continue
      if (c === 93) open.pop()
      else open.push({ at: counted, picture: text.charCodeAt(k - 1) === 33 })
      if (open.length > 2 * LONGEST) open.splice(0, LONGEST)
    }
    const closed = open.at(-1)
    const near = closed !== undefined && counted - closed.at < LONGEST
    return near ? closed.picture : counted >= LONGEST
  }

  /** Where the tag at `i` ends: a bracket in a quoted value does not end it. */
  const tagEnd = (i: number): number => {
    let quoted = 0
    let equals = false
    for (let end = i + 1; end - i < LONGEST; end++) {
      if (end >= text.length) return ended ? end : NEED
      const c = text.charCodeAt(end)
      if (quoted !== 0) {
        if (c === quoted) quoted = 0
        continue
      }
      if (c === 62) return end + 1
      if (c === 60) return end
      if (equals && (c === 34 || c === 39)) quoted = c
      if (!isBlank(c)) equals = c === 61
    }
    return i + LONGEST
  }

  /** A tag at `i`: what it loads by itself counts as a picture. */
  const markup = (i: number, found: Finding[]): number => {
    const end = tagEnd(i)
    if (end === NEED) return NEED
    const tag = text.slice(i, end)
    // A link waits to be followed; what has a style or is no tag after all may be fetched at once.
    const carries = /^<a\s/i.test(tag) && !/!\[|style|ping/i.test(tag)
    for (const [address] of unescaped(tag).matchAll(ADDRESSES))
      if (leads(address, carries)) {
        found.push({ class: 'leak/link', start: base + i, end: base + end, confidence: carries ? 78 : 92 })
        return end
      }
    return end
  }

  const bare = (i: number, found: Finding[]): number => {
    const to = addressEnd(i)
    if (to === NEED) return NEED
    if (leaks(i, to, true)) found.push({ class: 'leak/link', start: base + i, end: base + to, confidence: 70 })
    return Math.max(to, i + 1)
  }

  const work = (): Finding[] => {
    const found: Finding[] = []
    let held = -1
    while (at < text.length) {
      const c = text.charCodeAt(at)
      let next = at + 1
      if (c === 33) {
        const bracket = at + 1 < text.length ? text.charCodeAt(at + 1) : ended ? 0 : NEED
        next = bracket === NEED ? NEED : bracket === 91 ? markdown(at, at + 1, true, found) : at + 1
      } else if (c === 91) next = markdown(at, at, false, found)
      else if (c === 93) next = afterLabel(at, found)
      else if (c === 60) {
        const letter = at + 1 < text.length ? text.charCodeAt(at + 1) : ended ? 0 : NEED
        next = letter === NEED ? NEED : isAsciiLetter(letter) ? markup(at, found) : at + 1
      } else if ((c === 104 || c === 72) && (at === 0 || !isAlphanumeric(text.charCodeAt(at - 1)))) {
        const scheme = startsHttp(at)
        next = scheme === NEED ? NEED : scheme ? bare(at, found) : at + 1
      }
      if (next === NEED) {
        held = at
        break
      }
      at = next
    }
    stream.openFrom = base + (held >= 0 ? held : text.length)
    return found
  }

  const startsHttp = (i: number): number => {
    for (const word of ['https://', 'http://']) {
      const here = text.slice(i, i + word.length).toLowerCase()
      if (here === word) return 1
      if (!ended && here.length < word.length && word.startsWith(here)) return NEED
    }
    return 0
  }

  const stream = {
    openFrom: 0,
    push(piece: string) {
      if (at > 4 * LONGEST) {
        text = text.slice(at - LONGEST)
        base += at - LONGEST
        at = LONGEST
        looked = { from: at, to: at }
        counted = Math.max(counted, base)
      }
      text += piece
      return work()
    },
    end() {
      ended = true
      return work()
    },
  }
  return stream
}

const isBlank = (c: number) => c === 32 || c === 9 || c === 10 || c === 13

/** An address as a browser takes it: any number of slashes after a scheme that has a host, two after another one or none. */
const HOST = String.raw`(?:(?:https?|ftp|wss?):[/\\]*|(?:[a-z][a-z0-9+.-]{0,20}:)?[/\\]{2,})(?:[^/?#\\@\s]{0,256}@)?([^/?#\\:\s"'<>()]{1,253})`
const ADDRESS = new RegExp(`^${HOST}`, 'i')
const ADDRESSES = new RegExp(`${HOST}[^\\s"'<>\`)]*`, 'gi')

const NAMED: Readonly<Record<string, string>> = {
  ...{ colon: ':', sol: '/', bsol: '\\', period: '.', amp: '&', Tab: '', NewLine: '' },
}
/** What is read of an address, or of a tag: entities and escapes undone, line ends and tabs gone. */
function unescaped(text: string): string {
  if (!/[&\\\t\r\n]/.test(text)) return text
  return text
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));?/gi, (all, decimal, hex, name) => {
      if (name !== undefined) return NAMED[name as string] ?? all
      const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal)
      return code <= 32 || code > 0x10ffff ? '' : String.fromCodePoint(code)
    })
    .replace(/\\([!-/:-@[-`{-~])/g, (all, sign) => (sign === '\\' ? all : (sign as string)))
    .replace(/[\t\r\n]/g, '')
}

/** True if what follows the host, or the host itself, is more than a place to go to. */
function holdsData(rest: string, host: string): boolean {
  for (const label of host.split('.')) if (label.length > MUCH && dense(label)) return true
  const query = rest.search(/[?#]/)
  const tail = query < 0 ? '' : rest.slice(query + 1)
  if (looksIssued(rest) || looksIssued(host.toUpperCase())) return true
  if (tail.includes('%') && tail.split('%').length > 3) return true
  if (tail.includes('@')) return true
  // A long value after `=`, or a path part that is no word.
  for (const part of tail.split(/[=&]/)) if (part.length > MUCH && dense(part)) return true
  for (const part of (query < 0 ? rest : rest.slice(0, query)).split('/'))
    if (part.length > MUCH + 16 && dense(part)) return true
  return false
}

/** Letters and digits mixed, no words joined by dashes: encoded content. */
function dense(text: string): boolean {
  let digits = 0
  let letters = 0
  let longest = 0
  let run = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (isDigit(c)) digits++
    else if (isLetter(c)) letters++
    run = isAlphanumeric(c) || c === 43 || c === 37 || c === 95 ? run + 1 : 0
    if (run > longest) longest = run
  }
  return longest > MUCH || (digits > 6 && letters > 6)
}

/** Something with the shape of a pseudonym: the model was made to put a hidden value into an address. */
const looksIssued = (text: string) =>
  /[A-Z]{2,14}(_|%5F)[0-9A-Z]{5}(?![0-9A-Za-z])|(<|%3C)[A-Z]{2,12}(_|%5F)\d{1,2}(>|%3E)/i.test(text.slice(0, LONGEST))
