// The compiled rules against Cedar's own library: random rules over every operator, random facts, errors on purpose.
// Decision, determining rules and erroring rules must agree on every request. Seeds are fixed; FUZZ_SEED and
// FUZZ_REQUESTS run others.
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { expect, test } from 'vitest'
import { createRandom } from '../../test/generators/random.ts'
import { type Batch, batch, bundleOf } from '../../test/generators/rules.ts'
import { evaluate } from './evaluate.ts'
import { OPERATORS } from './expression.ts'
import { type OracleAnswer, prepareOracle, ruleTexts } from './oracle.ts'
import { oracleQuestion } from './oracle-question.ts'
import { compileBundle, type Program } from './program.ts'

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 50_000)
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_120)

/** What the compiled rules say and what the library says, as text to compare; undefined where they agree. */
function difference(program: Program, theirs: OracleAnswer, one: Batch['questions'][number]): string | undefined {
  const mine = evaluate(program, one.question, one.source)
  const skipping = mine.permits.length > 0 && mine.forbids.length === 0
  const ids = (rules: readonly { id: string }[]) => rules.map((rule) => rule.id).sort()
  const left = JSON.stringify([
    skipping ? 'allow' : 'deny',
    ids(skipping ? mine.permits : mine.forbids),
    ids(mine.errors),
  ])
  const right = JSON.stringify([theirs.decision, theirs.reasons, theirs.errors])
  return left === right ? undefined : `compiled ${left}, reference ${right}`
}

type Json = { [name: string]: unknown }
const swap = (to: string) => (body: unknown) => ({ [to]: body })
const negated = (name: string) => (body: unknown) => ({ '!': { arg: { [name]: body } } })
const part = (name: string) => (body: unknown) => (body as Json)[name]
const constant = (made: Json) => () => made
/** What a compiler would do that got this one operator slightly wrong. */
const WRONG: Readonly<Record<string, (body: unknown) => unknown>> = {
  Value: (body) => ({
    Value:
      typeof body === 'boolean'
        ? !body
        : typeof body === 'number'
          ? body + (body > 0 ? -1 : 1)
          : typeof body === 'string'
            ? `${body}a`
            : body,
  }),
  Var: (body) => ({ Var: body === 'principal' ? 'resource' : body }),
  '!': part('arg'),
  neg: part('arg'),
  '&&': swap('||'),
  '||': swap('&&'),
  'if-then-else': part('then'),
  '==': swap('!='),
  '!=': swap('=='),
  '<': swap('<='),
  '<=': swap('<'),
  '>': swap('>='),
  '>=': swap('>'),
  '+': swap('-'),
  '-': swap('+'),
  '*': swap('+'),
  in: swap('=='),
  contains: negated('contains'),
  containsAll: swap('containsAny'),
  containsAny: swap('containsAll'),
  isEmpty: negated('isEmpty'),
  getTag: constant({ Value: 'a' }),
  hasTag: negated('hasTag'),
  '.': (body) => ((body as Json).attr === 'n' ? { Value: 1 } : { '.': body }),
  has: negated('has'),
  like: negated('like'),
  is: negated('is'),
  Set: (body) => ({ Set: (body as unknown[]).slice(1) }),
  Record: constant({ Record: {} }),
  ip: constant({ ip: [{ Value: '9.9.9.9' }] }),
  decimal: constant({ decimal: [{ Value: '0.0' }] }),
  datetime: constant({ datetime: [{ Value: '2000-01-01' }] }),
  duration: constant({ duration: [{ Value: '7ms' }] }),
  isIpv4: swap('isIpv6'),
  isIpv6: swap('isIpv4'),
  isLoopback: negated('isLoopback'),
  isMulticast: negated('isMulticast'),
  toDate: (body) => (body as unknown[])[0],
  toTime: constant({ duration: [{ Value: '0ms' }] }),
  toMilliseconds: swap('toSeconds'),
  toSeconds: swap('toMinutes'),
  toMinutes: swap('toSeconds'),
  toHours: swap('toMinutes'),
  toDays: swap('toHours'),
  lessThan: swap('lessThanOrEqual'),
  lessThanOrEqual: swap('lessThan'),
  greaterThan: swap('greaterThanOrEqual'),
  greaterThanOrEqual: swap('greaterThan'),
  isInRange: negated('isInRange'),
  offset: (body) => (body as unknown[])[0],
  durationSince: (body) => ({ durationSince: [...(body as unknown[])].reverse() }),
}

/** The expression with every use of one operator made wrong; the same object if it is not used. */
function spoil(node: unknown, operator: string): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((one) => spoil(one, operator))
  const inner = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, spoil(value, operator)]))
  return Object.hasOwn(inner, operator) && Object.keys(inner).length === 1 ? WRONG[operator]!(inner[operator]) : inner
}

test(`${REQUESTS} random requests: no difference to the reference; each operator done wrong is noticed`, {
  timeout: 600_000,
}, () => {
  const random = createRandom(SEED).next
  const seen = { requests: 0, allow: 0, errors: 0 }
  // An operator without an entry here, or that no generated rule uses, would be an operator nobody compares.
  const unnoticed = new Set(OPERATORS)
  while (seen.requests < REQUESTS) {
    const made = batch(random)
    const program = compileBundle(bundleOf(made.texts, made.jsons))
    const ask = prepareOracle('fuzz', ruleTexts(program))
    const told = made.questions.map(({ question, source }) => ask(oracleQuestion(program, question, source)))
    made.questions.forEach((one, index) => {
      const differs = difference(program, told[index]!, one)
      if (differs) throw new Error(`seed ${SEED}, request ${seen.requests}: ${differs}\n${made.texts.join('\n')}`)
      seen.requests++
      if (told[index]!.decision === 'allow') seen.allow++
      if (told[index]!.errors.length > 0) seen.errors++
    })
    for (const operator of unnoticed) {
      const jsons = made.jsons.map((json) => ({ ...json, conditions: spoil(json.conditions, operator) }) as PolicyJson)
      if (JSON.stringify(jsons) === JSON.stringify(made.jsons)) continue
      const wrong = compileBundle(bundleOf(made.texts, jsons))
      if (made.questions.some((one, index) => difference(wrong, told[index]!, one))) unnoticed.delete(operator)
    }
  }
  expect([...unnoticed]).toEqual([])
  expect(seen.allow).toBeGreaterThan(REQUESTS / 50)
  expect(seen.errors).toBeGreaterThan(REQUESTS / 10)
})
