// Stand-ins that look like what they stand for: a name for a name, an e-mail address for an e-mail address. Each is made of what
// nobody can own: domains of RFC 2606, numbers that North American and British plans keep for fiction, addresses of RFC 5737 and
// RFC 3849, the card range of payment tests, and a bank and sort code that are given to no bank. Names are put together from
// syllables, so that few of them are anybody's.

export const SURROGATE_CLASSES = [
  'personal/person',
  'personal/email',
  'personal/phone',
  'network/ip',
  'finance/card',
  'finance/iban',
] as const
export type SurrogateClass = (typeof SURROGATE_CLASSES)[number]

const words = (text: string) => text.split(' ')
const GIVEN = words(
  'Adela Alban Alder Amory Anselm Ardis Arlen Aurel Belinda Berric Bryony Calder Carlin Cassia Cedric Corin Dalia Darien Delwin Edda Edric Elbert Eldon Elowen Emrys Enid Fabian Fenella Ferris Garrick Gemma Hadrian Halden Imelda Isolde Jarvis Joss Kerensa Lavena Leofric Linnet Lorcan Lowell Maida Marden Merrin Morwen Nerys Orrin Osric Perrin Quillon Rhosyn Rowena Selwyn Senara Sorrel Tamsin Thane Ulric Verity Wilmer Ysolde Zennor',
)
const FIRST = words(
  'Ash Bel Bram Brock Cald Carn Chel Cold Corn Crane Dun Elm Fair Fen Garn Glen Graf Hal Harl Hask Hol Kel Lang Lin Lock Mar Mel Merr Mor Nor Oak Pell Pren Quar Rad Red Rush Sax Sel Sten Stock Swan Tal Thorn Tren Wain Wal Whit Win Wynd',
)
/** Endings that make words and places of the beginnings (Hollow, Holland, Melbourne, Redwood) are left out: a model says those itself. */
const LAST = words(
  'bridge bury by combe cott croft dale don fell ford gate grove ham hurst lake leigh mere more moor ridge shaw stead stone stow thorpe vale wick worth',
)
/** Area codes of the North American plan; 555-0100 to 555-0199 is fiction under each. */
const AREAS = words(
  '201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 253 254 256 260 262 267 269 270 272 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 331 334 336 337 339 346 347 351 352 360 361 385 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435',
)
/** Beginnings that the British regulator keeps for fiction, each followed by three digits. */
const DRAMA = [
  ...[113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161].map((area) => `${area} 496 0`),
  '191 498 0',
  '7700 900',
]
const NETWORKS = ['192.0.2', '198.51.100', '203.0.113']
const DOMAINS = ['example.org', 'example.com', 'example.net']

/** One candidate out of 32 random bytes; the next bytes give the next one. Undefined for a class that has none. */
export function surrogate(dataClass: string, value: string, bytes: Uint8Array): string | undefined {
  let at = 0
  /** A number below `limit`. */
  const draw = (limit: number) => {
    const number = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    at += 3
    return number % limit
  }
  const pick = (list: readonly string[]) => list[draw(list.length)] ?? ''
  const figures = (count: number) => Array.from({ length: count }, () => draw(10)).join('')
  const family = () => pick(FIRST) + pick(LAST)
  switch (dataClass) {
    case 'personal/person':
      return /\s/.test(value.trim()) ? `${pick(GIVEN)} ${family()}` : family()
    case 'personal/email':
      return `${pick(GIVEN)}.${family()}${draw(90) + 10}@${pick(DOMAINS)}`.toLowerCase()
    case 'personal/phone':
      if (/^(?:\+|00)44/.test(value)) return `+44 ${pick(DRAMA)}${figures(3)}`
      return `${value.startsWith('+') ? '+1 ' : ''}${pick(AREAS)}-555-01${figures(2)}`
    case 'network/ip':
      return value.includes(':')
        ? `2001:db8:${(draw(0xffff) + 1).toString(16)}:${(draw(0xffff) + 1).toString(16)}::${(draw(0xffff) + 1).toString(16)}`
        : `${pick(NETWORKS)}.${draw(254) + 1}`
    case 'finance/card': {
      const number = `424242${figures(9)}`
      const card = `${number}${luhnDigit(number)}`
      const joint = /\d([ -])\d/.exec(value)?.[1]
      return joint === undefined ? card : card.replace(/(?=(?:\d{4})+$)\B/g, joint)
    }
    case 'finance/iban': {
      const account = `000000${figures(8)}`
      const iban = `GB${checkDigits(account)}TEST${account}`
      return value.includes(' ') ? iban.replace(/.{4}(?=.)/g, '$& ') : iban
    }
    default:
      return undefined
  }
}

function luhnDigit(number: string): number {
  let sum = 0
  for (let i = 0; i < number.length; i++) {
    const digit = Number(number[number.length - 1 - i])
    sum += i % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return (10 - (sum % 10)) % 10
}

/** Of `GB??TEST…` by ISO 13616: letters count from 10, the country and zeros for the check digits come last. */
function checkDigits(account: string): string {
  let rest = 0
  for (const part of ['29', '14', '28', '29', ...account, '16', '11', '00'])
    for (const digit of part) rest = (rest * 10 + Number(digit)) % 97
  return String(98 - rest).padStart(2, '0')
}
