// The reference: Cedar's own library asked the same question. Slow, so it stands beside the compiled rules: in the fuzz
// test, in the sampled check of a running gateway, and alone where `policy.engine` says so.
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'
import type { Answer, Evaluator } from './evaluate.ts'
import { type OracleQuestion, oracleQuestion } from './oracle-question.ts'
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'

export interface OracleAnswer {
  /** Ids of satisfied permits of an allow, satisfied forbids of a deny. */
  readonly reasons: readonly string[]
  readonly errors: readonly string[]
  /** What the library says, which skips rules that error. */
  readonly decision: 'allow' | 'deny'
}

/** Makes the library ready for one set of rules. The same `name` is overwritten: the library can forget nothing. */
export function prepareOracle(
  name: string,
  rules: Readonly<Record<string, string>>,
): (question: OracleQuestion) => OracleAnswer {
  const prepared = preparsePolicySet(name, { staticPolicies: { ...rules } })
  if (prepared.type === 'failure')
    throw new Fault('policy_invalid', { detail: prepared.errors[0]?.message ?? 'The rules cannot be read.' })
  return (question) => {
    const answer = statefulIsAuthorized({ ...question, preparsedPolicySetId: name })
    if (answer.type === 'failure')
      throw new Fault('internal', { cause: new Error(answer.errors.map((error) => error.message).join('; ')) })
    const { decision, diagnostics } = answer.response
    return {
      decision,
      reasons: [...diagnostics.reason].sort(),
      errors: diagnostics.errors.map((error) => error.policyId).sort(),
    }
  }
}

export const ruleTexts = (program: Program): Readonly<Record<string, string>> =>
  Object.fromEntries(program.rules.map((rule) => [rule.id, rule.text]))

/**
 * Decides with the library alone, on this thread: milliseconds per question. It cannot say until when an answer holds, so
 * each holds for a second.
 */
export function createOracleEvaluator(program: Program, now: () => number): Evaluator {
  const ask = prepareOracle('engine', ruleTexts(program))
  const byId = new Map(program.rules.map((rule) => [rule.id, rule]))
  const named = (ids: readonly string[]) =>
    ids.flatMap((id) => byId.get(id) ?? []).sort((one, other) => one.index - other.index)
  return (question, entities) => {
    const shelf = program.shelves.get(question.action)
    const impossible = (what: NonNullable<Answer['impossible']>): Answer => ({ ...NOTHING, impossible: what })
    if (!shelf) return impossible('action')
    if (!entities.get(question.principal)) return impossible('principal')
    if (!entities.get(question.resource)) return impossible('resource')
    if (!shelf.action.principals.has(question.principal.type) || !shelf.action.resources.has(question.resource.type))
      return impossible('types')
    const answer = ask(oracleQuestion(program, question, entities))
    const rules = named(answer.reasons)
    const errors = named(answer.errors)
    const satisfied = (effect: Rule['effect']) => rules.filter((rule) => rule.effect === effect)
    return {
      allow: answer.decision === 'allow' && errors.length === 0,
      permits: satisfied('permit'),
      forbids: satisfied('forbid'),
      errors,
      until: now() + 1000,
    }
  }
}

const NOTHING: Answer = { allow: false, permits: [], forbids: [], errors: [], until: Number.POSITIVE_INFINITY }
