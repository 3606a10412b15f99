// Cedar's JSON expressions compiled to closures. Every operator of the language has its case here; anything else refuses
// the whole bundle, because a skipped condition would silently change what a rule means.
// Closures also note until when their answer holds: whatever reads the clock or an age lowers `scope.until`.
import type { Expr } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'
import type { EntityFacts, EntitySource } from './entity.ts'
import { BINARY, negate, UNARY } from './extension.ts'
import {
  add,
  attribute,
  type CedarRecord,
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
  isRecord,
  isSet,
  MISSING_ERROR,
  multiply,
  subtract,
  TYPE_ERROR,
} from './value.ts'

/** What one decision is about; made once per decision and shared by all rules. */
export interface Scope {
  readonly principal: EntityRef
  readonly action: EntityRef
  readonly resource: EntityRef
  readonly context: CedarRecord
  readonly entities: EntitySource
  /** Milliseconds since 1970 until which nothing read so far changes by itself; Infinity if nothing ever does. */
  until: number
}

export type Evaluate = (scope: Scope) => CedarValue

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
    const value = literal(body)
    return () => value
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
          // The context as a whole holds the clock.
          lower(scope, nowOf(scope) + UNKNOWN_HOLD_MS)
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
  in: binary((left, right, scope) => isIn(left, right, scope.entities)),
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
    const facts = scope.entities.get(left)
    const tag = facts?.tags && attribute(facts.tags, right)
    if (tag === undefined) throw MISSING_ERROR
    return tag
  }),
  hasTag: binary((left, right, scope) => {
    if (!(left instanceof EntityRef) || typeof right !== 'string') throw TYPE_ERROR
    const tags = scope.entities.get(left)?.tags
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
        const next = lookUp(value, name, scope.entities)
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
      return within ? isIn(value, within(scope), scope.entities) : true
    }
  },
  Set: (body, sub) => {
    const members = (body as Expr[]).map(sub)
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

export function isIn(left: CedarValue, right: CedarValue, entities: EntitySource): boolean {
  if (!(left instanceof EntityRef)) throw TYPE_ERROR
  if (right instanceof EntityRef)
    return left.text === right.text || (entities.get(left)?.ancestors.has(right.text) ?? false)
  if (!isSet(right)) throw TYPE_ERROR
  for (const member of right) if (!(member instanceof EntityRef)) throw TYPE_ERROR
  let ancestors: EntityFacts['ancestors'] | undefined
  for (const member of right as readonly EntityRef[]) {
    if (member.text === left.text) return true
    ancestors ??= entities.get(left)?.ancestors
    if (ancestors?.has(member.text)) return true
  }
  return false
}

/** Absent, or on an entity that does not exist: undefined. On anything that has no attributes: a type error. */
function lookUp(value: CedarValue, name: string, entities: EntitySource): CedarValue | undefined {
  if (value instanceof EntityRef) {
    const facts = entities.get(value)
    return facts && attribute(facts.attrs, name)
  }
  if (isRecord(value)) return attribute(value, name)
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

// Time. `until` must be exact or early, never late: a lease is decided again at it.

/** How long an answer holds that uses the clock in a way no boundary can be computed for. */
const UNKNOWN_HOLD_MS = 1000
const MINUTE = 60_000
const DAY = 86_400_000

function lower(scope: Scope, until: number) {
  if (until < scope.until) scope.until = until
}

function clockOf(scope: Scope): CedarRecord {
  const clock = attribute(scope.context, 'clock')
  return clock !== undefined && isRecord(clock) ? clock : {}
}

/** NaN without a clock, and NaN lowers nothing: nothing that depends on time can be read then either. */
function nowOf(scope: Scope): number {
  const now = clockOf(scope).now
  return now instanceof DateTime ? Number(now.ms) : Number.NaN
}

const WHOLE_HOUR = new Set(['hour', 'weekday'])
const AGES = new Set(['auth.age', 'session.age'])

/** `context.clock.hour` as `clock.hour`; undefined for anything but attributes of the context. */
function contextPath(expr: Expr): string | undefined {
  const names: string[] = []
  let at = expr as Node
  for (;;) {
    const step = at['.'] as { left: Expr; attr: string } | undefined
    if (!step) break
    names.unshift(step.attr)
    at = step.left as Node
  }
  return at.Var === 'context' ? names.join('.') : undefined
}

function compileAttribute({ left, attr }: { left: Expr; attr: string }, sub: (inner: Expr) => Evaluate): Evaluate {
  const owner = subject(left, sub)
  const read: Evaluate = (scope) => {
    const value = lookUp(owner(scope), attr, scope.entities)
    if (value === undefined) throw MISSING_ERROR
    return value
  }
  const path = contextPath({ '.': { left, attr } })
  const holds = path === undefined ? undefined : holdOf(path)
  if (!holds) return read
  return (scope) => {
    lower(scope, holds(scope))
    return read(scope)
  }
}

/** The owner of an attribute, without the note that reading the whole context or clock leaves. */
function subject(left: Expr, sub: (inner: Expr) => Evaluate): Evaluate {
  const path = contextPath(left)
  if (path === '') return (scope) => scope.context
  if (path === undefined || !CLOCKED.has(path)) return sub(left)
  return (scope) => {
    const record = attribute(scope.context, path)
    if (record === undefined) throw MISSING_ERROR
    return record
  }
}
const CLOCKED = new Set(['clock', 'auth', 'session'])

/** Until when a bare reading of this path stays what it is. */
function holdOf(path: string): ((scope: Scope) => number) | undefined {
  if (path === 'clock.now' || AGES.has(path) || CLOCKED.has(path)) return (scope) => nowOf(scope) + UNKNOWN_HOLD_MS
  if (path === 'clock.minute') return (scope) => nextMinute(nowOf(scope))
  if (path.startsWith('clock.') && WHOLE_HOUR.has(path.slice(6)))
    return (scope) => {
      const minute = clockOf(scope).minute
      return nextMinute(nowOf(scope)) + (59 - (typeof minute === 'number' ? minute : 59)) * MINUTE
    }
  return undefined
}

const nextMinute = (now: number) => Math.floor(now / MINUTE) * MINUTE + MINUTE

type Moving = { path: 'now' | 'time' | 'age'; read: Evaluate } | { path: 'since'; read: Evaluate; start: Evaluate }

/**
 * Comparisons of something that moves with the clock against something that stands still have an exact boundary:
 * `now < d` at d, `now.toTime() < t` at t or midnight, `now.durationSince(d) < t` at d + t, `auth.age < n` n - age seconds on.
 */
function compileTimed(
  left: Expr,
  right: Expr,
  sub: (inner: Expr) => Evaluate,
  compare: (left: CedarValue, right: CedarValue) => boolean,
): Evaluate | undefined {
  const [movingLeft, movingRight] = [moving(left, sub), moving(right, sub)]
  if ((movingLeft === undefined) === (movingRight === undefined)) return undefined
  if (movingLeft) {
    const still = sub(right)
    return (scope) => {
      const a = movingLeft.read(scope)
      const b = still(scope)
      lower(scope, boundary(movingLeft, a, b, scope))
      return compare(a, b)
    }
  }
  const still = sub(left)
  const mover = movingRight!
  return (scope) => {
    const a = still(scope)
    const b = mover.read(scope)
    lower(scope, boundary(mover, b, a, scope))
    return compare(a, b)
  }
}

function moving(expr: Expr, sub: (inner: Expr) => Evaluate): Moving | undefined {
  const path = contextPath(expr)
  if (path === 'clock.now') return { path: 'now', read: plain(expr, sub) }
  if (path !== undefined && AGES.has(path)) return { path: 'age', read: plain(expr, sub) }
  const call = expr as { toTime?: Expr[]; durationSince?: Expr[] }
  const [time, since, start] = [call.toTime?.[0], call.durationSince?.[0], call.durationSince?.[1]]
  if (time && contextPath(time) === 'clock.now') {
    const now = plain(time, sub)
    return { path: 'time', read: (scope) => UNARY.toTime!(now(scope)) }
  }
  if (since && start && contextPath(since) === 'clock.now') {
    const [now, begin] = [plain(since, sub), sub(start)]
    return { path: 'since', read: (scope) => BINARY.durationSince!(now(scope), begin(scope)), start: begin }
  }
  return undefined
}

/** Reads an attribute without lowering `until`; the comparison does that, exactly. */
function plain(expr: Expr, sub: (inner: Expr) => Evaluate): Evaluate {
  const { left, attr } = (expr as { '.': { left: Expr; attr: string } })['.']
  const owner = subject(left, sub)
  return (scope) => {
    const value = lookUp(owner(scope), attr, scope.entities)
    if (value === undefined) throw MISSING_ERROR
    return value
  }
}

function boundary(mover: Moving, moved: CedarValue, still: CedarValue, scope: Scope): number {
  const now = nowOf(scope)
  const first = (at: number) => (at > now ? at : at === now ? now + 1 : Number.POSITIVE_INFINITY)
  switch (mover.path) {
    case 'now':
      return still instanceof DateTime ? first(Number(still.ms)) : Number.POSITIVE_INFINITY
    case 'time': {
      const midnight = Math.floor(now / DAY) * DAY
      const at = still instanceof Duration ? first(midnight + Number(still.ms)) : Number.POSITIVE_INFINITY
      return Math.min(at, midnight + DAY)
    }
    case 'since': {
      const start = mover.start(scope)
      return still instanceof Duration && start instanceof DateTime
        ? first(Number(start.ms) + Number(still.ms))
        : Number.POSITIVE_INFINITY
    }
    case 'age': {
      if (!isLong(still) || !isLong(moved)) return Number.POSITIVE_INFINITY
      const seconds = Number(still) - Number(moved)
      // Ages are whole seconds, rounded up: at equality the next second begins at any moment.
      return seconds > 0 ? now + seconds * 1000 : seconds === 0 ? now + 100 : Number.POSITIVE_INFINITY
    }
  }
}

function refuse(detail: string): Fault {
  return new Fault('policy_invalid', { detail: `The rules cannot be compiled: ${detail}.` })
}
