// `guard bench`: what the guard costs on this machine, on texts of your own: speed whole, what it holds back when the same
// texts come in pieces as a model says them, and how much it finds. Nothing is sent anywhere, no value is shown.
import { randomBytes } from 'node:crypto'
import { type Guard, scoreInjection } from '../guard/index.ts'
import type { Command } from './command.ts'
import { EXIT, usage } from './failure.ts'
import { openGuard, readWhole } from './guard.ts'
import { arg } from './input.ts'
import { printRows } from './io.ts'

/** Processor seconds that a measure takes at least, and how often it is repeated. */
const LEAST_SECONDS = 0.5
const ROUNDS = 3
/** Characters of a piece of a stream, about a token. */
const PIECE = 4
/** Most characters that are streamed: holding back is counted after every piece. */
const MOST_STREAMED = 200_000

const open = (guard: Guard, onFinding: () => void) =>
  guard.openText({
    vault: guard.openVault({ key: randomBytes(32), random: randomBytes, session: 'bench' }),
    treatment: () => 'pass',
    onFinding,
  })

function findings(guard: Guard, text: string): number {
  let count = 0
  const screen = open(guard, () => count++)
  screen.push(text)
  screen.end()
  return count
}

/** Megabytes per second of one core's time, the best of a few rounds: the others shared it. */
function speed(text: string, look: () => void): number {
  const bytes = Buffer.byteLength(text)
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    let seconds = 0
    let times = 0
    while (seconds < LEAST_SECONDS) {
      look()
      times++
      const { user, system } = process.cpuUsage(start)
      seconds = (user + system) / 1e6
    }
    best = Math.max(best, (bytes * times) / seconds / 1e6)
  }
  return best
}

/** Characters that have come in and not gone out, after each piece. */
function heldBack(guard: Guard, text: string): { mean: number; p99: number } {
  const screen = open(guard, () => {})
  const held: number[] = []
  let out = 0
  const end = Math.min(text.length, MOST_STREAMED)
  for (let at = 0; at < end; at += PIECE) {
    out += screen.push(text.slice(at, Math.min(end, at + PIECE))).length
    held.push(Math.min(end, at + PIECE) - out)
  }
  held.sort((a, b) => a - b)
  const mean = held.reduce((sum, one) => sum + one, 0) / held.length
  return { mean, p99: held[Math.floor(held.length * 0.99)] ?? 0 }
}

export const bench: Command = async (input) => {
  const text = await readWhole(arg(input, 0))
  if (text.trim() === '') throw usage('There is no text to measure with', 'sallyport guard bench FILE')
  const named = openGuard(input)
  const bare = openGuard({ ...input, flags: { ...input.flags, names: false } })
  const rate = (value: number) => Number(value.toPrecision(3))
  const row = (what: string, guard: Guard) => {
    input.io.say(`${what} …`)
    const { mean, p99 } = heldBack(guard, text)
    return {
      what,
      megabytesPerSecond: rate(speed(text, () => findings(guard, text))),
      findings: findings(guard, text),
      heldBack: rate(mean),
      heldBackP99: p99,
    }
  }
  const rows = [
    ...(input.flags.names === false ? [] : [row('everything', named)]),
    row('without names', bare),
    {
      what: 'injection score',
      megabytesPerSecond: rate(speed(text, () => scoreInjection(text, 'caller'))),
      score: scoreInjection(text, 'caller').score,
    },
  ]
  printRows(
    input.io,
    rows,
    [
      { field: 'what' },
      { field: 'megabytesPerSecond', title: 'MB/s of one core' },
      { field: 'findings' },
      { field: 'heldBack', title: 'characters held back, mean' },
      { field: 'heldBackP99', title: '99th percentile' },
      { field: 'score', title: 'score of 100' },
    ],
    { json: input.flags.json as string },
  )
  return EXIT.ok
}
