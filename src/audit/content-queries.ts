// SQL of recorded content and of the keys it is sealed with.
import { sql } from 'kysely'
import { isUniqueViolation, type Statement, type Store, type Trx } from '../store/index.ts'

export interface ContentKeyRow {
  kid: string
  subject: string
  period: string
  wrapped: Uint8Array
}

export interface ContentRow {
  call: string
  part: string
  kid: string
  sealed: Uint8Array
  expires_at: number
}

/** To be written in the transaction of the event that names it. */
export const contentStatement = (dialect: Store['dialect'], row: ContentRow): Statement => ({
  sql: `insert into audit_content (call, part, kid, sealed, expires_at) values ${dialect === 'sqlite' ? '(?,?,?,?,?)' : '($1,$2,$3,$4,$5)'}`,
  parameters: [row.call, row.part, row.kid, row.sealed, row.expires_at],
})

export const findContentKey = (store: Store, subject: string, period: string) =>
  store.db
    .selectFrom('audit_content_key')
    .selectAll()
    .where('subject', '=', subject)
    .where('period', '=', period)
    .executeTakeFirst()

/** Another node may make the key of the same subject and month at the same moment; the first one counts for both. */
export async function insertContentKey(store: Store, row: ContentKeyRow): Promise<ContentKeyRow> {
  for (;;)
    try {
      await store.transaction((trx) => trx.insertInto('audit_content_key').values(row).execute())
      return row
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      const first = await findContentKey(store, row.subject, row.period)
      if (first) return first // else it was erased since, and makes room
    }
}

/** What is there and whose time is not over, whether or not it has been deleted by then. */
export const readContent = (store: Store, call: string, now: number) =>
  store.db
    .selectFrom('audit_content as c')
    .innerJoin('audit_content_key as k', 'k.kid', 'c.kid')
    .select(['c.part', 'c.kid', 'c.sealed', 'c.expires_at', 'k.subject', 'k.period', 'k.wrapped'])
    .where('c.call', '=', call)
    .where('c.expires_at', '>', now)
    .orderBy('c.part', 'desc')
    .execute()

/** Deletes the keys of a subject and everything sealed with them. Returns the ids of the keys. */
export async function eraseSubject(trx: Trx, subject: string): Promise<{ kids: string[]; parts: number }> {
  const keys = await trx.selectFrom('audit_content_key').select('kid').where('subject', '=', subject).execute()
  const kids = keys.map(({ kid }) => kid)
  if (kids.length === 0) return { kids, parts: 0 }
  const gone = await trx.deleteFrom('audit_content').where('kid', 'in', kids).executeTakeFirst()
  await trx.deleteFrom('audit_content_key').where('kid', 'in', kids).execute()
  return { kids, parts: Number(gone.numDeletedRows) }
}

/** Of the time by which retention has last deleted; the caller holds the head. */
export const readRetained = async (trx: Trx): Promise<number | undefined> =>
  (await trx.selectFrom('audit_head').select('retained_at').where('id', '=', 1).executeTakeFirstOrThrow())
    .retained_at ?? undefined

export const writeRetained = (trx: Trx, at: number) =>
  trx.updateTable('audit_head').set({ retained_at: at }).where('id', '=', 1).execute()

/** Deletes content whose time is over, and keys that seal nothing any more and can seal nothing new. */
export async function expireContent(trx: Trx, now: number, currentPeriod: string): Promise<number> {
  const gone = await trx.deleteFrom('audit_content').where('expires_at', '<=', now).executeTakeFirst()
  await trx
    .deleteFrom('audit_content_key')
    .where('period', '<', currentPeriod)
    .where('kid', 'not in', (on) => on.selectFrom('audit_content').select('kid').distinct())
    .execute()
  return Number(gone.numDeletedRows)
}

/**
 * Raises the floor to `floor` and deletes the events below it with what makes them searchable. The hashes of their tiles
 * stay, so that every proof still holds. The caller holds the head.
 */
export async function pruneEvents(trx: Trx, floor: number, block: number): Promise<void> {
  await trx.updateTable('audit_head').set({ floor }).where('id', '=', 1).execute()
  await trx.deleteFrom('audit_event').where('position', '<', floor).execute()
  await trx.deleteFrom('audit_term').where('block', '<', block).execute()
  await trx.deleteFrom('audit_block').where('block', '<', block).execute()
}

/**
 * What bears a time after `at`, which has not come, was written by a clock that was ahead: it is no younger than `at`. The times
 * of the events stay, which searches go by.
 */
export const noteFuture = (trx: Trx, at: number) =>
  trx
    .updateTable('audit_block')
    .set({ known_by: at })
    .where('max_time', '>', at)
    .where('known_by', 'is', null)
    .execute()

/** The same of content: what was sealed by a clock that was ahead would stay by so much longer. */
export const capContent = (trx: Trx, latest: number) =>
  trx.updateTable('audit_content').set({ expires_at: latest }).where('expires_at', '>', latest).execute()

/** The first block that holds an event not older than `time`; undefined if all full blocks are older. */
export const firstBlockSince = async (trx: Trx, time: number): Promise<number | undefined> => {
  const row = await trx
    .selectFrom('audit_block')
    .select(sql<number | null>`min(block)`.as('block'))
    .where(sql`coalesce(known_by, max_time)`, '>=', time)
    .executeTakeFirst()
  return row?.block ?? undefined
}
