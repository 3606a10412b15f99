// What headings of columns say of what stands below them, and what a value there looks like.

export interface Heading {
  readonly class: string
  /** The heading alone says that the table is one of persons; others count beside such a one. */
  readonly sure: boolean
  readonly fits: RegExp
}

const NAME =
  /^(?!(?:null|none|n\/a|true|false|unknown|admin|test)$)[\p{L}\p{M}][\p{L}\p{M}'’.\- ]{0,46}[\p{L}\p{M}.]$/iu
const DATE =
  /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./ ]\s?\d{1,2}[-./ ]\s?\d{2,4}|\d{1,2}[-. ]+\p{L}{3,10}\.?[-. ,]+\d{2,4}|\p{L}{3,10} \d{1,2},? \d{4}|(?:19|20)\d{6})(?:[T ]00:00.*)?$/u
const PHONE = /^(?=(?:\D*\d){6,15}\D*(?:x\d+)?$)[+(]?[\d ()./x-]+$/
const CODE = /^(?=(?:.*\d){3})[A-Z\d][A-Z\d ./-]{3,23}$/i
const FIGURES = /^(?=(?:\D*\d){5,22}\D*$)[A-Z\d][A-Z\d -]{4,30}$/i
const POSTCODE = /^(?=.*\d)[A-Z\d][A-Z\d -]{2,9}$/i
const STREET = /^(?!0x|\d+\.\d+\.)(?=.*\p{L})(?!(?:null|none|n\/a)$).{4,}$/iu

const LISTS: readonly (readonly [dataClass: string, sure: boolean, fits: RegExp, headings: string])[] = [
  [
    'personal/person',
    true,
    NAME,
    'full name,fullname,first name,firstname,last name,lastname,surname,family name,given name,middle name,forename,customer name,client name,patient name,employee name,contact name,contact person,cardholder,card holder,account holder,beneficiary name,guest name,student name,vorname,nachname,familienname,kundenname,ansprechpartner,kontoinhaber,prénom,prenom,nom de famille,nom complet,apellido,apellidos,nombre completo,nombre y apellidos,cognome,nominativo,sobrenome,nome completo,voornaam,achternaam,imię,imie,nazwisko,imię i nazwisko,förnamn,efternamn,fornavn,etternavn,efternavn,příjmení,jméno,vezetéknév,keresztnév,ad soyad,soyad,姓名,氏名,이름,имя,фамилия,фио',
  ],
  [
    'personal/person',
    false,
    NAME,
    'name,customer,client,patient,employee,contact,beneficiary,payee,recipient,guest,student,owner,kunde,mitarbeiter,inhaber,patientin,nom,nombre,nome,naam,namn,navn,cliente,paziente,klant,klient,empleado,funcionário',
  ],
  [
    'personal/birth-date',
    true,
    DATE,
    'dob,date of birth,birth date,birthdate,birthday,born,born on,geburtsdatum,geburtstag,geb datum,geb,date de naissance,naissance,fecha de nacimiento,fecha nacimiento,nacimiento,data di nascita,nascita,data de nascimento,nascimento,geboortedatum,data urodzenia,födelsedatum,fødselsdato,datum narození,doğum tarihi,дата рождения,出生日期,生年月日',
  ],
  [
    'personal/phone',
    true,
    PHONE,
    'phone,phone number,phone no,mobile,mobile number,mobile no,mobile phone,cell,cell phone,telephone,tel,tel no,contact number,home phone,work phone,fax,telefon,telefonnummer,telefon nr,handy,handynummer,mobil,mobilnummer,rufnummer,téléphone,telephone portable,portable,teléfono,móvil,celular,telefono,cellulare,telefone,telemóvel,telefoon,telefoonnummer,mobiel,numer telefonu,komórka,telefonszám,телефон,电话,手机,電話,電話番号,전화번호',
  ],
  [
    'personal/national-id',
    true,
    CODE,
    'ssn,social security number,social security,passport,passport no,passport number,national id,national id number,tax id,tax number,tin,driver license,drivers license,driver licence,driving licence,license no,dl number,steuer id,steuernummer,ausweisnummer,personalausweis,reisepass,sozialversicherungsnummer,sv nummer,pesel,nif,nie,dni,cpf,bsn,personnummer,fødselsnummer,codice fiscale,aadhaar,aadhaar no,pan no,nhs number,nhs no,sin,nino,ni number,numéro de sécurité sociale,rodné číslo,oib,egn,cnp,снилс,инн,паспорт,身份证号,마이넘버,주민등록번호',
  ],
  [
    'finance/account',
    true,
    FIGURES,
    'bank account,bank account no,bank account number,account number,account no,acct no,acct number,kontonummer,konto nr,routing number,sort code,numéro de compte,número de cuenta,numero conto,conta bancária,rekeningnummer,numer konta',
  ],
  [
    'finance/card',
    true,
    /^\d[\d -]{10,22}\d$/,
    'card number,card no,credit card,credit card number,kreditkarte,kartennummer,carte bancaire,tarjeta,numero carta',
  ],
  [
    'personal/address',
    true,
    STREET,
    'street,street address,address line 1,address line 2,address1,address 1,home address,billing address,shipping address,postal address,mailing address,straße,strasse,strasse nr,straße nr,anschrift,rue,calle,domicilio,dirección,indirizzo,endereço,morada,straat,straat en huisnummer,ulica,住所,地址,주소',
  ],
  ['personal/address', false, STREET, 'address,adresse,adres,adress,via,rua,адрес'],
  [
    'personal/postcode',
    false,
    POSTCODE,
    'zip,zip code,zipcode,postcode,post code,postal code,plz,postleitzahl,code postal,cp,código postal,codigo postal,cap,cep,kod pocztowy,postnummer,postnr,psč,irányítószám,邮编,郵便番号',
  ],
  [
    'business/customer-id',
    false,
    /^(?=(?:.*\d){3})[A-Z\d][A-Z\d./-]{2,23}$/i,
    'customer id,customer no,customer number,client id,member id,patient id,mrn,employee id,employee no,staff id,kundennummer,kunden nr,kundennr,personalnummer,mitarbeiternummer,numéro client,número de cliente,codice cliente,klantnummer,numer klienta',
  ],
]

/** An address of mail gives the table away; what stands in its column is found by its form. */
const BESIDE = 'email,e mail,email address,e mail address,mail,correo,courriel,correo electrónico,iban'

const NO_VALUE = /^$./
const byWords: ReadonlyMap<string, Heading> = new Map([
  ...LISTS.flatMap(([dataClass, sure, fits, headings]) =>
    headings.split(',').map((words) => [words, { class: dataClass, sure, fits }] as const),
  ),
  ...BESIDE.split(',').map((words) => [words, { class: 'personal/email', sure: true, fits: NO_VALUE }] as const),
])

export const HEADINGS: readonly Heading[] = [...byWords.values()]

/** What a cell of the first line says of its column: `"First_Name"`, `dateOfBirth`, `**Phone**`. */
export function headingOf(cell: string): Heading | undefined {
  const words = cell
    .replace(/[\s"'*`[\]]+/g, ' ')
    .trim()
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/[\s_./-]+/g, ' ')
    .trim()
    .toLowerCase()
  return words === '' ? undefined : byWords.get(words)
}
