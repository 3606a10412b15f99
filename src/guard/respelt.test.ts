// Stand-ins in other spellings: turned back for the one they are from, in streams as in whole texts, and nothing else is.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Delta, ModelRequest, Treatment } from '../core/index.ts'
import type { Ask } from './ask.ts'
import { createStructuredDetector } from './detect/structured.ts'
import { createGuard } from './guard.ts'
import { createRespelt } from './respelt.ts'
import type { Vault } from './vault.ts'

const guard = createGuard({ detectors: [createStructuredDetector()] })
const all: Ask = ({ origin }) => ({ treatment: (origin === 'model' ? 'pass' : 'pseudonym') as Treatment, rules: [] })
const open = (fill = 7, sealed?: Uint8Array) =>
  guard.openVault({
    key: new Uint8Array(32).fill(fill),
    random: (size) => randomBytes(size),
    session: 'ses_1',
    ...(sealed === undefined ? {} : { sealed }),
  })
const hide = (vault: Vault, text: string, role: 'user' | 'tool' | 'system' = 'user') => {
  const message =
    role === 'tool'
      ? { role, toolCallId: 'c', toolName: 'crm', parts: [{ type: 'text' as const, text }] }
      : { role, parts: [{ type: 'text' as const, text }] }
  const request: ModelRequest = {
    action: 'chat',
    model: 'm',
    messages: [message],
    inputs: [],
    params: {},
    stream: false,
  }
  const part = guard.screenInput(request, all, vault).request.messages[0]?.parts[0]
  return part?.type === 'text' ? part.text : ''
}
function heard(vault: Vault, pieces: readonly string[]): string {
  const output = guard.openOutput(all, vault)
  const deltas: Delta[] = pieces.flatMap((text) => output.push([{ type: 'text', choice: 0, text }]))
  return [...deltas, ...output.end()].map((delta) => (delta.type === 'text' ? delta.text : '')).join('')
}

const VALUE = 'me@corp.example'
const spellings = (name: string) => {
  const [kind = '', body = ''] = name.split('_')
  const small = name.toLowerCase()
  return [
    `${kind} ${body}`,
    `${kind}-${body}`,
    `${kind}\u2011${body}`,
    `${kind}: ${body}`,
    `${kind}${body}`,
    small,
    `${kind.toLowerCase()}_${body}`,
    `${kind}\n${body}`,
    `${kind}_\n${body}`,
    `${kind}_${body.slice(0, 2)}\n  ${body.slice(2)}`,
    `${kind}_${body.slice(0, 2)}-\n> ${body.slice(2)}`,
    `${kind}**_${body}`,
    `${kind}_**${body}`,
    `${kind}\\_\`${body}`,
    `${kind}_${body.slice(0, 3)}**${body.slice(3)}`,
    `${kind}_${[...body].join(' ')}`,
    `${kind}__${body}`,
  ]
}

describe('a stand-in spelt otherwise', () => {
  it('is turned back for the one it is from, however the answer is cut', () => {
    const vault = open()
    const name = hide(vault, VALUE)
    for (const said of spellings(name)) {
      const text = `To ${said}, and (${said}) or ${said}.`
      const back = `To ${VALUE}, and (${VALUE}) or ${VALUE}.`
      expect(heard(vault, [text]), said).toBe(back)
      expect(heard(vault, [...text]), said).toBe(back)
      for (let cut = 1; cut < text.length / 2; cut++)
        expect(heard(vault, [text.slice(0, cut), text.slice(cut)]), `${said} ${cut}`).toBe(back)
    }
  })

  it('is known again in a session that was put away, and to nobody once it is forgotten', () => {
    const vault = open()
    const said = hide(vault, VALUE).replace('_', ' ')
    expect(heard(open(7, vault.seal()), [said])).toBe(VALUE)
    vault.forget()
    expect(vault.find(said)).toBeUndefined()
  })

  it('is never turned back for another session, from system text, or from a tool that the caller may not hear', () => {
    const vault = open()
    hide(vault, 'you@corp.example')
    const [foreign, system, tool] = [
      hide(open(9), VALUE),
      hide(vault, 'admin@corp.example', 'system'),
      hide(vault, 'cust@corp.example', 'tool'),
    ]
    for (const name of [foreign, system, tool])
      for (const said of spellings(name)) expect(heard(vault, [`To ${said}.`]), said).toBe(`To ${said}.`)
  })

  it('is all of its letters and no others', () => {
    const vault = open()
    const name = hide(vault, VALUE)
    const [kind = '', body = ''] = name.split('_')
    for (const said of [
      `${kind} ${body.slice(1)}`,
      `${kind} ${body.slice(0, 4)}`,
      `${kind} x${body}`,
      `${kind} ${body}x`,
      `x${kind} ${body}`,
      `é${kind} ${body}`,
      `${kind} of ${body}`,
      `${kind}, ${body}`,
      `${kind}     ${body}`,
      `${[...kind].join(' ')} ${body}`,
      `${kind} ${body.slice(0, 2)}, ${body.slice(2)}`,
      `MAIL ${body}`,
      `${kind}\n\n\n\n\n${body}`,
      `${kind} ${body}sx`,
    ])
      expect(heard(vault, [said]), said).toBe(said)
    expect(heard(vault, [`${kind} ${body}s`])).toBe(`${VALUE}s`)
  })

  it('is no word of a language', () => {
    const respelt = createRespelt()
    respelt.add('PERSON_WHERE')
    const count = (text: string) => {
      const stream = respelt.detector().open()
      return [...stream.push(text), ...stream.end()].length
    }
    expect(['person where', 'Person-Where', 'person: where'].map(count)).toEqual([0, 0, 0])
    expect(['PERSON WHERE', 'person _where', 'PERSON\nWHERE'].map(count)).toEqual([1, 1, 1])
  })

  it('keeps JSON whole', () => {
    const vault = open()
    const name = hide(vault, '{"last_name":"O\\"Neil \\\\ Söns"}').slice(14, -2)
    const back = heard(vault, [JSON.stringify({ a: `to ${name.replace('_', '\n')}`, b: [name.replace('_', ' ')] })])
    expect(JSON.parse(back)).toEqual({ a: 'to O"Neil \\ Söns', b: ['O"Neil \\ Söns'] })
    // What only looks like a stand-in comes back as it was written.
    const written = JSON.stringify({ a: 'EMAIL\\_R7FZS' })
    const hidden = hide(vault, written)
    expect(hidden).not.toContain('R7FZS')
    expect(heard(vault, [hidden])).toBe(written)
  })

  it('holds no more than what may still become one', () => {
    const vault = open()
    const name = hide(vault, VALUE)
    const stream = vault.respelt().open()
    const held = (text: string) => {
      stream.push(text)
      return stream.openFrom
    }
    expect(held('write to the email ')).toBe(13)
    expect(held('or ')).toBe(22)
    expect(held(`${name.slice(0, -1)}`)).toBe(22)
    expect(held(' and so on')).toBe(22 + name.length + 9)
  })

  it('comes the same in one piece and in many', () => {
    const vault = open()
    const names = [hide(vault, VALUE), hide(vault, 'you@corp.example'), hide(vault, '4111 1111 1111 1111')]
    const part = fc.constantFrom(
      ...names.flatMap(spellings),
      ...names,
      ' ',
      '\n',
      '_',
      'email',
      'EMAIL ',
      's',
      'x',
      '*',
    )
    const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (whole, cuts) => {
        const pieces: string[] = []
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = cuts[i % cuts.length] ?? 1
          pieces.push(whole.slice(at, at + size))
          at += size
        }
        expect(heard(vault, pieces)).toBe(heard(vault, [whole]))
      }),
      { seed: 5, numRuns: 100 },
    )
  })
})
