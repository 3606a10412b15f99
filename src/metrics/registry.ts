// Counters, histograms and gauges, and their text for Prometheus (exposition format 0.0.4). What a label may say is
// bounded here: beyond a number of values, or of series, everything else is `other`, so no caller can make it grow.

export interface Counter {
  /** `labels` in the order in which they were declared. */
  add(labels: readonly string[], by?: number): void
}

export interface Histogram {
  observe(labels: readonly string[], value: number): void
}

/** What a gauge reads now: values of its labels, and the number. */
export type Reading = readonly [labels: readonly string[], value: number]

export interface Registry {
  counter(name: string, help: string, labels?: readonly string[]): Counter
  /** `bounds` ascending; the one of infinity is added. */
  histogram(name: string, help: string, bounds: readonly number[], labels?: readonly string[]): Histogram
  /** Read when it is asked for. `kind` is `counter` for a number that something else counts up. */
  read(
    name: string,
    help: string,
    labels: readonly string[],
    readings: () => Iterable<Reading>,
    kind?: 'gauge' | 'counter',
  ): void
  text(): string
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
export const OTHER = 'other'

/** Values that one label may have. */
export const MOST_VALUES = 200
/** Series that one metric may have, before `other`. */
export const MOST_SERIES = 1000

interface Series<State> {
  readonly labels: readonly string[]
  readonly state: State
}

/** Series of one metric, by the values of their labels. */
function createSeries<State>(columns: readonly string[], make: () => State) {
  const all = new Map<string, Series<State>>()
  const known = columns.map(() => new Set<string>())
  const bounded = (labels: readonly string[]): readonly string[] => {
    const kept = columns.map((_, i) => {
      const value = labels[i] ?? ''
      const values = known[i] as Set<string>
      if (values.has(value)) return value
      if (values.size >= MOST_VALUES) return OTHER
      values.add(value)
      return value
    })
    return all.size < MOST_SERIES ? kept : columns.map(() => OTHER)
  }
  return {
    values: () => all.values(),
    get(labels: readonly string[]): State {
      const key = labels.join('\0')
      const found = all.get(key)
      if (found) return found.state
      const kept = bounded(labels)
      const id = kept.join('\0')
      let series = all.get(id)
      if (!series) {
        series = { labels: kept, state: make() }
        all.set(id, series)
      }
      return series.state
    },
  }
}

const NAME = /^[a-z_][a-z0-9_]*$/

export function createRegistry(): Registry {
  const metrics = new Map<string, () => string>()

  const declare = (name: string, kind: string, help: string, labels: readonly string[], lines: () => string): void => {
    for (const word of [name, ...labels]) if (!NAME.test(word)) throw new Error(`not a name of a metric: ${word}`)
    if (metrics.has(name)) throw new Error(`declared twice: ${name}`)
    metrics.set(name, () => `# HELP ${name} ${escaped(help, false)}\n# TYPE ${name} ${kind}\n${lines()}`)
  }

  return {
    counter(name, help, columns = []) {
      const series = createSeries(columns, () => ({ count: 0 }))
      if (columns.length === 0) series.get([]) // what has no labels is there from the start, as 0
      declare(name, 'counter', help, columns, () => {
        let text = ''
        for (const { labels, state } of series.values()) text += line(name, columns, labels, state.count)
        return text
      })
      return {
        add(labels, by = 1) {
          if (by > 0) series.get(labels).count += by
        },
      }
    },
    histogram(name, help, bounds, columns = []) {
      const series = createSeries(columns, () => ({ counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }))
      const withBound = [...columns, 'le']
      declare(name, 'histogram', help, columns, () => {
        let text = ''
        for (const { labels, state } of series.values()) {
          let count = 0
          for (const [i, inBucket] of state.counts.entries()) {
            count += inBucket
            const bound = bounds[i]
            const le = bound === undefined ? '+Inf' : String(bound)
            text += line(`${name}_bucket`, withBound, [...labels, le], count)
          }
          text += line(`${name}_sum`, columns, labels, state.sum) + line(`${name}_count`, columns, labels, count)
        }
        return text
      })
      return {
        observe(labels, value) {
          if (!Number.isFinite(value)) return
          const { counts } = series.get(labels)
          let i = 0
          while (i < bounds.length && value > (bounds[i] as number)) i += 1
          counts[i] = (counts[i] ?? 0) + 1
          series.get(labels).sum += value
        },
      }
    },
    read(name, help, columns, readings, kind = 'gauge') {
      declare(name, kind, help, columns, () => {
        const series = createSeries(columns, () => ({ value: 0 }))
        for (const [labels, value] of readings()) {
          const state = series.get(labels)
          state.value += value
        }
        let text = ''
        for (const { labels, state } of series.values()) text += line(name, columns, labels, state.value)
        return text
      })
    },
    text: () => [...metrics.values()].map((print) => print()).join(''),
  }
}

function line(name: string, columns: readonly string[], labels: readonly string[], value: number): string {
  const pairs = columns.map((column, i) => `${column}="${escaped(labels[i] ?? '', true)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${number(value)}\n`
}

const escaped = (text: string, quotes: boolean): string => {
  const plain = text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quotes ? plain.replaceAll('"', '\\"') : plain
}

const number = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
