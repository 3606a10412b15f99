// What a receipt says of nodes that did not answer, and the exit code that scripts go by.
import { expect, it } from 'vitest'
import { printReceipt } from './receipt.ts'

it.each([
  ['confirmed', { applied: true, milliseconds: 3 }, '3 ms ✓', 0],
  ['silent, and may still run calls', { applied: false, closesInMs: 700 }, 'silent, closes itself in 700 ms', 6],
  ['silent for so long that it has closed itself', { applied: false, closesInMs: 0 }, 'silent, has closed itself', 0],
] as const)('a node that is %s', (_, answer, words, code) => {
  const said: string[] = []
  const io = { tty: false, color: false, out: () => {}, say: (line: string) => void said.push(line) }
  const nodes = [{ name: 'a', calls: 0, upstreams: 0, ...answer }]
  expect(printReceipt(io, { calls: 1, upstreams: 1, nodes } as unknown as Parameters<typeof printReceipt>[1])).toBe(
    code,
  )
  expect(said.join('\n')).toContain(words)
})
