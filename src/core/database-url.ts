// A URL of PostgreSQL, read once for all: what is judged at the start is what is connected to. Parameters are those of libpq
// (https://www.postgresql.org/docs/current/libpq-connect.html); one that is not known here is refused, not passed over, because
// what it was to forbid would not be forbidden. Nothing that is said about a URL quotes a value of it: it may hold a password.
import { nearest } from './nearest.ts'

export interface DatabaseUrl {
  /** A name, an address without brackets, or the folder of a socket: an absolute path. */
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  /** What is asked of the server's certificate: `name` is an authority and the name of the host, `nothing` is TLS with anybody. */
  readonly tls: 'off' | 'nothing' | 'authority' | 'name'
  /** PEM files; `system` for the authorities of the machine. */
  readonly rootCert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  readonly applicationName: string | undefined
  /** Settings of the session, as `-c name=value`. */
  readonly options: string | undefined
}

/** `require` of libpq takes any certificate; here it is held to what its name lets one expect. */
const MODES: Readonly<Record<string, DatabaseUrl['tls']>> = {
  disable: 'off',
  'no-verify': 'nothing',
  'verify-ca': 'authority',
  require: 'name',
  'verify-full': 'name',
}
const BINDINGS = ['disable', 'prefer', 'require'] as const
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const
const KNOWN = [
  ...['host', 'port', 'user', 'password', 'dbname', 'sslmode', ...FILES],
  ...['channel_binding', 'application_name', 'options'],
]

const PORT = 5432
const ONE_HOST =
  'database names several hosts, or target_session_attrs: name one address that leads to the primary, as HAProxy or a virtual address does'
const NO_URL =
  'database is not a valid postgres:// URL; characters such as @ : / ? # % in a password are written as %40 %3A %2F %3F %23 %25'

/** WHATWG does not know a user without a host (`postgres://user@/x?host=/run`); libpq does. */
const WITHOUT_HOST = /^([a-z]+:\/\/[^/?#]*@)(?=[/?#]|$)/i

/** What the URL says, or the first thing wrong with it in one sentence. */
export function readDatabaseUrl(text: string): DatabaseUrl | string {
  const hosts = /^[a-z]+:\/\/(?:[^/]*@)?([^/?#]*)/i.exec(text)?.[1] ?? ''
  if (hosts.includes(',')) return ONE_HOST
  const named = text.replace(WITHOUT_HOST, '$1localhost')
  if (!/^postgres(ql)?:/i.test(named) || !URL.canParse(named)) return NO_URL
  const url = new URL(named)
  const inPath = [url.hostname, url.username, url.password, url.pathname.slice(1)].map(decoded)
  if (inPath.includes(undefined)) return NO_URL
  const [host, user, password, database] = inPath
  const given = Object.fromEntries(url.searchParams) // the last one of a name, as libpq has it
  if ('target_session_attrs' in given) return ONE_HOST
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) return notKnown(unknown)
  const { application_name, options } = given
  const at = given.host || host?.replace(/^\[(.*)\]$/, '$1') || 'localhost'
  if (at.includes(',')) return ONE_HOST
  const port = Number(given.port || url.port || PORT)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'port in database is no number from 1 to 65535'
  const tls = tlsOf(given, at)
  if (typeof tls === 'string') return tls
  return {
    host: at,
    port,
    user: given.user || user || undefined,
    password: given.password || password || undefined,
    database: given.dbname || database || undefined,
    ...tls,
    applicationName: application_name || undefined,
    options: options || undefined,
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function notKnown(name: string): string {
  const meant = nearest(name, KNOWN)
  // A name that nothing is near to may be the rest of a password with a question mark in it.
  const which =
    meant === undefined
      ? 'a parameter that Sallyport does not know'
      : `a parameter near ${meant} that Sallyport does not know`
  return `database has ${which}: leave it out; known are ${KNOWN.join(' ')}`
}

type Tls = Pick<DatabaseUrl, 'tls' | 'rootCert' | 'cert' | 'key' | 'channelBinding'>

function tlsOf(given: Readonly<Record<string, string>>, host: string): Tls | string {
  const { sslmode = 'disable', sslrootcert, sslcert, sslkey, channel_binding = 'disable' } = given
  if (sslmode === 'prefer' || sslmode === 'allow')
    return `sslmode=${sslmode} in database goes on without TLS where the server has none: write verify-full, or disable`
  const tls = MODES[sslmode]
  if (tls === undefined) return `sslmode in database is none of ${Object.keys(MODES).join(' ')}`
  const channelBinding = BINDINGS.find((one) => one === channel_binding)
  if (channelBinding === undefined) return `channel_binding in database is none of ${BINDINGS.join(' ')}`
  const named = FILES.find((file) => given[file])
  // libpq passes over sslmode where the host is a socket, which no other machine can reach.
  const off = tls === 'off' || host.startsWith('/')
  if (tls === 'off' && named !== undefined)
    return `${named} in database means nothing without TLS: add sslmode=verify-full`
  if (off && channelBinding === 'require')
    return 'channel_binding=require in database needs TLS: add sslmode=verify-full'
  if (!sslcert !== !sslkey) return 'sslcert and sslkey in database belong together; name both or neither'
  if (tls === 'authority' && (!sslrootcert || sslrootcert === 'system'))
    return 'sslmode=verify-ca in database needs sslrootcert=FILE, your own authority: a public one signs for anybody; or write verify-full'
  if (tls === 'nothing' && sslrootcert)
    return 'sslrootcert in database means nothing with sslmode=no-verify: write verify-full or verify-ca'
  const files = { rootCert: sslrootcert || undefined, cert: sslcert || undefined, key: sslkey || undefined }
  return { tls: off ? 'off' : tls, ...files, channelBinding }
}
