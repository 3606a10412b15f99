// Sentences that tell a secret in many languages, and those that only speak of one; a stream finds what the whole text gives.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../../test/generators/growth.ts'
import { detect } from '../../detector.ts'
import { normalise } from '../../normalise.ts'
import { createSecretDetector } from '../secrets.ts'
import { createLabelledDetector } from './labelled.ts'

const detectors = [createSecretDetector(), createLabelledDetector()]
/** Text with `[[…]]` round what must be found, as text and values. */
const read = (marked: string) => ({
  text: normalise(marked.replaceAll(/\[\[|\]\]/g, '')),
  values: [...marked.matchAll(/\[\[(.*?)\]\]/g)].map(([, value]) => value),
})
const found = (text: string) => [
  ...new Set(detectors.flatMap((d) => detect(d, text)).map((f) => text.slice(f.start, f.end))),
]

const TOLD = [
  'the three digits on the back are [[474]]',
  'prüfziffer [[174]]',
  'TAJ: [[123 456 788]]',
  'Le véhicule [[AB-123-CD]] appartient',
  'Auto [[AB 123 CD]].',
  'coche [[1234 BCD]] azul',
  'mijn auto [[XB-123-K]].',
  'Fahrzeug [[KS-AB 123]] steht',
  'veículo, reg [[EZ63 ULW]], parked',
  'il veicolo targato [[EN 669 RC]] era',
  'plakası [[34 ECD 794]].',
  'numer rejestracyjny [[PO 1234A]]',
  'Steuerliche Identifikationsnummer: [[454 970 168 39]]',
  'cambia la contraseña de deploy a [[Kite7Harbor]]',
  'cambia la contraseña en web04 a [[Kite7Harbor]]',
  'la clave del wifi de la oficina es [[Naranja77]]',
  'usa [[Kite7Harbor9x]] como clave',
  'He puesto [[Girasol44z]] como contraseña nueva del router',
  'el código de la puerta principal es [[4482]]',
  'mi pin es el [[4821]]',
  'el usuario de web04 es marta con [[Kite7Harbor!]]',
  'change le mot de passe de deploy en [[Kite7Harbor]]',
  "le mot de passe de marta, c'est [[Hiver2031]]",
  "le code de la porte d'entrée est [[4482B]]",
  'la clé wifi est [[Soleil77x]]',
  'la password è stata cambiata in [[Girasole88]]',
  'il codice di verifica è [[482913]]',
  'la chiave API è [[a8f3kd92ks0d7f6g]]',
  'mudei a senha do wifi para [[Inverno2031]]',
  'define a password como [[Abacaxi66]]',
  'o código do portão é [[4482]]',
  'het wachtwoord van de database is gewijzigd naar [[Stroopwafel9x]]',
  'gebruik [[Kite7Harbor9x]] als sleutel',
  'zmień hasło użytkownika deploy na [[Kite7Harbor]]',
  'hasło to [[tulipan92x]]',
  'kod do bramy to [[4482]]',
  'heslo bylo změněno na [[Knedlik2024]]',
  'použij [[Kite7Harbor9x]] jako klíč',
  'lösenordet är [[tulpan92x]]',
  'koden till dörren är [[4482]]',
  'passordet er [[Vinter2031]]',
  'skift adgangskoden til [[Vinter2031]]',
  'deploy kullanıcısının şifresini [[Kite7Harbor]] olarak değiştir',
  'parola olarak [[Kite7Harbor9x]] kullan',
  'kapı kodu [[4482]]',
  'használd a [[Kite7Harbor9x]] jelszót',
  'állítsd a jelszót [[Tel2031x-re]]',
  'az API kulcs [[a8f3kd92ks0d7f6g]]',
  'パスワードを[[Kite7Harbor]]に変更してください',
  '[[Kite7Harbor9x]]をパスワードとして使ってください',
  '暗証番号は[[4821]]です',
  '请将密码改为[[Kite7Harbor]]',
  'web04的登录是marta，密码[[Kite7Harbor!]]',
  'wifi密码已经改成[[Dong2031]]了',
  '用[[Kite7Harbor9x]]作为密钥',
  '請用 [[Panda2024x]] 當作密碼',
  '门锁密码是[[4482]]',
  'deploy의 비밀번호를 [[Kite7Harbor]]로 바꿔줘',
  '[[Kite7Harbor9x]]를 비밀번호로 설정해줘',
  '현관 비밀번호는 [[4482]]',
  'смени пароль пользователя deploy на [[Kite7Harbor]]',
  'новый пароль от сервера — [[Zima2031x]]',
  'используй [[Kite7Harbor9x]] в качестве пароля',
  'код от домофона [[559921]]',
  'мой пин-код [[4821]]',
  'зміни пароль користувача deploy на [[Kite7Harbor]]',
  'код підтвердження [[482913]]',
  'غيّر كلمة مرور deploy إلى [[Kite7Harbor]]',
  'كلمة المرور الجديدة للخادم هي [[Shita2031]]',
  'استخدم [[Kite7Harbor9x]] ككلمة مرور',
  'use [[Kite7Harbor9x]] as the key',
  'He restablecido tu clave, ahora es [[Gaviota2019]]',
  "Le mot de passe Wi-Fi du bureau, c'est [[Mouette2019]]",
  "Pense à changer ton mot de passe, l'actuel est [[Mouette2019]]",
  'Mein Netflix-Passwort ist immer noch [[Moewe2019x]]',
  'Мой пароль от почты всё ещё [[Chayka2019]]',
  'Netflixのパスワードはまだ[[Kamome2019]]です',
  'my password, which is [[Seagull2019]], no longer works',
  'dane logowania: marta / [[Deszcz!2024]]',
  'данные для входа: marta / [[Dozhd!2024]]',
  'le code de la carte est [[4821]]',
  'пін-код картки [[4821]]',
  'il token di accesso è [[a8f3kd92ks0d7f6g]]',
  'اسم المستخدم marta وكلمة المرور [[Matar2024]]',
  'Bitte merken: [[Regen2024x]] (Passwort für den Drucker)',
  'mật khẩu của tôi là [[Mua2024xy]]',
  'kata sandi saya adalah [[Hujan2024]]',
  'the login for web04 is marta with [[Kite7Harbor!]].',
  'log in as marta using [[Otter9041]]',
  'the code for the front door is [[4482]]',
]

const NOT_TOLD = [
  'the car X5 2020 and the van T6 2019',
  'Auto A4 2019, coche C3, véhicule C5 X, Wagen VW-T5',
  'the password is required; please change your password in 30 days; the password was changed on server12',
  'the password as a hash, the password as Base64, store the password as required',
  'log in with OAuth2Proxy or Auth0Lock; the login is slow with Firefox128; sign in as guest with Chrome',
  'the password, which is stored in Vault2Prod, is safe; change your password, it is 90 days old, as is user2admin',
  'Foo2Bar (see the manual), Kite7Harbor (the new one); the card is 4821 points; code on the card 12 of 40',
  'use userId2Name as the key; use Config2Path as the key for the map; use index2 as the key',
  'the zip code for the building is 10115; error code for the door sensor is 40421; the code for the error is 40421',
  'la contraseña es obligatoria; cambia la contraseña en server12; cambia la contraseña a una más larga',
  'la clave primaria es id_usuario2; la clave es el esfuerzo de 2024; el código de error es 40421',
  'le mot de passe est obligatoire; le mot de passe a été changé en 2024; remplace le mot de passe par une variable',
  'la password è stata cambiata ieri; cambia la password in Windows11; il codice postale è 20121',
  'mude a senha para uma mais forte; altere a senha em 30 dias; o código do erro é 40421',
  'wijzig het wachtwoord in de instellingen; het wachtwoord is gisteren gewijzigd; de postcode is 1012',
  'zmień hasło na dłuższe; hasło zostało zmienione wczoraj; kod pocztowy to 00950',
  'změň heslo na silnější; byt lösenordet till något längre; passordet er feil',
  'şifreniz en az 8 karakter olmalı; hata kodu 40421; a jelszó legalább 8 karakter; a hibakód 40421',
  'パスワードは必須です。パスワードは8文字以上です。パスワードをAES256で暗号化する。主キーはuser_id2です',
  '密码是必填项，密码长度为8到16位，密码用SHA256加密，错误代码是40421，邮编是100000',
  '비밀번호는 8자 이상이어야 합니다. 비밀번호를 SHA256으로 암호화. 오류 코드는 40421입니다',
  'пароль обязателен; смени пароль на более сложный; пароль для сервера Ubuntu2204; код ошибки 40421',
  'كلمة المرور مطلوبة؛ غيّر كلمة المرور إلى كلمة أقوى؛ رمز الخطأ هو 40421',
]

describe('secrets told in many languages', () => {
  test.each(TOLD)('finds %s', (marked) => {
    const { text, values } = read(marked)
    expect(found(text)).toEqual(values)
  })
  test.each(NOT_TOLD)('lets %s alone', (text) => {
    expect(found(normalise(text))).toEqual([])
  })

  test('finds the same however the text is cut', () => {
    const lines = [...TOLD.map((marked) => read(marked).text), ...NOT_TOLD.map(normalise)]
    const words = [
      'パスワード',
      'を',
      '是',
      ' a ',
      ' to ',
      ' als',
      ' jelszót',
      'aB3dE5f9',
      ' with ',
      ", c'est ",
      '门锁密码',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...lines), fc.constantFrom(...words)), { maxLength: 5 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 12 })), (whole, sizes) => {
        for (const detector of detectors) {
          foundInPieces(detector, whole, sizes)
        }
      }),
      { seed: 23, numRuns: 2500 },
    )
  })

  test.each([
    'log in as a with aB3dE5f! ',
    'code of the door ',
    'change password to ',
    'cambia password a b en ',
    'パスワードをaB3dE5に',
    'aB3dE5f9を',
    'aB3dE5f9 jelszót ',
    'пароль от aB3dE5 ',
    'aB3dE5f9x as api key for ',
  ])('work on %j grows with the text, not faster', (unit) => {
    for (const detector of detectors) expect(growth(unit, (text) => detect(detector, text))).toBeLessThan(LINEAR)
  })
})
