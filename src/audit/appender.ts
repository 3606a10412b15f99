// Puts events at the end of the tree, each batch as one durable unit, and works the next append out while the database writes.
// What is known of the tree in memory is a guess that the database confirms; whatever goes wrong throws the guess away.
import { coded, DatabaseError, isConflict, type Statement, type Store, type Trx } from '../store/index.ts'
import { appendSql, runIn } from './append-queries.ts'
import { type Head, lockHead, readEvents } from './queries.ts'
import {
  absorb,
  beginGrowth,
  type Entry,
  follow,
  type Growth,
  grow,
  type LogState,
  loadState,
  nextOfIndex,
  plan,
} from './tree.ts'

/** Told where the first event of a batch goes, before anything can have been written. */
export type Placed = (position: number) => void

export interface Appender {
  /** Appends in a transaction of its own, with what belongs to the events. @throws whatever the database says; it may still have been written */
  append(entries: readonly Entry[], rows: readonly Statement[], placed: Placed): Promise<void>
  /** Appends within somebody else's transaction. */
  appendIn(trx: Trx, entries: readonly Entry[], placed: Placed): Promise<void>
  /** An event has begun to wait: it will be in one of the next appends. */
  expect(entry: Entry): void
  /**
   * Whether a batch was written at a position: if its first event lies there, all of it does. Asked under the lock of the
   * head, so that a commit the server has not finished yet cannot slip in behind the answer.
   */
  holds(entries: readonly Entry[], position: number): Promise<boolean>
  /** Puts every full block into the search index, within somebody else's transaction; returns how far it reaches. */
  indexIn(trx: Trx): Promise<number>
}

export interface AppenderOptions {
  /** What the next append will hold, as far as it is known. */
  readonly waiting: () => readonly Entry[]
  /** No append is larger. */
  readonly most: number
  /** Asked, under the lock of the head, where it is not the one that this process left there: is what it wrote still there? What it throws undoes the append. */
  readonly prove: (trx: Trx, head: Head) => Promise<void>
}

export function createAppender(store: Store, boot: string, { waiting, most, prove }: AppenderOptions): Appender {
  const sql = appendSql(store.dialect, boot)
  let state: LogState | undefined
  /** The tree with what waits, worked out while the last append runs. */
  let ahead: Growth | undefined
  /** Another node appends to the same tree: take the head first instead of hoping that it has not moved. */
  let shared = false

  /** What is known in memory if the head is the one it was made for, else what the database says. */
  const stateFor = async (trx: Trx, head: Head): Promise<LogState> => {
    const known = state
    if (known?.root.equals(head.root) && known.indexed === head.indexed) return known
    state = undefined // what goes wrong from here on leaves nothing to go on from
    let current = known && (await follow(trx, known, head))
    if (!current) {
      await prove(trx, head)
      current = await loadState(trx, head)
    }
    state = current
    return current
  }

  /** What was worked out, if it is for these events on this tree. Given out once: it becomes the state, and grows no further. */
  const growthOf = (current: LogState, entries: readonly Entry[]): Growth => {
    const made = ahead
    ahead = undefined
    if (made?.from === current.root && isSame(made.entries, entries)) return made
    const growth = beginGrowth(current)
    for (const entry of entries) grow(growth, entry)
    return growth
  }

  /** What need not be done before the database has its statements is done while it works on them. */
  const meanwhile = (current: LogState, entries: readonly Entry[]) => {
    absorb(current, entries)
    ahead = beginGrowth(current)
    for (const entry of waiting().slice(0, most)) grow(ahead, entry)
  }

  const forget = () => {
    state = undefined
    ahead = undefined
  }

  /** In one message to the database, on the tree as it is in memory. @throws DatabaseError `conflict` if it is another one by now */
  const appendAtOnce = (entries: readonly Entry[], rows: readonly Statement[], placed: Placed): Promise<void> =>
    store.atomic(() => {
      const current = state
      // Gone while a connection was waited for: another transaction found that it is not what the database holds.
      if (!current) throw new DatabaseError('conflict', 'the audit head has moved')
      placed(current.tree.size)
      const statements = [...plan(current, growthOf(current, entries), sql), ...rows]
      queueMicrotask(() => meanwhile(current, entries))
      return statements
    })

  /** Appends under the lock of the head, from what the database says, not from memory. */
  const appendLocked = async (trx: Trx, entries: readonly Entry[], placed: Placed): Promise<void> => {
    const head = await lockHead(trx, store.dialect)
    placed(head.size)
    const current = await stateFor(trx, head)
    const statements = plan(current, growthOf(current, entries), sql)
    absorb(current, entries)
    try {
      await runIn(trx, statements)
    } catch (error) {
      // The head is held and has not moved, so it is this process that may not move it.
      if (!isConflict(error)) throw error
      throw coded('held', 'NODE_DISPLACED', 'another process has taken the name of this node, and ended its calls')
    }
  }

  const append: Appender['append'] = async (entries, rows, placed) => {
    if (state && !shared) {
      try {
        return await appendAtOnce(entries, rows, placed)
      } catch (error) {
        if (!isConflict(error)) throw error
        forget()
        shared = store.dialect === 'postgres'
      }
    }
    await store.transaction(async (trx) => {
      await appendLocked(trx, entries, placed)
      await runIn(trx, rows)
    })
  }

  const indexAll = async (trx: Trx): Promise<number> => {
    const current = await stateFor(trx, await lockHead(trx, store.dialect))
    for (;;) {
      const statements = nextOfIndex(current, sql, 1)
      if (statements.length === 0) return current.indexed
      await runIn(trx, statements)
    }
  }

  /** A step that failed half way has moved the state further than the database. */
  const orForget = async <T>(step: Promise<T>): Promise<T> => {
    try {
      return await step
    } catch (error) {
      forget()
      throw error
    }
  }

  return {
    append: (entries, rows, placed) => orForget(append(entries, rows, placed)),
    appendIn: (trx, entries, placed) => orForget(appendLocked(trx, entries, placed)),
    expect(entry) {
      if (ahead && ahead.entries.length < most) grow(ahead, entry)
    },
    holds: (entries, position) =>
      store.transaction(async (trx) => {
        await lockHead(trx, store.dialect)
        const [row] = await readEvents(trx, position, position + 1)
        return row !== undefined && row.body === entries[0]?.body
      }),
    indexIn: (trx) => orForget(indexAll(trx)),
  }
}

const isSame = (a: readonly Entry[], b: readonly Entry[]): boolean =>
  a.length === b.length && a.every((entry, i) => entry === b[i])
