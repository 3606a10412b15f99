// The rules of this gateway: the rulebook, what checks a bundle before it is taken, and the engine that decides by it or that some
// decisions are compared with.
import { createHmac } from 'node:crypto'
import type { Config } from '../config/index.ts'
import { readOwnClasses } from '../guard/index.ts'
import {
  createChecker,
  createClockContext,
  createOracleCheck,
  createRulebook,
  loadOracle,
  type RulebookDeps,
} from '../policy/index.ts'
import type { Closers } from './closers.ts'
import type { Ground } from './ground.ts'

export async function openRules(
  config: Pick<Config, 'policy' | 'timeZone'>,
  { store, change, feed, clock, newId, audit, keyring }: Ground,
  world: RulebookDeps['world'],
  report: (error: unknown) => void,
  closers: Closers,
) {
  const checker = createChecker()
  closers.push(() => checker.close())
  const alone = config.policy.engine === 'wasm'
  const engine = alone ? { engine: await loadOracle(clock.now) } : {}
  const clockContext = createClockContext(config.timeZone)
  const check = createOracleCheck({
    share: alone ? 0 : config.policy.shadowShare,
    random: Math.random,
    program: () => rulebook.policy.program(),
    onDifference: ({ decision, policy: digest, compiled, reference }) => {
      const text = (one: typeof compiled) =>
        `${one.allow ? 'allow' : 'deny'} by ${one.rules.join(', ')}; ${one.errors.join(', ')}`
      const data = { decision, compiled: text(compiled), reference: text(reference) }
      audit.append({ kind: 'policy.engines_differ', policy: digest, data }).catch(report)
    },
    report,
  })
  closers.push(() => check.close())
  const rulebook = createRulebook({
    db: store.db,
    change,
    feed,
    clock,
    newId,
    checker,
    readClasses: readOwnClasses,
    seal: (text) => createHmac('sha256', keyring.lookupKey).update('rules as they act\n').update(text).digest('hex'),
    ...engine,
    clockContext,
    watchers: [check.watch],
    world,
    report,
  })
  return { rulebook, clockContext }
}
