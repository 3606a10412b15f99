// POST /api/chat and /api/generate, writing: lines of JSON, the last one with `done`, or one object. A line is a fixed prefix,
// one printed string and a fixed suffix.
import type { Delta, Durations, FinishReason, JsonObject, TokenLogprob, ToolCall, Usage } from '../../core/index.ts'
import type { WireWriter, WriterContext } from '../ports.ts'
import { type Choice, callsOf, collect, emptyChoice } from './answer.ts'
import { cutOllama } from './ollama-fault.ts'
import { JSON_HEADERS, NDJSON_HEADERS } from './refusal-headers.ts'

export const createOllamaChatWriter = (context: WriterContext): WireWriter =>
  createWriter(context, {
    open: '"message":{"role":"assistant","content":',
    shut: '}',
    reasoning: (text) => `"message":{"role":"assistant","content":"","thinking":${text}}`,
    tools: (calls) => `"message":{"role":"assistant","content":"","tool_calls":${calls}}`,
    last: '"message":{"role":"assistant","content":""}',
    whole: (content, thinking, calls) => ({
      message: {
        role: 'assistant',
        content,
        ...(thinking === '' ? {} : { thinking }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      },
    }),
  })

export const createOllamaGenerateWriter = (context: WriterContext): WireWriter =>
  createWriter(context, {
    open: '"response":',
    shut: '',
    reasoning: (text) => `"response":"","thinking":${text}`,
    tools: (calls) => `"response":"","tool_calls":${calls}`,
    last: '"response":""',
    whole: (content, thinking, calls) => ({
      response: content,
      ...(thinking === '' ? {} : { thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    }),
  })

/** Where the two routes put what a model says; strings are printed JSON. */
interface Shape {
  readonly open: string
  readonly shut: string
  reasoning(text: string): string
  tools(calls: string): string
  readonly last: string
  whole(content: string, thinking: string, calls: readonly JsonObject[]): object
}

function createWriter({ model, created, durations }: WriterContext, shape: Shape): WireWriter {
  const at = new Date(created * 1000).toISOString()
  const head = `{"model":${JSON.stringify(model)},"created_at":"${at}",`
  const open = head + shape.open
  const shut = `${shape.shut},"done":false}\n`
  const spoken = emptyChoice()
  let usage: Usage | undefined

  const write = (delta: Delta): string => {
    switch (delta.type) {
      case 'text':
        if (delta.logprobs === undefined) return open + JSON.stringify(delta.text) + shut
        return `${open}${JSON.stringify(delta.text)}${shape.shut},"done":false,"logprobs":${JSON.stringify(logprobsOf(delta.logprobs))}}\n`
      case 'refusal':
        return open + JSON.stringify(delta.text) + shut
      case 'reasoning':
        return `${head}${shape.reasoning(JSON.stringify(delta.text))},"done":false}\n`
      case 'tool': {
        // The format has no pieces of arguments: a call is written when it is whole.
        while (spoken.toolCalls.length <= delta.index) spoken.toolCalls.push({ id: '', name: '', arguments: '' })
        const call = spoken.toolCalls[delta.index] as ToolCall
        if (delta.id !== undefined) call.id = delta.id
        if (delta.name !== undefined) call.name = delta.name
        call.arguments += delta.arguments
        return ''
      }
      case 'finish': {
        spoken.finish = delta.reason
        const calls = toolCalls(spoken)
        return calls.length === 0 ? '' : `${head}${shape.tools(JSON.stringify(calls))},"done":false}\n`
      }
      case 'usage':
        usage = delta.usage
        return ''
      case 'embedding':
        return ''
    }
  }

  return {
    streamHeaders: NDJSON_HEADERS,
    refusalIsText: true,
    wholeHeaders: JSON_HEADERS,
    batch(deltas) {
      let out = ''
      for (const delta of deltas) out += write(delta)
      return out
    },
    end() {
      const tail = { done: true, done_reason: doneReason(spoken.finish), ...counts(usage, durations?.()) }
      return `${head}${shape.last},${JSON.stringify(tail).slice(1)}\n`
    },
    whole(deltas) {
      const answer = collect(deltas)
      const choice = answer.choices[0] ?? emptyChoice()
      return JSON.stringify({
        model,
        created_at: at,
        ...shape.whole(choice.text + choice.refusal, choice.reasoning, toolCalls(choice)),
        done: true,
        done_reason: doneReason(choice.finish),
        ...counts(answer.usage, durations?.()),
        ...(choice.logprobs.length === 0 ? {} : { logprobs: logprobsOf(choice.logprobs) }),
      })
    },
    cut: (fault) => cutOllama(fault),
  }
}

/** In the order of Ollama's own servers; what is not known is not written. */
const counts = (usage: Usage | undefined, took: Durations | undefined) => ({
  total_duration: took?.total,
  load_duration: took?.load,
  prompt_eval_count: usage?.inputTokens,
  prompt_eval_duration: took?.promptEval,
  eval_count: usage?.outputTokens,
  eval_duration: took?.eval,
})

/** An answer that was broken off must not look finished. */
const doneReason = (reason: FinishReason | undefined): string =>
  reason === 'stop' || reason === 'tool_calls' ? 'stop' : reason === 'content_filter' ? reason : 'length'

const toolCalls = (choice: Choice): JsonObject[] =>
  callsOf(choice).map(({ id, name, input }) => ({ id, function: { name, arguments: input } }))

const logprobsOf = (logprobs: readonly TokenLogprob[]) =>
  logprobs.map(({ top, ...token }) => ({ ...token, ...(top === undefined ? {} : { top_logprobs: top }) }))
