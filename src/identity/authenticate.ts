// Who is calling. Exactly one credential, from the headers alone; synchronous and from memory, because it stands in front
// of every call. A check that fails throws: there is no path from a failed check to an identity.
import { timingSafeEqual } from 'node:crypto'
import { type Caller, type Clock, Fault } from '../core/index.ts'
import type { Directory } from './directory.ts'
import type { HeldKey } from './key.ts'
import type { LastUse } from './last-use.ts'
import { type KeyHasher, keyIdOf, prefixOf, withoutSecrets } from './secret.ts'

export interface Presented {
  /** Names and values in turn, as Node's `rawHeaders`: nothing merged, nothing dropped. */
  readonly headers: readonly string[]
  /** Remote address as the socket saw it. */
  readonly address: string
}

/** @throws Fault 400 `conflicting_credentials`, 401 `invalid_api_key` and its kin, 403 `access_denied` */
export type Authenticate = (request: Presented) => Caller

/** What browsers are told of web origins. Of an origin that no key names they are told nothing. */
export interface Origins {
  /** Whether a key that works now names this origin: asked before a call, when no key has been sent. */
  isNamed(origin: string): boolean
  /** The origin of this request, if the key that it proves names it. */
  readableAt(request: Pick<Presented, 'headers'>): string | undefined
}

export interface AuthenticateDeps {
  directory: Pick<Directory, 'key' | 'standing' | 'keysFor'>
  hasher: KeyHasher
  lastUse: Pick<LastUse, 'note' | 'rehash'>
  clock: Pick<Clock, 'now'>
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="sallyport"' }

/** One answer for missing, unknown and wrong: what differs would tell a stranger which key ids exist. */
const invalid = () =>
  new Fault('invalid_api_key', {
    detail: 'A valid key is needed, as "Authorization: Bearer <key>" or "x-api-key: <key>".',
    data: { headers: CHALLENGE },
  })

const proven = (code: 'key_expired' | 'key_revoked' | 'key_suspended', detail: string) =>
  new Fault(code, { detail, data: { headers: CHALLENGE } })

/** Why this key, proven, is not good now; undefined if it is. Also asked again for calls that are running. */
export function keyFault(
  key: HeldKey,
  directory: Pick<Directory, 'standing'>,
  clock: Pick<Clock, 'now'>,
): Fault | undefined {
  if (key.state === 'revoked') return proven('key_revoked', 'This key has been revoked.')
  if (key.state === 'suspended') return proven('key_suspended', 'This key is suspended.')
  if (clock.now() >= key.endsAt) return proven('key_expired', 'This key has expired.')
  const standing = directory.standing(key.owner)
  if (standing === 'suspended') return proven('key_suspended', 'The owner of this key is suspended.')
  if (standing === 'unknown') return proven('key_revoked', 'The owner of this key is gone.')
  return undefined
}

const MAX_CLIENT = 128

export function createAuthenticate(deps: AuthenticateDeps): { authenticate: Authenticate; origins: Origins } {
  const { directory, hasher, lastUse, clock } = deps
  // Compared with when the id is unknown, so that an unknown id costs what a wrong secret costs.
  const nobody = Buffer.alloc(32)

  /** The key whose secret was presented, whatever its state. */
  const prove = (token: string | undefined): { key: HeldKey; token: string } => {
    if (token === undefined) throw invalid()
    const id = keyIdOf(token)
    if (id === undefined || prefixOf(token) !== 'spk') throw invalid()
    const key = directory.key(id)
    const version = key?.pepperVersion ?? hasher.current
    const hash = hasher.hash(token, version) ?? hasher.hash(token, hasher.current)
    if (!hash) throw invalid()
    const equal = timingSafeEqual(hash, key?.hash ?? nobody)
    if (!key || !equal) throw invalid()
    return { key, token }
  }

  const origins: Origins = {
    isNamed(origin) {
      for (const key of directory.keysFor(origin)) if (!keyFault(key, directory, clock)) return true
      return false
    },
    readableAt({ headers }) {
      try {
        const { token, origin } = readHeaders(headers)
        const { key } = prove(token)
        return origin !== undefined && key.origins?.includes(origin) ? origin : undefined
      } catch {
        return undefined // why is said by `authenticate`
      }
    },
  }

  const authenticate: Authenticate = ({ headers, address }) => {
    const { token: presented, client, origin } = readHeaders(headers)
    const { key, token } = prove(presented)
    const fault = keyFault(key, directory, clock)
    if (fault) throw fault
    if (key.networks && !key.networks.includes(address))
      throw new Fault('access_denied', { detail: 'This key may not be used from this network.' })
    if (key.origins && (origin === undefined || !key.origins.includes(origin)))
      throw new Fault('access_denied', { detail: 'This key may not be used from this web origin.' })

    lastUse.note(key.id, address, client)
    if (key.pepperVersion !== hasher.current) {
      const current = hasher.hash(token, hasher.current)
      if (current) lastUse.rehash(key.id, key.pepperVersion, { hash: current, version: hasher.current })
    }
    return { principal: key.owner, credential: key.credential, address, ...(client !== undefined && { client }) }
  }
  return { authenticate, origins }
}

interface Read {
  token: string | undefined
  client: string | undefined
  origin: string | undefined
}

/** Lengths are compared first: most headers are none of these, and this runs on every call. */
function readHeaders(headers: readonly string[]): Read {
  const read: Read = { token: undefined, client: undefined, origin: undefined }
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const value = headers[at + 1] ?? ''
    if (name.length === 13 && name.toLowerCase() === 'authorization') present(read, bearer(value))
    else if (name.length === 9 && name.toLowerCase() === 'x-api-key') present(read, value.trim())
    else if (name.length === 7 && name.toLowerCase() === 'api-key') present(read, value.trim())
    else if (name.length === 10 && name.toLowerCase() === 'user-agent') read.client = printable(value)
    // Two origins are no origin: nothing on a key's list is equal to both.
    else if (name.length === 6 && name.toLowerCase() === 'origin')
      read.origin = read.origin === undefined ? value : `${read.origin}, ${value}`
  }
  return read
}

/** The token of a Bearer header. Any other scheme is a credential too, and not one that is accepted here. */
function bearer(value: string): string {
  if (value.length > 7 && value.slice(0, 7).toLowerCase() === 'bearer ') return value.slice(7).trim()
  const rest = value.trim()
  return rest.toLowerCase() === 'bearer' ? '' : rest
}

/** An empty value presents nothing. The same value twice is one credential; two different ones are none. */
function present(read: Read, token: string): void {
  if (token === '') return
  if (read.token !== undefined && read.token !== token) throw new Fault('conflicting_credentials')
  read.token = token
}

const printable = (text: string): string => withoutSecrets(text.replace(/[^\x20-\x7e]/g, '')).slice(0, MAX_CLIENT)
