// The SQL of shared counters. A node borrows a slice of what is left, spends it in memory, and gives back the rest; what
// dead nodes held is given back for them. The counter's row is always locked first, so that two nodes never wait for
// each other in a circle.
import { sql } from 'kysely'
import type { LimitDuty } from '../core/index.ts'
import type { Store, Trx } from '../store/index.ts'

export interface SliceOf {
  readonly key: string
  readonly node: string
  /** Start of the window; 0 for rates and places. */
  readonly window: number
}

export interface Borrowed {
  readonly granted: number
  /** Start of the window it counts in: the next one, where another node has begun that. */
  readonly window: number
  /** What is left for others. */
  readonly left: number
}

const US = 1000

const spanMs = (limit: LimitDuty): number => (limit.windowSeconds ?? 1) * 1000

/** Microseconds between two requests of a rate; `used` of a rate is the time at which it is full again, in microseconds. */
const stepUs = (limit: LimitDuty): number => (spanMs(limit) * US) / limit.amount

interface Count {
  readonly window: number
  readonly used: number
}

async function holdCounter(trx: Trx, dialect: Store['dialect'], key: string, window: number): Promise<Count> {
  await trx
    .insertInto('limit_counter')
    .values({ key, window_start: window, used: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  let query = trx.selectFrom('limit_counter').selectAll().where('key', '=', key)
  if (dialect === 'postgres') query = query.forUpdate()
  const row = await query.executeTakeFirstOrThrow()
  return { window: row.window_start, used: row.used }
}

/**
 * What counts for who asks at `now` in `window`. One whose clock is behind counts with those who have begun the next window. What lies
 * further ahead was counted by a clock that was wrong: it counts now, and shuts nobody out until then.
 */
function countFor(found: Count, window: number, limit: LimitDuty, now: number): Count {
  const span = spanMs(limit)
  if (limit.unit === 'requests') return found.used > (now + 2 * span) * US ? { window, used: (now + span) * US } : found
  if (found.window < window) return { window, used: 0 }
  return found.window - window <= span ? found : { window, used: found.used }
}

const saveCounter = async (trx: Trx, key: string, window: number, used: number): Promise<void> => {
  await trx
    .updateTable('limit_counter')
    .set({ window_start: window, used: Math.max(0, Math.round(used)) })
    .where('key', '=', key)
    .execute()
}

/** Borrows `need`, or more when `share` of what is left is more; less only if there is not enough. */
export async function borrow(
  trx: Trx,
  dialect: Store['dialect'],
  slice: SliceOf,
  limit: LimitDuty,
  ask: { need: number; share: number; now: number },
): Promise<Borrowed> {
  const { key, node } = slice
  const found = await holdCounter(trx, dialect, key, slice.window)
  const counted = countFor(found, slice.window, limit, ask.now)
  const { window, used } = counted
  if (counted !== found) await saveCounter(trx, key, window, used)
  const nowUs = ask.now * US
  const step = stepUs(limit)
  const left =
    limit.unit === 'requests'
      ? Math.floor((nowUs + spanMs(limit) * US - Math.max(used, nowUs)) / step + 1e-6)
      : limit.amount - used
  const granted = Math.max(0, Math.min(left, Math.max(ask.need, Math.floor(left * ask.share))))
  if (granted === 0 || granted < ask.need) return { granted: 0, window, left: Math.max(0, left) }
  const after = limit.unit === 'requests' ? Math.max(used, nowUs) + granted * step : used + granted
  await saveCounter(trx, key, window, after)
  await trx
    .insertInto('limit_slice')
    .values({ key, node, window_start: window, amount: granted })
    .onConflict((conflict) =>
      conflict.columns(['key', 'node']).doUpdateSet({
        window_start: window,
        amount: sql`case when limit_slice.window_start = ${window} then limit_slice.amount else 0 end + ${granted}`,
      }),
    )
    .execute()
  return { granted, window, left: left - granted }
}

export interface Settlement {
  readonly spent: number
  readonly back: number
  /** Used beyond what had been borrowed; below 0 for what was written down as spent and is not. */
  readonly over: number
}

/** Writes down what a node spent of its slice, gives back what it does not need, and charges what it overdrew. */
export async function settleSlice(
  trx: Trx,
  dialect: Store['dialect'],
  slice: SliceOf,
  limit: LimitDuty,
  { spent, back, over }: Settlement,
): Promise<void> {
  const { key, node, window } = slice
  const found = await holdCounter(trx, dialect, key, window)
  const unit = limit.unit === 'requests' ? stepUs(limit) : 1
  const done = await trx
    .updateTable('limit_slice')
    .set((row) => ({ amount: row('amount', '-', spent + back) }))
    .where('key', '=', key)
    .where('node', '=', node)
    .where('window_start', '=', window)
    .executeTakeFirst()
  // Without a slice this node was taken for dead and all it held was given back: what it spent is to be counted again.
  const change = done.numUpdatedRows > 0n ? over - back : over + spent
  const used = found.window === window ? found.used : 0
  // Where others have begun the next window nothing of this one counts any more.
  if (change !== 0 && found.window <= window) await saveCounter(trx, key, window, used + change * unit)
  await trx.deleteFrom('limit_slice').where('key', '=', key).where('node', '=', node).where('amount', '<=', 0).execute()
}

/** Gives back what nodes hold that are not among the living. */
export async function reapSlices(trx: Trx, dialect: Store['dialect'], living: readonly string[]): Promise<number> {
  let query = trx.selectFrom('limit_slice').selectAll()
  if (living.length > 0) query = query.where('node', 'not in', living)
  const slices = await query.orderBy('key').limit(1000).execute()
  for (const { key, node, window_start } of slices) {
    const found = await holdCounter(trx, dialect, key, window_start)
    const gone = await trx
      .deleteFrom('limit_slice')
      .where('key', '=', key)
      .where('node', '=', node)
      .returning('amount')
      .executeTakeFirst()
    // A rate refills by itself, and of a window that has passed nothing is left to count.
    if (gone && !key.startsWith('requests/') && found.window === window_start)
      await saveCounter(trx, key, window_start, found.used - gone.amount)
  }
  return slices.length
}
