// Until when an answer holds. Whatever reads the clock or an age lowers `scope.until` to the next moment at which that
// reading could come out differently: exact or early, never late, because a lease is decided again at it.
import type { Expr } from '@cedar-policy/cedar-wasm/nodejs'
import { BINARY, UNARY } from './extension.ts'
import { type Evaluate, lookUp, type Scope } from './scope.ts'
import {
  attribute,
  type CedarRecord,
  type CedarValue,
  DateTime,
  Duration,
  isLong,
  isRecord,
  MISSING_ERROR,
} from './value.ts'

type Sub = (inner: Expr) => Evaluate
type Node = { readonly [operator: string]: unknown }

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
  if (scope.now === undefined) {
    const { now } = clockOf(scope)
    scope.now = now instanceof DateTime ? Number(now.ms) : Number.NaN
  }
  return scope.now
}

function hourEndOf(scope: Scope): number {
  if (scope.hourEnds === undefined) {
    const { minute } = clockOf(scope)
    scope.hourEnds = nextMinute(nowOf(scope)) + (59 - (typeof minute === 'number' ? minute : 59)) * MINUTE
  }
  return scope.hourEnds
}

/** For a reading of the context as a whole, which holds the clock. */
export function noteUnknown(scope: Scope) {
  lower(scope, nowOf(scope) + UNKNOWN_HOLD_MS)
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

export function compileAttribute({ left, attr }: { left: Expr; attr: string }, sub: Sub): Evaluate {
  const owner = subject(left, sub)
  const read: Evaluate = (scope) => {
    const value = lookUp(owner(scope), attr, scope)
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
export function subject(left: Expr, sub: Sub): Evaluate {
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
  return path.startsWith('clock.') && WHOLE_HOUR.has(path.slice(6)) ? hourEndOf : undefined
}

const nextMinute = (now: number) => Math.floor(now / MINUTE) * MINUTE + MINUTE

type Moving = { path: 'now' | 'time' | 'age'; read: Evaluate } | { path: 'since'; read: Evaluate; start: Evaluate }

/**
 * Comparisons of something that moves with the clock against something that stands still have an exact boundary:
 * `now < d` at d, `now.toTime() < t` at t or midnight, `now.durationSince(d) < t` at d + t, `auth.age < n` n - age seconds on.
 */
export function compileTimed(
  left: Expr,
  right: Expr,
  sub: Sub,
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

function moving(expr: Expr, sub: Sub): Moving | undefined {
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
function plain(expr: Expr, sub: Sub): Evaluate {
  const { left, attr } = (expr as { '.': { left: Expr; attr: string } })['.']
  const owner = subject(left, sub)
  return (scope) => {
    const value = lookUp(owner(scope), attr, scope)
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
