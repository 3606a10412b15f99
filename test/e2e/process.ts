// The program as it is installed, in a process of its own, so that it can be killed and its output read.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Running {
  readonly url: string
  readonly key: string | undefined
  /** Everything it has written on stdout and stderr. */
  output(): string
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Stops it where it is, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
}

/** Starts `sallyport up --json` with these flags and waits until it says that it is ready. */
export async function up(flags: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, ['bin/sallyport', 'up', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let text = ''
  child.stderr?.on('data', (piece) => {
    text += String(piece)
  })
  if (!child.stdout) throw new Error('the program has no output')
  const lines = createInterface({ input: child.stdout })
  const ready = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  lines.on('line', (line) => {
    text += `${line}\n`
  })
  const { url, key } = JSON.parse(ready) as { url: string; key?: string }
  return {
    url,
    key,
    output: () => text,
    signal: (signal) => void child.kill(signal),
    kill: (signal) =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill(signal)
      }),
  }
}
