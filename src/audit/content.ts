// Prompts and answers that a rule demands to be recorded. They lie outside the tree, sealed with a key per subject and
// month; the event holds only the hash of the sealed bytes, so destroying the key erases the content and breaks no proof.
// The plain text is never written anywhere.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { type AuditEvent, type Clock, Fault, type JsonObject, type NewEvent, type RandomBytes } from '../core/index.ts'
import type { Statement, Store, Trx } from '../store/index.ts'
import { BLOCK } from './block.ts'
import {
  type ContentKeyRow,
  capContent,
  contentStatement,
  eraseSubject,
  expireContent,
  findContentKey,
  firstBlockSince,
  insertContentKey,
  noteFuture,
  pruneEvents,
  readContent,
  readRetained,
  writeRetained,
} from './content-queries.ts'
import type { Log } from './log.ts'
import { lockHead, readEvents } from './queries.ts'

export type Part = 'prompt' | 'answer'

export interface ContentDeps {
  store: Store
  clock: Clock
  random: RandomBytes
  log: Log
  /** 32 bytes that wrap the content keys; never in the database. */
  contentKey: Uint8Array
  /** Days that content is kept at most, whatever a rule says; 0 keeps none. */
  contentDays: number
  /** Days that the bodies of events are kept. */
  eventDays: number
  /** The clock is so far ahead of the last retention that this deletes by an earlier time for now. */
  clockAhead: (ms: number) => void
}

/** Who does it, for the event. */
export type Actor = Pick<NewEvent, 'principal' | 'credential' | 'address' | 'reason'>

export interface Content {
  /** What to write with the event, and what to say in it. Undefined if it may not be kept. */
  seal(call: string, subject: string, part: Part, text: string, days: number): Promise<Sealed | undefined>
  /**
   * The recorded parts of a call. That somebody read them is durable before they are returned.
   * @throws Fault `not_found` if none is recorded, or its key was destroyed
   */
  read(call: string, actor: Actor): Promise<{ part: string; text: string }[]>
  /** Destroys the keys of a subject (`User::"dana"`). Returns how many keys and parts went. */
  erase(subject: string, actor: Actor): Promise<{ keys: number; parts: number }>
  /**
   * Deletes what is kept longer than it may be. Run it about every hour: the time by which it deletes goes on by a day each
   * time at most, so that a clock that somebody has set far ahead takes no record before it is noticed. `behindMs`: how far
   * that is behind the clock. What such a clock has written is kept by the moment at which the clock was right again.
   */
  retain(): Promise<{ parts: number; events: number; behindMs: number }>
}

export interface Sealed {
  readonly rows: readonly Statement[]
  readonly fact: JsonObject
}

const DAY_MS = 86_400_000
/** How far the time by which is deleted goes on at once. After a month without power it has caught up in a little more than a day. */
const LONGEST_STEP_MS = DAY_MS
/** Machines are off over a weekend, and nobody has to be told. */
const TOLD_MS = 5 * DAY_MS
const TABLES = ['audit_content_key', 'audit_content'] as const
const NONCE = 12
const TAG = 16

function encrypt(key: Uint8Array, nonce: Uint8Array, text: Uint8Array, bound: string): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound))
  return Uint8Array.from(Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]))
}

/** @throws Error if it was changed, or belongs elsewhere */
function decrypt(key: Uint8Array, sealed: Uint8Array, bound: string): Buffer {
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE)).setAAD(Buffer.from(bound))
  decipher.setAuthTag(bytes.subarray(-TAG))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()])
}

const periodOf = (time: number): string => new Date(time).toISOString().slice(0, 7)
const keyBound = ({ kid, subject, period }: Omit<ContentKeyRow, 'wrapped'>): string => `${kid}\n${subject}\n${period}`
const partBound = (call: string, part: string, kid: string): string => `${call}\n${part}\n${kid}`

/**
 * Of the blocks that the index says are over those that are, by what is written in the events themselves: times in the index can be
 * changed unseen, and what is young would be deleted as if it were old. An event is as old as the oldest after it: a clock that was
 * ahead bore a time that had not come.
 */
async function oldBlocks(trx: Trx, named: number, floor: number, since: number): Promise<number> {
  for (let to = named; to > floor; to--) {
    const events = await readEvents(trx, to * BLOCK - 1, (to + 1) * BLOCK)
    if (events.some(({ body }) => (JSON.parse(body) as AuditEvent).time < since)) return to
  }
  return floor
}

export function createContent(deps: ContentDeps): Content {
  const { store, clock, random, log, contentKey } = deps

  const keyFor = async (subject: string): Promise<{ kid: string; key: Buffer }> => {
    const period = periodOf(clock.now())
    let row: ContentKeyRow | undefined = await findContentKey(store, subject, period)
    if (!row) {
      const kid = `ck_${Buffer.from(random(12)).toString('base64url')}`
      const wrapped = encrypt(contentKey, random(NONCE), random(32), keyBound({ kid, subject, period }))
      row = await insertContentKey(store, { kid, subject, period, wrapped })
    }
    return { kid: row.kid, key: decrypt(contentKey, row.wrapped, keyBound(row)) }
  }

  let isAhead = false

  return {
    async seal(call, subject, part, text, days) {
      const kept = Math.min(days, deps.contentDays)
      if (kept <= 0) return undefined
      const { kid, key } = await keyFor(subject)
      const sealed = encrypt(key, random(NONCE), Buffer.from(text), partBound(call, part, kid))
      const expiresAt = clock.now() + kept * DAY_MS
      return {
        rows: [contentStatement(store.dialect, { call, part, kid, sealed, expires_at: expiresAt })],
        fact: {
          part,
          kid,
          bytes: sealed.length,
          sha256: createHash('sha256').update(sealed).digest('base64'),
          expiresAt,
        },
      }
    },

    async read(call, actor) {
      const rows = await readContent(store, call, clock.now())
      const parts = rows.map(({ part, kid, sealed, subject, period, wrapped }) => {
        const key = decrypt(contentKey, wrapped, keyBound({ kid, subject, period }))
        return { part, text: decrypt(key, sealed, partBound(call, part, kid)).toString('utf8') }
      })
      if (parts.length === 0) throw new Fault('not_found', { detail: `no content of ${call} is recorded` })
      await log.append({ ...actor, kind: 'content.read', call, data: { parts: parts.map(({ part }) => part) } })
      return parts
    },

    async erase(subject, actor) {
      const gone = await store.transaction(async (trx) => {
        const { kids, parts } = await eraseSubject(trx, subject)
        if (kids.length > 0) await store.erased(trx, TABLES)
        await log.appendIn(trx, [{ ...actor, kind: 'content.erased', subject, data: { kids, parts } }])
        return { keys: kids.length, parts }
      })
      await store.scrub()
      return gone
    },

    async retain() {
      const done = await store.transaction(async (trx) => {
        const full = (await log.indexIn(trx)) / BLOCK
        const head = await lockHead(trx, store.dialect)
        const before = await readRetained(trx)
        const at = clock.now()
        const now = Math.min(at, (before ?? at) + LONGEST_STEP_MS)
        const behindMs = at - now
        // Never back: by a clock that was lost all that was ever written would lie in the future, and soon be over.
        await writeRetained(trx, Math.max(now, before ?? now))
        if (before !== undefined && at >= before) {
          await noteFuture(trx, at)
          await capContent(trx, at + deps.contentDays * DAY_MS)
        }
        const parts = await expireContent(trx, now, periodOf(now))
        if (parts > 0) await store.erased(trx, TABLES)
        const since = now - deps.eventDays * DAY_MS
        const named = Math.min((await firstBlockSince(trx, since)) ?? full, full)
        const block = await oldBlocks(trx, named, head.floor / BLOCK, since)
        const events = Math.max(block * BLOCK - head.floor, 0)
        const facts: NewEvent[] = []
        if (parts > 0) facts.push({ kind: 'content.expired', data: { parts } })
        if (events > 0) facts.push({ kind: 'audit.pruned', data: { from: head.floor, to: block * BLOCK } })
        if (facts.length > 0) await log.appendIn(trx, facts)
        if (events > 0) await pruneEvents(trx, block * BLOCK, block)
        return { parts, events, behindMs }
      })
      // Nobody can tell from here whether the clock is wrong or nothing ran for so long. Told once until it has caught up.
      if (done.behindMs > TOLD_MS && !isAhead) deps.clockAhead(done.behindMs)
      isAhead = done.behindMs > TOLD_MS
      await store.scrub() // also what somebody else erased, and could not scrub
      return done
    },
  }
}
