// Rules asked beside the ones in force, on real traffic, and never obeyed. What would have been different is counted.
import { uidText } from '../core/index.ts'
import { evaluate } from './evaluate.ts'
import type { Watcher } from './policy.ts'
import type { Program } from './program.ts'
import { toRef } from './value.ts'

export interface ShadowDifference {
  readonly kind: 'would allow' | 'would deny' | 'other duties'
  readonly principal: string
  readonly action: string
  readonly resource: string
  /** Rules of the shadow bundle that decided. */
  readonly rules: readonly string[]
  readonly count: number
  /** Milliseconds since 1970. */
  readonly lastAt: number
}

export interface ShadowReport {
  readonly digest: string
  readonly since: number
  readonly asked: number
  readonly differing: number
  /** Most frequent first. */
  readonly differences: readonly ShadowDifference[]
  /** Differences beyond what is kept apart. */
  readonly notListed: number
}

export interface Shadow {
  readonly watch: Watcher
  /** Starts counting anew; undefined stops. */
  set(program: Program | undefined): void
  report(): ShadowReport | undefined
}

const KEPT = 1000

export function createShadow(now: () => number): Shadow {
  let running: { program: Program; since: number; asked: number; differing: number; notListed: number } | undefined
  let found = new Map<string, ShadowDifference>()
  return {
    set(program) {
      running = program && { program, since: now(), asked: 0, differing: 0, notListed: 0 }
      found = new Map()
    },

    watch(query, entities, decision) {
      // Traffic is counted, and a call that is decided again on every change is still one call.
      if (!running || query.again) return
      const { program } = running
      const question = { ...query, principal: toRef(query.principal), resource: toRef(query.resource) }
      const beside = evaluate(program, question, entities)
      running.asked++
      const duties = () => JSON.stringify(program.together(beside.permits).duties) !== JSON.stringify(decision.duties)
      const kind =
        beside.allow === decision.allow
          ? beside.allow && duties() && ('other duties' as const)
          : beside.allow
            ? ('would allow' as const)
            : ('would deny' as const)
      if (!kind) return
      running.differing++
      const [principal, resource] = [uidText(query.principal), uidText(query.resource)]
      const key = `${kind} ${principal} ${query.action} ${resource}`
      const count = (found.get(key)?.count ?? 0) + 1
      if (count === 1 && found.size >= KEPT) {
        running.notListed++
        return
      }
      const rules = (beside.allow ? beside.permits : beside.forbids).map((rule) => rule.id)
      found.set(key, { kind, principal, action: query.action, resource, rules, count, lastAt: now() })
    },

    report: () =>
      running && {
        digest: running.program.digest,
        since: running.since,
        asked: running.asked,
        differing: running.differing,
        differences: [...found.values()].sort((a, b) => b.count - a.count),
        notListed: running.notListed,
      },
  }
}
