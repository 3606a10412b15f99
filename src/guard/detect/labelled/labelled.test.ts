// Values that a word gives away, in many languages, and sentences that only look like them; a stream finds what the whole
// text gives; no text makes it slow.
import { expect, it } from 'vitest'
import { createRandom } from '../../../../test/generators/random.ts'
import { detect } from '../../detector.ts'
import { createSecretDetector } from '../secrets.ts'
import { createLabelledDetector } from './labelled.ts'

const detector = createLabelledDetector()
const found = (text: string) => detect(detector, text).map((f) => `${f.class} ${text.slice(f.start, f.end)}`)

it.each([
  ['digicode 4472', 'secret/pin 4472'],
  ['Vers.-Nr. A123456780, Diagnose', 'personal/national-id A123456780'],
  ['<firstName>Ebba</firstName><lastName>Nyström</lastName>', 'personal/person Nyström'],
  ['Nachname: Petersen, Vorname: Swantje', 'personal/person Swantje'],
  ['first_name=Kwabena&last_name=Owusu', 'personal/person Owusu'],
  ['{"lastName": "Ní Dhomhnaill"}', 'personal/person Ní Dhomhnaill'],
  ['{"rodné číslo": "750516/0123"}', 'personal/national-id 750516/0123'],
  ['{"rodneCislo":"750516/0123"}', 'personal/national-id 750516/0123'],
  ['{"numero_securite_sociale": "285056938201463"}', 'personal/national-id 285056938201463'],
  ['{"securityCode":"331"}', 'finance/card-code 331'],
  ['(security code: 331)', 'finance/card-code 331'],
  ['**security code:** 331', 'finance/card-code 331'],
  [
    '{"mySeedPhrase": "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic"}',
    'secret/seed-phrase ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic',
  ],
  ['mi contrasena: Nube.Gris77', 'secret/password Nube.Gris77'],
  ['National Insurance number AB 12 34 56 C. Thanks', 'personal/national-id AB 12 34 56 C'],
  ['氏名：山田太郎\n電話：なし', 'personal/person 山田太郎'],
  ['姓名: 王小明，年龄 31', 'personal/person 王小明'],
  ['你好，我叫李娜，我的订单没到', 'personal/person 李娜'],
  ['私の名前は鈴木花子です。', 'personal/person 鈴木花子'],
  ['이름: 김민수\n', 'personal/person 김민수'],
  ['제 이름은 김민수입니다', 'personal/person 김민수'],
  ['{"姓名":"欧阳小明","城市":"北京"}', 'personal/person 欧阳小明'],
  ['الاسم: محمد عبد الله\nالعمر: 31', 'personal/person محمد عبد الله'],
  ['שם: דוד לוי\n', 'personal/person דוד לוי'],
  ['नाम: राजेश कुमार\n', 'personal/person राजेश कुमार'],
  ['ชื่อ: สมชาย ใจดี\n', 'personal/person สมชาย ใจดี'],
  ['住所：東京都新宿区西新宿2-8-1\n', 'personal/address 東京都新宿区西新宿2-8-1'],
  ['地址: 北京市海淀区中关村大街27号，邮编见下', 'personal/address 北京市海淀区中关村大街27号'],
  ['my pw is Copper_Kite4!', 'secret/password Copper_Kite4!'],
  ['le mot de passe du wifi est Cerise#41', 'secret/password Cerise#41'],
  ['mi contraseña: Nube.Gris77', 'secret/password Nube.Gris77'],
  ['a senha é tucano88x', 'secret/password tucano88x'],
  ['wachtwoord is Klomp!33', 'secret/password Klomp!33'],
  ['Lösenord: Kanel_bulle7', 'secret/password Kanel_bulle7'],
  ['hasło to Pierogi2031', 'secret/password Pierogi2031'],
  ['Пароль: Снег2031!', 'secret/password Снег2031!'],
  ['密码是Panda-7712。', 'secret/password Panda-7712'],
  ['パスワード：fuji-san91', 'secret/password fuji-san91'],
  ["my password? it's Sunflower22", 'secret/password Sunflower22'],
  ['the secret key is f3a9c2d17b', 'secret/api-key f3a9c2d17b'],
  ['the root pw on web07 is Otter#9041 btw', 'secret/password Otter#9041'],
  ['user admin and password winter2031', 'secret/password winter2031'],
  ['the passphrase is "seven wet goats dance"', 'secret/password seven wet goats dance'],
  ['creds: svc_app / Qz7-lmn!', 'secret/password Qz7-lmn!'],
  ["sshpass -p 'Marble.71x' ssh ops@db", 'secret/password Marble.71x'],
  ['echo "bob:Gr8-T3a" | sudo chpasswd', 'secret/password bob:Gr8-T3a'],
  ['my PIN is 4821', 'secret/pin 4821'],
  ['passcode to the alarm is 559921', 'secret/pin 559921'],
  ['OTP 771204 valid for five minutes', 'secret/recovery-code 771204'],
  ['auth b3f1c2d4e5a69788990a1b2c3d4e5f60', 'secret/api-key b3f1c2d4e5a69788990a1b2c3d4e5f60'],
  ['CVV2: 737', 'finance/card-code 737'],
  ['card 4111 1111 1111 1111 exp 12/31', 'finance/card-code 12/31'],
  ['SWIFT/BIC: DEUTDEFF500', 'finance/bic DEUTDEFF500'],
  ['pay to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'finance/wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
  ['bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', 'finance/wallet bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq'],
  ['0x52908400098527886E0F7030069857D2E4169EE7', 'finance/wallet 0x52908400098527886E0F7030069857D2E4169EE7'],
  ['the car 1HGCM82633A004352 was sold', 'personal/vehicle 1HGCM82633A004352'],
  ['Kennzeichen B-MW 1234', 'personal/vehicle B-MW 1234'],
  ['48.858370, 2.294481', 'personal/location 48.858370, 2.294481'],
  ['40°26\'46"N 79°58\'56"W', 'personal/location 40°26\'46"N 79°58\'56"W'],
  ['IMEI 490154203237518', 'personal/device 490154203237518'],
  ['Seriennummer: C02XG2JHJGH5', 'personal/device C02XG2JHJGH5'],
  ['Instagram @marta.luz', 'personal/handle @marta.luz'],
  ['ask @kit_ng on telegram', 'personal/handle @kit_ng'],
  ['身份证号：11010519491231002X', 'personal/national-id 11010519491231002X'],
  ['pasaporte AAB123456', 'personal/national-id AAB123456'],
  ['USt-IdNr. DE123456789', 'personal/national-id DE123456789'],
  ['TVA intracommunautaire : FR 40 303265045', 'personal/national-id FR 40 303265045'],
  ['CIF: A-58818501', 'personal/national-id A-58818501'],
  ['Versicherungsnummer: 65 170839 J 008', 'personal/national-id 65 170839 J 008'],
  ["le mdp c'est Tartine-88", 'secret/password Tartine-88'],
  ['VAT reg no GB 980 7806 84', 'personal/national-id GB 980 7806 84'],
  ['C.I.F. B-58818501', 'personal/national-id B-58818501'],
  ['steuerliche IdNr 65 929 970 489', 'personal/national-id 65 929 970 489'],
  ['NIP 526-030-32-36', 'personal/national-id 526-030-32-36'],
  ['KvK-nummer 12345678', 'personal/national-id 12345678'],
  ['org.nr 556036-0793', 'personal/national-id 556036-0793'],
  ['DIČ: CZ25596641', 'personal/national-id CZ25596641'],
  ['r.č. 7103192745', 'personal/national-id 7103192745'],
  ['vergi no: 1234567890', 'personal/national-id 1234567890'],
  ['numéro fiscal 30 23 217 600 053', 'personal/national-id 30 23 217 600 053'],
])('%s', (text, wanted) => {
  expect(found(text)).toContain(wanted)
})

const PHRASES = [
  'my password is [[correct horse battery staple]].',
  'my password is [[correct horse battery staple]] and I can not log in',
  'the wifi password is [[purple monkey dishwasher]]',
  'hi, the passphrase is [[seven wet goats dance]] thanks',
  'Passphrase = [[otter glue velvet]]\nnext: line',
  'das Passwort lautet: [[blauer Esel 12]], bitte ändern',
  'le mot de passe est [[cheval correct pile agrafe]]',
  'wachtwoord: [[blauwe fiets 77]]',
  'mi clave es [[perro verde 12]]',
  'My password: [[Blue Horse 77!]]',
  'the password is [[open-sesame-friend]]',
  'passphrase: [[green-apple-tree]]',
  'password: [[letmein]]',
]
it.each(PHRASES)('the phrase in: %s', (marked) => {
  expect(found(marked.replaceAll(/\[\[|\]\]/g, ''))).toEqual([`secret/password ${/\[\[(.*)\]\]/.exec(marked)?.[1]}`])
})

const SENTENCES = [
  'the password is required for login, password is wrong, my password is not working',
  'my password is only eight letters long. his password is pretty bad. password is good enough',
  'the password is case sensitive, the password is cached client side, the password is checked server side',
  'our password is stuff nobody guesses. the password is the name of my dog. a passphrase is better than a password',
  'password: please enter your new password\npassword: must be at least\npassword: database access credentials',
  'Password: Remember me Sign in\nPassword: see sticker underneath router\npassword: ask Peter Miller now',
  'Passwort: siehe Aushang Raum 12. das Passwort ist falsch, das Passwort ist abgelaufen und muss geändert werden',
  'la contraseña es muy corta, la contraseña es parte del contrato, la clave es trabajar todos juntos',
  'le mot de passe est trop court, mot de passe : voir fiche jointe, la parola è poesia pura antica',
  'passphrase: Uint8Array; password is base64 text; password: user-defined-value; password: one two',
  'passwords are like underwear; the passphrase is usually four random words',
]
it.each(SENTENCES)('no phrase in: %s', (text) => {
  expect(found(text)).toEqual([])
})

it('finds every code of a list and a whole seed phrase', () => {
  expect(found('backup codes: 8392-1047, 5521-9083 and more')).toEqual([
    'secret/recovery-code 8392-1047',
    'secret/recovery-code 5521-9083',
  ])
  expect(found('Your backup codes:\n\n1. 8392-1047\n2. 5521-9083\n\n10. 3310-7720\n')).toEqual([
    'secret/recovery-code 8392-1047',
    'secret/recovery-code 5521-9083',
    'secret/recovery-code 3310-7720',
  ])
  // A code that looks like a label reads no list of its own.
  expect(found('otp 123otp 456otp 789pin: 4821')).toEqual([
    'secret/recovery-code 123otp',
    'secret/recovery-code 456otp',
    'secret/recovery-code 789pin',
    'secret/pin 4821',
  ])
  const words = 'ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic'
  expect(found(`seed phrase: ${words}. Keep it.`)).toEqual([`secret/seed-phrase ${words}`])
})

it.each([
  'The password must contain at least eight characters and one digit.',
  'password = os.environ["DB_PASSWORD"]',
  'le mot de passe est obligatoire',
  'Your password is incorrect, try again.',
  'Forgot your password? user1234 can help. Is it a token? It is text2text.',
  'das Passwort ist falsch',
  'password for Windows10 users, hashed with sha-256',
  'pin 13 of the board is connected to the LED',
  'a seed phrase has twelve or more words from a fixed list, written on paper and kept in a safe place by you',
  'The wallet is empty.',
  'The warranty expires 12/2027, expiration date: 03/28.',
  'PAN-OS 10.2.11 upgrade; the CIF of 2020, btw 123456 users; nip 2 tuck 300 items; NIF: obligatorio',
  'install passport 0.16.0-rc1 and passport 1.20.0.beta2',
  'plot([0.1234, 0.5678], [1.2345, 2.3456]); weights = [12.3456, -45.6789, 3.1415]',
  'the serial port is COM3, a plate of 12 oysters, swift 5.9 was released',
  'follow us on twitter; Instagram is a company',
  'the 2D code 0x88df016429689c079f3b2f6ad39fa052532c50795b733da78a91ebf588f39fc0',
  'https://www.rfc-editor.org/rfc/rfc9110 version 1.2.3456',
  'const secret = config.get("jwt.secret"); const pass = 3',
  'firstName: String, lastName: Required, surname: Optional<String>, lastName: { type: String }',
  "labels: { firstName: 'First name', lastName: 'Nachname', fullName: user.name, surname: getName() }",
  'first_name = models.CharField(max_length=30); last_name: str; surname: true',
  'The last name is required. First name and last name: see below.',
  '姓名：必填；地址：请输入；氏名,電話,住所',
  '名前を付けて保存し、地址栏输入网址',
  '이름을 입력하세요. 주소 변경',
  'الاسم مطلوب',
])('nothing in: %s', (text) => {
  expect(found(text)).toEqual([])
})

it('takes away the words of a placeholder and judges what is left', () => {
  const secrets = createSecretDetector()
  const hits = (text: string) => detect(secrets, text).length
  for (const secret of [
    'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'apiKey: "sk-abcdEFGH1234567890abcdEFGH1234567890abcdEFGH12"',
    'password: changeme2031',
    'password: Password123!',
  ])
    expect(hits(secret), secret).toBe(1)
  for (const placeholder of [
    'api_key: your-api-key-here',
    'apiKey: "YOUR_API_KEY"',
    'password: <password>',
    'api_key: \u0024{API_KEY}',
    'apiKey: "xxxxxxxxxxxxxxxxxxxx"',
    'password: changeme',
    'token: example-token-value',
  ])
    expect(hits(placeholder), placeholder).toBe(0)
})

it('a stream finds what the whole text gives, and nothing before what it has settled', () => {
  const random = createRandom(41)
  const lines = [
    ...PHRASES.map((marked) => marked.replaceAll(/\[\[|\]\]/g, '')),
    ...SENTENCES,
    "le mdp c'est Tartine-88 et c'estca",
    'machine api.example.com login deploy password correcthorse',
    'USt-IdNr. DE123456789, Versicherungsnummer: 65 170839 J 008, FR 40 303265045',
    'my pw is Copper_Kite4! and the PIN 4821.',
    'OTP 338 194, backup codes: 8392-1047, 5521-9083',
    'seed words are ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic',
    'sshpass -p \'Marble.71x\' ssh; echo "bob:Gr8-T3a" | sudo chpasswd',
    'GPS: -33.8688197,151.2092955 or 51° 30′ 26″ N, 0° 7′ 39″ W',
    'from OldPass77 to NewPass88! change my password from OldPass77 to NewPass88!',
    '密码是Panda-7712。 身份证号：11010519491231002X',
    'ask @kit_ng on telegram, linkedin.com/in/kit-ng-4a1, bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq',
    'unzip -P zipp99 a.zip, cédula de ciudadanía 1.020.345.678, password swift DEUTDEFF x, 手 1.2345678, 2.3456789',
    'passport no. GB9876543, QQ 12 34 56 C, plate AB12 CDE I think',
    'HKID A123456(3), HKID: Z683365(A) and passport A1234567(copy)',
    'backup codes:\n1. 8392-1047\n2) 5521-9083 | "  4410-2203  *  12. 5a1b2-c3d4e',
    'recovery codes: 56342, " | 918230 and lat -33.86882',
    '密码51°30\'26"N, pay to ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9 or bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  ]
  for (let run = 0; run < 900; run++) {
    const text = `${random.pick(lines)}${random.pick([' ', '\n', ', '])}${random.pick(lines)}`.slice(random.int(0, 9))
    const stream = detector.open()
    const pieces = []
    let settled = 0
    for (let at = 0; at < text.length; ) {
      const size = run % 2 === 0 ? 1 : random.int(1, 7)
      for (const finding of stream.push(text.slice(at, at + size))) {
        expect(finding.start).toBeGreaterThanOrEqual(settled)
        pieces.push(finding)
      }
      settled = stream.openFrom
      at += size
    }
    for (const finding of stream.end()) {
      expect(finding.start).toBeGreaterThanOrEqual(settled)
      pieces.push(finding)
    }
    pieces.sort((a, b) => a.start - b.start || b.end - a.end)
    expect(pieces).toEqual(detect(detector, text))
  }
})

it('a long word is no label, wherever the text is cut', () => {
  const text = `${'a'.repeat(3000)}pin: 4821 and ${'1'.repeat(2000)}pin: 4821`
  for (const size of [1, 700, 5000]) {
    const stream = detector.open()
    const pieces = []
    for (let at = 0; at < text.length; at += size) pieces.push(...stream.push(text.slice(at, at + size)))
    expect([...pieces, ...stream.end()]).toEqual(detect(detector, text))
  }
})

it.each([
  'pin ',
  'pw is ',
  'codes 1 ',
  'backup codes 1a2b-',
  '1.1234, ',
  '12°',
  '@ab ',
  '密码',
  'seed word ',
  'echo a:',
  'zip -',
  'lat 1.',
  'A1',
  'passport A1 ',
  'password is blue horse ',
  'password: a ',
  'passphrase is ab 1 ',
])('a quarter of a megabyte of %j does not stall', (unit) => {
  const text = unit.repeat(Math.ceil(250_000 / unit.length))
  const began = performance.now()
  detect(detector, text)
  expect(performance.now() - began).toBeLessThan(4000)
})
