import { expect, it } from 'vitest'
import type { Grant } from './grant.ts'
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

it('counts waits by group of approvers, early ends, unused grants and late reviews, and advises on each', () => {
  const groups = new Map([
    ['req_1', ['ml-leads']],
    ['req_2', ['ml-leads', 'security']],
  ])
  const report = jitReport(
    [
      grant(),
      grant({ request: 'req_2', lastUsedAt: 59.5 * MINUTE, createdAt: 40 * MINUTE }),
      grant({ useCount: 0, lastUsedAt: undefined, endCause: 'done', role: 'trainer' }),
      grant({ request: 'req_3', startsAt: 25 * MINUTE }), // wanted for later, and had before that
      grant({ request: undefined, source: 'break-glass', endedAt: undefined }),
    ],
    [grant({ source: 'break-glass', reviewDueAt: MINUTE })],
    groups,
    100 * MINUTE,
  )
  expect(report).toMatchObject({
    grants: 5,
    ended: 4,
    groups: [
      { group: 'security', roles: ['operator'], grants: 1, medianSeconds: 2400, endedInUse: 1, unused: 0 },
      { group: 'ml-leads', roles: ['operator', 'trainer'], grants: 3, medianSeconds: 1200, p90Seconds: 2400 },
      { group: '(no group)', grants: 1, medianSeconds: 0 },
    ],
    endedInUse: 1,
    unused: 1,
    emergencies: 1,
    reviewsDue: 1,
  })
  expect(report.groups[1]).toMatchObject({ endedInUse: 1, unused: 1 })
  expect(report.advice).toEqual([
    expect.stringContaining('wait 40 minutes for security to approve operator'),
    '25 % of the grants ended in the middle of work: allow longer ones, or point to `grant extend`.',
    '25 % of the grants were never used: people ask for what they need.',
    expect.stringContaining('review past their day: 1'),
  ])
  expect(jitReport([], [], groups, 0)).toMatchObject({ grants: 0, groups: [], advice: [] })
  expect(jitReport([grant({ createdAt: MINUTE })], [], groups, 0).advice).toEqual([
    'Half of the requests are usable within 1 min, whoever approves: no more approvers are needed.',
    '1 grant ended so far: no share means anything yet.',
  ])
})

it('takes the value that half, or nine of ten, do not exceed', () => {
  const waits = (minutes: readonly number[]) => {
    const [group] = jitReport(
      minutes.map((wait) => grant({ createdAt: wait * MINUTE })),
      [],
      new Map(),
      0,
    ).groups
    return [(group?.medianSeconds ?? 0) / 60, (group?.p90Seconds ?? 0) / 60]
  }
  expect(waits([1, 9])).toEqual([1, 9])
  expect(waits([1, 2, 3, 4, 5, 6, 7, 8, 9, 19])).toEqual([5, 9])
})

it('speaks of late reviews also where nothing was granted lately, and of nobody as of a group', () => {
  const due = [grant({ source: 'break-glass', reviewDueAt: MINUTE })]
  expect(jitReport([], due, new Map(), 2 * MINUTE).advice).toEqual([expect.stringContaining('past their day: 1')])
  expect(jitReport([], due, new Map(), MINUTE)).toMatchObject({ reviewsDue: 1, advice: [] })
  expect(jitReport([grant()], [], new Map(), 0).advice[0]).toContain('for people without a group to approve operator')
})
