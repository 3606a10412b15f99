// One by one becomes some at a time: whoever writes to a disk or a network wants few large pieces, and none that waits long.

export interface GatherOptions {
  /** Never more than this at once. */
  readonly most: number
  /** How long the first of some waits for others, milliseconds. */
  readonly waitMs: number
  /** If nothing comes for so long, nothing is handed on: an empty list. Undefined: it waits. */
  readonly idleMs?: number
}

const LATE = Symbol('late')

/** Ends, or throws, after the last of the items was handed on. */
export async function* gather<T>(
  items: AsyncIterable<T>,
  { most, waitMs, idleMs }: GatherOptions,
): AsyncGenerator<readonly T[]> {
  const iterator = items[Symbol.asyncIterator]()
  let some: T[] = []
  let failed: { error: unknown } | undefined
  const next = () => {
    const coming = iterator.next()
    coming.catch(() => {}) // it is awaited below; until then it may fail without anybody waiting
    return coming
  }
  let coming = next()
  try {
    for (let open = true; open; ) {
      const limit = Promise.withResolvers<typeof LATE>()
      let timer = idleMs === undefined ? undefined : setTimeout(() => limit.resolve(LATE), idleMs)
      try {
        while (some.length < most) {
          const got = await Promise.race([coming, limit.promise])
          if (got === LATE) break
          if (got.done) {
            open = false
            break
          }
          if (some.push(got.value) === 1) {
            clearTimeout(timer)
            timer = setTimeout(() => limit.resolve(LATE), waitMs)
          }
          coming = next()
        }
      } catch (error) {
        failed = { error }
        open = false
      } finally {
        clearTimeout(timer)
      }
      if (open || some.length > 0) yield some
      some = []
    }
  } finally {
    // Not waited for: a source that is in the middle of waiting answers only when something comes.
    void iterator.return?.().catch(() => {})
  }
  if (failed) throw failed.error
}
