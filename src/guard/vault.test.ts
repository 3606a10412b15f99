// Bounds of a vault: how much one session hides, and when a numbered stand-in gives way to a word.
import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createClassTree } from './classes.ts'
import { createVault, type VaultOptions } from './vault.ts'

const email = createClassTree().get('personal/email')
const open = (options: Partial<VaultOptions> = {}) =>
  createVault({
    key: new Uint8Array(32).fill(7),
    random: (n) => randomBytes(n),
    session: 's',
    classes: [email],
    ...options,
  })

it('hides 50,000 values and no more; what it holds stays what it was', () => {
  const vault = open()
  const first = vault.hide(email, 'a0@x.example', 'caller')
  for (let i = 1; i < 50_000; i++) vault.hide(email, `a${i}@x.example`, 'caller')
  expect(() => vault.hide(email, 'one@more.example', 'caller')).toThrow(
    expect.objectContaining({ code: 'content_blocked' }),
  )
  expect(vault.size()).toBe(50_000)
  expect(vault.hide(email, 'a0@x.example', 'caller')).toBe(first)
})

it('numbers nine values of a kind, so that no number begins another', () => {
  const vault = open({ style: 'angle' })
  const names = Array.from({ length: 11 }, (_, i) => vault.hide(email, `a${i}@x.example`, 'caller'))
  expect(names.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `<EMAIL_${n}>`))
  for (const name of names.slice(9)) expect(name).toMatch(/^EMAIL_[\dA-Z]{5}$/)
})

it('takes no key of another length, opens no blob of another session or key, and hides nothing once forgotten', () => {
  const unavailable = expect.objectContaining({ code: 'guard_unavailable' })
  expect(() => open({ key: new Uint8Array(31) })).toThrow(unavailable)
  const vault = open()
  vault.hide(email, 'a@x.example', 'caller')
  const sealed = vault.seal()
  expect(open({ sealed }).size()).toBe(1)
  expect(() => open({ sealed, session: 't' })).toThrow(unavailable)
  expect(() => open({ sealed, key: new Uint8Array(32) })).toThrow(unavailable)
  vault.forget()
  expect(() => vault.hide(email, 'a@x.example', 'caller')).toThrow(unavailable)
  expect(() => vault.seal()).toThrow(unavailable)
})
