// POST /v1/messages, writing: typed events over numbered content blocks, or one message. Text and thinking blocks follow one
// another; blocks of tool calls stay open until the end, because pieces of several calls may come mixed.
import type { Delta, FinishReason, JsonObject, Usage } from '../../core/index.ts'
import type { WireWriter, WriterContext } from '../ports.ts'
import { argumentsOf, type Choice, collect, emptyChoice } from './answer.ts'
import { cutAnthropic } from './anthropic-fault.ts'
import { JSON_HEADERS, SSE_HEADERS } from './refusal-headers.ts'

export function createAnthropicWriter({ model, callId }: WriterContext): WireWriter {
  const id = `msg_${callId}`
  const base = { id, type: 'message', role: 'assistant', model }
  /** The block that text or thinking goes into. */
  let open: { type: 'text' | 'thinking'; index: number } | undefined
  const tools = new Map<number, number>()
  let blocks = 0
  let started = false
  let finish: FinishReason | undefined
  let stopSequence: string | undefined
  let usage: Usage | undefined

  const start = (): string => {
    if (started) return ''
    started = true
    const message = { ...base, content: [], stop_reason: null, stop_sequence: null, usage: usageOf(usage) }
    return event('message_start', { message })
  }
  const stopOpen = (): string => {
    if (!open) return ''
    const { index } = open
    open = undefined
    return event('content_block_stop', { index })
  }
  const into = (type: 'text' | 'thinking'): string => {
    if (open?.type === type) return ''
    const closed = stopOpen()
    open = { type, index: blocks++ }
    const block = type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' }
    return closed + event('content_block_start', { index: open.index, content_block: block })
  }
  const textDelta = (text: string) => {
    const opening = into('text')
    return `${opening}event: content_block_delta\ndata: {"type":"content_block_delta","index":${open?.index},"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}\n\n`
  }
  const tool = (delta: Delta & { type: 'tool' }): string => {
    let out = ''
    let index = tools.get(delta.index)
    if (index === undefined) {
      out = stopOpen()
      index = blocks++
      tools.set(delta.index, index)
      const block = { type: 'tool_use', id: delta.id ?? '', name: delta.name ?? '', input: {} }
      out += event('content_block_start', { index, content_block: block })
    }
    if (delta.arguments === '') return out
    return (
      out + event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: delta.arguments } })
    )
  }

  const write = (delta: Delta): string => {
    switch (delta.type) {
      case 'text':
      case 'refusal':
        return start() + textDelta(delta.text)
      case 'reasoning': {
        const opening = start() + into('thinking')
        const index = open?.index
        const thought = event('content_block_delta', { index, delta: { type: 'thinking_delta', thinking: delta.text } })
        if (delta.signature === undefined) return opening + thought
        const signature = { type: 'signature_delta', signature: delta.signature }
        return opening + thought + event('content_block_delta', { index, delta: signature })
      }
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
    streamHeaders: SSE_HEADERS,
    wholeHeaders: JSON_HEADERS,
    batch(deltas) {
      let out = ''
      for (const delta of deltas) out += write(delta)
      return out
    },
    end() {
      let out = start() + stopOpen()
      for (const index of tools.values()) out += event('content_block_stop', { index })
      const delta = { stop_reason: stopReason(finish, stopSequence), stop_sequence: stopSequence ?? null }
      return out + event('message_delta', { delta, usage: usageOf(usage) }) + event('message_stop', {})
    },
    whole(deltas) {
      const answer = collect(deltas)
      const choice = answer.choices[0] ?? emptyChoice()
      return JSON.stringify({
        ...base,
        content: contentOf(choice),
        stop_reason: stopReason(choice.finish, choice.stopSequence),
        stop_sequence: choice.stopSequence ?? null,
        usage: usageOf(answer.usage),
      })
    },
    cut: cutAnthropic,
  }
}

const event = (type: string, facts: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...facts })}\n\n`

const usageOf = (usage: Usage | undefined) => ({
  input_tokens: usage?.inputTokens ?? 0,
  output_tokens: usage?.outputTokens ?? 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: usage?.cachedTokens ?? 0,
})

/** An answer that was broken off must not look finished. */
function stopReason(reason: FinishReason | undefined, stopSequence: string | undefined): string {
  switch (reason) {
    case 'stop':
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
    ...choice.toolCalls.map((call) => ({
      type: 'tool_use',
      id: call.id,
      name: call.name,
      input: argumentsOf(call),
    })),
  ]
}
