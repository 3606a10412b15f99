// C2SP signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature), Ed25519.
// Pure: text in, text out.
import { createPublicKey, hash as digest, type KeyObject, sign, verify } from 'node:crypto'
import { HASH_BYTES } from './merkle.ts'

/** Signature types: a log's own key, and a witness's key for timestamped cosignatures. */
const ED25519 = 0x01
const COSIGNATURE = 0x04

export interface NoteKey {
  readonly name: string
  /** First four bytes of the hash over name, type and key, as a number: tells keys of one name apart. */
  readonly id: number
  readonly kind: typeof ED25519 | typeof COSIGNATURE
  readonly publicKey: KeyObject
  /** Of a key that was replaced: most events that a checkpoint signed by it can cover. Undefined for a key in use. */
  readonly until?: number
}

const rawKey = (key: KeyObject): Buffer =>
  Buffer.from((createPublicKeyOf(key).export({ format: 'jwk' }).x as string) ?? '', 'base64url')
const createPublicKeyOf = (key: KeyObject): KeyObject => (key.type === 'public' ? key : createPublicKey(key))

function keyId(name: string, kind: number, raw: Uint8Array): number {
  const hash = digest('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([kind]), raw]), 'buffer')
  return hash.readUInt32BE(0)
}

/** The key of a log, or of a witness (`cosignature`). */
export function noteKey(name: string, key: KeyObject, use: 'log' | 'cosignature' = 'log'): NoteKey {
  const kind = use === 'log' ? ED25519 : COSIGNATURE
  return { name, kind, id: keyId(name, kind, rawKey(key)), publicKey: createPublicKeyOf(key) }
}

/** `name+hash+base64`, the text form in which verifier keys are handed out; `@until` behind it for one that was replaced. */
export function printKey(key: NoteKey): string {
  const raw = Buffer.concat([Buffer.from([key.kind]), rawKey(key.publicKey)])
  const end = key.until === undefined ? '' : `@${key.until}`
  return `${key.name}+${key.id.toString(16).padStart(8, '0')}+${raw.toString('base64')}${end}`
}

/** @throws Error if it is not a verifier key of a known kind, or its hash is not that of its parts */
export function parseKey(text: string): NoteKey {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)(?:@(0|[1-9][0-9]{0,15}))?$/.exec(text.trim())
  const [, name = '', hex = '', encoded = '', until] = match ?? []
  const raw = Buffer.from(encoded, 'base64')
  const kind = raw[0]
  if (raw.length !== 33 || (kind !== ED25519 && kind !== COSIGNATURE)) throw new Error('not an Ed25519 verifier key')
  const id = Number.parseInt(hex, 16)
  if (id !== keyId(name, kind, raw.subarray(1))) throw new Error('the hash in the verifier key does not fit it')
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') },
    format: 'jwk',
  })
  return { name, id, kind, publicKey, ...(until === undefined ? {} : { until: Number(until) }) }
}

export interface Note {
  /** With the newline that ends it; this is what is signed. */
  readonly text: string
  readonly signatures: readonly { readonly name: string; readonly id: number; readonly signature: Buffer }[]
}

/** @throws Error if it is not a signed note */
export function parseNote(message: string): Note {
  const split = message.lastIndexOf('\n\n')
  const lines = message.slice(split + 2)
  if (split < 0 || !lines.endsWith('\n')) throw new Error('not a signed note')
  const signatures = lines
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const match = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+=*)$/.exec(line)
      const bytes = Buffer.from(match?.[2] ?? '', 'base64')
      if (!match || bytes.length < 5) throw new Error('not a signed note')
      return { name: match[1] as string, id: bytes.readUInt32BE(0), signature: bytes.subarray(4) }
    })
  return { text: message.slice(0, split + 1), signatures }
}

export function signatureLine(key: NoteKey, signature: Buffer): string {
  const id = Buffer.alloc(4)
  id.writeUInt32BE(key.id)
  return `\u2014 ${key.name} ${Buffer.concat([id, signature]).toString('base64')}\n`
}

export function signNote(text: string, name: string, privateKey: KeyObject): string {
  return `${text}\n${signatureLine(noteKey(name, privateKey), sign(null, Buffer.from(text), privateKey))}`
}

/** Adds a signature to a note. */
export const countersign = (message: string, name: string, privateKey: KeyObject): string =>
  message + signatureLine(noteKey(name, privateKey), sign(null, Buffer.from(parseNote(message).text), privateKey))

/** What a witness signs: it saw this tree at that time, and no other of the same size. */
export const cosigned = (text: string, seconds: number): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)

/** The keys of the list that signed the note. A signature that claims a known key and is wrong voids the whole note. */
export function signersOf(note: Note, keys: readonly NoteKey[]): NoteKey[] {
  const signers: NoteKey[] = []
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.id === id)
    if (!key || signers.includes(key)) continue
    const valid =
      key.kind === ED25519
        ? verify(null, Buffer.from(note.text), key.publicKey, signature)
        : signature.length === 72 &&
          verify(null, cosigned(note.text, Number(signature.readBigUInt64BE(0))), key.publicKey, signature.subarray(8))
    if (!valid) return []
    signers.push(key)
  }
  return signers
}

/**
 * The keys whose signatures under a checkpoint count: one that was replaced speaks only for what there was until then, or
 * whoever has it could sign another history from there on.
 */
export const vouchersOf = (note: Note, size: number, keys: readonly NoteKey[]): NoteKey[] =>
  signersOf(note, keys).filter(({ until }) => until === undefined || size <= until)

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`

/** @throws Error if the text of the note is not a checkpoint */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = ''] = text.split('\n')
  const bytes = Buffer.from(root, 'base64')
  const valid = origin !== '' && /^(0|[1-9][0-9]{0,15})$/.test(size) && bytes.length === HASH_BYTES
  if (!valid || bytes.toString('base64') !== root) throw new Error('not a checkpoint')
  return { origin, size: Number(size), root: bytes }
}
