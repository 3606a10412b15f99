// The life of one model call, in order. A check that is not on this page does not happen.
// Each step returns what the next one needs or throws a Fault; the statuses it can cause are at the right.
// Whatever ends a call early ends it the same way: `exit` releases everything acquired, newest first, exactly once.
import {
  createExit,
  type Decision,
  type Delta,
  Fault,
  type ModelRequest,
  type UseAction,
  uidText,
} from '../core/index.ts'
import { createAnswer } from './answer.ts'
import { applyDuties, checkClamps, mayNotStore, seenAsItComes } from './duties.ts'
import { dyingHeaders } from './dying.ts'
import { createMeter } from './meter.ts'
import type { CallFacts, Incoming, Outgoing, Ports, Question, RefusalContext, ResolvedModel, Wire } from './ports.ts'

export type Serve = (incoming: Incoming, action: UseAction, wire: Wire) => Promise<Outgoing>

export function createGateway(on: Ports): Serve {
  return async (incoming, action, wire) => {
    const callId = on.newId('call')
    const exit = createExit(on.report)
    const meter = createMeter()
    const record = on.record(callId, incoming)
    const shown: { -readonly [K in keyof RefusalContext]: RefusalContext[K] } = { requestId: callId }
    exit.add((ending) => record.finish({ ...ending, ...meter.facts() })) // every call ends in the log, a 401 too, if only as one of many

    try {
      // Who is asking? Before the body is read: a stranger cannot make us parse anything.
      const caller = await on.identify(incoming) //                                                  400 401 403
      record.note({ caller, action })

      // For what? A caller who may use nothing does not even learn what was wrong with the request.
      const body = await meter.aside(incoming.body()) //                                             413
      const mayAny = () => on.mayAny(caller, action)
      const asked = tellingOnly(mayAny, () => wire.read(body, incoming.params)) //                   400 403
      const model = on.resolve(asked.model) //                                                       404
      if (!model) throw new Fault('model_not_found')
      record.note({ action: asked.action, ...ofModel(model) })

      // Whose conversation? Its taint and length are part of the question. Of a model that is not there for them nobody hears this.
      const { request, session } = await hidingFrom(
        () => !on.mayKnow(caller, asked.action, model),
        async () => {
          const before = asked.previousResponseId === undefined ? undefined : await on.continued(caller, asked) // 404
          const request = before?.request ?? asked
          return { request, session: await on.enter(incoming, caller, request, model.uid.id, before?.session) } // 403
        },
      )
      exit.add(() => session.leave(meter.tokens()))
      record.note({ session: session.id })

      const admit = (decision: Decision, question: Question) => {
        shown.decisionId = decision.id
        record.note({ decision })
        if (!decision.allow) throw on.refusal(decision, question) //                                 403 404
        const challenge = on.stepUp(decision, caller)
        if (challenge) throw challenge //                                                            401
        checkClamps(request, decision.duties) //                                                     403
        if (request.store && decision.duties.storeSeconds === undefined) throw mayNotStore(decision) // 403
      }

      // May they? Pure and synchronous; when no rule matches, the answer is no.
      let question: Question = { caller, action: request.action, model, request, session, injection: 0 }
      let decision = on.decide(question)
      if (!decision.allow) {
        const use = await on.takeUse(question, callId) //                                            403
        if (use) exit.add(() => use.settle(meter.usage() !== undefined))
        if (use) ({ question, decision } = use)
      }
      const grant = on.heldBy(question)
      if (grant !== undefined) record.note({ grant })
      admit(decision, question)

      // Within their limits? Everything taken is handed back by `exit`, however the call ends.
      let hold = await on.reserve(question, decision) //                                             429
      exit.add(() => (meter.usage() ? hold.settle(meter.charged()) : hold.cancel()))

      // What does the content say about itself? That may change every answer. Reading it so closely is the dearest question yet.
      const injection = on.score(question, request)
      if (injection > 0) {
        record.note({ data: { injection } })
        question = { ...question, injection }
        const again = on.decide(question)
        admit(again, question)
        hold = await on.reserveMore(hold, question, decision, again) //                              429
        decision = again
      }

      // Take a place among the running calls, which end when this permission does.
      const ended = (fault: Fault) => {
        meter.left()
        void exit.run({ fault })
      }
      const lease = on.lease(callId, question, decision)
      exit.add(() => {
        if (lease.ended) record.note({ data: { endedBy: lease.ended.cause } })
        lease.release()
      })
      const upstream = new AbortController()
      exit.add(({ fault }) => fault && upstream.abort(fault))
      whenAborted(incoming.signal, () => ended(new Fault('client_closed')))
      whenAborted(lease.signal, () => ended(Fault.from(lease.signal.reason)))

      // Make the input safe to send.
      const { bans, instruct } = decision.duties
      const screened = await on.screenInput(question, request, lease, instruct.length > 0) //        422 503
      meter.input(screened.report, screened.request)

      // Say whose words are rules and whose are data.
      const spotlit = on.spotlight(question, screened.request)
      const plant = (text: string) => on.plant(question, text)
      const ready = applyDuties(spotlit.request, decision.duties, model.upstreamName, plant, spotlit.sentence)
      const sent = hold.metered ? seenAsItComes(ready) : ready

      // Write the decision down. Not recorded means not sent.
      record.note({ data: screened.report.facts })
      record.keep('prompt', () => promptOf(sent))
      await record.decided() //                                                                      503
      lease.check() // what ended while we wrote must not begin

      // Ask the model. The first batch is awaited before the status line: an early failure is a true 502.
      const options = {
        signal: upstream.signal,
        session: session.id,
        principal: uidText(caller.principal),
        bans,
        forbidden: () => on.forbidden(question),
      }
      lease.progress.upstream = true
      meter.sent()
      const reply = await meter.aside(model.send(sent, options)) //                                  502 504
      const output = on.screenOutput(question, lease, bans)
      const writer = wire.writer({
        request,
        model: request.model,
        callId,
        created: Math.floor(on.now() / 1000),
        durations: meter.durations,
        elapsed: meter.elapsed,
      })
      const said: Delta[] | undefined = decision.duties.record?.answer || request.store ? [] : undefined
      // Stored before the client is told that it is.
      const store = request.store
        ? () => on.store(question, callId, said ?? []).then(() => record.note({ data: { stored: true } }))
        : undefined
      // A right to chat opens no tool: each that the model would call is a question of its own.
      const callTool = (tool: string) => on.callTool(question, incoming, tool) //                     401 403
      const answer = createAnswer({
        ...{ reply, lease, hold, output, meter, exit, writer, shown, callTool, said, store, now: on.now },
      })
      // Stopped before it is closed: what is written as a generator closes only after the piece that it is making.
      exit.add(({ fault }) => {
        if (fault) upstream.abort(fault)
        return answer.close()
      })
      if (said) exit.add(() => record.keep('answer', () => textOf(said)))
      const headers = {
        ...hold.headers(),
        ...dyingHeaders(caller, on.now()),
        ...trace(shown, session.id),
      }
      const { masked } = screened.report
      if (request.stream) {
        await answer.begin() //                                                                      422 502 504
        return {
          status: 200,
          headers: { ...headers, ...maskedHeader(masked), ...writer.streamHeaders },
          body: answer.stream(),
          cut: lease.signal,
        }
      }
      const whole = writer.whole(await answer.all()) //                                              403 422 429 502 504
      const leaving = answer.leave(whole)
      const length = typeof leaving === 'string' ? {} : { 'content-length': String(Buffer.byteLength(whole)) }
      return {
        status: 200,
        headers: {
          ...headers,
          ...maskedHeader(masked + output.report().masked),
          ...writer.wholeHeaders,
          ...length,
        },
        body: leaving,
        cut: lease.signal,
      }
    } catch (error) {
      // The fault that ended the call, not the abort it caused further down.
      const fault = exit.ending()?.fault ?? Fault.from(error)
      if (fault.code === 'internal') on.report(fault.cause)
      if (fault.code === 'model_not_found') delete shown.decisionId // a model that is not there has none
      void exit.run({ fault })
      return refuse(wire, inWordsOf(wire, fault), shown)
    }
  }
}

/** What a model is told in words. A question can stand in the description of a tool or in a schema as well. */
function promptOf({ messages, inputs, params }: ModelRequest): string {
  const { tools = [], responseFormat, suffix, stop = [] } = params
  const beside = {
    ...(tools.length > 0 && { tools }),
    ...(responseFormat?.type === 'schema' && { responseFormat }),
    ...(suffix !== undefined && { suffix }),
    ...(stop.length > 0 && { stop }),
  }
  const said = messages.length > 0 ? { messages } : { inputs }
  return JSON.stringify(Object.keys(beside).length === 0 ? Object.values(said)[0] : { ...said, ...beside })
}

/** What an answer says, as the caller was shown it, choice by choice; thoughts as such, tool calls by name and arguments. */
function textOf(said: readonly Delta[]): string {
  // A thought may go on after the answer has begun.
  const choices = new Map<number, { thought: string; text: string }>()
  for (const delta of said) {
    if (!('choice' in delta) || delta.type === 'finish') continue
    const choice = choices.get(delta.choice) ?? { thought: '', text: '' }
    choices.set(delta.choice, choice)
    if (delta.type === 'reasoning') choice.thought += delta.text
    else if (delta.type !== 'tool') choice.text += delta.text
    else choice.text += `${delta.name === undefined ? '' : `\n[${delta.name}] `}${delta.arguments}`
  }
  return [...choices.values()]
    .map(({ thought, text }) => (thought === '' ? text : `[reasoning] ${thought}\n${text}`))
    .join('\n\n')
}

/** The model and its version, for the record. */
export const ofModel = ({ uid, digest }: ResolvedModel): CallFacts => ({
  model: uid.id,
  ...(digest !== undefined && { data: { digest } }),
})

/** Reads a request; what was wrong with it is told only to those who may do such a thing at all. */
export function tellingOnly<T>(may: () => boolean, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw may() ? error : new Fault('access_denied', { cause: error })
  }
}

/** Does what may be refused before anybody was asked about the model; who may not know it is told that it is not there. */
async function hidingFrom<T>(stranger: () => boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { status, data } = Fault.from(error)
    if (status >= 500 || !stranger()) throw error
    const { triedSession } = data // for the log
    throw new Fault('model_not_found', { cause: error, ...(triedSession !== undefined && { data: { triedSession } }) })
  }
}

export function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act()
  else signal.addEventListener('abort', act, { once: true })
}

const trace = (shown: RefusalContext, session: string): Record<string, string> => ({
  'x-request-id': shown.requestId,
  ...(shown.decisionId === undefined ? {} : { 'x-sallyport-decision': shown.decisionId }),
  'x-sallyport-session': session,
})

/** How much was put in place of something else, on the way in and, of an answer that is whole when its headers leave, out. */
const maskedHeader = (masked: number): Record<string, string> =>
  masked > 0 ? { 'x-sallyport-masked': String(masked) } : {}

/** What cannot be expressed is named as the caller wrote it. */
function inWordsOf({ words }: Wire, fault: Fault): Fault {
  const { param } = fault.data
  const word = fault.code === 'unsupported_parameter' && param !== undefined ? words?.[param] : undefined
  if (word === undefined) return fault
  const detail = fault.publicMessage.replaceAll(`"${param}"`, `"${word}"`)
  return new Fault(fault.code, { detail, data: { ...fault.data, param: word }, cause: fault.cause })
}

/** The one way a refusal looks on the wire before anything was sent. */
export function refuse(wire: Pick<Wire, 'refuse'>, fault: Fault, shown: RefusalContext): Outgoing {
  const { status, headers, body } = wire.refuse(fault, shown)
  const wait = fault.data.retryAfterSeconds
  return {
    status: status ?? fault.status,
    body,
    headers: {
      'x-request-id': shown.requestId,
      ...(shown.decisionId === undefined ? {} : { 'x-sallyport-decision': shown.decisionId }),
      ...(wait === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(wait)), 'retry-after-ms': String(Math.ceil(wait * 1000)) }),
      ...fault.data.headers,
      ...headers,
    },
  }
}
