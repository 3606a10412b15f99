// Passwords and keys that only their place among the arguments of a call gives away: `login(user, 'value')`,
// `jwt.sign(payload, 'value')`, `hmac.new(b"value", …)`. Every look goes left from a quote, over a bounded stretch of text.
import { isAlnum } from './secrets-pattern.ts'

/** Characters of a call's arguments before the one in question. */
const ARGUMENTS = 320
const LONGEST_STRING = 100
const LONGEST_CALL = 40
/** What is written around a string to make bytes of it, one in another. */
const MOST_WRAPS = 3
const LONGEST_WRAP = 48

/** What an argument is: a password is judged by how passwords look, a key is anything that does not stand for one. */
export type Argument = 'password' | 'key'

const words = (text: string) => text.split(' ')

/** Calls in small letters, and which argument of them is a password, counted from 0. */
const PASSWORDS: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ...words(
    'login log_in httpbasic signin sign_in authenticate basicauth basic_auth httpbasicauth httpdigestauth httpproxyauth proxyauth setbasicauth set_basic_auth withbasicauth with_basic_auth basiccredentials networkcredential usernamepasswordcredentials usernamepasswordcredential usernamepasswordauthenticationtoken usernamepasswordtoken passwordauthentication plaintextauthprovider passwordauthenticator plaincredentials pscredential simple_bind simple_bind_s bind_s with_credentials withcredentials usernamepassword requestauthenticator',
  ).map((name) => [name, [1]] as const),
  ...words(
    'mysqli mysqli_connect mysql_connect pdo getconnection ldap_bind ftp_login imap_open ssh2_auth_password plainauth sequelize create_user create_superuser',
  ).map((name) => [name, [2]] as const),
  ...words('signinwithemailandpassword createuserwithemailandpassword').map((name) => [name, [1, 2]] as const),
  ...words('changepassword change_password updatepassword update_password resetpassword reset_password').map(
    (name) => [name, [0, 1, 2]] as const,
  ),
  // What hashes a password or makes a key of one.
  ...words(
    'hashpw password_hash password_verify generate_password_hash make_password set_password setpassword pbkdf2 pbkdf2sync scrypt scryptsync',
  ).map((name) => [name, [0]] as const),
  ...words('pbkdf2_hmac check_password_hash').map((name) => [name, [1]] as const),
])
/** Calls that sign, check or encrypt with a key, and which argument of them it is. */
const KEYS: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ...words(
    'fernet secretkeyspec symmetricsecuritykey hmacshakeyfor setsigningkey verifywith signedstring newcipher cookieparser newcookiestore hmac256 hmac384 hmac512 urlsafeserializer urlsafetimedserializer timedserializer jsonwebsignatureserializer timedjsonwebsignatureserializer timestampsigner signer signedcookiesessionfactory',
  ).map((name) => [name, [0]] as const),
  ['signwith', [0, 1]],
  ...words('createhmac createcipher createcipheriv createdecipher createdecipheriv importkey').map(
    (name) => [name, [1]] as const,
  ),
  ...words('hash_hmac openssl_encrypt openssl_decrypt constructevent').map((name) => [name, [2]] as const),
])
interface Owned {
  readonly name: string
  readonly owner: RegExp
  readonly what: Argument
  readonly indexes: readonly number[]
}
const ANY = /^/
/** Names that many things have: whose they are says which. */
const OWNED: ReadonlyMap<string, readonly Owned[]> = Map.groupBy(
  (
    [
      ['connect', /^(?:cx_oracle|oracledb)$/i, 'password', [1]],
      ['connect', /^(?:mysqldb|pymysql|mariadb)$/i, 'password', [2]],
      // `Credentials.basic(`, `auth().basic(`
      ['basic', /(?:credentials|auth(?:\(\))?|preemptive\(\))$/i, 'password', [1]],
      ['hash hashsync compare comparesync verify', /^(?:bcrypt(?:js)?|argon2|scrypt)$/i, 'password', [0, 1]],
      ['sign verify encode decode signasync verifyasync signsync verifysync', /jw[ts]|jsonwebtoken/i, 'key', [1]],
      ['jwtsign jwtverify jwtencode jwtdecode jwt_encode jwt_decode', ANY, 'key', [1]],
      // Go and Ruby name a function before the key.
      ['new digest hexdigest base64digest', /hmac$/i, 'key', [0, 1]],
      ['new', /^(?:aes|des3?|arc[24]|blowfish|cast|chacha20\w*|salsa20)$/i, 'key', [0]],
      ['hmacmd5 hmacsha1 hmacsha224 hmacsha256 hmacsha384 hmacsha512', /^new$/, 'key', [0]],
      ['hmacmd5 hmacsha1 hmacsha224 hmacsha256 hmacsha384 hmacsha512', ANY, 'key', [1]],
      ['encrypt decrypt', /^(?:aes|des|tripledes|rabbit|rc4|blowfish)$/i, 'key', [1]],
    ] as const
  ).flatMap(([names, owner, what, indexes]) => words(names).map((name) => ({ name, owner, what, indexes }))),
  ({ name }) => name,
)

/** `auth=(`, `'auth': (` */
const AUTH = /(?:^|[\s,(._"'])(?:(?:http|basic|proxy|smtp|digest)_?)?auth["']?\s?[=:]$/i

/** `b"…"`, `@"…"` */
const PREFIX = /(?<![\w"'])(?:[bru]|rb|br|@)$/i
/** Calls that make bytes of a string, or hide it from logs, and nothing else. */
const WRAP =
  /(?<![\w.])(?:\[\]byte|bytes|bytearray|(?:Buffer|bytes|bytearray)\.from(?:hex)?|(?:(?:System\.)?Text\.)?Encoding\.\w{3,8}\.GetBytes|(?:new )?TextEncoder\(\)\.encode|(?:CryptoJS\.enc\.)?\w{3,8}\.parse|(?:new )?(?:Secret(?:Str(?:ing)?)?|Key)|(?:base64|binascii)\.\w{4,18}|b64decode|atob|base64_decode|hex2bin|unhexlify|Convert\.FromBase64String|Base64\.(?:strict_|urlsafe_)?decode64|(?:Base64\.getDecoder\(\)|Decoders\.BASE64)\.decode)\($/

/** The last names of them: most brackets are told by these. */
const WRAPS: ReadonlySet<string> = new Set(
  words(
    'byte bytes bytearray from fromhex GetBytes encode parse Secret SecretStr SecretString Key b64decode b32decode b16decode urlsafe_b64decode standard_b64decode a2b_hex a2b_base64 unhexlify atob base64_decode hex2bin FromBase64String decode64 strict_decode64 urlsafe_decode64 decode',
  ),
)

/** Where the expression begins of which the string whose quote stands at `quote` is the content: `[]byte("`, `b"`. */
export function openingOf(text: string, quote: number): number {
  let at = quote
  for (let wraps = 0; wraps < MOST_WRAPS; wraps++) {
    const before = text.charCodeAt(at - 1)
    if (at === quote && (isAlnum(before) || before === 64)) {
      const prefix = PREFIX.exec(text.slice(Math.max(0, at - 3), at))?.[0]
      if (prefix === undefined) return at
      at -= prefix.length
    }
    let bracket = at - 1
    while (at - bracket < 8 && text.charCodeAt(bracket) <= 32) bracket--
    if (text.charCodeAt(bracket) !== 40) return at
    if (!WRAPS.has(nameAt(text, bracket))) return at
    const wrap = WRAP.exec(text.slice(Math.max(0, bracket + 1 - LONGEST_WRAP), bracket + 1))?.[0]
    if (wrap === undefined) return at
    at = bracket + 1 - wrap.length
  }
  return at
}

/** What the quoted value whose quote stands at `quote` is among the arguments of a call, or of `auth=(user, password)`. */
export function argumentAt(text: string, quote: number): Argument | undefined {
  const opening = openingOf(text, quote)
  const floor = Math.max(0, opening - ARGUMENTS)
  let index = 0
  let depth = 0
  let i = opening - 1
  let blanks = 0
  // Nearest to the value stand a comma or the bracket, and blanks.
  while (i >= floor && text.charCodeAt(i) <= 32 && blanks++ < 24) i--
  const first = text.charCodeAt(i)
  if (first !== 44 && first !== 40) return undefined
  for (; i >= floor; i--) {
    const c = text.charCodeAt(i)
    if (c === 34 || c === 39) {
      const stop = Math.max(floor, i - LONGEST_STRING)
      do i--
      while (i > stop && text.charCodeAt(i) !== c)
      if (text.charCodeAt(i) !== c) return undefined
    } else if (c === 41 || c === 93 || c === 125) depth++
    else if (c === 40 || c === 91 || c === 123) {
      if (depth-- === 0) return c === 40 ? taken(text, i, index) : undefined
    } else if (c === 44 && depth === 0) {
      if (++index > 2) return undefined
    } else if (c === 59) return undefined
    else if (c === 10 && depth === 0 && index === 1 && BARE_CALL.test(text.slice(i + 1, Math.min(opening, i + 49))))
      return 'key'
  }
  return i < 0 && index === 1 && depth === 0 && BARE_CALL.test(text.slice(0, Math.min(opening, 48))) ? 'key' : undefined
}

/** Ruby needs no brackets: `token = JWT.encode payload, 'value'`. */
const BARE_CALL = /^\s*(?:return |[\w@.]{1,24}\s?=\s?)?JWT\.(?:en|de)code \w/

const OWNER = /(?:([\w$]{1,32}(?:\(\))?)(?:\.|::|->)|\b(new) )$/
const inName = (c: number) => isAlnum(c) || c === 95 || c === 36

/** The name that ends at `end`. */
function nameAt(text: string, end: number): string {
  let start = end
  while (start > 0 && end - start < LONGEST_CALL && inName(text.charCodeAt(start - 1))) start--
  return text.slice(start, end)
}

/** What the call whose bracket stands at `bracket` takes as its argument number `index`. */
function taken(text: string, bracket: number, index: number): Argument | undefined {
  let end = bracket
  if (text.charCodeAt(end - 1) === 32) end--
  const sign = text.charCodeAt(end - 1)
  if (sign === 61 || sign === 58)
    return index === 1 && AUTH.test(text.slice(Math.max(0, end - 24), end)) ? 'password' : undefined
  const name = nameAt(text, end)
  const start = end - name.length
  const small = name.toLowerCase()
  if (PASSWORDS.get(small)?.includes(index) === true) return 'password'
  if (KEYS.get(small)?.includes(index) === true) return 'key'
  let owner: string | undefined
  for (const one of OWNED.get(small) ?? []) {
    if (!one.indexes.includes(index)) continue
    // `a.b(`, `a::b(`, `a->b(`, `new b(`
    owner ??=
      OWNER.exec(text.slice(Math.max(0, start - 40), start))
        ?.slice(1)
        .find(Boolean) ?? ''
    if (one.owner.test(owner)) return one.what
  }
  return undefined
}
