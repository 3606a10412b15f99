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

  /** True if the address [from, to) leads to a host that is not listed; with `carries`, only if it takes data along. */
  const leaks = (from: number, to: number, carries: boolean): boolean => {
    const address = text.slice(from, to)
    const host = /^(?:[a-z][a-z0-9+.-]{0,20}:)?[/\\]{2}(?:[^/?#\\@]{0,256}@)?([^/?#\\:]{1,253})/i.exec(address)
    if (host === null) return false
    const name = (host[1] ?? '').toLowerCase()
    if (listed(name)) return false
    return !carries || holdsData(address.slice(host[0].length), name)
  }

  /** `[label](address` or `![label](address` whose bracket is at `i`: where the address starts, 0 or NEED. */
  const labelled = (i: number): number => {
    let k = i + 1
    while (k < text.length && k - i < LONGEST_LABEL && text.charCodeAt(k) !== 93 && text.charCodeAt(k) !== 10) k++
    if (k >= text.length) return ended ? 0 : NEED
    if (text.charCodeAt(k) !== 93) return 0
    if (k + 1 >= text.length) return ended ? 0 : NEED
    if (text.charCodeAt(k + 1) !== 40) return 0
    k += 2
    while (k < text.length && k - i < LONGEST_LABEL + 8 && (text.charCodeAt(k) === 32 || text.charCodeAt(k) === 60)) k++
    return k < text.length ? k : ended ? 0 : NEED
  }

  /** Where the label whose bracket is at `i` ends, 0 if it is none, or NEED. */
  const labelEnd = (i: number): number => {
    let k = i + 1
    while (k < text.length && k - i < LONGEST_LABEL && text.charCodeAt(k) !== 93 && text.charCodeAt(k) !== 10) k++
    if (k >= text.length && k - i < LONGEST_LABEL) return ended ? 0 : NEED
    return text.charCodeAt(k) === 93 ? k : 0
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
    let from = stop + 1
    if (from >= text.length && !ended) return NEED
    if (text.charCodeAt(from) !== 58) return bracket + 1
    from++
    while (from - stop < 8 && (isBlank(text.charCodeAt(from)) || text.charCodeAt(from) === 60)) from++
    if (from >= text.length && !ended) return NEED
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

  /** A tag at `i`: what it loads by itself counts as a picture. */
  const markup = (i: number, found: Finding[]): number => {
    let end = i + 1
    while (end < text.length && end - i < LONGEST && text.charCodeAt(end) !== 62 && text.charCodeAt(end) !== 60) end++
    if (end >= text.length && end - i < LONGEST && !ended) return NEED
    if (text.charCodeAt(end) === 62) end++
    for (let k = i + 1; k < end - 4; k++) {
      const c = text.charCodeAt(k)
      const slashes = (c === 47 || c === 92) && (text.charCodeAt(k + 1) === 47 || text.charCodeAt(k + 1) === 92)
      if (!slashes) continue
      let from = k
      if (text.charCodeAt(k - 1) === 58) {
        from--
        while (from > i && isAsciiLetter(text.charCodeAt(from - 1))) from--
      }
      let to = k + 2
      while (to < end && !isEnd(text.charCodeAt(to))) to++
      const tag = text.slice(i, Math.min(end, i + 8)).toLowerCase()
      const carries = tag.startsWith('<a ') || tag.startsWith('<a\n')
      if (leaks(from, to, carries)) {
        found.push({ class: 'leak/link', start: base + i, end: base + end, confidence: carries ? 78 : 92 })
        return end
      }
      k = to
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
      if (at > 2048) {
        text = text.slice(at - 1)
        base += at - 1
        at = 1
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
const isEnd = (c: number) => c <= 32 || c === 34 || c === 39 || c === 62 || c === 96 || c === 41

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
