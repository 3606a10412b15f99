// Rules that a caller goes round by saying nothing: what is left out of a call or an ask means as much as the server has, or as
// there is, and a rule that compares only what is there does not see it.
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'

/** Of these, more is what a rule has to fear, and none is set by whoever serves. */
const WITHOUT_END = ['maxTokens', 'reasoningTokens', 'contextTokens', 'keepAliveSeconds', 'temperature', 'topP', 'topK']
const MODELS = 'ask.models'

interface LeftOut {
  readonly rule: Rule
  readonly message: string
  readonly help: string
}

export function leftOut(program: Program): LeftOut[] {
  const clamped = new Set(
    program.rules.flatMap(({ notes }) =>
      notes.duties.clamps.flatMap(({ parameter, operator }) => (operator === '>=' ? [] : [parameter])),
    ),
  )
  return program.rules.flatMap((rule) => {
    const seen = readConditions(rule)
    const found: LeftOut[] = []
    if (rule.effect === 'forbid') {
      for (const name of WITHOUT_END) {
        const path = `request.${name}`
        if (clamped.has(name) || !seen.compared.has(path) || seen.absent.has(path)) continue
        found.push({
          rule,
          message: `a call that leaves ${name} out is not forbidden: it gets what the server has`,
          help: `@clamp("${name} <= …") on the rule that allows it, or unless { context.request has ${name} && … }`,
        })
      }
      for (const name of ['uses', 'tokens'])
        if (seen.compared.has(`ask.${name}`) && !seen.absent.has(`ask.${name}`))
          found.push({
            rule,
            message: `an ask without ${name} is not forbidden: it is good for any number`,
            help: `${name === 'uses' ? '@uses("…") on the rule that allows it, or ' : ''}unless { context.ask has ${name} && … }`,
          })
    }
    if (seen.within.has(MODELS) && !seen.absent.has(MODELS))
      found.push({
        rule,
        message: 'an ask that names no models is for all of them, and passes here: an empty set is within any',
        help: 'add !context.ask.models.isEmpty()',
      })
    return found
  })
}

interface Seen {
  /** Paths in the context that must be more than something for the rule to hold. */
  readonly compared: Set<string>
  /** Paths of which the rule says what holds if they are not there. */
  readonly absent: Set<string>
  /** Paths of sets that must lie within another. */
  readonly within: Set<string>
}

type Node = { readonly [operator: string]: unknown }

function readConditions({ json }: Rule): Seen {
  const seen: Seen = { compared: new Set(), absent: new Set(), within: new Set() }
  for (const { kind, body } of json.conditions) walk(body, kind === 'when', seen)
  return seen
}

function walk(node: unknown, asked: boolean, seen: Seen): void {
  if (typeof node !== 'object' || node === null) return
  for (const [operator, inner] of Object.entries(node as Node)) {
    const { left, right, attr, arg } = (inner ?? {}) as {
      left?: unknown
      right?: unknown
      attr?: unknown
      arg?: unknown
    }
    if (operator === 'has' && !asked) seen.absent.add(`${pathOf(left)}.${String(attr)}`)
    if (operator === 'if-then-else') {
      walkBranches(inner as Branches, asked, seen)
      continue
    }
    const more =
      operator === '>' || operator === '>=' ? left : operator === '<' || operator === '<=' ? right : undefined
    if (asked && more !== undefined) seen.compared.add(pathOf(more))
    if (operator === 'greaterThan' || operator === 'greaterThanOrEqual')
      if (asked && Array.isArray(inner)) seen.compared.add(pathOf(inner[0]))
    if (operator === 'containsAll') seen.within.add(pathOf(right))
    if (operator === 'isEmpty') seen.absent.add(pathOf(arg))
    walk(inner, operator === '!' ? !asked : asked, seen)
  }
}

interface Branches {
  readonly if: unknown
  readonly then: unknown
  readonly else: unknown
}

/** `if context.request has maxTokens then … else true`: for what is asked for with `has`, `else` says what holds without it. */
function walkBranches(branches: Branches, asked: boolean, seen: Seen): void {
  const without: Seen = { ...seen, absent: new Set() }
  walk(branches.if, asked, without)
  walk(branches.if, !asked, without)
  if ((branches.else as { Value?: unknown }).Value !== !asked) for (const path of without.absent) seen.absent.add(path)
  walk(branches.then, asked, seen)
  walk(branches.else, asked, seen)
}

/** `context.request.maxTokens` as `request.maxTokens`; undefined and anything else as ''. */
function pathOf(node: unknown): string {
  const step = (node as Node | undefined)?.['.'] as { left: unknown; attr: string } | undefined
  if (!step) return ''
  const before = pathOf(step.left)
  return before === '' ? step.attr : `${before}.${step.attr}`
}
