// What each format refuses by the name of the field, for one reason each: without its check another one, or none, would do it.
import { describe, expect, it } from 'vitest'
import { Fault, type Json } from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaEmbed,
  ollamaEmbeddings,
  ollamaGenerate,
  ollamaManage,
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
  readShow,
} from './index.ts'

const refusal = (wire: Wire, body: Json): string => {
  try {
    wire.read(Buffer.from(JSON.stringify(body)), {})
    return 'read'
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return `${error.code} ${error.publicMessage}`
  }
}

const PNG = 'iVBORw0KGgo='
const said = { role: 'user', content: 'hello' }
const messages = [said]
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }
const chat = (...entries: Json[]): Json => ({ model: 'm', messages: entries })
const ofUser = (...content: Json[]): Json => chat({ role: 'user', content })
const allowed = (more: object): Json => ({
  ...{ model: 'm', messages, tools: [tool] },
  tool_choice: {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }], ...more } as Json,
  },
})
const unsupported = 'unsupported_parameter'
const malformed = 'malformed_request'

describe('a body that is no object', () => {
  const wires = [openaiChat, openaiCompletions, openaiEmbeddings, openaiResponses, anthropicMessages]
  it.each([...wires, ollamaChat, ollamaGenerate, ollamaEmbed, ollamaEmbeddings])('$name', (wire) => {
    for (const body of [null, 7, 'x', [], true])
      expect(refusal(wire, body)).toBe(`${malformed} the body must be a JSON object`)
  })
})

it.each<[string, Wire, Json, string]>([
  [
    'no messages',
    anthropicMessages,
    { model: 'm', max_tokens: 1, messages: [] },
    `${malformed} messages: must not be empty`,
  ],
  [
    'a format that is none',
    anthropicMessages,
    { model: 'm', max_tokens: 1, messages, output_config: { format: { type: 'xml', schema: {} } } },
    `${unsupported} output_config.format.type`,
  ],
  [
    'the same under its first name',
    anthropicMessages,
    { model: 'm', max_tokens: 1, messages, output_format: { type: 'xml', schema: {} } },
    `${unsupported} output_format.type`,
  ],
  [
    'a format under both names',
    anthropicMessages,
    {
      ...{ model: 'm', max_tokens: 1, messages, output_format: { type: 'json_schema', schema: {} } },
      output_config: { format: { type: 'json_schema', schema: {} } },
    },
    `${malformed} output_format: is beside output_config.format`,
  ],
  ['token numbers', openaiCompletions, { model: 'm', prompt: [1, 2] }, `${unsupported} prompt takes text only`],
  [
    'lists of token numbers',
    openaiEmbeddings,
    { model: 'm', input: [[1], [2]] },
    `${unsupported} input takes text only`,
  ],
  ['too long a name', openaiChat, { model: 'x'.repeat(513), messages }, `${malformed} model: is not a name`],
  [
    'a picture that is none',
    openaiChat,
    ofUser({ type: 'image_url', image_url: { url: 'data:image/png,x' } }),
    malformed,
  ],
  [
    'a file of plain text',
    openaiChat,
    ofUser({ type: 'file', file: { file_data: 'data:text/plain,x' } }),
    `${malformed} messages[0].content[0].file.file_data: must be a data: URL`,
  ],
  [
    'a file of the server',
    openaiChat,
    ofUser({ type: 'file', file: { file_id: 'f' } }),
    `${unsupported} messages[0].content[0].file.file_id`,
  ],
  [
    'a picture of the server',
    openaiResponses,
    { model: 'm', input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
    `${unsupported} input[0].content[0].file_id`,
  ],
  [
    'a picture in the system text',
    openaiChat,
    chat({ role: 'system', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }] }),
    `${malformed} messages[0].content[0].type: "image_url" belongs to a user message`,
  ],
  ...['tool_calls', 'refusal', 'reasoning_content', 'reasoning', 'parsed', 'annotations'].map(
    (field): [string, Wire, Json, string] => [
      `${field} of a user`,
      openaiChat,
      chat({ ...said, [field]: field === 'tool_calls' ? [call] : 'x' }),
      `${malformed} messages[0]: a user message has fields of an assistant message`,
    ],
  ),
  [
    'an answer to a tool by a user',
    openaiChat,
    chat({ ...said, tool_call_id: 'c' }),
    `${malformed} messages[0].tool_call_id: belongs`,
  ],
  [
    'a schema with something beside it',
    openaiChat,
    { model: 'm', messages, response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {}, more: 1 } } },
    `${unsupported} response_format.json_schema.more`,
  ],
  ['a choice among others', openaiChat, allowed({ type: 'other' }), `${unsupported} tool_choice.allowed_tools.type`],
  [
    'a choice of what is not offered',
    openaiChat,
    allowed({ tools: [{ type: 'function', function: { name: 'g' } }] }),
    `${malformed} tool_choice.allowed_tools.tools[0]: is not among the tools`,
  ],
  [
    'tool calls of a user',
    ollamaChat,
    chat({ ...said, tool_calls: [call] }),
    `${malformed} messages[0].tool_calls: belongs`,
  ],
  ...['tool_name', 'tool_call_id'].map((field): [string, Wire, Json, string] => [
    `${field} of an assistant`,
    ollamaChat,
    chat(said, { role: 'assistant', content: 'x', [field]: 'f' }),
    '',
  ]),
  [
    'pictures as they are',
    ollamaGenerate,
    { model: 'm', prompt: 'x', raw: true, images: [PNG] },
    `${unsupported} images cannot go with raw`,
  ],
  ['a format in words', ollamaChat, { model: 'm', messages, format: 'xml' }, `${malformed} format: must be "json"`],
])('%s', (_, wire, body, why) => {
  const refused = refusal(wire, body)
  expect(refused).not.toBe('read')
  expect(refused).toContain(why)
})

it('what a model is like is asked for by its name alone', () => {
  const ask = (body: Json) => readShow(Buffer.from(JSON.stringify(body)))
  expect(ask({ model: 'm', verbose: true })).toBe('m')
  expect(() => ask({ model: 'm', modelfile: 'x' })).toThrow(expect.objectContaining({ code: unsupported }))
})

it('a message that a model is made with says who says what, and nothing else', () => {
  const body = { model: 'm', from: 'n', messages: [{ role: 'user', content: 'x', images: ['x'] }] }
  expect(() => ollamaManage.read('create', Buffer.from(JSON.stringify(body)))).toThrow('messages[0].images')
})

it.each([{ function_call: { name: 'f', arguments: '{}' } }, { audio: { id: 'a' } }])('%j of an assistant', (more) => {
  const refused = refusal(openaiChat, chat(said, { role: 'assistant', content: 'x', ...more }, said))
  expect(refused).toContain(`${unsupported} messages[1].${Object.keys(more)}`)
})
