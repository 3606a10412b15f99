// The UTF-16 units of a text as numbers in an array. Asking a string for one character costs several times as much as asking an
// array, and every detector looks at every character: a text is written out once and read by all of them.

const FIRST_ROOM = 32_768
/** What a longer text needs is given back. */
const MOST_ROOM = 262_144
/** Fewer characters than this are written one by one: a token of a stream does not pay for the whole text behind it. */
const FEW = 48

let units = new Uint16Array(FIRST_ROOM)
let bytes = Buffer.from(units.buffer)
/** What is written there, and from where on; how much of the array has been written to in this turn. */
let written = ''
let from = 0
let used = 0

function makeRoom(size: number): void {
  units = new Uint16Array(size)
  bytes = Buffer.from(units.buffer)
}

/** No text outlives its turn here. */
function forget(): void {
  if (units.length > MOST_ROOM) makeRoom(FIRST_ROOM)
  else units.fill(0, 0, used)
  written = ''
  used = 0
}

/** `utf16le` is how this machine writes numbers. */
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/**
 * The units of `text` from `at` on, at their offsets. Valid until the next call with another text: a loop that reads them calls
 * nothing that may ask for units of its own.
 */
export function unitsOf(text: string, at: number): Uint16Array {
  if (text === written && from <= at) return units
  const size = text.length
  if (used === 0) queueMicrotask(forget)
  if (size > units.length) makeRoom(2 * size)
  if (LITTLE && size - at > FEW) {
    bytes.write(text, 'utf16le')
    from = 0
  } else {
    for (let i = at; i < size; i++) units[i] = text.charCodeAt(i)
    from = at
  }
  written = text
  used = Math.max(used, size, 1)
  return units
}
