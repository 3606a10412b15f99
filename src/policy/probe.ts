// Contexts in which a changed rule may come out differently: a usual one, and for every value that a rule compares part
// of the context with, one context at that value and beside it. A sample: what it does not cover is said.
import type { Expr } from '@cedar-policy/cedar-wasm/nodejs'
import { compileExpression } from './expression.ts'
import type { Rule } from './rule.ts'
import {
  type CedarRecord,
  type CedarValue,
  DateTime,
  Decimal,
  Duration,
  EntityRef,
  Ip,
  isLong,
  isRecord,
  isSet,
} from './value.ts'

export interface Probe {
  /** In words: `usual`, or `clock.hour = 19`. */
  readonly label: string
  readonly context: CedarRecord
}

export interface Probes {
  readonly probes: readonly Probe[]
  /** Parts of the context that a rule reads in a way no value was drawn for. */
  readonly skipped: readonly string[]
}

const MAX_PROBES = 24

export function probesFor(rules: readonly Rule[], usual: CedarRecord): Probes {
  const drawn = new Map<string, CedarValue[]>()
  const read = new Set<string>()
  for (const rule of rules) for (const { body } of rule.json.conditions) collect(body, drawn, read)
  const probes: Probe[] = [{ label: 'usual', context: usual }]
  const skipped = new Set([...read].filter((path) => !drawn.has(path)))
  for (const [path, values] of drawn) {
    for (const value of values) {
      if (probes.length >= MAX_PROBES) {
        skipped.add(path)
        break
      }
      const context = withValue(usual, path.split('.'), value)
      if (context) probes.push({ label: `${path} = ${shown(value)}`, context })
      else skipped.add(path)
    }
  }
  return { probes, skipped: [...skipped].sort() }
}

type Node = { readonly [operator: string]: unknown }

function collect(expr: unknown, drawn: Map<string, CedarValue[]>, read: Set<string>) {
  if (typeof expr !== 'object' || expr === null) return
  for (const [operator, body] of Object.entries(expr as Node)) {
    const path = pathOf(expr as Expr)
    if (path !== undefined && path !== '') {
      read.add(path)
      return
    }
    const { left, right } = (body ?? {}) as { left?: Expr; right?: Expr }
    if (left && right && COMPARING.includes(operator)) {
      draw(left, right, operator, drawn)
      draw(right, left, operator, drawn)
    }
    if (operator === 'has') noteHas(body as { left: Expr; attr: string | string[] }, read)
    const call = Array.isArray(body) && operator !== 'Set' ? (body as Expr[]) : undefined
    if (call?.[0] && call[1]) draw(call[0], call[1], operator, drawn)
    collect(body, drawn, read)
  }
}

const COMPARING = ['==', '!=', '<', '<=', '>', '>=', 'contains', 'containsAny', 'containsAll', 'in']

function noteHas({ left, attr }: { left: Expr; attr: string | string[] }, read: Set<string>) {
  const owner = pathOf(left)
  if (owner !== undefined)
    read.add([owner, ...(Array.isArray(attr) ? attr : [attr])].filter((part) => part !== '').join('.'))
}

function pathOf(expr: Expr): string | undefined {
  const names: string[] = []
  let at = expr as Node
  for (let step = at['.'] as { left: Expr; attr: string } | undefined; step; step = at['.'] as typeof step) {
    names.unshift(step.attr)
    at = step.left as Node
  }
  return at.Var === 'context' ? names.join('.') : undefined
}

/** Values on both sides of the border that `path <operator> literal` draws. */
function draw(side: Expr, other: Expr, operator: string, drawn: Map<string, CedarValue[]>) {
  const path = pathOf(side)
  const value = path === undefined || path === '' ? undefined : constantOf(other)
  if (path === undefined || value === undefined) return
  const list = drawn.get(path) ?? []
  list.push(...around(value, operator))
  drawn.set(path, list)
}

function constantOf(expr: Expr): CedarValue | undefined {
  try {
    // A constant needs no scope: one that reads anything fails and is no constant.
    return compileExpression(expr)({} as never)
  } catch {
    return undefined
  }
}

function around(value: CedarValue, operator: string): CedarValue[] {
  if (isLong(value)) return [Number(value) - 1, value, Number(value) + 1]
  if (typeof value === 'boolean') return [value, !value]
  if (operator === 'contains') return [[value], []]
  if (isSet(value) && operator.startsWith('contains')) return [value, []]
  if (typeof value === 'string') return [value, `${value}?`]
  if (value instanceof DateTime) return [new DateTime(Number(value.ms) - 1), value, new DateTime(Number(value.ms) + 1)]
  if (value instanceof Duration) return [value]
  if (value instanceof Decimal)
    return [new Decimal(Number(value.scaled) - 1), value, new Decimal(Number(value.scaled) + 1)]
  if (value instanceof Ip)
    return [new Ip(value.v6, value.bits, value.v6 ? 128 : 32), new Ip(value.v6, ~value.bits & 0xffffffffn, 32)]
  return value instanceof EntityRef ? [value] : []
}

/** The same context with one value replaced or added; undefined where the way there is no record. */
function withValue(
  record: CedarRecord,
  [name = '', ...rest]: readonly string[],
  value: CedarValue,
): CedarRecord | undefined {
  if (rest.length === 0) return { ...record, [name]: value }
  const inner = record[name]
  if (inner === undefined || !isRecord(inner)) return undefined
  const changed = withValue(inner, rest, value)
  return changed && { ...record, [name]: changed }
}

function shown(value: CedarValue): string {
  if (value instanceof EntityRef) return value.text
  if (value instanceof DateTime) return new Date(Number(value.ms)).toISOString()
  if (value instanceof Decimal) return (Number(value.scaled) / 10_000).toString()
  if (value instanceof Ip) return value.v6 ? 'an IPv6 address' : v4(value.bits)
  if (value instanceof Duration) return `${value.ms}ms`
  return isSet(value) ? `[${value.map(shown).join(', ')}]` : JSON.stringify(value)
}
const v4 = (bits: bigint) => [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join('.')
