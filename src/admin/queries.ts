// SQL of the admin API itself: answers kept for creates that may be sent twice.
import type { Store, Trx } from '../store/index.ts'

export interface KeptAnswer {
  readonly request: string
  /** 0 while the first request is still being served. */
  readonly status: number
  readonly body: string
}

/** Reserves the key for this request; the answer that holds it if it is taken. */
export async function reserveAnswer(
  store: Store,
  row: { principal: string; idempotency_key: string; request: string; created_at: number },
): Promise<KeptAnswer | undefined> {
  return store.transaction(async (trx) => {
    const made = await trx
      .insertInto('idempotent_answer')
      .values({ ...row, status: 0, body: '' })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if ((made.numInsertedOrUpdatedRows ?? 0n) > 0n) return undefined
    return trx
      .selectFrom('idempotent_answer')
      .select(['request', 'status', 'body'])
      .where('principal', '=', row.principal)
      .where('idempotency_key', '=', row.idempotency_key)
      .executeTakeFirst()
  })
}

export async function keepAnswer(
  store: Store,
  key: { principal: string; idempotency_key: string },
  answer: { status: number; body: string } | undefined,
): Promise<void> {
  await store.transaction(async (trx) => {
    await (answer ? update(trx, key, answer) : remove(trx, key))
  })
}

const update = (
  trx: Trx,
  key: { principal: string; idempotency_key: string },
  answer: { status: number; body: string },
) =>
  trx
    .updateTable('idempotent_answer')
    .set(answer)
    .where('principal', '=', key.principal)
    .where('idempotency_key', '=', key.idempotency_key)
    .execute()

const remove = (trx: Trx, key: { principal: string; idempotency_key: string }) =>
  trx
    .deleteFrom('idempotent_answer')
    .where('principal', '=', key.principal)
    .where('idempotency_key', '=', key.idempotency_key)
    .execute()

/** Forgets answers older than `before`. */
export async function forgetAnswers(store: Store, before: number): Promise<void> {
  await store.transaction(async (trx) => {
    await trx.deleteFrom('idempotent_answer').where('created_at', '<', before).execute()
  })
}
