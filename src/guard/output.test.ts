import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../test/generators/random.ts'
import type { Delta, ModelRequest, Treatment } from '../core/index.ts'
import type { Ask } from './ask.ts'
import { createStructuredDetector } from './detect/structured.ts'
import { createGuard } from './guard.ts'
import type { Vault } from './vault.ts'

const guard = createGuard({ detectors: [createStructuredDetector()] })
const key = new Uint8Array(32).fill(7)
const open = (style: 'word' | 'angle' = 'word', session = 'ses_1'): Vault =>
  guard.openVault({ key, random: (size) => randomBytes(size), session, style })
const rule =
  (treatments: Readonly<Record<string, Treatment>>, other: Treatment): Ask =>
  ({ class: dataClass }) => ({ treatment: treatments[dataClass] ?? other, rules: ['r'] })
const ask = rule({ 'personal/email': 'pass', 'finance/card': 'mask', 'secret/url-credentials': 'mask' }, 'pseudonym')

const request = (text: string, role: 'user' | 'tool' | 'system' = 'user', toolName?: string): ModelRequest => ({
  action: 'chat',
  model: 'm',
  messages: [{ role, parts: [{ type: 'text', text }], ...(toolName === undefined ? {} : { toolName }) }],
  inputs: [],
  params: {},
  stream: true,
})
const sent = (asked: ModelRequest) =>
  asked.messages.map((m) => m.parts.map((p) => (p.type === 'text' ? p.text : '')).join('')).join('')

type Channel = 'text' | 'reasoning' | 'refusal' | 'tool'
const say = (channel: Channel, text: string, choice = 0): Delta =>
  channel === 'tool' ? { type: 'tool', choice, index: 0, arguments: text } : { type: channel, choice, text }
const heard = (deltas: readonly Delta[], channel: Channel, choice = 0): string =>
  deltas
    .map((d) =>
      d.type === channel && d.choice === choice ? (d.type === 'tool' ? d.arguments : (d as { text: string }).text) : '',
    )
    .join('')

function cut(text: string, sizes: Iterator<number>): string[] {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const size = sizes.next().value as number
    parts.push(text.slice(at, at + size))
    at += size
  }
  return parts
}

function screened(vault: Vault, channel: Channel, parts: readonly string[]): string {
  const output = guard.openOutput(ask, vault)
  const deltas: Delta[] = []
  for (const part of parts) deltas.push(...output.push([say(channel, part)]))
  deltas.push(...output.end())
  return heard(deltas, channel)
}

it('lets numbers pass as numbers, no text in their place, and nothing after the end', () => {
  const output = guard.openOutput(ask, open())
  const vector = (numbers: unknown) => ({ type: 'embedding', index: 0, vector: numbers }) as Delta
  const floats = vector([0.5, -1, 3e5])
  const text = 'card 4111 1111 1111 1111'
  const refused = expect.objectContaining({ code: 'guard_unavailable' })
  expect(output.push([floats])).toEqual([floats])
  for (const bad of [
    vector(text),
    vector([0.5, text]),
    vector([[0.5]]),
    vector([Number.NaN]),
    { type: 'note', text } as unknown as Delta,
  ])
    expect(() => output.push([bad]), JSON.stringify(bad)).toThrow(refused)
  output.end()
  expect(output.end()).toEqual([])
  expect(() => output.push([floats])).toThrow(refused)
})

const values = [
  'jane.doe@example.com',
  'jаne@exаmple.com',
  '4111 1111 1111 1111',
  '４１１１ １１１１ １１１１ １１１１',
  'DE89 3704 0044 0532 0130 00',
  '514-69-0360',
  '514\u200b-69-0360',
  '+44 (0)20 7946 0958',
  'born March 12, 1980',
  '10.1.2.3',
  'https://u:p@h.example/a?b=c',
  'prod-db-03',
  'EMAIL_R7FZS',
  'PERSON\\_7QK2M',
  '<NAME_1>',
  '<',
  'PER',
  '{"email":"a\\u0040b.co","n":4111111111111111,"ssn":"x\\"y"}',
  '[{"first_name":"Zoë","a":[1,2,{"b":"4111 1111 1111 1111"}]}, oops 514-69-0360',
  '{"a":"\\uD83D\\uDE00 \\x 514-69-0360"}',
  '\u{1F600}',
  '\u{E0041}\u{E0042}',
]
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(...values),
      fc.string({ maxLength: 6, unit: 'binary' }),
      fc.constantFrom(' ', '\n', ', ', '"', '\\', ' me '),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
// A stand-in glued to other words makes new words: `EMAIL_R7FZS@example.com`. Values of people stand apart.
const apart = fc
  .array(fc.oneof(fc.constantFrom(...values), fc.string({ maxLength: 6, unit: 'binary' })), { maxLength: 8 })
  .map((parts) => parts.join(' ; '))
const sizes = fc.infiniteStream(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 16 })))

describe('a stream', () => {
  it('gives what the whole text gives, in every channel, however it is cut', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom<Channel>('text', 'reasoning', 'refusal', 'tool'),
        sizes,
        (text, channel, cuts) => {
          expect(screened(open(), channel, cut(text, cuts))).toBe(screened(open(), channel, [text]))
        },
      ),
      { seed: 5, numRuns: 2000 },
    )
  })

  it('gives back to the caller what the caller said, whatever the echo is cut into', () => {
    const both = rule({ 'leak/invisible': 'pass' }, 'pseudonym')
    fc.assert(
      fc.property(apart, fc.constantFrom('word' as const, 'angle' as const), sizes, (text, style, cuts) => {
        fc.pre(!text.trimStart().startsWith('{') && !text.trimStart().startsWith('['))
        const plain = text
          .replaceAll('\\', '')
          .replaceAll(/[A-Za-z_]*u:p@/g, '')
          .replace(/[pP]er/g, '')
        const vault = open(style)
        const echo = sent(guard.screenInput(request(plain), both, vault).request)
        const output = guard.openOutput(both, vault)
        const deltas: Delta[] = []
        for (const part of cut(echo, cuts)) deltas.push(...output.push([say('text', part)]))
        deltas.push(...output.end())
        expect(heard(deltas, 'text')).toBe(plain)
      }),
      { seed: 6, numRuns: 1000 },
    )
  })

  it('holds finish and counts until the text before them is out', () => {
    const output = guard.openOutput(ask, open())
    const usage = { inputTokens: 1, outputTokens: 2 }
    const deltas = [
      ...output.push([say('text', 'write to jane@'), { type: 'usage', usage }]),
      ...output.push([say('text', 'example.com', 1), { type: 'finish', choice: 0, reason: 'stop' }]),
      ...output.push([{ type: 'finish', choice: 1, reason: 'stop' }]),
    ]
    expect(deltas.map((d) => d.type)).toEqual(['text', 'text', 'finish', 'text', 'finish', 'usage'])
  })

  it('lets nothing follow the end of a choice: the rest of a value would come out beside its beginning', () => {
    const output = guard.openOutput(ask, open())
    const end = { type: 'finish', choice: 0, reason: 'stop' } as const
    expect(output.push([say('text', '4111 1111 '), end, end]).map((d) => d.type)).toEqual(['text', 'finish'])
    output.push([say('text', 'of another choice', 1)])
    for (const channel of ['text', 'reasoning', 'refusal'] as const)
      expect(() => output.push([say(channel, '1111 1111')])).toThrow('went on after the end')
  })

  it('keeps choices and channels apart', () => {
    const output = guard.openOutput(ask, open())
    const deltas = [
      ...output.push([say('text', '4111 1111 '), say('text', '1111', 1), say('reasoning', '4111 1111 ')]),
      ...output.push([say('text', '1111 1111'), say('text', ' 1111', 1), say('reasoning', 'no')]),
      ...output.end(),
    ]
    expect(heard(deltas, 'text')).toBe('[card]')
    expect(heard(deltas, 'text', 1)).toBe('1111 1111')
    expect(heard(deltas, 'reasoning')).toBe('4111 1111 no')
  })

  it('ends a thought where the answer begins, and reads what goes on with what was thought before', () => {
    const output = guard.openOutput(ask, open())
    const deltas = [
      ...output.push([say('reasoning', 'Is it 4111 1111'), say('text', ' \n')]),
      ...output.push([say('reasoning', ' 1111 1111 or 4111 1111')]),
      ...output.push([say('text', 'Yes, '), say('reasoning', ' 1111 1111, or x@'), say('tool', '{}')]),
      ...output.push([say('reasoning', 'example.com?')]),
      ...output.end(),
    ]
    expect(heard(deltas, 'reasoning')).toBe('Is it [card] or 4111 1111[card], or x@example.com?')
    const ends = [deltas.findLastIndex((d) => d.type === 'reasoning' && d.text.includes('4111')), heard(deltas, 'text')]
    expect(ends).toEqual([deltas.findIndex((d) => d.type === 'text' && d.text.trim() !== '') - 1, ' \nYes, '])
  })

  it('tells the signature of a thought with its end, and none of one that it changed', () => {
    const signed = (text: string) => {
      const output = guard.openOutput(ask, open())
      const sign: Delta = { type: 'reasoning', choice: 0, text: '', signature: 'c2ln' }
      const deltas = [...output.push([say('reasoning', text), sign, say('text', 'Yes.')]), ...output.end()]
      return deltas.flatMap((d) => (d.type === 'reasoning' ? [[d.text, d.signature]] : []))
    }
    expect(signed('It is 4111 1111').at(-1)).toEqual([expect.stringContaining('1111'), 'c2ln'])
    expect(signed('It is 4111 1111').filter(([, signature]) => signature !== undefined)).toHaveLength(1)
    expect(signed('It is 4111111111111111').map(([, signature]) => signature)).not.toContain('c2ln')
  })

  it('gives what it gives whole, however thoughts and words that take turns are cut', () => {
    const turns = fc.array(fc.tuple(fc.constantFrom<Channel>('text', 'reasoning', 'tool'), texts), { maxLength: 5 })
    const said = (parts: (readonly [Channel, string])[]) => {
      const output = guard.openOutput(ask, open())
      const deltas = [...output.push(parts.map(([channel, text]) => say(channel, text))), ...output.end()]
      return (['text', 'reasoning', 'tool'] as const).map((channel) => heard(deltas, channel))
    }
    fc.assert(
      fc.property(turns, sizes, (whole, cuts) => {
        const parts = whole.flatMap(([channel, text]) => cut(text, cuts).map((part) => [channel, part] as const))
        const filled = whole.filter(([, text]) => text !== '')
        expect(said(parts)).toEqual(said(filled))
      }),
      { seed: 8, numRuns: 1000 },
    )
  })

  it('drops the token probabilities of what it changed', () => {
    const output = guard.openOutput(ask, open())
    const token = (text: string) => ({
      type: 'text' as const,
      choice: 0,
      text,
      logprobs: [{ token: text, logprob: -1 }],
    })
    const deltas = [
      ...output.push(['My', ' card', ' 4111', ' 1111', ' 1111', ' 1111', ' ok', '.'].map(token)),
      ...output.end(),
    ]
    expect(deltas.flatMap((d) => (d.type === 'text' ? (d.logprobs ?? []).map((p) => p.token) : []))).toEqual([
      'My',
      ' card',
      ' ok',
      '.',
    ])
  })
})

it('in blocks, says the same in pieces of one size, and no token lengths', () => {
  const blocked = createGuard({ detectors: [createStructuredDetector()], blockCharacters: 8 })
  const output = blocked.openOutput(ask, open())
  const words = ['I', ' am', ' a', ' model', ' of', ' language', '; card', ' 4111', ' 1111 1111 1111', '.']
  const deltas = [
    ...words.flatMap((text) =>
      output.push([{ type: 'text', choice: 0, text, logprobs: [{ token: text, logprob: -1 }] }]),
    ),
    ...output.push([{ type: 'finish', choice: 0, reason: 'stop' }]),
  ]
  const texts = deltas.flatMap((delta) => (delta.type === 'text' ? [delta] : []))
  expect(texts.map(({ text }) => text).join('')).toBe('I am a model of language; card [card].')
  expect(texts.slice(0, -1).every(({ text }) => text.length === 8)).toBe(true)
  expect(texts.some(({ logprobs }) => logprobs !== undefined)).toBe(false)
  expect(deltas.at(-1)?.type).toBe('finish')
})

describe('turning back', () => {
  const all = rule({}, 'pseudonym')
  const hide = (vault: Vault, text: string, role: 'user' | 'tool' | 'system', tool?: string) =>
    sent(guard.screenInput(request(text, role, tool), all, vault).request)
  const answer = (vault: Vault, deltas: Delta[], policy: Ask = all) => {
    const output = guard.openOutput(policy, vault)
    return [...output.push(deltas), ...output.end()]
  }

  it('gives system text back to nobody', () => {
    const vault = open()
    const name = hide(vault, 'admin@corp.example', 'system')
    for (const policy of [all, rule({}, 'pass')])
      expect(heard(answer(vault, [say('text', `it is ${name}`)], policy), 'text')).toBe(`it is ${name}`)
  })
  it('gives a tool result back only if the rules let the caller see it', () => {
    const vault = open()
    const name = hide(vault, 'cust@corp.example', 'tool', 'crm')
    expect(heard(answer(vault, [say('text', name)]), 'text')).toBe(name)
    expect(heard(answer(vault, [say('text', name)], rule({ 'personal/email': 'pass' }, 'block')), 'text')).toBe(
      'cust@corp.example',
    )
  })
  it('gives back what only looked like a stand-in, whoever wrote it and wherever it is said', () => {
    const vault = open()
    const name = hide(vault, 'the table EMAIL_R7FZS', 'system')
    expect(name).not.toContain('R7FZS')
    const word = name.slice('the table '.length)
    const call: Delta = { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'sql', arguments: `{"from":"${word}"}` }
    expect(heard(answer(vault, [call]), 'tool')).toBe('{"from":"EMAIL_R7FZS"}')
    expect(heard(answer(vault, [say('text', word)], rule({}, 'block')), 'text')).toBe('EMAIL_R7FZS')
  })
  it('gives a tool only what came from that tool', () => {
    const vault = open()
    const mine = hide(vault, 'me@corp.example', 'user')
    const theirs = hide(vault, 'cust@corp.example', 'tool', 'crm')
    const call = (name: string) =>
      heard(
        answer(vault, [
          { type: 'tool', choice: 0, index: 0, id: 'c1', name, arguments: `{"a":"${mine}","b":"${theirs}"}` },
        ]),
        'tool',
      )
    expect(call('crm')).toBe(`{"a":"${mine}","b":"cust@corp.example"}`)
    expect(call('send_mail')).toBe(`{"a":"${mine}","b":"${theirs}"}`)
  })
  it('gives a tool that is the caller’s own what the caller may have, and the caller what came from it', () => {
    const mine = createGuard({ detectors: [createStructuredDetector()], ownTools: new Set(['read', 'write']) })
    const vault = open()
    const [me, file, customer, admin] = (
      [
        ['me@corp.example', 'user'],
        ['list@corp.example', 'tool', 'read'],
        ['cust@corp.example', 'tool', 'crm'],
        ['admin@corp.example', 'system'],
      ] as const
    ).map(([text, role, tool]) => hide(vault, text, role, tool))
    const all4 = `["${me}","${file}","${customer}","${admin}"]`
    const told = (delta: Delta, policy: Ask = all) => {
      const output = mine.openOutput(policy, vault)
      return heard([...output.push([delta]), ...output.end()], delta.type as Channel)
    }
    const call = (name: string): Delta => ({ type: 'tool', choice: 0, index: 0, id: 'c1', name, arguments: all4 })
    const given = `["me@corp.example","list@corp.example","${customer}","${admin}"]`
    expect(told(call('write'))).toBe(given)
    expect(told(say('text', all4))).toBe(given)
    // What another party said comes where the rules let the caller see it; who is asked about a tool is told its name.
    const fields: string[] = []
    const seen = told(call('write'), (question) => {
      fields.push(question.field)
      return { treatment: 'pass', rules: [] }
    })
    expect(seen).toBe(`["me@corp.example","list@corp.example","cust@corp.example","${admin}"]`)
    expect(new Set(fields)).toEqual(new Set(['tools.write']))
    // Nothing is opened for a tool of another party, and a name that only begins alike is another tool.
    for (const other of ['send_mail', 'write2', 'Write', 'crm']) {
      const text = other === 'crm' ? all4.replace(String(customer), 'cust@corp.example') : all4
      expect(told(call(other))).toBe(text)
    }
  })
  it('does not make the caller’s what it gave back to a tool, when the conversation comes again', () => {
    const vault = open()
    const name = hide(vault, 'cust@corp.example', 'tool', 'crm')
    const toolCalls = [{ id: 'c1', name: 'crm', arguments: '{"to":"cust@corp.example"}' }]
    const again = { ...request('go on'), messages: [{ role: 'assistant' as const, parts: [], toolCalls }] }
    expect(JSON.stringify(guard.screenInput(again, all, vault).request)).toContain(name)
    expect(heard(answer(vault, [say('text', name)]), 'text')).toBe(name)
    const call = (tool: string) =>
      heard(
        answer(vault, [{ type: 'tool', choice: 0, index: 0, id: 'c', name: tool, arguments: `["${name}"]` }]),
        'tool',
      )
    expect([call('crm'), call('send_mail')]).toEqual(['["cust@corp.example"]', `["${name}"]`])
  })
  it('keeps one word for one value when the caller says again what it was shown', () => {
    for (const style of ['word', 'angle'] as const) {
      const vault = open(style)
      const name = hide(vault, 'cust@corp.example', 'tool', 'crm')
      expect(hide(vault, `so write to ${name.toLowerCase()}`, 'user')).toBe(`so write to ${name.toLowerCase()}`)
      expect(heard(answer(vault, [say('text', name)]), 'text')).toBe(name)
      // In the request that hides the value itself it can mean nothing but the word.
      const fresh = open(style)
      const first = hide(fresh, 'x@corp.example', 'user')
      const text = `me@corp.example ${style === 'angle' ? '<EMAIL_2>' : first}`
      expect(heard(answer(fresh, [say('text', hide(fresh, text, 'user'))]), 'text')).toBe(
        style === 'angle' ? text : 'me@corp.example x@corp.example',
      )
    }
  })
  it('knows a pseudonym in another case, escaped, in brackets, or with a plural', () => {
    const vault = open()
    const name = hide(vault, 'me@corp.example', 'user')
    const said = `${name.toLowerCase()}, ${name.replace('_', '\\_')}, ${name}'s, ${name}s, Me <${name}>, <${name}, ${name}>`
    expect(heard(answer(vault, [say('text', said)]), 'text')).toBe(
      "me@corp.example, me@corp.example, me@corp.example's, me@corp.examples, Me <me@corp.example>, <me@corp.example, me@corp.example>",
    )
  })
  it('counts those a model got wrong, and never turns back those of another session', () => {
    const vault = open()
    const name = hide(vault, 'me@corp.example', 'user')
    const other = guard.openVault({ key: new Uint8Array(32).fill(9), random: (n) => randomBytes(n), session: 'ses_2' })
    hide(other, 'you@corp.example', 'user')
    const output = guard.openOutput(all, other)
    expect(heard([...output.push([say('text', name)]), ...output.end()], 'text')).toBe(name)
    expect(output.report().pseudonyms).toEqual({ issued: 0, restored: 0, mutated: 1 })
  })
  it('counts none as wrong where none was issued: those are of a text that is read back', () => {
    const name = hide(open(), 'me@corp.example', 'user')
    const none = guard.openVault({ key: new Uint8Array(32).fill(9), random: (n) => randomBytes(n), session: '' })
    const output = guard.openOutput(all, none, none.detectors())
    expect(heard([...output.push([say('text', name)]), ...output.end()], 'text')).toBe(name)
    expect(output.report().pseudonyms).toEqual({ issued: 0, restored: 0, mutated: 0 })
  })
  it('does not tell apart EMAIL_1 and EMAIL_10 wrongly, and escapes what only looks like one', () => {
    const vault = open('angle')
    const text = '<EMAIL_1> <EMAIL_10> a@x.com b@x.com'
    const hidden = hide(vault, text, 'user')
    expect(hidden).not.toContain('EMAIL_10')
    expect(heard(answer(vault, [say('text', hidden)]), 'text')).toBe(text)
  })
  it('keeps JSON whole when a value needs escaping', () => {
    const vault = open()
    const hidden = hide(vault, '{"last_name":"O\\"Neil \\\\ Söns"}', 'user')
    const back = heard(answer(vault, [say('text', hidden)]), 'text')
    expect(JSON.parse(back)).toEqual({ last_name: 'O"Neil \\ Söns' })
  })
  it('treats what the caller said in clear as the caller’s when it comes back', () => {
    const vault = open()
    const mine: Ask = ({ origin }) => ({ treatment: origin === 'caller' ? 'pass' : 'mask', rules: [] })
    guard.screenInput(request('I am me@corp.example'), mine, vault)
    expect(heard(answer(vault, [say('text', 'me@corp.example, you@corp.example')], mine), 'text')).toBe(
      'me@corp.example, [email]',
    )
  })
})

describe("another session's value", () => {
  const leak = rule({ 'leak/session': 'mask' }, 'pass')
  const say2 = (vault: Vault, text: string) => {
    const output = guard.openOutput(leak, vault)
    return heard([...output.push([say('text', text)]), ...output.end()], 'text')
  }
  it('is held back where it was never said, and only there', () => {
    const [ann, bob] = [open('word', 'ses_ann'), open('word', 'ses_bob')]
    guard.screenInput(request('I am ann.neighbour@corp.example'), rule({}, 'pseudonym'), ann)
    expect(say2(ann, 'ann.neighbour@corp.example')).toBe('ann.neighbour@corp.example')
    expect(say2(bob, 'ann.neighbour@corp.example, not@corp.example')).toBe('[email], not@corp.example')
  })

  it('is none where the conversation holds it in clear, whoever said it', () => {
    const [ann, bob] = [open('word', 'ses_ann'), open('word', 'ses_bob')]
    guard.screenInput(request('I am amy.neighbour@corp.example'), rule({}, 'pseudonym'), ann)
    guard.screenInput(request('amy.neighbour@corp.example', 'tool', 'crm'), rule({}, 'pass'), bob)
    expect(say2(bob, 'amy.neighbour@corp.example')).toBe('amy.neighbour@corp.example')
  })

  it('never crosses: a thousand sessions at once get their own words back, however the echo is cut', () => {
    const all = rule({}, 'pseudonym')
    const dice = createRandom(8)
    const sessions = Array.from({ length: 1000 }, (_, n) => {
      const vault = guard.openVault({ key: randomBytes(32), random: (size) => randomBytes(size), session: `ses_${n}` })
      const number = String(1_000_000 + n)
      const text = `I am canary${n}@corp.example, customer id: CUST-${number}, host db-${n}.prod.internal.`
      const echo = sent(guard.screenInput(request(text), all, vault).request)
      return { text, rest: echo, number, output: guard.openOutput(all, vault), heard: '' }
    })
    for (const session of sessions) {
      expect(session.rest).not.toContain(session.number)
      // The stand-ins of another session say nothing here.
      session.rest += ` ${sessions[0]?.rest.slice(0, 60)}`
    }
    // All streams are open, and a piece of each arrives in turn.
    for (let open = sessions.length; open > 0; )
      for (const session of sessions) {
        if (session.rest === '') continue
        const size = dice.int(1, 16)
        const deltas = session.output.push([say('text', session.rest.slice(0, size))])
        session.rest = session.rest.slice(size)
        if (session.rest === '') {
          deltas.push(...session.output.end())
          open--
        }
        session.heard += heard(deltas, 'text')
      }
    for (const [n, session] of sessions.entries()) {
      expect(session.heard.startsWith(session.text)).toBe(true)
      const others = session.heard.slice(session.text.length)
      if (n > 0) expect(others).not.toContain('canary0@')
      for (const [found] of session.heard.matchAll(/canary\d+@/g)) expect(found).toBe(`canary${n}@`)
    }
  })
})

describe('the vault', () => {
  it('survives being sealed, opens for its session and key only, and is gone when forgotten', () => {
    const vault = open()
    const name = sent(guard.screenInput(request('me@corp.example'), rule({}, 'pseudonym'), vault).request)
    const sealed = vault.seal()
    expect(Buffer.from(sealed).includes('corp.example')).toBe(false)
    const options = { key, random: (n: number) => randomBytes(n), sealed }
    expect(guard.openVault({ ...options, session: 'ses_1' }).find(name)?.value).toBe('me@corp.example')
    expect(() => guard.openVault({ ...options, session: 'ses_2' })).toThrow()
    expect(() => guard.openVault({ ...options, session: 'ses_1', key: new Uint8Array(32) })).toThrow()
    vault.forget()
    expect(vault.find(name)).toBeUndefined()
    expect(() => vault.seal()).toThrow()
  })
})
