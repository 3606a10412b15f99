// Access on two nodes over one PostgreSQL against a plain reference: requests, approvals, grants, uses, keys, sessions,
// locks, running calls. Acts are done one after another, or two at the same time on different nodes; what comes of them, and
// what both nodes show afterwards, must be what some order of the acts gives in a world without nodes. So no right is
// without its cause, no approval is counted twice, no use is overspent, and nothing that ended comes back.
// ACCESS_MODEL_RUNS=1000 for the long version; ACCESS_MODEL_SEED to repeat one.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../contract/databases.ts'
import { startNodes, type TestClock } from './nodes.ts'
import { type Act, newWorld, overtaken, perform, view, type World } from './reference.ts'

const RUNS = Number(process.env.ACCESS_MODEL_RUNS ?? 6)
const SEED = Number(process.env.ACCESS_MODEL_SEED ?? 3)
const PEOPLE = 3
/** Between two acts; more than clocks of nodes may differ. */
const PAUSE_MS = 3000

const KINDS: [weight: number, kind: Act['do']][] = [
  [5, 'ask'],
  [14, 'approve'],
  [1, 'deny'],
  [1, 'cancel'],
  [6, 'use'],
  [4, 'settle'],
  [2, 'end'],
  [2, 'issue'],
  [2, 'suspendKey'],
  [2, 'resumeKey'],
  [1, 'revokeKey'],
  [1, 'suspend'],
  [3, 'restore'],
  [1, 'lock'],
  [1, 'lockKey'],
  [3, 'lift'],
  [9, 'call'],
  [1, 'cut'],
  [2, 'tidy'],
  [2, 'pass'],
]
/** What is drawn before it is known what there is: numbers that choose. */
const draw = fc.record({
  kind: fc.oneof(...KINDS.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  which: fc.nat(99),
  who: fc.nat(PEOPLE - 1),
  small: fc.nat(3),
  node: fc.nat(1),
})
type Draw = typeof draw extends fc.Arbitrary<infer T> ? T : never
const steps = fc.array(fc.tuple(draw, fc.option(draw, { freq: 2 })), { minLength: 25, maxLength: 45, size: 'max' })

/** The act with its targets, if there is anything to do it to. The newest are chosen most. */
function aim(world: World, n: number, { kind, which, who, small, node }: Draw): Act | undefined {
  const pick = (from: Record<number, unknown>): number | undefined => {
    const all = Object.keys(from).map(Number)
    return all[all.length - 1 - (which % Math.max(1, Math.min(all.length, 4)))]
  }
  const at = { n, node }
  const about = <Name extends string>(name: Name, from: Record<number, unknown>) => {
    const chosen = pick(from)
    return chosen === undefined ? undefined : ({ [name]: chosen } as Record<Name, number>)
  }
  switch (kind) {
    case 'ask':
      return { ...at, do: kind, who, minutes: 1 + (which % 20), uses: [0, 1, 1, 2][small] ?? 0 }
    case 'approve':
    case 'deny':
    case 'cancel': {
      const of = about('request', world.requests)
      const requester = (of && world.requests[of.request]?.who) ?? 0
      // Mostly somebody who may: refusals alone lead nowhere.
      const by = small === 0 || kind === 'cancel' ? who : (requester + 1 + (which % (PEOPLE - 1))) % PEOPLE
      return of && { ...at, do: kind, ...of, who: by }
    }
    case 'use': {
      const counted = Object.entries(world.grants).filter(([, { left }]) => left !== undefined)
      const of = about('grant', Object.fromEntries(counted))
      return of && { ...at, do: kind, ...of }
    }
    case 'end': {
      const of = about('grant', world.grants)
      return of && { ...at, do: kind, ...of }
    }
    case 'settle': {
      const of = about('use', world.uses)
      return of && { ...at, do: kind, ...of, sent: small > 0 }
    }
    case 'issue':
    case 'suspend':
    case 'restore':
    case 'lock':
      return { ...at, do: kind, who }
    case 'suspendKey':
    case 'resumeKey':
    case 'revokeKey':
    case 'lockKey': {
      const of = about('key', world.keys)
      return of && { ...at, do: kind, ...of }
    }
    case 'lift': {
      const of = about('lock', world.locks)
      return of && { ...at, do: kind, ...of }
    }
    case 'call': {
      const of = about('key', world.keys)
      return of && { ...at, do: kind, ...of, name: small % 2 }
    }
    case 'cut': {
      const names = Object.keys(world.sessions)
      const session = names[which % Math.max(1, names.length)]
      return session === undefined ? undefined : { ...at, do: kind, session }
    }
    case 'tidy':
      return { ...at, do: kind }
    case 'pass':
      return { ...at, do: kind, minutes: 1 + (which % 30) }
  }
}

describe('access on two nodes against its reference', () => {
  const database = postgres()
  const time: TestClock = { at: 0 }
  let nodes: Awaited<ReturnType<typeof startNodes>>
  const unexpected: unknown[] = []
  beforeAll(async () => {
    await database.start()
    nodes = await startNodes([await database.open(), await database.reopen()], time, (error) => unexpected.push(error))
  })
  afterAll(async () => {
    await nodes.stop()
    await database.stop()
  })

  const seen: Record<string, number> = {}
  const count = (what: string): void => {
    seen[what] = (seen[what] ?? 0) + 1
  }

  it(`holds over ${RUNS} interleavings of acts`, { timeout: 60_000 + RUNS * 20_000 }, async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        run += 1
        time.at = Date.UTC(2026, 0, 1) + run * 1_000_000_000 // runs share a database and never a moment
        const people = Array.from({ length: PEOPLE }, (_, who) => `p${who}-${SEED}-${run}`)
        const real = await nodes.newRun(people)
        // Two acts at the same time may have happened in either order without that showing at once: every world that
        // explains what was seen stays in play until something later rules it out.
        let worlds = [newWorld(PEOPLE, time.at)]
        const trace: string[] = []
        let n = 0

        const both = async (acts: readonly Act[]): Promise<void> => {
          for (const act of acts) if (act.do === 'pass') time.at += act.minutes * 60_000
          const outcomes = await Promise.all(acts.map((act) => real.perform(act)))
          await real.settled()
          const shown = [real.view(0), real.view(1)]
          for (const [i, act] of acts.entries()) {
            trace.push(`${acts.length > 1 ? '| ' : ''}${JSON.stringify(act)} → ${outcomes[i]}`)
            count(`${act.do} ${outcomes[i]}`)
          }
          const orders =
            acts.length === 1
              ? [[0]]
              : [
                  [0, 1],
                  [1, 0],
                ]
          const wanted: string[] = []
          const possible = new Map<string, World>()
          const weigh = (candidate: World, results: readonly string[]): void => {
            const after = view(candidate)
            wanted.push(`${results.join(', ')} ${after}`)
            if (results.join() === outcomes.join() && shown.every((one) => one === after))
              possible.set(JSON.stringify(candidate), candidate)
          }
          for (const world of worlds)
            for (const order of orders) {
              const candidate = structuredClone(world)
              const results: string[] = []
              for (const i of order) results[i] = perform(candidate, acts[i] as Act)
              weigh(candidate, results)
              const [i = 0, j] = order
              if (j === undefined) continue
              const between = structuredClone(world)
              const done = overtaken(between, acts[i] as Act, acts[j] as Act)
              if (done !== undefined) weigh(between, i === 0 ? ['no', done] : [done, 'no'])
            }
          worlds = [...possible.values()]
          if (worlds.length > 0) return
          expect.fail(
            [
              ...trace,
              `got     ${outcomes.join(', ')} ${shown.join('\n        ')}`,
              ...wanted.map((one) => `wanted  ${one}`),
            ].join('\n'),
          )
        }

        for (let who = 0; who < PEOPLE; who++) await both([{ n: n++, node: who % 2, do: 'issue', who }])
        // One role held until a time, one for two uses: drawn acts alone seldom come to a grant.
        for (const uses of [0, 2]) {
          const lent = n++
          await both([{ n: lent, node: 0, do: 'ask', who: 0, minutes: 20, uses }])
          for (const who of [1, 2]) await both([{ n: n++, node: who - 1, do: 'approve', request: lent, who }])
        }
        for (const [first, second] of drawn) {
          time.at += PAUSE_MS
          for (const world of worlds) world.now = time.at
          const [world] = worlds as [World]
          const one = aim(world, n++, first)
          if (!one) continue
          const other = second && aim(world, n++, { ...second, node: 1 - first.node })
          const alone = !other || one.do === 'pass' || other.do === 'pass'
          if (!alone) count('at once')
          await both(alone ? [one] : [one, other])
          time.at = (worlds[0] as World).now
        }
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    )
    expect(unexpected).toEqual([])
    if (process.env.ACCESS_MODEL_RUNS) console.log(JSON.stringify(seen))
    // A run in which little happens proves little.
    for (const what of ['approve granted', 'use used', 'call called', 'call no', 'at once'])
      expect(seen[what] ?? 0, what).toBeGreaterThanOrEqual(Math.max(1, Math.floor(RUNS / 4)))
  })
})
