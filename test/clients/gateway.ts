// One gateway for a client library: the built-in model where inference matters, a scripted server where exact bytes matter.
import { startGateway, type TestGateway } from '../e2e/harness.ts'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'

export interface ClientBench {
  readonly gateway: TestGateway
  readonly upstream: ScriptedUpstream
  /** A call that nobody may make: the same model, for a key that does not exist. */
  readonly wrongKey: string
  close(): Promise<void>
}

/** The model that thinks. */
export const DEMO = 'sallyport-demo'
/** The model whose server is scripted. */
export const SCRIPTED = 'scripted'

export async function startBench(): Promise<ClientBench> {
  const list = json({ object: 'list', data: [] })
  const upstream = await startScripted(list)
  upstream.lists = list
  const gateway = await startGateway({
    upstreams: [
      { name: 'built-in', kind: 'embedded' },
      { name: 'up', kind: 'openai', url: upstream.url },
    ],
    models: [{ name: SCRIPTED, upstream: 'up', upstreamName: 'upstream-name' }],
  })
  return {
    gateway,
    upstream,
    wrongKey: `${gateway.key.slice(0, -1)}${gateway.key.endsWith('0') ? '1' : '0'}`,
    async close() {
      await gateway.close()
      await upstream.close()
    },
  }
}

/** What the scripted server was last sent. */
export const lastBody = (upstream: ScriptedUpstream): Record<string, unknown> =>
  JSON.parse(upstream.calls.at(-1)?.body ?? '{}') as Record<string, unknown>

const chunk = (delta: object, finish: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1700000000,
  model: 'upstream-name',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
})

/** A stream in which the model thinks, and then calls a tool in pieces. */
export const TOOL_STREAM = [
  chunk({ role: 'assistant', content: null, reasoning_content: 'The weather, then.' }),
  chunk({
    tool_calls: [{ index: 0, id: 'call_9', type: 'function', function: { name: 'weather', arguments: '' } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"days":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '3}' } }] }),
  chunk({}, 'tool_calls'),
  { ...chunk({}), choices: [], usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 } },
  '[DONE]',
]

/** The beginning of a stream: enough words that some leave before the guard has seen the end. */
export const HALF_STREAM = Array.from(
  { length: 40 },
  (_unused, index) => `data: ${JSON.stringify(chunk({ content: `word ${index} of it, ` }))}\n\n`,
)

export const TOOL_ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1700000000,
  model: 'upstream-name',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_9', type: 'function', function: { name: 'weather', arguments: '{"days":3}' } }],
      },
      finish_reason: 'tool_calls',
    },
  ],
  usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 },
}

export const answer = (content: string) => ({
  ...TOOL_ANSWER,
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
})

/** How likely a text was that came as one token. */
export const logprobsOf = (token: string) => {
  const one = { token, logprob: -0.5, bytes: null }
  return { content: [{ ...one, top_logprobs: [one] }], refusal: null }
}

export const WEATHER_SCHEMA = {
  type: 'object',
  properties: { days: { type: 'integer' } },
  required: ['days'],
} as const
