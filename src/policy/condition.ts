// The conditions of rules, clause by clause. Rules of one program that say the same clause share it, and one decision
// answers it once: hundreds of rules for the same working hours cost one look at the clock.
import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { compileExpression, MAX_DEPTH } from './expression.ts'
import { type Evaluate, refuse, type Scope } from './scope.ts'
import { TYPE_ERROR } from './value.ts'

export class Condition {
  /** How many rules say it. */
  uses = 0
  readonly #test: Evaluate
  readonly #wanted: boolean
  /** The decision that asked last, and what it was told: nothing is kept from one decision to another. */
  #asked = 0
  #met = false
  #failure: unknown

  constructor(test: Evaluate, wanted: boolean) {
    this.#test = test
    this.#wanted = wanted
  }

  /** Throws EvaluationError. */
  met(scope: Scope): boolean {
    if (this.uses === 1) return truth(this.#test(scope)) === this.#wanted
    if (this.#asked !== scope.serial) {
      this.#failure = undefined
      try {
        this.#met = truth(this.#test(scope)) === this.#wanted
      } catch (error) {
        this.#failure = error
      }
      this.#asked = scope.serial
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#met
  }
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw TYPE_ERROR
  return value
}

/** Compiles the conditions of one rule after another; the same clause gives the same Condition. */
export function createConditions(): (clauses: PolicyJson['conditions']) => readonly Condition[] {
  const known = new Map<string, Condition>()
  return (clauses) => {
    const found = clauses.flatMap(({ kind, body }) => clausesOf(body, kind === 'when', 0))
    // Said twice in one rule it is still one use.
    const conditions = found.map(([expr, wanted]) => {
      const key = `${wanted} ${JSON.stringify(expr)}`
      const condition = known.get(key) ?? new Condition(compileExpression(expr), wanted)
      known.set(key, condition)
      return condition
    })
    for (const condition of new Set(conditions)) condition.uses++
    return [...new Set(conditions)]
  }
}

/** `a && b` demands two things, `unless { a || b }` refuses two: each is asked in order, and the first that fails decides. */
function clausesOf(expr: Expr, wanted: boolean, depth: number): [Expr, boolean][] {
  if (depth > MAX_DEPTH) throw refuse(`an expression is nested deeper than ${MAX_DEPTH}`)
  const node = expr as Partial<Record<'&&' | '||', { left: Expr; right: Expr }>> & { '!'?: { arg: Expr } }
  const both = wanted ? node['&&'] : node['||']
  if (both) return [...clausesOf(both.left, wanted, depth + 1), ...clausesOf(both.right, wanted, depth + 1)]
  if (node['!']) return clausesOf(node['!'].arg, !wanted, depth + 1)
  return [[expr, wanted]]
}
