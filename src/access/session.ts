// One conversation: what a call asks of it and holds of it, to whom it is bound, and how its row is shown.
import type { Caller, Credential } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { CallSubject } from './lease.ts'
import type { SessionRow, StoredSession } from './queries.ts'

export interface SessionAsk {
  readonly caller: Caller
  readonly model: string
  /** The id the client sent: one of ours (`ses_…`) or a name of its own. */
  readonly header?: string
  /** Without one: a digest of how the conversation began, so that its turns are one session. */
  readonly fingerprint?: string
}

/** What a running call holds of its session. */
export interface Session {
  readonly id: string
  /** Calls so far, this one included. */
  turns(): number
  tokens(): number
  /** Data classes and flags seen so far. */
  readonly taint: ReadonlySet<string>
  ageSeconds(): number
  addTaint(labels: Iterable<string>): void
  /** Once, when the call is over. */
  leave(usedTokens: number): void
}

export interface SessionView {
  readonly id: string
  readonly name: string | undefined
  readonly principal: string
  readonly openedAt: number
  readonly lastAt: number
  readonly turns: number
  readonly tokens: number
  readonly taint: readonly string[]
  readonly endedAt: number | undefined
  readonly endCause: string | undefined
  readonly forgottenAt: number | undefined
}

/**
 * What of the credential a session stays with. A key is one thing for its life; tokens and certificates are renewed
 * every few minutes or hours, and a session that ended with each would throw everybody out (teleport#18544).
 */
export const bindingOf = ({ kind, id }: Credential): string => (kind === 'key' ? `key:${id}` : kind)

/** What a client may call a session of its own. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@=+-]{0,127}$/

/** A client's own name is its own: whoever else uses the same keeps nobody out, and learns nothing. No name has a space in it. */
export const ownName = (header: string, { credential, principal }: Caller): string =>
  `${beginningOf(header)}${bindingOf(credential)} ${uidText(principal)}`
/** What the rows of all that have this name begin with. */
export const beginningOf = (name: string): string => `${name} `

/** A name no client can send; two callers whose conversations begin alike do not share one. */
export const derivedName = ({ caller, fingerprint }: SessionAsk): string | null =>
  fingerprint === undefined ? null : `~${bindingOf(caller.credential)} ${uidText(caller.principal)} ${fingerprint}`

/** The caller of a session as its row remembers it, for matching it with locks between calls. */
export function pastCaller(row: SessionRow): Caller {
  const split = row.principal.indexOf('::')
  const type = row.principal.slice(0, split) as Caller['principal']['type']
  const [kind = 'key', id = ''] = row.binding.split(/:(.*)/s)
  return {
    principal: { type, id: JSON.parse(row.principal.slice(split + 2)) as string },
    credential: { kind: kind as Credential['kind'], id, bound: false },
    address: row.address,
  }
}

export const viewOf = ({ row, taint }: StoredSession): SessionView => ({
  id: row.id,
  name: row.name === null || row.name.startsWith('~') ? undefined : row.name.split(' ', 1)[0],
  principal: row.principal,
  openedAt: row.opened_at,
  lastAt: row.last_at,
  turns: row.turns,
  tokens: row.tokens,
  taint: taint.sort(),
  endedAt: row.ended_at ?? undefined,
  endCause: row.end_cause ?? undefined,
  forgottenAt: row.forgotten_at ?? undefined,
})

/** What locks and rules are asked about. */
export const subjectOf = ({ id, model }: SessionRow, caller: Caller): CallSubject => ({ caller, model, session: id })

/** One answer for unknown and foreign, so that ids cannot be guessed. */
export const notYours = (tried?: string): Fault =>
  new Fault('session_mismatch', {
    detail: 'There is no such session for this caller',
    // For the log. A name of the client's own may say anything; an id of ours says nothing but which session it is.
    ...(tried !== undefined && /^ses_[0-9a-z]{26}$/.test(tried) && { data: { triedSession: tried } }),
  })
export const over = (): Fault =>
  new Fault('session_mismatch', { detail: 'This session has ended; leave x-sallyport-session out to start a new one' })
