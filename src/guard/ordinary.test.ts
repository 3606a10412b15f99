// Ordinary code, logs, configuration and letters, in which nothing is private: no detector but that of names says otherwise.
import { expect, it } from 'vitest'
import { detect } from './detector.ts'
import { createDetectors } from './detectors.ts'
import { normalise } from './normalise.ts'

const detectors = createDetectors({ names: false })
const PLAIN = /^(?:personal\/(?:date|place|organisation|title|people)|finance\/amount|network\/url)$/

const found = (text: string) => {
  const copy = normalise(text)
  return detectors
    .flatMap((detector) => detect(detector, copy))
    .filter(({ class: name, confidence }) => confidence >= 50 && !PLAIN.test(name))
    .map(({ class: name, start, end }) => `${name} ${copy.slice(start, end)}`)
}

it.each([
  // Parameters behind a name for a key.
  'api(bearer, "/admin/v1/audit?kind=call&limit=50")',
  "await get(bearer, '/v1/x?limit=50')",
  'token, "page_size=50&order=desc"',
  'bearer = "Bearer " + token, "/v1/items?sort=name&limit=50"',
  'hmac.new(secret, b"timestamp=1714566896&nonce=42", hashlib.sha256)',
  'curl -s -H "Authorization: Bearer $T" "http://localhost:4141/admin/v1/keys?cursor=&limit=50"',
  // What calls and programs go by.
  'X-Request-Id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
  '"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", client_id: 8f14e45f-ceea-467f-a0e6-1f2b3c4d5e6f',
  'trace_id: 4bf92f3577b34da6a3ce929d0e0e4736, span_id: 00f067aa0ba902b7',
  'case 12: return 0x1F4;',
  // Programs with their version, zones, standards, drawings, ports, and what was born without being anybody.
  'Paket X11-Server, bind9-host und tomcat9-web; zone "in-addr.arpa" and ip6.arpa',
  'passport to ISO-9660, tax on RFC-2119 and driver for IEEE-1394',
  'call 0 383.8 0 482.3 and 212.5 0',
  'contact: ports 49152-65535, cell range 5000-5100',
  'El contrato tiene 20 años. Garantie (30 Jahre). Laufzeit, 25 Jahre. Tiene 20 años de experiencia. La casa ha 40 anni.',
  'An idea born out of a merger in 1990, and born of need since 1990.',
  // Names of settings, files, versions and resources.
  'PASSWORD_RESET_TIMEOUT=259200',
  'password_policy: min_length_12\nkey_exchange_algorithms: curve25519-sha256',
  'throw new Error("password_too_short_8")',
  'public static final String PASSWORD_KEY = "password_v2";',
  'const apiKeyHeader = "X-Api-Key-Id2"; localStorage.setItem("auth_token_v2", token)',
  's3.getObject({ Bucket: "my-bucket2", Key: "reports/2024/05/report-12.pdf" })',
  '<li key="item-12-row-3"><img key="item_4821_thumb.png">',
  'i18n key: login.error.code_1045',
  'secretName: app-tls-cert-2024\nexistingSecret: redis-auth-v3\nexistingSecretPasswordKey: redis-password2',
  'POSTGRES_PASSWORD_FILE: /run/secrets/pg_pass2',
  'password: \u0024{DB_PASSWORD2:-}, val secret = sys.env("APP_SECRET2")',
  'lock code path: src/lock2.ts',
  "getAPIList('/v1/organizations/api_keys', (pagination_1.Page), { query })",
  '[key: string]: JSONSchema4TypeExtended, exports.TokenProvider = exports.k8sServiceAccountTokenProvider',
  "paths: ['users.*.password', 'users.*.profile.apiKey2']",
  "const log_1 = require('../log.js'), es2015_symbol = 1; code: Status.INTERNAL, parent.local !== parent.exported",
  'const secondary = new KeyvRedis("redis://user:pass@localhost:6379")',
  'case 40:{b=f[71]|0;h=o&65535;f[b+(h<<3)>>2]=1} case "gpt-4-0613": return 8192',
  '// Prints: <Buffer 88 13 70 17>',
  '"/src/secrets-table.ts": "8861cb4ddec490d73acc4bfd0b37260bc0cff808"',
  'Section: Class 20 - Case Not Found\n\n20000    E    ERRCODE_CASE_NOT_FOUND',
  // Lists of changes, and the next line of a log.
  'originating client event.\n\n## 4.0.14\n\n- 5ec21a6: fix: reject batch request types\n- 7469a3b: feat: support more',
  'compare/types-v0.14.0...types-v0.15.0) (2024-09-09)\n1.12.30 / 01.12.2025\n## 3.3.0 (2016-07-25)',
  'updated call signatures\n- [#10895](https://github.com/x/y) fix phone\n\n## 5.1.0 (2017-07-05)',
  '"msg":"incoming request"}\n{"time":1650063795033,"res":{}}',
  'commit/138e7fb6280705457079863bedb238b16b322032 replace badge [`6b86754`](https://github.com/x)',
  'License (c) 2025-PRESENT; even though we request SHA-256 it will use SHA-512',
  // Numbers in rows, logs and prose.
  'd="m -0.023,0.00555 0.276686,0.013847 -0.0498 0.697266,6e-6"',
  'Free Software Foundation, Inc., 51 Franklin Street, Fifth Floor, Boston, MA  02110-1301  USA',
  'ALTER USER [alter_user(7)], siehe alter_table(7)',
  'znaki CP 1252, „Windows-Latein 1“ ist CP1252',
  '23 24 25 26 27 28 29\n27 28 29 30',
  'dvix332 divideint +0.100 9E+999999999 -> 0, x = 1e+49151234567',
  '"serviceFullName":"AWS Ground Station", repository full name: Hello World',
  // What is done to names and numbers.
  'メンバーの名前を表示する。ファイルの名前に依存した値',
  'ファイルの名前が変更されました。名前は接続するコネクタに依存しない。名前が明示されなかった場合',
  '파일 또는 디렉터리 이름을 출력합니다',
  'Package: *\nPin: release a=bullseye-backports\nPin-Priority: 1001',
  'gpg:                using RSA key 647F28654894E3BD457199BE38DBBDC86092693E\ngpg: Good signature',
  '- - [01/May/2024:12:34:56 +0000] "GET /index.html HTTP/1.1" 200 2326 "-" "Mozilla/5.0"',
  'scores: 98 76 54 32 10 99 87, matrix: 4 8 15 16 23 42',
  'TAN 2024 conference, sin 45.123456789, invoice template v12345',
  'ERROR 1045 (28000): Access denied for user (using password: YES)',
  'kubectl get pods; order-service-6b7f9c8d5-abcde 1/1 Running 12 4d2h',
  'go.sum: github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=',
  'ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;',
  'CREATE TABLE users (id BIGINT PRIMARY KEY, password VARCHAR(255) NOT NULL, token CHAR(36));',
  'protobuf: optional string access_token = 2; repeated int32 key_ids = 14;',
  'password: { type: String, minlength: 8, select: false }, password: z.string().min(8).max(64)',
  'Das Ticket wurde am 12.04.2024 geschlossen. Urteil vom 12.03.2019, Az. VI ZR 123/18',
])('nothing in: %s', (text) => {
  expect(found(text)).toEqual([])
})

it.each([
  ['"token=hunter2x9aB&limit=50"', 'secret/api-key hunter2x9aB'],
  ['url = "/login?user=bob&password=hunter2x9&limit=50"', 'secret/password hunter2x9'],
  ['x?jane=40example.com&mail=jane=40example.com', 'personal/email jane=40example.com'],
  ['Key: "a8F3kd92-ks0d7f6g-92kdl"', 'secret/api-key a8F3kd92-ks0d7f6g-92kdl'],
  ['ticket 3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'business/ticket-id 3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
  ['私の名前は田中太郎です。', 'personal/person 田中太郎'],
  ['名前は佐藤と申します', 'personal/person 佐藤'],
  ['phone 12 34 56 78', 'personal/phone 12 34 56 78'],
  ['Phone numbers:\n- 555 0143 22\n', 'personal/phone 555 0143 22'],
  ['Customer number\n  4711-2233\n', 'business/customer-id 4711-2233'],
  ['"customer": {\n  "id": "C48-213-77"\n}', 'business/customer-id C48-213-77'],
  ['mysql://app:hunter2x@db1.example.com/shop', 'secret/url-credentials app:hunter2x'],
  ['fb4111111111111111bedb', 'finance/card 4111111111111111'],
  ['ssh prod-db-07, see redis-cache-01', 'network/host prod-db-07'],
])('what looks like it and is private: %s', (text, wanted) => {
  expect(found(text)).toContain(wanted)
})
