import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault, type JsonObject, type ModelRequest, type Treatment } from '../core/index.ts'
import type { Ask, Question } from './ask.ts'
import { createPiecesDetector } from './detect/pieces.ts'
import { createSecretDetector } from './detect/secrets.ts'
import { createStructuredDetector } from './detect/structured.ts'
import type { Detector } from './detector.ts'
import { createGuard } from './guard.ts'
import { type Fields, type How, PARTS, REQUEST } from './request.ts'

const guard = createGuard({ detectors: [createStructuredDetector()] })
const random = (size: number) => randomBytes(size)
const vault = (session = 'ses_1') => guard.openVault({ key: randomBytes(32), random, session })
const always =
  (treatment: Treatment, seen: Question[] = []): Ask =>
  (question) => {
    seen.push(question)
    return { treatment, rules: ['r1'] }
  }
const chat = (text: string): ModelRequest => ({
  action: 'chat',
  model: 'm',
  messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
  inputs: [],
  params: {},
  stream: false,
})

const CANARY = 'zoe.canary@example.com'

/** One request per string position of the request type, with the canary there and nowhere else. */
function positions(): [string, ModelRequest][] {
  const found: [string, ModelRequest][] = []
  const walk = (fields: Fields, path: string[], build: (value: JsonObject) => JsonObject, basis: JsonObject) => {
    for (const [key, how] of Object.entries(fields)) {
      const put = (value: unknown) => build({ ...basis, [key]: value as JsonObject })
      const here = [...path, key]
      const add = (suffix: string, value: unknown) =>
        found.push([[...here, suffix].join('.'), put(value) as unknown as ModelRequest])
      place(how, here, put, add)
    }
  }
  const place = (
    how: How,
    path: string[],
    put: (value: unknown) => JsonObject,
    add: (suffix: string, value: unknown) => void,
  ) => {
    if (typeof how === 'object') {
      const variants: JsonObject[] =
        path.at(-1) === 'parts'
          ? Object.keys(PARTS).map((type) => ({ type }))
          : path.at(-1) === 'messages'
            ? ['system', 'user', 'assistant', 'tool'].map((role) => ({ role, parts: [] }))
            : [{}]
      for (const basis of variants)
        walk(
          how.of(basis),
          [...path, String(basis.type ?? basis.role ?? '')],
          (value) => put(how.many ? [value] : value),
          basis,
        )
    } else if (how === 'text' || how === 'id') add('', CANARY)
    else if (how === 'texts') add('0', ['plain', CANARY])
    else if (how === 'media') add('', `https://example.com/?q=${CANARY}`)
    else if (how === 'bytes') add('base64', Buffer.from(`Dear ${CANARY}`).toString('base64'))
    else if (how === 'choice') add('name', { name: CANARY })
    else if (how === 'json') {
      add('value', `{"a":{"b":["${CANARY}"]}}`)
      add('key', `{"${CANARY}":1}`)
      add('escaped', `{"a":"zoe\\u002ecanary@exampl\\u0065.com"}`)
      add('broken', `{"a": ${CANARY}`)
    } else if (how === 'object') {
      add('value', { a: { b: [CANARY] } })
      add('key', { [CANARY]: 1 })
    }
  }
  const basis = chat('hello') as unknown as JsonObject
  walk(REQUEST as Fields, [], (value) => value, basis)
  return found
}

/** Everything readable in a request, base64 and escapes opened. */
function readable(request: ModelRequest): string {
  const text = JSON.stringify(request)
  const decoded = text.replace(/[A-Za-z0-9+/]{16,}=*/g, (run) => `${run} ${Buffer.from(run, 'base64').toString()}`)
  return `${decoded} ${decoded.replace(/\\+u([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))}`
}

describe('a value planted in every string of a request', () => {
  const all = positions()
  it('reaches all of them', () => {
    expect(all.length).toBeGreaterThan(60)
  })
  it.each(['pseudonym', 'mask'] as const)('never arrives when the answer is %s', (treatment) => {
    for (const [where, request] of all) {
      expect(readable(request), where).toContain(CANARY)
      const { request: sent } = guard.screenInput(request, always(treatment), vault())
      expect(readable(sent), where).not.toContain(CANARY)
      expect(readable(sent), where).not.toContain('zoe')
    }
  })
  it('blocks from all of them, without saying the value', () => {
    for (const [where, request] of all) {
      let fault: unknown
      try {
        guard.screenInput(request, always('block'), vault())
      } catch (error) {
        fault = error
      }
      expect(fault, where).toBeInstanceOf(Fault)
      expect((fault as Fault).code).toBe('content_blocked')
      expect(JSON.stringify([(fault as Fault).message, (fault as Fault).data])).not.toContain('zoe')
    }
  })
  it('passes unchanged when the answer is pass, and the request is not even copied', () => {
    for (const [where, request] of all) {
      const { request: sent, report } = guard.screenInput(request, always('pass'), vault())
      expect(sent, where).toEqual(request)
      expect(report.bytesScanned).toBe(report.bytesForwarded)
    }
    const plain = chat('nothing here')
    expect(guard.screenInput(plain, always('pass'), vault()).request).toBe(plain)
  })
})

it('a file is read in the one form of base64 that everybody reads alike, or not at all', () => {
  for (const data of ['U2 FjcmV0', 'U2Fj\ncmV0', 'U2FjcmV_', 'U2Fj!cmV0', 'plain words'])
    expect(
      () =>
        guard.screenInput(
          { ...chat('x'), messages: [{ role: 'user', parts: [{ type: 'document', data }] }] },
          always('pass'),
          vault(),
        ),
      data,
    ).toThrow(Fault)
})

it('a file that is text is treated like one, and printed as it came', () => {
  const data = (text: string) => `data:text/plain;base64,${Buffer.from(text).toString('base64')}`
  const document = (text: string): ModelRequest => ({
    ...chat('x'),
    messages: [{ role: 'user', parts: [{ type: 'document', data: data(text) }] }],
  })
  const { request } = guard.screenInput(document('Ask zoe@example.com.'), always('mask'), vault())
  expect(request).toEqual(document('Ask [email].'))
})

describe('a value cut in two', () => {
  const both = createGuard({ detectors: [createStructuredDetector(), createSecretDetector()] })
  const say = (...texts: string[]): ModelRequest => ({
    ...chat(''),
    messages: texts.map((text, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', parts: [{ type: 'text', text }] })),
  })
  const parts = (...texts: string[]): ModelRequest => ({
    ...chat(''),
    messages: [{ role: 'user', parts: texts.map((text) => ({ type: 'text', text })) }],
  })
  const screened = (request: ModelRequest) => both.screenInput(request, always('mask'), vault())
  const textsOf = (request: ModelRequest) =>
    request.messages
      .filter(({ role }) => role === 'user')
      .flatMap((message) => message.parts.map((part) => (part.type === 'text' ? part.text : '')))

  it.each([
    'jane.doe@example.com',
    '4111111111111111',
    '4111 1111 1111 1111',
    'DE89370400440532013000',
    '123-45-6789',
    '192.168.17.205',
    'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
  ])('is found at every border: %s', (value) => {
    for (let at = 3; at < value.length - 3; at++) {
      const [first, second] = [value.slice(0, at), value.slice(at)]
      for (const request of [
        parts(`Take this: ${first}`, `${second} and go on.`),
        parts(`Take this: ${first}\n`, ` ${second} and go on.`),
        say(`Take this: ${first}`, 'Yes?', `${second} and go on.`),
      ]) {
        const { request: sent, report } = screened(request)
        const [one = '', other = ''] = textsOf(sent)
        const said = `${one.trimEnd()}${other.trimStart()}`
        expect(said, `${at}`).not.toContain(value)
        expect(said, `${at}`).toMatch(/^Take this: .*go on\.$/)
        expect(report.treated).toBeGreaterThan(0)
      }
    }
  })

  it.each([
    [
      ['my card starts 4111 1111', 'and the rest is 1111 1111'],
      ['my card starts [card]', 'and the rest is [card]'],
    ],
    [
      ['IBAN: DE89 3704 0044', 'second half: 0532 0130 00.'],
      ['IBAN: [iban]', 'second half: [iban].'],
    ],
    [
      ['key: ghp_a1B2c3D4e5F6g7H8i9.', 'The other half is J0k1L2m3N4o5P6q7R8'],
      ['key: [github-token].', 'The other half is [github-token]'],
    ],
  ])('is found with words between: %j', (texts, wanted) => {
    const pieces = createGuard({ detectors: [createPiecesDetector()] })
    for (const request of [parts(...texts), say(texts[0] ?? '', 'Yes?', texts[1] ?? '')])
      expect(textsOf(pieces.screenInput(request, always('mask'), vault()).request)).toEqual(wanted)
  })

  it('leaves alone what only stands beside a value', () => {
    const { request: sent } = screened(parts('This is the end', 'user@example.com is mine', 'and 4111 1111 1111 1111'))
    expect(textsOf(sent)).toEqual(['This is the end', '[email] is mine', 'and [card]'])
    const plain = parts('We sold 12', '4 of them were red.', 'In 2024.', 'jane said so')
    expect(screened(plain).request).toBe(plain)
  })

  it('is no number of which only a piece was read, no date, and nothing doubtful', () => {
    // What is read before the border begins in the middle of a longer number.
    const words = ' and so on, '.repeat(9)
    const before = `99994111111111111111${words.slice(0, 77)} 12`
    const after = `34 ${words.slice(0, 77)}41111111111111119999`
    for (const request of [
      parts(before, '34 of them'),
      parts('So 12', after),
      parts('We met on 12.0', '3.2024 times that day'),
    ])
      expect(screened(request).request).toBe(request)
    const doubtful: Detector = {
      name: 'doubtful',
      classes: ['personal/phone'],
      longest: 8,
      open: () => {
        let text = ''
        return {
          openFrom: 0,
          push(piece) {
            text += piece
            return []
          },
          end: () => {
            const start = text.indexOf('12345678')
            return start < 0 ? [] : [{ class: 'personal/phone', start, end: start + 8, confidence: 49 }]
          },
        }
      },
    }
    const halves = parts('It was 1234', '5678 or so')
    expect(createGuard({ detectors: [doubtful] }).screenInput(halves, always('mask'), vault()).request).toBe(halves)
  })

  it('does not read one speaker on in the other', () => {
    const request = say('Is it 123-45-', '6789 or so?')
    expect(screened(request).request).toBe(request)
  })
})

describe('a text that comes again', () => {
  const piece = fc.constantFrom(
    'Write to zoe@example.com',
    'card 4111 1111 1111 1111',
    ' and ',
    '\n',
    '{"email":"zoe@example.com"}',
    'a\u200bb',
    'x_y',
    'nothing of interest here at all, really',
  )
  it('is treated, counted and told as at the first time, by the next caller too', () => {
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const fresh = createGuard({ detectors: [createStructuredDetector()] })
        const [first, again] = [0, 1].map((turn) => {
          const seen: Question[] = []
          const { request, report, values } = fresh.screenInput(
            chat(pieces.join(' ')),
            always('mask', seen),
            vault(`ses_${turn}`),
          )
          return { request, report, values, seen }
        })
        expect(again).toEqual(first)
      }),
      { seed: 11, numRuns: 300 },
    )
  })
  it('is looked at anew by other words of the same length', () => {
    const treated = ['write to zoe@example.com now, please', 'write to zoe at example com, please!'].map(
      (text) => guard.screenInput(chat(text), always('mask'), vault()).report.treated,
    )
    expect(treated).toEqual([1, 0])
  })
})

describe('questions', () => {
  it('asks once per class, origin and field, with the count', () => {
    const seen: Question[] = []
    const request = chat('a@x.com b@x.com 4111 1111 1111 1111')
    request.messages.push({
      role: 'tool',
      toolName: 'crm',
      parts: [{ type: 'text', text: '[{"email":"c@x.com"},{"email":"d@x.com"}]' }],
    })
    guard.screenInput(request, always('pseudonym', seen), vault())
    expect(seen.map(({ class: c, count, origin, field }) => [c, count, origin, field])).toEqual([
      ['personal/email', 2, 'caller', 'messages.parts.text'],
      ['finance/card', 1, 'caller', 'messages.parts.text'],
      ['personal/email', 2, 'tool', 'email'],
    ])
  })
  it('asks with what was counted, however many other fields a client names', () => {
    const ask: Ask = ({ class: name, count }) => ({
      treatment: name === 'personal/email' && count >= 10 ? 'block' : 'pass',
      rules: [],
    })
    const mails = Array.from({ length: 10 }, (_, i) => `a${i}@x.com`).join(' ')
    for (const others of [0, 254, 255, 256, 300]) {
      const metadata = Object.fromEntries(Array.from({ length: others }, (_, i) => [`k${i}`, '192.168.1.7']))
      const request = { ...chat(mails), params: { metadata } }
      expect(() => guard.screenInput(request, ask, vault()), `${others}`).toThrow(
        expect.objectContaining({ code: 'content_blocked' }),
      )
    }
  })
  it('counts all of a class, under however many names a client sends it', () => {
    const ask: Ask = ({ class: name, count }) => ({
      treatment: name === 'personal/email' && count >= 10 ? 'block' : 'pass',
      rules: [],
    })
    const send = (count: number) => {
      const fields = Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, `a${i}@x.com`]))
      guard.screenInput(chat(JSON.stringify(fields)), ask, vault())
    }
    send(9)
    expect(() => send(10)).toThrow(expect.objectContaining({ code: 'content_blocked' }))
  })
  it('refuses a field nobody listed', () => {
    const request = { ...chat('x'), extra: 'zoe' } as unknown as ModelRequest
    expect(() => guard.screenInput(request, always('pass'), vault())).toThrow(Fault)
  })
})

describe('a text seen before', () => {
  it.each([
    `Write to ${CANARY} and tell ${CANARY} or bob@example.org about it.`,
    JSON.stringify({ mail: CANARY, rows: [{ note: `see ${CANARY}` }] }),
    `Nothing here. EMAIL_2345X and ${CANARY} stand side by side.`,
    'Nothing to find in here at all, in no words whatever.',
  ])('gives the same again, and nothing of it is kept: %s', (text) => {
    const again = createGuard({ detectors: [createStructuredDetector()] })
    const kept: unknown[] = []
    const { set } = again.screen.known
    again.screen.known.set = (kind, of, value) => {
      kept.push(kind, value)
      set(kind, of, value)
    }
    const screened = () => {
      const questions: Question[] = []
      const open = again.openVault({ key: new Uint8Array(32).fill(4), random, session: 'ses_1' })
      const { request, report, values } = again.screenInput(chat(text), always('pseudonym', questions), open)
      return { request, report, values, questions, vault: [...open.entries()] }
    }
    const first = screened()
    expect(screened()).toEqual(first)
    expect(JSON.stringify(kept)).not.toMatch(/zoe|canary|example|rows/i)
  })
})

describe('a detector that fails', () => {
  const broken = (how: Partial<ReturnType<Detector['open']>>): Detector => ({
    name: 'broken',
    classes: ['x'],
    longest: 1,
    open: () => ({ push: () => [], end: () => [], openFrom: 1e9, ...how }),
  })
  it.each([
    [
      'throws while reading',
      {
        push: () => {
          throw new Error('zoe')
        },
      },
    ],
    [
      'throws at the end',
      {
        end: () => {
          throw new Error('zoe')
        },
      },
    ],
    ['reports nonsense', { end: () => [{ class: 'x', start: 5, end: 1e6, confidence: 100 }] }],
    ['reports backwards', { end: () => [{ class: 'x', start: 5, end: 2, confidence: 100 }] }],
  ])('%s: no call', (_, how) => {
    const sick = createGuard({ detectors: [broken(how)] })
    const call = () => sick.screenInput(chat('hello there'), always('pass'), vault())
    expect(call).toThrow(Fault)
    expect(call).toThrow(/guard/i)
  })
})

it('a long request is screened in steps, with the result that it has at once', () => {
  const text = 'Write to jane.doe@example.com about 4111 1111 1111 1111. '.repeat(2000)
  const steps = guard.screenInputInSteps(chat(text), always('mask'), vault())
  let count = 0
  for (;;) {
    const { value, done } = steps.next()
    if (done) {
      expect(value).toEqual(guard.screenInput(chat(text), always('mask'), vault()))
      break
    }
    count++
  }
  expect(count).toBeGreaterThan(text.length / 8192)
})
