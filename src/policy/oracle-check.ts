// A share of real decisions is asked again of Cedar's own library, on another thread. A difference means that one of the
// two is wrong about a rule that is in force: it is reported at once.
import { Worker } from 'node:worker_threads'
import type { Decision } from '../core/index.ts'
import { aboutBase } from './evaluate.ts'
import type { OracleAnswer } from './oracle.ts'
import type { OracleTask } from './oracle.worker.ts'
import { type OracleQuestion, oracleQuestion } from './oracle-question.ts'
import type { Watcher } from './policy.ts'
import type { Program } from './program.ts'
import { toRef } from './value.ts'

export interface OracleDifference {
  readonly decision: string
  readonly policy: string
  readonly compiled: { readonly allow: boolean; readonly rules: readonly string[]; readonly errors: readonly string[] }
  readonly reference: { readonly allow: boolean; readonly rules: readonly string[]; readonly errors: readonly string[] }
}

export interface OracleCheck {
  readonly watch: Watcher
  readonly counts: { readonly asked: number; readonly dropped: number; readonly differing: number }
  close(): Promise<void>
}

export interface OracleCheckDeps {
  /** 0 to 1. */
  readonly share: number
  /** 0 to 1, at random. */
  readonly random: () => number
  readonly program: () => Program | undefined
  readonly onDifference: (difference: OracleDifference) => void
  readonly report: (error: unknown) => void
  /** Milliseconds without a question after which the thread ends: the library takes 40 MB. */
  readonly idleMs?: number
}

/** Questions under way at a time: beyond, samples are dropped, never queued. */
const MAX_WAITING = 64

export function createOracleCheck(deps: OracleCheckDeps): OracleCheck {
  const { idleMs = 60_000 } = deps
  const counts = { asked: 0, dropped: 0, differing: 0 }
  const waiting = new Map<number, Decision>()
  let worker: Worker | undefined
  let told: Program | undefined
  let next = 0
  let idle: NodeJS.Timeout | undefined

  const end = async () => {
    clearTimeout(idle)
    const done = worker
    worker = undefined
    told = undefined
    waiting.clear()
    await done?.terminate()
  }

  const rest = () => {
    clearTimeout(idle)
    idle = setTimeout(() => (waiting.size === 0 ? void end() : rest()), idleMs).unref()
  }

  const discard = (error: unknown) => {
    counts.dropped += waiting.size
    deps.report(error)
    void end()
  }

  const start = () => {
    const file = import.meta.url.endsWith('.ts') ? './oracle.worker.ts' : './oracle.worker.js'
    const fresh = new Worker(new URL(file, import.meta.url))
    fresh.unref()
    fresh.on('error', discard)
    fresh.on('message', ({ id, answer }: { id: number; answer: OracleAnswer | undefined }) => {
      const decision = waiting.get(id)
      waiting.delete(id)
      if (!decision || !answer) return
      counts.asked++
      const difference = compare(decision, answer)
      if (!difference) return
      counts.differing++
      deps.onDifference(difference)
    })
    return fresh
  }
  const post = (task: OracleTask) => {
    worker ??= start()
    worker.postMessage(task)
    rest()
  }

  return {
    counts,
    watch(query, entities, decision) {
      if (deps.share === 0 || deps.random() >= deps.share) return
      const program = deps.program()
      const [principal, resource] = [toRef(query.principal), toRef(query.resource)]
      const action = program?.shelves.get(query.action)?.action
      if (!program || program.digest !== decision.policy || !entities.get(principal) || !entities.get(resource)) return
      if (!action?.principals.has(principal.type) || !action.resources.has(resource.type)) return
      const question = { principal, resource, action: query.action, context: query.context }
      if (aboutBase(question, entities)) return // two questions to the library, which both engines put together alike
      if (waiting.size >= MAX_WAITING) {
        counts.dropped++
        return
      }
      let plain: OracleQuestion
      try {
        plain = oracleQuestion(program, question, entities)
      } catch {
        // A value that JSON cannot carry exactly: the library cannot be asked.
        counts.dropped++
        return
      }
      if (told !== program)
        post({ kind: 'rules', texts: Object.fromEntries(program.rules.map((rule) => [rule.id, rule.text])) })
      told = program
      const id = next++
      waiting.set(id, decision)
      post({ kind: 'ask', id, question: plain })
    },
    close: end,
  }
}

function compare(decision: Decision, answer: OracleAnswer): OracleDifference | undefined {
  const compiled = { allow: decision.allow, rules: [...decision.rules].sort(), errors: [...decision.errors].sort() }
  // The library skips rules that error, we deny: its yes beside an error is our no.
  const reference = {
    allow: answer.decision === 'allow' && answer.errors.length === 0,
    rules: answer.errors.length > 0 ? compiled.rules : answer.reasons,
    errors: answer.errors,
  }
  return JSON.stringify(compiled) === JSON.stringify(reference)
    ? undefined
    : { decision: decision.id, policy: decision.policy, compiled, reference }
}
