// The SQL of stored answers.
import type { Db, Tables, Trx } from '../store/index.ts'

export type AnswerRow = Tables['stored_answer']

/** False if the session is known to be over: then nothing is written. */
export async function insertAnswer(trx: Trx, row: AnswerRow): Promise<boolean> {
  const session = await trx.selectFrom('session').select('ended_at').where('id', '=', row.session).executeTakeFirst()
  if (session && session.ended_at !== null) return false
  await trx.insertInto('stored_answer').values(row).execute()
  return true
}

export const selectAnswer = (db: Db, id: string): Promise<AnswerRow | undefined> =>
  db.selectFrom('stored_answer').selectAll().where('id', '=', id).executeTakeFirst()

export async function deleteAnswers(trx: Trx, by: { id: string } | { session: string } | { principal: string }) {
  const [[column, value]] = Object.entries(by) as [['id' | 'session' | 'principal', string]]
  const gone = await trx.deleteFrom('stored_answer').where(column, '=', value).executeTakeFirst()
  return Number(gone.numDeletedRows)
}

/** Deletes what has expired, and what belongs to a session that was ended or has not been used since `idleSince`. */
export async function expireAnswers(trx: Trx, now: number, idleSince: number): Promise<number> {
  const gone = await trx
    .deleteFrom('stored_answer')
    .where((row) =>
      row.or([
        row('expires_at', '<=', now),
        row('session', 'in', (on) =>
          on
            .selectFrom('session')
            .select('id')
            .where((session) => session.or([session('ended_at', 'is not', null), session('last_at', '<', idleSince)])),
        ),
      ]),
    )
    .executeTakeFirst()
  return Number(gone.numDeletedRows)
}
