// OpenTelemetry: a span per finished call and the two client metrics, with the GenAI conventions, as OTLP bodies.
// The conventions are still moving; their names are in this file and in totals.ts and nowhere else.
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../core/index.ts'
import type { Found } from '../search.ts'
import { errorOf, METRICS, type MetricName, operationOf, type Series, type Totals } from './totals.ts'

type Attribute = { key: string; value: JsonObject }

const CLIENT = 3
const STATUS_OK = 1
const STATUS_ERROR = 2
const CUMULATIVE = 2

/** Half a character is none: collectors refuse all of a body in which there is one. */
const wellFormed = (value: Json): string => String(value).toWellFormed()

const anyValue = (value: Json): JsonObject => {
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { stringValue: wellFormed(value) }
}
const attributes = (facts: { readonly [key: string]: Json | undefined }): Attribute[] =>
  Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]))

const nanos = (milliseconds: number): string => `${Math.max(0, Math.round(milliseconds))}000000`
const digits = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

const scope = { name: 'sallyport.audit', version: '1' }
const resourceOf = (node: string) => ({
  attributes: attributes({ 'service.name': 'sallyport', 'service.instance.id': node }),
})

/** What is known of the call, by the names of the conventions; ours begin with `sallyport`. */
function facts(event: Found): { [key: string]: Json | undefined } {
  const { model, data, session, decision, rules, position, policy } = event
  return {
    'gen_ai.operation.name': operationOf(event),
    'gen_ai.provider.name': 'sallyport',
    'gen_ai.request.model': model,
    'gen_ai.conversation.id': session,
    'gen_ai.usage.input_tokens': data?.inputTokens,
    'gen_ai.usage.output_tokens': data?.outputTokens,
    'error.type': errorOf(event),
    'sallyport.decision': decision,
    'sallyport.outcome': data?.outcome,
    'sallyport.policy.id': policy,
    // An empty list says nothing, and there are receivers that fall over one.
    'sallyport.policy.rules': rules && rules.length > 0 ? [...rules] : undefined,
    'sallyport.audit.position': position,
  }
}

function span(event: Found): JsonObject {
  const { call = event.id, id, time, model, data } = event
  const milliseconds = typeof data?.ms === 'number' ? data.ms : 0
  return {
    traceId: digits(`trace ${call}`, 32),
    spanId: digits(`span ${id}`, 16),
    name: wellFormed(`${operationOf(event)} ${model ?? 'unknown'}`),
    kind: CLIENT,
    startTimeUnixNano: nanos(time - milliseconds),
    endTimeUnixNano: nanos(time),
    attributes: attributes(facts(event)),
    status: { code: data?.outcome === 'served' ? STATUS_OK : STATUS_ERROR },
  }
}

/** Body of `POST /v1/traces`: these finished calls. */
export const toTraces = (calls: readonly Found[]): JsonObject => ({
  resourceSpans: [...Map.groupBy(calls, ({ node }) => node)].map(([node, own]) => ({
    resource: resourceOf(node),
    scopeSpans: [{ scope, spans: own.map(span) }],
  })) as Json[],
})

function histogram(name: MetricName, series: readonly Series[], { since = 0, at }: Totals): JsonObject {
  const { unit, bounds } = METRICS[name]
  const dataPoints = series.map(({ labels, counts, sum }) => ({
    attributes: attributes(labels),
    startTimeUnixNano: nanos(since),
    timeUnixNano: nanos(at),
    count: String(counts.reduce((all, one) => all + one, 0)),
    sum,
    bucketCounts: counts.map(String),
    explicitBounds: [...bounds],
  }))
  return { name, unit, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } } as unknown as JsonObject
}

/** Body of `POST /v1/metrics`: what all calls so far add up to. */
export const toMetrics = (totals: Totals): JsonObject => ({
  resourceMetrics: [...Map.groupBy(totals.series, ({ node }) => node)].map(([node, own]) => ({
    resource: resourceOf(node),
    scopeMetrics: [
      {
        scope,
        metrics: [...Map.groupBy(own, ({ metric }) => metric)].map(([name, some]) => histogram(name, some, totals)),
      },
    ],
  })) as Json[],
})
