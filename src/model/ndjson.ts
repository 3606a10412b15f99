// Lines of JSON from decoded text in pieces of any size, with bounded lines.
import { MOST_EVENT_CHARACTERS } from './sse.ts'
import { unusable } from './upstream-fault.ts'

export interface NdjsonReader {
  push(text: string): void
  /** At the end of the body: a last line without its line feed is still given. */
  end(): void
}

export function createNdjsonReader(onLine: (line: string) => void, most = MOST_EVENT_CHARACTERS): NdjsonReader {
  let pending = ''
  const give = (line: string) => {
    if (line.length > most) throw tooLong()
    if (line !== '' && line !== '\r') onLine(line)
  }
  return {
    push(text) {
      let from = 0
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
        const line = pending + text.slice(from, at)
        pending = ''
        from = at + 1
        give(line)
      }
      pending += text.slice(from)
      if (pending.length > most) throw tooLong()
    },
    end() {
      const line = pending
      pending = ''
      give(line)
    },
  }
}

const tooLong = () => unusable('The model server sent a line that is too long.')
