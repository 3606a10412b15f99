// The command line as a user meets it, in this process: what it prints, what it says beside that, and how it ends.
import { run } from '../src/cli/index.ts'

type Setting = Parameters<typeof run>[1]

/** Where no `start` is given, nothing may be started. */
export async function runCli(
  argv: readonly string[],
  {
    env = {},
    start = () => Promise.reject(new Error('nothing is started here')),
    heard,
    tty = false,
  }: Partial<Omit<Setting, 'io'>> & { heard?: (text: string) => void; tty?: boolean } = {},
): Promise<{ code: number; out: string; said: string }> {
  let out = ''
  let said = ''
  const io: Setting['io'] = {
    tty,
    color: false,
    out: (text) => {
      out += text
      heard?.(text)
    },
    say: (line) => {
      said += `${line}\n`
    },
  }
  const code = await run(argv, { io, env, start })
  return { code, out, said }
}
