// Anomalies: each rule fires on what it is for, says why, raises the risk at once, and stays nearly silent over simulated
// months of ordinary work. The false-alarm rate is printed and bounded.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AuditEvent, NewEvent } from '../core/index.ts'
import { createAnomalies } from './anomaly.ts'
import { networkOf, programOf } from './baseline.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 5)

/** mulberry32: small, seeded, good enough for a simulation. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

function setUp() {
  let now = START
  const alerts: NewEvent[] = []
  const anomalies = createAnomalies({
    node: 'n',
    clock: { now: () => now },
    append: async (event) => void alerts.push(event),
    report: (error) => {
      throw error
    },
  })
  const call = (time: number, more: Partial<AuditEvent> = {}, principal = 'User::"dana"'): void => {
    now = time
    anomalies.see([
      {
        id: 'evt_1',
        time,
        node: 'n',
        boot: 'b',
        kind: 'call.finished',
        principal,
        address: '10.1.2.3',
        decision: 'allow',
        call: 'call_1',
        data: { client: 'OpenAI/JS 7.1' },
        ...more,
      },
    ])
  }
  /** Four weeks of ten calls a working day between 8 and 17 UTC. */
  const habit = (principal = 'User::"dana"') => {
    for (let day = 0; day < 28; day++) {
      if (day % 7 > 4) continue
      for (let i = 0; i < 10; i++) call(START + day * DAY + (8 + i) * HOUR, {}, principal)
    }
    return START + 28 * DAY + 10 * HOUR
  }
  const rules = () => alerts.map(({ reason }) => reason)
  return { anomalies, alerts, call, habit, rules, pass: (ms: number) => (now += ms) }
}

it('is silent while it learns and on what is usual', () => {
  const { habit, call, rules, anomalies } = setUp()
  call(habit())
  expect(rules()).toEqual([])
  expect(anomalies.risk('User::"dana"')).toBe(0)
})

it.each<[string, (s: ReturnType<typeof setUp>, now: number) => void]>([
  ['new address', ({ call }, now) => call(now, { address: '203.0.113.9' })],
  ['new client', ({ call }, now) => call(now, { data: { client: 'curl/8.1' } })],
  ['unusual hour', ({ call }, now) => call(now + 16 * HOUR)],
  ['dormant', ({ call }, now) => call(now + 40 * DAY)],
  ['volume', ({ call }, now) => Array.from({ length: 60 }, (_, i) => call(now + i * 1000)).at(0)],
  [
    'denial burst',
    ({ call }, now) => Array.from({ length: 12 }, (_, i) => call(now + i * 1000, { decision: 'deny' })).at(0),
  ],
  [
    'injection burst',
    ({ call }, now) => Array.from({ length: 3 }, (_, i) => call(now + i * 1000, { data: { injection: 80 } })).at(0),
  ],
])('notices %s once, explains it, and raises the risk at once', (rule, act) => {
  const test = setUp()
  const now = test.habit()
  act(test, now)
  expect(test.rules()).toEqual([rule])
  expect(test.alerts[0]).toMatchObject({
    kind: 'alert.raised',
    subject: 'User::"dana"',
    data: { seen: expect.any(String), usual: expect.any(String) },
  })
  const risk = test.anomalies.risk('User::"dana"')
  expect(risk).toBeGreaterThan(0)
  expect(risk).toBeLessThan(90) // alone it does not reach the point where the shipped rules deny
  expect(test.anomalies.risk('User::"otto"')).toBe(0)
  test.pass(2 * HOUR)
  expect(test.anomalies.risk('User::"dana"')).toBeLessThanOrEqual(risk / 8)
})

it('adds up: a strange place, program and hour with attacks reaches the point of denial', () => {
  const { habit, call, anomalies } = setUp()
  const now = habit() + 16 * HOUR
  for (let i = 0; i < 12; i++) {
    call(now + i * 1000, {
      address: '203.0.113.9',
      data: { client: 'curl/8', injection: 90 },
      decision: 'deny',
    })
  }
  expect(anomalies.risk('User::"dana"')).toBeGreaterThanOrEqual(90)
})

it('takes data that a rule holds back for a refusal, not for an attack', () => {
  const { habit, call, rules } = setUp()
  const now = habit()
  const blocked = { reason: 'content_blocked', data: { outcome: 'refused', injection: 43 } }
  for (let i = 0; i < 9; i++) call(now + i * 1000, blocked)
  expect(rules()).toEqual([])
  call(now + 9000, blocked)
  expect(rules()).toEqual(['denial burst'])
})

it('is told by the node that served the call, once, and known to all', () => {
  const { habit, call, rules, anomalies } = setUp()
  const now = habit()
  call(now, { address: '203.0.113.9', node: 'other' })
  expect(rules()).toEqual([])
  expect(anomalies.risk('User::"dana"')).toBe(20)
})

it('learns from the past without a word', () => {
  const { anomalies, alerts } = setUp()
  const past = Array.from({ length: 200 }, (_, i) => ({
    id: 'e',
    time: START + i * HOUR,
    node: 'n',
    boot: 'b',
    kind: 'call.finished',
    principal: 'User::"dana"',
    address: `10.0.${i}.1`,
  }))
  anomalies.learn(past)
  expect(alerts).toEqual([])
})

it('raises few false alarms over simulated months', () => {
  const { call, alerts } = setUp()
  const random = randomFrom(20260105)
  const people = Array.from({ length: 40 }, (_, i) => ({
    principal: `User::"u${i}"`,
    from: 6 + Math.floor(random() * 5),
    length: 7 + Math.floor(random() * 3),
    perDay: 5 + Math.floor(random() * 80),
    networks: [`10.${i}.0.1`, `192.168.${i}.1`],
    client: random() < 0.5 ? 'OpenAI/JS 7' : 'ollama-python/0.5',
  }))
  const days = 120
  for (let day = 0; day < days; day++) {
    const today: [number, number][] = []
    people.forEach((person, who) => {
      const weekend = day % 7 > 4
      const vacation = (day + who * 3) % 60 < 10
      if (vacation || (weekend && random() > 0.05)) return
      const busy = person.perDay * (0.3 + 1.4 * random()) * (random() < 0.03 ? 2.5 : 1)
      for (let i = 0; i < busy; i++) {
        // Most calls within the working day, a few before and after it.
        const hour = person.from + person.length * random() + (random() < 0.04 ? 4 * random() - 2 : 0)
        today.push([START + day * DAY + hour * HOUR, who])
      }
    })
    today.sort(([a], [b]) => a - b)
    for (const [time, who] of today) {
      const person = people[who] as (typeof people)[number]
      const address = person.networks[random() < 0.8 ? 0 : 1] as string
      call(
        time,
        { address, data: { client: person.client }, decision: random() < 0.01 ? 'deny' : 'allow' },
        person.principal,
      )
    }
  }
  const rate = alerts.length / (people.length * (days / 30))
  const kinds = Map.groupBy(alerts, ({ reason }) => reason)
  console.log(
    `${alerts.length} false alarms, ${rate.toFixed(2)} per person and month:`,
    [...kinds].map(([rule, list]) => `${rule} ${list.length}`).join(', '),
  )
  expect(rate).toBeLessThan(0.5)
})

it('takes addresses by network and programs without version', () => {
  expect(networkOf('10.1.2.3')).toBe('10.1.2.0/24')
  expect(networkOf('::ffff:10.1.2.3')).toBe('10.1.2.0/24')
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
  fc.assert(
    fc.property(fc.ipV6(), (address) => networkOf(address).endsWith('/64') || networkOf(address).endsWith('/24')),
  )
  expect(programOf('OpenAI/JS 7.55.0')).toBe('OpenAI')
})
