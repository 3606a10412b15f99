// Keys and passwords that their place among the arguments of a call gives away, values of things that a block around them names,
// codes and keys in web addresses; what looks like them and is none.

import { describe, expect, test } from 'vitest'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import type { Finding } from '../../core/index.ts'
import { detect } from '../detector.ts'
import { createSecretDetector } from './secrets.ts'

const detector = createSecretDetector()
/** Text with `[[…]]` round what must be found, as text and values. */
const read = (marked: string) => ({
  text: marked.replaceAll(/\[\[|\]\]/g, ''),
  values: [...marked.matchAll(/\[\[(.*?)\]\]/g)].map(([, value]) => value),
})
const found = (text: string) => [...new Set(detect(detector, text).map((f) => text.slice(f.start, f.end)))]

const ARGUMENTS = [
  "jwt.sign(payload, '[[my-shhh-s3cret]]')",
  "jwt.sign({ id: user.id, roles: ['admin', 'ops'] }, '[[wint3rcoat]]', { expiresIn: '1h' })",
  'const t = await jwt.signAsync(\n  { sub: user.id },\n  "[[correct horse battery]]",\n)',
  "jwt.verify(token, '[[wint3rcoat2024]]', done)",
  "token = JWT.encode payload, '[[hmac-s3cret-one]]', 'HS256'",
  "x = 1\n  return JWT.encode({ a: 1 }, '[[blue-harbor-key]]')",
  "JWT::encode($payload, '[[php-side-hidden]]', 'HS256');",
  "new Sequelize('shop', 'root', '[[seqPw-55]]', { dialect: 'mysql' })",
  "app.use(session({ secret: '[[grumpy cat 9]]', resave: false }))",
  "app.config['SECRET_KEY'] = '[[flask-dev-8831]]'",
  "auth: { user: 'a', pass: '[[abcd efgh ijkl mnop]]' }",
  'sql.Open("postgres", "user=app password=[[gopherHole]] dbname=x sslmode=disable")',
  'jwt.encode({"some": "payload"}, "[[wint3rcoat2024]]", algorithm="HS256")',
  "JWT::decode($jwt, new Key('[[wint3rcoat2024]]', 'HS256'))",
  "await jwtVerify(token, new TextEncoder().encode('[[wint3rcoat2024]]'))",
  'hmac.new(b"[[wint3rcoat2024]]", msg, hashlib.sha256)',
  'hmac.new("[[wint3rcoat2024]]".encode(), msg, hashlib.sha256)',
  'hmac.new(bytes("[[wint3rcoat2024]]", "utf-8"), msg)',
  'hmac.New(sha256.New, []byte("[[wint3rcoat2024]]"))',
  "crypto.createHmac('sha256', Buffer.from('[[wint3rcoat2024]]', 'utf8'))",
  "hash_hmac('sha256', $data, '[[wint3rcoat2024]]')",
  "OpenSSL::HMAC.hexdigest('SHA256', '[[wint3rcoat2024]]', data)",
  'token.SignedString([]byte("[[wint3rcoat2024]]"))',
  'Algorithm.HMAC256("[[wint3rcoat2024]]")',
  'new HMACSHA256(Encoding.UTF8.GetBytes("[[wint3rcoat2024]]"))',
  'CryptoJS.HmacSHA256(message, "[[wint3rcoat2024]]")',
  "CryptoJS.AES.encrypt('hello w0rld', '[[wint3rcoat2024]]')",
  "Fernet(b'[[ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=]]')",
  'AES.new(base64.b64decode("[[d2ludDNyY29hdDIwMjQhIQ==]]"), AES.MODE_CBC, iv)',
  "createCipheriv('aes-256-cbc', '[[wint3rcoat2024ab]]', iv)",
  "URLSafeTimedSerializer('[[wint3rcoat2024]]')",
  "stripe.webhooks.constructEvent(body, sig, '[[wint3rcoat2024]]')",
  'bcrypt.hashSync("[[Wint3rCoat!9]]", 10)',
  "make_password('[[Wint3rCoat!9]]')",
  // Bytes of a string are what the string is.
  'SECRET_KEY = b"[[f83OJ3D2xF1Bg8vub9tL]]"',
  'var jwtKey = []byte("[[f83OJ3D2xF1Bg8vub9tL]]")',
  'const secretKey = Buffer.from("[[f83OJ3D2xF1Bg8vub9tL]]", "hex")',
  'password: SecretStr = SecretStr("[[Wint3rCoat!9]]")',
  'db_password = r"[[Wint3rCoat!9]]"',
]
const NO_ARGUMENTS = [
  'jwt.sign(payload, process.env.SECRET)',
  "jwt.sign(payload, process.env['JWT_SECRET2024'])",
  "jwt.sign(payload, config.get('jwt.secret2024'))",
  "jwt.sign(payload, 'secret')",
  "JWT.encode payload, 'your-256-bit-secret'",
  "puts payload, 'blue-harbor-key'",
  "{ secret: 'db-credentials', secretName: 'tls cert 2' }",
  "{ secret: 'Enter your secret 2 times, please' }",
  'login(user=name, password=userPassword)',
  'host=db user=app password=your_password',
  "jwt.sign(payload, 'your-256-bit-secret')",
  "jwt.sign({ page: 'home_2024a' }, secret, { algorithm: 'HS256' })",
  "jwt.verify(token, publicKey, { algorithms: ['RS256'] })",
  'jwt.decode(token, options={"verify_signature": False}, algorithms=["HS256"])',
  'hmac.new(key, message, hashlib.sha256)',
  'hmac.new(os.environ["HMAC_KEY2024"].encode(), msg, "sha256")',
  "createHmac('sha256', key)",
  "createHmac('sha512')",
  "createCipheriv('aes-256-cbc', key, iv)",
  'AES.new(key, AES.MODE_CBC, iv)',
  'Fernet(Fernet.generate_key())',
  "hash_hmac('sha256', 'message2024', $key)",
  'new SecretKeySpec(bytes, "AES")',
  'Buffer.from("wint3rcoat2024", "hex")',
  'verify("wint3rcoat", "wint3rcoat2024")',
  'store.sign("doc", "wint3rcoat2024")',
  'hasher.new("a", "wint3rcoat2024")',
  'createHmac("sha256", "")',
  "createHmac('sha256', 'test-key-123')",
]
const HELD = [
  'variable "db_password" {\n  description = "The password of page_2"\n  type        = string\n  default     = "[[correcthorse7]]"\n}',
  'variable "api_token" {\n  default = "[[f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8T]]"\n}',
  'resource "aws_ssm_parameter" "db_password" {\n  name = "/prod/db"\n  type = "SecureString"\n  value = "[[Wint3rCoat!9]]"\n}',
  '{"variable":{"db_password":{"type":"string","default":"[[Wint3rCoat!9]]"}}}',
  '"adminPassword": {\n  "value": "[[Wint3rCoat!9]]"\n}',
  '"adminPassword": { "type": "securestring", "defaultValue": "[[Wint3rCoat!9]]" }',
  'parameters:\n  adminPassword:\n    type: string\n    description: of the database\n    default: [[Wint3rCoat9!]]\n',
]
const NOT_HELD = [
  'variable "password_length" {\n  default = "16chars"\n}',
  'variable "db_password" {\n  type = string\n}\nvariable "image" {\n  default = "app2024a:v1x2"\n}',
  'variable "db_password" {\n  default = "changeme1"\n}',
  'adminPassword:\n  type: string\nimage:\n  default: App2024a!\n',
  'adminPassword:\n  rules:\n    length:\n      default: App2024a!\n',
  '{ "key_name": { "value": "deploy2024a" } }',
]
const ADDRESSES = [
  'https://app.example.com/callback?code=[[4%2F0AX4XfWjYd8K2Jq1mZpL7]]&state=xyz',
  'https://app.example.com/?code=[[SplxlOBeZQQYbYS6WxSbIA]]&state=af0ifjsldkj',
  'curl -d "grant_type=authorization_code&code=[[SplxlOBeZQQYbYS6WxSbIA]]" https://x.example',
  'device_code=[[GmRhmhcxhwAzkoEqiMEg9DnyEysNkuNhszIySk9eS]]',
  'https://a.example/token?client_secret=[[7Fjfp0ZBr1KtDRbnfVdmIw]]&client_id=s6BhdRkqt3',
  'dsn: "https://[[7f3c9a1b2d4e5f60718293a4b5c6d7e8]]@o123456.ingest.sentry.io/4501234"',
  'git clone https://[[aB3dE5gH7jK9mN1pQ2sT]]@git.example.com/x.git',
]
const NO_ADDRESSES = [
  'https://x.example/error?code=404',
  'https://x.example/login?code=ERR_NOT_FOUND_2',
  'https://shop.example/cart?code=SAVE20NOW',
  'https://x.example/?code=en-US&state=open',
  'https://play.example/?code=MYewdgzgLgBAllApgWwjAvDA3gKBjAIgEMAaGAcyTn1',
  'zip_code=SplxlOBeZQQYbYS6WxSbIA',
  'https://examplePublicKey@o0.ingest.sentry.io/0',
  'ssh://deploy-user-2024a@host.example/x',
  'https://john.smith1985abc@example.com/x',
]

describe('secrets told by the call, the block or the address they stand in', () => {
  test.each([...ARGUMENTS, ...HELD, ...ADDRESSES])('finds %s', (marked) => {
    const { text, values } = read(marked)
    expect(found(text)).toEqual(values)
  })
  test.each([...NO_ARGUMENTS, ...NOT_HELD, ...NO_ADDRESSES])('lets %s alone', (text) => {
    expect(found(text)).toEqual([])
  })

  test('finds the same behind much text, and in a stream that comes by single characters', () => {
    for (const marked of [...ARGUMENTS, ...HELD, ...ADDRESSES]) {
      const text = `${'some words; '.repeat(150)}\n\n${read(marked).text}\n`
      const stream = detector.open()
      const seen: Finding[] = []
      for (const character of text) seen.push(...stream.push(character))
      seen.push(...stream.end())
      expect(seen, marked).toEqual(detect(detector, text))
      expect(seen.length, marked).toBeGreaterThan(0)
    }
  })

  test('work grows with the length of hostile text, not faster', () => {
    for (const unit of ['f({a: Buffer.from(bytes("b2cdef', ' default: "a1cdefg"\n'])
      expect(
        growth(unit, (text) => detect(detector, text)),
        unit,
      ).toBeLessThan(LINEAR)
  })
})
