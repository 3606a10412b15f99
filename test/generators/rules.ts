// Random rules over every operator of Cedar, random facts and questions, errors on purpose.
import { type PolicyJson, policyToJson, schemaToJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Question } from '../../src/policy/evaluate.ts'
import {
  type CedarRecord,
  type CedarValue,
  type CheckedBundle,
  datetime,
  decimal,
  duration,
  type EntitySource,
  entity,
  fixedSource,
  ip,
} from '../../src/policy/index.ts'

/** 0 ≤ x < 1 */
export type Random = () => number

const RULES = 8
const QUESTIONS = 40

const SCHEMA = schemaToJson(`
  entity G in [G]; entity U in [G]; entity M in [G];
  action all; action some in [all]; action one, two in [some] appliesTo { principal: [U, G], resource: [M, U] };
`)
if (SCHEMA.type === 'failure') throw new Error('the fuzz schema does not parse')
const schemaJson = SCHEMA.json

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

type Kind = 'bool' | 'long' | 'string' | 'entity' | 'set' | 'record' | 'ip' | 'decimal' | 'datetime' | 'duration'
const KINDS: readonly Kind[] = [
  'bool',
  'long',
  'string',
  'entity',
  'set',
  'record',
  'ip',
  'decimal',
  'datetime',
  'duration',
]
const ATTRIBUTE: Readonly<Record<Kind, string>> = {
  bool: 'b',
  long: 'n',
  string: 's',
  entity: 'e',
  set: 'set',
  record: 'r',
  ip: 'ip',
  decimal: 'd',
  datetime: 'at',
  duration: 'span',
}

const ENTITIES = ['U::"a"', 'U::"b"', 'G::"x"', 'G::"y"', 'M::"m"', 'M::"gone"', 'Action::"one"', 'Action::"some"']
const LONGS = ['0', '1', '2', '-1', '7', '9007199254740991', '-9007199254740991', '4611686018', '3037000500']
const NEAR = ['0', '1', '2', 'context.n', 'principal.n', 'resource.n']
const SPANS = ['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays']
const STRINGS = ['', 'a', 'ab', 'abc', 'a*b', 'é', 'x y', 'constructor', 'aaaab', '*']
const PATTERNS = ['*', 'a*', '*b', 'a*b', '*a*b*', 'ab', '', 'a\\*b', '*é*', '**', '*a*a*b']
const IPS = [
  '1.2.3.4',
  '1.2.3.0/24',
  '10.0.0.0/8',
  '127.0.0.1',
  '127.0.0.0/4',
  '224.0.0.1',
  '::1',
  'ff02::1',
  '1:2::/32',
  '1:2:3::4',
  '0.0.0.0/0',
  '::/0',
  '1.2.3.4/32',
  '2001:db8::ff00:42:8329',
]
const BAD_IPS = [
  '1.2.3',
  '01.2.3.4',
  '1.2.3.4/33',
  '::ffff:1.2.3.4',
  '1::2::3',
  '1.2.3.4/01',
  'x',
  '1:2:3:4:5:6:7::8',
  '1:2:3:4:5:6:7:8:9',
]
const DECIMALS = ['0.0', '1.5', '1.50', '-1.5', '-0.5', '922337203685477.5807', '-922337203685477.5808', '12.3456']
const BAD_DECIMALS = ['1', '1.', '.5', '1.23456', '922337203685477.5808', '+1.0', '1e3']
const DATES = [
  '2026-11-20',
  '2026-11-20T10:30:00Z',
  '2026-11-20T10:30:00.250Z',
  '2026-11-20T10:30:00+0130',
  '1969-12-31T23:59:59Z',
  '0001-01-01',
  '2024-02-29',
  '9999-12-31T23:59:59.999-2359',
]
const BAD_DATES = [
  '2026-02-29',
  '2026-13-01',
  '2026-11-20T24:00:00Z',
  '2026-11-20T10:30:60Z',
  '2026-11-20T10:30:00',
  '2026-11-20 10:30:00Z',
  '2026-1-2',
  '2026-11-20T10:30:00.25Z',
  '2026-11-20T10:30:00+2400',
]
const DURATIONS = ['0ms', '1h', '-1h', '1d2h3m4s5ms', '90m', '1500ms', '-1d', '86400s', '106751991167d']
const BAD_DURATIONS = ['', 'h', '1h1d', '1', '1.5h', '--1h', '106751991168d', '1w', '1ms1s']

/** Text of a random expression, mostly of the wanted kind and sometimes not. */
function expression(random: Random, wanted: Kind, depth: number): string {
  const kind = random() < 0.03 ? pick(random, KINDS) : wanted
  const sub = (inner: Kind) => expression(random, inner, depth - 1)
  const any = () => sub(pick(random, KINDS))
  const attr = ATTRIBUTE[kind]
  const owner = () => pick(random, ['principal', 'resource', 'context', 'context.r', sub('entity'), sub('record')])
  const read = () => `${pick(random, ['principal', 'resource', 'context', 'context.r', 'principal.e'])}.${attr}`
  const choice = () => `(if ${sub('bool')} then ${sub(kind)} else ${sub(kind)})`
  const leaf = depth <= 0
  const literal = (good: readonly string[], bad: readonly string[]) =>
    JSON.stringify(pick(random, random() < 0.1 ? bad : good))
  const call = (name: string, good: readonly string[], bad: readonly string[]) =>
    random() < 0.9 || leaf ? `${name}(${literal(good, bad)})` : `${name}(${sub('string')})`
  switch (kind) {
    case 'bool': {
      if (leaf)
        return pick(random, ['true', 'false', 'context.b', 'principal.b', '(principal has n)', '(resource is M)'])
      const compared = () => {
        const of = pick<Kind>(random, ['long', 'long', 'datetime', 'duration'])
        return `(${sub(of)} ${pick(random, ['<', '<=', '>', '>='])} ${sub(of)})`
      }
      const close = () => `(${pick(random, NEAR)} ${pick(random, ['<', '<=', '>', '>='])} ${pick(random, NEAR)})`
      const measured = () =>
        `((${sub('duration')}).${pick(random, SPANS)}() ${pick(random, ['<', '<=', '>', '>='])} ${pick(random, ['0', '1', '24', '90', '1500', '86400'])})`
      const same = () => {
        const of = pick(random, KINDS)
        return `(${sub(of)} ${pick(random, ['==', '!='])} ${random() < 0.9 ? sub(of) : any()})`
      }
      return pick(random, [
        () => `!(${sub('bool')})`,
        () => `(${sub('bool')} && ${sub('bool')})`,
        () => `(${sub('bool')} || ${sub('bool')})`,
        choice,
        compared,
        compared,
        close,
        measured,
        same,
        same,
        () => `(${sub('entity')} in ${sub('entity')})`,
        () => `(${sub('entity')} in [${sub('entity')}, ${random() < 0.95 ? sub('entity') : any()}])`,
        () => `(${sub('set')}).contains(${any()})`,
        () => `(${sub('set')}).containsAll(${sub('set')})`,
        () => `(${sub('set')}).containsAny(${sub('set')})`,
        () => `(${sub('set')}).isEmpty()`,
        () =>
          `(${owner()} has ${pick(random, ['n', 'e', 'r', '"x y"', 'constructor', 'r.n', 'e.n', 'r.r.b', 'e.e.e'])})`,
        () => `((${sub('string')}) like ${JSON.stringify(pick(random, PATTERNS)).replace('\\\\*', '\\*')})`,
        () => `(${sub('entity')} is ${pick(random, ['U', 'G', 'M', 'Action'])})`,
        () => `(${sub('entity')} is ${pick(random, ['U', 'G', 'M'])} in ${sub('entity')})`,
        () => `(${sub('entity')}).hasTag(${sub('string')})`,
        () => `(${sub('ip')}).${pick(random, ['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}()`,
        () => `(${sub('ip')}).isInRange(${sub('ip')})`,
        () =>
          `(${sub('decimal')}).${pick(random, ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${sub('decimal')})`,
      ])()
    }
    case 'long':
      if (leaf) return pick(random, [...LONGS, read()])
      return pick(random, [
        () => pick(random, LONGS),
        read,
        choice,
        () => `-(${sub('long')})`,
        () => `(${sub('long')} + ${sub('long')})`,
        () => `(${sub('long')} - ${sub('long')})`,
        () => `(${sub('long')} * ${sub('long')})`,
        () => `(${sub('duration')}).${pick(random, SPANS)}()`,
      ])()
    case 'string':
      if (leaf) return pick(random, [JSON.stringify(pick(random, STRINGS)), read()])
      return pick(random, [
        () => JSON.stringify(pick(random, STRINGS)),
        read,
        choice,
        () => `(${sub('entity')}).getTag(${sub('string')})`,
      ])()
    case 'entity':
      if (leaf || random() < 0.7) return pick(random, ['principal', 'resource', 'action', 'context.e', ...ENTITIES])
      return pick(random, [read, choice])()
    case 'set': {
      if (leaf || random() < 0.4) return read()
      const of = pick(random, KINDS)
      return `[${Array.from({ length: Math.floor(random() * 3) }, () => sub(of)).join(', ')}]`
    }
    case 'record':
      if (leaf || random() < 0.5) return pick(random, ['context.r', 'principal.r', 'context', '{}'])
      return `{${[...KINDS]
        .filter(() => random() < 0.25)
        .map((one) => `${ATTRIBUTE[one]}: ${sub(one)}`)
        .join(', ')}}`
    case 'ip':
      return random() < 0.5 ? call('ip', IPS, BAD_IPS) : read()
    case 'decimal':
      return random() < 0.6 ? call('decimal', DECIMALS, BAD_DECIMALS) : read()
    case 'datetime':
      if (leaf || random() < 0.5) return random() < 0.5 ? call('datetime', DATES, BAD_DATES) : read()
      return random() < 0.6 ? `(${sub('datetime')}).offset(${sub('duration')})` : `(${sub('datetime')}).toDate()`
    case 'duration':
      if (leaf || random() < 0.5) return random() < 0.6 ? call('duration', DURATIONS, BAD_DURATIONS) : read()
      return random() < 0.5 ? `(${sub('datetime')}).toTime()` : `(${sub('datetime')}).durationSince(${sub('datetime')})`
  }
}

/**
 * A clause, some of them from a pool: rules that share clauses, alone and within others, must not share more than that.
 */
function clause(random: Random, pool: readonly string[]): string {
  const shared = () => pick(random, pool)
  const own = () => expression(random, 'bool', 1 + Math.floor(random() * 4))
  return pick(random, [
    own,
    own,
    own,
    shared,
    () => `${shared()} && ${own()}`,
    () => `${own()} && (${shared()} && !(${shared()}))`,
    () => `${shared()} || ${own()}`,
    () => `!(${shared()} || !(${own()}))`,
  ])()
}

function ruleText(random: Random, id: string, pool: readonly string[]): string {
  const side = (name: string) =>
    pick(random, [
      name,
      name,
      `${name} == ${pick(random, ENTITIES)}`,
      `${name} in ${pick(random, ENTITIES)}`,
      `${name} is U`,
      `${name} is M in G::"x"`,
      `${name} is U in ${pick(random, ENTITIES)}`,
    ])
  const action = pick(random, [
    'action',
    'action == Action::"one"',
    'action in Action::"all"',
    'action in [Action::"two", Action::"some"]',
  ])
  const clauses = Array.from(
    { length: 1 + Math.floor(random() * 2) },
    () => `${random() < 0.7 ? 'when' : 'unless'} { ${clause(random, pool)} }`,
  )
  const effect = random() < 0.6 ? 'permit' : 'forbid'
  return `@id("${id}") @why("fuzz") ${effect} (${side('principal')}, ${action}, ${side('resource')}) ${clauses.join(' ')};`
}

function value(random: Random, kind: Kind, depth: number): CedarValue {
  const sub = (inner: Kind) => value(random, inner, depth - 1)
  switch (kind) {
    case 'bool':
      return random() < 0.5
    case 'long':
      return Number(pick(random, LONGS))
    case 'string':
      return pick(random, STRINGS)
    case 'entity':
      return pick(random, [entity('U', 'a'), entity('U', 'b'), entity('G', 'x'), entity('M', 'm'), entity('M', 'gone')])
    case 'set': {
      const of = pick(
        random,
        KINDS.filter((one) => depth > 0 || (one !== 'set' && one !== 'record')),
      )
      return Array.from({ length: Math.floor(random() * 4) }, () => sub(of))
    }
    case 'record':
      return depth > 0 ? record(random, depth - 1) : {}
    case 'ip':
      return ip(pick(random, IPS))
    case 'decimal':
      return decimal(pick(random, DECIMALS))
    case 'datetime':
      return datetime(Math.floor((random() - 0.2) * 2e12))
    case 'duration':
      return duration(Math.floor((random() - 0.5) * 2e8))
  }
}

const record = (random: Random, depth: number): CedarRecord => {
  const kinds = KINDS.filter((kind) => random() < 0.7 && (depth > 0 || (kind !== 'set' && kind !== 'record')))
  const fields = kinds.map((kind) => [
    ATTRIBUTE[kind],
    value(random, random() < 0.97 ? kind : pick(random, KINDS), depth),
  ])
  return Object.fromEntries(random() < 0.2 ? [...fields, ['x y', 1]] : fields) as CedarRecord
}

export function world(random: Random): EntitySource {
  const [x, y] = [entity('G', 'x'), entity('G', 'y')]
  const tags = () =>
    Object.fromEntries(STRINGS.filter(() => random() < 0.15).map((name) => [name, pick(random, STRINGS)]))
  const given = (uid: ReturnType<typeof entity>, parents: (typeof x)[]) => ({
    uid,
    attrs: record(random, random() < 0.2 ? 1 : 0),
    parents: parents.filter(() => random() < 0.6),
    tags: tags(),
  })
  return fixedSource([
    given(entity('U', 'a'), [x, y]),
    given(entity('U', 'b'), [x]),
    given(entity('M', 'm'), [x]),
    given(x, [y]),
    given(y, []),
  ])
}

export interface Batch {
  readonly jsons: readonly PolicyJson[]
  readonly texts: readonly string[]
  readonly questions: readonly { question: Question; source: EntitySource }[]
}

export function batch(random: Random): Batch {
  const pool = Array.from({ length: 3 }, () => expression(random, 'bool', Math.floor(random() * 3)))
  const jsons: PolicyJson[] = []
  const texts: string[] = []
  while (jsons.length < RULES) {
    const text = ruleText(random, `r${jsons.length}`, pool)
    const parsed = policyToJson(text)
    if (parsed.type === 'failure') throw new Error(`${parsed.errors[0]?.message}\n${text}`)
    jsons.push(JSON.parse(JSON.stringify(parsed.json)) as PolicyJson)
    texts.push(text)
  }
  const sources = [world(random), world(random)]
  const questions = Array.from({ length: QUESTIONS }, () => ({
    question: {
      principal: pick(random, [entity('U', 'a'), entity('U', 'b'), entity('G', 'x')]),
      action: pick(random, ['one', 'two']),
      resource: pick(random, [entity('M', 'm'), entity('U', 'a')]),
      context: record(random, random() < 0.2 ? 2 : 1),
    },
    source: pick(random, sources),
  }))
  return { jsons, texts, questions }
}

export function bundleOf(texts: readonly string[], jsons: readonly PolicyJson[], digest = 'random'): CheckedBundle {
  const rules = texts.map((text, index) => ({
    id: `r${index}`,
    file: 'random.cedar',
    line: 1,
    text,
    json: jsons[index]!,
  }))
  return { digest, sources: [], schemaText: '', schemaJson, rules, warnings: [] }
}
