// The process log on stderr, one JSON object a line. Of an error only its name, code and stack frames are written, for
// the whole chain of causes: messages may quote what was being parsed, and that may be a prompt or a secret.
import { type DestinationStream, pino } from 'pino'

export interface Log {
  /** `facts` are ids, names, counts, codes. */
  info(event: string, facts?: Record<string, unknown>): void
  warn(event: string, facts?: Record<string, unknown>): void
  error(event: string, error: unknown, facts?: Record<string, unknown>): void
}

const MAX_CAUSES = 5
const MAX_FRAMES = 8

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
  return {
    info: (event, facts = {}) => out.info(facts, event),
    warn: (event, facts = {}) => out.warn(facts, event),
    error: (event, error, facts = {}) => out.error({ ...facts, errors: describeError(error) }, event),
  }
}
