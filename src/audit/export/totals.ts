// What all calls so far add up to, as histograms that only grow: how long calls took and how many tokens they used. Told
// twice they are the same, so a collector that hears them again counts nothing twice; kept and taken up again, they go on.
import { Fault } from '../../core/index.ts'
import type { Found } from '../search.ts'

export type Labels = Readonly<Record<string, string>>

export interface Series {
  readonly metric: MetricName
  readonly node: string
  readonly labels: Labels
  /** One more than there are bounds; the last is for what is above all of them. */
  readonly counts: number[]
  sum: number
}

/** As it is kept between two runs; times are milliseconds since 1970. */
export interface Totals {
  /** The first call that was counted. */
  since?: number
  /** The last time they were told; the next is later, whatever the clock says. */
  at: number
  readonly series: Series[]
}

const powers = (first: number, factor: number): number[] =>
  Array.from({ length: 14 }, (_, power) => first * factor ** power)

/** Name, unit and bounds of each, by the conventions. */
export const METRICS = {
  'gen_ai.client.operation.duration': { unit: 's', bounds: powers(0.01, 2) },
  'gen_ai.client.token.usage': { unit: '{token}', bounds: powers(1, 4) },
} as const
export type MetricName = keyof typeof METRICS

const OPERATIONS: Record<string, string> = { chat: 'chat', complete: 'text_completion', embed: 'embeddings' }

export const operationOf = ({ action }: Found): string => OPERATIONS[action ?? ''] ?? action ?? 'chat'
/** What went wrong, as a code; undefined if the call was served. */
export const errorOf = ({ data, reason }: Found): string | undefined =>
  data?.outcome === 'served' ? undefined : (reason ?? 'unknown')

const labelsOf = (event: Found, more: Labels = {}): Labels => ({
  'gen_ai.operation.name': operationOf(event),
  'gen_ai.provider.name': 'sallyport',
  ...(event.model !== undefined && { 'gen_ai.request.model': event.model }),
  ...more,
})

export interface Counting {
  add(calls: readonly Found[]): void
  /** Also says that they are told now. */
  tell(now: number): Totals
}

/** @throws Fault `not_possible` if what was kept has other bounds */
export function createTotals(kept: Totals = { at: 0, series: [] }): Counting {
  const totals: Totals = { ...kept, series: [...kept.series] }
  const known = new Map<string, Series>()
  const keyOf = (metric: string, node: string, labels: Labels) => JSON.stringify([metric, node, labels])
  for (const series of totals.series) {
    if (series.counts.length !== (METRICS[series.metric]?.bounds.length ?? Number.NaN) + 1)
      throw new Fault('not_possible', { detail: `the totals kept of ${series.metric} are of another version` })
    known.set(keyOf(series.metric, series.node, series.labels), series)
  }

  const count = (metric: MetricName, { node }: Found, labels: Labels, value: number, times = 1): void => {
    const { bounds } = METRICS[metric]
    const key = keyOf(metric, node, labels)
    let series = known.get(key)
    if (!series) {
      series = { metric, node, labels, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }
      known.set(key, series)
      totals.series.push(series)
    }
    const bucket = bounds.findIndex((bound) => value <= bound)
    const at = bucket < 0 ? bounds.length : bucket
    series.counts[at] = (series.counts[at] ?? 0) + times
    series.sum += value * times
  }

  return {
    add(calls) {
      for (const event of calls) {
        totals.since ??= event.time
        const { ms, inputTokens, outputTokens } = event.data ?? {}
        const times = event.kind === 'stranger.refused' ? Number(event.data?.count) : 1
        const error = errorOf(event)
        const labels = labelsOf(event, error === undefined ? {} : { 'error.type': error })
        if (typeof ms === 'number') count('gen_ai.client.operation.duration', event, labels, ms / 1000, times)
        for (const [type, tokens] of [
          ['input', inputTokens],
          ['output', outputTokens],
        ] as const)
          if (typeof tokens === 'number')
            count('gen_ai.client.token.usage', event, labelsOf(event, { 'gen_ai.token.type': type }), tokens)
      }
    },
    tell(now) {
      totals.at = Math.max(now, totals.at + 1, (totals.since ?? 0) + 1)
      return totals
    },
  }
}
