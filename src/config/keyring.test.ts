import { chmodSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openKeyring } from './index.ts'

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
