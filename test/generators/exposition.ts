// A strict reader of the Prometheus exposition format 0.0.4, written from its specification: throws at the first line
// that breaks a rule.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

const plain = (text: string): string => text.replace(/\\([\\"n])/g, (_, sign: string) => (sign === 'n' ? '\n' : sign))

function readSample(line: string): Sample {
  const name = NAME.exec(line)?.[0]
  if (name === undefined) throw new Error(`no name: ${line}`)
  let rest = line.slice(name.length)
  const labels: Record<string, string> = Object.create(null)
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const found = LABEL.exec(rest)
      if (!found) throw new Error(`no label at ${rest}`)
      const [all, label = '', value = ''] = found
      if (label in labels) throw new Error(`label twice: ${line}`)
      labels[label] = plain(value)
      rest = rest.slice(all.length)
      if (rest.startsWith(',')) rest = rest.slice(1)
      else if (!rest.startsWith('}')) throw new Error(`no comma at ${rest}`)
    }
    rest = rest.slice(1)
  }
  if (!rest.startsWith(' ') || !NUMBER.test(rest.slice(1))) throw new Error(`no number: ${line}`)
  return { name, labels, value: Number(rest.slice(1).replace('Inf', 'Infinity')) }
}

/** @throws Error at what breaks the format */
export function parseExposition(text: string): { samples: Sample[]; types: Map<string, string> } {
  const samples: Sample[] = []
  const types = new Map<string, string>()
  const helped = new Set<string>()
  const series = new Set<string>()
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  let block = ''
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (word === 'HELP') {
      if (helped.has(name)) throw new Error(`HELP twice: ${name}`)
      if (rest.replace(/\\[\\n]/g, '').includes('\\')) throw new Error(`bad escape in HELP: ${name}`)
      helped.add(name)
      block = name
    } else if (word === 'TYPE') {
      if (types.has(name)) throw new Error(`TYPE twice: ${name}`)
      if (name !== block) throw new Error(`TYPE apart from HELP: ${name}`)
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`no type: ${rest}`)
      if (rest === 'counter' && !name.endsWith('_total')) throw new Error(`a counter without _total: ${name}`)
      types.set(name, rest)
    } else {
      const sample = readSample(line)
      const family = types.get(block) === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name
      if (family !== block) throw new Error(`a sample outside its block: ${line}`)
      const id = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      if (series.has(id)) throw new Error(`a series twice: ${line}`)
      series.add(id)
      samples.push(sample)
    }
  }
  for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, samples)
  return { samples, types }
}

/** Buckets grow, end with +Inf, and that one is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, number[]>()
  const bounds = new Map<string, number[]>()
  for (const { name: own, labels, value } of samples) {
    if (own !== `${name}_bucket`) continue
    const { le = '', ...others } = labels
    const id = JSON.stringify(Object.entries(others).sort())
    groups.set(id, [...(groups.get(id) ?? []), value])
    bounds.set(id, [...(bounds.get(id) ?? []), Number(le.replace('Inf', 'Infinity'))])
  }
  const ascending = (numbers: readonly number[], strictly: boolean) =>
    numbers.every((value, i) => i === 0 || (strictly ? value > (numbers[i - 1] ?? 0) : value >= (numbers[i - 1] ?? 0)))
  for (const { name: own, labels, value } of samples) {
    if (own !== `${name}_count`) continue
    const id = JSON.stringify(Object.entries(labels).sort())
    const counts = groups.get(id) ?? []
    if (counts.at(-1) !== value || bounds.get(id)?.at(-1) !== Number.POSITIVE_INFINITY)
      throw new Error(`the last bucket is not the count: ${name}`)
    if (!ascending(counts, false) || !ascending(bounds.get(id) ?? [], true)) throw new Error(`buckets fall: ${name}`)
  }
}
