// A ModelRequest in OpenAI's format, for OpenAI, vLLM, llama.cpp's server and whatever else speaks it. Built field by field,
// so that nothing is in the body that no rule and no guard has seen.
import type { Json, JsonObject, Message, ModelRequest, Params, Part, Tool, ToolChoice } from '../core/index.ts'

/** Where the servers that speak this format differ in words. */
export interface OpenaiDialect {
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens'
  readonly repeatPenalty: 'repeat_penalty' | 'repetition_penalty'
  /** llama.cpp's server reads a choice of one tool as no choice, and takes no alternatives for no log probabilities at all. */
  readonly llamacpp?: boolean
}

/** `own` are fields that the gateway itself adds to calls that generate. */
export function printOpenai(
  request: ModelRequest,
  dialect: OpenaiDialect,
  own: JsonObject = {},
): { path: string; body: string } {
  const { params } = request
  const body: JsonObject = { model: request.model }
  if (request.action === 'embed') {
    body.input = request.inputs
    body.encoding_format = 'float'
    if (params.dimensions !== undefined) body.dimensions = params.dimensions
    return { path: '/v1/embeddings', body: JSON.stringify(body) }
  }
  // A completion may also be one prompt for the model's chat template (Ollama's generate): then it is sent as a chat.
  const chat = request.messages.length > 0
  if (chat) {
    body.messages = request.messages.map(printMessage)
    printChatParams(params, body, dialect)
  } else {
    body.prompt = request.inputs.length === 1 ? (request.inputs[0] as string) : request.inputs
    printCompleteParams(params, body, dialect)
  }
  printShared(params, body, dialect)
  Object.assign(body, own)
  if (request.stream) {
    body.stream = true
    // Asked for in any case: budgets are settled by it.
    body.stream_options = { include_usage: true }
  }
  return { path: chat ? '/v1/chat/completions' : '/v1/completions', body: JSON.stringify(body) }
}

const SHARED: readonly (readonly [keyof Params, string])[] = [
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['minP', 'min_p'],
  ['n', 'n'],
  ['stop', 'stop'],
  ['seed', 'seed'],
  ['logitBias', 'logit_bias'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
]

function printShared(params: Params, body: JsonObject, dialect: OpenaiDialect): void {
  for (const [ours, theirs] of SHARED) if (params[ours] !== undefined) body[theirs] = params[ours] as Json
  if (params.maxTokens !== undefined) body[dialect.maxTokens] = params.maxTokens
  if (params.repeatPenalty !== undefined) body[dialect.repeatPenalty] = params.repeatPenalty
}

const CHAT: readonly (readonly [keyof Params, string])[] = [
  ['logprobs', 'logprobs'],
  ['topLogprobs', 'top_logprobs'],
  ['parallelTools', 'parallel_tool_calls'],
  ['serviceTier', 'service_tier'],
  ['verbosity', 'verbosity'],
]

function printChatParams(params: Params, body: JsonObject, { llamacpp = false }: OpenaiDialect): void {
  for (const [ours, theirs] of CHAT) if (params[ours] !== undefined) body[theirs] = params[ours] as Json
  // Ollama's plain "think" has no level.
  if (params.reasoningEffort !== undefined)
    body.reasoning_effort = params.reasoningEffort === 'on' ? 'medium' : params.reasoningEffort
  if (llamacpp && params.logprobs) body.top_logprobs = Math.max(params.topLogprobs ?? 1, 1)
  const choice = params.toolChoice
  // One tool that must be called: the same is said by offering no other.
  const only = llamacpp && typeof choice === 'object' ? choice.name : undefined
  const tools = params.tools?.filter(({ name }) => only === undefined || name === only) ?? []
  if (tools.length > 0) body.tools = tools.map(printTool)
  if (choice !== undefined) body.tool_choice = only === undefined ? printToolChoice(choice) : 'required'
  const format = params.responseFormat
  if (format?.type === 'json') body.response_format = { type: 'json_object' }
  else if (format?.type === 'schema') {
    const { type: _type, ...schema } = format
    body.response_format = { type: 'json_schema', json_schema: schema }
  }
}

function printCompleteParams(params: Params, body: JsonObject, { llamacpp = false }: OpenaiDialect): void {
  if (params.suffix !== undefined) body.suffix = params.suffix
  if (params.echo !== undefined) body.echo = params.echo
  if (params.bestOf !== undefined) body.best_of = params.bestOf
  // This route's `logprobs` is a number: how many alternatives to name.
  if (params.logprobs) body.logprobs = Math.max(params.topLogprobs ?? 0, llamacpp ? 1 : 0)
}

function printMessage(message: Message): JsonObject {
  const out: JsonObject = { role: message.role }
  if (message.name !== undefined) out.name = message.name
  const content: Part[] = []
  for (const part of message.parts) {
    if (part.type === 'reasoning') out.reasoning_content = `${out.reasoning_content ?? ''}${part.text}`
    else if (part.type === 'refusal') out.refusal = `${out.refusal ?? ''}${part.text}`
    else content.push(part)
  }
  out.content = printContent(content, message)
  if (message.toolCalls !== undefined && message.toolCalls.length > 0)
    out.tool_calls = message.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }))
  if (message.toolCallId !== undefined) out.tool_call_id = message.toolCallId
  return out
}

function printContent(parts: readonly Part[], message: Message): Json {
  // The format has no field for a tool that failed.
  const prefix = message.toolError ? 'Error: ' : ''
  const [only] = parts
  if (parts.length === 0) return message.role === 'assistant' ? null : prefix
  if (parts.length === 1 && only?.type === 'text') return prefix + only.text
  const printed = parts.map(printPart)
  return prefix === '' ? printed : [{ type: 'text', text: prefix }, ...printed]
}

function printPart(part: Part): JsonObject {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: part.url, ...(part.detail === undefined ? {} : { detail: part.detail }) },
      }
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
    case 'document':
      return printDocument(part)
  }
}

function printDocument(part: Part & { type: 'document' }): JsonObject {
  const title = part.title ?? part.name
  if (part.text !== undefined)
    return { type: 'text', text: title === undefined ? part.text : `${title}\n\n${part.text}` }
  const data = part.data ?? ''
  return {
    type: 'file',
    file: {
      filename: title ?? 'document',
      file_data: data.startsWith('data:') ? data : `data:${part.mime ?? 'application/octet-stream'};base64,${data}`,
    },
  }
}

const printTool = ({ namespace: _, ...tool }: Tool): JsonObject => ({ type: 'function', function: tool })

const printToolChoice = (choice: ToolChoice): Json =>
  typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
