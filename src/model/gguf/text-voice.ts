// What tokens say when a library only turns lists of tokens into text: a token's text is what it adds to the text of the
// tokens before it. Characters that are not complete yet show as U+FFFD at the end and are waited for.
import type { Voice } from '../embedded/decoding.ts'

/** Tokens looked back at; enough for the longest character and the blank rules of any vocabulary. */
const KEPT = 8
const MOST = 24

export function createTextVoice(textOf: (tokens: readonly number[]) => string): Voice {
  let recent: number[] = []
  let said = 0
  let open = false
  const read = (token: number) => {
    const whole = textOf([...recent, token])
    const complete = whole.replace(/\uFFFD+$/, '')
    return { text: complete.slice(said), length: complete.length, partial: complete.length < whole.length }
  }
  return {
    preview: (token) => {
      const { text, partial } = read(token)
      return { text, partial }
    },
    say(token) {
      const { text, length, partial } = read(token)
      recent.push(token)
      said = length
      open = partial
      if (!open && recent.length > MOST) {
        recent = recent.slice(-KEPT)
        said = textOf(recent).length
      }
      return text
    },
    rest: () => (open ? '\uFFFD' : ''),
  }
}
