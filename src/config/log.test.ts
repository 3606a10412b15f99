import { expect, it } from 'vitest'
import { Fault } from '../core/index.ts'
import { createLog } from './index.ts'

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
  log.error('call failed', parse(), { call: 'call_1' })
  const text = lines.join('')
  expect(text).not.toContain('canary')
  expect(JSON.parse(text)).toMatchObject({
    msg: 'call failed',
    call: 'call_1',
    errors: [{ name: 'Fault', code: 'internal' }, { name: 'SyntaxError' }],
  })
})
