// The injection score of a whole request: every message, document, tool result and tool description, each with its origin.
// What a client calls `system` is the client's own words here; the gateway's instructions are added after scoring.
import type { Message, ModelRequest, Origin } from '../../core/index.ts'
import { createRecent } from '../recent.ts'
import { type InjectionScore, scoreInjection, shippedModel, type Voice } from './score.ts'

/** Scores of texts seen lately: a conversation comes again with every turn. */
const scores = createRecent<InjectionScore>(5000)

interface Part {
  readonly text: string
  readonly origin: Origin
  readonly voice: Voice
}

function scoreOf({ text, origin, voice }: Part): InjectionScore {
  const kind = `${origin} ${voice}`
  const known = scores.get(kind, text)
  if (known) return known
  const score = scoreInjection(text, origin, shippedModel(voice))
  scores.set(kind, text, score)
  return score
}

/** Messages of the caller are also read as one text up to this length: an attack may come in instalments. */
const JOINED_LIMIT = 20_000

function textsOf(message: Message): Part[] {
  const origin: Origin = message.role === 'tool' ? 'tool' : 'caller'
  const voice: Voice = message.role === 'system' ? 'guidance' : 'talk'
  const out: Part[] = []
  let spoken = ''
  for (const part of message.parts) {
    if (part.type === 'document') {
      for (const text of [part.text, part.title, part.name])
        if (text !== undefined) out.push({ text, origin: 'document', voice: 'talk' })
    } else if (part.type === 'image') {
      if (part.name !== undefined) out.push({ text: part.name, origin: 'document', voice: 'talk' })
    } else if (part.type !== 'audio') spoken += spoken === '' ? part.text : `\n${part.text}`
  }
  if (spoken !== '') out.push({ text: spoken, origin, voice })
  for (const call of message.toolCalls ?? []) out.push({ text: call.arguments, origin: 'caller', voice: 'talk' })
  return out
}

/** The highest score of any part of a request, with the reasons of that part. */
export function scoreRequest(request: ModelRequest): InjectionScore {
  const parts: Part[] = []
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
  if (turns > 1 && joined.length <= JOINED_LIMIT) parts.push({ text: joined, origin: 'caller', voice: 'talk' })
  for (const input of request.inputs) parts.push({ text: input, origin: 'caller', voice: 'talk' })
  for (const tool of request.params.tools ?? []) {
    if (tool.description !== undefined) parts.push({ text: tool.description, origin: 'tool', voice: 'guidance' })
    if (tool.parameters !== undefined)
      parts.push({ text: JSON.stringify(tool.parameters), origin: 'tool', voice: 'guidance' })
  }
  let top: InjectionScore = { score: 0, reasons: [] }
  for (const part of parts) {
    const scored = scoreOf(part)
    if (scored.score > top.score) top = scored
  }
  return top
}
