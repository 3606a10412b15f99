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
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
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
  /** Seals the administrator's key that the CLI of the same user finds in the data folder. */
  readonly clientKey: Uint8Array
  /** Ed25519, signs checkpoints of the audit log. */
  readonly signingKey: KeyObject
  readonly verifyingKey: KeyObject
}

const MASTER_FILE = 'master.key'
const SIGNING_FILE = 'signing.pem'
const MASTER_BYTES = 32

/**
 * Reads the keys in `folder`, making them on first start. Nodes that share a PostgreSQL database need the same
 * `master.key`: copy it by hand, as secretly as it is kept.
 * @throws ConfigError if a file can be read by others or is not what it should be
 */
export function openKeyring(folder: string): Keyring {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const master = secretFile(join(folder, MASTER_FILE), () =>
    Buffer.from(`${randomBytes(MASTER_BYTES).toString('hex')}\n`),
  )
  const hex = master.toString('utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new ConfigError([`${join(folder, MASTER_FILE)} must hold 64 hexadecimal digits`])
  const pem = secretFile(join(folder, SIGNING_FILE), () =>
    Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
  )
  const signingKey = createPrivateKey(pem)
  if (signingKey.asymmetricKeyType !== 'ed25519')
    throw new ConfigError([`${join(folder, SIGNING_FILE)} must hold an Ed25519 private key`])
  const derive = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', Buffer.from(hex, 'hex'), '', `sallyport/${purpose}/v1`, 32))
  return {
    databaseKeyHex: Buffer.from(derive('database')).toString('hex'),
    pepper: { version: 1, bytes: derive('pepper') },
    contentKey: derive('content'),
    answerKey: derive('answers'),
    lookupKey: derive('lookup'),
    clientKey: derive('client'),
    signingKey,
    verifyingKey: createPublicKey(signingKey),
  }
}

/** Reads a secret file, or makes it: exclusively, mode 0600, on the disk before anything is encrypted under it. */
function secretFile(path: string, make: () => Buffer): Buffer {
  if (!existsSync(path)) {
    const handle = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      writeSync(handle, make())
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  }
  const mode = statSync(path).mode & 0o777
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new ConfigError([`${path} can be read by others (mode ${mode.toString(8)}): run chmod 600 ${path}`])
  return readFileSync(path)
}
