// Reads text that is meant to be JSON while it arrives: decodes the escapes inside strings for the detectors, and knows for
// every value where it starts and ends and under which path, so that only the inside of a value is ever rewritten and the
// result is JSON again. Text that turns out not to be JSON is read as plain text from that point on.
import type { Folder } from './normalise.ts'

/** `text`: the rest of a text that stopped being JSON. */
export type JsonToken = 'string' | 'key' | 'number' | 'word' | 'text'

/** One value or key. Offsets into the raw text; for strings without the quotes. */
export interface JsonValue {
  kind: JsonToken
  start: number
  /** -1 while it is still arriving. */
  end: number
  /** Names of the objects around it, without array positions: `customer.email`. For keys the path of their object. */
  path: string
}

export interface JsonReader {
  /** Reads a piece of raw text into the folder, decoded. */
  push(piece: string): void
  /** Values that end after the last `forget`, in order. */
  values(): readonly JsonValue[]
  forget(before: number): void
  /** Called for every value when its start is known, and when its end is. */
  onValue?: (value: JsonValue) => void
}

/** Deeper nesting is read as plain text: no stack grows with what a client sends. */
const DEEPEST = 64
const LONGEST_PATH = 256

const MODE = { value: 0, afterValue: 1, key: 2, afterKey: 3, inString: 4, inNumber: 5, inWord: 6, broken: 7 } as const
type Mode = (typeof MODE)[keyof typeof MODE]

const HEX = (c: number) =>
  c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1
const isBlank = (c: number) => c === 32 || c === 10 || c === 13 || c === 9
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [110, 10],
  [116, 9],
  [114, 13],
  [98, 8],
  [102, 12],
  [34, 34],
  [92, 92],
  [47, 47],
])

/** True if a text starts as a JSON object or array does. */
export function opensJson(text: string): boolean {
  let i = 0
  while (i < text.length && isBlank(text.charCodeAt(i))) i++
  const c = text.charCodeAt(i)
  return c === 123 || c === 91
}

/** The values that reach into [start, end). Values are in order and apart, so the first one is found by halving. */
export function valuesBetween(values: readonly JsonValue[], start: number, end: number): JsonValue[] {
  const endOf = (value: JsonValue | undefined) =>
    value === undefined || value.end < 0 ? Number.POSITIVE_INFINITY : value.end
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(values[middle]) > start) high = middle
    else low = middle + 1
  }
  const found: JsonValue[] = []
  for (let value = values[low]; value !== undefined && value.start < end; value = values[++low]) found.push(value)
  return found
}

export function createJsonReader(folder: Folder): JsonReader {
  let mode: Mode = MODE.value
  let at = 0
  let values: JsonValue[] = []
  let current: JsonValue | undefined
  let isKey = false
  let keyText = ''
  // Names on the way in; '' for arrays. `objects` says which level is an object.
  const names: string[] = []
  const objects: boolean[] = []
  let path = ''
  // An escape that has not arrived whole: its units so far.
  let partial = ''

  const open = (kind: JsonToken, start: number) => {
    current = { kind, start, end: -1, path }
    values.push(current)
    if (kind !== 'key') reader.onValue?.(current)
  }
  const close = (end: number) => {
    if (current === undefined) return
    current.end = end
    if (current.kind !== 'key') reader.onValue?.(current)
    current = undefined
  }
  /** From here on it is not JSON: one last stretch of plain text. */
  const breakAt = (offset: number) => {
    mode = MODE.broken
    close(offset)
    values.push({ kind: 'text', start: offset, end: -1, path: '' })
  }
  const repath = () => {
    path = names.filter((name) => name !== '').join('.')
    if (path.length > LONGEST_PATH) path = path.slice(0, LONGEST_PATH)
  }
  const enter = (object: boolean) => {
    if (names.length >= DEEPEST) return false
    names.push('')
    objects.push(object)
    mode = object ? MODE.key : MODE.value
    return true
  }
  const leave = (object: boolean) => {
    if (objects.pop() !== object) return false
    names.pop()
    repath()
    mode = MODE.afterValue
    return true
  }

  /** Decodes one complete escape; returns the unit, or -1 if it is none. */
  const decode = () => {
    if (partial.charCodeAt(1) !== 117) return ESCAPES.get(partial.charCodeAt(1)) ?? -1
    let unit = 0
    for (let k = 2; k < 6; k++) {
      const digit = HEX(partial.charCodeAt(k))
      if (digit < 0) return -1
      unit = unit * 16 + digit
    }
    return unit
  }

  // Plain characters go to the folder in stretches: this piece's are forwarded up to `sent`.
  let sent = 0
  const flush = (piece: string, to: number) => {
    if (to > sent) folder.plain(piece.slice(sent, to))
    sent = to
  }

  /** Inside a string, from `i`: returns where to go on. */
  const string = (piece: string, from: number): number => {
    let i = from
    if (partial !== '') {
      while (i < piece.length && partial.length < (partial.charCodeAt(1) === 117 ? 6 : 2)) partial += piece[i++]
      sent = i
      if (partial.length < (partial.charCodeAt(1) === 117 ? 6 : 2)) return i
      const unit = decode()
      if (unit < 0) {
        // Not JSON after all: the escape is text like any other.
        folder.plain(partial)
        breakAt(at + i - partial.length)
      } else {
        folder.unit(unit, partial.length)
        if (isKey && keyText.length < 128) keyText += String.fromCharCode(unit)
      }
      partial = ''
      return i
    }
    while (i < piece.length) {
      const c = piece.charCodeAt(i)
      if (c === 34 || c === 92 || c < 32 || c > 127) break
      i++
    }
    if (isKey && i > from && keyText.length < 128) keyText += piece.slice(from, i)
    if (i === piece.length) return i
    const c = piece.charCodeAt(i)
    if (c === 92) {
      flush(piece, i)
      partial = '\\'
      sent = i + 1
    } else if (c > 127) {
      flush(piece, i)
      folder.unit(c, 1)
      sent = i + 1
      if (isKey && keyText.length < 128) keyText += piece[i]
    } else if (c < 32) breakAt(at + i)
    else {
      close(at + i)
      if (isKey) {
        names[names.length - 1] = keyText
        repath()
      }
      mode = isKey ? MODE.afterKey : MODE.afterValue
    }
    return i + 1
  }

  const structure = (c: number, i: number) => {
    if (isBlank(c)) return true
    switch (mode) {
      case MODE.key:
        if (c === 34) {
          isKey = true
          keyText = ''
          names[names.length - 1] = ''
          repath()
          mode = MODE.inString
          open('key', at + i + 1)
          return true
        }
        return c === 125 && leave(true)
      case MODE.afterKey:
        if (c !== 58) return false
        mode = MODE.value
        return true
      case MODE.afterValue:
        if (objects.length === 0) return false
        if (c === 44) {
          mode = objects[objects.length - 1] ? MODE.key : MODE.value
          return true
        }
        return c === 125 ? leave(true) : c === 93 && leave(false)
      default:
        if (c === 123) return enter(true)
        if (c === 91) return enter(false)
        if (c === 93) return leave(false)
        if (c === 34) {
          isKey = false
          mode = MODE.inString
          open('string', at + i + 1)
          return true
        }
        if (c === 45 || (c >= 48 && c <= 57)) {
          mode = MODE.inNumber
          open('number', at + i)
          return true
        }
        if (c === 116 || c === 102 || c === 110) {
          mode = MODE.inWord
          open('word', at + i)
          return true
        }
        return false
    }
  }

  const reader: JsonReader = {
    push(piece) {
      sent = 0
      let i = 0
      while (i < piece.length) {
        if (mode === MODE.broken) {
          // Whatever stands here is plain text, to the end.
          for (; i < piece.length; i++) {
            if (piece.charCodeAt(i) < 128) continue
            flush(piece, i)
            folder.unit(piece.charCodeAt(i), 1)
            sent = i + 1
          }
          break
        }
        if (mode === MODE.inString) {
          i = string(piece, i)
          continue
        }
        const c = piece.charCodeAt(i)
        if (mode === MODE.inNumber || mode === MODE.inWord) {
          const more =
            mode === MODE.inNumber
              ? (c >= 48 && c <= 57) || c === 46 || c === 43 || c === 45 || c === 101 || c === 69
              : c >= 97 && c <= 122
          if (more) {
            i++
            continue
          }
          close(at + i)
          mode = MODE.afterValue
        }
        if (structure(c, i)) i++
        else breakAt(at + i)
      }
      flush(piece, piece.length)
      at += piece.length
    },
    values() {
      return values
    },
    forget(before) {
      if (values.length > 32) values = values.filter((value) => value.end < 0 || value.end >= before)
    },
  }
  return reader
}
