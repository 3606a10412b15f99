// The process log on stderr, one JSON object a line. Of an error only its name, code and stack frames are written, for
// the whole chain of causes: messages may quote what was being parsed, and that may be a prompt or a secret.
import { type DestinationStream, pino } from 'pino'

export interface Log {
  /** `facts` are ids, names, counts, codes. */
  info(event: string, facts?: Record<string, unknown>): void
  warn(event: string, facts?: Record<string, unknown>): void
  /** What goes wrong again at the same place is counted, and told once a minute. */
  error(event: string, error: unknown): void
}

const MAX_CAUSES = 5
const MAX_FRAMES = 8
/** A database that is away fails every call: one line each would fill the disk that is full already. */
const AGAIN_MS = 60_000

interface DescribedError {
  name: string
  code?: string
  at: string[]
}

/** What may be said about an error: never its message. */
export function describeError(error: unknown): DescribedError[] {
  const chain: DescribedError[] = []
  for (let one: unknown = error; one instanceof Error && chain.length < MAX_CAUSES; one = one.cause) {
    const { code } = one as { code?: unknown }
    // The stack begins with the message, which may have lines that look like frames.
    const stack = one.stack ?? ''
    const after = stack.indexOf(one.message) + one.message.length
    const frames = stack
      .slice(after)
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
    chain.push({
      name: one.name,
      ...(typeof code === 'string' ? { code } : {}),
      at: frames.slice(0, MAX_FRAMES).map((line) => line.trim().slice(3)),
    })
  }
  return chain.length > 0 ? chain : [{ name: typeof error, at: [] }]
}

/** `level` as in the settings; lines go to `destination`, by default stderr. */
export function createLog(level: 'silent' | 'error' | 'warn' | 'info', destination?: DestinationStream): Log {
  const out = pino({ level, base: null }, destination ?? pino.destination({ dest: 2, sync: true }))
  /** How often each error has come again since it was last told. */
  const again = new Map<string, number>()
  return {
    info: (event, facts = {}) => out.info(facts, event),
    warn: (event, facts = {}) => out.warn(facts, event),
    error(event, error) {
      const errors = describeError(error)
      const place = JSON.stringify([event, ...errors.map(({ name, code, at }) => [name, code, at[0]])])
      const before = again.get(place)
      if (before !== undefined) return void again.set(place, before + 1)
      out.error({ errors }, event)
      again.set(place, 0)
      const timer = setInterval(() => {
        const repeated = again.get(place) ?? 0
        if (repeated > 0) {
          out.error({ repeated, errors }, event)
          again.set(place, 0)
        } else {
          again.delete(place)
          clearInterval(timer)
        }
      }, AGAIN_MS).unref()
    },
  }
}
