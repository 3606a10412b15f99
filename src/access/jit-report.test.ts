import { expect, it } from 'vitest'
import type { Grant } from './grants.ts'
import { jitReport } from './jit-report.ts'

const MINUTE = 60_000
const grant = (over: Partial<Grant> = {}): Grant => ({
  id: 'grt_1',
  request: 'req_1',
  principal: 'User::"dana"',
  role: 'operator',
  models: undefined,
  source: 'approval',
  reason: 'r',
  ticket: undefined,
  startsAt: 0,
  endsAt: 60 * MINUTE,
  usesLeft: undefined,
  tokens: undefined,
  extended: false,
  useCount: 3,
  firstUsedAt: MINUTE,
  lastUsedAt: 5 * MINUTE,
  createdAt: 20 * MINUTE,
  createdBy: 'a',
  askedAt: 0,
  endedAt: 60 * MINUTE,
  endCause: 'expired',
  reviewDueAt: undefined,
  reviewedAt: undefined,
  ...over,
})

it('counts waits, early ends, unused grants and late reviews, and advises on each', () => {
  const report = jitReport(
    [
      grant(),
      grant({ lastUsedAt: 59.5 * MINUTE }),
      grant({ useCount: 0, lastUsedAt: undefined, endCause: 'done' }),
      grant({ source: 'break-glass', reviewDueAt: MINUTE, endedAt: undefined }),
    ],
    100 * MINUTE,
  )
  expect(report).toMatchObject({
    grants: 4,
    waits: [{ role: 'operator', grants: 3, medianSeconds: 1200, p90Seconds: 1200 }],
    endedInUse: 1,
    unused: 1,
    emergencies: 1,
    reviewsDue: 1,
  })
  expect(report.advice).toHaveLength(4)
  expect(jitReport([], 0)).toMatchObject({ grants: 0, waits: [], advice: [] })
})
