// Ids behind their label: of persons, vehicles, devices, and the telephone.
import { isDigit } from '../chars.ts'
import { type Answer, one, type Place, word } from './place.ts'

/** Britain's, of which a letter closes the number: `AB 12 34 56 C.` */
const INSURANCE = /^[A-Z]{2} ?\d\d ?\d\d ?\d\d $/

/** `ISO-9660` */
const STANDARD =
  /^(?:ISO|IEC|DIN|EN|RFC|IEEE|ANSI|ECMA|ITU|ASTM|SAE|NIST|FIPS|PKCS|UTF|KB|CVE|BS|JIS|GOST)[-/ ]?\d{1,5}(?:-\d{1,4})?$/

/** Digits, and letters around or among them, in groups; never a date, a version, a sum. */
export function identity(kind: 'id' | 'record', place: Place): Answer {
  const { text, start, limit, link, words } = place
  let i = start
  let end = start
  let digits = 0
  let letters = 0
  let groups = 0
  while (groups < 7) {
    const from = i
    let figures = 0
    let small = 0
    while (i < text.length && i < limit && i - from < 24) {
      const code = text.charCodeAt(i)
      if (isDigit(code)) figures++
      else if (code >= 97 && code <= 122) small++
      else if (code < 65 || code > 90) break
      i++
    }
    if (i >= text.length && !place.ended) return 'need'
    const size = i - from
    if (size === 0 || size > 20) break
    const spaced = groups > 0 && text.charCodeAt(from - 1) === 32
    const after = text.charCodeAt(i)
    if (after > 191 && after < 0x2e80) break
    // Behind a blank goes on what is digits, or one letter that closes the number: `QQ 12 34 56 C`.
    if (
      spaced &&
      figures === 0 &&
      !(size === 1 && small === 0 && after !== 39 && (after !== 46 || INSURANCE.test(text.slice(start, from))))
    )
      break
    if (spaced && small > 0) break
    if (spaced && digits >= 8 && figures > 0 && size > 4 && letters === 0 && groups > 1 && size > 6) break
    if (groups === 0 && figures === 0 && size > 5) break
    if (groups > 0 && small > 2 && figures === 0) break
    digits += figures
    letters += size - figures
    groups++
    end = i
    if (after === 40) {
      const check = text.slice(i, i + 3)
      if (check.length < 3 && !place.ended) return 'need'
      if (/^\([\dA]\)/.test(check)) end = i + 3
      break
    }
    if (i + 1 >= text.length && !place.ended) return 'need'
    const next = text.charCodeAt(i + 1)
    const joint = after === 32 || after === 45 || after === 46 || after === 47 || after === 43
    if (!joint || !(isDigit(next) || (next >= 65 && next <= 90) || (after === 45 && next >= 97 && next <= 122))) break
    i++
  }
  const total = digits + letters
  if (
    digits < (total >= 8 && !/[a-z]/.test(text.slice(start, end)) ? 3 : 4) ||
    total < 5 ||
    total > 22 ||
    letters > digits + 6 ||
    (digits === 3 && letters > 9)
  )
    return undefined
  if (link === 'bare' && words > 2) return undefined
  const value = text.slice(start, end)
  if (/^(?:(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)?\d\d)$/.test(value)) return undefined
  // Four or five digits are a year, a code, an amount.
  if (letters === 0 && digits < 6) return undefined
  if (/^\d{1,3}\.(?:\d{1,2}|\d{4,})$/.test(value)) return undefined
  if (/^\d+\.\d+\.\d+[-.]?(?:rc|alpha|beta|pre|dev|canary)/i.test(value)) return undefined
  if (STANDARD.test(value)) return undefined
  // Versions: what parts the figures is no sign of thousands.
  if (/^(?:[A-Z]{1,5}[ -]?)?\d{1,3}\.\d{1,2}(?:\.\d{1,3}){0,2}$/.test(value)) return undefined
  return one(place, kind === 'record' ? 'business/customer-id' : 'personal/national-id', end, link === 'bare' ? 65 : 78)
}

/** One to three groups of letters and digits, both among them, letters large: `AB12 CDE`, `B-MW 1234`. */
export function plate(place: Place): Answer {
  const { text, start, quote } = place
  let i = start
  let groups = 0
  let digits = 0
  let letters = 0
  let end = start
  while (groups < 4) {
    const from = i
    while (i < text.length && i - from < 8 && /[A-Z\dÄÖÜА-Я]/.test(text.charAt(i))) i++
    if (i >= text.length && !place.ended) return 'need'
    if (i === from || i - from > 7) break
    const after = text.charAt(i)
    // A capital that begins a word is none of it.
    if (/[\p{L}\d]/u.test(after)) break
    groups++
    end = i
    for (let k = from; k < i; k++) {
      if (isDigit(text.charCodeAt(k))) digits++
      else letters++
    }
    if (after !== ' ' && after !== '-' && after !== '·') break
    // No plate goes on behind both kinds and enough of them with a single letter: `… I`.
    i++
  }
  const size = digits + letters
  if (size < 4 || size > 9 || digits === 0 || letters === 0) return undefined
  if (place.link === 'bare' && place.words > 1) return undefined
  return one(place, 'personal/vehicle', end, quote !== 0 || place.link !== 'bare' ? 80 : 70)
}

/** Plates of France and Italy, Britain, Spain, Germany, Poland and the Netherlands: letters and figures in the order that no model has. */
const PLATE =
  /^(?:[A-Z]{2}[ -]?\d{3}[ -]?[A-Z]{2}|[A-Z]{2}\d{2} ?[A-Z]{3}|\d{4} ?[B-DF-HJ-NP-TV-Z]{3}|[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} ?\d{2,4}|[A-Z]{2,3} \d{4}[A-Z]|[A-Z]{1,3}-\d{2,3}-[A-Z]{1,3}|\d{1,2}-[A-Z]{2,3}-\d{1,2})(?![\p{L}\d-])/u
const LONGEST_PLATE = 12

/** A plate by its form alone, right behind a word for what carries one. */
export function plateOf(place: Place): Answer {
  const { text, start, words } = place
  if (words > 0) return undefined
  const ahead = text.slice(start, start + LONGEST_PLATE)
  if (ahead.length < LONGEST_PLATE && !place.ended && /^[A-ZÄÖÜ\d -]*$/.test(ahead)) return 'need'
  const found = PLATE.exec(ahead)
  return found === null ? undefined : one(place, 'personal/vehicle', start + found[0].length, 70)
}

export function device(place: Place): Answer {
  const found = word(place, 48)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  if (place.words > 1 && place.link === 'bare') return undefined
  if (!/^[A-Za-z\d]+(?:[-.:/][A-Za-z\d]+)*$/.test(value) || value.length < 6 || value.length > 40) return undefined
  let figures = 0
  for (const char of value) if (char >= '0' && char <= '9') figures++
  const small = /[a-z]{3}/.test(value) && !/^[\da-f-]+$/i.test(value)
  if (figures < 2 || small || /^\d{1,4}(?:[-.:/]\d{1,4}){1,2}$/.test(value)) return undefined
  return one(place, 'personal/device', end, place.link === 'bare' ? 65 : 80)
}

export function telephone(place: Place): Answer {
  const { text, start } = place
  let i = start
  let digits = 0
  let end = start
  while (i < text.length && i - start < 24) {
    const code = text.charCodeAt(i)
    if (isDigit(code)) {
      digits++
      end = i + 1
    } else if (
      !(code === 32 || code === 45 || code === 40 || code === 41 || code === 46 || (code === 43 && i === start))
    )
      break
    i++
  }
  if (i >= text.length && !place.ended) return 'need'
  return digits >= 7 && digits <= 15 ? one(place, 'personal/phone', end, 80) : undefined
}
