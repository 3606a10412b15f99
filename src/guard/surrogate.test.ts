import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelRequest, Treatment } from '../core/index.ts'
import { createStructuredDetector } from './detect/structured.ts'
import { detect } from './detector.ts'
import { createDetectors } from './detectors.ts'
import { createGuard } from './guard.ts'
import { SURROGATE_CLASSES, surrogate } from './surrogate.ts'

const guard = createGuard({ detectors: createDetectors(), surrogates: SURROGATE_CLASSES })
const random = (size: number) => randomBytes(size)
const open = (sealed?: Uint8Array, key = new Uint8Array(32).fill(7)) =>
  guard.openVault({ key, random, session: 'ses_1', ...(sealed === undefined ? {} : { sealed }) })
const always = (treatment: Treatment) => () => ({ treatment, rules: [] })
const chat = (text: string): ModelRequest => ({
  action: 'chat',
  model: 'm',
  messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
  inputs: [],
  params: {},
  stream: false,
})
const sentText = (request: ModelRequest) => {
  const part = request.messages[0]?.parts[0]
  return part?.type === 'text' ? part.text : ''
}

const VALUES: readonly (readonly [(typeof SURROGATE_CLASSES)[number], readonly string[]])[] = [
  ['personal/person', ['Jane Miller', 'Robert Johnson']],
  ['personal/email', ['jane.doe@acme.com', 'bob@mail.acme.co.uk']],
  ['personal/phone', ['+1 212-867-5309', '+44 20 7123 4567', '(415) 867-5309']],
  ['network/ip', ['10.20.30.40', 'fe80::1ff:fe23:4567:890a']],
  ['finance/card', ['4012 8888 8888 1881', '5105105105105100']],
  ['finance/iban', ['DE89 3704 0044 0532 0130 00', 'GB29NWBK60161331926819']],
]

describe.each(VALUES)('a stand-in for %s', (dataClass, values) => {
  it('is of the same class by its form, and of a range that nobody owns', () => {
    const detectors = dataClass === 'personal/person' ? createDetectors() : [createStructuredDetector()]
    for (const value of values)
      for (let draw = 0; draw < 200; draw++) {
        const made = surrogate(dataClass, value, createHash('sha256').update(`${draw}`).digest()) ?? ''
        expect(made).toMatch(
          {
            'personal/person': /^[A-Z][a-z]+ [A-Z][a-z]+$/,
            'personal/email': /^[a-z]+\.[a-z]+\d\d@example\.(?:org|com|net)$/,
            'personal/phone': /^(?:(?:\+1 )?\d{3}-555-01\d\d|\+44 (?:\d{3} 49[68] 0\d{3}|7700 900\d{3}))$/,
            'network/ip': /^(?:(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}|2001:db8:[0-9a-f:]+)$/,
            'finance/card': /^4242 ?42/,
            'finance/iban': /^GB\d\d ?TEST ?0000 ?00/,
          }[dataClass],
        )
        if (dataClass === 'personal/person') continue
        const found = detectors.flatMap((detector) => detect(detector, `See ${made}, please.`))
        expect(found, made).toContainEqual(
          expect.objectContaining({ class: dataClass, start: 4, end: 4 + made.length }),
        )
      }
  })
})

it('a name of one word is no word that a model says itself', () => {
  const said = new Set(
    'hollow mellow tallow wallow redden linden holland oakland melbourne belmont fairmont trenton norton walton stockton langley oakley ashley fairfield cornfield redwood lockwood norwood'.split(
      ' ',
    ),
  )
  for (let draw = 0; draw < 20_000; draw++) {
    const made = surrogate('personal/person', 'Miller', createHash('sha256').update(`${draw}`).digest()) ?? ''
    expect(said.has(made.toLowerCase()), made).toBe(false)
  }
})

const word = fc.constantFrom('and', 'write to', 'for', 'the card is', 'call', 'on', 'please', '\n', 'of', 'from')
const value = fc.constantFrom(...VALUES.flatMap(([, values]) => values))
const text = fc
  .array(fc.oneof(word, value), { minLength: 1, maxLength: 14 })
  .map((parts) => `Note: ${parts.join(', ')}.`)

describe('stand-ins that look real', () => {
  it('hide every value, and an echo of them comes back as it was written, however it is cut', () => {
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), fc.boolean(), (said, sizes, loud) => {
        const vault = open()
        const { request, values } = guard.screenInput(chat(said), always('pseudonym'), vault)
        const sent = sentText(request)
        for (const { value: hidden } of values) if (/\d/.test(hidden)) expect(sent).not.toContain(hidden)
        const output = guard.openOutput(always('pass'), vault)
        // Models change the case of what they repeat.
        const echo = loud
          ? sent.replace(/\b[a-z]+\.[a-z]+\d\d@example\.\w+/g, (address) => address.toUpperCase())
          : sent
        let back = ''
        const take = (deltas: ReturnType<typeof output.push>) => {
          for (const delta of deltas) if (delta.type === 'text') back += delta.text
        }
        for (let at = 0; at < echo.length; ) {
          const piece = echo.slice(at, at + (sizes.next().value as number))
          at += piece.length
          take(output.push([{ type: 'text', choice: 0, text: piece }]))
        }
        take(output.push([{ type: 'finish', choice: 0, reason: 'stop' }]))
        take(output.end())
        expect(back).toBe(said)
      }),
      { numRuns: 300 },
    )
  })

  it('are the same for the same value, in a vault that was put away too, and others in another session', () => {
    const vault = open()
    const hide = (of: typeof vault, mail: string) => of.hide(guard.tree.get('personal/email'), mail, 'caller')
    const first = hide(vault, 'jane@acme.com')
    expect(hide(vault, 'jane@acme.com')).toBe(first)
    const again = open(vault.seal())
    expect(hide(again, 'jane@acme.com')).toBe(first)
    expect(again.find(first.toUpperCase())?.value).toBe('jane@acme.com')
    expect(hide(open(undefined, new Uint8Array(32).fill(8)), 'jane@acme.com')).not.toBe(first)
  })

  it('never collide; a range that is used up gives words', () => {
    const vault = open()
    const made = new Set<string>()
    for (let i = 0; i < 1200; i++)
      made.add(vault.hide(guard.tree.get('network/ip'), `10.0.${i >> 8}.${i & 255}`, 'caller'))
    expect(made.size).toBe(1200)
    expect([...made].filter((name) => /^\d/.test(name)).length).toBeGreaterThan(600)
    expect([...made].filter((name) => name.startsWith('IP_')).length).toBeGreaterThan(400)
  })

  it('are not looked for any more when the session is forgotten', () => {
    const vault = open()
    const { request } = guard.screenInput(chat('write to Jane Miller'), always('pseudonym'), vault)
    const text = sentText(request)
    const found = () => vault.detectors().flatMap((detector) => detect(detector, text))
    expect(found().length).toBeGreaterThan(0)
    vault.forget()
    expect(found()).toEqual([])
  })

  it('are nothing that the text says itself', () => {
    const mail = 'jane@acme.com'
    const made = sentText(guard.screenInput(chat(`To ${mail}`), always('pseudonym'), open()).request).slice(3)
    const said = `To ${mail}, and not to ${made}.`
    const sent = sentText(guard.screenInput(chat(said), always('pass'), open()).request)
    expect(sent).toBe(said)
    const vault = open()
    const hidden = sentText(
      guard.screenInput(
        chat(said),
        ({ class: dataClass }) => ({ treatment: dataClass === 'personal/email' ? 'pseudonym' : 'pass', rules: [] }),
        vault,
      ).request,
    )
    expect(hidden).not.toContain(made)
    expect(vault.find(made)).toBeUndefined()
  })

  it('are treated as text when the caller writes one', () => {
    const vault = open()
    const made = vault.hide(guard.tree.get('personal/email'), 'jane@acme.com', 'caller')
    const sent = sentText(guard.screenInput(chat(`Is ${made} mine?`), always('pass'), vault).request)
    expect(sent).toMatch(/^Is TEXT_\w+ mine\?$/)
    const restore = guard.openRestore(vault)
    expect(restore.push(sent) + restore.end()).toBe(`Is ${made} mine?`)
  })
})
