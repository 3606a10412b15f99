// What is open now, of things that come and go by the thousand a second. A Set would do, but what a Set has been keeps what
// it held: its table is replaced after so many additions, and the old one, once in the old generation, holds the calls that
// were in it through every small collection until the next large one. A quarter of all calls then outlives its end.

/** Something that is in one roster at most; `slot` is where, and is the roster's own. */
export interface Listed {
  slot: number
}

/** `slot` of what is in no roster. */
export const NOWHERE = -1

export interface Roster<T extends Listed> extends Iterable<T> {
  /** Must be in none. */
  add(item: T): void
  /** Nothing happens if it is not in. */
  delete(item: T): void
  has(item: T): boolean
  readonly size: number
}

/** Iteration is in no order; what is removed meanwhile is not visited any more, what is added may be. */
export function createRoster<T extends Listed>(): Roster<T> {
  const slots: (T | undefined)[] = []
  const free: number[] = []
  const has = (item: T) => item.slot !== NOWHERE && slots[item.slot] === item
  return {
    add(item) {
      item.slot = free.pop() ?? slots.length
      slots[item.slot] = item
    },
    delete(item) {
      if (!has(item)) return
      slots[item.slot] = undefined
      free.push(item.slot)
      item.slot = NOWHERE
    },
    has,
    get size() {
      return slots.length - free.length
    },
    *[Symbol.iterator]() {
      for (let i = 0; i < slots.length; i++) {
        const item = slots[i]
        if (item !== undefined) yield item
      }
    },
  }
}
