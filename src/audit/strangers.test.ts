// A flood of refusals of nobody known: little of it is written, all of it is counted, and nothing of anybody known is.
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId, openAudit } from '../../test/audit/open.ts'
import { sqlite } from '../../test/contract/databases.ts'
import { type Caller, endOf, Fault, type FaultCode, type NewEvent } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Audit } from './audit.ts'
import { FEW, MOST_OWN, MOST_TOLD_APART } from './strangers.ts'

const caller: Caller = {
  principal: { type: 'User', id: 'dana' },
  credential: { kind: 'key', id: '8F2', bound: false },
  address: '203.0.113.9',
}
const database = sqlite()
const errors: unknown[] = []
let store: Store
let audit: Audit
let counted: NewEvent[]

const begin = (strangersMs = 3_600_000): Promise<Audit> =>
  openAudit(store, {
    report: (error) => void errors.push(error),
    strangersMs,
    counted: (event) => void counted.push(event),
  })
beforeEach(async () => {
  await database.start()
  store = await database.open()
  counted = []
  errors.length = 0
  audit = await begin()
})
afterEach(async () => {
  await audit.stop()
  await store.close()
  await database.stop()
})

const knock = (address: string, code: FaultCode = 'invalid_api_key', as?: Caller) => {
  const call = audit.openCall(newId('call'), { address, data: { route: '/v1/chat/completions' } })
  if (as) call.note({ caller: as })
  return call.finish({ fault: new Fault(code) })
}
const knocks = async (times: number, address: string, code?: FaultCode, as?: Caller) => {
  for (let i = 0; i < times; i++) await knock(address, code, as)
}
/** Ends the period, as the end of the node does, and reads what there is. */
const read = async () => {
  await audit.stop()
  audit = await begin()
  const { events } = await audit.query(
    { kind: ['call.finished', 'admin.refused', 'stranger.refused'] },
    { limit: 5000 },
  )
  const own = events.filter(({ kind }) => kind !== 'stranger.refused')
  const shared = events.filter(({ kind }) => kind === 'stranger.refused')
  return { own, shared, told: shared.reduce((sum, { data }) => sum + Number(data?.count), 0) }
}

it('writes the first few of an address and the rest as one event, which says when', async () => {
  const before = Date.now()
  await knocks(FEW + 35, '203.0.113.7')
  const { own, shared } = await read()
  expect(own).toHaveLength(FEW)
  expect(shared).toHaveLength(1)
  const [{ address, reason, principal, data } = {}] = shared
  expect([address, reason, principal]).toEqual(['203.0.113.7', 'invalid_api_key', undefined])
  expect(data).toMatchObject({ of: 'call.finished', count: 35 })
  expect(data?.first).toBeGreaterThanOrEqual(before)
  expect(data?.last).toBeGreaterThanOrEqual(data?.first as number)
  expect(data?.last).toBeLessThanOrEqual(Date.now())
  expect(await audit.verify()).toMatchObject({ ok: true, openCalls: 0 })
  expect(errors).toEqual([])
})

it('loses none, whoever comes in whatever order', async () => {
  const one = fc.record({
    address: fc.oneof(fc.constantFrom('10.0.0.1', '10.0.0.2', '::ffff:10.0.0.1', '2001:db8::1'), fc.ipV4(), fc.ipV6()),
    code: fc.constantFrom<FaultCode>('invalid_api_key', 'conflicting_credentials', 'node_stale'),
    isAdmin: fc.boolean(),
  })
  let all = 0
  let seen = 0
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: FEW, maxLength: 8 * FEW }), async (flood) => {
      for (const { address, code, isAdmin } of flood) {
        if (isAdmin) await audit.appendUnproven({ kind: 'admin.refused', address, reason: code })
        else await knock(address, code)
      }
      all += flood.length
      const { own, told } = await read()
      expect(own.length + told).toBe(all)
      expect(counted.length - seen).toBe(told - seen)
      seen = counted.length
    }),
    { numRuns: 3, seed: 7 },
  )
})

it('keeps as little of ten thousand addresses as of a hundred, and says how many it did not tell apart', async () => {
  for (let i = 0; i < 10_000; i++) await knock(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
  const { own, shared, told } = await read()
  expect(own.length).toBeLessThanOrEqual(MOST_OWN)
  expect(shared.length).toBeLessThanOrEqual(MOST_TOLD_APART + 1)
  expect(own.length + told).toBe(10_000)
  const rest = shared.find(({ address }) => address === undefined)
  expect(rest?.data?.count).toBeGreaterThanOrEqual(10_000 - MOST_OWN - MOST_TOLD_APART)
})

it('takes the addresses of an IPv6 network for one, and a mapped address for what it maps', async () => {
  for (let i = 0; i < FEW + 25; i++) await knock(`2001:db8:1:2::${i.toString(16)}`)
  for (let i = 0; i < FEW + 25; i++) await knock(i % 2 ? '::ffff:198.51.100.4' : '198.51.100.4')
  await knocks(3, '2001:db8:1:3::1')
  const { own, shared } = await read()
  expect(own).toHaveLength(2 * FEW + 3)
  expect(shared.map(({ address, data }) => [address, data?.count]).sort()).toEqual([
    ['198.51.100.4', 25],
    ['2001:db8:1:2::/64', 25],
  ])
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (a, b) => {
      const bits = (ip: string) => new URL(`http://[${ip}]`).hostname // one spelling for each address
      if (bits(a) === bits(b)) expect(endOf(bits(a))).toBe(endOf(bits(b)))
      expect(endOf(a)).toMatch(/^(([0-9a-f]{1,4}:){4}:\/64|\d+\.\d+\.\d+\.\d+)$/i)
    }),
    { seed: 7 },
  )
})

it('hides nothing of anybody known: neither denials, nor refusals of a key that was proven', async () => {
  await knocks(FEW + 25, caller.address) // a flood of its own first does not cover what follows
  await knocks(FEW + 30, caller.address, 'access_denied', caller)
  await knocks(FEW + 30, caller.address, 'node_stale', caller)
  for (const code of ['key_revoked', 'key_expired', 'key_suspended', 'locked', 'access_denied'] as const)
    await knocks(FEW + 10, caller.address, code)
  const { own, told } = await read()
  expect(told).toBe(25)
  expect(own).toHaveLength(FEW + 7 * FEW + 30 + 30 + 50)
})

it('hides no success among the guesses', async () => {
  await knocks(FEW + 50, caller.address)
  const call = audit.openCall(newId('call'), { address: caller.address })
  call.note({ caller })
  await call.finish({})
  await knocks(50, caller.address)
  const { own, told } = await read()
  expect(told).toBe(100)
  expect(own.filter(({ principal }) => principal !== undefined)).toMatchObject([
    { principal: 'User::"dana"', address: caller.address, data: { outcome: 'served' } },
  ])
})

it('begins anew when the period ends', async () => {
  await audit.stop()
  audit = await begin(20)
  const ended = async () => {
    for (let left = 500; left > 0 && !(await audit.query({ kind: 'stranger.refused' })).events.length; left--)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await Promise.all(Array.from({ length: FEW + 55 }, () => knock('203.0.113.7')))
  await ended()
  const before = (await audit.query({ kind: 'call.finished' }, { limit: 1000 })).events.length
  await knock('203.0.113.7')
  expect((await audit.query({ kind: 'call.finished' }, { limit: 1000 })).events.length).toBe(before + 1)
})

it('keeps counting while the log cannot be written, and lets no more wait than the first few', async () => {
  await audit.stop()
  audit = await begin(20)
  await store.atomic(() => [{ sql: 'pragma max_page_count = 1', parameters: [] }])
  await expect(audit.append({ kind: 'test.big', data: { text: 'x'.repeat(50_000) } })).rejects.toThrow()
  expect(audit.available).toBe(false)
  for (let wave = 0; wave < 3; wave++) {
    const flood = Array.from({ length: 1000 }, (_, i) => knock(`10.${wave}.${i >> 8}.${i & 255}`).catch(() => {}))
    await Promise.all(flood)
    await new Promise((resolve) => setTimeout(resolve, 60)) // several periods
  }
  expect(audit.waiting).toBeLessThanOrEqual(MOST_OWN + 1)
  await store.atomic(() => [{ sql: 'pragma max_page_count = 1073741823', parameters: [] }])
  for (let left = 500; left > 0 && !audit.available; left--) await new Promise((resolve) => setTimeout(resolve, 10))
  const { own, told } = await read()
  expect(own.length + told).toBe(3000)
})
