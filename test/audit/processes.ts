// Processes that tests begin. None outlives the tests, however these end.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { vi } from 'vitest'

export const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 20 })

const children = new Set<ChildProcess>()
let minder: Writable | undefined

function startMinder(): Writable {
  const { stdin } = spawn(process.execPath, ['test/audit/minder.ts'], { stdio: ['pipe', 'ignore', 'ignore'] })
  stdin.on('error', () => {}) // it only minds; that it is gone is no failure of the test
  return stdin
}

export function begin(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  minder ??= startMinder()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  children.add(child)
  if (child.pid !== undefined) minder.write(`${child.pid}\n`)
  let said = ''
  child.stderr.on('data', (piece) => {
    said += String(piece)
  })
  child.once('error', (error) => {
    said += String(error)
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      children.delete(child)
      minder?.write(`-${child.pid}\n`)
      resolve(code)
    })
  })
  return { child, said: () => said, ended }
}
export type Begun = ReturnType<typeof begin>

export const kill = async ({ child, ended }: Begun, signal: NodeJS.Signals = 'SIGKILL') => {
  child.kill(signal)
  await ended
}
/** After each test, whether it passed or not. */
export const killAll = () => {
  for (const child of children) child.kill('SIGKILL')
}
