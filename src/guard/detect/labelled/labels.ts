// Words that say what follows them: `mot de passe`, `seed phrase`, `Fahrgestellnummer`. A label is found by its last word in
// one table look-up; the words before it are compared only then. Small letters; `_`, `-`, `/` and blanks in a text count
// alike between the words of a label.

export type LabelKind =
  | 'password'
  | 'loose-password'
  | 'pin'
  | 'lock'
  | 'half'
  | 'codes'
  | 'seed'
  | 'token'
  | 'flag'
  | 'echo'
  | 'card-code'
  | 'expiry'
  | 'bic'
  | 'wallet'
  | 'vin'
  | 'plate'
  | 'vehicle'
  | 'degrees'
  | 'device'
  | 'handle'
  | 'id'
  | 'record'
  | 'phone'
  | 'name'
  | 'called'
  | 'part'
  | 'postal'

export interface Label {
  readonly kind: LabelKind
  /** Words that stand before the last one, joined by single blanks; empty if none. */
  readonly before: string
  /** Of a command: the option that its password follows. */
  readonly flag: string
}

const LABELS: readonly (readonly [kind: LabelKind, labels: string])[] = [
  [
    'password',
    'password,passwords,identified by,passwort,jelszava,jelszavad,jelszavam,şifreniz,şifrem,şifren,parolam,parolanız,hasłem,hasła,heslem,паролем,пароли,salasanasi,salasanani,salasanamme,وكلمة المرور,بكلمة المرور,وكلمة السر,salasanani,wachtwoorden,contraseñas,senhas,passwörter,pass code,kennwort,passphrase,passwd,pwd,pw,mot de passe,mdp,contraseña,contrasena,clave,senha,palavra passe,wachtwoord,lösenord,adgangskode,passord,salasana,hasło,haslo,heslo,jelszó,jelszo,parola,parolă,şifre,sifre,şifresi,пароль,пароля,парола,лозинка,κωδικός,κωδικος,σύνταγμα,סיסמה,كلمة المرور,كلمة السر,पासवर्ड,รหัสผ่าน,mật khẩu,kata sandi,sandi,lozinka,geslo,slaptažodis,parole,salasõna,parool,lösenordet,lösenordets,lösen,adgangskoden,kodeord,kodeordet,passordet,şifreyi,şifresini,şifremi,şifrenizi,parolasi,parolasini,parolami,parolayi,parolanin,parola d ordine,jelszót,jelszavát,jelszavamat,jelszóra,mots de passe,palavras passe,contraseña del wifi,clé wifi,clé du wifi,clé wi fi,clé de sécurité,chiave wifi,chiave del wifi,chave do wifi,clave wifi,wifi sleutel,wlan schlüssel,klucz do wifi,klíč k wifi,wifi nyckel,парол,паролю,паролі,пасворд,пассворд,كلمة مرور,كلمة سر,الباسورد,باسورد,πασσουορντ,סיסמא,הסיסמה,' +
      'パスワード,パスフレーズ,合言葉,密码,密碼,口令,비밀번호,비번,패스워드,암호,passphrase,pass phrase,wifi key,wlan key,wpa key,enable secret,snmp community,master key,one time password',
  ],
  [
    'loose-password',
    'pass,creds,credentials,login,zugangsdaten,identifiants,credenciales,credenziali,secret,credenciais,inloggegevens,dane logowania,dane do logowania,přihlašovací údaje,inloggningsuppgifter,loginoplysninger,innloggingsdetaljer,giriş bilgileri,bejelentkezési adatok,date de autentificare,данные для входа,учетные данные,учётные данные,облікові дані,дані для входу,بيانات الدخول,datos de acceso,dati di accesso,dados de acesso,anmeldedaten,login daten,login details,ログイン情報,登录信息,登錄信息,账号密码,로그인 정보,계정 정보',
  ],
  [
    'pin',
    'pin,puk,passcode,pincode,pin code,code pin,code secret,geheimzahl,kod pin,código pin,codice pin,alarm code,door code,gate code,access code,entry code,lock code,safe code,combination,türcode,zugangscode,code d accès,code porte,code de la porte,code d entrée,code immeuble,code du portail,digicode,codice cancello,codice portone,código portal,deurcode,toegangscode,kod do bramy,kod do drzwi,portkod,codigo de acceso,код доступа,пин код,пин koд,пин,пинкод,пін код,пін koд,пін,пінкод,pin код,pin kode,pin koden,pinkode,pinkoden,pinkod,pinkoden,pin kodu,pin kodum,pin kódom,pin kód,pin kódja,pinnummer,wifi code,الرقم السري,رقمي السري,رمز pin,暗証番号,핀번호,핀 번호,取款密码,支付密码,支付密碼,アラームのコード,アラームコード,警報コード,解錠コード,ドアコード,ドアのコード,玄関のコード,金庫の番号,报警器的代码,警报代码,警報代碼,门禁码,门禁密码,알람 코드,도어락 번호,alarmin kodu,alarm kodu,kapi kodu,kapinin kodu,kasa kodu,riasztó kódja,riasztó kód,kapukód,kapu kódja,ajtó kódja',
  ],
  // The rest of something that was named before: `the first half of the password is …, the second half is …`.
  [
    'half',
    'second half,other half,last half,second part,other part,last part,part two,part 2,next part,the rest,remaining part,zweite hälfte,andere hälfte,zweiter teil,zweite teil,anderer teil,der rest,deuxième moitié,seconde moitié,autre moitié,deuxième partie,seconde partie,le reste,segunda mitad,otra mitad,segunda parte,otra parte,el resto,seconda metà,altra metà,seconda parte,altra parte,il resto,segunda metade,outra metade,outra parte,o resto,tweede helft,andere helft,tweede deel,druga polowa,druga część,druhá polovina,druhá část,andra halvan,andra delen,anden halvdel,ikinci yarisi,вторая половина,вторая часть,друга половина,друга частина,النصف الثاني,後半,残り,后半部分,后半段,剩下的,뒷부분,나머지',
  ],
  // What is locked, behind a word for a code: see `hasCode`.
  [
    'lock',
    'card,carte,tarjeta,carta,cartão,kaart,karte,karty,kartě,kortet,kartin,kártya,карты,картки,البطاقة,entrée,entrada,ingresso,eingang,ingang,alarm,door,gate,safe,lock,padlock,garage,locker,phone,sim,building,intercom,lockbox,keypad,elevator,vault,entrance,' +
      'alarma,puerta,portal,caja fuerte,garaje,candado,móvil,teléfono,edificio,portero,alarme,porte,portail,coffre,cadenas,téléphone,portable,immeuble,interphone,immeuble,allarme,porta,cancello,portone,cassaforte,lucchetto,telefono,citofono,cofre,portão,cadeado,telemóvel,celular,garagem,' +
      'alarmanlage,tür,haustür,tresor,tor,safes,garagentor,schloss,schließfach,handy,handys,deur,voordeur,kluis,poort,slot,telefoon,alarmu,drzwi,bramy,sejfu,klódki,telefonu,domofonu,garażu,dveřím,dveře,trezoru,zámku,bráně,alarmet,larmet,larm,dörren,porten,kassaskåpet,hänglåset,telefonen,døren,døra,alarmen,kapinin,alarmin,kasanin,telefonun,riasztó,kapu,kapuhoz,széf,ajtó,telefon,' +
      'сигнализации,двери,домофона,сейфа,подъезда,калитки,ворот,замка,телефона,сигналізації,дверей,сейфу,домофону,телефону,الإنذار,الباب,الخزنة,الهاتف,البوابة',
  ],
  [
    'codes',
    '2 fa,two factor,two factor code,mfa,backup code,backup codes,recovery code,recovery codes,2fa code,2fa codes,mfa code,scratch codes,verification code,authentication code,login code,otp,otp code,totp,one time code,sms code,confirmation pin,wiederherstellungscode,wiederherstellungscodes,code de vérification,código de verificación,código de confirmación,codice di verifica,codice di conferma,tan,código de verificação,código de confirmação,verificatiecode,bevestigingscode,inlogcode,kod weryfikacyjny,kod potwierdzający,kod sms,ověřovací kód,potvrzovací kód,verifieringskod,verifieringskoden,bekräftelsekod,bekräftelsekoden,engångskod,engångskoden,bekræftelseskode,bekræftelseskoden,verifikationskode,engangskode,bekreftelseskode,bekreftelseskoden,doğrulama kodu,doğrulama kodunuz,onay kodu,onay kodunuz,ellenőrző kód,megerősítő kód,hitelesítő kód,bestätigungscode,verifizierungscode,sicherheitscode,einmalcode,prüfcode,code de confirmation,code de validation,code de sécurité,code sms,проверочный код,одноразовый код,код из смс,код підтвердження,код перевірки,رمز التحقق,كود التحقق,رمز التأكيد,κωδικός επιβεβαίωσης,קוד אימות,驗證碼,校验码,动态码,確認コード,認証番号,ワンタイムパスワード,인증 번호,인증코드,인증 코드,확인 코드,код подтверждения,验证码,認証コード,인증번호',
  ],
  [
    'seed',
    '12 words,24 words,12 word phrase,24 word phrase,seed phrase,seed words,seed,mnemonic,mnemonic phrase,recovery phrase,recovery words,recovery seed,secret phrase,secret recovery phrase,wallet phrase,backup phrase,wallet seed,frase semilla,phrase de récupération,助记词',
  ],
  [
    'token',
    'auth,sid,secret key,encryption key,signing key,access key,auth key,license key,product key,refresh token,jeton,jeton d accès,token di accesso,token de acceso,token de acesso,toegangstoken,token dostępu,přístupový token,åtkomsttoken,токен,токен доступа,zugriffstoken,zugangstoken,bearer token,auth token,authtoken,session id,sessionid,api token,access token,token,api key,apikey,clave api,clave de api,clave de la api,clave secreta,clé api,clé d api,clé de l api,clé secrète,clé d accès,chiave api,chiave segreta,chave api,chave da api,chave de api,chave secreta,api sleutel,klucz api,api klíč,klíč api,api nyckel,api nyckeln,api nøgle,api nøkkel,api schlüssel,geheimer schlüssel,geheimschlüssel,zugriffsschlüssel,api anahtari,api kulcs,ключ api,ключ апи,секретный ключ,ключ доступа,секретний ключ,مفتاح api,المفتاح السري,密钥,密鑰,金鑰,秘钥,キー,シークレット,토큰,トークン,令牌',
  ],
  ['echo', 'echo,printf'],
  [
    'card-code',
    'three digits on the back,digits on the back,code on the back,number on the back,digits on back,ziffern auf der rückseite,zahlen auf der rückseite,chiffres au dos,chiffres au verso,dígitos del reverso,cifre sul retro,prüfziffer,kartenprüfziffer,kod bezpieczeństwa,kod cvv,kod cvc,bezpečnostní kód,biztonsági kód,säkerhetskod,güvenlik kodu,beveiligingscode,sikkerhedskode,cvv,cvc,csc,cvn,security code,card code,card verification,cryptogramme,kartenprüfnummer,prüfnummer,código de seguridad,codice di sicurezza,código de segurança',
  ],
  [
    'expiry',
    'exp,expiry,expires,expiration,expiration date,expiry date,exp date,valid thru,good thru,valid until,valid to,gültig bis,ablaufdatum,expire,expiration le,vencimiento,caducidad,validade,scadenza,vervaldatum',
  ],
  ['bic', 'bic,swift,swift code,bic code,swift bic'],
  [
    'wallet',
    'wallet,wallet address,btc,bitcoin,eth,ethereum,sol,solana,monero,xmr,cardano,ada,xrp,ltc,litecoin,tron,trx,usdt,usdc,doge,bch,dash,zcash,polkadot,dot,cosmos,deposit address,crypto address',
  ],
  [
    'vin',
    'fahrgestellnr,fahrgestell nr,fahrzeug ident nr,chassis no,chassis nr,n châssis,número de bastidor,alvázszám,alvázszáma,numer nadwozia,nr nadwozia,vin,vin number,chassis,chassis number,vehicle identification number,fahrgestellnummer,fin nummer,fahrzeugidentnummer,numéro de châssis,bastidor,número de chasis,telaio,chassi,chassisnummer,numer vin',
  ],
  [
    'plate',
    'plates,reg,regnr,reg nr,reg plate,registreringsnr,targato,targata,targati,matriculado,matriculada,immatriculé,immatriculée,plakasi,plakam,plakaniz,plakanin,plakali,numer rejestracyjny,nr rejestracyjny,nr rej,rejestracji,poznávací značka,espezetka,rendszáma,rendszámom,placas,amtl kennzeichen,kfz kz,license plate,licence plate,number plate,plate,plate number,plate no,registration plate,vehicle registration,registration number,car reg,car registration,reg no,reg number,kennzeichen,kfz kennzeichen,autokennzeichen,nummernschild,immatriculation,plaque,matrícula,matricula,targa,kenteken,registreringsnummer,registreringsskylt,nummerplade,placa,patente,rejestracja,rejestracyjny,spz,rendszám,plaka,госномер,номерной знак,车牌,車牌,ナンバープレート',
  ],
  // Behind these only what has the form of a plate is one: `Auto A4`, `the car X5 2020`.
  [
    'vehicle',
    'car,vehicle,van,truck,auto,fahrzeug,wagen,pkw,lkw,voiture,véhicule,coche,vehículo,carro,veículo,viatura,veicolo,macchina,vettura,automobile,voertuig,samochód,samochodem,pojazd,vozidlo,vozidla,autó,gépjármű,bil,bilen,fordon,araç',
  ],
  [
    'degrees',
    'lat,latitude,lng,lon,longitude,latitud,longitud,breitengrad,längengrad,latitudine,longitudine,широта,долгота,纬度,经度,緯度,経度',
  ],
  [
    'device',
    'imei,imei number,imei2,imsi,iccid,meid,eid,udid,idfa,gaid,android id,device id,serial,serial number,serial no,serial num,s n,sn,seriennummer,seriennr,serien nr,serial nr,numéro de série,n de série,número de serie,numero di serie,número de série,serienummer,numer seryjny,серийный номер,序列号,シリアル番号,service tag,asset tag',
  ],
  [
    'handle',
    'venmo,cashapp,cash app,paypal me,twitter,instagram,insta,ig,telegram,discord,skype,snapchat,snap,tiktok,wechat,wechat id,weixin,reddit,mastodon,threads,twitch,linkedin,facebook,fb,github handle,github user,github username,gitlab username,steam id,psn,xbox,gamertag,viber,kakaotalk,kakao,line id,vk,bluesky,微信,微信号,телеграм',
  ],
  [
    'id',
    'passport,passport number,passport no,reisepass,reisepassnummer,passnummer,passeport,pasaporte,passaporto,passaporte,paspoort,paspoortnummer,passi,paszport,pasaport,паспорт,护照,護照,旅券,여권,' +
      'driver license,driver licence,driver s license,driver s licence,drivers license,drivers licence,driving license,driving licence,license number,licence number,license no,licence no,dl,dl number,dln,führerschein,führerscheinnummer,permis de conduire,permis,carnet de conducir,licencia de conducir,patente di guida,rijbewijs,körkort,kørekort,førerkort,prawo jazdy,водительское удостоверение,' +
      'health card,health card number,health insurance number,ohip,tax number,tax no,tax id,tax identification number,steuernr,st nr,dea,dea number,dea no,npi,npi number,emirates id,iqama,iqama number,civil id,national no,green card,alien number,voter id,epic no,residence permit,aufenthaltstitel,titre de séjour,visa number,ssn,social security number,social,national id,national id number,id card,identity card,identity number,id number,citizen id,personalausweis,ausweis,ausweisnummer,personalausweisnummer,carte d identité,cni,cédula,cedula,documento,cittadinanza,' +
      'nir,sécurité sociale,numéro de sécu,sécu,ahv,ahv nr,ahv nummer,avs,svnr,sozialversicherungsnummer,sv nummer,rentenversicherungsnummer,tckn,tc kimlik,tc kimlik no,kimlik,kimlik no,hetu,henkilötunnus,cpr,cpr nummer,cpr nr,fødselsnummer,fnr,personnummer,samordningsnummer,rijksregisternummer,numéro national,insz,niss,' +
      'nif,nipc,contribuinte,pps,ppsn,pps number,sin,social insurance number,tfn,tax file number,medicare,aadhaar,aadhar,uidai,आधार,pan,pan card,pan number,cpf,cnpj,rg,curp,身份证,身份证号,身份证号码,身份證,身份證字號,身分證,身分證字號,居民身份证,公民身份号码,주민등록번호,주민번호,rrn,マイナンバー,個人番号,my number,sa id,id no,teudat zehut,תעודת זהות,nric,fin,nric no,' +
      'identifikationsnummer,steuer identifikationsnummer,n ss,nss,n sécu,n ° ss,taj,tajszám,taj száma,taj számom,személyi szám,kimlik numaram,kimlik numaraniz,kimlik numarasi,persnr,pnr,dowód osobisty,nr dowodu,numer dowodu,občanský průkaz,číslo op,útlevélszám,pasaport no,passnr,pesel,rodné číslo,rodné,cnp,егн,egn,isikukood,asmens kodas,personas kods,oib,αμκα,amka,αφμ,afm,emšo,emso,jmbg,steuer id,steuer idnr,idnr,steueridentifikationsnummer,steuernummer,bsn,burgerservicenummer,sofinummer,dni,nie,nuip,рнокпп,інн,инн,inn,снилс,snils,rut,cuit,cuil,dui,เลขบัตรประชาชน,เลขประจำตัวประชาชน,ic no,ic number,mykad,nik,ktp,hkid,nino,ni number,national insurance,national insurance number,nhs,nhs number,chi number,ein,itin,tin,cccd,cmnd,cnic,nid,omang,codice fiscale,p iva,partita iva,vat number,ust idnr,krankenversichertennummer,versichertennummer,kvnr,carte vitale,insurance number,policy holder id,' +
      'rodne cislo,rodnecislo,ת ז,תז,cartão de cidadão,bilhete de identidade,id nr,vat no,vat id,vat reg no,vat reg,vat registration number,c i f,n i f,n i e,d n i,ust id nr,ust id,ust nr,ustid,umsatzsteuer id,mwst nr,mwst nummer,uid nr,uid nummer,tva,tva intracommunautaire,numéro de tva,btw nummer,btw nr,btw id,steuer id nr,cif,nip,regon,kvk,kv k,kvk nummer,kv k nummer,kvk nr,cvr,cvr nr,cvr nummer,org nr,orgnr,organisationsnummer,organisasjonsnummer,y tunnus,ičo,dič,adószám,adószáma,adóazonosító,taj szám,cui,r č,vergi no,vergi numarası,vkn,t c kimlik no,kimlik numarası,t c no,siret,siren,numéro fiscal,n fiscal,versicherungsnummer,vers nr,versicherten nr,kv nr,rv nummer,vsnr,perso,seguridad social,número de la seguridad social,nuss,tessera sanitaria,personnr,cpf cnpj,numéro avs,ahv nummer',
  ],
  [
    'record',
    'pers nr,personalnummer,staff number,staff no,badge no,badge number,polisnr,polisnummer,policy number,policy no,vs nr,versicherungsschein,versicherungsschein nr,polizza,n polizza,póliza,n póliza,numer polisy,apólice,mrn,medical record,medical record number,medical record no,chart number,hospital number,patient number,patient id,hospital no',
  ],
  [
    'phone',
    '手机,手机号,手机号码,电话,電話,電話番号,携帯,携帯電話,전화,전화번호,휴대폰,연락처,โทร,טלפון,هاتف,फोन,মোবাইল,τηλ,τηλέφωνο,тел,телефон,моб,мобильный,मोबाइल,मोबाइल नंबर,फ़ोन,جوال,موبايل,رقم الهاتف,رقم الجوال,נייד,מספר טלפון,เบอร์,เบอร์โทร,โทรศัพท์,κινητό,手機,手機號碼,联系电话,聯絡電話,携帯番号,핸드폰',
  ],
  [
    'name',
    '姓名,氏名,名前,お名前,联系人,收件人,收货人,聯絡人,收件者,担当者,受取人,宛名,フリガナ,이름,성명,성함,예금주,수령인,الاسم,الاسم الكامل,اسم العميل,اسم المريض,שם,שם מלא,नाम,पूरा नाम,ชื่อ,ชื่อ นามสกุล,নাম,பெயர்,фио,ф и о,имя,фамилия,піб,прізвище,ім я,όνομα,ονοματεπώνυμο,επώνυμο,անուն,სახელი',
  ],
  [
    'part',
    'first name,last name,surname,family name,given name,middle name,maiden name,forename,full name,customer name,patient name,cardholder,cardholder name,card holder,account holder,vorname,nachname,familienname,geburtsname,kontoinhaber,karteninhaber,prénom,nom de famille,nom complet,apellido,apellidos,nombre completo,nombre y apellidos,cognome,nominativo,sobrenome,nome completo,voornaam,achternaam,imię,nazwisko,imię i nazwisko,förnamn,efternamn,fornavn,etternavn,jméno,příjmení',
  ],
  ['called', '我叫,名叫,我的名字叫,اسمي,שמי,меня зовут,мене звати,με λένε'],
  [
    'postal',
    '住所,ご住所,送付先,お届け先,地址,住址,주소,العنوان,כתובת,पता,ที่อยู่,ঠিকানা,адрес,адреса,место жительства,διεύθυνση',
  ],
]

/** Commands and the option behind which they take a password. */
const COMMANDS: Readonly<Record<string, string>> = {
  sshpass: '-p',
  unzip: '-P',
  zip: '-P',
  '7z': '-p',
  z: '-p',
  openssl: '-k',
  cli: '-a',
  ldapsearch: '-w',
  ldapadd: '-w',
  ldapmodify: '-w',
  mosquitto: '-P',
  psexec: '-p',
  winexe: '-p',
  rdesktop: '-p',
  mongo: '-p',
  mongodump: '-p',
  mongorestore: '-p',
  sqlcmd: '-P',
  isql: '-P',
  cqlsh: '-p',
  login: '-p',
  rar: '-p',
  unrar: '-p',
  snmpwalk: '-c',
  snmpget: '-c',
  snmpset: '-c',
  snmpbulkwalk: '-c',
}

const SEED = 0x811c9dc5 | 0

/** Small letters by unit: what a label is compared in. */
const FOLDED: Uint16Array = (() => {
  const table = new Uint16Array(65_536)
  for (let code = 0; code < 65_536; code++) {
    const small = code < 0x2000 ? String.fromCharCode(code).toLowerCase() : ''
    table[code] = small.length === 1 ? small.charCodeAt(0) : code
  }
  return table
})()

/** Labels are met without their accents, too: `securite sociale`, `rodne cislo`. */
const BARE: Uint16Array = FOLDED.map((small) =>
  small === 0x142
    ? 108
    : small >= 0xc0 && small < 0x250
      ? String.fromCharCode(small).normalize('NFD').charCodeAt(0)
      : small,
)

const hashUnit = (hash: number, unit: number, table: Uint16Array): number =>
  Math.imul(hash ^ (table[unit] ?? 0), 0x01000193) | 0

function hashOf(text: string, from: number, to: number, table: Uint16Array): number {
  let hash = SEED
  for (let i = from; i < to; i++) hash = hashUnit(hash, text.charCodeAt(i), table)
  return hash
}

/** Scripts that write no blanks: their labels are looked for at their first character. */
const isUnspaced = (code: number) => code >= 0x2e80

const byHash = new Map<number, Label[]>()
const unspaced = new Map<number, (Label & { readonly word: string })[]>()
/** By first letter, last letter and length: most words are none of these, and are told so without being read. */
const FILTER = new Uint8Array(1 << 16)
const slotOf = (first: number, last: number, length: number): number =>
  (((BARE[first] ?? 0) & 63) << 10) | (((BARE[last] ?? 0) & 63) << 4) | (length & 15)

/** `securityCode` is two words. */
const plain = (text: string) =>
  text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/[\s_/.'’-]+/g, ' ')
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ł', 'l')

function declare(kind: LabelKind, label: string, flag = ''): void {
  if (isUnspaced(label.charCodeAt(0))) {
    const list = unspaced.get(label.charCodeAt(0)) ?? []
    list.push({ kind, before: '', flag, word: label })
    unspaced.set(
      label.charCodeAt(0),
      list.sort((a, b) => b.word.length - a.word.length),
    )
    return
  }
  const cut = label.lastIndexOf(' ')
  const hash = hashOf(label, cut + 1, label.length, BARE)
  const list = byHash.get(hash) ?? []
  list.push({ kind, before: plain(label.slice(0, Math.max(0, cut))), flag })
  // The longest label first: `seed phrase` before `phrase`.
  byHash.set(
    hash,
    list.sort((a, b) => b.before.length - a.before.length),
  )
  FILTER[slotOf(label.charCodeAt(cut + 1), label.charCodeAt(label.length - 1), label.length - cut - 1)] = 1
}
for (const [kind, labels] of LABELS) for (const label of labels.split(',')) if (label !== '') declare(kind, label)
for (const [command, flag] of Object.entries(COMMANDS)) declare('flag', command, flag)

/** All letters that begin a label without blanks. */
export const UNSPACED_HEADS: ReadonlySet<number> = new Set(unspaced.keys())

const LONGEST_BEFORE = 32
const LONGEST_WORD = 40

const INSIDE = /[\p{L}\d]/u

/** The last unit, in small letters, of the word before `start`. */
function lastBefore(text: string, start: number): number {
  let i = start - 1
  const least = start - LONGEST_BEFORE
  while (i >= least && i >= 0 && isBetween(text.charCodeAt(i))) i--
  return i < 0 || i < least ? 0 : (BARE[text.charCodeAt(i)] ?? 0)
}
/** What `plain` makes a blank of. */
const isBetween = (c: number): boolean =>
  c <= 32 || c === 45 || c === 46 || c === 47 || c === 95 || c === 39 || c === 0x2019 || c === 0xa0

/** The label whose last word is [start, end) of `text`. */
export function labelAt(text: string, start: number, end: number): Label | undefined {
  if (FILTER[slotOf(text.charCodeAt(start), text.charCodeAt(end - 1), end - start)] === 0 || end - start > LONGEST_WORD)
    return undefined
  const labels = byHash.get(hashOf(text, start, end, BARE))
  if (labels === undefined) return undefined
  let left: string | undefined
  const last = lastBefore(text, start)
  for (const label of labels) {
    if (label.kind === 'lock' && !hasCode(text, start)) continue
    if (label.before === '') return label
    // Mostly another word stands before, and ends with another letter.
    if (label.before.charCodeAt(label.before.length - 1) !== last) continue
    left ??= plain(text.slice(Math.max(0, start - LONGEST_BEFORE), start)).trimEnd()
    // In quotes, in brackets, in marks of markdown; but `7z` is no label of `z`.
    if (left.endsWith(label.before) && !INSIDE.test(left.charAt(left.length - label.before.length - 1))) return label
  }
  return undefined
}

/** The label without blanks that begins at `at`, and where it ends; NEED is left to the caller, who has LONGEST_UNSPACED. */
export function unspacedAt(text: string, at: number): { label: Label; end: number } | undefined {
  for (const label of unspaced.get(text.charCodeAt(at)) ?? [])
    if (text.startsWith(label.word, at)) return { label, end: at + label.word.length }
  return undefined
}

export const LONGEST_UNSPACED: number = Math.max(...[...unspaced.values()].flat().map((label) => label.word.length))

/** Between a label and its value: the value follows. */
export const LINK = 1
/** May stand between a label and its value. */
export const SMALL_WORD = 2
/** Links that begin a place as often as a value: `the code to the alarm is …`. */
export const WEAK_LINK = 4
/** Links where something is said to be changed, and else words like others: `cambia la contraseña de x a …`. */
export const CHANGE_LINK = 8

const betweens = new Map<number, number>()
for (const [bits, words] of [
  [
    LINK,
    'is was are zijn sono reads ist war lautet lauten sind es est sont era é è são er är var to este це это є είναι zu auf from til je jest jsou są zní brzmi luidt lyder heter hedder lyder remains bleibt reste rimane permanece siendo sendo blijft هو هي là adalah היא הוא olarak будет буде стал',
  ],
  [WEAK_LINK, 'to from auf zu til'],
  [CHANGE_LINK, 'a à en in por par pour para per con na naar op till på на إلى الى erre as como als jako som'],
  [CHANGE_LINK | WEAK_LINK, 'a à en in por par pour para per con op på as como als jako som'],
  [
    SMALL_WORD,
    'still always again yet immer noch weiterhin aktuell derzeit ancora sempre todavía aún siempre ahora toujours encore maintenant ainda continua agora nog steeds altijd nadal wciąż ciągle teraz pořád stále ted fortfarande ännu stadig fortsatt hâlâ még mindig всё ещё все еще пока теперь досі тепер لا تزال زالت ما el il lo o le per été sido stata stato been worden number no nr num n numero número numéro nummer numer numru číslo cislo code id card key of for the my your his her their our on at de du des del della do da der die das des für von vom pour para por от для к na и and und et y e address new temporary temp current old default user admin root wifi wlan account email server database db set now currently still simply just only following changed updated like here below it app first second third',
  ],
] as const)
  for (const word of words.split(' ')) {
    const hash = hashOf(word, 0, word.length, FOLDED)
    betweens.set(hash, (betweens.get(hash) ?? 0) | bits)
  }

/** Words for a code that may open what a label of kind `lock` names. */
const CODE_WORDS = wordsOf(
  'code codes pin combination combinación combinazione combinaison combinação kombination combinatie kombinace kombinacja código codigo codice codici kod kodu kodem kód kódja kódom koden kode koder cod код коды коду كود رمز الرمز',
)
/** Codes of other kinds. */
const OTHER_CODES = wordsOf(
  'zip postal post error source area country colour color status order product dress status bar qr currency dial calling exit tax hex discount promo voucher booking reference tracking postcode kleur fehler errore d erreur postale erro почтовый',
)
const MOST_WORDS_APART = 5

function wordsOf(words: string): ReadonlySet<number> {
  return new Set(words.split(' ').map((word) => hashOf(word, 0, word.length, FOLDED)))
}

/** Does a word for a code stand at most so many words before `start`, in the same sentence? */
function hasCode(text: string, start: number): boolean {
  let end = start
  for (let count = 0; count < MOST_WORDS_APART; count++) {
    const code = end > 0 ? text.charCodeAt(end - 1) : 0
    if (code !== 32 && code !== 39 && code !== 45 && code !== 0x2019) return false
    end--
    let from = end
    while (from > 0 && end - from < 16 && INSIDE.test(text.charAt(from - 1))) from--
    if (from === end) return false
    if (CODE_WORDS.has(hashOf(text, from, end, FOLDED))) {
      let stop = from
      while (stop > 0 && text.charCodeAt(stop - 1) === 32 && from - stop < 3) stop--
      let first = stop
      while (first > 0 && stop - first < 16 && INSIDE.test(text.charAt(first - 1))) first--
      return !OTHER_CODES.has(hashOf(text, first, stop, FOLDED))
    }
    end = from
  }
  return false
}

/** What the word [from, to) is between a label and its value: the bits above. */
export function betweenAt(text: string, from: number, to: number): number {
  return betweens.get(hashOf(text, from, to, FOLDED)) ?? 0
}
