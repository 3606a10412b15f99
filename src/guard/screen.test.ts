// The time that detectors may take: a long stream on a busy machine goes on, a detector that is slow ends it.
import { expect, it } from 'vitest'
import type { Detector } from './detector.ts'
import type { Sink } from './regions.ts'
import { createScreen } from './screen.ts'

const quiet: Detector = {
  name: 'quiet',
  classes: [],
  longest: 1,
  open: () => {
    let taken = 0
    return {
      push(text) {
        taken += text.length
        return []
      },
      end: () => [],
      get openFrom() {
        return taken
      },
    }
  },
}
/** Feeds pieces as a model writes them; every look at the clock finds it so many milliseconds later. */
const stream = (pieces: number, stepMs: number) => {
  let time = 0
  const now = () => {
    time += stepMs
    return time
  }
  const open = createScreen({ detectors: [quiet], now }).open('plain')
  let out = ''
  const sink: Sink = {
    clear: (text) => {
      out += text
    },
    region: () => {},
  }
  for (let i = 0; i < pieces; i++) open.push('token ', sink)
  open.end(sink)
  return out
}

it('goes on for a long stream whose every piece takes a little longer than usual', () => {
  expect(stream(20_000, 0.3).length).toBe(120_000)
})

it('is over for a detector that takes long for every piece, or once for ever', () => {
  const slow = expect.objectContaining({ code: 'guard_unavailable', data: { detector: 'quiet' } })
  expect(() => stream(20_000, 8)).toThrow(slow)
  expect(() => stream(1, 3000)).toThrow(slow)
})
