// What no hash covers and yet decides what is shown of the log: under which positions its rows lie, the roots that proofs are
// made of, the index that searches go by, the sums that counts are made of. All of it is worked out anew from the events and
// compared. What the index holds too much does no harm: every event that it leads to is tested itself.
import type { AuditEvent } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { BLOCK, type BlockIndex, HOUR_MS, type HourCount, mergeCounts, type OpenBlock, openBlock } from './block.ts'
import { rootOver, TILE } from './merkle.ts'
import { type Row, readHead, readTileRoots } from './queries.ts'
import { type HourRow, readBlockRange, readHour, readHours, readTermTiles } from './search-queries.ts'
import type { Problem } from './verify.ts'

export interface ShownTile {
  readonly position: number
  readonly hashes: readonly Buffer[]
  readonly rows: readonly Row[]
  readonly bodies: readonly string[] | undefined
}

export interface ShownCheck {
  /** One tile after another, as far as the log is checked. */
  tile(tile: ShownTile): Promise<void>
  finish(): Promise<Problem[]>
}

/** The part of the log that is checked, and how far its index reaches. */
interface Part {
  readonly from: number
  readonly size: number
  readonly indexed: number
}

/** Blocks whose counts are kept apart. */
const MERGED_AT_ONCE = 64

export function createShownCheck(store: Store, { from, size, indexed }: Part): ShownCheck {
  const { db } = store
  const problems: Problem[] = []
  const found = (kind: Problem['kind'], at: number, to: number, detail: string) =>
    problems.push({ kind, from: at, to, detail })
  let open: OpenBlock | undefined
  let blocks = 0
  let counted: { readonly counts: readonly HourCount[] }[] = []

  const checkRows = ({ position, rows }: ShownTile) => {
    let at = position
    for (const row of rows) {
      if (row.position !== at)
        return void found('moved', at, at + 1, `the event lies in the database as event ${row.position}`)
      at += row.body.split('\n').length
    }
  }

  const checkRoot = async ({ position, hashes }: ShownTile) => {
    const [root] = await readTileRoots(db, position / TILE, position / TILE + 1)
    if (root?.equals(rootOver([...hashes]))) return
    found('altered', position, position + TILE, 'the sum over these hashes was changed: no proof made of it holds')
  }

  const checkBlock = async (index: BlockIndex) => {
    const first = index.block * BLOCK
    blocks += 1
    counted.push({ counts: index.counts })
    if (counted.length === MERGED_AT_ONCE) counted = [{ counts: mergeCounts(counted) }]
    if (await isFound(store, index)) return
    // Nor is what retention deleted meanwhile.
    if (first < (await readHead(db)).floor) return
    found('hidden', first, first + BLOCK, 'searches pass over some of these events: the index was changed')
  }

  const take = async ({ position, bodies }: ShownTile) => {
    if (position % BLOCK === 0) open = openBlock()
    const events = bodies?.length === TILE ? parsed(bodies) : undefined
    if (!events) open = undefined // told by the hashes, or deleted, or not full
    for (const event of events ?? []) open?.add(event)
    if (open?.size === BLOCK && position + TILE <= indexed) await checkBlock(open.close((position + TILE) / BLOCK - 1))
  }

  const checkCounts = async () => {
    const whole = blocks * BLOCK === indexed && (await readHead(db)).indexed === indexed
    const hours = new Map<number, HourCount[]>()
    for (const count of mergeCounts(counted)) hours.set(count.hour, [...(hours.get(count.hour) ?? []), count])
    if (whole) for (const hour of await readHours(db)) if (!hours.has(hour)) hours.set(hour, [])
    for (const [hour, wanted] of hours) {
      if (isSummed(wanted, await readHour(db, hour), whole)) continue
      const time = new Date(hour * HOUR_MS).toISOString().slice(0, 16)
      found('hidden', from, indexed, `counts of the hour ${time}Z are not those of its events`)
    }
  }

  return {
    async tile(tile) {
      if (tile.bodies?.length === tile.hashes.length) checkRows(tile)
      if (tile.hashes.length === TILE) await checkRoot(tile)
      await take(tile)
    },
    async finish() {
      if (indexed % BLOCK !== 0 || indexed > size)
        found('hidden', size - (size % BLOCK), size, 'searches pass over these events: the index does not hold them')
      await checkCounts()
      return problems
    },
  }
}

function parsed(bodies: readonly string[]): AuditEvent[] | undefined {
  try {
    return bodies.map((body) => JSON.parse(body) as AuditEvent)
  } catch {
    return undefined
  }
}

/** Whether the index leads to every event of the block, by any of its terms, times and ids. */
async function isFound({ db }: Store, { block, range, terms }: BlockIndex): Promise<boolean> {
  const written = await readBlockRange(db, block)
  if (!written || written.min_time > range.minTime || written.max_time < range.maxTime) return false
  if (written.min_id > range.minId || written.max_id < range.maxId) return false
  const tiles = await readTermTiles(db, block, [...terms.keys()])
  return [...terms].every(([term, needed]) => ((tiles.get(term) ?? 0) & needed) === needed)
}

const keyOf = ({ kind, principal, model, decision, outcome }: Omit<HourCount, 'hour'>): string =>
  [kind, principal, model, decision, outcome].join('\u001f')
const SUMS = ['events', 'inputTokens', 'outputTokens', 'milliseconds'] as const

/** Whether the sums of an hour hold these counts; `whole`: and nothing else. */
function isSummed(wanted: readonly HourCount[], rows: readonly HourRow[], whole: boolean): boolean {
  const written = new Map(rows.map((row) => [keyOf(row), row]))
  if (whole && written.size !== wanted.length) return false
  return wanted.every((count) => {
    const row = written.get(keyOf(count))
    return row !== undefined && SUMS.every((sum) => (whole ? row[sum] === count[sum] : row[sum] >= count[sum]))
  })
}
