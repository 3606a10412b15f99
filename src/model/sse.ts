// Server-sent events (WHATWG HTML 9.2.6) from decoded text in pieces of any size, with bounded lines and events.
import { unusable } from './upstream-fault.ts'

/** `event` is '' for an unnamed event. */
export type OnEvent = (data: string, event: string) => void

export interface SseReader {
  push(text: string): void
  /** At the end of the body. A last event without its blank line is still given: several servers leave it out. */
  end(): void
}

/** Longest line or event, in characters. Embeddings are not streamed; a token is short; a tool call's arguments may not be. */
export const MOST_EVENT_CHARACTERS = 4 * 1024 * 1024

export function createSseReader(onEvent: OnEvent, most = MOST_EVENT_CHARACTERS): SseReader {
  let pending = ''
  let data: string | undefined
  let event = ''
  let afterReturn = false
  let first = true

  const dispatch = () => {
    const complete = data
    const name = event
    data = undefined
    event = ''
    if (complete !== undefined) onEvent(complete, name)
  }

  const line = (text: string) => {
    if (text === '') return dispatch()
    if (text.startsWith('data:')) {
      const value = text.slice(text.charCodeAt(5) === 32 ? 6 : 5)
      data = data === undefined ? value : `${data}\n${value}`
      if (data.length > most) throw tooLong()
    } else if (text.startsWith('event:')) {
      event = text.slice(text.charCodeAt(6) === 32 ? 7 : 6)
    } else if (text === 'data') {
      data = data === undefined ? '' : `${data}\n`
    }
    // Comments, `id`, `retry` and unknown fields mean nothing here.
  }

  return {
    push(text) {
      if (text === '') return
      let from = 0
      if (first) {
        first = false
        if (text.charCodeAt(0) === 0xfeff) from = 1
      }
      if (afterReturn && text.charCodeAt(from) === 10) from++
      afterReturn = false
      let lineFeed = text.indexOf('\n', from)
      let carriageReturn = text.indexOf('\r', from)
      while (lineFeed !== -1 || carriageReturn !== -1) {
        const byReturn = carriageReturn !== -1 && (lineFeed === -1 || carriageReturn < lineFeed)
        const at = byReturn ? carriageReturn : lineFeed
        const piece = text.slice(from, at)
        const whole = pending === '' ? piece : pending + piece
        pending = ''
        if (whole.length > most) throw tooLong()
        line(whole)
        from = at + 1
        if (byReturn) {
          if (from === text.length) afterReturn = true
          else if (lineFeed === from) from++
          carriageReturn = text.indexOf('\r', from)
        }
        if (lineFeed !== -1 && lineFeed < from) lineFeed = text.indexOf('\n', from)
      }
      pending = pending === '' ? text.slice(from) : pending + text.slice(from)
      if (pending.length > most) throw tooLong()
    },
    end() {
      if (pending !== '') line(pending)
      pending = ''
      dispatch()
    },
  }
}

const tooLong = () => unusable('The model server sent an event that is too long.')
