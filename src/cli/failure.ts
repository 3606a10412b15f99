// What ends a command early: what went wrong, why, what to do next, and the exit code that says which kind it was.

/** Stable for ever: scripts branch on them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  policyInvalid: 3,
  testsFailed: 4,
  signInNeeded: 5,
  partial: 6,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done, or allowed',
  failed: 'failed, denied, or different',
  usage: 'the command was not understood',
  policyInvalid: 'the rules are not valid',
  testsFailed: 'tests failed, of rules or of data classes',
  signInNeeded: 'a key is needed, or another one',
  partial: 'done in part: a node is silent, an attack was not tried',
  interrupted: 'interrupted',
}

export class Failure extends Error {
  readonly exit: ExitCode
  readonly why: string | undefined
  readonly next: string | undefined
  readonly requestId: string | undefined
  /** Of the gateway's refusal, if it was one. */
  readonly code: string | undefined

  constructor(
    what: string,
    options: {
      exit?: ExitCode
      why?: string | undefined
      next?: string | undefined
      requestId?: string | undefined
      code?: string | undefined
    } = {},
  ) {
    super(what)
    this.name = 'Failure'
    this.exit = options.exit ?? EXIT.failed
    this.why = options.why
    this.next = options.next
    this.requestId = options.requestId
    this.code = options.code
  }
}

/** What a socket that is to listen was refused for, as a person says it. */
export function cannotListen({ code }: NodeJS.ErrnoException, where: string, next: string): Failure {
  if (code === 'EADDRINUSE') return new Failure(`${where} is in use`, { why: 'Another program listens there.', next })
  if (code === 'EACCES') return new Failure(`This user may not listen on ${where}`, { next: 'a port above 1023' })
  return new Failure(`Nothing can listen on ${where} (${code})`, { next: 'an address of this machine: --listen' })
}

export const usage = (what: string, next?: string): Failure => new Failure(what, { exit: EXIT.usage, next })

const UNSEEN: ReadonlySet<string | undefined> = new Set(['access_denied', 'approval_required', 'not_found'])

/** What the caller may not see is left out, not shown as nothing: undefined then. @throws whatever else went wrong */
export const seen = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (error instanceof Failure && UNSEEN.has(error.code)) return undefined
    throw error
  })
