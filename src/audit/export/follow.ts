// Exports that go on: every event from a position, in order, then whatever comes. A file is its own memory of how far it is.
import { open, truncate } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../../core/index.ts'
import type { Store } from '../../store/index.ts'
import { readEvents, readHead } from '../queries.ts'
import { type Filter, type Found, matches, toFound } from '../search.ts'
import { beginningOf } from '../search-queries.ts'
import { beginsAs, type LineFormat, positionOf } from './format.ts'

export interface FollowOptions {
  readonly from?: number
  readonly filter?: Filter
  /** Goes on waiting for events at the end; otherwise stops there. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

export interface Batch {
  readonly events: readonly Found[]
  /** Where to go on after this batch. */
  readonly next: number
}

const STEP = 512
const POLL_MS = 250

export async function* batches(
  store: Store,
  { from = 0, filter = {}, follow, signal }: FollowOptions,
): AsyncGenerator<Batch> {
  let next = filter.since === undefined ? from : Math.max(from, await beginningOf(store.db, filter.since))
  while (!signal?.aborted) {
    const rows = await readEvents(store.db, next, next + STEP)
    const last = rows.at(-1)
    if (last) {
      next = last.position + 1
      yield { events: rows.map(toFound).filter((event) => matches(event, filter)), next }
      continue
    }
    // Nothing here may be what retention has deleted, with events behind it.
    const { floor } = await readHead(store.db)
    if (next < floor) next = floor
    else if (!follow) return
    else await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => {}) // the loop ends by its condition
  }
}

/**
 * Position after the last whole line of a file; a line that was cut by a crash is removed. One that is not there is made, for its
 * owner alone: who called what is in it.
 * @throws Fault `not_possible` for a file that holds something else, which stays as it is
 */
export async function resumeFile(path: string, format: LineFormat): Promise<number> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const tail = Buffer.alloc(Math.min(size, 1 << 20))
    await file.read(tail, 0, tail.length, size - tail.length)
    const end = tail.lastIndexOf(10)
    const isFirst = end < 0 && size === tail.length
    const line = tail.subarray(end < 0 ? 0 : tail.lastIndexOf(10, end - 1) + 1, end < 0 ? undefined : end).toString()
    const position = isFirst && beginsAs(format, line) ? -1 : end < 0 ? undefined : positionOf(format, line)
    if (position === undefined) throw new Fault('not_possible', { detail: `${path} holds no ${format} export` })
    await truncate(path, size - tail.length + end + 1)
    return position + 1
  } finally {
    await file.close()
  }
}
