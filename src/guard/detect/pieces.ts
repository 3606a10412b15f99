// Values said in pieces: `card 4111 1111 and then 1111 1111`, one group a line, the two halves of a key. Pieces belong together
// where nothing but marks, numbering or words for going on stand between them; what they spell has to prove itself: by a check
// digit, or by the beginning and the length of a key. Only what begins so beside its word is held back meanwhile.
import type { Detector } from '../detector.ts'
import { TextStream } from '../text-stream.ts'
import { cardPrefix, checkDigitsFit, ibanLength, luhn } from './bank.ts'
import { CLASS, DIGIT, isDigit, isUpper } from './chars.ts'
import { beginsKey, KEY_CLASSES, nextKey } from './secrets-key.ts'

/** Between two pieces stand at most so many characters, and a word for the value at most so many before the first. */
const GAP = 48
const LABEL = 64
/** Pieces of one value, and characters of one piece. */
const MOST_PIECES = 9
const LONGEST_PIECE = 64
const BEHIND = LABEL + LONGEST_PIECE + 16

/** Words for going on, in the languages of the labels. */
const GOES_ON =
  /(?:^|[^\p{L}])(?:and|then|next|followed|rest|remaining|other|second|third|fourth|last|half|part|continued|plus|und|dann|danach|rest|zweite[rn]?|dritte[rn]?|letzte[rn]?|hälfte|teil|et|puis|ensuite|suite|reste|seconde?|deuxième|dernière?s?|moitié|partie|y|luego|después|resto|segund[ao]|últim[ao]s?|mitad|parte|e|poi|dopo|seconda|ultim[aei]|metà|depois|últimos|metade|en|daarna|vervolgens|tweede|laatste|helft|deel|i|potem|następnie|reszta|drug[ai]|ostatnie|połowa|a|pak|zbytek|och|sedan|resten|andra|sista|og|derefter|и|потом|затем|далее|остальн\p{L}+|втор\p{L}+|последн\p{L}+|і|далі|потім|ve|sonra|kalan|ikinci|és|majd|aztán|然后|接着|后面|剩下|そして|次|残り|그리고|다음|나머지|ثم|والباقي)(?![\p{L}])/iu
/** Marks, blanks, and the number of an item. */
const MARKS = /^[^\p{L}\d]{0,6}(?:\(?\d{1,2}[.):\]]\s{0,2})?[^\p{L}\d]{0,6}$/u
/** Groups that stand so are read by the detector of numbers. */
const ONE_SIGN = /^[ .-]$/

const CARD =
  /(?:^|[^\p{L}])(?:(?:credit|debit)?cards?|cc|visa|master ?card|amex|american express|discover|maestro|diners|(?:kredit|bank|ec-?)?karte|kartennummer|carte|tarjeta|carta|cart[aã]o|kaart|(?:kredit)?kort(?:et)?|kart[aęyiu]|kart(?:e|ou|a)?|karty|карт[аыеу]|kártya)(?![\p{L}])|カード|[卡]|카드|بطاق/iu
const ACCOUNT =
  /(?:^|[^\p{L}])(?:iban|konto(?:nummer)?|account|bank(?:verbindung)?|cuenta|compte|conto|conta|rekening|rachunek|konta|účet|hesap|számla|счет|счёт|рахунок)(?![\p{L}])/iu
const SOCIAL = /(?:^|[^\p{L}])(?:ssn|social(?: security)?(?: number)?|social sec)(?![\p{L}])/iu

interface Piece {
  /** Offsets in the whole text. */
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Where in the text a word for a value stood last; every stretch of text is looked at once. */
class Label {
  readonly #words: RegExp
  #last = -1
  #read = 0

  constructor(words: RegExp) {
    this.#words = words
  }

  /** Does one stand at most LABEL before `at`? `text` begins at `base`. */
  near(text: string, base: number, at: number): boolean {
    const from = Math.max(base, at - LABEL, Math.min(this.#read - 24, at))
    if (at > this.#read) {
      const found = this.#words.exec(text.slice(from - base, at - base))
      if (found !== null) this.#last = from + found.index
      this.#read = at
    }
    return this.#last >= 0 && this.#last < at && at - this.#last <= LABEL
  }
}

class PiecesStream extends TextStream {
  #at = 0
  readonly #card = new Label(CARD)
  readonly #account = new Label(ACCOUNT)
  readonly #social = new Label(SOCIAL)
  /** Pieces of a card, of a social security number, of an account, and the first half of a key. */
  #cards: Piece[] = []
  #socials: Piece[] = []
  #accounts: Piece[] = []
  #key: Piece | undefined

  constructor() {
    super(BEHIND)
  }

  protected moved(count: number): void {
    this.#at -= count
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let i = this.#at
    let open = size
    while (i < size) {
      if (((CLASS[text.charCodeAt(i)] ?? 0) & DIGIT) === 0) {
        i++
        continue
      }
      let start = i
      const least = Math.max(this.#at, i - LONGEST_PIECE)
      while (start > least && inPiece(text.charCodeAt(start - 1))) start--
      let end = i
      while (end < size && inPiece(text.charCodeAt(end))) end++
      if (end === size && !ended && end - start <= LONGEST_PIECE) {
        // Its end has not arrived.
        open = start
        i = start
        this.#at = start
        break
      }
      if (end - start <= LONGEST_PIECE) this.#piece(start, end)
      else this.#drop()
      i = end
      this.#at = end
    }
    if (i > this.#at) {
      // A word whose figures have not arrived may be a piece.
      let start = i
      while (start > this.#at && i - start <= LONGEST_PIECE && inPiece(text.charCodeAt(start - 1))) start--
      this.#at = i === size && !ended ? start : i
      if (i === size && !ended) open = Math.min(open, start)
    }
    // `DE 89 …`: the country stands apart.
    const country =
      text.charCodeAt(open - 1) === 32 ? open - 3 : open === size && text.charCodeAt(size - 1) === 32 ? size - 3 : -1
    if (!ended && country >= 0 && ibanLength(text, country) !== undefined) open = Math.min(open, country)
    this.#expire(this.base + size)
    for (const first of [this.#cards[0], this.#socials[0], this.#accounts[0], this.#key])
      if (first !== undefined) open = Math.min(open, first.start - this.base)
    return open
  }

  /** Looks at the letters and digits [start, end), a digit among them. */
  #piece(start: number, end: number): void {
    const { text } = this
    this.#keys(start, end)
    // `4111-1111`, `4111_1111`
    for (let from = start; from < end; ) {
      let to = from
      while (to < end && text.charCodeAt(to) !== 45 && text.charCodeAt(to) !== 95) to++
      if (to > from) this.#group(from, to)
      from = to + 1
    }
  }

  #group(start: number, end: number): void {
    const { text } = this
    let digits = 0
    for (let i = start; i < end; i++) if (isDigit(text.charCodeAt(i))) digits++
    const piece = { start: this.base + start, end: this.base + end, text: text.slice(start, end) }
    const whole = digits === end - start
    this.#iban(piece, whole, start)
    if (!whole || digits > 19) {
      if (digits > 2) {
        this.#cards = []
        this.#socials = []
      }
      return
    }
    if (digits >= 3) this.#cardPiece(piece)
    this.#socialPiece(piece)
  }

  #cardPiece(piece: Piece): void {
    const chain = this.#cards
    const first = piece.text.charCodeAt(0)
    if (chain.length > 0 && this.#goesOn(chain, piece)) chain.push(piece)
    else this.#cards = [piece]
    let pieces = this.#cards
    while (pieces.length > 0) {
      const total = pieces.reduce((sum, { text }) => sum + text.length, 0)
      if (pieces.length > 1 && (total === 15 || total === 16) && isCard(pieces)) {
        if (!this.#joined(pieces)) this.#report('finance/card', pieces, 80)
        this.#cards = []
        return
      }
      const begins = pieces[0]!.text.charCodeAt(0)
      if (total < 16 && begins >= 50 && begins <= 54 && pieces.length < MOST_PIECES) break
      pieces = pieces.slice(1)
    }
    this.#cards = pieces
    // A chain begins beside its word; what goes on has its word before the first piece.
    if (pieces.length === 1 && pieces[0] === piece)
      if (first < 50 || first > 54 || piece.text.length > 12 || !this.#card.near(this.text, this.base, piece.start))
        this.#cards = []
  }

  /** Three, two and four figures. */
  #socialPiece(piece: Piece): void {
    const chain = this.#socials
    const size = piece.text.length
    if (chain.length > 0 && size === (chain.length === 1 ? 2 : 4) && this.#goesOn(chain, piece)) {
      chain.push(piece)
      if (chain.length < 3) return
      if (!this.#joined(chain)) this.#report('personal/national-id/us-ssn', chain, 70)
      this.#socials = []
    } else if (
      size === 3 &&
      piece.text !== '000' &&
      piece.text !== '666' &&
      piece.text.charCodeAt(0) !== 57 &&
      this.#social.near(this.text, this.base, piece.start)
    )
      this.#socials = [piece]
    // The number of an item is none.
    else if (size > 2) this.#socials = []
  }

  #iban(piece: Piece, whole: boolean, start: number): void {
    const { text } = this
    const chain = this.#accounts
    if (chain.length > 0) {
      const length = ibanLength(chain[0]!.text, 0) ?? 0
      const have = chain.reduce((sum, one) => sum + one.text.length, 0)
      if (
        (whole || /^[A-Z\d]+$/.test(piece.text)) &&
        have + piece.text.length <= length &&
        chain.length < MOST_PIECES &&
        this.#goesOn(chain, piece)
      ) {
        chain.push(piece)
        if (have + piece.text.length < length) return
        const apart = chain[0]!.end - chain[0]!.start > chain[0]!.text.length
        if (checkDigitsFit(chain.map((one) => one.text).join('')) && (apart || !this.#joined(chain)))
          this.#report('finance/iban', chain, 85)
        this.#accounts = []
        return
      }
      // The number of an item.
      if (whole && piece.text.length <= 2) return
      this.#accounts = []
    }
    // `DE89 …`, `DE 89 …`
    let from = start
    if (whole && text.charCodeAt(start - 1) === 32) from = start - 3
    if (from < 0 || !isUpper(text.charCodeAt(from)) || !isUpper(text.charCodeAt(from + 1))) return
    if (from > 0 && inPiece(text.charCodeAt(from - 1))) return
    const code = text.slice(from, from + 2) + text.slice(from === start ? from + 2 : start, piece.end - this.base)
    const length = ibanLength(code, 0)
    if (length === undefined || code.length >= length || !/^[A-Z]{2}\d\d[A-Z\d]*$/.test(code)) return
    const begun = { start: this.base + from, end: piece.end, text: code }
    if (this.#account.near(text, this.base, begun.start)) this.#accounts = [begun]
  }

  /** The second half of a key: with it the first half is a whole one. */
  #keys(start: number, end: number): void {
    const { text } = this
    const piece = { start: this.base + start, end: this.base + end, text: text.slice(start, end) }
    const first = this.#key
    this.#key = undefined
    if (first !== undefined && end - start >= 4 && this.#between(first, piece) && !this.#near(first, piece)) {
      const joined = first.text + piece.text
      const key = nextKey(joined, 0, 0, joined.length, false)
      if (key !== undefined && key.start === 0 && key.end > first.text.length) {
        this.#tell(key.class, first.start, first.end, 85)
        this.#tell(key.class, piece.start, piece.end, 85)
        return
      }
    }
    if (end - start >= 8 && beginsKey(text, start, end) && nextKey(text, start, start, end, false) === undefined)
      this.#key = piece
  }

  #goesOn(chain: readonly Piece[], next: Piece): boolean {
    return this.#between(chain[chain.length - 1]!, next)
  }

  #between(last: Piece, next: Piece): boolean {
    if (next.start - last.end > GAP || next.start <= last.end) return false
    const gap = this.text.slice(last.end - this.base, next.start - this.base)
    return MARKS.test(gap) || (GOES_ON.test(gap) && !/\d{3}|\n\s*\n/.test(gap))
  }

  /** True if nothing but a blank stands between. */
  #near(last: Piece, next: Piece): boolean {
    return next.start - last.end <= 1 && this.text.charCodeAt(last.end - this.base) !== 32
  }

  /** Groups with the same sign between all of them: found as they stand. */
  #joined(pieces: readonly Piece[]): boolean {
    for (let k = 1; k < pieces.length; k++) {
      const gap = this.text.slice(pieces[k - 1]!.end - this.base, pieces[k]!.start - this.base)
      if (!ONE_SIGN.test(gap)) return false
    }
    return true
  }

  /** `at`: what is further behind a piece than a gap is has nothing to do with it. */
  #expire(at: number): void {
    const over = (chain: readonly Piece[]) =>
      chain.length > 0 && at - chain[chain.length - 1]!.end > GAP + LONGEST_PIECE
    if (over(this.#cards)) this.#cards = []
    if (over(this.#socials)) this.#socials = []
    if (over(this.#accounts)) this.#accounts = []
    if (this.#key !== undefined && at - this.#key.end > GAP + LONGEST_PIECE) this.#key = undefined
  }

  #drop(): void {
    this.#cards = []
    this.#socials = []
    this.#accounts = []
    this.#key = undefined
  }

  /** Pieces with nothing but marks between them are one stretch. */
  #report(dataClass: string, pieces: readonly Piece[], confidence: number): void {
    let { start, end } = pieces[0]!
    for (const next of pieces.slice(1)) {
      if (!/^[^\p{L}\d]{1,6}$/u.test(this.text.slice(end - this.base, next.start - this.base))) {
        this.#tell(dataClass, start, end, confidence)
        start = next.start
      }
      end = next.end
    }
    this.#tell(dataClass, start, end, confidence)
  }

  #tell(dataClass: string, start: number, end: number, confidence: number): void {
    this.tell({ class: dataClass, start, end, confidence })
  }
}

const inPiece = (c: number): boolean =>
  isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 45

const VALUES = new Uint8Array(16)
function isCard(pieces: readonly Piece[]): boolean {
  let count = 0
  let years = 0
  for (const { text } of pieces) {
    if (/^(?:19|20)\d\d$/.test(text)) years++
    for (let i = 0; i < text.length; i++) VALUES[count++] = text.charCodeAt(i) - 48
  }
  return years < 2 && cardPrefix(VALUES, 0, count) && luhn(VALUES, 0, count)
}

/** Values whose pieces stand apart. */
export function createPiecesDetector(): Detector {
  return {
    name: 'pieces',
    classes: ['finance/card', 'finance/iban', 'personal/national-id/us-ssn', ...KEY_CLASSES],
    longest: MOST_PIECES * (GAP + LONGEST_PIECE),
    open: () => new PiecesStream(),
  }
}
