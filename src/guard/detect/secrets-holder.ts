// The name of a thing whose value stands in a block of its own: `variable "db_password" { default = … }`,
// `"adminPassword": { "value": … }`, `adminPassword:` with `default: …` below it.

/** Names that say only that a value follows: whose it is, the block around it says. */
export const HELD = /^\s*(?:default(?:_?value)?|value)\s*$/
/** How far before a value its block is looked for: what a name is searched in must be there in a stream as well. */
const BLOCK = 360
/** The last word says what a thing is: a `password_length` is none. */
const HOLDS =
  /(?:password|passwd|pwd|passphrase|secret|token|credentials?|(?:api|access|private|secret|signing|encryption|auth|client|account|storage|shared|master|license)[_-]?key|_pass)s?$/

/** The name of the block in which the member before `end` stands, in small letters; empty unless it names a secret. */
export function holderOf(text: string, end: number): string {
  const floor = Math.max(0, end - BLOCK)
  let depth = 0
  let head = -1
  for (let i = end - 1; i >= floor && head < 0; i--) {
    const c = text.charCodeAt(i)
    if (c === 125) depth++
    else if (c === 123 && depth-- === 0) head = i
  }
  const name =
    head >= 0
      ? /([\w.-]{3,60})["']?\s{0,3}[:=]?\s{0,3}$/.exec(text.slice(Math.max(floor, head - 68), head))?.[1]
      : above(text, end, floor)
  const small = name?.toLowerCase() ?? ''
  return HOLDS.test(small) ? small : ''
}

/** In YAML: the nearest line above that is further left and ends with a colon. */
function above(text: string, end: number, floor: number): string | undefined {
  let start = lineStart(text, end, floor)
  const indent = blanksAt(text, start)
  while (start > floor) {
    const stop = start - 1
    start = lineStart(text, stop, floor)
    if (start <= floor && floor > 0) return undefined
    const blanks = blanksAt(text, start)
    if (start + blanks >= stop || blanks >= indent) continue
    return /^\s*["']?([\w.-]{3,60})["']?:\s*$/.exec(text.slice(start, stop))?.[1]
  }
  return undefined
}

/** Where the line that ends before `end` starts, no further left than `floor`. */
function lineStart(text: string, end: number, floor: number): number {
  let i = end
  while (i > floor && text.charCodeAt(i - 1) !== 10) i--
  return i
}

function blanksAt(text: string, start: number): number {
  let i = start
  while (text.charCodeAt(i) === 32) i++
  return i - start
}
