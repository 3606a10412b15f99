import { createPublicKey } from 'node:crypto'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nextSigningKey, openKeyring } from './index.ts'

const folder = () => join(mkdtempSync(join(tmpdir(), 'sallyport-keyring-')), 'data')

it('makes keys once, readable by the owner only, and finds the same ones again', () => {
  const at = folder()
  const first = openKeyring(at)
  const again = openKeyring(at)
  expect(again.databaseKeyHex).toBe(first.databaseKeyHex)
  expect(again.pepper.bytes).toEqual(first.pepper.bytes)
  expect(again.signingKey.equals(first.signingKey)).toBe(true)
  expect(statSync(join(at, 'master.key')).mode & 0o777).toBe(0o600)
  expect(statSync(at).mode & 0o777).toBe(0o700)
})

it('derives a different key for each purpose', () => {
  const ring = openKeyring(folder())
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const all = [ring.databaseKeyHex, hex(ring.pepper.bytes), hex(ring.contentKey), hex(ring.lookupKey)]
  expect(new Set(all).size).toBe(all.length)
})

it('refuses a master key that others can read', () => {
  const at = folder()
  openKeyring(at)
  chmodSync(join(at, 'master.key'), 0o644)
  expect(() => openKeyring(at)).toThrow(/chmod 600/)
})

it('replaces the signing key for good, and remembers how far each has signed', () => {
  const at = folder()
  const keys = [openKeyring(at).signingKey]
  for (const until of [400, 900]) {
    const next = nextSigningKey(at)
    expect(openKeyring(at).signingKey.equals(keys.at(-1) as (typeof keys)[0])).toBe(true) // not settled: nothing has changed
    next.settle(until)
    keys.push(next.key)
  }
  const ring = openKeyring(at)
  expect(ring.signingKey.equals(keys[2] as (typeof keys)[0])).toBe(true)
  expect(ring.retiredKeys.map(({ until }) => until)).toEqual([900, 400])
  const publicKeys = [keys[1], keys[0]].map((key) => createPublicKey(key as (typeof keys)[0]))
  expect(ring.retiredKeys.every(({ publicKey }, i) => publicKey.equals(publicKeys[i] as (typeof keys)[0]))).toBe(true)
  expect(statSync(join(at, 'signing.pem')).mode & 0o777).toBe(0o600)
})

it('goes on from a rotation that died in the middle, and never with a key that was retired', () => {
  const at = folder()
  openKeyring(at)
  copyFileSync(join(at, 'signing.pem'), join(at, 'kept'))
  const next = nextSigningKey(at)
  copyFileSync(join(at, 'signing.next.pem'), join(at, 'kept.next'))
  next.settle(7)
  copyFileSync(join(at, 'kept'), join(at, 'signing.pem'))
  expect(() => openKeyring(at)).toThrow(/was replaced/)
  copyFileSync(join(at, 'kept.next'), join(at, 'signing.next.pem'))
  chmodSync(join(at, 'signing.next.pem'), 0o600)
  expect(openKeyring(at).signingKey.equals(next.key)).toBe(true)
  rmSync(join(at, 'kept'))
  expect(openKeyring(at).signingKey.equals(next.key)).toBe(true)
  writeFileSync(join(at, 'signing.retired'), 'no line of ours\n')
  expect(() => openKeyring(at)).toThrow(/signing.retired/)
})
