// Shared counters, and the part of each that a node has borrowed.
export interface LimitTables {
  /** `used` counts what is spent and what is lent out in the window that began at `window_start`. */
  limit_counter: {
    key: string
    window_start: number
    used: number
  }
  /** What a node holds of a counter. Given back by the node, or for it when it is dead. */
  limit_slice: {
    key: string
    node: string
    window_start: number
    amount: number
  }
}
