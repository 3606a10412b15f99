// Sums of money: by the sign, the code or the name of a currency, or a word for money before a decimal number.
import { isLetter, isUpper } from '../chars.ts'
import { CURRENCY, glue, NEAR_MONEY, SCALE } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { COMMA, nearGroup, type Phrase, POINT, SPACE } from './phrase.ts'
import { wordEnd } from './words.ts'

const isCurrencySign = (c: number) => c === 36 || (c >= 0xa2 && c <= 0xa5) || (c >= 0x20a0 && c <= 0x20c0)

/** A sum of money: a currency sign or code before or after it. */
export function amount(scan: Scan, phrase: Phrase, g: number): number {
  const { text } = scan
  if (phrase.size(g) > 12) return 0
  // `1,234,567.89`, `1.234,56`, `1 234.50`, `12.50`
  let h = g
  while (
    h + 1 < phrase.count &&
    phrase.size(h + 1) === 3 &&
    (phrase.joint(h + 1) === COMMA || phrase.joint(h + 1) === POINT || phrase.joint(h + 1) === SPACE) &&
    phrase.size(g) <= 3
  )
    h++
  let decimals = false
  if (
    h + 1 < phrase.count &&
    phrase.size(h + 1) <= 2 &&
    (phrase.joint(h + 1) === POINT || phrase.joint(h + 1) === COMMA)
  ) {
    h++
    decimals = true
  }
  let start = phrase.start(g)
  let sign = text.charCodeAt(start - 1)
  let at = start - 1
  if (sign === SPACE) sign = text.charCodeAt(--at)
  let currency = false
  if (isCurrencySign(sign)) {
    currency = true
    start = at
    if (start > 0 && isUpper(text.charCodeAt(start - 1)))
      while (start > at - 3 && start > 0 && isUpper(text.charCodeAt(start - 1))) start--
  } else if (at === phrase.start(g) - 2 && isLetter(sign)) {
    let word = at + 1
    while (word > 0 && at + 1 - word < 8 && isLetter(text.charCodeAt(word - 1))) word--
    if (at + 1 - word === 3 && isUpper(sign) && glue.get(text, word, at + 1) & CURRENCY) {
      currency = true
      start = word
    }
  }
  let end = phrase.end(h)
  // Only the last group of a phrase is followed by words.
  if (h === phrase.count - 1) {
    let c = peek(scan, end)
    if (c === NEED) return NEED
    let i = end
    if (c === SPACE) {
      c = peek(scan, ++i)
      if (c === NEED) return NEED
    }
    // `$2^n$` is a formula.
    if (c === 94 || c === 125 || (c === 36 && currency)) return 0
    if (isCurrencySign(c)) {
      currency = true
      end = i + 1
    } else if (isLetter(c)) {
      let word = wordEnd(scan, i)
      if (word === NEED) return NEED
      let bits = glue.get(text, i, word)
      if (bits & SCALE) {
        // `$5 million`, `5 million dollars`
        if (currency) end = word
        if (peek(scan, word) === SPACE) {
          i = word + 1
          word = wordEnd(scan, i)
          if (word === NEED) return NEED
          bits = glue.get(text, i, word)
        }
      }
      if (bits & CURRENCY) {
        currency = true
        end = word
      }
    }
  }
  if (!currency && !(decimals && nearGroup(scan, phrase, g, NEAR_MONEY) && h - g <= 2)) return 0
  scan.emit('finance/amount', start, end, currency ? 80 : 50)
  return h - g + 1
}
