// The copy of a text that detectors read: compatibility forms unfolded (NFKC by character), look-alike letters of other
// alphabets read as the Latin letters they imitate inside Latin words, invisible characters gone. Every offset maps back:
// what is rewritten is always the original. ASCII text is passed on as it is, without copying.

/** Look-alikes of ASCII letters that NFKC leaves alone: Cyrillic, Greek, Armenian, Cherokee, small capitals. */
const LOOKALIKES: ReadonlyMap<number, string> = (() => {
  const pairs =
    'аa еe оo рp сc уy хx ѕs іi јj ԁd һh ӏl ԛq ԝw ьb вb гr зз кk мm нh тt пn иu ' +
    'АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ ԌG Ԛq ԜW ' +
    'αa βb γy εe ηn ιi κk νv ορo ρp σo τt υu χx ωw ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ' +
    'օo ոn սu հh ցg զq ɡg ɑa ɩi ʀr ʏy ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz ıi ȷj łl øo đd'
  const map = new Map<number, string>()
  for (const pair of pairs.split(' ')) {
    const units = [...pair]
    const to = units[units.length - 1] ?? ''
    for (const from of units.slice(0, -1)) if (to.charCodeAt(0) < 128) map.set(from.codePointAt(0) ?? 0, to)
  }
  return map
})()

const FORMAT = /^\p{Cf}$/u
/** Default-ignorable code points outside the format category: fillers and variation selectors. */
const isIgnorable = (c: number) =>
  c === 0x34f ||
  c === 0x115f ||
  c === 0x1160 ||
  c === 0x17b4 ||
  c === 0x17b5 ||
  (c >= 0x180b && c <= 0x180f) ||
  c === 0x3164 ||
  (c >= 0xfe00 && c <= 0xfe0f) ||
  c === 0xffa0 ||
  (c >= 0xe0100 && c <= 0xe01ef)
/**
 * Characters nobody sees that have no honest use in a prompt or an answer: tags, direction overrides, zero-width blanks.
 * Joiners, direction marks and variation selectors are part of scripts and emoji and do not count.
 */
const isHidden = (c: number) =>
  (c >= 0xe0000 && c <= 0xe007f) ||
  (c >= 0x202a && c <= 0x202e) ||
  (c >= 0x2060 && c <= 0x2069) ||
  c === 0x200b ||
  c === 0xfeff ||
  c === 0x180e ||
  (c >= 0xfff9 && c <= 0xfffb)

const DASHES = new Set([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe58, 0xfe63, 0xff0d])
const APOSTROPHES = new Set([0x2018, 0x2019, 0x201b, 0x02bc, 0xff07])

/** What one character is read as: '' if it is invisible. Cached: a text uses few different characters. */
const cache = new Map<number, string>()

function fold(code: number): string {
  const known = cache.get(code)
  if (known !== undefined) return known
  const character = String.fromCodePoint(code)
  let read = character
  // Tag characters U+E0020 to U+E007E spell ASCII that nobody sees but a model reads.
  if (code >= 0xe0020 && code <= 0xe007e) read = String.fromCharCode(code - 0xe0000)
  else if (code >= 0xd800 && code <= 0xdfff) read = character
  else if (code >= 0x300 && code <= 0x36f) read = ''
  else if (FORMAT.test(character) || isIgnorable(code)) read = ''
  else if (DASHES.has(code)) read = '-'
  else if (APOSTROPHES.has(code)) read = "'"
  else if (code === 0x2028 || code === 0x2029 || code === 0x85) read = '\n'
  else if (/^\p{Nd}$/u.test(character)) read = decimal(code)
  else if (/^\s$/u.test(character)) read = ' '
  else {
    const plain = character.normalize('NFKC')
    // Letters with marks stay as they are written; a spacing mark is not a blank and a mark.
    if (plain.length <= 4 && !/\s|\p{Mn}/u.test(plain)) read = plain
  }
  if (cache.size < 20_000) cache.set(code, read)
  return read
}

/** Decimal digits of every script come in rows of ten whose zero NFKC or the Unicode tables give. */
function decimal(code: number): string {
  const plain = String.fromCodePoint(code).normalize('NFKC')
  if (plain.length === 1 && plain >= '0' && plain <= '9') return plain
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return String(value)
}

const LOOKALIKE_RUN = 8
const isPlain = (c: number) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
const ASCII_ONLY = /^[\x00-\x7f]*$/

/** Pieces of text in step with their original. Also used by the JSON reader, which decodes escapes. */
export function createOffsetMap() {
  // Parallel arrays: where a stretch starts in the copy and the original, and its lengths in both.
  let copyAt: number[] = []
  let originalAt: number[] = []
  let copyLength: number[] = []
  let originalLength: number[] = []
  let copied = 0
  let consumed = 0
  const stretchOf = (at: number) => {
    let low = 0
    let high = copyAt.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((copyAt[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return low
  }
  return {
    add(copy: number, original: number) {
      const last = copyAt.length - 1
      const contiguous =
        last >= 0 &&
        copyLength[last] === originalLength[last] &&
        (originalAt[last] ?? 0) + (originalLength[last] ?? 0) === consumed &&
        copy === original
      if (contiguous) {
        copyLength[last] = (copyLength[last] ?? 0) + copy
        originalLength[last] = (originalLength[last] ?? 0) + original
      } else if (copy > 0) {
        copyAt.push(copied)
        originalAt.push(consumed)
        copyLength.push(copy)
        originalLength.push(original)
      }
      copied += copy
      consumed += original
    },
    start(at: number): number {
      if (at >= copied) return consumed
      const k = stretchOf(at)
      const offset = at - (copyAt[k] ?? 0)
      return (originalAt[k] ?? 0) + (copyLength[k] === originalLength[k] ? offset : 0)
    },
    end(at: number): number {
      if (at <= 0 || copyAt.length === 0) return 0
      const k = stretchOf(at - 1)
      const offset = at - (copyAt[k] ?? 0)
      return (originalAt[k] ?? 0) + (copyLength[k] === originalLength[k] ? offset : (originalLength[k] ?? 0))
    },
    forget(before: number) {
      if (copyAt.length < 64) return
      const k = stretchOf(Math.max(0, before - 1))
      if (k < 32) return
      copyAt = copyAt.slice(k)
      originalAt = originalAt.slice(k)
      copyLength = copyLength.slice(k)
      originalLength = originalLength.slice(k)
    },
    get copied() {
      return copied
    },
    get consumed() {
      return consumed
    },
  }
}

export type Offsets = ReturnType<typeof createOffsetMap>

/**
 * Reads one unit after another; `width` is how many units of the original each one stands for (more than one for an
 * escape in JSON). Shared by plain text and JSON.
 */
export function createFolder(offsets: Offsets, onHidden?: (start: number, end: number) => void) {
  let out = ''
  let previous = 0
  let invisible = 0
  // Look-alikes after no Latin letter wait for what follows them (at most LOOKALIKE_RUN), a high surrogate for its half.
  let waiting: number[] = []
  let widths: number[] = []
  const put = (text: string, width: number) => {
    offsets.add(text.length, width)
    out += text
    if (text.length > 0) previous = text.charCodeAt(text.length - 1)
  }
  const settle = (next: number) => {
    const latin = isPlain(next)
    for (let k = 0; k < waiting.length; k++) {
      const code = waiting[k] ?? 0
      const look = latin ? LOOKALIKES.get(code) : undefined
      put(look ?? (code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code)), widths[k] ?? 0)
    }
    waiting = []
    widths = []
  }
  const one = (code: number, width: number) => {
    const look = LOOKALIKES.get(code)
    if (look === undefined) {
      if (waiting.length > 0) settle(code)
      const read = fold(code)
      if (isHidden(code)) {
        invisible++
        onHidden?.(offsets.consumed, offsets.consumed + width)
      }
      put(read, width)
    } else if (
      waiting.length === 0 &&
      (isPlain(previous) || previous === 64 || previous === 46 || previous === 95 || previous === 45)
    ) {
      put(look, width)
    } else {
      waiting.push(code)
      widths.push(width)
      if (waiting.length >= LOOKALIKE_RUN) settle(0)
    }
  }
  return {
    unit(c: number, width: number) {
      const last = waiting[waiting.length - 1] ?? 0
      if (last >= 0xd800 && last <= 0xdbff) {
        if (c >= 0xdc00 && c <= 0xdfff) {
          waiting.pop()
          one(0x10000 + ((last - 0xd800) << 10) + (c - 0xdc00), (widths.pop() ?? 1) + width)
          return
        }
        settle(0)
      }
      if (c >= 0xd800 && c <= 0xdbff) {
        waiting.push(c)
        widths.push(width)
      } else if (c >= 128) one(c, width)
      else {
        if (waiting.length > 0) settle(c)
        offsets.add(1, width)
        out += String.fromCharCode(c)
        previous = c
      }
    },
    /** A stretch that needs no reading: ASCII, one to one. */
    plain(text: string) {
      if (text.length === 0) return
      if (waiting.length > 0) settle(text.charCodeAt(0))
      offsets.add(text.length, text.length)
      out = out.length === 0 ? text : out + text
      previous = text.charCodeAt(text.length - 1)
    },
    flush() {
      if (waiting.length > 0) settle(0)
    },
    /** The copy since the last call. */
    take(): string {
      const text = out
      out = ''
      return text
    },
    get invisible() {
      return invisible
    },
  }
}

export type Folder = ReturnType<typeof createFolder>

/** Feeds a piece of plain text: stretches of ASCII in one go, the rest by character. */
export function foldText(folder: Folder, piece: string): void {
  if (ASCII_ONLY.test(piece)) {
    folder.plain(piece)
    return
  }
  let from = 0
  for (let i = 0; i < piece.length; i++) {
    const c = piece.charCodeAt(i)
    if (c < 128) continue
    if (i > from) folder.plain(piece.slice(from, i))
    folder.unit(c, 1)
    from = i + 1
  }
  if (from < piece.length) folder.plain(piece.slice(from))
}

/** The whole text at once; for tests and for scoring, where offsets do not matter. */
export function normalise(text: string): string {
  if (ASCII_ONLY.test(text)) return text
  const folder = createFolder(createOffsetMap())
  foldText(folder, text)
  folder.flush()
  return folder.take()
}
