// Is this value a secret, given the name it is assigned to? A name decides how much has to be seen in the value: beside
// the name of a provider its known shape is enough, beside `token` it has to look random, beside `password` it must
// merely not look like a word, a placeholder or code.
import { openingOf } from './secrets-argument.ts'
import { HELD, holderOf } from './secrets-holder.ts'
import { isAlnum, matchAt, type Pattern, parseShapes } from './secrets-pattern.ts'
import { KEYED } from './secrets-table.ts'

/** How many characters to the left of a value its name is looked for in. */
export const NAME_REACH = 120

const GENERIC = [
  'access',
  'auth',
  'api',
  'credential',
  'creds',
  'secret',
  'token',
  'bearer',
  'signature',
  'salt',
  'totp',
  'otp seed',
  'otp_seed',
  'otp-seed',
  '2fa seed',
  'cookie',
]
const PASSWORD = [
  'password',
  'passwd',
  'passphrase',
  'passwort',
  'contrasena',
  'kennwort',
  'kodeord',
  'pwd',
  'motdepasse',
]
/** Names that hold one of the words above and are not secrets. */
// biome-ignore format: a list of words reads better dense
const HARMLESS = [
  'accessib', 'accessor', 'access_id', 'accessid', 'author', 'authn', 'keyboard', 'keycode', 'keyframe', 'keyup', 'keydown', 'keyword',
  'keypress', 'key_name', 'keyname', 'key_file', 'keyfile', 'key_path', 'keypath', 'keyring', 'keyid', 'key_id', 'key-id', 'key_len', 'keylen',
  'key_size', 'keysize', 'key_type', 'keytype', 'keyspace', 'keystore', 'monkey', 'turkey', 'hockey', 'donkey', 'jockey', 'whiskey', 'public', 'pub_key',
  'pubkey', 'primary', 'foreign', 'partition', 'sort_key', 'sortkey', 'hot_key', 'hotkey', 'tokeniz', 'token_type', 'tokentype', 'token_count', 'max_token',
  'num_token', 'tokens', 'token_url', 'token_uri', 'endpoint', 'apiversion', 'api_version', 'api-version', 'api_url', 'apiurl', 'api_base',
  'rapid', 'capital', 'therapi', 'secret_name', 'secretname', 'secretref', 'secret_id', 'passenger', 'compass', 'passport', 'passive', 'bypass',
  'passing', 'passed', 'pass_rate', 'csrf', 'signature_v', 'md5', 'sha1', 'sha256', 'checksum', 'digest', 'integrity', 'etag', 'cache_key', 'cachekey',
  'idempotency', 'object_key', 's3_key', 'translation', 'timeout', '_policy', 'min_length', 'max_length', 'minlength', 'maxlength', 'key_exchange',
  'algorithm', '_ttl', '_lifetime', 'rotation', 'existingsecret', 'existing_secret', 'secretref', 'pullsecret', 'oldpwd',
]

/** Finds the words of several groups in a name; the result is the tags of the groups that were met. */
function createWords(groups: readonly (readonly [tag: string, words: readonly string[]])[]) {
  const next: Map<number, number>[] = [new Map()]
  const tags: (string | undefined)[] = [undefined]
  for (const [tag, words] of groups)
    for (const word of words) {
      let node = 0
      for (const char of word) {
        const code = char.charCodeAt(0)
        let to = next[node]!.get(code)
        if (to === undefined) {
          to = next.push(new Map()) - 1
          tags.push(undefined)
          next[node]!.set(code, to)
        }
        node = to
      }
      tags[node] = tag
    }
  // Most places of a name begin no word, and are told so by their first two letters.
  const pairs = new Uint16Array(128 * 128)
  for (const [first, node] of next[0] ?? [])
    for (const [second, to] of next[node] ?? []) pairs[(first << 7) | second] = to
  return (name: string): Set<string> => {
    const found = new Set<string>()
    for (let from = 0; from + 1 < name.length; from++) {
      const first = name.charCodeAt(from)
      const second = name.charCodeAt(from + 1)
      let node: number | undefined = first < 128 && second < 128 ? pairs[(first << 7) | second] : 0
      for (let i = from + 2; node !== undefined && node !== 0; i++) {
        const tag = tags[node]
        if (tag !== undefined) found.add(tag)
        if (i >= name.length) break
        node = next[node]?.get(name.charCodeAt(i))
      }
    }
    return found
  }
}

const SHAPES = new Map<string, Pattern[]>(
  Object.entries(KEYED).map(([word, shapes]) => [`@${word}`, parseShapes(keyedClass(word), shapes)]),
)
const wordsOf = createWords([
  ['password', PASSWORD],
  ['generic', GENERIC],
  // A key of what? `keyboard` and `key_id` are harmless.
  ['key', ['key']],
  ['harmless', HARMLESS],
  ...Object.keys(KEYED).map((word) => [`@${word}`, [word]] as const),
])

function keyedClass(word: string): string {
  if (word === 'secret_key') return 'secret/api-key'
  return `secret/${word.replace(/^contribsys__com$/, 'sidekiq').replaceAll('_', '-')}-key`
}

export const VALUE_CLASSES: readonly string[] = [
  ...new Set(Object.keys(KEYED).map(keyedClass)),
  'secret/api-key',
  'secret/password',
]

/** What a name promises: classes are decided with the value in hand. */
export interface Name {
  readonly words: ReadonlySet<string>
  /** The value stands behind `=`, `:` or their like, not merely behind a word. */
  readonly assigned: boolean
}

const BLANK = (code: number) => code === 32 || (code >= 9 && code <= 13)
const QUOTE = (code: number) => code === 34 || code === 39 || code === 96 || code === 92
const NAME_CHAR = (code: number) => isAlnum(code) || code === 95 || code === 45 || code === 46
const SPOKEN = /(?:^|\s)(?:is|was|ist|lautet|es|est|to|to be|reads|=)\s*$/

/** Reads leftwards from a value to the name it is given to; undefined when nothing there names a secret. */
export function nameBefore(text: string, at: number, floor: number): Name | undefined {
  let i = at - 1
  const sign = text.charCodeAt(i)
  if (sign === 34 || sign === 39 || sign === 96) i = openingOf(text, i) - 1
  let assigned = false
  let steps = 0
  let comma = false
  for (; i >= floor && steps < 16; i--, steps++) {
    const code = text.charCodeAt(i)
    // `[github-token], and`: a list goes on, nothing is given to what stands in brackets.
    if (code === 93 && comma) return undefined
    comma = code === 44 || (comma && BLANK(code))
    if (code === 61 || code === 58 || code === 62 || code === 44 || code === 124 || code === 63 || code === 40)
      assigned = true
    else if (!BLANK(code) && !QUOTE(code) && code !== 93 && code !== 41) break
    // A line's end inside prose parts a value from the name before it; behind an operator it does not (YAML, JSON).
    else if (
      (code === 10 || code === 13) &&
      !assigned &&
      text.charCodeAt(i - 1) !== 61 &&
      text.charCodeAt(i - 1) !== 58
    )
      return undefined
  }
  const end = i + 1
  const least = Math.max(floor, end - 72)
  while (i >= least) {
    const code = text.charCodeAt(i)
    if (!NAME_CHAR(code) && code !== 32 && code !== 9) break
    i--
  }
  let name = text.slice(i + 1, end).toLowerCase()
  if (name.length < 3) return undefined
  const held = HELD.test(name)
  if (/^\s*(?:string|str|text|value|const char)\s*$/.test(name)) {
    // `apiKey: string = …`, `name="password" value="…"`: the name is one step further left.
    name = text.slice(Math.max(floor, i - 48), i + 1).toLowerCase()
  }
  if (!assigned) {
    const spoken = name.replace(SPOKEN, '')
    if (
      spoken === name &&
      !/(?:password|passwort|token|key|secret|bearer|basic|pwd|passphrase|seed|(?:store|key)pass)\s*$/.test(name)
    )
      return undefined
    name = spoken.slice(-40)
  }
  // What a name is not is said close to the value; further left it speaks of something else.
  let words = wordsOf(name.slice(-48))
  if (words.size === 0 && held) words = wordsOf(holderOf(text, i + 1))
  if (words.has('harmless') && (!wordsOf(name.slice(-24)).has('harmless') || /authoriz/.test(name)))
    words.delete('harmless')
  if (/(?:(?:^|[_\-. ]|db|user|admin|root|my|store|key|src|dest)pass|(?:^|[_\-. ])psk)\s*$/.test(name))
    words.add('password')
  // `secret: 'grumpy cat 9'`, `SECRET_KEY = 'dev-8831'`: whatever is given to it, short of a name.
  if (assigned && /secret(?:[_\-. ]?key(?:[_\-. ]?base)?)?['"\]\s]*$/.test(name) && !words.has('harmless'))
    words.add('given')
  // `"src/secrets-table.ts": "8861cb4d…"`: files go by their hashes.
  if (FILE_NAME.test(name)) words.add('file')
  // A session goes by its number as one does by a key, and a signed address by its signature.
  if (text.charCodeAt(at - 1) === 61 && /(?:^|[_\-. ])(?:sess(?:ion)?|sig)$/.test(name)) words.add('generic')
  return words.size === 0 ? undefined : { words, assigned }
}

export const namesPassword = (name: Name): boolean =>
  (name.words.has('password') || name.words.has('given')) && !name.words.has('harmless')

const FILE_NAME =
  /\.(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|cs|php|c|h|cpp|json|ya?ml|toml|xml|md|css|html?|sql|sh|png|svg|txt|zip|t?gz|lock)\s*$/
const HASH = /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64}|[\da-f]{96}|[\da-f]{128})$/i

const COUNTS = new Uint8Array(128)

/** Shannon entropy in bits per character, and how often neighbours differ in kind (digit, small, capital, other). */
function texture(value: string): { entropy: number; changes: number; digits: number; letters: number } {
  COUNTS.fill(0)
  let changes = 0
  let digits = 0
  let letters = 0
  let before = -1
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i) & 127
    COUNTS[code]!++
    const kind = code >= 48 && code <= 57 ? 0 : code >= 97 && code <= 122 ? 1 : code >= 65 && code <= 90 ? 2 : 3
    if (kind === 0) digits++
    else if (kind < 3) letters++
    if (kind !== before && before >= 0) changes++
    before = kind
  }
  let entropy = 0
  for (let code = 0; code < 128; code++) {
    const count = COUNTS[code]!
    if (count > 0) entropy -= (count / value.length) * Math.log2(count / value.length)
  }
  return { entropy, changes, digits, letters }
}

/** Names for the signing of things, of which none is a key: `HS256`, `aes-256-cbc`, `utf-8`. */
const ALGORITHM =
  /^(?:[HREP]S\d{3}|EdDSA|(?:hmac-?)?sha-?\d+(?:[-/]\d+)?|sha3-\d+|md5|(?:aes|des|camellia|aria|sm4|chacha20)[-\w/]*|hex|base64(?:url)?|utf-?\d+|ascii|latin1|binary|raw)$/i
/** Words for a key, alone or together, name it. */
const NAMES =
  /(?:my|the|a|your|our|some|super|very|top|shh+|h?mac|jwt|aes|fernet|private|public|shared|signing|session|cookie|webhook|app|client|server|api|secret|password|passphrase|key|token|string|value|here|test|foo|bar|text|data|payload|message|hello|world|bytes|byte|\d{1,3}|bits?|[^a-z\d])/gi

/** Is a string that is given to a call as its key one, and not the name of one? */
export function isGivenKey(value: string): boolean {
  if (
    value.length < 6 ||
    /^[$%{<]|^-----/.test(value) ||
    QUERY.test(value) ||
    ALGORITHM.test(value) ||
    isPasswordPlaceholder(value)
  )
    return false
  const rest = value.replace(NAMES, '')
  return /\d/.test(value) ? rest.length >= 3 : value.length >= 12 && rest.length >= 6
}

/** An expression of a program or a template stands for a value. */
const EXPRESSION = /\*\*\*|\.\.\.|\$\{|\{\{|process\.env|environ|getenv|undefined|<|%\(/i
const STANDS_FOR = /your|example|sample|dummy|placeholder|change.?me|redacted|xxxx|insert|replace|lorem/i
const SEQUENCE = /abcdefgh|12345678/i
/** What is said around a placeholder: taken away with it. */
const AROUND =
  /your|example|sample|dummy|placeholder|change.?me|redacted|x{4,}|insert|replace|lorem|ipsum|here|api|key|token|secret|access|password|passwd|pass|user|name|value|string|some|the|this|real|actual|fake|test|enter|todo|goes|client|account|auth|live|prod|abcdefgh(?:ijklmnopqrstuvwxyz|ijkl(?:mnop)?)?|0?12345678(?:90?)?/gi

/** Whether small letters, capitals and digits are in it: how many of the three. */
const kindsOf = (value: string) => Number(/[a-z]/.test(value)) + Number(/[A-Z]/.test(value)) + Number(/\d/.test(value))

/** Does it stand for a key that is to be filled in? Keys hold such words as well: what is left without them decides. */
function isPlaceholder(value: string): boolean {
  if (EXPRESSION.test(value)) return true
  const words = STANDS_FOR.test(value)
  if (!words && !SEQUENCE.test(value)) return false
  // Examples of keys go up and down the alphabet in all kinds of characters.
  if (!words && value.length >= 20 && kindsOf(value) === 3) return false
  const rest = value.replace(AROUND, '').replace(/[^A-Za-z0-9]/g, '')
  return rest.length < 10 || kindsOf(rest) < 2 || texture(rest).changes < 3
}

/** People put a year or a sign behind the word that they were told to change. */
export function isPasswordPlaceholder(value: string): boolean {
  if (EXPRESSION.test(value)) return true
  if (!STANDS_FOR.test(value)) return false
  const rest = value.replace(AROUND, '')
  return !/\d\D*\d/.test(rest) && kindsOf(rest) < (rest.length < 6 ? 3 : 2)
}

/** Words with a number behind them: `user_id_123`. */
const IDENTIFIER = /^[a-z]{2,16}(?:(?:[_-][a-z]{2,16}){1,4}[_-]?\d{1,4}|(?:[_-][a-z]{2,16}){0,4}[_-]v\d{1,3})$/
/** Names of headers: `X-Api-Key-Id2`. */
const HEADER = /^(?:X|[A-Z][a-z]+)(?:-[A-Z][a-z]+\d?){1,5}$/
/** Files and paths of words: `reports/2024/report-12.pdf`. */
const FILE =
  /^(?:[\w~.-]{1,24}\/){0,8}[\w.-]{1,48}\.(?:pdf|png|jpe?g|gif|svg|webp|txt|csv|json|ya?ml|xml|html?|css|m?[jt]sx?|py|go|rs|java|md|zip|t?gz|parquet|mp[34]|docx?|xlsx?)$/i
/** Words, numbers and versions with joints between: what a bare `key` is mostly given. */
const JOINED_WORDS =
  /^(?:[A-Za-z]{2,16}|v?\d{1,6}|[a-z]{2,12}\d{1,2})(?:[-_./:](?:[A-Za-z]{1,16}|v?\d{1,6}|[a-z]{2,12}\d{1,2})){1,8}$/
/** A path with parameters, or more than one parameter: `/v1/items?limit=50`, `sort=name&limit=50`. */
const QUERY =
  /^(?:\/[\w./-]{0,80}\?[a-z_]{2,32}=[\w.-]{0,16}|[a-z_]{1,32}=[\w.-]{0,16}(?=&))(?:&[a-z_]{1,32}=[\w.-]{0,16}){0,12}$/i
/** `/v1/organizations/api_keys`, `/users/:id` */
const ROUTE = /^\/(?:v\d+|[a-z][a-z_-]*)(?:\/(?:[a-z][a-z_-]*|v\d+|:\w+|\{\w+\}))*\/?$/
/** `pagination_1.Page` */
const MEMBER = /^[A-Za-z_$]+\d{0,2}(?:\.[A-Za-z_$]+\d{0,2})+$/
/** Where files of a system stand. */
const PATH =
  /^(?:~|\.{1,2}|\/(?:home|usr|etc|var|opt|tmp|srv|mnt|root|app|data|run|dev|bin|lib|Users|Volumes|Library))\/[\w./-]*$/
/** Types and encodings: `Uint8Array`, `base64`. */
const TYPE = /^(?:u?int|float|base|utf-?)\d+(?:array|-(?:encoded|url|decoded|string))?$/i
const CODE = /^[\w$]+(?:\.[\w$]+)*$/

/** Random enough to be nothing but a key: mixed kinds, spread characters, no placeholder. */
export function isOpaque(value: string): boolean {
  if (value.length < 10 || value.length > 4096 || isPlaceholder(value)) return false
  const { entropy, changes, digits, letters } = texture(value)
  if (digits === 0 || letters === 0 || IDENTIFIER.test(value) || TYPE.test(value)) return false
  if (ROUTE.test(value) || MEMBER.test(value) || HEADER.test(value) || FILE.test(value) || QUERY.test(value))
    return false
  if (digits <= 4 && value.length >= 12 && isWorded(value)) return false
  const wanted = value.length >= 20 ? 3.3 : value.length >= 14 ? 3 : 2.7
  return entropy >= wanted && changes >= 3 && changes / value.length >= 0.14
}

/** `JSONSchema4TypeExtended`, `exports.k8sServiceAccountProvider`: words make up most of it. */
function isWorded(value: string): boolean {
  if (!/^[\w.$]+$/.test(value)) return false
  let size = 0
  for (const [word] of value.matchAll(/[A-Z]?[a-z]{3,}/g)) size += word.length
  return size >= value.length * 0.65
}

/** `code`: the value stands behind a spaced `=`, where programs put expressions. `setting`: behind `NAME=`. */
function isPassword(value: string, quoted: boolean, code: boolean, setting: boolean): boolean {
  if (value.length < 6 || value.length > 200 || /^[$%@{([<&*]/.test(value) || isPasswordPlaceholder(value)) return false
  // A path with a star for any name: `users.*.apiKey`
  if (/^[\w*]+(?:\.[\w*]+)+$/.test(value) && value.includes('*')) return false
  if (/^(?:true|false|null|none|string|required)/i.test(value) || TYPE.test(value) || PATH.test(value)) return false
  // The name of a password, unless it was made one: `Password123!`, `supersecret2024`.
  if (/passw|secret/i.test(value) && (!/\d\D?\d|\d[!@#$%^&*?~+]|[!@#$%^&*?~+]$/.test(value) || /[()]/.test(value)))
    return false
  const { digits, letters } = texture(value)
  if (letters === 0) return digits >= 6 && digits === value.length
  const symbols = /[!@#$%^&*?~+=_-]/.test(value)
  if (digits === 0 && !symbols) return setting && /^[a-z]+$/.test(value)
  if (/\s/.test(value)) return digits > 0 && symbols && value.split(' ').length < 6
  // Unquoted, letters and dots with at most a number behind them are an expression of the program.
  if (!quoted && code && CODE.test(value) && /^[A-Za-z_.$]+\d{0,2}$/.test(value)) return false
  return digits > 0 || (quoted && symbols && !/^[\w.-]+$/.test(value))
}

/** The passwords that a mail service makes for programs: four times four letters. */
const APP_PASSWORD = /^[a-z]{4}(?: [a-z]{4}){3}$/

/** A key that somebody has thought up: some words, or a word with figures. Names of secrets have neither, and labels are sentences. */
const isThoughtUp = (value: string): boolean =>
  (/\s/.test(value)
    ? WORDS.test(value) && !SENTENCE.test(value)
    : /\d/.test(value) && !/[/\\,:;?]|^[A-Z_]+$/.test(value)) && isGivenKey(value)
const WORDS = /^[a-z\d]+(?: [a-z\d]+){1,5}$/
const SENTENCE = /\b(?:a|an|and|at|be|by|enter|for|from|in|is|my|of|on|or|see|that|the|this|to|type|use|with|your)\b/

const trimmed = (value: string) => value.replace(/^[*_"'`]{1,3}/, '').replace(/(?:[.:!?*]|%22)+$/, '')

/** `gpg: using RSA key 647F…`: what a public key goes by, sixteen or forty figures of hexadecimal. */
const isKeyName = (text: string, at: number, end: number): boolean =>
  (end - at === 16 || end - at === 40) &&
  /\b(?:RSA|E[CD]DSA|DSA|GPG|PGP|OpenPGP) key(?: ID)?[ :]{1,3}$/.test(text.slice(Math.max(0, at - 24), at)) &&
  /^[\dA-F]+$/.test(text.slice(at, end))

/** The class and length of the secret that stands at `at`, or undefined. `end` is the end of the surrounding run. */
export function judgeValue(
  name: Name,
  text: string,
  at: number,
  end: number,
  quoted: boolean,
): { class: string; end: number; confidence: number } | undefined {
  for (const word of name.words) {
    const shapes = name.assigned ? SHAPES.get(word) : undefined
    if (shapes === undefined) continue
    for (const shape of shapes) {
      const stop = matchAt(shape, text, at, end)
      // In quotes the value is all of it.
      if (
        stop < 0 ||
        (quoted && stop < end) ||
        (stop < end && /[\w/+=.-]/.test(text[stop]!) && !/^[.=]+$/.test(text.slice(stop, end)))
      )
        continue
      const value = text.slice(at, stop)
      if (isPlaceholder(value) || isAddress(value)) continue
      const { digits, entropy } = texture(value)
      if (digits > 0 ? entropy > 1.5 : value.length >= 14 && entropy > 3 && !/^[a-z]+$|^[A-Z]+$/.test(value))
        return {
          class: shape.name,
          end: stop,
          confidence: 90,
        }
    }
  }
  if (name.words.has('harmless') || isKeyName(text, at, end)) return undefined
  if (name.words.has('file') && HASH.test(text.slice(at, end))) return undefined
  const next = text.charCodeAt(end)
  if (!quoted && (next === 40 || next === 91)) return undefined // a call or an index, not a value
  const raw = text.slice(at, Math.min(end, at + 4100))
  const value = trimmed(raw)
  if (name.words.has('password')) {
    const word = quoted ? raw : raw.replace(/[.:]+$/, '')
    const before = text.slice(Math.max(0, at - 12), at)
    if (
      isPassword(word, quoted, before.endsWith(' = '), /[A-Z_]=$/.test(before)) ||
      (quoted && APP_PASSWORD.test(word))
    )
      return { class: 'secret/password', end: at + word.length, confidence: 75 }
  }
  if (quoted && name.words.has('given') && isThoughtUp(raw))
    return { class: 'secret/api-key', end: at + raw.length, confidence: 75 }
  const key = name.words.has('key') && !name.words.has('generic')
  if (!name.words.has('generic') && !key && !name.words.has('password')) return undefined
  if (key && JOINED_WORDS.test(value)) return undefined
  const inQuotes = quoted || (at > 0 && QUOTE(text.charCodeAt(at - 1)) && text[end] === text[at - 1])
  if (inQuotes && (key || name.words.has('generic')) && !/\s/.test(raw) && isOpaque(raw) && !isAddress(raw))
    return { class: 'secret/api-key', end: at + raw.length, confidence: 80 }
  const token = /^[\w.=+/~%:-]+/.exec(value)?.[0] ?? ''
  if (token.length < value.length && !quoted) return undefined
  if ((name.assigned || token.length >= 16) && isOpaque(token) && !looksLikePath(token))
    return { class: 'secret/api-key', end: at + token.length, confidence: 80 }
  return undefined
}

/** Of whatever it gives away `secrets-login.ts` knows more. */
const isAddress = (value: string) => /^[a-z][a-z\d+]{1,15}:\/\//i.test(value)
const looksLikePath = (value: string) =>
  isAddress(value) || /^(?:\.{0,2}\/|[a-z]+\/[a-z]+)/.test(value) || /^\d{4}-\d\d-\d\dT/.test(value)
