// The secrets of an installation: one random master key and one signing key, in files only their owner can read. All other
// keys are derived from the master (HKDF-SHA-256, RFC 5869), one per purpose, so that none can stand in for another.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'
import { ConfigError } from './load.ts'

export interface Keyring {
  /** Page cipher of the embedded database, 32 bytes as hex. */
  readonly databaseKeyHex: string
  /** HMAC key under which API keys are stored; `version` is kept beside each hash. */
  readonly pepper: { readonly version: number; readonly bytes: Uint8Array }
  /** Wraps the keys that seal recorded content and session vaults. */
  readonly contentKey: Uint8Array
  /** Seals answers that callers have stored. */
  readonly answerKey: Uint8Array
  /** HMAC key for searchable pseudonyms of values in the log. */
  readonly lookupKey: Uint8Array
  /** Ed25519, signs checkpoints of the audit log. */
  readonly signingKey: KeyObject
  readonly verifyingKey: KeyObject
  /** Public halves of the signing keys before it, newest first, and over how many events each has signed at most. */
  readonly retiredKeys: readonly { readonly publicKey: KeyObject; readonly until: number }[]
  /** Whether a process died that was about to replace the signing key, and had not. */
  readonly unfinished: boolean
}

const MASTER_FILE = 'master.key'
const SIGNING_FILE = 'signing.pem'
const NEXT_FILE = 'signing.next.pem'
/** One line per key, newest first: number of events, public key (SPKI, base64). */
const RETIRED_FILE = 'signing.retired'
const MASTER_BYTES = 32

type Derive = (purpose: string) => Uint8Array

/** @throws ConfigError if a file can be read by others, is somebody else's, or is not what it should be */
function openMaster(folder: string): Derive {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  demandOwner(folder, statSync(folder))
  demandOwnUse(folder)
  chmodSync(folder, 0o700)
  const master = secretFile(join(folder, MASTER_FILE), () =>
    Buffer.from(`${randomBytes(MASTER_BYTES).toString('hex')}\n`),
  )
  const hex = master.toString('utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new ConfigError([`${join(folder, MASTER_FILE)} must hold 64 hexadecimal digits`])
  return (purpose) => new Uint8Array(hkdfSync('sha256', Buffer.from(hex, 'hex'), '', `sallyport/${purpose}/v1`, 32))
}

/** Seals the administrator's key that the CLI of the same user finds in the data folder. */
export const openClientKey = (folder: string): Uint8Array => openMaster(folder)('client')

/**
 * Reads the keys in `folder`, making them on first start; for the gateway that works on it, since it puts right what a dead one has
 * left. Nodes that share a PostgreSQL database need the same `master.key`: copy it by hand, as secretly as it is kept.
 * @throws ConfigError as `openMaster`
 */
export function openKeyring(folder: string): Keyring {
  const derive = openMaster(folder)
  const retiredKeys = readRetired(folder)
  let signingKey = createPrivateKey(secretFile(join(folder, SIGNING_FILE), makeSigningKey))
  if (retiredKeys.some(({ publicKey }) => publicKey.equals(createPublicKey(signingKey)))) {
    // Died between the two steps of a rotation: the second one is left to do. A retired key never signs again.
    if (!existsSync(join(folder, NEXT_FILE)))
      throw new ConfigError([`${join(folder, SIGNING_FILE)} was replaced, and the key that follows it is not there`])
    signingKey = createPrivateKey(secretFile(join(folder, NEXT_FILE), makeSigningKey))
    renameSync(join(folder, NEXT_FILE), join(folder, SIGNING_FILE))
  }
  if (signingKey.asymmetricKeyType !== 'ed25519')
    throw new ConfigError([`${join(folder, SIGNING_FILE)} must hold an Ed25519 private key`])
  return {
    databaseKeyHex: Buffer.from(derive('database')).toString('hex'),
    pepper: { version: 1, bytes: derive('pepper') },
    contentKey: derive('content'),
    answerKey: derive('answers'),
    lookupKey: derive('lookup'),
    signingKey,
    verifyingKey: createPublicKey(signingKey),
    retiredKeys,
    unfinished: existsSync(join(folder, NEXT_FILE)),
  }
}

/** Removes what a rotation that died before its first step has left: nothing has changed, and no key lies about that nobody uses. */
export const dropNextKey = (folder: string): void => rmSync(join(folder, NEXT_FILE), { force: true })

/** `--data .` or a home: what is used for something else as well is not shut in passing, nor are keys put among its files. */
function demandOwnUse(folder: string): void {
  if (process.platform === 'win32' || (statSync(folder).mode & 0o077) === 0) return
  if (existsSync(join(folder, MASTER_FILE)) || readdirSync(folder).length === 0) return
  const real = realpathSync(folder)
  const common = [process.cwd(), homedir(), tmpdir(), parse(real).root]
  if (!common.some((path) => existsSync(path) && realpathSync(path) === real)) return
  throw new ConfigError([
    `${folder} holds files of something else, and others can enter it: name a folder for Sallyport alone as \`data\`, or close it with chmod go-rwx ${folder}`,
  ])
}

const makeSigningKey = (): Buffer =>
  Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** @throws ConfigError if a line is not what `settle` writes: without it a retired key could come back unseen */
function readRetired(folder: string): Keyring['retiredKeys'] {
  const path = join(folder, RETIRED_FILE)
  if (!existsSync(path)) return []
  const text = readFileSync(path, 'utf8').trim()
  if (text === '') return []
  return text.split('\n').map((line) => {
    const [, until = '', key = ''] = /^(\d{1,16}) ([A-Za-z0-9+/=]+)$/.exec(line) ?? []
    if (key === '') throw new ConfigError([`${path} has a line that is not a number of events and a public key`])
    return {
      until: Number(until),
      publicKey: createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' }),
    }
  })
}

/**
 * Makes the signing key that follows, beside the one in use. `settle` writes down that the old one ended, then puts the new
 * one in its place, in which the old one is destroyed; a process that dies in between is put right by the next `openKeyring`.
 */
export function nextSigningKey(folder: string): { readonly key: KeyObject; settle(until: number): void } {
  dropNextKey(folder)
  const key = createPrivateKey(secretFile(join(folder, NEXT_FILE), makeSigningKey))
  return {
    key,
    settle(until) {
      const path = join(folder, RETIRED_FILE)
      const old = createPublicKey(createPrivateKey(readFileSync(join(folder, SIGNING_FILE))))
      const line = `${until} ${old.export({ type: 'spki', format: 'der' }).toString('base64')}\n`
      const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
      replaceFile(folder, path, line + before)
      try {
        renameSync(join(folder, NEXT_FILE), join(folder, SIGNING_FILE))
      } catch (error) {
        replaceFile(folder, path, before) // the old key goes on
        throw error
      }
      syncFolder(folder)
    },
  }
}

function replaceFile(folder: string, path: string, text: string): void {
  const handle = openSync(`${path}.next`, 'w', 0o600)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.next`, path)
  syncFolder(folder)
}

/** A rename has reached the disk when its folder has. Windows cannot open one. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Makes a secret file: exclusively, mode 0600, whole or not at all, on the disk before anything is encrypted under it. */
function makeSecret(path: string, secret: Buffer): void {
  const handle = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    writeFileSync(handle, secret)
    fsyncSync(handle)
  } catch (error) {
    rmSync(path) // as on a full disk: half a key would stand in the way of the next start
    throw error
  } finally {
    closeSync(handle)
  }
  syncFolder(dirname(path))
}

/** Reads a secret file, or makes it. */
function secretFile(path: string, make: () => Buffer): Buffer {
  if (!existsSync(path)) makeSecret(path, make())
  // What is looked at is what is read, and a pipe in its place does not hold the start up.
  const handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const found = fstatSync(handle)
    if (!found.isFile()) throw new ConfigError([`${path} must be a file`])
    demandOwner(path, found)
    const mode = found.mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new ConfigError([`${path} can be read by others (mode ${mode.toString(8)}): run chmod 600 ${path}`])
    const secret = readFileSync(handle)
    if (secret.length === 0)
      throw new ConfigError([
        `${path} is empty: put it back from a backup; if this is a first start that was broken off before, remove it and start again`,
      ])
    return secret
  } finally {
    closeSync(handle)
  }
}

/** Whoever owns a folder can exchange what is in it, and knows a key that they made: whatever its mode, also before root. */
function demandOwner(path: string, { uid }: Stats): void {
  const own = process.getuid?.()
  if (own === undefined || uid === own || uid === 0) return
  throw new ConfigError([`${path} belongs to another user (${uid}): run as that user, or give it to this one (${own})`])
}
