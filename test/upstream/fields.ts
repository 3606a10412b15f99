// Every field of every client format, in requests as small as they can be, so that what one of them says is seen on its own.
// That none is missing is found out by strict.test.ts, which asks the readers what else they take.
import type { Json, JsonObject } from '../../src/core/index.ts'
import type { Wire } from '../../src/gateway/index.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaEmbed,
  ollamaEmbeddings,
  ollamaGenerate,
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
} from '../../src/gateway/wire/index.ts'

export interface Told {
  readonly wire: Wire
  readonly base: JsonObject
  /** Each is a request: the base with these beside it. */
  readonly beside: readonly JsonObject[]
}

const PNG = 'iVBORw0KGgo='
const IMAGE = `data:image/png;base64,${PNG}`
const schema = { type: 'object', properties: { a: { type: 'number' } } }
const said = [{ role: 'user', content: 'hello' }]
const each = (fields: Record<string, Json>): JsonObject[] =>
  Object.entries(fields).map(([field, value]) => ({ [field]: value }))

const SAMPLING = { temperature: 0.5, top_p: 0.5, top_k: 5, min_p: 0.1, seed: 1, stop: ['a'] }
const PENALTIES = { frequency_penalty: 0.5, presence_penalty: 0.5, repeat_penalty: 1.1 }
const OPENAI_SHARED = {
  ...SAMPLING,
  ...PENALTIES,
  repetition_penalty: 1.1,
  n: 2,
  logit_bias: { 1: 1 },
  user: 'u',
  metadata: { a: 'x' },
  max_tokens: 5,
}
const STREAMED = { stream: true, stream_options: { include_usage: true, include_obfuscation: true } }
const CACHING = { prompt_cache_key: 'k', prompt_cache_options: { a: 1 }, prompt_cache_retention: '24h' }
const tool = { type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } }
const flat = { type: 'function', name: 'f', description: 'd', parameters: schema, strict: true }
const direct = { allowed_callers: ['direct'], async: false, defer_loading: false }
const mark = { prompt_cache_breakpoint: { mode: 'explicit' } }
const cached = { cache_control: { type: 'ephemeral' } }
/** A text of an answer that is sent back, with what stood beside it. */
const spoken = { type: 'text', text: 'hello', role: 'assistant', ...mark }
const from = (...content: Json[]) => ({ messages: [{ role: 'user', content }] })

const chat: Told = {
  wire: openaiChat,
  base: { model: 'm', messages: said },
  beside: [
    ...each({ ...OPENAI_SHARED, ...CACHING, max_completion_tokens: 5, safety_identifier: 'u', logprobs: true }),
    ...each({ parallel_tool_calls: false, reasoning_effort: 'low', service_tier: 'flex', verbosity: 'low' }),
    ...each({ modalities: ['text'], store: false }),
    STREAMED,
    { logprobs: true, top_logprobs: 2 },
    ...['system', 'developer', 'user', 'assistant'].flatMap((role) =>
      [{}, { name: 'dana' }].map((named) => ({ messages: [{ role, content: 'hello', ...named }, ...said] })),
    ),
    from({ type: 'text', text: 'hello', ...mark }),
    ...each({ reasoning_content: 'hm', reasoning: 'hm' }).map((thought) => ({
      messages: [...said, { role: 'assistant', content: [{ ...spoken, ...thought }] }, ...said],
    })),
    from({ type: 'image_url', image_url: { url: IMAGE, detail: 'high' }, ...mark }),
    from({ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' }, ...mark }),
    from({ type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' }, ...mark }),
    ...each({ content: '{"a":1}', reasoning_content: 'hm', reasoning: 'hm', refusal: 'no' }).map((one) => ({
      messages: [...said, { role: 'assistant', ...one, annotations: [{ type: 'x' }] }, ...said],
    })),
    { messages: [...said, { role: 'assistant', content: '{"a":1}', parsed: { a: 1 } }, ...said] },
    { messages: [...said, { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }, ...said] },
    {
      messages: [
        {
          role: 'assistant',
          tool_calls: [
            {
              id: 'c1',
              type: 'function',
              index: 0,
              function: { name: 'f', arguments: '{"a":1}', parsed_arguments: { a: 1 } },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'sun', name: 'f' },
      ],
    },
    { messages: [...said, { role: 'tool', tool_call_id: 'c1', content: 'sun', name: 'f' }] },
    { tools: [tool] },
    { tools: [tool], tool_choice: 'none' },
    { tools: [tool], tool_choice: { type: 'function', function: { name: 'f' } } },
    {
      tools: [tool, { type: 'function', function: { name: 'g' } }],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
    },
    { response_format: { type: 'json_object' } },
    { response_format: { type: 'json_object', schema } },
    { response_format: { type: 'json_object', value: schema } },
    {
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true, description: 'd' } },
    },
  ],
}

const responses: Told = {
  wire: openaiResponses,
  base: { model: 'm', input: 'hello' },
  beside: [
    ...each({ instructions: 'be kind', max_output_tokens: 5, temperature: 0.5, top_p: 0.5, top_logprobs: 2 }),
    ...each({ parallel_tool_calls: false, metadata: { a: 'x' }, service_tier: 'flex', user: 'u' }),
    ...each({ safety_identifier: 'u', previous_response_id: 'resp_1', store: true, ...CACHING }),
    { client_metadata: { session_id: 's' } },
    ...each({ background: false, truncation: 'disabled', reasoning: { effort: 'low' }, text: { verbosity: 'low' } }),
    { reasoning: { summary: 'auto', generate_summary: 'auto' } },
    { include: ['message.output_text.logprobs'] },
    { include: ['reasoning.encrypted_content'] },
    STREAMED,
    { text: { format: { type: 'json_object' } } },
    { text: { format: { type: 'json_schema', name: 'x', schema, strict: true, description: 'd' } } },
    { tools: [{ ...flat, ...direct }] },
    { tools: [flat], tool_choice: { type: 'function', name: 'f' } },
    { tools: [{ type: 'namespace', name: 'n', description: 'd', tools: [{ ...flat, ...direct }] }] },
    { tools: [{ type: 'namespace', name: 'n', tools: [flat, { type: 'function', name: 'g' }] }] },
    {
      tools: [flat, { type: 'function', name: 'g' }],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    },
    ...[
      { type: 'input_text', text: 'hello', ...mark },
      { type: 'input_image', image_url: IMAGE, detail: 'high', ...mark },
      { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf', ...mark },
    ].map((part) => ({ input: [{ type: 'message', role: 'user', content: [part], id: 'i', status: 'completed' }] })),
    ...['system', 'developer', 'user'].map((role) => ({
      input: [{ type: 'message', role, content: 'hello', id: 'i', status: 'completed', phase: 'commentary' }, ...said],
    })),
    ...[
      { type: 'output_text', text: '{"a":1}', annotations: [{ a: 1 }], logprobs: [{ a: 1 }], parsed: { a: 1 } },
      { type: 'refusal', refusal: 'no' },
    ].map((part) => ({
      input: [
        { type: 'message', role: 'assistant', content: [part], id: 'i', status: 'completed', phase: 'commentary' },
      ],
    })),
    {
      input: [
        {
          type: 'function_call',
          call_id: 'c1',
          name: 'f',
          namespace: 'n',
          arguments: '{"a":1}',
          parsed_arguments: { a: 1 },
          id: 'i',
          status: 'completed',
        },
        { type: 'function_call_output', call_id: 'c1', output: 'sun', id: 'i', status: 'completed' },
      ],
    },
    ...each({ content: [{ type: 'reasoning_text', text: 'hm' }], summary: [{ type: 'summary_text', text: 'hm' }] }).map(
      (one) => ({
        input: [{ type: 'reasoning', id: 'i', status: 'completed', encrypted_content: '', ...one }, ...said],
      }),
    ),
  ],
}

const anthropic: Told = {
  wire: anthropicMessages,
  base: { model: 'm', max_tokens: 9, messages: said },
  beside: [
    ...each({ system: 'be kind', temperature: 0.5, top_p: 0.5, top_k: 5, stop_sequences: ['a'], stream: true }),
    ...each({ metadata: { user_id: 'u' }, service_tier: 'standard_only', speed: 'standard', ...cached }),
    ...each({ output_config: { effort: 'low' }, thinking: { type: 'disabled' } }),
    { thinking: { type: 'enabled', budget_tokens: 1024, display: 'omitted' } },
    { thinking: { type: 'adaptive', display: 'omitted' } },
    { thinking: { type: 'disabled' }, output_config: { effort: 'low' } },
    { output_config: { format: { type: 'json_schema', schema } } },
    { output_format: { type: 'json_schema', schema } },
    ...['all', { type: 'all' }, { type: 'thinking_turns', value: 1 }].map((keep) => ({
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep }] },
      messages: [
        ...said,
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm' }] },
        ...said,
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'so' }] },
        ...said,
      ],
    })),
    { system: [{ type: 'text', text: 'be kind', citations: [{ a: 1 }], ...cached }] },
    { messages: [{ role: 'system', content: 'be kind' }, ...said] },
    from({ type: 'text', text: 'hello', citations: [{ a: 1 }], ...cached }),
    from({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG }, ...cached }),
    from({ type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }),
    from({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'words' },
      title: 't',
      context: '',
      citations: { enabled: false },
      ...cached,
    }),
    from({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' }, title: 't' }),
    ...[
      { type: 'text', text: 'hello', citations: [{ a: 1 }], ...cached },
      { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
    ].map((block) => ({ messages: [...said, { role: 'assistant', content: [block] }, ...said] })),
    {
      messages: [
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 }, caller: { type: 'direct' }, ...cached }],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'sun', is_error: true, ...cached }],
        },
      ],
    },
    {
      tools: [
        {
          type: 'custom',
          name: 'f',
          description: 'd',
          input_schema: schema,
          strict: true,
          eager_input_streaming: true,
          ...direct,
          ...cached,
        },
      ],
    },
    ...each({ tool_choice: { type: 'none' } })
      .concat(
        ...[
          { type: 'auto', disable_parallel_tool_use: true },
          { type: 'tool', name: 'f' },
        ].map((tool_choice) => ({ tool_choice })),
        {},
      )
      .map((choice) => ({ tools: [{ type: 'custom', name: 'f', input_schema: schema }], ...choice })),
  ],
}

const OPTIONS = { ...SAMPLING, ...PENALTIES, num_predict: 5, num_ctx: 5 }
const OLLAMA_SHARED = [
  ...each(OPTIONS).map((options) => ({ options })),
  ...each({ format: 'json', think: true, keep_alive: 5, logprobs: true, stream: false, truncate: true, shift: true }),
  { format: schema },
  { logprobs: true, top_logprobs: 2 },
]
const ollama: Told = {
  wire: ollamaChat,
  base: { model: 'm', messages: said },
  beside: [
    ...OLLAMA_SHARED,
    ...['system', 'user', 'assistant', 'tool'].flatMap((role) =>
      [{}, { thinking: 'hm' }, { images: [PNG] }].map((more) => ({
        messages: [{ role, content: 'hello', ...(role === 'tool' ? { tool_call_id: 'c9' } : {}), ...more }, ...said],
      })),
    ),
    ...[{ tool_name: 'g' }, { name: 'g' }, { tool_call_id: 'c2' }].map((answered) => ({
      messages: [
        {
          role: 'assistant',
          content: '',
          tool_calls: ['f', 'g'].map((called, index) => ({
            id: `c${index + 1}`,
            type: 'function',
            function: { name: called, arguments: { a: 1 }, index },
          })),
        },
        { role: 'tool', content: 'sun', ...answered },
      ],
    })),
    { tools: [tool] },
    { tools: [tool], tool_choice: 'auto' },
  ],
}

const generate: Told = {
  wire: ollamaGenerate,
  base: { model: 'm', prompt: 'hello' },
  beside: [
    ...OLLAMA_SHARED,
    ...each({ system: 'be kind', suffix: 's', images: [PNG], raw: true, context: [], template: '' }),
  ],
}

const completions: Told = {
  wire: openaiCompletions,
  base: { model: 'm', prompt: 'hello' },
  beside: [STREAMED, ...each({ ...OPENAI_SHARED, suffix: 's', echo: true, best_of: 2, logprobs: 2 })],
}

const embeddings: Told = {
  wire: openaiEmbeddings,
  base: { model: 'm', input: 'hello' },
  beside: each({ dimensions: 5, encoding_format: 'base64', user: 'u' }),
}
const EMBED = [
  ...each({ num_ctx: 5, ...SAMPLING, ...PENALTIES, num_predict: 5 }).map((options) => ({ options })),
  { keep_alive: 5 },
]
const embed: Told = {
  wire: ollamaEmbed,
  base: { model: 'm', input: 'hello' },
  beside: [...EMBED, ...each({ truncate: true, dimensions: 5 })],
}
const olderEmbed: Told = { wire: ollamaEmbeddings, base: { model: 'm', prompt: 'hello' }, beside: EMBED }

export const TOLD: readonly Told[] = [
  chat,
  responses,
  anthropic,
  completions,
  embeddings,
  ollama,
  generate,
  embed,
  olderEmbed,
]
