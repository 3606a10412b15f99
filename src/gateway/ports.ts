// What the pipeline needs of the rooms, as functions. `app/` hands them in; the pipeline knows no room.
import type {
  Caller,
  Decision,
  Delta,
  Durations,
  Fault,
  JsonObject,
  ModelRequest,
  NewId,
  Reply,
  Treatment,
  Usage,
} from '../core/index.ts'
import type { EntityRef } from '../policy/index.ts'

/** A request as the socket gave it, free of any HTTP framework. */
export interface Incoming {
  readonly method: string
  /** Raw path without query string. */
  readonly path: string
  /** Route parameters, decoded once. */
  readonly params: Readonly<Record<string, string>>
  query(): URLSearchParams
  /** Names in lower case and values, in pairs, as received: repeated headers stay visible. */
  readonly rawHeaders: readonly string[]
  readonly address: string
  header(name: string): string | undefined
  /** Reads the body once. @throws Fault `body_too_large` before it is read whole, `malformed_request` */
  body(): Promise<Buffer>
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

export interface Outgoing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A stream is pulled piece by piece; calling `return()` on its iterator ends the call. */
  readonly body: string | Buffer | AsyncIterable<string>
  /** Aborted when the permission ends: a stream whose bytes still wait for a slow client is then reset, not sent. */
  readonly cut?: AbortSignal
}

/** One wire format: reads a request strictly, writes answers, errors and cut frames in its own shape. */
export interface Wire {
  readonly name: string
  /** What parameters are called in it, where that is not OpenAI's word: a refusal names what the caller wrote. */
  readonly words?: Readonly<Record<string, string>>
  /** @throws Fault malformed_request, unsupported_parameter */
  read(body: Buffer, params: Readonly<Record<string, string>>): ModelRequest
  writer(context: WriterContext): WireWriter
  /** `status` where the format has another than the fault's own. */
  refuse(fault: Fault, context: RefusalContext): { status?: number; headers: Record<string, string>; body: string }
}

export interface WriterContext {
  readonly request: ModelRequest
  /** The name the caller used. */
  readonly model: string
  readonly callId: string
  /** Seconds since 1970. */
  readonly created: number
  /** How long the model server took, once it has told. */
  readonly durations?: (() => Durations | undefined) | undefined
  /** Milliseconds since the call began. */
  readonly elapsed?: (() => number) | undefined
}

export interface RefusalContext {
  readonly requestId: string
  readonly decisionId?: string
}

export interface WireWriter {
  readonly streamHeaders: Readonly<Record<string, string>>
  readonly wholeHeaders: Readonly<Record<string, string>>
  /** The format has no place for refusals: they are words like others, and are screened as what they are written as. */
  readonly refusalIsText?: true
  /** The format always names how many tokens were used, also where the model server does not count. */
  readonly needsUsage?: true
  /** Frames for one batch; '' if it says nothing in this format. */
  batch(deltas: readonly Delta[]): string
  /** Frames that close a complete stream. */
  end(): string
  /** The whole answer of a call that does not stream. */
  whole(deltas: readonly Delta[]): string
  /** The error frame of a stream that ends early; nothing may follow it. */
  cut(fault: Fault, context: RefusalContext): string
}

/** A model as the resolver found it. */
export interface ResolvedModel {
  readonly uid: EntityRef
  /** The upstream's own name for it. */
  readonly upstreamName: string
  readonly hosting: 'embedded' | 'local' | 'external'
  readonly digest: string | undefined
  send(request: ModelRequest, options: SendOptions): Promise<Reply>
}

export interface SendOptions {
  readonly signal: AbortSignal
  /** Isolates state and caches in the runtime. */
  readonly session: string
  readonly principal: string
  readonly bans: readonly string[]
  /** What else a runtime of our own must not say; worked out when asked for. */
  readonly forbidden: () => readonly string[]
}

export interface SessionHandle {
  readonly id: string
  /** Calls so far, this one included. */
  turns(): number
  tokens(): number
  /** Data classes and flags seen so far; it only grows. */
  readonly taint: ReadonlySet<string>
  ageSeconds(): number
  addTaint(labels: Iterable<string>): void
  /** Once, when the call is over. */
  leave(usedTokens: number): void
}

export interface LeaseHandle {
  /** Aborted, with the Fault that says why, when the permission has ended. */
  readonly signal: AbortSignal
  /** Set when the permission has ended: what moved it, for the log. */
  readonly ended?: { readonly cause: string } | undefined
  /** Facts for lists and receipts, kept by the page. */
  readonly progress: { upstream: boolean; tokens: number; lastByteAt: number }
  /** Throws that Fault if the permission has ended; called before every batch in either direction. */
  check(): void
  /** Notes what was done with a data class, so that a stricter rule ends the call. */
  treated(action: 'send' | 'receive', dataClass: string, treatment: Treatment): void
  release(): void
}

export interface HoldHandle {
  /** A budget of tokens can end the call: its answer has to be seen as it comes. */
  readonly metered: boolean
  /** Counts tokens of the answer before they leave. @throws Fault when a budget ends */
  onTokens(count: number): void | Promise<void>
  /** Replaces the reservation by what was really used. */
  settle(usage?: Usage): void
  /** Gives everything back but the request itself: nothing was sent to a model. */
  cancel(): void
  headers(): Record<string, string>
}

/** What the guard found and did, for the record: classes and counts, never content. */
export interface ScreenReport {
  readonly masked: number
  readonly facts: JsonObject
}

export interface ScreenedInput {
  /** The copy to send. */
  readonly request: ModelRequest
  readonly report: ScreenReport
}

export interface OutputScreen {
  /** Screens a batch; returns what may leave now. @throws Fault content_blocked, guard_unavailable */
  push(deltas: readonly Delta[]): Delta[]
  end(): Delta[]
  report(): ScreenReport
}

export interface CallRecord {
  note(facts: CallFacts): void
  /** Keeps a prompt or an answer, sealed, if the rule that allowed the call demands it; else `text` is not even made. */
  keep(part: 'prompt' | 'answer', text: () => string): void
  /** Resolves when the decision is durable. @throws Fault audit_unavailable */
  decided(): Promise<void>
  /** Writes the one terminal event. Idempotent. */
  finish(ending: CallEnding): Promise<void>
}

export interface CallFacts {
  caller?: Caller
  action?: string
  model?: string
  decision?: Decision
  session?: string
  grant?: string
  /** Counts and names only. */
  data?: JsonObject
}

export interface CallEnding {
  readonly fault?: Fault
  readonly usage?: Usage
  readonly data?: JsonObject
}

/** A question to the policy about one call, kept so that it can be asked again while the call runs. */
export interface Question {
  readonly caller: Caller
  readonly action: string
  readonly model: ResolvedModel
  readonly request: ModelRequest | undefined
  readonly session: SessionHandle | undefined
  /** 0 to 100: how likely some of the content is meant to turn the model against its rules; 0 until it was scored. */
  readonly injection: number
  /** Counted grants of which this call has taken a use. */
  readonly using?: readonly string[]
}

/** One use of a counted grant, taken durably. */
export interface GrantedUse {
  readonly question: Question
  readonly decision: Decision
  /** Once: the use is spent, or given back if nothing was sent to a model. */
  settle(sent: boolean): Promise<void>
}

export interface Ports {
  readonly newId: NewId
  readonly now: () => number
  readonly report: (error: unknown) => void
  /** @throws Fault 400, 401, and 403 `locked` */
  identify(incoming: Incoming): Caller | Promise<Caller>
  /** What a caller has shown is asked about again: it may have been taken away since. @throws Fault 401, 403 */
  stands(caller: Caller): void
  resolve(name: string): ResolvedModel | undefined
  /** Pure and synchronous; asks about now. */
  decide(question: Question): Decision
  /** A grant, or schedule, by which a role is held for this call: for the record. */
  heldBy(question: Question): string | undefined
  /** If what a deny lacks is a role granted for a number of uses: takes one. @throws Fault approval_required */
  takeUse(question: Question, call: string): Promise<GrantedUse | undefined>
  /** What the rules want of the sign-in itself, if it is not met (RFC 9470). */
  stepUp(decision: Decision, caller: Caller): Fault | undefined
  /** Whether the caller may do this with any model at all; decides what a caller may learn from an error. */
  mayAny(caller: Caller, action: string): boolean
  /** Whether the caller may know that the model is there. */
  mayKnow(caller: Caller, action: string, model: ResolvedModel): boolean
  /** Turns a deny into the Fault to show: 404 where the caller may not know the model, else 403. */
  refusal(decision: Decision, question: Question): Fault
  /** The request with the stored conversation it continues, and that conversation's session. @throws Fault not_found */
  continued(caller: Caller, request: ModelRequest): Promise<{ request: ModelRequest; session: string }>
  /** `session`: of a stored conversation that is continued. @throws Fault session_mismatch */
  enter(
    incoming: Incoming,
    caller: Caller,
    request: ModelRequest,
    model: string,
    session?: string,
  ): SessionHandle | Promise<SessionHandle>
  /** Begins the permission of a call that was allowed; `redecide` asks the same question about now. */
  lease(call: string, question: Question, decision: Decision): LeaseHandle
  /** @throws Fault rate_limit_exceeded, insufficient_quota */
  reserve(question: Question, decision: Decision): HoldHandle | Promise<HoldHandle>
  /** What `again` demands beside what is held for the decision before it. @throws Fault rate_limit_exceeded, insufficient_quota */
  reserveMore(hold: HoldHandle, question: Question, before: Decision, again: Decision): HoldHandle | Promise<HoldHandle>
  /** The injection score of the content, 0 to 100; the session remembers a high one. @throws Fault guard_unavailable */
  score(question: Question, request: ModelRequest): number
  /**
   * Screens every string of the request and breaks what a model server would take for the beginning of a turn; returns the copy
   * to send. `instructed`: rules of the service will be put in front of it. @throws Fault content_blocked, guard_unavailable
   */
  screenInput(
    question: Question,
    request: ModelRequest,
    lease: LeaseHandle,
    instructed: boolean,
  ): Promise<ScreenedInput>
  /**
   * Screens what a model server is to keep as it is; returns facts for the log.
   * @throws Fault content_blocked unless the rules let all of it pass, guard_unavailable
   */
  screenKept(question: Question, texts: readonly string[]): JsonObject
  /** Puts tool results and documents between marks, where that is wanted; `sentence` tells the model what they mean. */
  spotlight(question: Question, request: ModelRequest): { request: ModelRequest; sentence?: string }
  /** Marks instructions of ours so that an answer which repeats them is noticed; returns the text to send. */
  plant(question: Question, instructions: string): string
  /** What the answer must not say. */
  forbidden(question: Question): readonly string[]
  /** `bans`: phrases that the rule which allowed the call forbids. */
  screenOutput(question: Question, lease: LeaseHandle, bans: readonly string[]): OutputScreen
  /**
   * Whether the model may call a tool for this caller.
   * @throws Fault access_denied with the reason, insufficient_authentication
   */
  callTool(question: Question, incoming: Incoming, tool: string): void
  /** Stores an answer for the caller, durably, if the rules let it now. @throws Fault access_denied, store_unavailable */
  store(question: Question, call: string, said: readonly Delta[]): Promise<void>
  record(call: string, incoming: Incoming): CallRecord
}
