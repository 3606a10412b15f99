// The difference of two bundles, file by file and line by line.
import type { BundleSources } from './bundle.ts'

export interface DiffLine {
  readonly kind: ' ' | '-' | '+'
  readonly text: string
}

export interface FileDiff {
  readonly path: string
  readonly added: number
  readonly removed: number
  /** Changed lines with up to three lines around them; parts in between are left out. */
  readonly hunks: readonly { readonly line: number; readonly lines: readonly DiffLine[] }[]
}

/** Files that differ, in path order. Of very large changes the end is counted, not shown. */
export function diffBundles(before: BundleSources, after: BundleSources): FileDiff[] {
  const [left, right] = [before, after].map((files) => new Map(files.map((file) => [file.path, file.text])))
  const paths = [...new Set([...left!.keys(), ...right!.keys()])].sort()
  const room = { cells: MAX_CELLS, lines: MAX_LINES }
  return paths.flatMap((path) => {
    const [old, young] = [left!.get(path) ?? '', right!.get(path) ?? '']
    return old === young ? [] : [fileDiff(path, linesOf(old), linesOf(young), room)]
  })
}

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))
const CONTEXT = 3
/** Of all files together. Beyond this many cells the middle of a file is shown as wholly replaced: a reviewer reads no such diff anyway. */
const MAX_CELLS = 4_000_000
/** Of all files together. */
const MAX_LINES = 20_000

type Room = { cells: number; lines: number }

function fileDiff(path: string, old: readonly string[], young: readonly string[], room: Room): FileDiff {
  let head = 0
  while (head < old.length && head < young.length && old[head] === young[head]) head++
  let tail = 0
  while (tail < old.length - head && tail < young.length - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++
  const keep = (text: string): DiffLine => ({ kind: ' ', text })
  const lines = [
    ...old.slice(0, head).map(keep),
    ...middle(old.slice(head, old.length - tail), young.slice(head, young.length - tail), room),
    ...old.slice(old.length - tail).map(keep),
  ]
  const count = (kind: DiffLine['kind']) => lines.filter((line) => line.kind === kind).length
  return { path, added: count('+'), removed: count('-'), hunks: hunksOf(lines, room) }
}

/** Longest common subsequence by the usual table, backwards. */
function middle(old: readonly string[], young: readonly string[], room: Room): DiffLine[] {
  const removed = old.map((text): DiffLine => ({ kind: '-', text }))
  const added = young.map((text): DiffLine => ({ kind: '+', text }))
  const cells = old.length * young.length
  if (cells > room.cells || cells === 0) return [...removed, ...added]
  room.cells -= cells
  const width = young.length + 1
  const common = new Uint32Array((old.length + 1) * width)
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = young.length - 1; j >= 0; j--)
      common[i * width + j] =
        old[i] === young[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      lines.push({ kind: ' ', text: old[i]! })
      i++
      j++
    } else if (j >= young.length || (i < old.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      lines.push(removed[i++]!)
    else lines.push(added[j++]!)
  }
  return lines
}

function hunksOf(lines: readonly DiffLine[], room: Room): FileDiff['hunks'] {
  const near = new Uint8Array(lines.length)
  for (const [index, { kind }] of lines.entries())
    if (kind !== ' ') near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1)
  const hunks: { line: number; lines: DiffLine[] }[] = []
  let number = 1
  let more = 0
  for (const [index, line] of lines.entries()) {
    if (near[index] && room.lines > 0) {
      if (!near[index - 1] || hunks.length === 0) hunks.push({ line: number, lines: [] })
      hunks.at(-1)!.lines.push(line)
      room.lines--
    } else if (near[index]) more++
    if (line.kind !== '-') number++
  }
  if (more > 0) hunks.push({ line: number, lines: [{ kind: ' ', text: `… and ${more} more lines` }] })
  return hunks
}
