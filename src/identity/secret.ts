// The text of a key: `spk_<12 id>_<43 secret><6 crc>`, base62. The CRC rejects typos and noise before anything is looked
// up, and lets leak scanners tell a key from a lookalike. The secret has 256 bits, so the stored form needs no slow hash:
// HMAC-SHA256 of the whole key under a pepper that is not in the database.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Fault, type RandomBytes } from '../core/index.ts'

/** spk: key · spt: short-lived token · sps: directory sync · spa: one-time administrator link */
export const KEY_PREFIXES = ['spk', 'spt', 'sps', 'spa'] as const
export type KeyPrefix = (typeof KEY_PREFIXES)[number]

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
const SECRET_LENGTH = 43
const CRC_LENGTH = 6
const ID_START = 4
const SECRET_START = ID_START + ID_LENGTH + 1
const CRC_START = SECRET_START + SECRET_LENGTH
export const KEY_LENGTH = CRC_START + CRC_LENGTH

/** One key somewhere in a text. The CRC decides whether it is one. */
export const KEY_PATTERN = /\bsp[ktsa]_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b/g
const WHOLE = /^sp[ktsa]_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/

/** `length` base62 characters, each equally likely: bytes of 248 and more are drawn again. */
export function randomText(random: RandomBytes, length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of random(length + 16)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62]
    }
  return text
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let i = 0; i < CRC_LENGTH; i++) {
    digits = ALPHABET[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

export function newKeyText(prefix: KeyPrefix, random: RandomBytes): { id: string; text: string } {
  const id = randomText(random, ID_LENGTH)
  const body = `${prefix}_${id}_${randomText(random, SECRET_LENGTH)}`
  return { id, text: body + checksum(body) }
}

/** The id inside a text that has the shape and checksum of a key; undefined for everything else. */
export function keyIdOf(text: string): string | undefined {
  if (text.length !== KEY_LENGTH || !WHOLE.test(text)) return undefined
  if (checksum(text.slice(0, CRC_START)) !== text.slice(CRC_START)) return undefined
  return text.slice(ID_START, ID_START + ID_LENGTH)
}

/** Also where letters stand close by, as in an address: of what looks like a key the CRC says whether it is one. */
const WITHIN = /sp[ktsa]_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/g

/**
 * A text that may be written down: of a whole key in it, which somebody put in a wrong place, the secret is left away. A text that is
 * nothing but a key becomes its id, by which keys are told apart everywhere.
 */
export function withoutSecrets(text: string): string {
  if (text.length < KEY_LENGTH) return text
  return keyIdOf(text) ?? text.replace(WITHIN, (key) => (keyIdOf(key) ? `${key.slice(0, SECRET_START)}…` : key))
}

export const prefixOf = (text: string): string => text.slice(0, 3)
export const lastFourOf = (text: string): string => text.slice(-4)

/** Versioned peppers, each 32 bytes or more. New hashes use `current`; older versions still verify. */
export interface Peppers {
  readonly current: number
  readonly values: ReadonlyMap<number, Uint8Array>
}

export interface KeyHasher {
  readonly current: number
  /** undefined if this pepper version is not known here. */
  hash(text: string, version: number): Buffer | undefined
}

/** @throws Fault `internal` if the current pepper is missing or a pepper is shorter than 32 bytes: nothing would be safe. */
export function createKeyHasher(peppers: Peppers): KeyHasher {
  const keys = new Map<number, KeyObject>()
  for (const [version, value] of peppers.values) {
    if (value.length < 32)
      throw new Fault('internal', { cause: new Error(`pepper ${version} has fewer than 32 bytes`) })
    keys.set(version, createSecretKey(value))
  }
  if (!keys.has(peppers.current)) throw new Fault('internal', { cause: new Error('the current pepper is missing') })
  return {
    current: peppers.current,
    hash(text, version) {
      const key = keys.get(version)
      return key && createHmac('sha256', key).update(text).digest()
    },
  }
}
