// What an approver is shown is all that the approval is bound to, and moves no cursor.
import { expect, it } from 'vitest'
import type { Request } from '../admin/contract.ts'
import { sentence } from './review.ts'

const request: Request = {
  id: 'req_1',
  state: 'pending',
  requester: 'User::"dana"',
  beneficiary: 'User::"dana"',
  role: 'user',
  seconds: 3600,
  reason: 'INC',
  digest: 'd',
  approvals: 1,
  createdAt: '2026-11-29T10:00:00Z',
  expiresAt: '2026-11-30T10:00:00Z',
}

it('names every part of what is asked', () => {
  expect(sentence(request)).toBe('User::"dana" asks for user for 1 h: INC')
  const all = {
    beneficiary: 'Agent::"bot"',
    models: ['a', 'b'],
    startsAt: '2026-11-29T12:00:00Z',
    uses: 2,
    tokens: 500,
    extends: 'grt_1',
    ticket: 'T-1',
  }
  expect(sentence({ ...request, ...all })).toBe(
    'User::"dana" asks for user for Agent::"bot" on a, b from 2026-11-29T12:00:00Z for 1 h, 2 uses, 500 tokens, as more time for grt_1: INC (T-1)',
  )
  expect(sentence({ ...request, reason: 'a\u001b[2Jb' })).not.toContain('\u001b')
})
