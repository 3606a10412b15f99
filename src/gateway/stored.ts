// Stored answers (OpenAI Responses): kept when a rule lets the caller, read back, continued, deleted. What is read back goes
// through the rules and the guard as they are now, not as they were when it was said.
import {
  type Caller,
  type Decision,
  type Delta,
  Fault,
  type Message,
  type ModelRequest,
  type Part,
  parseText,
  type ToolCall,
} from '../core/index.ts'
import { mayNotStore } from './duties.ts'
import { type Handle, json, type MakeLook } from './look.ts'
import { ofModel } from './pipeline.ts'
import type { CallFacts, Incoming, Ports, Question, ScreenReport, SessionHandle } from './ports.ts'
import { type ItemPage, inputItemList, inputItems, openaiResponses, responseCall, responseId } from './wire/index.ts'

/** Where stored answers are; the access room. */
export interface AnswerShelf {
  keep(answer: {
    id: string
    caller: Caller
    session: string
    model: string
    seconds: number
    content: string
  }): Promise<void>
  find(
    caller: Caller,
    id: string,
  ): Promise<{ session: SessionHandle; model: string; createdAt: number; content: string } | undefined>
  remove(id: string): Promise<void>
}

/** The request as it was answered, the conversation before it included, and the answer as the caller saw it. */
interface Kept {
  readonly request: ModelRequest
  readonly said: readonly Delta[]
  /** What the request was scored, for rules that ask. */
  readonly injection: number
}

export interface Stored {
  readonly showAnswer: Handle
  readonly deleteAnswer: Handle
}

/** Bytes of one stored conversation; more is no conversation any more. */
const MOST_BYTES = 16_777_216
const PARAM = 'previous_response_id'

export const noSuchAnswer = (param?: string): Fault =>
  new Fault('not_found', {
    detail:
      'There is no such stored response. One is kept if its request said `store: true` and a rule allows it (@store).',
    ...(param === undefined ? {} : { data: { param } }),
  })

/** The request with the conversation it continues in front of it, and the session that is bound to. */
export async function continued(
  shelf: AnswerShelf,
  caller: Caller,
  request: ModelRequest,
): Promise<{ request: ModelRequest; session: string }> {
  const found = await shelf.find(caller, request.previousResponseId ?? '')
  if (!found) throw noSuchAnswer(PARAM)
  const kept = parseText(found.content) as unknown as Kept
  // Instructions are of one call each; the conversation goes on without those before.
  const own = request.ownInstructions ? 1 : 0
  const before = [...conversationOf(kept.request), answerOf(kept.said)]
  const messages = [...request.messages.slice(0, own), ...before, ...named(before, request.messages.slice(own))]
  return { request: { ...request, messages }, session: found.session.id }
}

/** Keeps what was said, if a rule still lets the caller. @throws Fault access_denied, body_too_large, store_unavailable */
export async function storeAnswer(
  shelf: AnswerShelf,
  { caller, model, request, session, injection }: Question,
  decision: Decision,
  call: string,
  said: readonly Delta[],
): Promise<void> {
  const seconds = decision.duties.storeSeconds
  if (!request || !session || !decision.allow || seconds === undefined) throw mayNotStore(decision)
  const content = JSON.stringify({ request, said, injection } satisfies Kept)
  if (Buffer.byteLength(content) > MOST_BYTES)
    throw new Fault('body_too_large', {
      detail: 'The conversation is too long to be stored.',
      data: { param: 'store' },
    })
  await shelf.keep({ id: responseId(call), caller, session: session.id, model: model.uid.id, seconds, content })
}

export interface StoredDeps {
  readonly on: Ports
  readonly look: MakeLook
  readonly shelf: AnswerShelf
  /** Screens an answer that is read back; the caller's own words are its own. @throws Fault content_blocked */
  readonly readBack: (
    question: Question,
    said: readonly Delta[],
    bans: readonly string[],
  ) => { said: Delta[]; report: ScreenReport }
}

export function createStored({ on, look, shelf, readBack }: StoredDeps): Stored {
  /** The answer and the question of the call it answered, asked again. */
  const opened = async (caller: Caller, id: string, note: (facts: CallFacts) => void) => {
    const found = await shelf.find(caller, id)
    // Who may use nothing does not even learn that.
    if (!found) throw on.mayAny(caller, 'chat') ? noSuchAnswer() : new Fault('access_denied')
    const model = on.resolve(found.model)
    if (!model) throw new Fault('model_not_found')
    const kept = parseText(found.content) as unknown as Kept
    const question: Question = {
      caller,
      action: 'chat',
      model,
      request: kept.request,
      session: found.session,
      injection: kept.injection,
    }
    const decision = on.decide(question)
    note({ ...ofModel(model), decision })
    if (!decision.allow) throw on.refusal(decision, question)
    const challenge = on.stepUp(decision, caller)
    if (challenge) throw challenge
    return { found, kept, question, bans: decision.duties.bans }
  }

  return {
    showAnswer: look(openaiResponses, 'chat', async (caller, incoming, record) => {
      const [id = '', part] = (incoming.params['*'] ?? '').split('/')
      if (part !== undefined && part !== 'input_items') throw new Fault('not_found')
      if (part === undefined) refuseQuery(incoming)
      const page = part === undefined ? undefined : pageAsked(incoming)
      const { found, kept, question, bans } = await opened(caller, id, record.note)
      record.note({ session: found.session.id })
      if (page) {
        const items = conversationOf(kept.request).map((message) =>
          screened(message, question, message.role === 'assistant' ? bans : []),
        )
        return json(inputItemList(inputItems(items, responseCall(id)), page))
      }
      const { said, report } = readBack(question, kept.said, bans)
      record.note({ data: report.facts })
      // A client acts on what it reads: a tool that may not be called now is not named again.
      for (const delta of said)
        if (delta.type === 'tool' && delta.name !== undefined) on.callTool(question, incoming, delta.name) // 401 403
      const { request } = kept
      const created = Math.floor(found.createdAt / 1000)
      const writer = openaiResponses.writer({ request, model: request.model, callId: responseCall(id), created })
      return json(writer.whole(said))
    }),

    deleteAnswer: look(openaiResponses, 'chat', async (caller, incoming, record) => {
      refuseQuery(incoming)
      const id = incoming.params['*'] ?? ''
      const { found } = await opened(caller, id, record.note)
      record.note({ session: found.session.id, data: { deleted: true } })
      await shelf.remove(id)
      return json(JSON.stringify({ id, object: 'response', deleted: true }))
    }),
  }

  /** One message of the caller's or of the model's, as the rules let it be read now. */
  function screened(message: Message, question: Question, bans: readonly string[]): Message {
    const text = (value: string) =>
      readBack(question, [{ type: 'text', choice: 0, text: value }], bans)
        .said.map((delta) => ('text' in delta ? delta.text : ''))
        .join('')
    return {
      ...message,
      parts: message.parts.map(
        (one): Part => ('text' in one && one.text !== undefined ? { ...one, text: text(one.text) } : one),
      ),
      ...(message.toolCalls && {
        toolCalls: message.toolCalls.map((call) => ({ ...call, arguments: text(call.arguments) })),
      }),
    }
  }
}

/** Streaming a stored answer, or more of it, is not done here; nothing is dropped silently. */
function refuseQuery({ query }: Incoming, known: readonly string[] = []): void {
  for (const name of query().keys()) {
    if (known.includes(name)) continue
    const param = name.slice(0, 64)
    throw new Fault('unsupported_parameter', { detail: `${param} is not supported`, data: { param } })
  }
}

const MOST_ITEMS = 100

function pageAsked(incoming: Incoming): ItemPage {
  refuseQuery(incoming, ['limit', 'order', 'after'])
  const query = incoming.query()
  const wrong = (param: string, detail: string) => new Fault('validation_failed', { detail, data: { param } })
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw wrong('order', 'The order is "asc" or "desc".')
  const limit = query.get('limit') ?? '20'
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MOST_ITEMS)
    throw wrong('limit', `The limit is a number from 1 to ${MOST_ITEMS}.`)
  return { order, limit: Number(limit), after: query.get('after') ?? undefined }
}

const conversationOf = ({ messages, ownInstructions }: ModelRequest): Message[] =>
  messages.slice(ownInstructions ? 1 : 0)

/** An answer as the message it is in the next turn. */
function answerOf(said: readonly Delta[]): Message {
  const parts: Part[] = []
  const calls = new Map<number, ToolCall>()
  for (const delta of said) {
    if (delta.type === 'text' || delta.type === 'reasoning' || delta.type === 'refusal') {
      const last = parts.at(-1)
      if (last?.type === delta.type && 'text' in last) last.text += delta.text
      else parts.push({ type: delta.type, text: delta.text })
    } else if (delta.type === 'tool') {
      const call = calls.get(delta.index) ?? { id: '', name: '', arguments: '' }
      calls.set(delta.index, call)
      call.id += delta.id ?? ''
      call.name += delta.name ?? ''
      call.arguments += delta.arguments
    }
  }
  const toolCalls = [...calls.values()]
  return { role: 'assistant', parts, ...(toolCalls.length > 0 ? { toolCalls } : {}) }
}

/** Results of tools that were called in an earlier answer get the name of their tool. */
function named(before: readonly Message[], messages: readonly Message[]): Message[] {
  const names = new Map(before.flatMap(({ toolCalls }) => (toolCalls ?? []).map(({ id, name }) => [id, name] as const)))
  return messages.map((message) => {
    const toolName = message.toolName ?? names.get(message.toolCallId ?? '')
    return message.role === 'tool' && toolName !== undefined ? { ...message, toolName } : message
  })
}
