// Every field of every client format is of its type and within its bounds, or the call is refused and the field is named.
import { expect, test } from 'vitest'
import { Fault, isObject, type Json, type JsonObject } from '../../src/core/index.ts'
import type { Wire } from '../../src/gateway/index.ts'
import { TOLD } from './fields.ts'

const OTHERS: Readonly<Record<string, Json>> = {
  text: 'x\u0007',
  number: 0.5,
  large: 1e12,
  negative: -1e12,
  boolean: true,
  list: [7],
  object: { unknown: 7 },
}

type Place = readonly (string | number)[]

function* placesIn(value: Json, at: Place = []): Generator<Place> {
  if (at.length > 0) yield at
  if (Array.isArray(value)) for (const [index, entry] of value.entries()) yield* placesIn(entry, [...at, index])
  else if (isObject(value)) for (const key in value) yield* placesIn(value[key] as Json, [...at, key])
}

function withAt(body: JsonObject, place: Place, value: Json): JsonObject {
  const copy = structuredClone(body)
  let holder: Record<string | number, Json> = copy
  for (const key of place.slice(0, -1)) holder = holder[key] as unknown as typeof holder
  holder[place.at(-1) as string] = value
  return copy
}

/** The field that the refusal names; undefined if it is read. */
function refusedAt(wire: Wire, body: JsonObject): string | undefined {
  try {
    wire.read(Buffer.from(JSON.stringify(body)), {})
    return undefined
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return error.data.param ?? ''
  }
}

/** What is not looked into, as it changes nothing, goes nowhere or is the caller's own JSON. */
const OWN =
  /cache|citations|annotations|logprobs\[|schema|parameters\.|arguments\.|input\.|client_metadata\.|format\.(type|properties|value\.)/

/** What each takes of these; whatever is not named takes none: it is one of a few words, a name, or a list or object of known fields. */
const TAKEN = {
  text: 'a content data description input instructions output prompt reasoning reasoning_content refusal safety_identifier signature stop stop[] stop_sequences stop_sequences[] suffix system text thinking title user user_id',
  boolean:
    'disable_parallel_tool_use echo include_obfuscation include_usage is_error logprobs parallel_tool_calls raw shift store stream strict think truncate',
  number: '1 frequency_penalty min_p presence_penalty repeat_penalty repetition_penalty temperature top_p',
  large: 'budget_tokens max_completion_tokens max_output_tokens max_tokens num_predict value',
  'large negative': 'seed',
  'number large negative': 'keep_alive',
  object: 'arguments format input parameters value',
  'text number large negative boolean list object':
    'client_metadata eager_input_streaming generate_summary id index logprobs phase status summary',
}

test('a field takes nothing but what it is for', () => {
  const misnamed: string[] = []
  const taken = new Map<string, Set<string>>()
  for (const { wire, base, beside } of TOLD)
    for (const more of [base, ...beside]) {
      const body: JsonObject = { ...base, ...more }
      expect(refusedAt(wire, body)).toBeUndefined()
      for (const place of placesIn(more)) {
        const path = place.map((key) => (typeof key === 'number' ? '[]' : `.${key}`)).join('')
        if (OWN.test(path)) continue
        const kinds = Object.keys(OTHERS).filter((kind) => {
          const param = refusedAt(wire, withAt(body, place, OTHERS[kind] as Json))
          if (param?.startsWith(String(place[0])) === false) misnamed.push(`${wire.name}${path} ${kind}: ${param}`)
          return param === undefined
        })
        if (kinds.length === 0) continue
        const names = taken.get(kinds.join(' ')) ?? new Set()
        taken.set(kinds.join(' '), names.add(path.split('.').at(-1) as string))
      }
    }
  const found = Object.fromEntries(Array.from(taken, ([kinds, names]) => [kinds, [...names].sort().join(' ')]))
  expect(misnamed).toEqual([])
  expect(found).toEqual(TAKEN)
})

test('an object takes no field that nobody knows', () => {
  const takes = new Set<string>()
  for (const { wire, base, beside } of TOLD)
    for (const more of [base, ...beside]) {
      const body: JsonObject = { ...base, ...more }
      for (const place of [[], ...placesIn(body)]) {
        const at = place.reduce<Json>((holder, key) => (holder as Record<string, Json>)[key] as Json, body)
        const path = place.map((key) => (typeof key === 'number' ? '[]' : `.${key}`)).join('')
        if (!isObject(at) || OWN.test(`${path}.`)) continue
        if (refusedAt(wire, withAt(body, [...place, 'nobody_knows'], 7)) === undefined) takes.add(path)
      }
    }
  // JSON schemas, whole, and notes that go nowhere.
  expect([...takes]).toEqual(['.format'])
})
