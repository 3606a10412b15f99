// OpenTelemetry: a span per finished call and the two client metrics, with the GenAI conventions, as OTLP/HTTP in JSON.
// The conventions are still moving; every name that comes from them is in this file and nowhere else.
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../core/index.ts'
import type { Found } from '../search.ts'

type Attribute = { key: string; value: JsonObject }

const OPERATIONS: Record<string, string> = { chat: 'chat', complete: 'text_completion', embed: 'embeddings' }
const CLIENT = 3
const STATUS_OK = 1
const STATUS_ERROR = 2
const DELTA = 1
/** `gen_ai.client.operation.duration`, seconds; `gen_ai.client.token.usage`, tokens. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

const anyValue = (value: Json): JsonObject => {
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { stringValue: String(value) }
}
const attributes = (facts: { [key: string]: Json | undefined }): Attribute[] =>
  Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]))

const nanos = (milliseconds: number): string => `${Math.round(milliseconds)}000000`
const digits = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)
const operationOf = ({ action }: Found): string => OPERATIONS[action ?? ''] ?? action ?? 'chat'

const scope = { name: 'sallyport.audit', version: '1' }
const resourceOf = (node: string) => ({
  attributes: attributes({ 'service.name': 'sallyport', 'service.instance.id': node }),
})

const isFinished = ({ kind }: Found): boolean => kind === 'call.finished'

/** What is known of the call, by the names of the conventions; ours begin with `sallyport`. */
function facts(event: Found): { [key: string]: Json | undefined } {
  const { model, reason, data, session, decision, rules, position, policy } = event
  return {
    'gen_ai.operation.name': operationOf(event),
    'gen_ai.provider.name': 'sallyport',
    'gen_ai.request.model': model,
    'gen_ai.conversation.id': session,
    'gen_ai.usage.input_tokens': data?.inputTokens,
    'gen_ai.usage.output_tokens': data?.outputTokens,
    'error.type': data?.outcome === 'served' ? undefined : (reason ?? 'unknown'),
    'sallyport.decision': decision,
    'sallyport.outcome': data?.outcome,
    'sallyport.policy.id': policy,
    'sallyport.policy.rules': rules ? [...rules] : undefined,
    'sallyport.audit.position': position,
  }
}

function span(event: Found): JsonObject {
  const { call = event.id, id, time, model, data } = event
  const milliseconds = typeof data?.ms === 'number' ? data.ms : 0
  return {
    traceId: digits(`trace ${call}`, 32),
    spanId: digits(`span ${id}`, 16),
    name: `${operationOf(event)} ${model ?? 'unknown'}`,
    kind: CLIENT,
    startTimeUnixNano: nanos(time - milliseconds),
    endTimeUnixNano: nanos(time),
    attributes: attributes(facts(event)),
    status: { code: data?.outcome === 'served' ? STATUS_OK : STATUS_ERROR },
  }
}

const byNode = (events: readonly Found[]): Map<string, Found[]> =>
  Map.groupBy(events.filter(isFinished), ({ node }) => node)

/** Body of `POST /v1/traces`. */
export const toTraces = (events: readonly Found[]): JsonObject => ({
  resourceSpans: [...byNode(events)].map(([node, own]) => ({
    resource: resourceOf(node),
    scopeSpans: [{ scope, spans: own.map(span) }],
  })) as Json[],
})

function histogram(
  name: string,
  unit: string,
  bounds: readonly number[],
  points: readonly (readonly [Attribute[], number, number])[],
): JsonObject {
  const groups = Map.groupBy(points, ([labels]) => JSON.stringify(labels))
  const dataPoints = [...groups.values()].map((group) => {
    const counts = new Array<number>(bounds.length + 1).fill(0)
    for (const [, value] of group) {
      const bucket = bounds.findIndex((bound) => value <= bound)
      const at = bucket < 0 ? bounds.length : bucket
      counts[at] = (counts[at] ?? 0) + 1
    }
    const times = group.map(([, , time]) => time)
    return {
      attributes: group[0]?.[0] ?? [],
      startTimeUnixNano: nanos(Math.min(...times)),
      timeUnixNano: nanos(Math.max(...times)),
      count: String(group.length),
      sum: group.reduce((sum, [, value]) => sum + value, 0),
      bucketCounts: counts.map(String),
      explicitBounds: [...bounds],
    }
  })
  return { name, unit, histogram: { aggregationTemporality: DELTA, dataPoints } } as unknown as JsonObject
}

/** Body of `POST /v1/metrics`: what these events add, as deltas. */
export function toMetrics(events: readonly Found[]): JsonObject {
  const resourceMetrics = [...byNode(events)].map(([node, own]) => {
    const labels = (event: Found, more: { [key: string]: string } = {}) =>
      attributes({
        'gen_ai.operation.name': operationOf(event),
        'gen_ai.provider.name': 'sallyport',
        'gen_ai.request.model': event.model,
        ...more,
      })
    const tokens = (event: Found, name: 'inputTokens' | 'outputTokens', type: string) => {
      const value = event.data?.[name]
      return typeof value === 'number'
        ? [[labels(event, { 'gen_ai.token.type': type }), value, event.time] as const]
        : []
    }
    const durations = own.map((event) => [labels(event), Number(event.data?.ms ?? 0) / 1000, event.time] as const)
    const usage = own.flatMap((event) => [
      ...tokens(event, 'inputTokens', 'input'),
      ...tokens(event, 'outputTokens', 'output'),
    ])
    return {
      resource: resourceOf(node),
      scopeMetrics: [
        {
          scope,
          metrics: [
            histogram('gen_ai.client.operation.duration', 's', SECONDS, durations),
            histogram('gen_ai.client.token.usage', '{token}', TOKENS, usage),
          ],
        },
      ],
    }
  })
  return { resourceMetrics: resourceMetrics as unknown as Json[] }
}
