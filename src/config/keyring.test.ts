import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dropNextKey, nextSigningKey, openClientKey, openKeyring } from './index.ts'

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

it.skipIf(process.platform === 'win32')('neither shuts nor fills a folder that is used for something else', () => {
  const at = folder()
  mkdirSync(at)
  chmodSync(at, 0o755)
  writeFileSync(join(at, 'notes.txt'), 'mine')
  const { TMPDIR } = process.env
  process.env.TMPDIR = at // one of the folders that everything uses, as the home and where one is
  try {
    expect(() => openKeyring(at)).toThrow(/holds files of something else/)
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
  expect(statSync(at).mode & 0o777).toBe(0o755)
  expect(existsSync(join(at, 'master.key'))).toBe(false)
  openKeyring(at) // settings may lie beside
  chmodSync(at, 0o755)
  openKeyring(at) // its own folder, opened by mistake, is closed again
  expect(statSync(at).mode & 0o777).toBe(0o700)
})

it.skipIf(process.getuid?.() !== 0)(
  'refuses a folder and a key of another user, before it makes or takes a key',
  () => {
    const theirs = folder()
    mkdirSync(theirs, { recursive: true, mode: 0o777 })
    chownSync(theirs, 12_345, 12_345)
    expect(() => openKeyring(theirs)).toThrow(/another user \(12345\)/)
    expect(existsSync(join(theirs, 'master.key'))).toBe(false)
    for (const name of ['master.key', 'signing.pem']) {
      const at = folder()
      openKeyring(at)
      chownSync(join(at, name), 12_345, 12_345)
      expect(() => openKeyring(at), name).toThrow(/another user/)
    }
  },
)

it('says of a key that is empty what to do, and makes none in its place', () => {
  for (const name of ['master.key', 'signing.pem']) {
    const at = folder()
    openKeyring(at)
    writeFileSync(join(at, name), '')
    expect(() => openKeyring(at), name).toThrow(/is empty: put it back/)
    expect(statSync(join(at, name)).size).toBe(0)
  }
})

// A limit on the size of files is to a write what a full disk is.
it.skipIf(process.platform === 'win32')(
  'leaves no part of a key behind when the disk is full, and starts when there is room',
  () => {
    const at = folder()
    const script = `import { openKeyring } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}; openKeyring(${JSON.stringify(at)})`
    const start = (limit: string) =>
      spawnSync('sh', ['-c', `${limit} exec "$0" --input-type=module -e "$1"`, process.execPath, script], {
        encoding: 'utf8',
      })
    expect(start("trap '' XFSZ; ulimit -f 0;").stderr).toContain('EFBIG')
    expect(readdirSync(at)).toEqual([])
    expect(start('').status).toBe(0)
  },
)

it.skipIf(process.platform === 'win32')('looks at the file behind a link, and at nothing that is no file', () => {
  const at = folder()
  const { databaseKeyHex } = openKeyring(at)
  const key = join(at, 'master.key')
  const away = join(at, '..', 'kept.key')
  renameSync(key, away)
  symlinkSync(away, key)
  expect(openKeyring(at).databaseKeyHex).toBe(databaseKeyHex) // as secrets are mounted
  chmodSync(away, 0o644)
  expect(() => openKeyring(at)).toThrow(/can be read by others/)
  rmSync(key)
  symlinkSync(join(at, 'nowhere'), key)
  expect(() => openKeyring(at)).toThrow()
  expect(existsSync(join(at, 'nowhere'))).toBe(false)
  rmSync(key)
  mkdirSync(key, { mode: 0o700 })
  expect(() => openKeyring(at)).toThrow(/must be a file/)
  rmSync(key, { recursive: true })
  spawnSync('sh', ['-c', 'mkfifo -m 600 "$0"', key])
  expect(() => openKeyring(at)).toThrow(/must be a file/)
})

it('replaces the signing key for good, and remembers how far each has signed', () => {
  const at = folder()
  const keys = [openKeyring(at).signingKey]
  for (const until of [400, 900]) {
    nextSigningKey(at) // and the process dies: nothing has changed, and no key is left that nobody uses
    const { signingKey, unfinished } = openKeyring(at)
    expect([signingKey.equals(keys.at(-1) as (typeof keys)[0]), unfinished]).toEqual([true, true])
    dropNextKey(at)
    expect(readdirSync(at).filter((name) => name.includes('next'))).toEqual([])
    const next = nextSigningKey(at)
    openClientKey(at) // a command beside it changes nothing
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
