// POST /v1/messages, writing: typed events over numbered content blocks, or one message. A thought is over where words begin,
// and words where a thought does; else words stay open until the end: the guard may still hold the last of them when a call
// begins. Calls come after them, one by one, because Anthropic's own client takes every piece for one of the newest block and
// would lose words that come after a call has begun.
import type { Delta, FinishReason, JsonObject, ToolCall, Usage } from '../../core/index.ts'
import { estimateInput } from '../meter.ts'
import type { WireWriter, WriterContext } from '../ports.ts'
import { brokenOff, type Choice, callsOf, collect, emptyChoice } from './answer.ts'
import { cutAnthropic } from './anthropic-fault.ts'
import { JSON_HEADERS, SSE_HEADERS } from './refusal-headers.ts'

export function createAnthropicWriter({ request, model, callId }: WriterContext): WireWriter {
  const id = `msg_${callId}`
  const base = { id, type: 'message', role: 'assistant', model }
  /** Numbers of the blocks that are not over, by what goes into them; how many there have been. */
  const open = new Map<string, number>()
  let blocks = 0
  let called = false
  /** The call that is written as it comes, once it has arguments: the first, if there was nothing before it. */
  let live: number | undefined
  let liveBegun = false
  const later = new Map<number, ToolCall>()
  let livePieces = ''
  let started = false
  let finish: FinishReason | undefined
  let stopSequence: string | undefined
  let usage: Usage | undefined

  const start = (): string => {
    if (started) return ''
    started = true
    // What servers say at the end is told there again. Some clients read the input only here.
    const first = usage ?? { inputTokens: estimateInput(request), outputTokens: 0 }
    const message = { ...base, content: [], stop_reason: null, stop_sequence: null, usage: usageOf(first) }
    return event('message_start', { message })
  }
  /** The number of a block, and the event that opens it if it is new. */
  const into = (key: string, block: () => object): [number, string] => {
    const known = open.get(key)
    if (known !== undefined) return [known, '']
    const before = key === 'text' ? stop('thinking') : key === 'thinking' ? stop('text') : ''
    const index = blocks++
    open.set(key, index)
    return [index, before + event('content_block_start', { index, content_block: block() })]
  }
  const stop = (key: string): string => {
    const index = open.get(key)
    if (index === undefined) return ''
    open.delete(key)
    return event('content_block_stop', { index })
  }
  const textDelta = (text: string) => {
    const [index, opening] = into('text', () => ({ type: 'text', text: '' }))
    return `${opening}event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}\n\n`
  }
  const thinking = (delta: Delta & { type: 'reasoning' }): string => {
    const [index, opening] = into('thinking', () => ({ type: 'thinking', thinking: '', signature: '' }))
    const thought = event('content_block_delta', { index, delta: { type: 'thinking_delta', thinking: delta.text } })
    if (delta.signature === undefined) return opening + thought
    const signature = { type: 'signature_delta', signature: delta.signature }
    return opening + thought + event('content_block_delta', { index, delta: signature })
  }
  const tool = (delta: Delta & { type: 'tool' }): string => {
    if (!called && blocks === 0) live = delta.index
    called = true
    if (delta.index === live && liveBegun) {
      livePieces += delta.arguments
      return call(delta.index, '', '', delta.arguments)
    }
    const known = later.get(delta.index) ?? { id: delta.id ?? '', name: delta.name ?? '', arguments: '' }
    known.arguments += delta.arguments
    later.set(delta.index, known)
    if (delta.index !== live || known.arguments.trim() === '') return ''
    later.delete(delta.index)
    liveBegun = true
    livePieces = known.arguments
    return call(delta.index, known.id, known.name, known.arguments)
  }
  const call = (number: number, id: string, name: string, pieces: string): string => {
    const [index, opening] = into(`tool ${number}`, () => ({ type: 'tool_use', id, name, input: {} }))
    if (pieces === '') return opening
    return opening + event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: pieces } })
  }

  const write = (delta: Delta): string => {
    switch (delta.type) {
      case 'text':
      case 'refusal':
        return start() + textDelta(delta.text)
      case 'reasoning':
        return start() + thinking(delta)
      case 'tool':
        return start() + tool(delta)
      case 'finish':
        finish = delta.reason
        stopSequence = delta.stopSequence
        return start()
      case 'usage':
        usage = delta.usage
        return ''
      case 'embedding':
        return ''
    }
  }

  return {
    streamHeaders: { ...SSE_HEADERS, 'request-id': callId },
    refusalIsText: true,
    needsUsage: true,
    wholeHeaders: { ...JSON_HEADERS, 'request-id': callId },
    batch(deltas) {
      let out = ''
      for (const delta of deltas) out += write(delta)
      return out
    },
    end() {
      let out = start()
      // Anthropic's clients take what is no JSON for an empty object, and would call the tool with that.
      if (liveBegun && callsOf({ toolCalls: [{ id: '', name: '', arguments: livePieces }], finish }).length === 0)
        throw brokenOff()
      for (const index of open.values()) out += event('content_block_stop', { index })
      for (const [number, written] of later) {
        if (callsOf({ toolCalls: [written], finish }).length === 0) continue
        const { id: toolId, name, arguments: pieces } = written
        const index = blocks
        out += call(number, toolId, name, pieces) + event('content_block_stop', { index })
      }
      const delta = { stop_reason: stopReason(finish, stopSequence, called), stop_sequence: stopSequence ?? null }
      const counted = usage ? usageOf(usage) : { output_tokens: 0 }
      return out + event('message_delta', { delta, usage: counted }) + event('message_stop', {})
    },
    whole(deltas) {
      const answer = collect(deltas)
      const choice = answer.choices[0] ?? emptyChoice()
      return JSON.stringify({
        ...base,
        content: contentOf(choice),
        stop_reason: stopReason(choice.finish, choice.stopSequence, choice.toolCalls.length > 0),
        stop_sequence: choice.stopSequence ?? null,
        usage: usageOf(answer.usage),
      })
    },
    cut: cutAnthropic,
  }
}

const event = (type: string, facts: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...facts })}\n\n`

/** What came from a cache is no part of the input here, but stands beside it. */
const usageOf = (usage: Usage | undefined) => ({
  input_tokens: Math.max(0, (usage?.inputTokens ?? 0) - (usage?.cachedTokens ?? 0)),
  output_tokens: usage?.outputTokens ?? 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: usage?.cachedTokens ?? 0,
})

/**
 * An answer that was broken off must not look finished. Servers that were made to call a tool say that they stopped; here
 * whoever reads the reason waits for a result only if it is the call.
 */
function stopReason(reason: FinishReason | undefined, stopSequence: string | undefined, called: boolean): string {
  switch (reason) {
    case 'stop':
      if (called) return 'tool_use'
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence'
    case 'tool_calls':
      return 'tool_use'
    case 'content_filter':
      return 'refusal'
    case 'length':
    case 'interrupted':
    case undefined:
      return 'max_tokens'
  }
}

function contentOf(choice: Choice): JsonObject[] {
  const text = choice.text + choice.refusal
  return [
    ...(choice.reasoning === ''
      ? []
      : [{ type: 'thinking', thinking: choice.reasoning, signature: choice.signature ?? '' }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...callsOf(choice).map((call) => ({ type: 'tool_use', ...call })),
  ]
}
