import { afterEach, expect, it, vi } from 'vitest'
import { Fault } from '../core/index.ts'
import { createLog } from './index.ts'

afterEach(() => void vi.useRealTimers())

it('writes where and what kind, never what an error says', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const parse = () => {
    try {
      JSON.parse('{"prompt": canary-7713')
    } catch (cause) {
      return new Fault('internal', { detail: 'canary-7713\n    at canary-7713', cause })
    }
    throw new Error('this text is not JSON')
  }
  log.error('call failed', parse())
  const text = lines.join('')
  expect(text).not.toContain('canary')
  expect(JSON.parse(text)).toMatchObject({
    msg: 'call failed',
    errors: [{ name: 'Fault', code: 'internal' }, { name: 'SyntaxError' }],
  })
})

it('tells once and then once a minute what goes wrong again at the same place', () => {
  vi.useFakeTimers()
  const lines: { repeated?: number; errors: { code: string }[] }[] = []
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) })
  const away = () => log.error('unexpected', new Fault('audit_unavailable'))
  for (let i = 0; i < 10; i++) away()
  log.error('unexpected', new Fault('internal')) // something else is told at once
  expect(lines.map(({ errors }) => errors[0]?.code)).toEqual(['audit_unavailable', 'internal'])
  vi.advanceTimersByTime(60_000)
  expect(lines.slice(2)).toMatchObject([{ repeated: 9, errors: [{ code: 'audit_unavailable' }] }])
  away()
  vi.advanceTimersByTime(60_000)
  expect(lines.slice(3)).toMatchObject([{ repeated: 1 }])
  vi.advanceTimersByTime(180_000)
  expect(lines).toHaveLength(4)
  away() // after a quiet minute it is news again
  expect(lines).toHaveLength(5)
  expect(vi.getTimerCount()).toBe(1)
})
