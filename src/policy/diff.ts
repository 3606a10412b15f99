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

/** Files that differ, in path order. */
export function diffBundles(before: BundleSources, after: BundleSources): FileDiff[] {
  const [left, right] = [before, after].map((files) => new Map(files.map((file) => [file.path, file.text])))
  const paths = [...new Set([...left!.keys(), ...right!.keys()])].sort()
  return paths.flatMap((path) => {
    const [old, young] = [left!.get(path) ?? '', right!.get(path) ?? '']
    return old === young ? [] : [fileDiff(path, linesOf(old), linesOf(young))]
  })
}

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))
const CONTEXT = 3
/** Beyond this many cells the middle is shown as wholly replaced: a reviewer reads no such diff anyway. */
const MAX_CELLS = 4_000_000

function fileDiff(path: string, old: readonly string[], young: readonly string[]): FileDiff {
  let head = 0
  while (head < old.length && head < young.length && old[head] === young[head]) head++
  let tail = 0
  while (tail < old.length - head && tail < young.length - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++
  const keep = (text: string): DiffLine => ({ kind: ' ', text })
  const lines = [
    ...old.slice(0, head).map(keep),
    ...middle(old.slice(head, old.length - tail), young.slice(head, young.length - tail)),
    ...old.slice(old.length - tail).map(keep),
  ]
  const count = (kind: DiffLine['kind']) => lines.filter((line) => line.kind === kind).length
  return { path, added: count('+'), removed: count('-'), hunks: hunksOf(lines) }
}

/** Longest common subsequence by the usual table, backwards. */
function middle(old: readonly string[], young: readonly string[]): DiffLine[] {
  const removed = old.map((text): DiffLine => ({ kind: '-', text }))
  const added = young.map((text): DiffLine => ({ kind: '+', text }))
  if (old.length * young.length > MAX_CELLS || old.length === 0 || young.length === 0) return [...removed, ...added]
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

function hunksOf(lines: readonly DiffLine[]): FileDiff['hunks'] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => line.kind !== ' '),
  )
  const hunks: { line: number; lines: DiffLine[] }[] = []
  let number = 1
  for (const [index, line] of lines.entries()) {
    if (near[index]) {
      if (!near[index - 1]) hunks.push({ line: number, lines: [] })
      hunks.at(-1)!.lines.push(line)
    }
    if (line.kind !== '-') number++
  }
  return hunks
}
