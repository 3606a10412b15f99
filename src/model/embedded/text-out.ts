// Text that may be sent now: never the beginning of a stop sequence that is then completed.

export interface TextOut {
  /** Takes what the model said; returns what may be sent now. */
  push(text: string): string
  /** What was held back, at the end of the answer. */
  flush(): string
  /** The stop sequence that ended the text; nothing more comes out then. */
  readonly stopped: string | undefined
}

export function createTextOut(stops: readonly string[]): TextOut {
  const wanted = stops.filter((stop) => stop !== '')
  let held = ''
  let stopped: string | undefined

  return {
    push(text) {
      if (stopped !== undefined) return ''
      held += text
      let first = -1
      for (const stop of wanted) {
        const at = held.indexOf(stop)
        // The earliest wins; of two at one place the longer, so that "\n\n" is not reported as "\n".
        if (at >= 0 && (first < 0 || at < first || (at === first && stop.length > (stopped?.length ?? 0)))) {
          first = at
          stopped = stop
        }
      }
      const keep = stopped === undefined ? longestStart(held, wanted) : held.length - first
      const out = held.slice(0, held.length - keep)
      held = stopped === undefined ? held.slice(held.length - keep) : ''
      return out
    },
    flush() {
      const rest = held
      held = ''
      return rest
    },
    get stopped() {
      return stopped
    },
  }
}

/** Length of the longest end of `text` with which one of `stops` begins. */
function longestStart(text: string, stops: readonly string[]): number {
  let longest = 0
  for (const stop of stops)
    for (let n = Math.min(stop.length - 1, text.length); n > longest; n--)
      if (text.endsWith(stop.slice(0, n))) {
        longest = n
        break
      }
  return longest
}
