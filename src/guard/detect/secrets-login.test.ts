// A user and a password in one word, the logins of tools and their files, hashes of passwords; and what is written alike.
import { describe, expect, test } from 'vitest'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { createRandom } from '../../../test/generators/random.ts'
import { detect } from '../detector.ts'
import { createLabelledDetector } from './labelled/labelled.ts'
import { createSecretDetector } from './secrets.ts'

const secrets = createSecretDetector()
const labelled = createLabelledDetector()
/** Text with `[[…]]` round what must be found, as text and values. */
const read = (marked: string) => ({
  text: marked.replaceAll(/\[\[|\]\]/g, ''),
  values: [...marked.matchAll(/\[\[(.*?)\]\]/gs)].map(([, value]) => value),
})
const found = (text: string) => [
  ...new Set([...detect(secrets, text), ...detect(labelled, text)].map((f) => text.slice(f.start, f.end))),
]

const HASH = 'Qx1Zk3rT$8vQeTzQnAmKpW7xR5tYbUcVdWeXfYgZhA1bC2dE3fG4h'
const LOGINS = [
  'admin:[[Tr0ub4dor]]@10.0.0.4',
  'use root:[[S3cret!]]@db.internal:5432.',
  'svc_app:[[Kolibri78!]]@10.20.30.40:8080/x',
  'ssh deploy:[[hunter2]]@host',
  'sftp backup:[[Gr8@Tapes!]]@nas.example.net',
  'curl --user bob:[[correcthorse]] https://example.org/x'.replace('bob:[[', '[[bob:'),
  "curl x -u \t '[[bob:CorrectHorse]]' https://example.org/x",
  'curl -u "[[bob:tr1cky pass!]]" https://example.org/x',
  "mysqldump -h db1 -u backup -p'[[Nightly!9]]' shop",
  'mysql -u root -p[[S3cret]]',
  'net use \\\\srv\\c$ /user:bob [[hunter2]]',
  'net use \\\\srv\\c$ [[Winter2024]] /user:bob',
  'net user bob [[Welcome2031!]] /add',
  'htpasswd -bc .htpasswd bob [[Hunter2x]]',
  'xfreerdp /u:bob /p:[[Winter2024!]] /v:10.0.0.5',
  'evil-winrm -i 10.0.0.4 -u admin -p [[Winter2024!]]',
  "crackmapexec smb 10.0.0.4 -u bob -p '[[Winter2024!]]'",
  'ipmitool -H 10.0.0.9 -U ADMIN -P [[Zebra9x]] power status',
  'sqlplus scott/[[tiger99]]@orcl',
  'jdbc:oracle:thin:scott/[[Tig3r_99]]@//ora1:1521/XEPDB1',
  'impdp system/[[Manager9x]] directory=d',
  'keytool -storepass [[changeit9X]] -list',
  'unrar x -p[[Zebra9x!]] a.rar',
  'snmpwalk -v2c -c [[C0mmun1ty]] 10.0.0.1',
  'sshpass -p [[letmein]] ssh host',
  'machine api.example.com login deploy password [[correcthorse]]',
  'machine api.example.com\n  login deploy\n  password [[correcthorse]]\n',
  'default login anonymous password [[me-and-you]]',
  'localhost:5432:shop:app:[[correcthorse]]\n*:*:*:postgres:[[Pa55w0rd]]',
  `bob:[[$6$${HASH}]]:19000:0:99999:7:::`,
  'alice:[[$apr1$QhVn5D8t$Cxk3JzqVYQnP7L5rWmT9s.]]',
  'userPassword: {SSHA}[[W6ph5Mm5Pz8GgiULbPgzG37mj9g=]]',
  '$argon2id$v=19$m=65536,t=3,p=4$[[c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG]]',
  '[[SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0$Q1Zk3rT8vQeTzQnAmKpW7xR5tYbUcVd=:WeXfYgZhA1bC2dE3fG4hI5jK6lM7nO8=]]',
  'Authorization: Digest username="bob", uri="/", response="[[6629fae49393a05397450978507c4ef1]]"',
  'GRANT ALL ON *.* TO app IDENTIFIED BY "[[kiwi-Tree]]";',
  'router: admin / [[Fritz-0815-xy]]',
  'the bind secret is [[Ld4p-B1nd!x]]',
]
const NO_LOGINS = [
  'to:bob77@example.com, contact:Jane.Doe1985@example.com, mailto:bob1@10.0.0.4, sip:bob2000@10.0.0.4',
  'user:pass@host, username:password@hostname, root:$PASSWORD@10.0.0.4, root:<password>@10.0.0.4',
  'nginx:1.27@sha256:9f86d081, app:v2beta@sha256:9f86, pkg:npm/react@18.2.0, react:18@latest, ratio 3:4@10',
  'scp a.tgz deploy@10.0.0.4:/srv/releases/2; git@github.com:owner/repo2.git; root@10.0.0.4:/etc/',
  'foo:bar@baz, git:main@origin, deploy:production@cluster1',
  'mysql -u root -p shop2DB; mysql -u root -p$MYSQL_PASSWORD shop; mysql -uroot -P3306; mysql -u root -p',
  'docker run -u 1000 -p 8080:80 x; ssh -l bob -p 2222 host; mkdir -p src/guard2',
  'sshpass -e ssh host; sshpass -p password ssh host; curl -u $USER:$TOKEN x; curl -u "$USER" x; curl -u user:password x',
  'src/main.ts:12:4:error:unused2; main.ts:1024:4:error:unused; a:1:b:c:d; 127.0.0.1:5432:5432; 12:30:45:10:9999',
  'localhost:5432:shop:app:password',
  'bob:x:1000:1000:Bob:/home/bob:/bin/bash; root:*:19000:0:99999:7:::',
  'cost $6$ and $5$, price $1$2$3; $HOME/lib/python3.11; {SHA} is a hash; {SHA}short',
  'src/tiger99@orcl; imported from lib/tiger99; a/b2@c',
  'the machine login page has a password field; default login name and password are printed below',
  'net users like hunter2x here; htpasswd is a tool hunter2x',
  'response=6629fae49393a05397450978507c4ef1; Authorization: Basic realm="x"; WWW-Authenticate: Digest realm="x", nonce="dcd98b7102"',
  'Admin / Level2Support; the secret is patience and the secret is 42things',
  'identified by "password"; is identified by name',
]

describe('logins', () => {
  test.each(LOGINS)('finds %s', (marked) => {
    const { text, values } = read(marked)
    expect(found(text)).toEqual(values)
  })
  test.each(NO_LOGINS)('lets %s alone', (text) => {
    expect(found(text)).toEqual([])
  })

  test('finds the same however the text is cut', () => {
    const random = createRandom(29)
    const lines = [...LOGINS.map((marked) => read(marked).text), ...NO_LOGINS]
    for (let run = 0; run < 600; run++) {
      const text = `${random.pick(lines)}${random.pick([' ', '\n', ', '])}${random.pick(lines)}`.slice(
        random.int(0, 12),
      )
      for (const detector of [secrets, labelled]) {
        const stream = detector.open()
        const pieces = []
        let settled = 0
        for (let at = 0; at < text.length; ) {
          const size = run % 2 === 0 ? 1 : random.int(1, 9)
          for (const finding of stream.push(text.slice(at, at + size))) {
            expect(finding.start).toBeGreaterThanOrEqual(settled)
            pieces.push(finding)
          }
          settled = stream.openFrom
          at += size
        }
        pieces.push(...stream.end())
        pieces.sort((a, b) => a.start - b.start || b.end - a.end)
        expect(pieces, text).toEqual(detect(detector, text))
      }
    }
  })

  test.each([
    'admin:a1@',
    'a:b1@10.0.0.4 ',
    'ssh a:b1@c ',
    'curl -u a:b1 ',
    '$6$abc1$',
    '{SHA}a1',
    'a:5432:b:c:d1\n',
    'a/b1@',
    'net use a1 ',
    "mysql -p'a1 ",
    'response=a1 ',
    'machine a login b password ',
    '-u a -p b1!aB2 ',
  ])('work on %j grows with the text, not faster', (unit) => {
    for (const detector of [secrets, labelled])
      expect(growth(unit, (text) => detect(detector, text))).toBeLessThan(LINEAR)
  })
})
