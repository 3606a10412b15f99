// The context of a decision, as the gateway builds it from what it knows itself. Nothing a client sends gets here but
// through requestContext, which turns known parameters into scalars; a record of a client's making never does.
import { isIPv4, isIPv6 } from 'node:net'
import { type Caller, Fault, isBoundless, type ModelRequest, type Params } from '../core/index.ts'
import { datetime, decimal, ip } from './extension.ts'
import { type CedarRecord, type CedarValue, type DateTime, type Decimal, type EntityRef, Ip } from './value.ts'

/** Local time of the gateway's zone. `weekday` is 1 (Monday) to 7. */
export type ClockContext = { now: DateTime; hour: number; minute: number; weekday: number }
/** `age` in whole seconds since the sign-in, rounded up. `scopes` are the actions a credential is narrowed to. */
export type AuthContext = {
  kind: string
  bound: boolean
  age: number
  acr?: string
  amr: readonly string[]
  scopes: readonly string[]
  ip: Ip
  mfa: boolean
}
/** `age` in whole seconds. `taint` names what untrusted or sensitive material the conversation has seen. */
export type SessionContext = { turns: number; tokens: number; age: number; taint: readonly string[] }
/** 0 to 100 each. */
export type RiskContext = { injection: number; anomaly: number }
export type GrantContext = { active: boolean; roles: readonly string[]; reason?: string; ticket?: string }
/** One data class found. `confidence` 0 to 100; `field` is the path inside JSON, "" outside. */
export type DataContext = { class: string; count: number; confidence: number; origin: string; field: string }
/** What is asked for in a request for a role. `requester` is missing if no person asked. */
export type AskContext = {
  seconds: number
  uses?: number
  tokens?: number
  reason: string
  ticket?: string
  models: readonly string[]
  requester?: EntityRef
  approvals: number
}
export type ToolContext = { confirmed: boolean }

export type DecisionContext = {
  clock: ClockContext
  auth: AuthContext
  risk: RiskContext
  grant: GrantContext
  /** Actions of `use` and `learn`, from `requestContext`. */
  request?: CedarRecord
  /** Actions of `use`, `data`, `callTool`, `readDocument`. */
  session?: SessionContext
  /** The model at the other end: actions of `data`, `callTool`, `readDocument`. */
  model?: EntityRef
  /** Actions of `data`. */
  data?: DataContext
  /** Action `callTool`. */
  tool?: ToolContext
  /** Actions of `jit`. */
  ask?: AskContext
}

export const NO_RISK: RiskContext = { injection: 0, anomaly: 0 }
export const NO_GRANT: GrantContext = { active: false, roles: [] }

/** Reads the wall clock in one zone. The zone's rules are asked once a minute, not once a call. */
export function createClockContext(timeZone: string): (nowMs: number) => ClockContext {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
    hourCycle: 'h23',
  })
  let cachedMinute = Number.NaN
  let local = { hour: 0, minute: 0, weekday: 1 }
  let cachedMs = Number.NaN
  let cached: ClockContext | undefined
  return (nowMs) => {
    if (cached && nowMs === cachedMs) return cached
    const minute = Math.floor(nowMs / 60_000)
    if (minute !== cachedMinute) {
      const parts = new Map(format.formatToParts(nowMs).map((part) => [part.type, part.value]))
      local = {
        hour: Number(parts.get('hour')),
        minute: Number(parts.get('minute')),
        weekday: 1 + ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts.get('weekday') ?? ''),
      }
      cachedMinute = minute
    }
    const { hour, minute: minutes, weekday } = local
    cachedMs = nowMs
    cached = { now: datetime(nowMs), hour, minute: minutes, weekday }
    return cached
  }
}

/** An age nobody proved counts as this old, in seconds: no rule that wants a fresh sign-in is met by it. */
export const UNKNOWN_AGE_SECONDS = 3_155_760_000

/** Authentication method references (RFC 8176) of something one has or is. */
const SECOND_FACTORS = ['otp', 'hwk', 'swk', 'sms', 'tel', 'fpt', 'face', 'iris', 'sc', 'pop', 'phr', 'phrh']

export function authContext(caller: Caller, nowMs: number): AuthContext {
  const { credential } = caller
  const amr = credential.amr ?? NOTHING
  const since = credential.authenticatedAt ?? credential.issuedAt
  const knows = amr.includes('pwd') || amr.includes('pin') || amr.includes('kba')
  const context: AuthContext = {
    kind: credential.kind,
    bound: credential.bound,
    age: since === undefined ? UNKNOWN_AGE_SECONDS : Math.max(0, Math.ceil((nowMs - since) / 1000)),
    amr,
    scopes: credential.scopes?.actions ?? NOTHING,
    ip: remoteIp(caller.address),
    mfa: amr.includes('mfa') || (knows && amr.some((method) => SECOND_FACTORS.includes(method))),
  }
  if (credential.acr !== undefined) context.acr = credential.acr
  return context
}
const NOTHING: readonly string[] = []

/** The address as rules compare it: IPv4 inside IPv6 as IPv4, no zone. Anything else is `::`, which lies in no usual network. */
export function remoteIp(address: string): Ip {
  let known = addresses.get(address)
  if (!known) {
    known = readIp(address)
    // Whole and at once: addresses that come back are few, and one that is dropped is read again.
    if (addresses.size >= MOST_ADDRESSES) addresses.clear()
    addresses.set(address, known)
  }
  return known
}
const addresses = new Map<string, Ip>()
const MOST_ADDRESSES = 10_000

function readIp(address: string): Ip {
  const bare = address.split('%', 1)[0]!
  if (isIPv4(bare)) return ip(bare)
  if (!isIPv6(bare)) return ip('::')
  // The URL parser spells IPv6 in hexadecimal throughout, which is the only spelling rules know.
  const full = ip(new URL(`http://[${bare}]`).hostname.slice(1, -1))
  return full.bits >> 32n === 0xffffn ? new Ip(false, full.bits & 0xffffffffn, 32) : full
}

const CHOICES = ['auto', 'none', 'required']

type Shown<T> = (value: T, name: string) => CedarValue

const whole: Shown<number> = (value, name) => {
  if (!Number.isSafeInteger(value)) throw invalid(name, 'must be a whole number')
  return value
}
const fraction: Shown<number> = (value, name): Decimal => {
  if (!Number.isFinite(value) || Math.abs(value) > 1e9) throw invalid(name, 'is out of range')
  return decimal(value.toFixed(4))
}
const flag: Shown<boolean> = (value) => value
const word: Shown<string> = (value) => value
/** A rule that asks for more than any number must be met by what has no bound. */
const BOUNDLESS = Number.MAX_SAFE_INTEGER
const invalid = (param: string, problem: string) =>
  new Fault('validation_failed', { detail: `${param} ${problem}.`, data: { param } })

/**
 * How each parameter appears to rules. The type demands an entry for every parameter there is, so a new one does not
 * compile until rules can see it.
 */
const SHOWN: { readonly [K in keyof Params]-?: Shown<NonNullable<Params[K]>> } = {
  maxTokens: whole,
  temperature: fraction,
  topP: fraction,
  topK: (value, name) => (isBoundless('topK', value) ? BOUNDLESS : whole(value, name)),
  minP: fraction,
  n: whole,
  stop: (value) => value.length,
  seed: whole,
  logitBias: (value) => Object.keys(value).length,
  frequencyPenalty: fraction,
  presencePenalty: fraction,
  repeatPenalty: fraction,
  logprobs: flag,
  topLogprobs: whole,
  responseFormat: (value) => value.type,
  tools: (value) => value.map((tool) => tool.name),
  // A tool may be called what a choice is called; a rule that asks for "none" must not be met by it.
  toolChoice: (value) =>
    typeof value === 'string' ? value : CHOICES.includes(value.name) ? `tool:${value.name}` : value.name,
  parallelTools: flag,
  reasoningEffort: word,
  reasoningTokens: whole,
  user: () => true,
  metadata: (value) => Object.keys(value),
  keepAliveSeconds: (value, name) => (isBoundless('keepAliveSeconds', value) ? BOUNDLESS : whole(value, name)),
  contextTokens: whole,
  dimensions: whole,
  encodingFormat: word,
  truncate: flag,
  suffix: () => true,
  echo: flag,
  bestOf: whole,
  serviceTier: word,
  verbosity: word,
}

/** `estimatedTokens` is the gateway's own estimate of the input. Throws on a parameter that no rule can see. */
export function requestContext(request: ModelRequest, estimatedTokens: number): CedarRecord {
  const parameters: string[] = []
  const context: Record<string, CedarValue> = {
    stream: request.stream,
    format: 'text',
    tools: NOTHING,
    toolChoice: 'auto',
    n: 1,
    system: false,
    messages: request.messages.length,
    inputs: request.inputs.length,
    images: 0,
    audio: 0,
    documents: 0,
    toolResults: 0,
    store: request.store ?? false,
    continues: request.previousResponseId !== undefined,
    estimatedTokens: Math.max(0, Math.ceil(estimatedTokens)),
    parameters,
  }
  for (const name of Object.keys(request.params)) {
    const value = request.params[name as keyof Params]
    if (value === undefined) continue
    const show = Object.hasOwn(SHOWN, name) ? (SHOWN[name as keyof Params] as Shown<unknown>) : undefined
    if (!show)
      throw new Fault('unsupported_parameter', { detail: `${name} is not a parameter here.`, data: { param: name } })
    context[name === 'responseFormat' ? 'format' : name] = show(value, name)
    parameters.push(name)
  }
  let [images, audio, documents, toolResults] = [0, 0, 0, 0]
  for (const { role, parts } of request.messages) {
    if (role === 'system') context.system = true
    else if (role === 'tool') toolResults++
    for (const { type } of parts)
      if (type === 'image') images++
      else if (type === 'audio') audio++
      else if (type === 'document') documents++
  }
  return Object.assign(context, { images, audio, documents, toolResults })
}
