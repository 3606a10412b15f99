// The SQL of campaigns.
import type { Db, Tables, Trx } from '../store/index.ts'

export type CampaignRow = Tables['campaign']
export type ItemRow = Tables['campaign_item']

export const insertCampaign = async (trx: Trx, row: CampaignRow): Promise<void> => {
  await trx.insertInto('campaign').values(row).execute()
}

/** A few hundred at once: a statement has a limit of parameters. */
export const insertItems = async (trx: Trx, rows: readonly ItemRow[]): Promise<void> => {
  for (let i = 0; i < rows.length; i += 200)
    await trx
      .insertInto('campaign_item')
      .values(rows.slice(i, i + 200))
      .execute()
}

/** The one of this name that is open, else the newest. */
export const selectCampaignNamed = (db: Db | Trx, name: string): Promise<CampaignRow | undefined> =>
  (db as Db)
    .selectFrom('campaign')
    .selectAll()
    .where('name', '=', name)
    .orderBy((row) => row.fn.coalesce('closed_at', row.val(Number.MAX_SAFE_INTEGER)), 'desc')
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst()

export const selectCampaign = (db: Db, id: string): Promise<CampaignRow | undefined> =>
  db.selectFrom('campaign').selectAll().where('id', '=', id).executeTakeFirst()

export const selectCampaigns = (db: Db, page: { before?: { startedAt: number; id: string }; limit: number }) => {
  let query = db.selectFrom('campaign').selectAll()
  const { before } = page
  if (before)
    query = query.where((row) =>
      row.or([
        row('started_at', '<', before.startedAt),
        row.and([row('started_at', '=', before.startedAt), row('id', '<', before.id)]),
      ]),
    )
  return query.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(page.limit).execute()
}

export const selectDueCampaigns = (db: Db, now: number): Promise<CampaignRow[]> =>
  db.selectFrom('campaign').selectAll().where('closed_at', 'is', null).where('due_at', '<=', now).limit(10).execute()

/** How many items there are by what was said of them and what became of it. */
export const countItems = (db: Db, campaign: string) =>
  db
    .selectFrom('campaign_item')
    .select(['decision', 'outcome'])
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('campaign', '=', campaign)
    .groupBy(['decision', 'outcome'])
    .execute()

export const selectItem = (db: Db, campaign: string, id: string): Promise<ItemRow | undefined> =>
  db.selectFrom('campaign_item').selectAll().where('campaign', '=', campaign).where('id', '=', id).executeTakeFirst()

export const selectItems = (
  db: Db,
  page: { campaign: string; undecided?: boolean; after?: string; limit: number },
): Promise<ItemRow[]> => {
  let query = db.selectFrom('campaign_item').selectAll().where('campaign', '=', page.campaign)
  if (page.undecided) query = query.where('decision', 'is', null)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return query.orderBy('id').limit(page.limit).execute()
}

/** What is still to be revoked when a campaign closes: nobody said a word, or somebody did and it was not carried out. */
export const selectUnfinished = (db: Db, campaign: string, limit: number): Promise<ItemRow[]> =>
  db
    .selectFrom('campaign_item')
    .selectAll()
    .where('campaign', '=', campaign)
    .where('outcome', 'is', null)
    .where((row) => row.or([row('decision', 'is', null), row('decision', '=', 'revoke')]))
    .orderBy('id')
    .limit(limit)
    .execute()

/** Revocations that were said before `at`, in campaigns that go on, and of which nothing has come. */
export const selectStuck = (db: Db, at: number, limit: number): Promise<ItemRow[]> =>
  db
    .selectFrom('campaign_item')
    .innerJoin('campaign', 'campaign.id', 'campaign_item.campaign')
    .selectAll('campaign_item')
    .where('campaign.closed_at', 'is', null)
    .where('decision', '=', 'revoke')
    .where('outcome', 'is', null)
    .where('decided_at', '<=', at)
    .limit(limit)
    .execute()

/** True if it may be said: the campaign is open, nothing has become of the item yet, and nobody who revoked is overruled. */
export const decideItem = async (
  trx: Trx,
  campaign: string,
  id: string,
  said: Pick<ItemRow, 'decision' | 'decided_at' | 'decided_by' | 'note'>,
  undecided = false,
): Promise<boolean> => {
  let query = trx
    .updateTable('campaign_item')
    .set(said)
    .where('campaign', '=', campaign)
    .where('id', '=', id)
    .where('outcome', 'is', null)
    .where((row) =>
      row.exists(
        row.selectFrom('campaign').select('id').where('campaign.id', '=', campaign).where('closed_at', 'is', null),
      ),
    )
  if (said.decision === 'keep')
    query = query.where((row) => row.or([row('decision', 'is', null), row('decision', '=', 'keep')]))
  if (undecided) query = query.where('decision', 'is', null)
  return (await query.executeTakeFirst()).numUpdatedRows > 0n
}

/** True if this call is the one that says what came of it. */
export const finishItem = async (trx: Trx, id: string, outcome: string): Promise<boolean> => {
  const done = await trx
    .updateTable('campaign_item')
    .set({ outcome })
    .where('id', '=', id)
    .where('outcome', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** True if this call closed it. */
export const closeCampaign = async (trx: Trx, id: string, at: number, by: string): Promise<boolean> => {
  const done = await trx
    .updateTable('campaign')
    .set({ closed_at: at, closed_by: by })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}
