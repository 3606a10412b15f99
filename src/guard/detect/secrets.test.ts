import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { detect } from '../detector.ts'
import { createSecretDetector, SECRET_CLASSES } from './secrets.ts'

const detector = createSecretDetector()
const seen = (text: string) => detect(detector, text).map((f) => [f.class, text.slice(f.start, f.end)])
const random = (alphabet: string, size: number, seed: number) =>
  Array.from({ length: size }, (_, i) => alphabet[(seed * 7919 + i * 104_729 + i * i * 31) % alphabet.length]).join('')
const ALNUM = 'aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0fG'
const pem = `-----BEGIN RSA PRIVATE KEY-----\n${[1, 2, 3].map((i) => random(ALNUM, 64, i)).join('\n')}\n-----END RSA PRIVATE KEY-----`

describe('secrets', () => {
  test.each([
    [
      'a provider key in prose',
      `it printed ghp_${random(ALNUM, 36, 1)}, then stopped`,
      'secret/github-token',
      `ghp_${random(ALNUM, 36, 1)}`,
    ],
    [
      'our own key',
      `use spk_${random(ALNUM, 12, 2)}_${random(ALNUM, 49, 3)}.`,
      'secret/sallyport-key',
      `spk_${random(ALNUM, 12, 2)}_${random(ALNUM, 49, 3)}`,
    ],
    [
      'a value beside its provider',
      `datadog_api_key: "${random('a1b2c3d4e5f60789', 40, 3)}"`,
      'secret/datadog-key',
      random('a1b2c3d4e5f60789', 40, 3),
    ],
    [
      'a random value of a telling name',
      `SERVICE_TOKEN=${random(ALNUM, 24, 4)}\n`,
      'secret/api-key',
      random(ALNUM, 24, 4),
    ],
    ['a quoted password with anything in it', `db.password = 'p(4ss;w0rd]!'`, 'secret/password', 'p(4ss;w0rd]!'],
    ['a spoken password', 'my password is Tr0ub4dor&3 ok?', 'secret/password', 'Tr0ub4dor&3'],
    ['a key block', `key:\n${pem}\ndone`, 'secret/private-key', pem],
    ['credentials in a URL', 'postgres://app:s3cr3t@db.internal:5432/x', 'secret/connection-string', 'app:s3cr3t'],
    [
      'a header',
      "curl -H 'Authorization: Bearer abc123DEF456ghi789' https://x",
      'secret/api-key',
      'abc123DEF456ghi789',
    ],
    ['curl credentials', 'curl -u admin:hunter2x https://x', 'secret/password', 'admin:hunter2x'],
    [
      'a Kubernetes secret',
      'kind: Secret\ndata:\n  conf: aGVsbG8gd29ybGQxMjM=\n',
      'secret/kubernetes-secret',
      'aGVsbG8gd29ybGQxMjM=',
    ],
    [
      'escaped text',
      `{"log":"line\\nghp_${random(ALNUM, 36, 5)}\\n"}`,
      'secret/github-token',
      `ghp_${random(ALNUM, 36, 5)}`,
    ],
    [
      'a key behind a false block',
      `-----BEGINghp_${random(ALNUM, 36, 6)}`,
      'secret/github-token',
      `ghp_${random(ALNUM, 36, 6)}`,
    ],
    [
      'a parameter of an address that has more behind it',
      `https://api.acme.test/v1?page=1&api_key=${random(ALNUM, 32, 4)}&q=1`,
      'secret/api-key',
      random(ALNUM, 32, 4),
    ],
    [
      'the seventh parameter',
      `/v1?a=1&b=2&c=3&d=4&e=5&f=6&sig=${random(ALNUM, 43, 4)}&h=1`,
      'secret/api-key',
      random(ALNUM, 43, 4),
    ],
    ['a session', `user_session=${random(ALNUM, 30, 4)}; x=1`, 'secret/api-key', random(ALNUM, 30, 4)],
    [
      'a quoted key with signs in it',
      "SECRET_KEY = 'django-insecure-x8^1q(w_k3z@p!7r#m+u5=t0v)j2n*e4'",
      'secret/api-key',
      'django-insecure-x8^1q(w_k3z@p!7r#m+u5=t0v)j2n*e4',
    ],
    [
      'a token that says what it is',
      `it was zz_sk_${random(ALNUM, 40, 4)} before`,
      'secret/api-key',
      `zz_sk_${random(ALNUM, 40, 4)}`,
    ],
    [
      'a token of a provider and a UUID',
      'pat-na1-59c86c08-364e-4d3c-a8b1-ddbb52a957dd',
      'secret/api-key',
      'pat-na1-59c86c08-364e-4d3c-a8b1-ddbb52a957dd',
    ],
    [
      'a header of a scheme of its own',
      'Authorization: Splunk 3b1c2d4e-1aaa-4bbb-8ccc-1234567890ab',
      'secret/api-key',
      '3b1c2d4e-1aaa-4bbb-8ccc-1234567890ab',
    ],
    [
      'hashes of Windows',
      'Administrator:500:aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0:::',
      'secret/password-hash',
      'aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0',
    ],
    [
      'the private lines of PuTTY',
      `Private-Lines: 1\n${random(ALNUM, 48, 2)}\nPrivate-MAC: 12`,
      'secret/private-key',
      `Private-Lines: 1\n${random(ALNUM, 48, 2)}\nPrivate-MAC:`,
    ],
    [
      'a private key in JSON',
      `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","d":"${random(ALNUM, 43, 5)}"}`,
      'secret/private-key',
      random(ALNUM, 43, 5),
    ],
    [
      'a key from behind',
      `it reads ${[...`ghp_${random(ALNUM, 36, 1)}`].reverse().join('')}.`,
      'secret/github-token',
      [...`ghp_${random(ALNUM, 36, 1)}`].reverse().join(''),
    ],
  ])('finds %s', (_, text, name, value) => {
    expect(seen(text)).toContainEqual([name, value])
  })

  test.each([
    'const token = await getToken(user.id)',
    'API_KEY=<your-api-key>',
    'pass: "-an 1 -c:v libx264 -b:v 2M9 -used 4x and more"',
    'the old [github-token], release2024candidate7B and more',
    'password = process.env.DB_PASSWORD2',
    'max_tokens: 4096',
    'The primary_key is user_id_1 and the sort_key is created_at_2.',
    'commit 5f2e8a9c0b1d3f4e6a7b8c9d0e1f2a3b4c5d6e7f',
    'Put it between -----BEGIN PRIVATE KEY----- and the matching end line, as always, and nothing else should follow here.',
    'https://user@example.com/path?page=2',
    'The secret of success is hard work.',
    'task-59c86c08-364e-4d3c-a8b1-ddbb52a957dd and cache-key-59c86c08-364e-4d3c-a8b1-ddbb52a957dd',
    'token-limits-and-other-things-2024-are-here',
    "new KeyvRedis('redis://localhost:6379')",
    'https://img.example/npm/v/ts-api-utils?color=21bb42a7',
    'listener: (session: ServerHttp2Session) => void',
    '{"kid":"a1","d":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}',
    'Authorization: see RFC6750, section 2.1',
  ])('leaves %j alone', (text) => {
    expect(seen(text)).toEqual([])
  })

  test('reports no class it does not declare', () => {
    expect(new Set(SECRET_CLASSES).size).toBe(SECRET_CLASSES.length)
  })

  test('a stream finds what the whole text gives, however it is cut, and never before what it called settled', () => {
    // biome-ignore format: dense on purpose
    const part = fc.constantFrom(
      `ghp_${random(ALNUM, 36, 1)}`, 'password = "x9!kk2 z"', pem, pem.slice(0, 150), '-----BEGIN', ' PRIVATE KEY-----', 'KEY-----', 'kind: Secret', '\n', 'data:',
      ' a: c2VjcmV0MTIz', 'API_KEY=', random(ALNUM, 30, 3), '"', "'", '\\n', '\\', ' ', '123456789012345|', random(ALNUM, 27, 8), 'curl -u a:b12', 'https://a:b12@c', '&x=', 'the end of prose words go on and on',
      'password="a b c ', 'd e f g', random(ALNUM, 5000, 9), 'token is ', ': ', '=', 'ü', 'Private-Lines: 1', '"kty":"oct","k":"', "key = 'a(b", `zz_sk_${random(ALNUM, 30, 4)}`,
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 14 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (parts, sizes) => {
          const text = parts.join('')
          const found = foundInPieces(detector, text, sizes)
          for (const f of found) expect(SECRET_CLASSES).toContain(f.class)
        },
      ),
      { seed: 11, numRuns: 400 },
    )
  })

  test('a line drawn across the page is let go, and a key block behind it is found', () => {
    for (const before of ['', 'text\n', 'print("']) {
      const stream = detector.open()
      stream.push(`${before}${'-'.repeat(80)}`)
      expect(stream.openFrom).toBe(before.length + 64)
    }
    const stream = detector.open()
    stream.push(`password: ${'-'.repeat(80)}`)
    expect(stream.openFrom).toBe(10)
    expect(seen(`${'-'.repeat(40)}${pem}`)).toEqual([['secret/private-key', pem]])
  })

  test('work grows with the length of hostile text, not faster', () => {
    for (const unit of [
      'a.',
      '=',
      'key=',
      '-----BEGIN PRIVATE KEY-----',
      'key="',
      'https://a:',
      '-u ',
      'ghp_',
      'a1',
      '{',
      'kind: Secret data: ',
      '://',
      '&a=1',
      '&key=a1B2c3D4e5&',
      "key='a(",
    ]) {
      expect(
        growth(unit, (text) => detect(detector, text)),
        unit,
      ).toBeLessThan(LINEAR)
    }
  })
})
