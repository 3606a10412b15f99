// What a rule's annotations say, read strictly: an unknown or malformed annotation refuses the bundle, because a duty
// that is silently ignored is a permission nobody gave.
import type { ClampDuty, Duties, LimitDuty } from '../core/index.ts'
import { NO_DUTIES, TREATMENTS, type Treatment } from '../core/index.ts'

export interface Notes {
  readonly id: string
  readonly why: string
  /** May the denied read `why`, and may explain name this rule to them? */
  readonly public: boolean
  readonly duties: Duties
}

/** Which actions a duty makes sense on: names of action groups, or of single actions. */
const PLACE: Readonly<Record<string, readonly string[]>> = {
  instruct: ['use'],
  limit: ['use'],
  clamp: ['use'],
  ban: ['use'],
  record: ['use'],
  store: ['use'],
  treat: ['data'],
  longest: ['jit'],
  uses: ['jit'],
  approvals: ['requestRole'],
  quorum: ['requestRole'],
  stepup: ['use', 'data', 'read', 'manage', 'learn', 'jit', 'administer', 'callTool', 'readDocument'],
}

export const ANNOTATIONS: readonly string[] = ['id', 'why', 'explain', ...Object.keys(PLACE)]

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const
const WINDOWS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 }
const CLAMPABLE: Readonly<Record<string, 'number' | 'boolean' | 'string'>> = {
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
  const read = <T>(name: string, parse: (value: string) => T | undefined, form: string): T | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined) say(`@${name}(${JSON.stringify(value)}) is not understood; it looks like ${form}`)
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
  const explain = read(
    'explain',
    (value) => (value === 'public' || value === 'private' ? value : undefined),
    '"private"',
  )

  for (const [name, places] of Object.entries(PLACE)) {
    if (text(name) === undefined) continue
    if (effect === 'forbid') say(`@${name} is a duty, and a forbid has none`)
    else if (!actions.every((lineage) => places.some((place) => lineage.has(place))))
      say(`@${name} belongs on rules about ${places.slice(0, 3).join(', ')} only`)
  }

  const record = read('record', parseRecord, '"prompt, answer, 30d"')
  const store = read('store', parseSpan, '"24h"')
  const treat = read(
    'treat',
    (value) => TREATMENTS.find((one) => one === value),
    '"pass", "pseudonym", "mask" or "block"',
  )
  const stepUp = read('stepup', parseStepUp, '"phr, 10m"')
  const longest = read('longest', parseSpan, '"4h"')
  const uses = read('uses', parseCount, '"1"')
  const approvals = read('approvals', parseCount, '"2"')
  const quorum = read('quorum', parseQuorum, '"ml-leads: 1, security: 1"')
  const duties: Duties = {
    ...NO_DUTIES,
    ...given(
      'instruct',
      read('instruct', (value) => (value.trim() ? [value.trim()] : undefined), '"Answer briefly."'),
    ),
    ...given(
      'limits',
      read('limit', (value) => parseLimits(value, id ?? ''), '"60 requests/minute, 4 concurrent"'),
    ),
    ...given('clamps', read('clamp', parseClamps, '"maxTokens <= 1024, temperature <= 0.7"')),
    ...given('bans', read('ban', parseList, '"phrase, phrase"')),
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

function parseLimits(value: string, rule: string): LimitDuty[] | undefined {
  return all(parseList(value), (part) => {
    const match = /^([1-9]\d{0,14}) (?:(request|token)s?\/(second|minute|hour|day|week)|concurrent)$/.exec(part)
    if (!match) return undefined
    const amount = Number(match[1])
    const [unit, window] = [match[2], match[3]]
    return unit && window
      ? { amount, unit: unit === 'request' ? 'requests' : 'tokens', windowSeconds: WINDOWS[window]!, rule }
      : { amount, unit: 'concurrent' as const, rule }
  })
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
