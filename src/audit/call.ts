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
  type Usage,
  uidText,
} from '../core/index.ts'
import type { Statement } from '../store/index.ts'
import type { Content, Part } from './content.ts'
import { createDraft, type DraftFields } from './draft.ts'
import type { Log } from './log.ts'
import { isUnproven, type Strangers } from './strangers.ts'

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
  readonly to: 'upstream' | 'caller' | 'log' | 'cache'
}

/** Where the parts of a call have gone, told by the flow to those who saw them. */
const SEEN_BY: Readonly<Record<Part, DataFlow['to']>> = { prompt: 'upstream', answer: 'caller' }

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
   * the event stays in line until it can; of a call that was not decided it is only counted once too many wait. A call of
   * nobody known may be counted in an event that it shares.
   */
  finish(ending: CallEnding): Promise<void>
  /** True once `decided` was written and `finish` was not. */
  open(): boolean
}

export interface Calls {
  open(id: string, facts: CallFacts): CallRecord
  /** Position of the oldest call that is decided and not finished. */
  readonly lowest: number | undefined
  /** How many those are. */
  readonly size: number
  /** What was written from this position on was lost, and is written again: at it or later. */
  lostFrom(position: number): void
}

const FAILURES: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'internal',
  'upstream_unavailable',
  'upstream_invalid',
  'upstream_refused',
  'upstream_timeout',
  'context_length_exceeded',
  'request_rejected',
  'audit_unavailable',
  'guard_unavailable',
  'store_unavailable',
])

/** What a refusal says of itself that belongs into the log: ids, codes and names. */
const FAULT_FACTS = ['by', 'tool', 'detector', 'triedSession'] as const

function outcomeOf(fault: Fault | undefined, wasDecided: boolean): Outcome {
  if (!fault) return 'served'
  if (fault.code === 'client_closed') return 'disconnected'
  if (FAILURES.has(fault.code)) return 'failed'
  return wasDecided ? 'cut' : 'refused'
}

const factsOfCaller = ({ principal, credential, address }: Caller): DraftFields => ({
  principal: uidText(principal),
  credential: credentialText(credential),
  address,
})

const dataOfDecision = ({ id, errors, microseconds }: Decision): JsonObject => {
  const data: JsonObject = { decisionId: id, decidedInUs: Math.round(microseconds) }
  if (errors.length > 0) data.errors = [...errors]
  return data
}

/** Seals content; undefined if this log keeps none. */
export type Seal = Content['seal'] | undefined

export function createCalls(log: Log, clock: Clock, seal: Seal, strangers: Pick<Strangers, 'take'>): Calls {
  const decidedAt = new Map<string, number>()

  function open(id: string, initial: CallFacts): CallRecord {
    const began = clock.monotonic()
    const draft = createDraft()
    draft.set({ call: id })
    let written = false
    let demanded: Decision['duties']['record']
    let subject = ''
    const kept = new Map<Part, string>()
    /** What the events say of the parts that are sealed. */
    const content: JsonObject[] = []
    /** Where the data of the call went, as far as the guard knows, and whether the answer is kept for its caller. */
    let flow: readonly JsonObject[] = []
    let stored = false
    /** The log may hold something of this call. */
    let begun = false
    let deciding: Promise<void> | undefined
    let finishing: Promise<void> | undefined

    const note = (facts: CallFacts) => {
      const { caller, decision, address, action, model, session, grant, data } = facts
      if (caller) {
        subject = uidText(caller.principal)
        draft.set(factsOfCaller(caller))
        if (caller.client !== undefined) draft.add({ client: caller.client })
      }
      if (decision) {
        const { allow, rules, policy } = decision
        demanded = decision.duties.record
        draft.set({ decision: allow ? 'allow' : 'deny', rules, policy })
        draft.add(dataOfDecision(decision))
      }
      draft.set({ address, action, model, session, grant })
      if (data) addData(data)
    }
    const addData = (data: JsonObject) => {
      if (Array.isArray(data.flow)) flow = data.flow as JsonObject[]
      if (data.stored === true) stored = true
      draft.add(data)
    }
    /** What was recorded or stored went there as well, as it was seen by the model and by the caller. */
    const addCopies = () => {
      if (flow.length === 0 || (content.length === 0 && !stored)) return
      const recorded = content.map(({ part }) => SEEN_BY[part as Part])
      const seen = flow.filter(({ treatment }) => treatment !== 'block')
      const logged = seen
        .filter(({ to }) => recorded.includes(to as DataFlow['to']))
        .map((step) => ({ ...step, to: 'log' }))
      // What the caller said is stored as it was said.
      const cached = stored
        ? seen.map((step) => ({ ...step, to: 'cache', ...(step.to === 'upstream' && { treatment: 'pass' }) }))
        : []
      if (logged.length + cached.length > 0) draft.add({ flow: [...flow, ...logged, ...cached] })
    }
    /** Seals what is kept so far; the event that is written next names it. */
    const sealed = async (): Promise<readonly Statement[]> => {
      if (!seal || !demanded || kept.size === 0) return NO_ROWS
      const rows: Statement[] = []
      for (const [part, text] of kept) {
        const made = await seal(id, subject, part, text, demanded.days)
        kept.delete(part)
        if (!made) continue
        rows.push(...made.rows)
        content.push(made.fact)
      }
      if (content.length > 0) draft.add({ content: [...content] })
      return rows
    }
    const decide = async (): Promise<void> => {
      const rows = kept.size > 0 ? await sealed() : NO_ROWS
      addCopies()
      begun = log.takes
      const { position } = await log.append(draft.event('call.decided'), { rows, write: draft.write })
      // Known as open until its ending is written, even if the ending was asked for in the meantime.
      if (!written) decidedAt.set(id, position)
    }
    const end = async ({ fault, usage, data }: CallEnding): Promise<void> => {
      const ending: JsonObject = { ...data, outcome: outcomeOf(fault, deciding !== undefined) }
      ending.ms = Math.round((clock.monotonic() - began) * 10) / 10
      if (fault) ending.status = fault.status
      for (const name of FAULT_FACTS) if (typeof fault?.data[name] === 'string') ending[name] = fault.data[name]
      const { class: blocked, direction } = fault?.data ?? {}
      if (fault?.code === 'content_blocked' && direction === 'send' && typeof blocked === 'string')
        ending.flow = [{ class: blocked, count: 1, to: 'upstream', treatment: 'block' }]
      for (const [name, value] of Object.entries(usage ?? {})) ending[name] = value
      addData(ending)
      // Nobody is known, and nothing was decided: the call may share its ending with others like it.
      if (subject === '' && !deciding && isUnproven(fault?.code)) {
        if (strangers.take(draft.event('call.finished', fault?.code))) return
      }
      let rows = NO_ROWS
      try {
        if (kept.size > 0) rows = await sealed()
      } catch (error) {
        // The ending must be written even if the answer cannot be kept; it says so.
        draft.add({ contentLost: Fault.from(error).code })
      }
      addCopies()
      const done = () => {
        written = true
        decidedAt.delete(id)
      }
      const options = { rows, write: draft.write, countable: !begun }
      await log.appendSurely(draft.event('call.finished', fault?.code), done, options)
    }
    note(initial)
    return {
      id,
      note,
      keep(part, text) {
        if (seal && demanded?.[part]) kept.set(part, text())
      },
      open() {
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
    lostFrom(position) {
      for (const [id, at] of decidedAt) if (at > position) decidedAt.set(id, position)
    },
  }
}
