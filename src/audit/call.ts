// The record of one call: `call.decided` is durable before anything is sent to a model, `call.finished` is written
// exactly once, however the call ends. A process that dies in between leaves the second one to `recover`.
import {
  type Caller,
  type Clock,
  credentialText,
  type Decision,
  Fault,
  type FaultCode,
  type JsonObject,
  type NewEvent,
  type Usage,
  uidText,
} from '../core/index.ts'
import type { Statement } from '../store/index.ts'
import type { Content, Part } from './content.ts'
import type { Log } from './log.ts'

const NO_ROWS: readonly Statement[] = []

/** What becomes known of a call on its way. Later facts replace earlier ones; `data` is merged field by field. */
export interface CallFacts {
  caller?: Caller
  /** For a call without a caller, whose address is known all the same. */
  address?: string
  action?: string
  model?: string
  decision?: Decision
  session?: string
  grant?: string
  /** Counts, codes and names only; `flow` holds what became of the data (`DataFlow[]`). */
  data?: JsonObject
}

/** One step of data: which class, how often, how it was treated, and where it went. */
export interface DataFlow {
  readonly class: string
  readonly count: number
  readonly treatment: string
  readonly to: 'upstream' | 'caller' | 'log' | 'cache' | 'connector'
}

/** How a call ended, as the caller saw it. */
export type Outcome =
  | 'served' // answered whole
  | 'refused' // never sent to a model: credential, rule, limit, content, lock
  | 'cut' // ended by us while it ran
  | 'disconnected' // the client went away
  | 'failed' // the model server, or we, could not
  | 'interrupted' // the process died; written at the next start

export interface CallEnding {
  /** Missing if the call was served whole. */
  fault?: Fault
  usage?: Usage
  data?: JsonObject
}

export interface CallRecord {
  readonly id: string
  note(facts: CallFacts): void
  /**
   * Keeps a prompt or an answer if the rule that allowed the call demands it (`@record`), else does nothing. It is written
   * with the next event of the call, sealed.
   */
  keep(part: Part, text: () => string): void
  /**
   * Writes `call.decided`. Nothing may be sent upstream before this resolves.
   * @throws Fault `audit_unavailable`
   */
  decided(): Promise<void>
  /**
   * Writes `call.finished`; later calls return the first one's promise. If the log cannot be written now, this rejects and
   * the event stays in line until it can.
   */
  finish(ending: CallEnding): Promise<void>
  /** True once `decided` was written and `finish` was not. */
  readonly open: boolean
}

export interface Calls {
  open(id: string, facts: CallFacts): CallRecord
  /** Position of the oldest call that is decided and not finished. */
  readonly lowest: number | undefined
  /** How many those are. */
  readonly size: number
}

const FAILURES: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'internal',
  'upstream_unavailable',
  'upstream_invalid',
  'upstream_refused',
  'upstream_timeout',
  'audit_unavailable',
  'guard_unavailable',
  'store_unavailable',
])

function outcomeOf(fault: Fault | undefined, wasDecided: boolean): Outcome {
  if (!fault) return 'served'
  if (fault.code === 'client_closed') return 'disconnected'
  if (FAILURES.has(fault.code)) return 'failed'
  return wasDecided ? 'cut' : 'refused'
}

function factsOfCaller({ principal, credential, address, client }: Caller): Omit<NewEvent, 'kind'> {
  return {
    principal: uidText(principal),
    credential: credentialText(credential),
    address,
    ...(client === undefined ? {} : { data: { client } }),
  }
}

function factsOfDecision({ id, allow, rules, errors, policy, microseconds }: Decision): Omit<NewEvent, 'kind'> {
  return {
    decision: allow ? 'allow' : 'deny',
    rules,
    policy,
    data: {
      decisionId: id,
      decidedInUs: Math.round(microseconds),
      ...(errors.length > 0 ? { errors: [...errors] } : {}),
    },
  }
}

type Facts = Omit<NewEvent, 'kind'>

const merge = (facts: Facts, more: Facts): Facts => {
  const data = facts.data && more.data ? { ...facts.data, ...more.data } : (more.data ?? facts.data)
  return data ? { ...facts, ...more, data } : { ...facts, ...more }
}

/** Seals content; undefined if this log keeps none. */
export type Seal = Content['seal'] | undefined

export function createCalls(log: Log, clock: Clock, seal: Seal): Calls {
  const decidedAt = new Map<string, number>()

  function open(id: string, initial: CallFacts): CallRecord {
    const began = clock.monotonic()
    let facts: Facts = { call: id }
    let written = false
    let demanded: Decision['duties']['record']
    let subject = ''
    const kept = new Map<Part, string>()
    let deciding: Promise<void> | undefined
    let finishing: Promise<void> | undefined

    const note = ({ caller, decision, ...rest }: CallFacts) => {
      if (caller) {
        subject = uidText(caller.principal)
        facts = merge(facts, factsOfCaller(caller))
      }
      if (decision) {
        demanded = decision.duties.record
        facts = merge(facts, factsOfDecision(decision))
      }
      facts = merge(facts, rest)
    }
    /** Seals what is kept so far; the event that is written next names it. */
    const sealed = async (): Promise<readonly Statement[]> => {
      if (!seal || !demanded || kept.size === 0) return NO_ROWS
      const rows: Statement[] = []
      const content = Array.isArray(facts.data?.content) ? [...facts.data.content] : []
      for (const [part, text] of kept) {
        const made = await seal(id, subject, part, text, demanded.days)
        kept.delete(part)
        if (!made) continue
        rows.push(...made.rows)
        content.push(made.fact)
      }
      if (content.length > 0) facts = merge(facts, { data: { content } })
      return rows
    }
    const decide = async (): Promise<void> => {
      const rows = kept.size > 0 ? await sealed() : NO_ROWS
      const { position } = await log.append({ ...facts, kind: 'call.decided' }, rows)
      // Known as open until its ending is written, even if the ending was asked for in the meantime.
      if (!written) decidedAt.set(id, position)
    }
    const end = async ({ fault, usage, data }: CallEnding): Promise<void> => {
      const ending: JsonObject = { ...data, outcome: outcomeOf(fault, deciding !== undefined) }
      ending.ms = Math.round((clock.monotonic() - began) * 10) / 10
      if (fault) ending.status = fault.status
      if (typeof fault?.data.by === 'string') ending.by = fault.data.by
      if (typeof fault?.data.detector === 'string') ending.detector = fault.data.detector
      for (const [name, value] of Object.entries(usage ?? {})) ending[name] = value
      facts = merge(facts, { data: ending, ...(fault ? { reason: fault.code } : {}) })
      let rows = NO_ROWS
      try {
        if (kept.size > 0) rows = await sealed()
      } catch (error) {
        // The ending must be written even if the answer cannot be kept; it says so.
        facts = merge(facts, { data: { contentLost: Fault.from(error).code } })
      }
      const done = () => {
        written = true
        decidedAt.delete(id)
      }
      await log.appendSurely({ ...facts, kind: 'call.finished' }, done, rows)
    }
    note(initial)
    return {
      id,
      note,
      keep(part, text) {
        if (seal && demanded?.[part]) kept.set(part, text())
      },
      get open() {
        return decidedAt.has(id)
      },
      decided() {
        deciding ??= decide()
        return deciding
      },
      finish(ending) {
        finishing ??= end(ending)
        return finishing
      },
    }
  }

  return {
    open,
    get lowest() {
      let lowest: number | undefined
      for (const position of decidedAt.values()) if (lowest === undefined || position < lowest) lowest = position
      return lowest
    },
    get size() {
      return decidedAt.size
    },
  }
}
