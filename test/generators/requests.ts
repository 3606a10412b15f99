// Every string of every request, in every wire format: examples that use all that the readers take, and copies of them with
// a word in one place each.
import type { Wire } from '../../src/gateway/ports.ts'
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

export type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json }

/** Copies of `value` with `word` in one place each: every string, every key, an unknown field in every object. */
export function* planted(value: Json, word: string, path = ''): Generator<[where: string, copy: Json]> {
  if (typeof value === 'string') {
    yield [path, value.startsWith('{') ? JSON.stringify({ note: word }) : word]
    if (value.startsWith('{')) yield [`${path} (broken)`, `{"note": ${word}`]
    if (value.startsWith('data:') || value.startsWith('https:'))
      yield [`${path} (url)`, `https://example.com/?q=${word}`]
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const [where, copy] of planted(item, word, `${path}[${index}]`)) yield [where, value.with(index, copy)]
    // Numbers can spell a word too.
    if (value.length > 0 && value.every((item) => typeof item === 'number'))
      yield [`${path} (bytes)`, [...Buffer.from(word)]]
  } else if (typeof value === 'object' && value !== null) {
    yield [`${path}.x_unknown`, { ...value, x_unknown: word }]
    yield [`${path}.{key}`, { ...value, [word]: 1 }]
    for (const [key, item] of Object.entries(value))
      for (const [where, copy] of planted(item, word, `${path}.${key}`)) yield [where, { ...value, [key]: copy }]
  }
}

const PNG = `data:image/png;base64,${Buffer.from('picture').toString('base64')}`
export const FILE = Buffer.from('a plain file').toString('base64')
const tool = {
  type: 'function',
  function: {
    name: 'find',
    description: 'd',
    parameters: { type: 'object', properties: { q: { description: 'd' } } },
    strict: false,
  },
}
const openaiShared = {
  temperature: 1,
  top_p: 1,
  top_k: 1,
  min_p: 0,
  n: 1,
  stop: ['s', 't'],
  seed: 1,
  logit_bias: { 5: 1 },
  frequency_penalty: 0,
  presence_penalty: 0,
  user: 'u',
  metadata: { team: 't' },
  repeat_penalty: 1,
  repetition_penalty: 1,
}
const ollamaShared = {
  options: {
    temperature: 1,
    top_p: 1,
    top_k: 1,
    min_p: 0,
    seed: 1,
    stop: ['s'],
    frequency_penalty: 0,
    presence_penalty: 0,
    repeat_penalty: 1,
    num_ctx: 1,
    num_predict: 1,
  },
  format: { type: 'object', properties: { a: { description: 'd' } } },
  think: 'low',
  keep_alive: '5m',
  logprobs: true,
  top_logprobs: 1,
}

/** The answer that an example continues. */
export const CONTINUED = 'resp_1'

/** For each wire format an example that uses all it reads, and the files whose readers it must cover. */
export const REQUESTS: readonly { wire: Wire; files: readonly string[]; body: Json }[] = [
  {
    wire: openaiChat,
    files: ['openai-chat', 'openai-params'],
    body: {
      model: 'm',
      messages: [{ role: 'user', content: 'hello' }],
      tools: [tool],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'find' } }] },
      },
    },
  },
  {
    wire: openaiChat,
    files: ['openai-chat', 'openai-params'],
    body: {
      model: 'm',
      stream: false,
      messages: [
        { role: 'system', content: 'be kind', name: 'boss' },
        { role: 'developer', content: [{ type: 'text', text: 't' }] },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'hello', prompt_cache_breakpoint: { mode: 'explicit' } },
            { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'input_audio', input_audio: { data: FILE, format: 'wav' } },
            { type: 'file', file: { file_data: FILE, filename: 'f.txt' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'a' },
            { type: 'refusal', refusal: 'no' },
          ],
          refusal: 'no',
          reasoning_content: 'hm',
          tool_calls: [{ id: 'c1', type: 'function', index: 0, function: { name: 'find', arguments: '{"q":"x"}' } }],
          annotations: [{ type: 'url_citation', url_citation: { title: 't', url: 'https://example.com' } }],
        },
        { role: 'assistant', content: 'b', reasoning: 'hm' },
        {
          role: 'assistant',
          content: '{"a":"x"}',
          parsed: { a: 'x' },
          tool_calls: [
            {
              id: 'c2',
              type: 'function',
              function: { name: 'find', arguments: '{"q":"y"}', parsed_arguments: { q: 'y' } },
            },
          ],
        },
        { role: 'tool', content: 'found', tool_call_id: 'c1', name: 'find' },
      ],
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 5,
      max_completion_tokens: 5,
      modalities: ['text'],
      safety_identifier: 'u',
      logprobs: true,
      top_logprobs: 1,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'object', title: 't' }, strict: true, description: 'd' },
      },
      tools: [tool],
      tool_choice: { type: 'function', function: { name: 'find' } },
      parallel_tool_calls: true,
      reasoning_effort: 'low',
      service_tier: 'auto',
      verbosity: 'low',
      prompt_cache_key: 'k',
      prompt_cache_retention: 'r',
      ...openaiShared,
    },
  },
  {
    wire: openaiChat,
    files: ['openai-chat'],
    body: {
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
      response_format: { type: 'json_object', value: { type: 'object', title: 't' } },
    },
  },
  {
    wire: openaiCompletions,
    files: ['openai-completions', 'openai-params'],
    body: {
      model: 'm',
      stream: false,
      prompt: ['one', 'two'],
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 5,
      suffix: 's',
      echo: false,
      best_of: 1,
      logprobs: 1,
      ...openaiShared,
    },
  },
  {
    wire: openaiResponses,
    files: ['openai-responses'],
    body: {
      model: 'm',
      stream: false,
      instructions: 'be kind',
      input: [
        {
          role: 'user',
          type: 'message',
          id: 'i',
          status: 'completed',
          phase: 'p',
          content: [
            { type: 'input_text', text: 'hello' },
            { type: 'input_image', image_url: PNG, detail: 'low' },
            { type: 'input_file', file_data: FILE, filename: 'f.txt' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'a', annotations: [{ title: 't' }], logprobs: [{ token: 't' }] },
            { type: 'output_text', text: '{"a":"x"}', parsed: { a: 'x' } },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        {
          type: 'reasoning',
          id: 'r',
          summary: [{ type: 'summary_text', text: 's' }],
          content: [{ type: 'reasoning_text', text: 'r' }],
          status: 's',
        },
        { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{"q":"x"}', id: 'i', status: 's' },
        { type: 'function_call', call_id: 'c2', name: 'find', arguments: '{"q":"y"}', parsed_arguments: { q: 'y' } },
        { type: 'function_call_output', call_id: 'c1', output: 'found', id: 'i', status: 's' },
      ],
      include: ['message.output_text.logprobs'],
      reasoning: { effort: 'low', summary: 'auto', generate_summary: 'auto' },
      text: {
        format: { type: 'json_schema', name: 'n', schema: { title: 't' }, strict: true, description: 'd' },
        verbosity: 'low',
      },
      safety_identifier: 'u',
      max_output_tokens: 5,
      temperature: 1,
      top_p: 1,
      top_logprobs: 1,
      tools: [{ type: 'function', name: 'find', description: 'd', parameters: { title: 't' }, strict: false }],
      tool_choice: { type: 'function', name: 'find' },
      parallel_tool_calls: true,
      metadata: { team: 't' },
      service_tier: 'auto',
      user: 'u',
      prompt_cache_key: 'k',
      prompt_cache_options: { a: 'k' },
      prompt_cache_retention: 'r',
      stream_options: { include_obfuscation: false },
      store: true,
      previous_response_id: CONTINUED,
    },
  },
  {
    wire: openaiResponses,
    files: ['openai-responses'],
    body: {
      model: 'm',
      client_metadata: { a: 'x' },
      tools: [
        {
          type: 'namespace',
          name: 'crm',
          description: 'd',
          tools: [{ type: 'function', name: 'find', description: 'e' }],
        },
      ],
      input: [
        { role: 'user', content: 'x' },
        { type: 'function_call', call_id: 'c1', name: 'find', namespace: 'crm', arguments: '{"q":"y"}' },
        { type: 'function_call_output', call_id: 'c1', output: 'found' },
      ],
    },
  },
  {
    wire: anthropicMessages,
    files: ['anthropic'],
    body: {
      model: 'm',
      stream: false,
      max_tokens: 5,
      system: [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' }, citations: null }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hello' },
            {
              type: 'image',
              source: { type: 'base64', media_type: 'image/png', data: FILE },
              cache_control: { type: 'e' },
            },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            {
              type: 'document',
              title: 't',
              source: { type: 'text', media_type: 'text/plain', data: 'words' },
              context: '',
              citations: { enabled: false },
              cache_control: { type: 'e' },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            {
              type: 'tool_use',
              id: 'c1',
              name: 'find',
              input: { q: 'x' },
              cache_control: { type: 'e' },
              caller: { type: 'direct' },
            },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'c1',
              content: [{ type: 'text', text: 'found' }],
              is_error: false,
              cache_control: { type: 'e' },
            },
          ],
        },
      ],
      metadata: { user_id: 'u' },
      thinking: { type: 'enabled', budget_tokens: 5, display: 'summarized' },
      output_config: { effort: 'low', format: { type: 'json_schema', schema: { title: 't' } } },
      tools: [
        {
          type: 'custom',
          name: 'find',
          description: 'd',
          input_schema: { title: 't' },
          strict: false,
          cache_control: { type: 'e' },
          eager_input_streaming: true,
        },
      ],
      tool_choice: { type: 'tool', name: 'find', disable_parallel_tool_use: true },
      temperature: 1,
      top_p: 1,
      top_k: 1,
      stop_sequences: ['s'],
      service_tier: 'auto',
      cache_control: { type: 'e' },
    },
  },
  {
    wire: anthropicMessages,
    files: ['anthropic'],
    body: {
      model: 'm',
      max_tokens: 5,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm' }] },
        { role: 'user', content: 'y' },
      ],
      context_management: {
        edits: [{ type: 'clear_thinking_20251015', keep: { type: 'thinking_turns', value: 1 } }],
      },
      output_format: { type: 'json_schema', schema: { type: 'object', title: 't' } },
    },
  },
  {
    wire: ollamaChat,
    files: ['ollama-chat', 'ollama-params'],
    body: {
      model: 'm',
      stream: false,
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hello', images: ['iVBORw0KGgoAAAA'] },
        {
          role: 'assistant',
          content: 'a',
          thinking: 'hm',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: { q: 'x' }, index: 0 } }],
        },
        { role: 'tool', content: 'found', tool_name: 'find', tool_call_id: 'c1' },
      ],
      tools: [{ type: 'function', function: { name: 'find', description: 'd', parameters: { title: 't' } } }],
      truncate: true,
      shift: true,
      ...ollamaShared,
    },
  },
  {
    wire: ollamaGenerate,
    files: ['ollama-chat', 'ollama-params'],
    body: {
      model: 'm',
      stream: false,
      prompt: 'hello',
      system: 'be kind',
      images: ['iVBORw0KGgoAAAA'],
      raw: false,
      context: [],
      template: '',
      truncate: true,
      shift: true,
      ...ollamaShared,
    },
  },
  {
    wire: ollamaGenerate,
    files: [],
    body: { model: 'm', stream: false, prompt: 'hello', suffix: 's', raw: true, ...ollamaShared },
  },
  {
    wire: openaiEmbeddings,
    files: ['embeddings'],
    body: { model: 'm', input: ['one', 'two'], dimensions: 5, encoding_format: 'float', user: 'u' },
  },
  {
    wire: ollamaEmbed,
    files: ['embeddings'],
    body: {
      model: 'm',
      input: 'one',
      truncate: true,
      dimensions: 5,
      keep_alive: '5m',
      options: { seed: 1 },
    },
  },
  {
    wire: ollamaEmbeddings,
    files: ['embeddings'],
    body: { model: 'm', prompt: 'one', keep_alive: '5m', options: { seed: 1 } },
  },
]
