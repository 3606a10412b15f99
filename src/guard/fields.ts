// What a JSON value is by the name of its field. Keys that say it beyond doubt; everything else is for the detectors.
import type { FieldRule } from './screen.ts'

const KEYS: readonly (readonly [dataClass: string, keys: string])[] = [
  [
    'personal/person',
    'firstname lastname surname fullname givenname familyname middlename maidenname customername patientname cardholder cardholdername accountholder contactname vorname nachname familienname prenom prénom nomdefamille nomcomplet nombrecompleto apellido apellidos cognome sobrenome nomecompleto voornaam achternaam imie imię nazwisko förnamn efternamn fornavn etternavn jmeno jméno prijmeni příjmení',
  ],
  ['personal/email', 'email emailaddress mail useremail contactemail'],
  [
    'personal/phone',
    'phone phonenumber telephone telephonenumber mobile mobilenumber cellphone fax msisdn telefon telefonnummer handynummer mobilnummer rufnummer téléphone teléfono telefono móvil movil celular cellulare telefone telemóvel telemovel telefoon telefoonnummer',
  ],
  [
    'personal/address',
    'streetaddress street addressline1 addressline2 homeaddress postaladdress billingaddress shippingaddress strasse straße anschrift adresse rue calle domicilio dirección direccion indirizzo endereço endereco morada straat ulica',
  ],
  [
    'personal/postcode',
    'postcode postalcode zip zipcode plz postleitzahl codepostal códigopostal codigopostal cep kodpocztowy',
  ],
  [
    'personal/birth-date',
    'dob dateofbirth birthdate birthday geburtsdatum geburtstag datedenaissance datenaissance fechadenacimiento fechanacimiento datadinascita datanascita datadenascimento datanascimento geboortedatum dataurodzenia födelsedatum fødselsdato',
  ],
  ['personal/national-id/us-ssn', 'ssn socialsecuritynumber socialsecurity'],
  [
    'personal/national-id',
    'nationalid passport passportnumber taxid nino driverslicense driverlicense licensenumber steuerid reisepass ausweisnummer pesel nif nie dni cpf bsn codicefiscale personnummer numerosecuritesociale numérosécuritésociale',
  ],
  ['finance/card', 'cardnumber creditcard creditcardnumber ccnumber pan'],
  ['finance/iban', 'iban'],
  [
    'finance/account',
    'accountnumber bankaccount routingnumber sortcode kontonummer numerocompte númerocuenta numerocuenta numeroconto',
  ],
  ['business/customer-id', 'customerid customernumber clientid memberid patientid employeeid'],
  ['network/ip', 'ipaddress ipaddr clientip remoteip'],
  ['network/host', 'hostname fqdn'],
  [
    'secret/password',
    'password passwd pwd passphrase passwort kennwort motdepasse contraseña contrasena senha wachtwoord hasło haslo lösenord',
  ],
  ['secret/field', 'apikey secret clientsecret secretkey accesstoken refreshtoken privatekey authtoken bearertoken'],
]

const byKey = new Map(KEYS.flatMap(([dataClass, keys]) => keys.split(' ').map((key) => [key, dataClass] as const)))

/** Paths come from clients, so what is remembered of them is bounded. */
const MOST_REMEMBERED = 4096

/** The built-in keys, after a deployment's own paths: `customer.salary` also matches `data.customer.salary`. */
export function createFieldRule(own: ReadonlyMap<string, string> = new Map()): FieldRule {
  return fieldRule(own, (key) => byKey.get(key.replace(/[_-]/g, '')))
}

/** A deployment's own paths alone. */
export const createOwnFieldRule = (own: ReadonlyMap<string, string>): FieldRule => fieldRule(own, () => undefined)

function fieldRule(own: ReadonlyMap<string, string>, built: (key: string) => string | undefined): FieldRule {
  const remembered = new Map<string, string | undefined>()
  return (path) => {
    if (path === '') return undefined
    if (remembered.has(path)) return remembered.get(path)
    const lower = path.toLowerCase()
    let dataClass: string | undefined
    for (let at = 0; dataClass === undefined && at >= 0; ) {
      dataClass = own.get(lower.slice(at))
      const dot = lower.indexOf('.', at)
      at = dot < 0 ? -1 : dot + 1
    }
    dataClass ??= built(lower.slice(lower.lastIndexOf('.') + 1))
    if (remembered.size < MOST_REMEMBERED) remembered.set(path, dataClass)
    return dataClass
  }
}
