// What several matching permits demand together: all limits, the strictest clamp, all instructions, the most protective
// treatment. No permit can loosen what another demands.
import type { ClampDuty, Duties, LimitDuty } from '../core/index.ts'
import { NO_DUTIES, TREATMENTS } from '../core/index.ts'

export function mergeDuties(all: readonly Duties[]): Duties {
  const [first, ...rest] = all
  if (!first) return NO_DUTIES
  return rest.reduce(mergeTwo, first)
}

function mergeTwo(one: Duties, other: Duties): Duties {
  return {
    instruct: unique([...one.instruct, ...other.instruct]),
    limits: mergeLimits([...one.limits, ...other.limits]),
    clamps: mergeClamps([...one.clamps, ...other.clamps]),
    bans: unique([...one.bans, ...other.bans]),
    ...present('record', mergeRecord(one.record, other.record)),
    ...present('storeSeconds', smaller(one.storeSeconds, other.storeSeconds)),
    ...present('treat', most(one.treat, other.treat)),
    ...present('stepUp', mergeStepUp(one.stepUp, other.stepUp)),
    ...present('longestSeconds', smaller(one.longestSeconds, other.longestSeconds)),
    ...present('uses', smaller(one.uses, other.uses)),
    ...present('approvals', larger(one.approvals, other.approvals)),
    ...present('quorum', mergeQuorum(one.quorum, other.quorum)),
  }
}

const unique = (list: readonly string[]) => [...new Set(list)]
const present = <K extends string, T>(name: K, value: T | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [name in K]?: T }

const either =
  <T>(pick: (a: T, b: T) => T) =>
  (a: T | undefined, b: T | undefined) =>
    a === undefined ? b : b === undefined ? a : pick(a, b)
const smaller = either<number>(Math.min)
const larger = either<number>(Math.max)
/** A permit without `@treat` passes, so it never weakens one with it. */
const most = either<(typeof TREATMENTS)[number]>((a, b) => (TREATMENTS.indexOf(a) >= TREATMENTS.indexOf(b) ? a : b))

/**
 * Limits of different rules hold side by side: each counts what its own rule allows, and the larger number may be the one that is
 * used up.
 */
function mergeLimits(limits: readonly LimitDuty[]): readonly LimitDuty[] {
  const kept = new Map<string, LimitDuty>()
  for (const limit of limits) {
    const key = `${limit.unit}/${limit.windowSeconds ?? ''} ${limit.rule}`
    const other = kept.get(key)
    if (!other || limit.amount < other.amount) kept.set(key, limit)
  }
  return [...kept.values()]
}

/** Bounds on the same side narrow; equal demands collapse; demands that contradict both stay, and the call is refused. */
function mergeClamps(clamps: readonly ClampDuty[]): readonly ClampDuty[] {
  const kept = new Map<string, ClampDuty>()
  for (const clamp of clamps) {
    const key = `${clamp.parameter} ${clamp.operator}${clamp.operator === '==' ? ` ${clamp.value}` : ''}`
    const other = kept.get(key)
    const tighter =
      !other ||
      (clamp.operator === '<=' ? clamp.value < other.value : clamp.operator === '>=' && clamp.value > other.value)
    if (tighter) kept.set(key, clamp)
  }
  return [...kept.values()]
}

/** A duty to record adds up; what is kept is kept for the shorter time. */
const mergeRecord = either<NonNullable<Duties['record']>>((a, b) => ({
  prompt: a.prompt || b.prompt,
  answer: a.answer || b.answer,
  days: Math.min(a.days, b.days),
}))

const mergeStepUp = either<NonNullable<Duties['stepUp']>>((a, b) => ({
  // Both kinds are demanded: a sign-in must satisfy every one of the space-separated list.
  ...present('acr', either<string>((x, y) => unique([...x.split(' '), ...y.split(' ')]).join(' '))(a.acr, b.acr)),
  ...present('maxAgeSeconds', smaller(a.maxAgeSeconds, b.maxAgeSeconds)),
}))

const mergeQuorum = either<string>((a, b) => {
  const needed = new Map<string, number>()
  for (const part of `${a}, ${b}`.split(', ')) {
    const at = part.lastIndexOf(': ')
    const [group, count] = [part.slice(0, at), Number(part.slice(at + 2))]
    needed.set(group, Math.max(needed.get(group) ?? 0, count))
  }
  return [...needed].map(([group, count]) => `${group}: ${count}`).join(', ')
})

const SPANS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const
function span(seconds: number): string {
  const [size, unit] = SPANS.find(([one]) => seconds % one === 0) ?? [1, 's']
  return `${seconds / size}${unit}`
}
const WINDOWS: Readonly<Record<number, string>> = {
  1: 'second',
  60: 'minute',
  3600: 'hour',
  86400: 'day',
  604800: 'week',
}

/** What is demanded, in the words of the annotations: `limit 60 requests/minute`. */
export function dutyLines(duties: Duties): string[] {
  const { record, stepUp } = duties
  const limit = ({ amount, unit, windowSeconds }: LimitDuty) =>
    windowSeconds === undefined
      ? `${amount} ${unit}`
      : `${amount} ${unit}/${WINDOWS[windowSeconds] ?? `${windowSeconds} seconds`}`
  const all: readonly (readonly [string, readonly string[]])[] = [
    ['instruct', duties.instruct],
    ['limit', duties.limits.map(limit)],
    ['clamp', duties.clamps.map(({ parameter, operator, value }) => `${parameter} ${operator} ${value}`)],
    ['ban', duties.bans],
    [
      'record',
      record
        ? [[...(record.prompt ? ['prompt'] : []), ...(record.answer ? ['answer'] : []), `${record.days}d`].join(', ')]
        : [],
    ],
    ['store', optional(duties.storeSeconds, span)],
    ['treat', optional(duties.treat, String)],
    ['stepup', stepUp ? [[...optional(stepUp.acr, String), ...optional(stepUp.maxAgeSeconds, span)].join(', ')] : []],
    ['longest', optional(duties.longestSeconds, span)],
    ['uses', optional(duties.uses, String)],
    ['approvals', optional(duties.approvals, String)],
    ['quorum', optional(duties.quorum, String)],
  ]
  return all.flatMap(([name, values]) => values.map((value) => `${name} ${value}`))
}

const optional = <T>(value: T | undefined, say: (value: T) => string): string[] =>
  value === undefined ? [] : [say(value)]
