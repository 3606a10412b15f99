// Passwords that stand before the word for them, and those that only their place gives away; what looks like either and is none.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { detect } from '../detector.ts'
import { createSecretDetector } from './secrets.ts'

const detector = createSecretDetector()
/** Text with `[[…]]` round what must be found, as text and values. */
const read = (marked: string) => ({
  text: marked.replaceAll(/\[\[|\]\]/g, ''),
  values: [...marked.matchAll(/\[\[(.*?)\]\]/g)].map(([, value]) => value),
})
const found = (text: string) => {
  const values = detect(detector, text).map((f) => text.slice(f.start, f.end))
  return [...new Set(values)]
}

const SAID = [
  'use [[Tr4velM0nkey!]] as the password for the box',
  'set "[[Wint3r-Rain22]]" as your new password, please',
  '[[Brezel2291x]] is my password',
  '**[[Brezel2291x]]** is the staging password (until May)',
  'nimm [[Sommer!Regen24]] als Passwort',
  '[[Kolibri78!]] ist das WLAN-Passwort',
  'utilise [[Cerise-2931x]] comme mot de passe pour le portail',
  'usa [[Gato.Negro88]] como contraseña',
  'usa [[Lupo-Rosso7]] come password',
  'use [[Cachorro#12]] como senha',
  'gebruik [[Fiets!Pad33]] als wachtwoord',
  '[[482913]] is your Google verification code.',
  '[[G-482913]] is your verification code',
  '[[4821]] is the PIN for the card',
  'echo [[hunter2x9]] | docker login -u bob --password-stdin',
  "printf '[[t0pS3cret9]]' | gh auth login --with-token",
  'echo "[[t0pS3cret9]]" | sudo -S apt update',
]
const NOT_SAID = [
  'KeePass2x is the password manager we use',
  'use Argon2id as the password hash',
  'use Argon2id as the password',
  'Foo2Bar is the password_for x',
  'v2.3.1-rc2 is the password reset release',
  'set field1Name as the password field',
  'use user_id_2 as the password',
  'server1 is missing a password',
  'server1 is the password',
  'Aa1bb2 was not the password',
  'use http://example.com/Reset2 as the password',
  'Foo2Bar is the password-less login',
  'use your-password-1 as the password',
  '1045 is the error code for it',
  '2024 is the code freeze year',
  '90210 is the zip code',
  '8080 is the port',
  '4821 is a pin number of no card, 12345 is one',
  'echo hello2you | grep -c hello',
  'echo $TOKEN1 | docker login --password-stdin',
  'say hunter2x9 | docker login --password-stdin',
]
const PLACED = [
  "INSERT INTO users (id, email, password) VALUES (1, 'a, (b)', '[[Fr33dom!]]'), (2, lower('x'), '[[aB3!dom9]]');",
  'requests.get(url, auth=("bob", "[[hunter2x9]]"))',
  "session.auth = ('bob', '[[p(4ss;w0rd!]]')",
  'auth=HTTPBasicAuth(os.environ["USER"], "[[hunter2x9]]")',
  'basic_auth=(\n    "elastic",\n    "[[hunter2x9]]",\n)',
  'Credentials.basic("bob", "[[hunter2x9]]")',
  'given().auth().basic("bob", "[[hunter2x9]]")',
  'smtp.login("bot@example.com", "[[mailP4ss!]]")',
  "$pdo = new PDO($dsn, 'app', '[[hunter2x9]]');",
  'DriverManager.getConnection(url, "app", "[[hunter2x9]]");',
  'cx_Oracle.connect("app", "[[hunter2x9]]", dsn)',
  'pymysql.connect("db1", "app", "[[hunter2x9]]")',
  'docker login -u bob -p [[hunter2x9]] registry.example.com',
  'net use Z: \\\\fs01\\share /user:CORP\\bob [[hunter2x9]]',
  'ConvertTo-SecureString "[[hunter2x9]]" -AsPlainText -Force',
  'WIFI:T:WPA;S:Guest;P:[[Kaffee2024!]];;',
  'wifi: Guest-Net key [[Kaffee2024!]]',
  'my wifi is "FritzBox 7590 XY" and the key is [[84721590337716528840]]',
  'pre-shared-key [[Vpn!Key2291]]',
  'snmp-server community [[C0mmun1ty]] RO',
  'psk="[[Kaffee2024!]]"',
  'aws: [[AKIAQ3EGRT5ZV2KLMN4P]] / [[wJalrXUtnFEMIx7MDENGbPxRfiCYqXq8k1m2n3oz]]',
  'OTP seed: [[JBSWY3DPEHPK3PXP]]',
  'login jsmith / [[Qw3rty!99]] works',
  'http -a deploy:[[s3cr3tDeploy]] GET example.org',
  'smbclient //fs01/share -U bob%[[Hunter2x9]]',
  'admin/[[Zx81spectrum!]] is what the printer has',
  'root:[[t00r-Me!Up]]',
  'user,password,role\nbob,[[hunter2x9]],admin\nann,[[Kolibri78!]],user\n',
  '| host | user | DB password |\n|---|---|---|\n| db1 | app | [[s3cr3tDeploy]] |\n| db2 | app | [[Qw3rty!99]] |',
]
const NOT_PLACED = [
  "INSERT INTO users (id, password, note) VALUES (1, NULL, 'Fr33dom!');",
  'auth=("your_user", "your_password")',
  'author=("bob", "hunter2x9")',
  'auth=("hunter2x9", user)',
  'login("home", "page_2_x")',
  'Typography.basic("h1", "Heading2X")',
  'auth: ("GET", "/api/v1/Login2")',
  'the sign-in page / Home2Page',
  'we enable secret santa2024 again',
  'ls -U dir%20name2X',
  'tool --user 1000:Group2Name',
  'echo Hello1World | passwd-strength',
  'logger.log("user", "hunter2x9")',
  'a.connect("app", "hunter2x9")',
  'DriverManager.getConnection(url, "app2users", pw)',
  'docker run --name login2 -p 8080:80 nginx',
  'docker login -u bob -p "$DOCKER_PASSWORD1"',
  'docker run -u 1000:1000 nginx',
  'tool -u app:group2 file',
  'share /user:CORP\\bob hunter2x9',
  'wifi works, the key 2024 figures',
  'P:Kaffee2024!',
  'path root:lib/python3.11',
  'admin/users2list',
  'admin/Users2List',
  'the ssid of the lab has a key chapter2',
  'jsmith / Qw3rty!99',
  'name,email\nhunter2x9,a@b.de\n',
  '| step | password policy |\n|---|---|\n| 1 | AtLeast8Chars1! |',
  'user,password\n\nBob,Hunter2x9\n',
  'key: user_id_123',
  'aws: / wJalrXUtnFEMIx7MDENGbPxRfiCYqXq8k1m2n3oz',
]

describe('passwords by what stands around them', () => {
  test.each([...SAID, ...PLACED])('finds %s', (marked) => {
    const { text, values } = read(marked)
    expect(found(text)).toEqual(values)
  })
  test.each([...NOT_SAID, ...NOT_PLACED])('lets %s alone', (text) => {
    expect(found(text)).toEqual([])
  })

  test('finds the whole column of a long table, however far its heading is', () => {
    const rows = Array.from({ length: 60 }, (_, i) => `user${i},Qw3rty!${i}x,some more words\n`)
    expect(found(`name,password,note\n${rows.join('')}`)).toHaveLength(60)
  })

  test('waits for the words behind what looks like a password, and for nothing else', () => {
    const held = (text: string) => {
      const stream = detector.open()
      stream.push(text)
      return text.length - stream.openFrom
    }
    expect(held('take Tr4velM0nkey! as the ')).toBe(21)
    expect(held('take Tr4velM0nkey! for ')).toBe(0)
    expect(held('take Tr4velM0nkey! as soon ')).toBe(0)
    expect(held('take server1 as the ')).toBe(0)
    expect(held('12 is the ')).toBe(0)
  })

  test('finds the same however the text is cut', () => {
    const all = [...SAID, ...PLACED].map((marked) => read(marked).text)
    const words = [
      ' is',
      ' as',
      ' the',
      ' password',
      ' code',
      '482913',
      'Tr4velM0nkey!',
      '"',
      "'",
      ', ',
      '(',
      '\n',
      ' | ',
      'auth=',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...all, ...NOT_SAID, ...NOT_PLACED), fc.constantFrom(...words)), { maxLength: 8 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 20 })), (whole, sizes) => {
        foundInPieces(detector, whole, sizes)
      }),
      { seed: 17, numRuns: 3000 },
    )
  })

  test('work grows with the length of hostile text, not faster', () => {
    for (const unit of [
      'aB3dE5f is the ',
      '"aB3dE5f",',
      'f("a", "b3cdef", ',
      '(((',
      '| aB3dE5f ',
      'echo aB3dE5f | ',
      'login a / aB3dE5f ',
      'net use aB3dE5f ',
      ',',
      'password,',
      "(a) values ('aB3!5f',",
    ]) {
      expect(
        growth(unit, (text) => detect(detector, text)),
        unit,
      ).toBeLessThan(LINEAR)
    }
  })
})
