// What a rule's annotations say, read strictly: an unknown or malformed annotation refuses the bundle, because a duty
// that is silently ignored is a permission nobody gave.
import type { ClampDuty, Duties } from '../core/index.ts'
import { NO_DUTIES, parseLimits, TREATMENTS, type Treatment } from '../core/index.ts'

export interface Notes {
  readonly id: string
  readonly why: string
  /** May the denied read `why`, and may explain name this rule to them? */
  readonly public: boolean
  readonly duties: Duties
}

/** How an annotation is written, what it means, and on which actions it makes sense: names of groups, or of single actions. */
export interface Annotation {
  readonly on?: readonly string[]
  readonly form: string
  readonly meaning: string
}

/** In the order of a rule as one writes it. docs/rules.md is printed from this. */
export const NOTES = {
  id: {
    form: '"interns-small"',
    meaning: 'Names the rule in decisions, events and tests. Required, and unique in the bundle.',
  },
  why: {
    form: '"Interns chat briefly."',
    meaning: 'What the rule is for, in one sentence of at most 300 characters. Required.',
  },
  explain: {
    form: '"private"',
    meaning:
      '`public`: who is denied by the rule reads its `@why`. `private`: they learn that some rule denies. Default: public for permits, private for forbids.',
  },
  limit: {
    on: ['use'],
    form: '"60 requests/minute, 200000 tokens/day, 4 concurrent"',
    meaning:
      'Per holder of the right, on all nodes together; per second, minute, hour, day or week. Each rule counts the calls that it allows; a call must be within all of them. Limits of a model, a role or everybody together: `quotas` in the settings.',
  },
  clamp: {
    on: ['use'],
    form: '"maxTokens <= 1024, temperature <= 0.7"',
    meaning:
      'Changes what is asked for, or left out, to what is allowed: `<=`, `>=` or `==`. Of several rules all hold; what they exclude together is refused.',
  },
  instruct: {
    on: ['use'],
    form: '"Answer briefly."',
    meaning:
      'Is put in front of the system prompt, marked, with a canary. Of several rules all are put. What is embedded has no place for it.',
  },
  ban: {
    on: ['use'],
    form: '"phrase, phrase"',
    meaning: 'Phrases that an answer may not hold: never chosen by a model inside, masked in answers of others.',
  },
  record: {
    on: ['use'],
    form: '"prompt, answer, 30d"',
    meaning:
      'Keeps prompt (with tools and schemas), answer or both, sealed, for so many days: `sallyport audit content`.',
  },
  store: {
    on: ['use'],
    form: '"24h"',
    meaning: 'Answers may be stored so long and continued (`store` and `previous_response_id` of responses).',
  },
  treat: {
    on: ['data'],
    form: '"pass", "pseudonym", "mask" or "block"',
    meaning: 'What becomes of the class of data. Of several rules the most protective holds.',
  },
  longest: {
    on: ['jit'],
    form: '"4h"',
    meaning: 'The longest time the role may be asked for, or given by whoever approves.',
  },
  uses: {
    on: ['jit'],
    form: '"1"',
    meaning: 'The most calls the role may be asked for, or given by whoever approves.',
  },
  approvals: {
    on: ['requestRole'],
    form: '"2"',
    meaning: 'How many people must say yes; never who asks, nor who is to hold it.',
  },
  quorum: { on: ['requestRole'], form: '"ml-leads: 1, security: 1"', meaning: 'How many of them from which group.' },
  stepup: {
    on: ['use', 'data', 'read', 'manage', 'learn', 'jit', 'administer', 'callTool', 'readDocument'],
    form: '"phr, 10m"',
    meaning:
      'The sign-in must be of this kind, not older than this, or both; else 401 says what is wanted (RFC 9470), and data is blocked.',
  },
} as const satisfies Record<string, Annotation>

/** Annotations that are duties, with the actions they belong on. */
const PLACE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries<Annotation>(NOTES).flatMap(([name, { on }]) => (on === undefined ? [] : [[name, on]])),
)

export const ANNOTATIONS: readonly string[] = Object.keys(NOTES)

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const
/** What can be clamped. */
export const CLAMPABLE: Readonly<Record<string, 'number' | 'boolean' | 'string'>> = {
  maxTokens: 'number',
  temperature: 'number',
  topP: 'number',
  topK: 'number',
  minP: 'number',
  n: 'number',
  seed: 'number',
  frequencyPenalty: 'number',
  presencePenalty: 'number',
  repeatPenalty: 'number',
  topLogprobs: 'number',
  reasoningTokens: 'number',
  contextTokens: 'number',
  keepAliveSeconds: 'number',
  bestOf: 'number',
  dimensions: 'number',
  logprobs: 'boolean',
  parallelTools: 'boolean',
  echo: 'boolean',
  truncate: 'boolean',
  reasoningEffort: 'string',
  verbosity: 'string',
  serviceTier: 'string',
  toolChoice: 'string',
  encodingFormat: 'string',
}

/** Problems found, in the reader's words; an empty list means that `notes` is whole. */
export interface ReadNotes {
  readonly notes?: Notes
  readonly problems: readonly string[]
}

/**
 * `actions` are the actions the rule's scope reaches, each with itself and the groups it is in, so that a duty on a
 * rule that also covers actions where the duty means nothing is refused rather than half obeyed.
 */
export function readNotes(
  annotations: Readonly<Record<string, string>>,
  effect: 'permit' | 'forbid',
  actions: readonly ReadonlySet<string>[],
): ReadNotes {
  const problems: string[] = []
  const say = (problem: string) => problems.push(problem)
  const text = (name: string) => (Object.hasOwn(annotations, name) ? annotations[name] : undefined)
  const read = <T>(name: keyof typeof NOTES, parse: (value: string) => T | undefined): T | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined)
      say(`@${name}(${JSON.stringify(value)}) is not understood; it looks like ${NOTES[name].form}`)
    return parsed
  }

  for (const name of Object.keys(annotations))
    if (!ANNOTATIONS.includes(name)) {
      const near = ANNOTATIONS.find((known) => closeTo(known, name))
      say(`@${name} is not an annotation${near ? `; did you mean @${near}?` : ''}`)
    }
  const id = text('id')
  if (!id || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id))
    say('@id is required: 1 to 64 letters, digits, dots, dashes and underscores')
  const why = text('why')?.trim()
  if (!why || why.length > 300) say('@why is required: one sentence of at most 300 characters')
  const explain = read('explain', (value) => (value === 'public' || value === 'private' ? value : undefined))

  for (const [name, places] of Object.entries(PLACE)) {
    if (text(name) === undefined) continue
    if (effect === 'forbid') say(`@${name} is a duty, and a forbid has none`)
    else if (!actions.every((lineage) => places.some((place) => lineage.has(place))))
      say(`@${name} belongs on rules about ${places.slice(0, 3).join(', ')} only`)
  }

  const record = read('record', parseRecord)
  const store = read('store', parseSpan)
  const treat = read('treat', (value) => TREATMENTS.find((one) => one === value))
  const stepUp = read('stepup', parseStepUp)
  const longest = read('longest', parseSpan)
  const uses = read('uses', parseCount)
  const approvals = read('approvals', parseCount)
  const quorum = read('quorum', parseQuorum)
  const duties: Duties = {
    ...NO_DUTIES,
    ...given(
      'instruct',
      read('instruct', (value) => (value.trim() ? [value.trim()] : undefined)),
    ),
    ...given(
      'limits',
      read('limit', (value) => parseLimits(value, id ?? '')),
    ),
    ...given('clamps', read('clamp', parseClamps)),
    ...given('bans', read('ban', parseList)),
    ...given('record', record),
    ...given('storeSeconds', store),
    ...given('treat', treat),
    ...given('stepUp', stepUp),
    ...given('longestSeconds', longest),
    ...given('uses', uses),
    ...given('approvals', approvals),
    ...given('quorum', quorum),
  }
  if (problems.length > 0 || !id || !why) return { problems }
  return { problems, notes: { id, why, public: explain ? explain === 'public' : effect === 'permit', duties } }
}

const given = <K extends string, T>(name: K, value: T | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [name in K]?: T }

function parseList(value: string): string[] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  return parts.every((part) => part !== '') ? parts : undefined
}

const all = <T>(parts: readonly string[] | undefined, parse: (part: string) => T | undefined): T[] | undefined => {
  const parsed = parts?.map(parse)
  return parsed?.every((one) => one !== undefined) ? parsed : undefined
}

function parseClamps(value: string): ClampDuty[] | undefined {
  return all(parseList(value), (part) => {
    const match = /^([A-Za-z]+) (<=|>=|==) (.+)$/.exec(part)
    const parameter = match?.[1] ?? ''
    const kind = Object.hasOwn(CLAMPABLE, parameter) ? CLAMPABLE[parameter] : undefined
    const [operator, given] = [match?.[2] as ClampDuty['operator'], match?.[3] ?? '']
    if (!kind || (kind !== 'number' && operator !== '==')) return undefined
    if (kind === 'number')
      return /^-?\d+(\.\d+)?$/.test(given) ? { parameter, operator, value: Number(given) } : undefined
    if (kind === 'boolean')
      return given === 'true' || given === 'false' ? { parameter, operator, value: given === 'true' } : undefined
    return /^[A-Za-z_]+$/.test(given) ? { parameter, operator, value: given } : undefined
  })
}

function parseRecord(value: string): Duties['record'] {
  const parts = parseList(value) ?? []
  const days = parts.map((part) => /^([1-9]\d{0,3})d$/.exec(part)?.[1]).find((part) => part !== undefined)
  const known = parts.every((part) => part === 'prompt' || part === 'answer' || /^[1-9]\d{0,3}d$/.test(part))
  const what = { prompt: parts.includes('prompt'), answer: parts.includes('answer') }
  if (!days || !known || parts.length !== 1 + Number(what.prompt) + Number(what.answer) || parts.length < 2)
    return undefined
  return { ...what, days: Number(days) }
}

function parseSpan(value: string): number | undefined {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(value)
  return match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] : undefined
}

function parseStepUp(value: string): Duties['stepUp'] {
  const parts = parseList(value) ?? []
  const spans = parts.map(parseSpan).filter((span) => span !== undefined)
  const kinds = parts.filter((part) => parseSpan(part) === undefined)
  if (parts.length === 0 || spans.length > 1 || kinds.length > 1) return undefined
  if (kinds.some((kind) => !/^[\x21-\x7e]{1,200}$/.test(kind))) return undefined
  return { ...given('acr', kinds[0]), ...given('maxAgeSeconds', spans[0]) }
}

const parseCount = (value: string) => (/^[1-9]\d{0,5}$/.test(value) ? Number(value) : undefined)

/** `group: count` pairs: so many approvals from members of each group. */
function parseQuorum(value: string): string | undefined {
  const parts = parseList(value)
  return parts?.every((part) => /^[^:,]{1,100}: [1-9]\d{0,2}$/.test(part)) ? parts.join(', ') : undefined
}

/** At most one letter added, lost or changed, or two neighbours swapped. */
function closeTo(known: string, given: string): boolean {
  const other = given.toLowerCase()
  if (Math.abs(known.length - other.length) > 1) return false
  let start = 0
  while (start < known.length && known[start] === other[start]) start++
  const [restKnown, restOther] = [known.slice(start), other.slice(start)]
  return (
    restKnown.slice(1) === restOther ||
    restKnown === restOther.slice(1) ||
    restKnown.slice(1) === restOther.slice(1) ||
    (restKnown[0] === restOther[1] && restKnown[1] === restOther[0] && restKnown.slice(2) === restOther.slice(2))
  )
}

export type { Treatment }
