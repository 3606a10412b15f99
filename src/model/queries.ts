// The pins of model names in the database.
import type { Db, Trx } from '../store/index.ts'

/** What a name stands for. `digest` is undefined where the upstream tells none. */
export interface Identity {
  readonly upstream: string
  readonly upstreamName: string
  readonly digest: string | undefined
}

export interface Pin {
  readonly name: string
  readonly accepted: Identity
  /** Something else, seen under the same name and not accepted. */
  readonly seen: Identity | undefined
}

export async function readPins(db: Db | Trx): Promise<Pin[]> {
  const rows = await db.selectFrom('model_pin').selectAll().execute()
  return rows.map((row) => ({
    name: row.name,
    accepted: { upstream: row.upstream, upstreamName: row.upstream_name, digest: row.digest ?? undefined },
    seen:
      row.seen_upstream === null || row.seen_upstream_name === null
        ? undefined
        : { upstream: row.seen_upstream, upstreamName: row.seen_upstream_name, digest: row.seen_digest ?? undefined },
  }))
}

/** Pins a name that was never seen before. False if another node was faster. */
export async function insertPin(trx: Trx, name: string, identity: Identity, at: number): Promise<boolean> {
  const inserted = await trx
    .insertInto('model_pin')
    .values({
      name,
      upstream: identity.upstream,
      upstream_name: identity.upstreamName,
      digest: identity.digest ?? null,
      accepted_at: at,
      accepted_by: null,
      seen_upstream: null,
      seen_upstream_name: null,
      seen_digest: null,
      seen_at: null,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .execute()
  return inserted.length > 0
}

/** Notes what is seen now; undefined: what was accepted is back. */
export async function notePin(trx: Trx, name: string, seen: Identity | undefined, at: number): Promise<void> {
  await trx
    .updateTable('model_pin')
    .set({
      seen_upstream: seen?.upstream ?? null,
      seen_upstream_name: seen?.upstreamName ?? null,
      seen_digest: seen?.digest ?? null,
      seen_at: seen ? at : null,
    })
    .where('name', '=', name)
    .execute()
}

/** Accepts `identity` if it is still what is seen: nobody accepts what they did not look at. */
export async function acceptPin(trx: Trx, name: string, identity: Identity, at: number, by: string): Promise<boolean> {
  const updated = await trx
    .updateTable('model_pin')
    .set({
      upstream: identity.upstream,
      upstream_name: identity.upstreamName,
      digest: identity.digest ?? null,
      accepted_at: at,
      accepted_by: by,
      seen_upstream: null,
      seen_upstream_name: null,
      seen_digest: null,
      seen_at: null,
    })
    .where('name', '=', name)
    .where('seen_upstream', '=', identity.upstream)
    .where('seen_upstream_name', '=', identity.upstreamName)
    .where('seen_digest', 'is not distinct from', identity.digest ?? null)
    .returning('name')
    .execute()
  return updated.length > 0
}
