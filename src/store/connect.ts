// How this process connects to PostgreSQL: the pool and the connection of the feed alike, from one reading of the URL. Nothing of it is
// taken from the environment of the process, and no server is spoken to without the TLS that the URL asks for.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import pg from 'pg'
import { type DatabaseUrl, readDatabaseUrl } from '../core/index.ts'
import { coded, type DatabaseError } from './error.ts'

/** Codes of what keeps TLS from coming about: what to do about each is said where people read it. */
export const TLS_FAILED = {
  file: 'TLS_FILE',
  untrusted: 'TLS_UNTRUSTED',
  expired: 'TLS_EXPIRED',
  name: 'TLS_NAME',
  none: 'TLS_NONE',
  refused: 'TLS_REFUSED',
  binding: 'NO_CHANNEL_BINDING',
} as const

export interface Connect extends pg.ClientConfig {
  /** Of the server a proof that it ends the TLS itself, before it is given one of the password. */
  readonly bound: boolean
}

/**
 * What each connection to `url` is made with. Certificates are read now, once.
 * @throws DatabaseError `unfit` if the URL or a file that it names cannot be used
 */
export function readConnect(url: string): Connect {
  const read = readDatabaseUrl(url)
  if (typeof read === 'string') throw coded('unfit', 'DATABASE_URL', read)
  const { host, port, user, password, database, options, applicationName, channelBinding } = read
  const ssl = read.tls === 'off' ? false : secured(read)
  return {
    host,
    port,
    ssl,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(options !== undefined && { options }),
    application_name: applicationName ?? 'sallyport',
    enableChannelBinding: ssl !== false && channelBinding !== 'disable',
    bound: channelBinding === 'require',
  }
}

function secured({ tls: asked, rootCert, cert, key }: DatabaseUrl): tls.ConnectionOptions {
  const ca =
    rootCert === 'system' ? tls.getCACertificates('system') : rootCert && pem('sslrootcert', rootCert, aCertificate)
  const own = cert && key && { cert: pem('sslcert', cert, aCertificate), key: pem('sslkey', key) }
  return {
    secureContext: fromFile('sslcert and sslkey', `${cert} and ${key}`, () =>
      tls.createSecureContext({ ...(ca ? { ca } : {}), ...(own || {}) }),
    ),
    rejectUnauthorized: asked !== 'nothing',
    ...(asked === 'authority' && { checkServerIdentity: () => undefined }),
  }
}

/** Node passes over a file of authorities that holds none. */
const aCertificate = (text: Buffer): void => void new X509Certificate(text)

const pem = (what: string, path: string, check?: (text: Buffer) => void): Buffer =>
  fromFile(what, path, () => {
    const text = readFileSync(path)
    check?.(text)
    return text
  })

function fromFile<T>(what: string, path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const { code } = error as { code?: string }
    const cause = code?.startsWith('E') && !code.startsWith('ERR_') ? code : 'not PEM, encrypted, or of another key'
    throw coded('unfit', TLS_FAILED.file, `${what} in the URL, ${path}, cannot be used (${cause})`)
  }
}

/** What OpenSSL and Node say of a certificate, and of whoever does not take ours. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH)/

/** If the error is one of TLS, what is the matter, without a word of the server's own. */
export function tlsTrouble(error: Error): DatabaseError | undefined {
  const { code, message } = error as { code?: string; message: string }
  const told = (known: string, text: string) =>
    Object.assign(coded('unavailable', known, text), { cause: error }) as DatabaseError
  if (message === NO_TLS) return told(TLS_FAILED.none, 'the server speaks no TLS, so nothing was sent to it')
  if (code === undefined) return undefined
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return told(
      TLS_FAILED.expired,
      'the certificate of the server has expired, or is not valid yet by the clock of this machine',
    )
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return told(TLS_FAILED.name, 'the certificate of the server is for another host than the URL names')
  if (UNTRUSTED.test(code))
    return told(
      TLS_FAILED.untrusted,
      `no authority that is trusted here has signed the certificate of the server (${code})`,
    )
  if (/^ERR_(SSL|TLS)_/.test(code))
    return told(
      TLS_FAILED.refused,
      `the server and this machine agree on no TLS, or the server does not take the client certificate (${code})`,
    )
  return undefined
}

/** The driver's own words, which has no code for it. */
const NO_TLS = 'The server does not support SSL connections'

/** What of the driver's own wire is looked at. */
interface Wire {
  readonly stream: { destroy(error: Error): void }
  once(event: string, listener: (message: { mechanisms?: readonly string[] }) => void): void
}

/** Where `bound`, one that ends before it answers a server that asks for a password any other way, or for none. */
export class Client extends pg.Client {
  constructor(config: pg.ClientConfig & Partial<Connect> = {}) {
    super(config)
    if (!config.bound) return
    const { connection } = this as unknown as { connection: Wire }
    let offered = false
    let proven = false
    const refuse = () =>
      connection.stream.destroy(
        coded(
          'unavailable',
          TLS_FAILED.binding,
          'the server does not bind the password to the TLS, as channel_binding=require asks',
        ),
      )
    connection.once('authenticationSASL', ({ mechanisms = [] }) => {
      offered = mechanisms.includes('SCRAM-SHA-256-PLUS')
      if (!offered) refuse()
    })
    connection.once('authenticationSASLFinal', () => {
      proven = offered
    })
    connection.once('authenticationCleartextPassword', refuse)
    connection.once('authenticationMD5Password', refuse)
    connection.once('readyForQuery', () => {
      if (!proven) refuse()
    })
  }
}
