// What `up` leaves in the data folder for the CLI of the same user: where the gateway is, and the administrator's key of
// the first start, sealed under the master key of the same folder, so that no file holds a key in the clear.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openClientKey } from '../config/index.ts'

export const ADMIN_FILE = 'admin.json'
const NONCE_BYTES = 12
const TAG_BYTES = 16

interface Stored {
  readonly url?: unknown
  readonly sealedKey?: unknown
}

export interface AdminFile {
  readonly url: string | undefined
  readonly key: string | undefined
}

/** undefined if `up` did not write it, or if others could read or change it. */
export function readAdminFile(data: string): AdminFile | undefined {
  const stored = readStored(data)
  if (!stored) return undefined
  const { url, sealedKey } = stored
  return {
    url: typeof url === 'string' ? url : undefined,
    key: typeof sealedKey === 'string' && existsSync(join(data, 'master.key')) ? open(data, sealedKey) : undefined,
  }
}

/** Keeps the sealed key that is there when none is given. */
export function writeAdminFile(data: string, { url, key }: { url: string; key?: string | undefined }): void {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const sealedKey = key === undefined ? readStored(data)?.sealedKey : seal(data, key)
  const file = join(data, ADMIN_FILE)
  // Written beside and renamed: whoever reads it sees the old file or the new one, and never a wider mode.
  writeFileSync(`${file}.new`, `${JSON.stringify({ url, pid: process.pid, sealedKey })}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function readStored(data: string): Stored | undefined {
  const file = join(data, ADMIN_FILE)
  try {
    if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) return undefined
    return JSON.parse(readFileSync(file, 'utf8')) as Stored
  } catch {
    return undefined
  }
}

function seal(data: string, key: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', openClientKey(data), nonce)
  const body = Buffer.concat([cipher.update(key, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')
}

/** undefined if it was sealed under another master key, or changed. */
function open(data: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', openClientKey(data), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
