// What just-in-time access looks like in numbers, with one sentence of advice for each: how long people wait, whether
// grants end too early, and whether they are needed at all.
import type { Grant } from './grants.ts'

export interface JitReport {
  readonly grants: number
  /** Seconds from asking to having, of grants that somebody approved; by role. */
  readonly waits: readonly {
    readonly role: string
    readonly grants: number
    readonly medianSeconds: number
    readonly p90Seconds: number
  }[]
  /** Grants that ran out within a minute of their last use. */
  readonly endedInUse: number
  readonly unused: number
  readonly emergencies: number
  readonly reviewsDue: number
  readonly advice: readonly string[]
}

const IN_USE_MS = 60_000
const SLOW_SECONDS = 900
const FEW = 3

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0

export function jitReport(grants: readonly Grant[], now: number): JitReport {
  const waits = [
    ...Map.groupBy(
      grants.filter(({ source }) => source === 'approval'),
      ({ role }) => role,
    ),
  ]
    .map(([role, some]) => {
      const seconds = some
        .map(({ askedAt, createdAt }) => Math.round((createdAt - askedAt) / 1000))
        .sort((a, b) => a - b)
      return { role, grants: some.length, medianSeconds: quantile(seconds, 0.5), p90Seconds: quantile(seconds, 0.9) }
    })
    .sort((a, b) => b.medianSeconds - a.medianSeconds)
  const over = grants.filter(({ endedAt }) => endedAt !== undefined)
  const endedInUse = over.filter(
    ({ endCause, endedAt = 0, lastUsedAt = 0 }) => endCause === 'expired' && endedAt - lastUsedAt < IN_USE_MS,
  ).length
  const unused = over.filter(({ useCount }) => useCount === 0).length
  const emergencies = grants.filter(({ source }) => source === 'break-glass').length
  const reviewsDue = grants.filter(({ reviewDueAt, reviewedAt }) => reviewDueAt !== undefined && !reviewedAt).length
  const late = grants.filter(
    ({ reviewDueAt, reviewedAt }) => reviewDueAt !== undefined && !reviewedAt && reviewDueAt < now,
  ).length
  // Of a handful no share means anything.
  const share = (count: number) => (over.length < FEW ? 0 : count / over.length)
  const [slowest] = waits
  const advice = [
    slowest && slowest.medianSeconds > SLOW_SECONDS
      ? `People wait ${Math.round(slowest.medianSeconds / 60)} minutes for ${slowest.role}: name more approvers, or let a rule approve what is always approved.`
      : undefined,
    share(endedInUse) > 0.2
      ? 'More than a fifth of the grants ended in the middle of work: allow longer ones, or point to `grant extend`.'
      : undefined,
    share(unused) > 0.3
      ? 'Nearly a third of the grants were never used: people ask ahead of need; shorter waits make that unnecessary.'
      : undefined,
    late > 0
      ? `${late} emergency grants wait for review past their day: \`sallyport grant list --review-due\`.`
      : undefined,
  ].filter((line) => line !== undefined)
  return { grants: grants.length, waits, endedInUse, unused, emergencies, reviewsDue, advice }
}
