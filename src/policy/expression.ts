// Cedar's JSON expressions compiled to closures. Every operator of the language has its case here; anything else refuses
// the whole bundle, because a skipped condition would silently change what a rule means.
import type { Expr } from '@cedar-policy/cedar-wasm/nodejs'
import { BINARY, negate, UNARY } from './extension.ts'
import { compileAttribute, compileTimed, noteUnknown, subject } from './horizon.ts'
import { type Evaluate, isIn, isInAny, lookUp, refuse, type Scope } from './scope.ts'
import {
  add,
  attribute,
  type CedarValue,
  contains,
  containsAll,
  containsAny,
  DateTime,
  Duration,
  EntityRef,
  EvaluationError,
  equal,
  isLong,
  isSet,
  MISSING_ERROR,
  multiply,
  subtract,
  TYPE_ERROR,
} from './value.ts'

type Node = { readonly [operator: string]: unknown }
type Pair = { left: Expr; right: Expr }

/** Nesting of accepted expressions. Evaluation recurses, so this bounds its stack. */
export const MAX_DEPTH = 200

export function compileExpression(expr: Expr): Evaluate {
  return compile(expr, 0)
}

function compile(expr: Expr, depth: number): Evaluate {
  if (depth > MAX_DEPTH) throw refuse(`an expression is nested deeper than ${MAX_DEPTH}`)
  const node = expr as Node
  const names = Object.keys(node)
  const operator = names[0]
  if (operator === undefined || names.length !== 1) throw refuse('an expression node must have exactly one operator')
  const body = node[operator]
  const sub = (inner: Expr) => compile(inner, depth + 1)

  const build = CASES[operator]
  if (build && Object.hasOwn(CASES, operator)) return build(body, sub)

  const one = Object.hasOwn(UNARY, operator) ? UNARY[operator] : undefined
  const two = Object.hasOwn(BINARY, operator) ? BINARY[operator] : undefined
  if ((one || two) && Array.isArray(body)) return compileCall(body as Expr[], one, two, sub)
  throw refuse(`operator ${JSON.stringify(operator)} is not known to the compiler`)
}

type Build = (body: unknown, sub: (inner: Expr) => Evaluate) => Evaluate

/** What an expression is that reads nothing; undefined for one that does. */
const CONSTANTS = new WeakMap<Evaluate, CedarValue>()
function constant(value: CedarValue): Evaluate {
  const evaluate: Evaluate = () => value
  CONSTANTS.set(evaluate, value)
  return evaluate
}

const binary =
  (apply: (left: CedarValue, right: CedarValue, scope: Scope) => CedarValue): Build =>
  (body, sub) => {
    const { left, right } = body as Pair
    const [first, second] = [sub(left), sub(right)]
    return (scope) => apply(first(scope), second(scope), scope)
  }

const ordered =
  (compare: (left: number | bigint, right: number | bigint) => boolean): Build =>
  (body, sub) => {
    const { left, right } = body as Pair
    return (
      compileTimed(left, right, sub, (a, b) => order(a, b, compare)) ??
      binary((a, b) => order(a, b, compare))(body, sub)
    )
  }

const equality =
  (wanted: boolean): Build =>
  (body, sub) => {
    const { left, right } = body as Pair
    return (
      compileTimed(left, right, sub, (a, b) => equal(a, b) === wanted) ??
      binary((a, b) => equal(a, b) === wanted)(body, sub)
    )
  }

function order(left: CedarValue, right: CedarValue, compare: (a: number | bigint, b: number | bigint) => boolean) {
  if (typeof left === 'number' && typeof right === 'number' && Number.isSafeInteger(left)) return compare(left, right)
  if (isLong(left) && isLong(right)) return compare(left, right)
  if (left instanceof DateTime && right instanceof DateTime) return compare(left.ms, right.ms)
  if (left instanceof Duration && right instanceof Duration) return compare(left.ms, right.ms)
  throw TYPE_ERROR
}

const arithmetic = (apply: (left: number | bigint, right: number | bigint) => number | bigint): Build =>
  binary((left, right) => {
    if (!isLong(left) || !isLong(right)) throw TYPE_ERROR
    return apply(left, right)
  })

const setPair = (test: (left: readonly CedarValue[], right: readonly CedarValue[]) => boolean): Build =>
  binary((left, right) => {
    if (!isSet(left) || !isSet(right)) throw TYPE_ERROR
    return test(left, right)
  })

/** One case per operator of Cedar 4's JSON form. */
const CASES: Readonly<Record<string, Build>> = {
  Value: (body) => {
    return constant(literal(body))
  },
  Var: (body) => {
    switch (body) {
      case 'principal':
        return (scope) => scope.principal
      case 'action':
        return (scope) => scope.action
      case 'resource':
        return (scope) => scope.resource
      case 'context':
        return (scope) => {
          noteUnknown(scope)
          return scope.context
        }
      default:
        throw refuse(`variable ${JSON.stringify(body)} is not known to the compiler`)
    }
  },
  '!': (body, sub) => {
    const inner = sub((body as { arg: Expr }).arg)
    return (scope) => !bool(inner(scope))
  },
  neg: (body, sub) => {
    const inner = sub((body as { arg: Expr }).arg)
    return (scope) => negate(inner(scope))
  },
  '&&': (body, sub) => {
    const { left, right } = body as Pair
    const [first, second] = [sub(left), sub(right)]
    return (scope) => bool(first(scope)) && bool(second(scope))
  },
  '||': (body, sub) => {
    const { left, right } = body as Pair
    const [first, second] = [sub(left), sub(right)]
    return (scope) => bool(first(scope)) || bool(second(scope))
  },
  'if-then-else': (body, sub) => {
    const parts = body as { if: Expr; then: Expr; else: Expr }
    const [test, yes, no] = [sub(parts.if), sub(parts.then), sub(parts.else)]
    return (scope) => (bool(test(scope)) ? yes(scope) : no(scope))
  },
  '==': equality(true),
  '!=': equality(false),
  '<': ordered((left, right) => left < right),
  '<=': ordered((left, right) => left <= right),
  '>': ordered((left, right) => left > right),
  '>=': ordered((left, right) => left >= right),
  '+': arithmetic(add),
  '-': arithmetic(subtract),
  '*': arithmetic(multiply),
  in: (body, sub) => {
    const { left, right } = body as Pair
    const [first, second] = [sub(left), sub(right)]
    const known = CONSTANTS.get(second)
    // The members of a set that is written out are checked once; each evaluation then only looks for them.
    if (known !== undefined && isSet(known) && known.every((member) => member instanceof EntityRef)) {
      const texts = (known as readonly EntityRef[]).map(({ text }) => text)
      return (scope) => isInAny(first(scope), texts, scope)
    }
    return (scope) => isIn(first(scope), second(scope), scope)
  },
  contains: binary((left, right) => {
    if (!isSet(left)) throw TYPE_ERROR
    return contains(left, right)
  }),
  containsAll: setPair(containsAll),
  containsAny: setPair(containsAny),
  isEmpty: (body, sub) => {
    const inner = sub((body as { arg: Expr }).arg)
    return (scope) => {
      const set = inner(scope)
      if (!isSet(set)) throw TYPE_ERROR
      return set.length === 0
    }
  },
  getTag: binary((left, right, scope) => {
    if (!(left instanceof EntityRef) || typeof right !== 'string') throw TYPE_ERROR
    const facts = scope.get(left)
    const tag = facts?.tags && attribute(facts.tags, right)
    if (tag === undefined) throw MISSING_ERROR
    return tag
  }),
  hasTag: binary((left, right, scope) => {
    if (!(left instanceof EntityRef) || typeof right !== 'string') throw TYPE_ERROR
    const tags = scope.get(left)?.tags
    return tags !== undefined && attribute(tags, right) !== undefined
  }),
  '.': (body, sub) => compileAttribute(body as { left: Expr; attr: string }, sub),
  has: (body, sub) => {
    const { left, attr } = body as { left: Expr; attr: string | string[] }
    const owner = subject(left, sub)
    const path = typeof attr === 'string' ? [attr] : attr
    return (scope) => {
      let value = owner(scope)
      for (const name of path) {
        const next = lookUp(value, name, scope)
        if (next === undefined) return false
        value = next
      }
      return true
    }
  },
  like: (body, sub) => {
    const { left, pattern } = body as { left: Expr; pattern: readonly ('Wildcard' | { Literal: string })[] }
    const inner = sub(left)
    const pieces = splitPattern(pattern)
    return (scope) => {
      const value = inner(scope)
      if (typeof value !== 'string') throw TYPE_ERROR
      return like(value, pieces)
    }
  },
  is: (body, sub) => {
    const parts = body as { left: Expr; entity_type: string; in?: Expr }
    const inner = sub(parts.left)
    const within = parts.in && sub(parts.in)
    return (scope) => {
      const value = inner(scope)
      if (!(value instanceof EntityRef)) throw TYPE_ERROR
      if (value.type !== parts.entity_type) return false
      return within ? isIn(value, within(scope), scope) : true
    }
  },
  Set: (body, sub) => {
    const members = (body as Expr[]).map(sub)
    if (members.every((member) => CONSTANTS.has(member)))
      return constant(members.map((member) => CONSTANTS.get(member)!))
    return (scope) => members.map((member) => member(scope))
  },
  Record: (body, sub) => {
    const fields = Object.entries(body as Record<string, Expr>).map(([name, value]) => [name, sub(value)] as const)
    return (scope) => Object.fromEntries(fields.map(([name, value]) => [name, value(scope)]))
  },
}

/** The operators and functions this compiler knows, for the tests that must cover each. */
export const OPERATORS: readonly string[] = [...Object.keys(CASES), ...Object.keys(UNARY), ...Object.keys(BINARY)]

function compileCall(
  parts: Expr[],
  one: ((value: CedarValue) => CedarValue) | undefined,
  two: ((left: CedarValue, right: CedarValue) => CedarValue) | undefined,
  sub: (inner: Expr) => Evaluate,
): Evaluate {
  const [first, second] = parts
  if (one && first && parts.length === 1) {
    const constant = constantCall(one, first)
    if (constant) return constant
    const inner = sub(first)
    return (scope) => one(inner(scope))
  }
  if (two && first && second && parts.length === 2) {
    const [left, right] = [sub(first), sub(second)]
    return (scope) => two(left(scope), right(scope))
  }
  throw refuse('an extension function has the wrong number of arguments')
}

/** `ip("10.0.0.0/8")` is parsed once, at load. A text that does not parse stays an error of each evaluation, as in Cedar. */
function constantCall(apply: (value: CedarValue) => CedarValue, argument: Expr): Evaluate | undefined {
  const given = (argument as { Value?: unknown }).Value
  if (typeof given !== 'string') return undefined
  try {
    const value = apply(given)
    return () => value
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    return () => {
      throw error
    }
  }
}

function literal(body: unknown): CedarValue {
  if (typeof body === 'boolean' || typeof body === 'string') return body
  if (typeof body === 'number') {
    // The parser hands integers over as doubles: beyond 2^53 the text and the value may differ.
    if (!Number.isSafeInteger(body)) throw refuse('an integer literal is outside ±9007199254740991')
    return body
  }
  if (Array.isArray(body)) return body.map(literal)
  if (typeof body === 'object' && body !== null) {
    const named = body as { __entity?: { type: string; id: string }; __extn?: { fn: string; arg: unknown } }
    if (named.__entity) return new EntityRef(named.__entity.type, named.__entity.id)
    if (named.__extn) {
      const parse = Object.hasOwn(UNARY, named.__extn.fn) ? UNARY[named.__extn.fn] : undefined
      if (parse) return parse(literal(named.__extn.arg))
    } else return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, literal(value)]))
  }
  throw refuse('a literal of an unknown kind')
}

function bool(value: CedarValue): boolean {
  if (value === true) return true
  if (value === false) return false
  throw TYPE_ERROR
}

// Patterns: the literals between wildcards, in order. Greedy left-to-right search is exact and linear per literal.
function splitPattern(pattern: readonly ('Wildcard' | { Literal: string })[]): string[] {
  const pieces = ['']
  for (const element of pattern)
    if (element === 'Wildcard') pieces.push('')
    else pieces[pieces.length - 1] += element.Literal
  return pieces
}

function like(value: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return value === first
  const last = pieces.at(-1) ?? ''
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false
  let at = first.length
  const end = value.length - last.length
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
