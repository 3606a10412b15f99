// Lets a model write only well-formed JSON of a shape. A pushdown automaton over characters; several readings may be open at
// once (a choice of shapes), and a character is refused when no reading can go on with it.
import { Fault } from '../../core/index.ts'
import type { Constraint } from './constraint.ts'
import type { Shape } from './json-schema.ts'
import { ANY_NUMBER, canFit, fits, isBounded, LONGEST_NUMBER, type NumberRange } from './number-range.ts'

/** What is still to be written, innermost first. `null`: nothing, the value is complete. */
type Reading = Frame | null
type Frame =
  | { is: 'value'; shape: Shape; blanks: number; below: Reading }
  | { is: 'text'; rest: string; below: Reading }
  | { is: 'string'; escaped: boolean; length: number; min: number; max: number; below: Reading }
  | { is: 'number'; text: string; range: NumberRange; below: Reading }
  | { is: 'key'; text: string; escaped: boolean; object: ObjectFrame }
  | { is: 'colon'; shape: Shape; below: ObjectFrame }
  | ObjectFrame
  | {
      is: 'array'
      shape: Shape & { kind: 'array' }
      count: number
      phase: 'open' | 'after'
      blanks: number
      depth: number
      below: Reading
    }
interface ObjectFrame {
  is: 'object'
  shape: Shape & { kind: 'object' }
  seen: readonly string[]
  /** `open`: a key or the end; `key`: a key; `after`: a comma or the end. */
  phase: 'open' | 'key' | 'after'
  blanks: number
  depth: number
  below: Reading
}

/**
 * White space in a row: one blank, or two ends of a line and an indentation. Models that know little JSON fill an answer with
 * whatever more there may be.
 */
const LONGEST_INDENT = 24
const INDENTED = 3
/** What white space is written so far, as a number: 0 none, -1 a blank, 1 and 2 ends of a line, from 3 on an indentation. */
function blankAfter(blanks: number, char: string): number | undefined {
  if (char === '\n') return blanks === 0 || blanks === 1 ? blanks + 1 : undefined
  if (char !== ' ' && char !== '\t') return undefined
  if (blanks <= 0) return blanks === 0 ? -1 : undefined
  const next = Math.max(blanks + 1, INDENTED)
  return next < INDENTED + LONGEST_INDENT ? next : undefined
}
const DEEPEST = 32
/** Choices within choices double the readings; a schema made to do so must not stop the engine. */
const MOST_READINGS = 512
const ANY_OBJECT: Shape & { kind: 'object' } = {
  kind: 'object',
  properties: new Map(),
  required: [],
  others: () => ({ kind: 'any' }),
}
const ANY: readonly Shape[] = [
  { kind: 'string', min: 0, max: Number.POSITIVE_INFINITY },
  { kind: 'number', range: ANY_NUMBER },
  { kind: 'literal', texts: ['true', 'false', 'null'] },
  ANY_OBJECT,
  { kind: 'array', items: () => ({ kind: 'any' }), min: 0, max: Number.POSITIVE_INFINITY },
]
/** JSON mode without a schema: one object. */
export const JSON_OBJECT: Shape = ANY_OBJECT

const isBlank = (char: string) => char === ' ' || char === '\n' || char === '\t'

/** The frame after white space, if there may be more of it. */
function afterBlank<F extends Frame & { blanks: number }>(frame: F, char: string): F[] {
  const blanks = blankAfter(frame.blanks, char)
  return blanks === undefined ? [] : [{ ...frame, blanks }]
}
const NUMBER_START = /^-?(?:0|[1-9]\d*)?(?:(?<=\d)\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?$/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** An exponent is only for numbers without bounds. */
const mayGoOn = (text: string, last: string, range: NumberRange): boolean =>
  !(range.whole && /[.eE]/.test(last)) && (!isBounded(range) || (!/[eE]/.test(last) && canFit(text, range)))

const isNumber = ({ text, range }: Frame & { is: 'number' }): boolean =>
  NUMBER.test(text) && (!isBounded(range) || fits(text, range))

function depthOf(reading: Reading): number {
  for (let at = reading; at; at = at.is === 'key' ? at.object : at.below)
    if (at.is === 'object' || at.is === 'array') return at.depth
  return 0
}

/** The readings that are open after a character. */
function step(reading: Reading, char: string): Reading[] {
  if (reading === null) return []
  switch (reading.is) {
    case 'value':
      if (isBlank(char)) return reading.below ? afterBlank(reading, char) : []
      return begin(reading.shape, char, reading.below)
    case 'text':
      if (reading.rest[0] !== char) return []
      return [reading.rest.length === 1 ? reading.below : { ...reading, rest: reading.rest.slice(1) }]
    case 'string': {
      const { escaped, length, min, max, below } = reading
      if (escaped) return '"\\/bfnrt'.includes(char) ? [{ ...reading, escaped: false, length: length + 1 }] : []
      if (char === '"') return length >= min ? [below] : []
      if (length >= max || char < ' ') return []
      return [char === '\\' ? { ...reading, escaped: true } : { ...reading, length: length + 1 }]
    }
    case 'number': {
      const text = reading.text + char
      if (text.length <= LONGEST_NUMBER && NUMBER_START.test(text) && mayGoOn(text, char, reading.range))
        return [{ ...reading, text }]
      return isNumber(reading) ? step(reading.below, char) : []
    }
    case 'key': {
      const { object, escaped } = reading
      if (escaped)
        return '"\\/bfnrt'.includes(char) ? [{ ...reading, escaped: false, text: `${reading.text}${char}` }] : []
      if (char === '"') {
        const name = JSON.parse(`"${reading.text}"`) as string
        const { others, properties } = object.shape
        // A described name is written through its own reading; a name that occurred cannot occur again.
        if (!others || properties.has(name) || object.seen.includes(name)) return []
        return [
          {
            is: 'colon',
            shape: others(),
            below: { ...object, seen: [...object.seen, name], phase: 'after', blanks: 0 },
          },
        ]
      }
      return char < ' ' ? [] : [{ ...reading, text: reading.text + char, escaped: char === '\\' }]
    }
    case 'colon':
      return char === ':' ? [{ is: 'value', shape: reading.shape, blanks: 0, below: reading.below }] : []
    case 'object':
      return inObject(reading, char)
    case 'array':
      return inArray(reading, char)
  }
}

function inObject(frame: ObjectFrame, char: string): Reading[] {
  if (isBlank(char)) return afterBlank(frame, char)
  const { shape, seen, phase, below } = frame
  const complete = shape.required.every((name) => seen.includes(name))
  if (char === '}') return phase !== 'key' && complete ? [below] : []
  const open = [...shape.properties.keys()].filter((name) => !seen.includes(name))
  if (phase === 'after')
    return char === ',' && (open.length > 0 || shape.others) ? [{ ...frame, phase: 'key', blanks: 0 }] : []
  if (char !== '"') return []
  const named = open.map((name): Reading => {
    const object: ObjectFrame = { ...frame, seen: [...seen, name], phase: 'after', blanks: 0 }
    const value: Reading = { is: 'colon', shape: shape.properties.get(name)?.() ?? { kind: 'any' }, below: object }
    return { is: 'text', rest: JSON.stringify(name).slice(1), below: value }
  })
  return shape.others ? [...named, { is: 'key', text: '', escaped: false, object: frame }] : named
}

function inArray(frame: Frame & { is: 'array' }, char: string): Reading[] {
  const { shape, count, phase, below } = frame
  if (isBlank(char)) return afterBlank(frame, char)
  if (char === ']') return count >= shape.min ? [below] : []
  if (count >= shape.max) return []
  const after: Frame = { ...frame, count: count + 1, phase: 'after', blanks: 0 }
  if (phase === 'open') return begin(shape.items(), char, after)
  return char === ',' ? [{ is: 'value', shape: shape.items(), blanks: 0, below: after }] : []
}

/** The readings of a value that begins with this character. */
function begin(shape: Shape, char: string, below: Reading): Reading[] {
  const depth = depthOf(below) + 1
  switch (shape.kind) {
    case 'any':
      return ANY.flatMap((one) => begin(one, char, below))
    case 'either':
      return shape.of.flatMap((one) => begin(one, char, below))
    case 'literal':
      return shape.texts.flatMap((text) => step({ is: 'text', rest: text, below }, char))
    case 'string':
      return char === '"' ? [{ is: 'string', escaped: false, length: 0, min: shape.min, max: shape.max, below }] : []
    case 'number':
      return /[-\d]/.test(char) && mayGoOn(char, char, shape.range)
        ? [{ is: 'number', text: char, range: shape.range, below }]
        : []
    case 'object':
      return char === '{' && depth <= DEEPEST
        ? [{ is: 'object', shape, seen: [], phase: 'open', blanks: 0, depth, below }]
        : []
    case 'array':
      return char === '[' && depth <= DEEPEST
        ? [{ is: 'array', shape, count: 0, phase: 'open', blanks: 0, depth, below }]
        : []
  }
}

export function jsonOf(shape: Shape): Constraint {
  let readings: Reading[] = [{ is: 'value', shape, blanks: 0, below: null }]
  const walk = (text: string): Reading[] => {
    let open = readings
    for (const char of text) {
      open = open.flatMap((reading) => step(reading, char))
      if (open.length === 0) break
      if (open.length > MOST_READINGS)
        throw new Fault('unsupported_parameter', {
          detail: 'The JSON schema cannot be enforced: it leaves too many choices open',
        })
    }
    return open
  }
  const ended = (reading: Reading) =>
    reading === null || (reading.is === 'number' && reading.below === null && isNumber(reading))
  return {
    accepts(text, partial) {
      const open = walk(text)
      // An unfinished character can only become one beyond ASCII, which belongs in a string.
      return partial
        ? open.some(
            (reading) =>
              ((reading?.is === 'string' && reading.length < reading.max) || reading?.is === 'key') && !reading.escaped,
          )
        : open.length > 0
    },
    advance(text) {
      readings = walk(text)
    },
    mayEnd: () => readings.some(ended),
    finished: () => readings.length > 0 && readings.every((reading) => reading === null),
  }
}
