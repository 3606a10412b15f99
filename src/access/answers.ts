// Answers that a caller had stored: read back, continued, and gone with their session. Invariants: an answer is opened for
// the principal and credential that the session is bound to and for nobody else; at rest it is one sealed blob, bound to
// its row, so that a row which was changed or moved does not open; nothing of it outlives the session.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type Caller, type Clock, Fault, type RandomBytes, uidText } from '../core/index.ts'
import type { Store, Trx } from '../store/index.ts'
import { type AnswerRow, deleteAnswers, expireAnswers, insertAnswer, selectAnswer } from './answer-queries.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface NewAnswer {
  readonly id: string
  readonly caller: Caller
  readonly session: string
  readonly model: string
  /** Kept so many seconds at most, and never longer than the session lives. */
  readonly seconds: number
  readonly content: string
}

export interface StoredAnswer {
  readonly id: string
  /** To be asked about; not entered. */
  readonly session: Session
  readonly model: string
  readonly createdAt: number
  readonly content: string
}

export interface Answers {
  /** Durable when it resolves. @throws Fault `session_mismatch` if the session has ended meanwhile, `store_unavailable` */
  keep(answer: NewAnswer): Promise<void>
  /** Undefined for what does not exist, has expired, is somebody else's, or was tampered with: all look the same. */
  find(caller: Caller, id: string): Promise<StoredAnswer | undefined>
  remove(id: string): Promise<void>
  /** Destroys what is kept of a session. */
  forget(session: string): Promise<void>
  /** Destroys what is kept of a principal (`User::"dana"`); returns how many. */
  eraseOf(principal: string): Promise<number>
  /** Deletes what has expired or whose session is over; run it about every minute. */
  tidy(): Promise<number>
}

export interface AnswersDeps {
  store: Store
  clock: Clock
  random: RandomBytes
  /** 32 bytes that seal stored answers; never in the database. */
  key: Uint8Array
  sessions: Pick<Sessions, 'look'>
  sessionIdleMs: number
  sessionLifetimeMs: number
  report: (error: unknown) => void
}

/** What an id can look like; nothing else is asked for. */
const ID = /^[\x21-\x7e]{1,128}$/
const NONCE = 12
const TAG = 16

/** What a blob belongs to. Changing any of it in the row makes the blob unreadable. */
const boundTo = ({ id, session, principal, model, created_at, expires_at }: Omit<AnswerRow, 'sealed'>): Buffer =>
  Buffer.from(JSON.stringify([id, session, principal, model, created_at, expires_at]))

export function createAnswers(deps: AnswersDeps): Answers {
  const { store, clock } = deps

  const seal = (row: Omit<AnswerRow, 'sealed'>, content: string): Uint8Array => {
    const nonce = deps.random(NONCE)
    const cipher = createCipheriv('aes-256-gcm', deps.key, nonce).setAAD(boundTo(row))
    return Uint8Array.from(Buffer.concat([nonce, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]))
  }
  const unseal = (row: AnswerRow): string => {
    const bytes = Buffer.from(row.sealed)
    const decipher = createDecipheriv('aes-256-gcm', deps.key, bytes.subarray(0, NONCE)).setAAD(boundTo(row))
    decipher.setAuthTag(bytes.subarray(-TAG))
    return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8')
  }
  /** Deletes answers so that nothing of them stays; returns how many. */
  const erase = async (remove: (trx: Trx) => Promise<number>): Promise<number> => {
    const gone = await store.transaction(async (trx) => {
      const count = await remove(trx)
      if (count > 0) await store.erased(trx, ['stored_answer'])
      return count
    })
    if (gone > 0) await store.scrub()
    return gone
  }

  return {
    async keep({ id, caller, session, model, seconds, content }) {
      const now = clock.now()
      const row = {
        id,
        session,
        principal: uidText(caller.principal),
        model,
        created_at: now,
        expires_at: now + Math.min(seconds * 1000, deps.sessionLifetimeMs),
      }
      const kept = await store.transaction((trx) => insertAnswer(trx, { ...row, sealed: seal(row, content) }))
      if (!kept) throw new Fault('session_mismatch', { detail: 'This session has ended' })
    },
    async find(caller, id) {
      const row = ID.test(id) ? await selectAnswer(store.db, id) : undefined
      if (!row || row.principal !== uidText(caller.principal) || row.expires_at <= clock.now()) return undefined
      const session = await deps.sessions.look(caller, row.session)
      if (!session) return undefined
      try {
        return { id, session, model: row.model, createdAt: row.created_at, content: unseal(row) }
      } catch (cause) {
        // Somebody has been at the database, or the master key was exchanged.
        deps.report(new Error(`stored answer ${id} does not open`, { cause }))
        return undefined
      }
    },
    async remove(id) {
      await erase((trx) => deleteAnswers(trx, { id }))
    },
    async forget(session) {
      await erase((trx) => deleteAnswers(trx, { session }))
    },
    eraseOf: (principal) => erase((trx) => deleteAnswers(trx, { principal })),
    tidy() {
      const now = clock.now()
      return erase((trx) => expireAnswers(trx, now, now - deps.sessionIdleMs))
    },
  }
}
