// When and from where keys were used. Kept in memory and written in batches: a call must not cost a write. What a crash
// loses is at most one interval of last-use times, never a right or a refusal.
import type { Clock } from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import { addUses, type KeyUseRow, rehashKey } from './key-queries.ts'

export interface LastUse {
  note(key: string, address: string, client: string | undefined): void
  /** The key was proven under an older pepper: keep its hash under the current one. */
  rehash(key: string, from: number, to: { hash: Uint8Array; version: number }): void
  /** Not yet written use of a key. */
  pending(key: string): KeyUseRow | undefined
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface LastUseDeps {
  store: Store
  change: MakeChange
  clock: Pick<Clock, 'now'>
  intervalMs: number
  report: (error: unknown) => void
}

export function createLastUse({ store, change, clock, intervalMs, report }: LastUseDeps): LastUse {
  let uses = new Map<string, KeyUseRow>()
  let rehashes = new Map<string, { from: number; to: { hash: Uint8Array; version: number } }>()
  let timer: NodeJS.Timeout | undefined

  const merge = (rows: Iterable<KeyUseRow>) => {
    for (const row of rows) {
      const newer = uses.get(row.key_id)
      if (!newer) uses.set(row.key_id, row)
      else {
        newer.uses += row.uses
        newer.first_used_at = row.first_used_at
      }
    }
  }

  const flush = async () => {
    const batch = uses
    const hashes = rehashes
    uses = new Map()
    rehashes = new Map()
    try {
      const rows = [...batch.values()]
      const CHUNK = 1000 // rows of six values: PostgreSQL and SQLite both take far more, but not without end
      for (let from = 0; from < rows.length; from += CHUNK)
        await store.transaction((trx) => addUses(trx, rows.slice(from, from + CHUNK)))
    } catch (error) {
      merge(batch.values())
      throw error
    }
    for (const [key, { from, to }] of hashes) {
      await change(async (trx) => {
        await rehashKey(trx, key, { version: from }, to)
        return { value: undefined, feed: [{ kind: 'key', key }], events: [] }
      })
    }
  }

  return {
    note(key, address, client) {
      const now = clock.now()
      const known = uses.get(key)
      if (known) {
        known.last_used_at = now
        known.last_address = address
        known.last_client = client ?? null
        known.uses++
        return
      }
      uses.set(key, {
        key_id: key,
        first_used_at: now,
        last_used_at: now,
        last_address: address,
        last_client: client ?? null,
        uses: 1,
      })
    },
    rehash(key, from, to) {
      rehashes.set(key, { from, to })
    },
    pending: (key) => uses.get(key),
    flush,
    start() {
      timer = setInterval(() => void flush().catch(report), intervalMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await flush().catch(report)
    },
  }
}
