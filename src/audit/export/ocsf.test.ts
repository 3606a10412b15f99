// Every kind of the catalogue, with all it can carry and with next to nothing, against the facts of the published schema.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../../core/index.ts'
import { KINDS } from '../catalogue.ts'
import type { Found } from '../search.ts'
import { toOcsf } from './ocsf.ts'

type Captions = Readonly<Record<string, string>>
type Types = Readonly<Record<string, string>>
interface Shape {
  readonly required: readonly string[]
  readonly at_least_one?: readonly string[]
  readonly attributes: Types
  readonly enums?: Readonly<Record<string, Captions>>
}
interface OcsfClass extends Shape {
  readonly caption: string
  readonly category: number
  readonly profiles: readonly string[]
  readonly activities: Captions
  readonly status: Captions
}
const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, 'ocsf-1.8.0.json'), 'utf8')) as {
  readonly version: string
  readonly base: Shape
  readonly profiles: Readonly<Record<string, Types>>
  readonly enums: Readonly<Record<string, Captions>>
  readonly classes: Readonly<Record<string, OcsfClass>>
  readonly objects: Readonly<Record<string, Shape>>
}

/** What is wrong with an object, as lines; empty if it is as the schema wants it. */
function problemsOf(value: JsonObject, shape: Shape, at: string): string[] {
  const problems: string[] = []
  for (const name of shape.required) if (value[name] === undefined) problems.push(`${at}.${name} is missing`)
  const any = shape.at_least_one
  if (any && !any.some((name) => value[name] !== undefined)) problems.push(`${at} has none of ${any.join(', ')}`)
  for (const [name, field] of Object.entries(value)) {
    const type = shape.attributes[name]
    if (type === undefined) problems.push(`${at}.${name} is not in the schema`)
    else problems.push(...typeProblems(field, type, `${at}.${name}`))
    const captions = shape.enums?.[name]
    if (captions && captions[String(field)] === undefined) problems.push(`${at}.${name} cannot be ${field}`)
    // A number that is not mapped demands the source's own word beside it.
    if (captions && field === 99 && typeof value[name.replace(/_id$/, '')] !== 'string' && name !== 'activity_id')
      problems.push(`${at}.${name} is other, and nothing says what`)
  }
  return problems
}

function typeProblems(field: unknown, type: string, at: string): string[] {
  const [kind, ...rest] = type.split(' ')
  if (kind === 'array') {
    if (!Array.isArray(field)) return [`${at} is not an array`]
    return field.flatMap((item, i) => typeProblems(item, rest.join(' '), `${at}[${i}]`))
  }
  if (kind === 'integer') return Number.isSafeInteger(field) ? [] : [`${at} is not an integer`]
  if (kind !== 'object') return typeof field === kind ? [] : [`${at} is not a ${kind}`]
  if (!isObject(field as never)) return [`${at} is not an object`]
  if (rest[0] === 'object') return [] // anything goes
  const shape = SCHEMA.objects[rest[0] ?? '']
  return shape ? problemsOf(field as JsonObject, shape, at) : [`${at} is of an object that is not in the data file`]
}

function validate(out: JsonObject): string[] {
  const ocsf = SCHEMA.classes[String(out.class_uid)]
  if (!ocsf) return [`${out.class_uid} is no class that we know of`]
  const { version, profiles = [] } = out.metadata as { version: string; profiles?: string[] }
  const problems = profiles.filter((name) => !ocsf.profiles.includes(name)).map((name) => `the class has no ${name}`)
  const under = Object.assign({}, ...profiles.map((name) => SCHEMA.profiles[name]))
  const shape: Shape = {
    required: [...SCHEMA.base.required, ...ocsf.required],
    ...(ocsf.at_least_one ? { at_least_one: ocsf.at_least_one } : {}),
    attributes: { ...under, ...SCHEMA.base.attributes, ...ocsf.attributes },
    enums: { ...SCHEMA.enums, activity_id: ocsf.activities, status_id: ocsf.status },
  }
  problems.push(...problemsOf(out, shape, 'event'))
  if (version !== SCHEMA.version) problems.push(`it says that it is of version ${version}`)
  if (out.category_uid !== ocsf.category) problems.push(`${out.category_uid} is not its category`)
  if (out.class_name !== ocsf.caption) problems.push(`${out.class_name} is not its name`)
  if (out.type_uid !== Number(out.class_uid) * 100 + Number(out.activity_id)) problems.push('type_uid is wrong')
  const caption = ocsf.activities[String(out.activity_id)]
  if (out.activity_id === 99 ? typeof out.activity_name !== 'string' : out.activity_name !== caption)
    problems.push(`${out.activity_name} is not ${caption}`)
  return problems
}

const bare = (kind: string): Found => ({
  position: 7,
  id: 'evt_1',
  time: 1_790_000_000_000,
  node: 'a',
  boot: 'b',
  kind,
})
const full = (kind: string, more: Partial<Found> = {}): Found => ({
  ...bare(kind),
  principal: 'Agent::"scout"',
  credential: 'key/K',
  address: '10.0.0.1',
  action: 'chat',
  model: 'qwen',
  decision: 'allow',
  rules: ['r', 's'],
  policy: 'sha256:1',
  call: 'call_1',
  session: 'ses_1',
  grant: 'grt_1',
  subject: 'key/8F2',
  reason: 'left "today" [x]',
  data: { outcome: 'served', inputTokens: 20, outputTokens: 30, ms: 1500.5, flow: [{ class: 'a', count: 1 }] },
  ...more,
})
const STRANGERS: Found = {
  ...bare('stranger.refused'),
  reason: 'invalid_api_key',
  data: { of: 'call.finished', count: 9, first: 1_789_999_990_000, last: 1_790_000_000_000, ms: 0.4 },
}
const ENDINGS = ['served', 'refused', 'cut', 'disconnected', 'failed', 'interrupted']
const REASONS = ['access_denied', 'invalid_api_key', 'key_expired', 'key_revoked', 'key_suspended', 'step_up_required']
const EVENTS: Found[] = [
  ...Object.keys(KINDS).flatMap((kind) => [bare(kind), full(kind), full(kind, { decision: 'deny', action: 'list' })]),
  ...ENDINGS.flatMap((outcome) =>
    REASONS.flatMap((reason) => [
      { ...bare('call.finished'), reason, data: { outcome } },
      full('call.finished', { reason, data: { outcome }, principal: 'User::"dana"' }),
    ]),
  ),
  ...['203.0.113.7', '2001:db8:1:2::/64'].map((address) => ({ ...STRANGERS, address })),
  ...['Service::"etl"', 'System::"node"', 'nobody'].map((principal) => full('admin.read', { principal })),
]

describe('OCSF', () => {
  it(`is valid by the published schema ${SCHEMA.version} for every kind`, () => {
    const wrong = EVENTS.flatMap((event) => validate(toOcsf(event)).map((problem) => `${event.kind}: ${problem}`))
    expect([...new Set(wrong)]).toEqual([])
  })

  it.each([
    ['a class without what it demands', { actor: undefined }],
    ['a field that the class does not have', { finding_info: { uid: '1' } }],
    ['a number that means nothing', { severity_id: 7 }],
    ['a number of the wrong class', { activity_id: 5 }],
    ['text for a number', { time: 'now' }],
    ['a profile that is not named', { metadata: { version: '1.8.0', product: { name: 'x' } } }],
    ['an object that names nobody', { actor: { user: { type_id: 1 } } }],
    ['another version', { metadata: { version: '1.7.0', product: { name: 'x' } } }],
  ] as const)('the check refuses %s', (_, change) => {
    const out = Object.fromEntries(
      Object.entries({ ...toOcsf(full('call.finished')), ...change }).filter(([, value]) => value !== undefined),
    ) as JsonObject
    expect(validate(out)).not.toEqual([])
  })

  it('sorts events into the right classes', () => {
    const classes = (kind: string, more: Partial<Found> = {}) => toOcsf({ ...bare(kind), ...more }).class_uid
    expect(classes('call.decided')).toBe(6003)
    expect(classes('call.finished', { reason: 'key_expired' })).toBe(3002)
    expect(['admin.read', 'content.read'].map((kind) => classes(kind))).toEqual([6003, 6003])
    expect(['key.created', 'user.suspended'].map((kind) => classes(kind))).toEqual([3001, 3001])
    expect(['role.assigned', 'policy.applied', 'node.started'].map((kind) => classes(kind))).toEqual([3004, 3004, 3004])
    expect(classes('admin.refused', { reason: 'invalid_api_key' })).toBe(3002)
    expect(toOcsf({ ...bare('model.pinned'), subject: 'model/org/tiny:1' })).toMatchObject({
      entity: { name: 'org/tiny:1', type: 'model', uid: 'model/org/tiny:1' },
    })
    // What a limit refuses is not allowed because a rule would have.
    const limited = full('call.finished', { reason: 'rate_limit_exceeded', data: { outcome: 'refused' } })
    expect(toOcsf(limited)).toMatchObject({ action_id: 2, disposition_id: 2, status_id: 2 })
    expect(toOcsf(full('call.finished'))).toMatchObject({ action_id: 1, disposition_id: 1, status_id: 1 })
    expect(classes('alert.raised')).toBe(2004)
    expect(toOcsf(STRANGERS)).toMatchObject({
      class_uid: 3002,
      status_id: 2,
      count: 9,
      start_time: 1_789_999_990_000,
      end_time: 1_790_000_000_000,
    })
  })
})
