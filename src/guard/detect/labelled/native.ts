// Names and addresses behind their label in scripts without capitals, where nothing but the label tells them: `姓名：王小明`,
// `الاسم: …`, `住所：…`; and parts of names in any: `<lastName>Owusu</lastName>`. Other text in Latin letters is the tagger's.
import { type Answer, one, type Place } from './place.ts'

const LONGEST_NAME = 48
const LONGEST_ADDRESS = 96

/** A name in signs without blanks: as long as names are, and a second part behind a blank or a point. */
const SIGNS =
  /^(?:\p{sc=Han}{2,6}(?:[ ·・\u3000]\p{sc=Han}{1,4})?|[\p{sc=Katakana}ー]{2,12}(?:[ ・＝\u3000][\p{sc=Katakana}ー]{2,12}){0,3}|\p{sc=Hangul}{2,9}(?: \p{sc=Hangul}{1,4})?)/u
/** Korean says the rest of the sentence without a blank: `김민수입니다`. */
const KOREAN_TAIL = /(?:입니다|이에요|예요|이라고|라고|이고|님|씨)$/
/** Japanese goes on behind a name with one of a few words; anything else makes it a verb or an adjective: `名前が変更された`. */
const GOES_ON = /^(?:[^ぁ-ん]|$|で(?!き)|だ|と|の|さん|さま|くん|ちゃん)/u
const WORDS = /^(?:[\p{L}\p{M}]{2,20}|\p{L}\.)(?:[ \u00a0-](?:[\p{L}\p{M}'’]{2,20}|\p{L}\.)){0,4}/u
/** What stands in an empty form. */
const EMPTY =
  /^(?:必填|选填|請輸入|请输入|请填写|请提供|請填寫|未填写|未知|不详|匿名|姓名|电话|性别|年龄|地址|入力|記入|必須|未入力|不明|同上|입력|필수|없음|미입력|מלא|חובה|غير|مطلوب|обязател|укажите|введите|указать)/u
const PLACE_SIGN = /[\d０-９市区區县縣省路街号號巷弄都府県町村丁番洞로길시군구동읍면]/

const isEnd = (c: number) =>
  c < 32 || c === 34 || c === 59 || c === 124 || c === 60 || c === 0xff1b || c === 0x3002 || c === 0x300d
const isSign = (c: number) => c >= 0x2e80
/** A letter of a script that the tagger does not know. */
const isNative = (c: number) => c >= 0x370 && (c < 0x1e00 || c >= 0x2e80)

/** End of what may be read, or 'need'. */
function stretch(place: Place, most: number, ends: (c: number) => boolean): number | 'need' {
  const { text, start } = place
  const limit = Math.min(start + most, place.limit)
  for (let i = start; i < limit; i++) {
    if (i >= text.length) return place.ended ? i : 'need'
    if (ends(text.charCodeAt(i))) return i
  }
  return limit
}

/** `called`: the label says so itself, and no sign stands between: `我叫王小明`. */
export function nativeName(place: Place, called: boolean): Answer {
  const first = place.text.charCodeAt(place.start)
  if (!isNative(first) || (place.link === 'bare' && !called)) return undefined
  const stop = stretch(place, LONGEST_NAME, (c) => isEnd(c) || c === place.quote || c === 44 || (c > 64 && c < 123))
  if (stop === 'need') return 'need'
  const value = place.text.slice(place.start, stop)
  if (EMPTY.test(value)) return undefined
  let name = (isSign(first) ? SIGNS : WORDS).exec(value)?.[0]
  if (name === undefined) return undefined
  if (isSign(first)) {
    if (place.link !== 'assigned' && !GOES_ON.test(value.slice(name.length))) return undefined
    const korean = name.replace(KOREAN_TAIL, '')
    if (korean.length >= 2) name = korean
    // A sentence goes on behind a name that the label only announces.
    if (place.link === 'bare' && name.length > 4) name = name.slice(0, 3)
  } else if (place.link !== 'assigned') name = name.split(' ').slice(0, 2).join(' ')
  return one(place, 'personal/person', place.start + name.length, place.link === 'assigned' ? 80 : 70)
}

export function nativeAddress(place: Place): Answer {
  const first = place.text.charCodeAt(place.start)
  if (place.link === 'bare') return undefined
  const signs = (c: number) => c === 0xff0c || c === 0x3001
  const stop = stretch(place, LONGEST_ADDRESS, (c) => isEnd(c) || c === place.quote || (isSign(first) && signs(c)))
  if (stop === 'need') return 'need'
  const value = place.text.slice(place.start, stop).trimEnd()
  if (EMPTY.test(value) || !/(?:[\u0370-\u1dff\u2e80-\ud7ff].*){2}/u.test(value) || !PLACE_SIGN.test(value))
    return undefined
  return one(place, 'personal/address', place.start + value.length, 80)
}

const CAPITAL = /^\p{Lu}[\p{L}\p{M}'’]{1,24}(?:[ -]\p{Lu}[\p{L}\p{M}'’]{1,24}){0,3}$/u
/** Types and texts of a form. */
const NO_NAME =
  /^(?:str(?:ing)?|text|varchar|char|field|input|optional|required|none|null|nil|undefined|true|false|unknown|any|object|first|last|given|family|middle|full|sur|fore|name|enter|your|please|vor|nach|pr[ée]nom|nom|nombre|apellidos?|nome|cognome|imi[ęe]|nazwisko|voor|achter|geben|bitte|pflicht)/i

/** Part of a name behind a label that leaves no doubt; a colon, a sign of equality or the end of an element stands between. */
export function partOfName(place: Place): Answer {
  if (isNative(place.text.charCodeAt(place.start))) return nativeName(place, false)
  if (place.link !== 'assigned' || place.words > 1) return undefined
  const stop = stretch(
    place,
    LONGEST_NAME,
    (c) =>
      c < 32 ||
      c === place.quote ||
      (c !== 32 && c !== 45 && c !== 39 && c < 65) ||
      (c > 90 && c < 97) ||
      (c > 122 && c < 192),
  )
  if (stop === 'need') return 'need'
  const after = place.text.charCodeAt(stop)
  const value = place.text.slice(place.start, stop).replace(/[ '-]+$/, '')
  // A call, a field of something, an identifier.
  if (
    after === 40 ||
    after === 46 ||
    after === 95 ||
    (after >= 48 && after <= 57) ||
    !CAPITAL.test(value) ||
    NO_NAME.test(value)
  )
    return undefined
  return one(place, 'personal/person', place.start + value.length, 80)
}
