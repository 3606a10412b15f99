// A change decides every open lease again in one sweep, in which rules share what they have in common. For random rules,
// facts and leases the sweep must leave exactly those that a question asked alone, of rules compiled for it alone, allows,
// and until when that holds must be the same as well.
import { type PolicyJson, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { expect, test } from 'vitest'
import { createLeases } from '../src/access/leases.ts'
import { type Caller, createIds, systemRandom } from '../src/core/index.ts'
import { createClockContext, createPolicy, type EntitySource, type Query } from '../src/policy/index.ts'
import { createRandom } from './generators/random.ts'
import { type Batch, batch, bundleOf, type Random } from './generators/rules.ts'

const SWEEPS = 120
const LEASES = 100
const START = Date.parse('2026-11-29T23:58:00Z')

const caller: Caller = {
  principal: { type: 'User', id: 'a' },
  credential: { kind: 'oidc', id: 'k', bound: false },
  address: '10.0.0.1',
}

const TIMED = [
  'context.clock.hour >= 23',
  'context.clock.hour < 23',
  'context.clock.minute < 59',
  'context.clock.weekday == 7',
  'context.auth.age <= 30',
  'context.clock.now < datetime("2026-11-29T23:59:30Z")',
  'context.clock.now.toTime() >= duration("23h59m")',
]

/** Rules of which some also ask for the time, in clauses that several of them share. */
function timed(random: Random, { texts }: Batch): { texts: string[]; jsons: PolicyJson[] } {
  // Few of many random rules can be evaluated at all, and one error denies: small bundles leave calls running.
  const some = [
    '@id("all") @why("x") permit (principal, action, resource);',
    ...texts.slice(0, Math.floor(random() * 4)),
  ]
  const made = some.map((text) => {
    const clause = TIMED[Math.floor(random() * TIMED.length * 2)]
    return clause ? `${text.slice(0, -1)} ${random() < 0.7 ? 'when' : 'unless'} { ${clause} };` : text
  })
  const jsons = made.map((text) => {
    const parsed = policyToJson(text)
    if (parsed.type === 'failure') throw new Error(text)
    return JSON.parse(JSON.stringify(parsed.json)) as PolicyJson
  })
  return { texts: made, jsons }
}

/** The same facts, some of which end by themselves. */
const ending = (random: Random, source: EntitySource): EntitySource => {
  const ends = random() < 0.5 ? START + Math.floor(random() * 60_000) : undefined
  return {
    get(uid) {
      const facts = source.get(uid)
      return facts && ends !== undefined && uid.type === 'U' ? { ...facts, validUntil: ends } : facts
    },
  }
}

test('a sweep keeps the leases that a fresh decision allows, and no other', { timeout: 120_000 }, async () => {
  const random = createRandom(20_261_129).next
  let now = START
  const clock = { now: () => now, monotonic: () => performance.now() }
  const newId = createIds(clock, systemRandom)
  const zone = createClockContext('UTC')
  const counts = { kept: 0, cut: 0 }
  const policyOf = (rules: ReturnType<typeof timed>) => {
    const policy = createPolicy({ clock, newId })
    policy.activate(bundleOf(rules.texts, rules.jsons))
    return policy
  }

  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    now = START
    const [first, second] = [batch(random), batch(random)]
    // Half of the sweeps are about new rules, half about new facts under the rules there are.
    const before = timed(random, first)
    const after = random() < 0.5 ? timed(random, second) : before
    const policy = policyOf(before)
    let source = ending(random, first.questions[0]!.source)
    const leases = createLeases({ clock, newId, standing: () => undefined, report: () => {} })
    const open = Array.from({ length: LEASES }, () => {
      const { question } = first.questions[Math.floor(random() * first.questions.length)]!
      const age = Math.floor(random() * 40)
      const query = (): Query => ({
        ...question,
        context: { ...question.context, clock: zone(now), auth: { age: age + Math.ceil((now - START) / 1000) } },
      })
      // What was denied gets its lease too: the sweep must end it all the same.
      const decision = { ...policy.decide(query(), source), allow: true }
      const lease = leases.take({
        call: newId('call'),
        caller,
        model: question.resource.id,
        decision,
        epoch: leases.epoch,
        redecide: () => policy.decideAgain(query(), source),
      })
      return { query, decision, lease }
    })

    source = ending(random, second.questions[0]!.source)
    if (after !== before) policy.activate(bundleOf(after.texts, after.jsons))
    now += Math.floor(random() * 100_000)
    await leases.onChange([{ kind: 'policy', key: 'after' }])

    const until = new Map(leases.open().map((view) => [view.id, view.validUntil]))
    for (const { query, lease } of open) {
      const fresh = policyOf(after).decide(query(), source)
      expect(lease.ended === undefined).toBe(fresh.allow)
      if (fresh.allow) expect(until.get(lease.id)).toBe(fresh.validUntil)
      counts[fresh.allow ? 'kept' : 'cut']++
    }
  }
  expect(counts.kept).toBeGreaterThan(SWEEPS * LEASES * 0.1)
  expect(counts.cut).toBeGreaterThan(SWEEPS * LEASES * 0.1)
})
