// Is what stands behind a label its value? Every kind of label has a form of its own; how close the two are, and what links
// them, decides how much of the form has to be seen. Reads no further than `limit`.
import { isOpaque } from '../secrets-value.ts'
import { codes, seed } from './codes.ts'
import { isBech32, isBic, isVehicleNumber, looksBase58 } from './forms.ts'
import { device, identity, plate, plateOf, telephone } from './identity.ts'
import type { LabelKind } from './labels.ts'
import { nativeAddress, nativeName, partOfName } from './native.ts'
import { lockCode, password, pin, secondHalf } from './password.ts'
import { type Answer, endOf, one, type Place, word } from './place.ts'

export const LABELLED_CLASSES: readonly string[] = [
  'secret/password',
  'secret/pin',
  'secret/recovery-code',
  'secret/seed-phrase',
  'secret/api-key',
  'finance/card-code',
  'finance/bic',
  'finance/wallet',
  'personal/vehicle',
  'personal/location',
  'personal/device',
  'personal/handle',
  'personal/national-id',
  'personal/phone',
  'personal/person',
  'personal/address',
  'business/customer-id',
]

export function judgeLabelled(kind: LabelKind, place: Place): Answer {
  switch (kind) {
    case 'password':
    case 'loose-password':
    case 'flag':
      return password(kind, place)
    case 'pin':
      return pin(place)
    case 'half':
      return secondHalf(place)
    case 'lock':
      return lockCode(place)
    case 'codes':
      return codes(place)
    case 'seed':
      return seed(place)
    case 'token':
      return token(place)
    case 'card-code':
      return cardCode(place)
    case 'expiry':
      return expiry(place)
    case 'bic': {
      const found = word(place, 16)
      if (found === undefined || found === 'need') return found
      return isBic(found.value) ? one(place, 'finance/bic', found.end, 85) : undefined
    }
    case 'wallet': {
      const found = word(place, 132)
      if (found === undefined || found === 'need') return found
      const { value, end } = found
      const fits =
        (value.length >= 32 && value.length <= 110 && looksBase58(value, 0, value.length)) ||
        isBech32(value, 0, value.length)
      return fits ? one(place, 'finance/wallet', end, 85) : undefined
    }
    case 'vin': {
      const found = word(place, 24)
      if (found === undefined || found === 'need') return found
      return isVehicleNumber(found.value, 0, found.value.length, false)
        ? one(place, 'personal/vehicle', found.end, 90)
        : undefined
    }
    case 'plate':
      return plate(place)
    case 'vehicle':
      return plateOf(place)
    case 'degrees':
      return degrees(place)
    case 'device':
      return device(place)
    case 'handle':
      return handle(place)
    case 'id':
    case 'record':
      return identity(kind, place)
    case 'phone':
      return telephone(place)
    case 'name':
    case 'called':
      return nativeName(place, kind === 'called')
    case 'part':
      return OF_A_THING.test(place.left) ? undefined : partOfName(place)
    case 'postal':
      return nativeAddress(place)
    default:
      return undefined
  }
}

function token(place: Place): Answer {
  const found = word(place, 140)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  if (place.words > 1) return undefined
  const hex = /^[0-9a-f]{32,64}$/.test(value) || /^[0-9A-F]{32,64}$/.test(value)
  // `the secret key is …`: behind a sign of equality the detector of secrets sees it.
  const linked = place.link === 'spoken' || (place.link === 'bare' && place.words === 0 && NO_IS.test(place.left))
  if (linked && /^[\w-]{10,}$/.test(value) && /\d.*\d/.test(value) && isOpaque(value))
    return one(place, 'secret/api-key', end, 70)
  return hex && /\d/.test(value) && /[a-f]/i.test(value) && new Set(value).size >= 8
    ? one(place, 'secret/api-key', end, 75)
    : undefined
}

/** `serviceFullName`, `repository full name` */
const OF_A_THING =
  /(?:service|product|repo|repository|package|project|module|class|type|method|function|file|field|column|table|resource|company|site|event|plugin)[\s_.-]{0,2}full[\s_.-]?name$/i

/** Words for a key in languages that say no `is`. */
const NO_IS =
  /(?:ключ api|ключ апи|[\u0400-\u04ff] (?:ключ|доступа)|anahtari|kulcs|키|キー|密[钥鑰]|秘钥|金鑰|토큰|トークン|令牌)$/i

const NEAR_CARD = /card|visa|master|amex|maestro|karte|carte|tarjeta|carta|cartão|kaart|kort|cvv|cvc|\d{4}[ -]?\d{4}/i

function cardCode(place: Place): Answer {
  const found = word(place, 16)
  if (found === undefined || found === 'need') return found
  if (place.link === 'bare' && place.words > 0) return undefined
  return /^\d{3,4}$/.test(found.value) ? one(place, 'finance/card-code', found.end, 80) : undefined
}

function expiry(place: Place): Answer {
  const found = word(place, 16)
  if (found === undefined || found === 'need') return found
  const fits = /^(?:0[1-9]|1[0-2])\s?[/-]\s?(?:\d{2}|20\d{2})$/.test(found.value)
  return fits && NEAR_CARD.test(place.left) ? one(place, 'finance/card-code', found.end, 75) : undefined
}

function degrees(place: Place): Answer {
  const end = endOf(place, 32)
  if (end === 'need') return 'need'
  if (end < 0) return undefined
  const value = place.text.slice(place.start, end).replace(/[.:?°]+$/, '')
  if (!/^[-+]?\d{1,3}\.\d{2,17}$/.test(value) || Math.abs(Number(value)) > 180) return undefined
  if (place.link === 'bare' && (place.words > 0 || !/\.\d{4}/.test(value))) return undefined
  return one(place, 'personal/location', place.start + value.length, 85)
}

function handle(place: Place): Answer {
  const found = word(place, 48)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  const { link, words } = place
  // A call.
  if (place.text.charCodeAt(end) === 40) return undefined
  if (/^@[A-Za-z][\w.]{2,32}$/.test(value) && words <= 3) return one(place, 'personal/handle', end, 85)
  if (/^u\/[\w-]{3,24}$/.test(value)) return one(place, 'personal/handle', end, 80)
  const name = value.replace(/^live:/, '')
  if (!/^[A-Za-z][\w.-]{2,32}(?:#\d{4})?$/.test(name) || /\.(?:com|org|net|io|me|js|ts|py|app)$/i.test(name))
    return undefined
  const odd = /[\d_#]|[a-z][.-][a-z]/i.test(name)
  if (link === 'assigned' ? !odd && value === name : !(odd && /\d|_|#/.test(name) && words <= 2)) return undefined
  if (link === 'assigned' && words > 1) return undefined
  return one(place, 'personal/handle', end, link === 'bare' ? 60 : 70)
}
