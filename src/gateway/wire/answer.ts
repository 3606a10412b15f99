// Puts the pieces of an answer together, for formats that write it whole and for fields that only the whole can fill.
import {
  type Delta,
  Fault,
  type FinishReason,
  isObject,
  isShallow,
  type JsonObject,
  type TokenLogprob,
  type ToolCall,
  type Usage,
} from '../../core/index.ts'

export interface Choice {
  text: string
  reasoning: string
  signature: string | undefined
  refusal: string
  toolCalls: ToolCall[]
  finish: FinishReason | undefined
  stopSequence: string | undefined
  logprobs: TokenLogprob[]
}

export interface Answer {
  /** By choice number; a choice that said nothing is still there if a later one spoke. */
  choices: Choice[]
  usage: Usage | undefined
  embeddings: number[][]
}

export const emptyChoice = (): Choice => ({
  text: '',
  reasoning: '',
  signature: undefined,
  refusal: '',
  toolCalls: [],
  finish: undefined,
  stopSequence: undefined,
  logprobs: [],
})

export function collect(deltas: readonly Delta[]): Answer {
  const answer: Answer = { choices: [], usage: undefined, embeddings: [] }
  for (const delta of deltas) add(answer, delta)
  return answer
}

function add(answer: Answer, delta: Delta): void {
  if (delta.type === 'usage') {
    answer.usage = delta.usage
    return
  }
  if (delta.type === 'embedding') {
    answer.embeddings[delta.index] = delta.vector
    return
  }
  while (answer.choices.length <= delta.choice) answer.choices.push(emptyChoice())
  const choice = answer.choices[delta.choice] as Choice
  switch (delta.type) {
    case 'text':
      choice.text += delta.text
      for (const token of delta.logprobs ?? []) choice.logprobs.push(token)
      break
    case 'reasoning':
      choice.reasoning += delta.text
      if (delta.signature !== undefined) choice.signature = delta.signature
      break
    case 'refusal':
      choice.refusal += delta.text
      break
    case 'tool': {
      while (choice.toolCalls.length <= delta.index) choice.toolCalls.push({ id: '', name: '', arguments: '' })
      const call = choice.toolCalls[delta.index] as ToolCall
      if (delta.id !== undefined) call.id = delta.id
      if (delta.name !== undefined) call.name = delta.name
      call.arguments += delta.arguments
      break
    }
    case 'finish':
      choice.finish = delta.reason
      choice.stopSequence = delta.stopSequence
      break
  }
}

/**
 * Whether a call is one: where the answer broke off before any of its arguments or within them, it has none to be called with.
 * Libraries take the one for a call without arguments, and some mend the other: both would be another call.
 */
export const isCall = (written: string, finish: FinishReason | undefined): boolean =>
  finish === 'stop' || finish === 'tool_calls' || (written.trim() !== '' && argumentsOf(written) !== undefined)

/** What has left cannot be taken back, and there are clients that mend half a call and run it: they are told that it is none. */
export const brokenOff = (): Fault =>
  new Fault('request_rejected', {
    detail: 'The answer broke off in the middle of a tool call. It may need more tokens than were allowed.',
  })

/**
 * For formats that write arguments as an object and not as the text that the model wrote. A call that the answer broke off in
 * is left out: what is left of its arguments is none.
 */
export const callsOf = ({ toolCalls, finish }: Pick<Choice, 'toolCalls' | 'finish'>) =>
  toolCalls.flatMap(({ id, name, arguments: written }): { id: string; name: string; input: JsonObject }[] => {
    const input = isCall(written, finish) ? argumentsOf(written) : undefined
    if (input) return [{ id, name, input }]
    if (finish === 'stop' || finish === 'tool_calls')
      throw new Fault('upstream_invalid', {
        detail: 'The model called a tool with arguments that are not a JSON object.',
      })
    return []
  })

function argumentsOf(written: string): JsonObject | undefined {
  if (written.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(written)
    return isObject(value) && isShallow(value) ? value : undefined
  } catch {
    return undefined
  }
}
