// The injection score of a whole request: every message, document, tool result and tool description, each with its origin.
// What a client calls `system` is the client's own words here; the gateway's instructions are added after scoring.
import type { Message, ModelRequest, Origin } from '../../core/index.ts'
import { createRecent } from '../recent.ts'
import { type InjectionScore, scoreInjection } from './score.ts'

/** Scores of texts seen lately: a conversation comes again with every turn. */
const scores = createRecent<InjectionScore>(5000)

function scoreOf(text: string, origin: Origin): InjectionScore {
  const known = scores.get(origin, text)
  if (known) return known
  const score = scoreInjection(text, origin)
  scores.set(origin, text, score)
  return score
}

/** Messages of the caller are also read as one text up to this length: an attack may come in instalments. */
const JOINED_LIMIT = 20_000

function textsOf(message: Message): { text: string; origin: Origin }[] {
  const origin: Origin = message.role === 'tool' ? 'tool' : 'caller'
  const out: { text: string; origin: Origin }[] = []
  let spoken = ''
  for (const part of message.parts) {
    if (part.type === 'document') {
      for (const text of [part.text, part.title, part.name])
        if (text !== undefined) out.push({ text, origin: 'document' })
    } else if (part.type === 'image') {
      if (part.name !== undefined) out.push({ text: part.name, origin: 'document' })
    } else if (part.type !== 'audio') spoken += spoken === '' ? part.text : `\n${part.text}`
  }
  if (spoken !== '') out.push({ text: spoken, origin })
  for (const call of message.toolCalls ?? []) out.push({ text: call.arguments, origin: 'caller' })
  return out
}

/** The highest score of any part of a request, with the reasons of that part. */
export function scoreRequest(request: ModelRequest): InjectionScore {
  const parts: { text: string; origin: Origin }[] = []
  let joined = ''
  let turns = 0
  for (const message of request.messages) {
    const texts = textsOf(message)
    parts.push(...texts)
    if (message.role !== 'user') continue
    for (const { text, origin } of texts)
      if (origin === 'caller') {
        joined += `${text}\n`
        turns++
      }
  }
  if (turns > 1 && joined.length <= JOINED_LIMIT) parts.push({ text: joined, origin: 'caller' })
  for (const input of request.inputs) parts.push({ text: input, origin: 'caller' })
  for (const tool of request.params.tools ?? []) {
    if (tool.description !== undefined) parts.push({ text: tool.description, origin: 'tool' })
    if (tool.parameters !== undefined) parts.push({ text: JSON.stringify(tool.parameters), origin: 'tool' })
  }
  let top: InjectionScore = { score: 0, reasons: [] }
  for (const { text, origin } of parts) {
    const scored = scoreOf(text, origin)
    if (scored.score > top.score) top = scored
  }
  return top
}
