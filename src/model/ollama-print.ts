// A ModelRequest in Ollama's own format: /api/chat, /api/generate with a raw prompt, /api/embed. Built field by field, so that
// nothing is in the body that no rule and no guard has seen.
import {
  Fault,
  isObject,
  isShallow,
  type Json,
  type JsonObject,
  type Message,
  type ModelRequest,
  type Params,
  parseText,
} from '../core/index.ts'

export function printOllama(request: ModelRequest): { path: string; body: string } {
  const { params } = request
  const body: JsonObject = { model: request.model }
  if (params.keepAliveSeconds !== undefined) body.keep_alive = params.keepAliveSeconds
  const options = printOptions(params)
  if (Object.keys(options).length > 0) body.options = options
  if (request.action === 'embed') {
    body.input = request.inputs
    if (params.truncate !== undefined) body.truncate = params.truncate
    if (params.dimensions !== undefined) body.dimensions = params.dimensions
    return { path: '/api/embed', body: JSON.stringify(body) }
  }
  body.stream = request.stream
  if (params.logprobs) {
    body.logprobs = true
    if (params.topLogprobs !== undefined) body.top_logprobs = params.topLogprobs
  }
  const format = params.responseFormat
  if (format?.type === 'json') body.format = 'json'
  else if (format?.type === 'schema')
    body.format =
      format.description === undefined ? format.schema : { description: format.description, ...format.schema }
  if (params.reasoningEffort !== undefined) body.think = thinkWord(params.reasoningEffort)
  if (request.messages.length === 0) {
    // A completion goes to the model as it is, not into its chat template. A text to fill in needs the template.
    body.prompt = request.inputs[0] ?? ''
    if (params.suffix === undefined) body.raw = true
    else body.suffix = params.suffix
    return { path: '/api/generate', body: JSON.stringify(body) }
  }
  const names = toolNames(request.messages)
  body.messages = request.messages.map((message) => printMessage(message, names))
  if (params.tools !== undefined && params.tools.length > 0 && params.toolChoice !== 'none')
    body.tools = params.tools.map(({ strict: _strict, namespace: _namespace, ...tool }) => ({
      type: 'function',
      function: { ...tool, parameters: tool.parameters ?? { type: 'object', properties: {} } },
    }))
  return { path: '/api/chat', body: JSON.stringify(body) }
}

/** Ollama's switch is true, false or a level. */
const thinkWord = (effort: string): Json => (effort === 'none' ? false : effort === 'on' ? true : effort)

const OPTIONS: readonly (readonly [keyof Params, string])[] = [
  ['maxTokens', 'num_predict'],
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['minP', 'min_p'],
  ['seed', 'seed'],
  ['stop', 'stop'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
  ['repeatPenalty', 'repeat_penalty'],
  ['contextTokens', 'num_ctx'],
]

function printOptions(params: Params): JsonObject {
  const options: JsonObject = {}
  for (const [ours, theirs] of OPTIONS) if (params[ours] !== undefined) options[theirs] = params[ours] as Json
  return options
}

/** Which tool a call id belongs to: Ollama answers tools by name. */
function toolNames(messages: readonly Message[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const message of messages) for (const call of message.toolCalls ?? []) names.set(call.id, call.name)
  return names
}

function printMessage(message: Message, names: ReadonlyMap<string, string>): JsonObject {
  const out: JsonObject = { role: message.role }
  const texts: string[] = []
  const images: string[] = []
  let thinking = ''
  for (const part of message.parts) {
    if (part.type === 'text' || part.type === 'refusal') texts.push(part.text)
    else if (part.type === 'reasoning') thinking += part.text
    else if (part.type === 'image') images.push(part.url.slice(part.url.indexOf(',') + 1))
    else if (part.type === 'document')
      texts.push(part.title === undefined ? (part.text ?? '') : `${part.title}\n\n${part.text ?? ''}`)
  }
  const content = texts.join('\n\n')
  out.content = message.toolError ? `Error: ${content}` : content
  if (thinking !== '') out.thinking = thinking
  if (images.length > 0) out.images = images
  if (message.toolCalls !== undefined && message.toolCalls.length > 0)
    out.tool_calls = message.toolCalls.map((call) => ({
      id: call.id,
      function: { name: call.name, arguments: toolArguments(call.arguments) },
    }))
  if (message.toolCallId !== undefined) {
    out.tool_call_id = message.toolCallId
    const tool = message.toolName ?? names.get(message.toolCallId)
    if (tool !== undefined) out.tool_name = tool
  }
  return out
}

/** Ollama takes arguments as an object, other formats as text that need not be one. */
function toolArguments(text: string): JsonObject {
  if (text.trim() === '') return {}
  try {
    const value = parseText(text)
    if (isObject(value) && isShallow(value)) return value
  } catch {
    // said below
  }
  throw new Fault('unsupported_parameter', {
    detail: 'the server of this model takes tool-call arguments as a JSON object only',
    data: { param: 'messages' },
  })
}
