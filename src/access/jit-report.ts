// What just-in-time access looks like in numbers, with one sentence of advice on each: how long people wait for whom,
// whether grants end too early, and whether they are needed at all.
import { counted } from '../core/index.ts'
import type { Grant } from './grant.ts'

/** Grants that people of one group approved. */
export interface GroupOfApprovers {
  readonly group: string
  readonly roles: readonly string[]
  readonly grants: number
  /** Seconds from asking to being able to use it. */
  readonly medianSeconds: number
  readonly p90Seconds: number
  readonly endedInUse: number
  readonly unused: number
}

export interface JitReport {
  readonly grants: number
  /** Of these, how many are over; shares are of them. */
  readonly ended: number
  /** The slowest first. A grant counts for each group it needed, or whose members approved it. */
  readonly groups: readonly GroupOfApprovers[]
  /** Grants that ran out within a minute of their last use. */
  readonly endedInUse: number
  readonly unused: number
  readonly emergencies: number
  /** Of all times. */
  readonly reviewsDue: number
  readonly advice: readonly string[]
}

const IN_USE_MS = 60_000
const SLOW_SECONDS = 900
/** Of fewer no share means anything. */
const FEW = 3
const MANY_IN_USE = 0.2
const MANY_UNUSED = 0.3
const NO_GROUP = '(no group)'

/** The smallest value that this part of them does not exceed. */
const quantile = (sorted: readonly number[], part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? 0

const endedInUse = ({ endCause, endedAt, lastUsedAt = 0 }: Grant): boolean =>
  endedAt !== undefined && endCause === 'expired' && endedAt - lastUsedAt < IN_USE_MS
const unused = ({ endedAt, useCount }: Grant): boolean => endedAt !== undefined && useCount === 0
/** Who asked for a later beginning, and had the answer before it, waited for nobody. */
const waitSeconds = ({ askedAt, createdAt, startsAt }: Grant): number =>
  startsAt > createdAt ? 0 : Math.round((createdAt - askedAt) / 1000)

function groupOf(group: string, grants: readonly Grant[]): GroupOfApprovers {
  const seconds = grants.map(waitSeconds).sort((a, b) => a - b)
  return {
    group,
    roles: [...new Set(grants.map(({ role }) => role))].sort(),
    grants: grants.length,
    medianSeconds: quantile(seconds, 0.5),
    p90Seconds: quantile(seconds, 0.9),
    endedInUse: grants.filter(endedInUse).length,
    unused: grants.filter(unused).length,
  }
}

/**
 * `groupsOf`: by request, the groups whose people approved it. `due`: grants that wait for review, however old they are: an
 * emergency does not fall out of the report by not being looked at.
 */
export function jitReport(
  grants: readonly Grant[],
  due: readonly Grant[],
  groupsOf: ReadonlyMap<string, readonly string[]>,
  now: number,
): JitReport {
  const byGroup = new Map<string, Grant[]>()
  for (const grant of grants) {
    if (grant.source !== 'approval') continue
    const of = groupsOf.get(grant.request ?? '') ?? []
    for (const group of of.length === 0 ? [NO_GROUP] : of) {
      const some = byGroup.get(group)
      if (some) some.push(grant)
      else byGroup.set(group, [grant])
    }
  }
  const groups = [...byGroup]
    .map(([group, some]) => groupOf(group, some))
    .sort((a, b) => b.medianSeconds - a.medianSeconds || (a.group < b.group ? -1 : 1))
  const report = {
    grants: grants.length,
    ended: grants.filter(({ endedAt }) => endedAt !== undefined).length,
    groups,
    endedInUse: grants.filter(endedInUse).length,
    unused: grants.filter(unused).length,
    emergencies: grants.filter(({ source }) => source === 'break-glass').length,
    reviewsDue: due.length,
  }
  return { ...report, advice: adviceOn(report, due.filter(({ reviewDueAt = 0 }) => reviewDueAt < now).length) }
}

function adviceOn({ grants, ended, groups, ...counts }: Omit<JitReport, 'advice'>, late: number): string[] {
  const lines = groups.slice(0, 1).map(adviceOnWaits)
  const percent = (count: number) => `${Math.round((count / ended) * 100)} % of the grants`
  if (grants > 0 && ended < FEW) lines.push(`${counted(ended, 'grant')} ended so far: no share means anything yet.`)
  else if (grants > 0)
    lines.push(
      counts.endedInUse / ended > MANY_IN_USE
        ? `${percent(counts.endedInUse)} ended in the middle of work: allow longer ones, or point to \`grant extend\`.`
        : `${percent(counts.endedInUse)} ended in the middle of work: they are long enough.`,
      counts.unused / ended > MANY_UNUSED
        ? `${percent(counts.unused)} were never used: people ask ahead of need, which shorter waits make unnecessary.`
        : `${percent(counts.unused)} were never used: people ask for what they need.`,
    )
  if (late > 0)
    lines.push(`Emergencies that wait for review past their day: ${late}:  sallyport grant list --review-due`)
  return lines
}

function adviceOnWaits({ group, roles, medianSeconds }: GroupOfApprovers): string {
  if (medianSeconds <= SLOW_SECONDS)
    return `Half of the requests are usable within ${Math.ceil(medianSeconds / 60)} min, whoever approves: no more approvers are needed.`
  const [whom, more] =
    group === NO_GROUP
      ? ['people without a group', 'put approvers into a group that a rule names']
      : [group, 'add people to that group']
  return `People wait ${Math.round(medianSeconds / 60)} minutes for ${whom} to approve ${roles.join(', ')}: ${more}, or let a rule approve what is always approved.`
}
