// POST /v1/chat/completions, writing: server-sent chunks, or one completion. A frame is a fixed prefix, one printed
// string and a fixed suffix, because this runs once for every token of every stream.
import type { Delta, FinishReason, TokenLogprob, Usage } from '../../core/index.ts'
import type { WireWriter, WriterContext } from '../ports.ts'
import { type Answer, brokenOff, type Choice, collect, isCall } from './answer.ts'
import { openaiError } from './openai-fault.ts'
import { JSON_HEADERS, SSE_HEADERS } from './refusal-headers.ts'

type Called = Delta & { type: 'tool' }

/** An answer that was broken off must not look finished; `length` is the format's word for incomplete. */
export const finishWord = (reason: FinishReason): string => (reason === 'interrupted' ? 'length' : reason)

export function openaiUsage(usage: Usage): Record<string, unknown> {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    ...(usage.cachedTokens === undefined ? {} : { prompt_tokens_details: { cached_tokens: usage.cachedTokens } }),
    ...(usage.reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } }),
  }
}

export function createChatWriter({ request, model, callId, created }: WriterContext): WireWriter {
  const id = `chatcmpl-${callId}`
  const head = `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},"choices":[`
  const tail = request.streamUsage ? '],"usage":null}\n\n' : ']}\n\n'
  const open = `{"index":0,"delta":{"content":`
  const shut = `},"logprobs":null,"finish_reason":null}${tail}`
  const plainPrefix = head + open
  const opened = new Set<number>()
  /** Calls without arguments yet, by choice and number: whether they are calls is known later. */
  const held = new Map<string, Called>()
  /** Arguments of calls that have left, by choice and number. */
  const sent = new Map<string, { choice: number; arguments: string }>()
  let broken = false
  let usage: Usage | undefined

  const frame = (choice: number, delta: string, logprobs: TokenLogprob[] | undefined, finish: string) =>
    `${head}{"index":${choice},"delta":${delta},"logprobs":${logprobs ? JSON.stringify(openaiLogprobs(logprobs)) : 'null'},"finish_reason":${finish}}${tail}`

  const call = ({ choice, index, id: callId, name, arguments: pieces }: Called): string => {
    const body = {
      index,
      ...(callId === undefined ? {} : { id: callId, type: 'function' }),
      function: { ...(name === undefined ? {} : { name }), arguments: pieces },
    }
    return frame(choice, `{"tool_calls":[${JSON.stringify(body)}]}`, undefined, 'null')
  }

  const write = (delta: Delta): string => {
    if (delta.type === 'usage') {
      usage = delta.usage
      return ''
    }
    if (delta.type === 'embedding') return ''
    let out = ''
    if (!opened.has(delta.choice)) {
      opened.add(delta.choice)
      out = frame(delta.choice, '{"role":"assistant","content":""}', undefined, 'null')
    }
    switch (delta.type) {
      case 'text':
        if (delta.choice === 0 && delta.logprobs === undefined)
          return out + plainPrefix + JSON.stringify(delta.text) + shut
        return out + frame(delta.choice, `{"content":${JSON.stringify(delta.text)}}`, delta.logprobs, 'null')
      case 'reasoning':
        return out + frame(delta.choice, `{"reasoning_content":${JSON.stringify(delta.text)}}`, undefined, 'null')
      case 'refusal':
        return out + frame(delta.choice, `{"refusal":${JSON.stringify(delta.text)}}`, undefined, 'null')
      case 'tool': {
        const key = `${delta.choice} ${delta.index}`
        const before = held.get(key)
        const called = before ? { ...before, ...delta, arguments: before.arguments + delta.arguments } : delta
        if ((before ?? delta.id) !== undefined && called.arguments.trim() === '') {
          held.set(key, called)
          return out
        }
        held.delete(key)
        const so = sent.get(key)?.arguments ?? ''
        sent.set(key, { choice: delta.choice, arguments: so + called.arguments })
        return out + call(called)
      }
      case 'finish':
        for (const called of sent.values())
          if (called.choice === delta.choice && !isCall(called.arguments, delta.reason)) broken = true
        if (broken) return out
        for (const called of held.values())
          if (called.choice === delta.choice && isCall(called.arguments, delta.reason)) out += call(called)
        return out + frame(delta.choice, '{}', undefined, JSON.stringify(finishWord(delta.reason)))
    }
  }

  return {
    streamHeaders: SSE_HEADERS,
    wholeHeaders: JSON_HEADERS,
    ...(request.streamUsage && { needsUsage: true }),
    batch(deltas) {
      let out = ''
      for (const delta of deltas) out += write(delta)
      return out
    },
    end() {
      if (broken) throw brokenOff()
      const last = request.streamUsage && usage ? `${head}],"usage":${JSON.stringify(openaiUsage(usage))}}\n\n` : ''
      return `${last}data: [DONE]\n\n`
    },
    whole(deltas) {
      const answer = collect(deltas)
      return JSON.stringify({
        id,
        object: 'chat.completion',
        created,
        model,
        choices: answer.choices.map(choiceBody),
        ...usageBody(answer),
      })
    },
    cut: (fault, context) => `data: ${JSON.stringify({ error: openaiError(fault, context.decisionId) })}\n\n`,
  }
}

const usageBody = (answer: Answer) => (answer.usage ? { usage: openaiUsage(answer.usage) } : {})

function choiceBody(choice: Choice, index: number): Record<string, unknown> {
  const calls = choice.toolCalls.filter((call) => isCall(call.arguments, choice.finish))
  const said = choice.text !== '' || (calls.length === 0 && choice.refusal === '')
  return {
    index,
    message: {
      role: 'assistant',
      content: said ? choice.text : null,
      refusal: choice.refusal === '' ? null : choice.refusal,
      ...(choice.reasoning === '' ? {} : { reasoning_content: choice.reasoning }),
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map((call) => ({
              id: call.id,
              type: 'function',
              function: { name: call.name, arguments: call.arguments },
            })),
          }),
    },
    logprobs: choice.logprobs.length === 0 ? null : openaiLogprobs(choice.logprobs),
    finish_reason: finishWord(choice.finish ?? 'interrupted'),
  }
}

const openaiLogprobs = (logprobs: readonly TokenLogprob[]) => ({
  content: logprobs.map(({ token, logprob, bytes, top }) => ({
    token,
    logprob,
    bytes: bytes ?? null,
    top_logprobs: (top ?? []).map((other) => ({ ...other, bytes: other.bytes ?? null })),
  })),
  refusal: null,
})
