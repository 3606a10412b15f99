// Values that a word beside them gives away: passwords in prose, codes, seed phrases, card codes, bank codes, plates, serial
// numbers, social handles, ids of persons; and those few forms that need no word: wallets, vehicle numbers, coordinates. One
// pass over letters and digits; behind a label the text is read ahead, at most READ characters, and nothing before the
// value is held back meanwhile.
import type { Detector } from '../detector.ts'
import { TextStream } from '../text-stream.ts'
import { CLASS, DIGIT as DIGIT_CLASS, isDigit, isUpper, LETTER as LETTER_CLASS } from './chars.ts'
import { isBase58Check, isBech32, isHexAccount, isVehicleNumber } from './forms.ts'
import { judgeLabelled, LABELLED_CLASSES, type Link, type Verdict } from './labelled-value.ts'
import {
  betweenAt,
  type Label,
  type LabelKind,
  LINK,
  LONGEST_UNSPACED,
  labelAt,
  SMALL_WORD,
  UNSPACED_HEADS,
  unspacedAt,
  WEAK_LINK,
} from './labels.ts'

/** What stands between a label and its value, and the value, are no longer than this. */
const GAP = 72
const VALUE = 320
/** Options are looked for this far behind the name of a command. */
const COMMAND = 96
/** Kept to the left: a label's first words, what a value's neighbours say. */
const BEHIND = 160
/** Longer runs of letters and digits are no wallet and end no label. */
const LONGEST_RUN = 128
/** A number with more decimals is none of degrees. */
const LONGEST_DECIMAL = 24

const NOTHING = 0
const LETTER = 1
const DIGIT = 2
/** `@` and the sign of degrees. */
const SIGN = 3
const UNSPACED = 4
const KIND = new Uint8Array(65_536)
for (let code = 0; code < 65_536; code++) {
  const kind = CLASS[code] ?? 0
  if (kind === LETTER_CLASS) KIND[code] = LETTER
  else if (kind === DIGIT_CLASS) KIND[code] = DIGIT
}
KIND[64] = SIGN
KIND[0xb0] = SIGN
for (const head of UNSPACED_HEADS) KIND[head] = UNSPACED

/** The decision needs text that has not arrived. */
const NEED = -1
const isSmall = (code: number) => code >= 97 && code <= 122
const isBlank = (code: number) => code === 32 || code === 9 || code === 0xa0

class LabelledStream extends TextStream {
  /** Where scanning goes on. */
  #at = 0
  /** Start of the run of letters and digits that is being read, and of the word at its end; -1 for none. */
  #run = -1
  #word = -1
  #digits = 0
  /** Signs between the digits that came so far: a decimal number begins here. */
  #decimal = -1
  /** What waits for text: a label with its end, or a form that begins at an offset. */
  #label: Label | undefined
  #from = -1
  /** The option of the command on this line that a password follows, and where its name ended. */
  #option = ''
  #command = -1
  #form: 'flag' | 'pair' | 'degrees' | 'handle' | 'unspaced' | undefined
  /** Nothing is found before this while something waits. */
  #hold = 0
  /** Between a label and its value: the first word that may be the value of another label. */
  #gap = -1
  #ended = false

  constructor() {
    super(BEHIND)
  }

  protected moved(count: number): void {
    this.#at -= count
    // What began before the text at hand is longer than anything it could be.
    if (this.#run >= 0) this.#run = Math.max(0, this.#run - count)
    if (this.#word >= 0) this.#word = Math.max(0, this.#word - count)
    if (this.#from >= 0) this.#from -= count
    if (this.#decimal >= 0) this.#decimal -= count
    if (this.#command >= 0) this.#command = Math.max(-1, this.#command - count)
    this.#hold -= count
    this.#gap -= count
  }

  protected override needed(open: number): number {
    return this.#from >= 0 ? Math.min(open, this.#from) : open
  }

  protected read(ended: boolean): number {
    this.#ended = ended
    for (;;) {
      if (this.#from >= 0 && !this.#decide()) return this.#hold
      if (!this.#scan()) break
    }
    const size = this.text.length
    if (this.#decimal >= 0 && size - this.#decimal <= LONGEST_DECIMAL) return this.#decimal
    return this.#run < 0 || size - this.#run > LONGEST_RUN ? size : this.#run
  }

  /** Retries what waits. False if it still does. */
  #decide(): boolean {
    const from = this.#from
    const label = this.#label
    let done: number
    if (label !== undefined) done = this.#behind(label, from)
    else if (this.#form === 'flag') done = this.#flag(from)
    else if (this.#form === 'pair') done = this.#pair(from)
    else if (this.#form === 'degrees') done = this.#degreesAt(from)
    else if (this.#form === 'handle') done = this.#handle(from)
    else {
      const more = this.text.length - from >= LONGEST_UNSPACED || this.#ended
      const found = unspacedAt(this.text, from)
      if (found !== undefined && (more || this.text.length > found.end)) {
        this.#at = Math.max(this.#at, found.end)
        this.#label = found.label
        this.#from = found.end
        this.#form = undefined
        return this.#decide()
      }
      done = more ? 0 : NEED
      this.#hold = from + 1
    }
    if (done === NEED) {
      if (label !== undefined && this.#gap >= 0) this.#hold = Math.min(this.#hold, this.#gap)
      return false
    }
    this.#from = -1
    this.#label = undefined
    this.#form = undefined
    return true
  }

  /** Reads on. True when something was met that has to be decided. */
  #scan(): boolean {
    const { text } = this
    const size = text.length
    let i = this.#at
    let run = this.#run
    let word = this.#word
    let digits = this.#digits
    let decimal = this.#decimal
    let met = false
    for (; i <= size; i++) {
      if (i === size && !this.#ended) break
      const unit = i < size ? text.charCodeAt(i) : 0
      const kind = i < size ? (KIND[unit] ?? 0) : NOTHING
      if (kind === LETTER) {
        if (run < 0) run = i
        if (word < 0) {
          word = i
        } else if (isUpper(unit) && isSmall(text.charCodeAt(i - 1))) {
          // `cardSecurityCode`
          word = i
        }
        continue
      }
      if (word >= 0) {
        const label = i - word >= 1 ? labelAt(text, word, i) : undefined
        word = -1
        if (label !== undefined) {
          this.#label = label
          this.#from = i
          met = true
        }
      }
      if (kind === DIGIT) {
        if (run < 0) run = i
        digits++
        if (met) break
        continue
      }
      if (run >= 0) {
        const length = i - run
        // A number goes on behind its point.
        if (unit === 46 && length <= 3 && digits === length && decimal < 0 && !met && !this.#inNumber(run)) {
          decimal = run
          run = -1
          digits = 0
          continue
        }
        if (decimal >= 0) {
          if (
            digits === length &&
            length >= 3 &&
            i - decimal <= LONGEST_DECIMAL &&
            run - decimal <= 4 &&
            !met &&
            this.#mayPair(decimal)
          ) {
            this.#form = 'pair'
            this.#from = decimal
            met = true
          }
          decimal = -1
        }
        if (length >= 17 && length <= LONGEST_RUN && digits > 0) this.#form17(run, i, digits)
        const start = run
        const figures = digits
        run = -1
        digits = 0
        if (unit === 0xb0 && figures > 0 && figures === length && length <= 3 && !met) {
          this.#form = 'degrees'
          this.#from = start
          met = true
        }
      } else decimal = -1
      if (met) break
      if (unit === 45 && this.#command >= 0) {
        if (i - this.#command > COMMAND) this.#command = -1
        else if (i > 0 && isBlank(text.charCodeAt(i - 1))) {
          this.#form = 'flag'
          this.#from = i
          met = true
        }
      } else if (unit === 10 || unit === 124 || unit === 59) this.#command = -1
      if (kind === SIGN) {
        if (unit === 64 && (i === 0 ? this.base === 0 : isOutside(text.charCodeAt(i - 1)))) {
          this.#form = 'handle'
          this.#from = i
          met = true
        }
      } else if (kind === UNSPACED) {
        this.#form = 'unspaced'
        this.#from = i
        met = true
      }
      if (met) {
        i++
        break
      }
    }
    this.#at = Math.min(i, size)
    this.#run = run
    this.#word = word
    this.#digits = digits
    this.#decimal = decimal
    return met
  }

  /** True if a sign of a number stands right before: `1.2.3456` is a version. */
  #inNumber(run: number): boolean {
    const before = this.text.charCodeAt(run - 1)
    const further = this.text.charCodeAt(run - 2)
    return (before === 46 || before === 95) && (isDigit(further) || before === 95)
  }

  #peek(i: number): number {
    return i < this.text.length ? this.text.charCodeAt(i) : this.#ended ? 0 : NEED
  }

  /** Runs of at least seventeen letters and digits that prove what they are. */
  #form17(from: number, to: number, digits: number): void {
    const { text } = this
    const length = to - from
    if (length === 17 && digits >= 4) {
      if (isVehicleNumber(text, from, to, true)) this.add('personal/vehicle', from, to, 75)
    } else if (length === 42 && isHexAccount(text, from, to)) this.add('finance/wallet', from, to, 90)
    else if (isBase58Check(text, from, to) || isBech32(text, from, to)) this.add('finance/wallet', from, to, 97)
  }

  /** Coordinates may stand here: no letter hangs on the number. */
  #mayPair(from: number): boolean {
    const before = this.text.charCodeAt(from - 1)
    return from === 0 || (CLASS[before] ?? 0) === 0 || before === 45 || before === 43 || before === 58 || before === 64
  }

  /** `37.7749, -122.4194`, without the sign of the first: two numbers with at least four decimals, within the degrees that there are. */
  #pair(from: number): number {
    this.#hold = from
    const first = this.#number(from, from)
    if (first === NEED) return NEED
    if (first === 0) return 0
    const latitude = this.#value
    let i = first
    let blanks = 0
    let comma = false
    for (; blanks < 4; i++, blanks++) {
      const c = this.#peek(i)
      if (c === NEED) return NEED
      if (c === 44 || c === 59 || c === 47) {
        if (comma) return 0
        comma = true
      } else if (!isBlank(c)) break
    }
    if (i === first) return 0
    const sign = this.#peek(i)
    if (sign === NEED) return NEED
    if (sign === 45 || sign === 43) i++
    const second = this.#number(i, i)
    if (second === NEED) return NEED
    if (second === 0 || Math.abs(this.#value) > 180 || Math.abs(latitude) > 180) return 0
    if (Math.abs(latitude) > 90 && Math.abs(this.#value) > 90) return 0
    const next = this.#peek(second)
    if (next === NEED) return NEED
    const start = from
    const named =
      /(?:lat|l[oa]ng?|gps|coord|geo|location|position|point|map|place|here|q=|ll=|@)\W{0,3}[^\d]{0,24}$/i.test(
        this.text.slice(Math.max(0, start - 48), start),
      )
    if (!named) {
      // Two of a longer row are figures of anything; so are two small ones.
      if (next === 44) {
        const after = this.#peek(second + 1)
        if (after === NEED) return NEED
        const further = isBlank(after) ? this.#peek(second + 2) : after
        if (further === NEED) return NEED
        if (isDigit(further) || further === 45) return 0
      }
      if (!comma) return 0
      const left = this.text.slice(Math.max(0, start - 4), start)
      if (/\d\s*[,;]\s*[-+]?$/.test(left)) return 0
      if (latitude < 2 && this.#value < 2) return 0
      const least = /[[(]\s*$/.test(left) ? 5 : 4
      if (this.#decimals < least || first - from - String(Math.trunc(latitude)).length - 1 < least) return 0
    }
    this.add('personal/location', start, second, named ? 85 : 70)
    return second
  }

  #value = 0
  #decimals = 0

  /** A decimal number of degrees with at least two decimals; its end, 0 or NEED. */
  #number(from: number, start: number): number {
    let i = from
    let c = this.#peek(i)
    while (isDigit(c) && i - start < 4) c = this.#peek(++i)
    if (c === NEED) return NEED
    if (i === from || i - from > 3 || c !== 46) return 0
    const point = i
    c = this.#peek(++i)
    while (isDigit(c) && i - point < 20) c = this.#peek(++i)
    if (c === NEED) return NEED
    this.#decimals = i - point - 1
    if (this.#decimals < 3 || this.#decimals > 17) return 0
    this.#value = Number(this.text.slice(from, i))
    let end = i
    if (c === 0xb0) c = this.#peek(++end)
    if (c === NEED) return NEED
    if (isBlank(c) && end > i) {
      const far = this.#peek(end + 1)
      if (far === NEED) return NEED
      if (isCompass(far)) {
        const beyond = this.#peek(end + 2)
        if (beyond === NEED) return NEED
        if (KIND[beyond] !== LETTER) return end + 2
      }
    } else if (isCompass(c)) {
      const beyond = this.#peek(end + 1)
      if (beyond === NEED) return NEED
      return KIND[beyond] === LETTER || isDigit(beyond) ? 0 : end + 1
    }
    if (c === 46 && isDigit(this.#peek(end + 1))) return 0
    return KIND[c] === LETTER || c === 95 ? 0 : end
  }

  /** `40°26'46"N 79°58'56"W`, with blanks or without; one of them is enough. */
  #degreesAt(from: number): number {
    this.#hold = from
    let end = this.#dms(from)
    if (end === NEED) return NEED
    if (end === 0) return 0
    let i = end
    let c = this.#peek(i)
    while ((isBlank(c) || c === 44 || c === 47) && i - end < 3) c = this.#peek(++i)
    if (c === NEED) return NEED
    if (isDigit(c)) {
      const second = this.#dms(i)
      if (second === NEED) return NEED
      if (second > 0) end = second
    }
    this.add('personal/location', from, end, 90)
    return end
  }

  #dms(from: number): number {
    let i = from
    let c = this.#peek(i)
    const skip = () => {
      if (isBlank(c)) c = this.#peek(++i)
    }
    const number = (most: number) => {
      const start = i
      while ((isDigit(c) || (c === 46 && i > start)) && i - start < most) c = this.#peek(++i)
      return i - start
    }
    if (number(3) === 0) return c === NEED ? NEED : 0
    if (c === NEED) return NEED
    if (c !== 0xb0) return 0
    c = this.#peek(++i)
    skip()
    let minutes = false
    for (let k = 0; k < 2 && isDigit(c); k++) {
      if (number(8) === 0) break
      skip()
      if (c === NEED) return NEED
      let marks = 0
      while (isMinute(c) && marks < 2) {
        c = this.#peek(++i)
        marks++
      }
      if (c === NEED) return NEED
      if (marks === 0) return 0
      minutes = true
      skip()
    }
    if (c === NEED) return NEED
    if (!minutes || !isCompass(c)) return 0
    const after = this.#peek(i + 1)
    if (after === NEED) return NEED
    return KIND[after] === LETTER ? 0 : i + 1
  }

  /** `@name on telegram` */
  #handle(from: number): number {
    this.#hold = from
    let i = from + 1
    let c = this.#peek(i)
    while (isHandleUnit(c) && i - from < 34) c = this.#peek(++i)
    if (c === NEED) return NEED
    let end = i
    while (end > from + 1 && this.text.charCodeAt(end - 1) === 46) end--
    if (end - from < 4 || end - from > 33 || c !== 32) return 0
    const word = (): string | undefined => {
      const start = i + 1
      let k = start
      let unit = this.#peek(k)
      while (KIND[unit] === LETTER && k - start < 12) unit = this.#peek(++k)
      if (unit === NEED) return undefined
      i = k
      return this.text.slice(start, k).toLowerCase()
    }
    const link = word()
    if (link === undefined) return NEED
    if (!/^(?:on|auf|sur|en|su|no|op|på|via|at|bei|в)$/.test(link)) return 0
    const platform = word()
    if (platform === undefined) return NEED
    if (!PLATFORM.test(platform)) return 0
    this.add('personal/handle', from, end, 80)
    return end
  }

  /** Reads from the end of a label to its value and judges that. Returns NEED, or anything else when it is done. */
  #behind(label: Label, from: number): number {
    // `SSHPASS=value`
    if (label.kind === 'flag') {
      const c = this.#peek(from)
      this.#hold = this.text.length
      if (c === NEED) return NEED
      if (c !== 61) {
        this.#option = label.flag
        this.#command = from
        return 0
      }
    }
    if (label.kind === 'echo') return this.#echo(from)
    const { text } = this
    let i = from
    let link: Link = 'bare'
    let words = 0
    let quote = 0
    let lines = 0
    let weak = false
    this.#gap = -1
    this.#hold = text.length
    // `CVC2`
    if (isDigit(this.#peek(i))) {
      const next = this.#peek(i + 1)
      if (next === NEED) return NEED
      if (isDigit(next) || KIND[next] === LETTER) return 0
      i++
    } else if (KIND[this.#peek(i)] === LETTER) return 0
    for (;;) {
      if (i - from > GAP) return 0
      const c = this.#peek(i)
      if (c === NEED) return NEED
      if (c === 0) return 0
      if (
        isBlank(c) ||
        c === 13 ||
        c === 42 ||
        c === 96 ||
        c === 35 ||
        c === 0xb0 ||
        c === 0xba ||
        c === 0xaa ||
        c === 47
      ) {
        // `facebook/model`
        if (c === 47 && label.kind === 'handle' && i === from) return 0
        // `**PIN**: 1234`; a slash parts two labels.
        i++
        continue
      }
      if (c === 10) {
        if (link !== 'assigned' || ++lines > 1) return 0
        i++
        continue
      }
      if (c === 58 || c === 61 || c === 0xff1a) {
        link = 'assigned'
        i++
        // `://`
        if (this.#peek(i) === 47 && this.#peek(i + 1) === 47) return 0
        continue
      }
      if (c === 62 || c === 124) {
        // `-> value`, a cell of a table, text of an element
        link = 'assigned'
        i++
        continue
      }
      if (c === 45 || c === 0x2013 || c === 0x2014) {
        const next = this.#peek(i + 1)
        if (next === NEED) return NEED
        if (isDigit(next) || next === 46) {
          if (label.kind === 'degrees' && text.charCodeAt(i - 1) !== 45) break
          if (i !== from) return 0
        }
        i++
        continue
      }
      if (c === 34 || c === 39 || c === 0x201c || c === 0xab || c === 0x201e || c === 0x2018) {
        if (i === from || (link === 'bare' && i - from === 1)) {
          i++
          continue
        }
        const next = this.#peek(i + 1)
        if (next === NEED) return NEED
        quote = CLOSING.get(c) ?? c
        i++
        break
      }
      if (c === 46) {
        // `no.`
        const next = this.#peek(i + 1)
        if (next === NEED) return NEED
        if (label.kind === 'handle' && i === from) return this.#profile(i)
        if (!isBlank(next) && next !== 58 && !isDigit(next)) return 0
        i++
        continue
      }
      if (c === 40 || c === 41 || c === 91 || c === 93) {
        if (words === 0 && link === 'bare' && c === 40 && i === from) return 0
        i++
        continue
      }
      if (c === 63) {
        // `my password? it's …`: without such a link what follows is another sentence.
        if (i !== from) return 0
        words++
        i++
        continue
      }
      if (c === 44) {
        if (label.kind !== 'degrees' || i !== from) return 0
        i++
        continue
      }
      if (c >= 0x2e80) {
        // Between a word and its value scripts without blanks write a few signs: は, 是, 为.
        if (
          c === 0x306f ||
          c === 0x662f ||
          c === 0x4e3a ||
          c === 0x70ba ||
          c === 0xff1d ||
          c === 0x3000 ||
          c === 0x300c
        ) {
          link = 'spoken'
          i++
          continue
        }
        if (c >= 0xac00 && c < 0xd7b0) {
          i++
          continue
        }
        return 0
      }
      if (KIND[c] === LETTER) {
        let stop = i
        let unit = c
        while (KIND[unit] === LETTER && stop - i < 24) unit = this.#peek(++stop)
        if (unit === NEED) {
          this.#hold = i
          return NEED
        }
        const after = isLoose(unit) ? this.#peek(stop + 1) : 0
        if (after === NEED) {
          this.#hold = i
          return NEED
        }
        const pure = isLoose(unit) ? after <= 32 || after === 34 || after === 39 : isBoundary(unit)
        if (!pure && (unit === 39 || unit === 0x2019) && after === 115 && stop - i === 2 && (c | 32) === 105) {
          const blank = this.#peek(stop + 2)
          if (blank === NEED) {
            this.#hold = i
            return NEED
          }
          if (isBlank(blank)) {
            // `it's`
            link = 'spoken'
            i = stop + 2
            continue
          }
        }
        if (!pure) {
          if (link !== 'bare' || words === 0) break
          const beyond = this.#beyond(i)
          if (beyond === NEED) return NEED
          if (beyond === 0) break
          if (this.#gap < 0) this.#gap = i
          // `the pw on web01 is …`: the machine's name is none.
          i = beyond
          words++
          continue
        }
        const between = betweenAt(text, i, stop)
        if ((between & LINK) !== 0) {
          if (link === 'bare') {
            link = 'spoken'
            weak = (between & WEAK_LINK) !== 0
          }
          i = stop
          words++
          continue
        }
        if (isUpper(c) && isUpper(text.charCodeAt(i + 1)) && UPPER_VALUES.has(label.kind)) break
        if ((between & SMALL_WORD) !== 0 && !(link === 'assigned' && label.kind === 'seed')) {
          if (++words > 5) return 0
          i = stop
          continue
        }
        if (weak && !HUMPS.test(text.slice(i, stop))) link = 'bare'
        if (label.kind === 'handle' && stop - i === 1 && c === 117 && unit === 47) break
        if (link === 'bare' && !BARE_WORDS.has(label.kind)) {
          if (++words > 4 || !WORDY.has(label.kind)) return 0
          // It may be the value of another label.
          if (this.#gap < 0) this.#gap = i
          i = stop
          continue
        }
        break
      }
      break
    }
    this.#hold = i
    return this.#judge(label.kind === 'flag' ? 'password' : label.kind, from, i, quote, link, words)
  }

  /** End of the token at `at` if `is`, `:` or the like follows it, else 0; NEED. */
  #beyond(at: number): number {
    this.#hold = at
    let i = at
    let c = this.#peek(i)
    while (c > 32 && c !== 58 && c !== 61 && i - at < 48) c = this.#peek(++i)
    if (c === NEED) return NEED
    if (c === 58 || c === 61) {
      const next = this.#peek(i + 1)
      if (next === NEED) return NEED
      return next === 32 ? i : 0
    }
    if (c !== 32) return 0
    const end = i
    const start = ++i
    c = this.#peek(i)
    while (KIND[c] === LETTER && i - start < 10) c = this.#peek(++i)
    if (c === NEED) return NEED
    if (i === start) return c === 61 || c === 58 ? end : 0
    return (betweenAt(this.text, start, i) & LINK) !== 0 && c === 32 ? end : 0
  }

  #judge(kind: LabelKind, from: number, start: number, quote: number, link: Link, words: number): number {
    const { text } = this
    const verdict = judgeLabelled(kind, {
      text,
      start,
      quote,
      link,
      words,
      limit: start + VALUE,
      ended: this.#ended,
      left: text.slice(Math.max(0, from - 96), from),
    })
    if (verdict === 'need') return NEED
    if (verdict === undefined) return 0
    for (const found of verdict as Verdict[]) this.add(found.class, found.start, found.end, found.confidence)
    return 1
  }

  /** `linkedin.com/in/name` */
  #profile(at: number): number {
    const { text } = this
    this.#hold = at
    const window = 56
    if (text.length - at < window && !this.#ended) {
      // Enough when the segment has ended.
      const so = /^\.(?:com|me|org|net|tv)\/[\w./@-]*[^\w./@-]/.test(text.slice(at, at + window))
      if (!so && /^(?:\.|\.[a-z]{1,3}|\.[a-z]{2,3}\/[\w./@-]*)$/i.test(text.slice(at, at + window))) return NEED
    }
    const match = /^\.(?:com|me|tv)\/(?:in\/|@|user\/|u\/|profile\/)?([\w.-]{3,40})/.exec(text.slice(at, at + window))
    const name = match?.[1]
    if (match === null || name === undefined) return 0
    const named = /\/(?:in\/|@|user\/|u\/|profile\/)/.test(match[0]) || /\d|[._-]/.test(name)
    if (!named || /^(?:status|share|intent|sharer|watch|home|explore|company|groups|pages|hashtag)$/.test(name))
      return 0
    const end = at + match[0].length
    this.add('personal/handle', end - name.length, end, 75)
    return end
  }

  /** The value behind a command's option: `sshpass -p value`, `unzip -P value`. */
  #flag(from: number): number {
    const { text } = this
    const flag = this.#option
    this.#hold = from
    if (text.length - from < 3 && !this.#ended) return NEED
    if (!text.startsWith(flag, from)) return 0
    let start = from + flag.length
    while (isBlank(this.#peek(start)) && start - from < 6) start++
    let quote = 0
    const first = this.#peek(start)
    if (first === NEED) return NEED
    if (first === 34 || first === 39) {
      quote = first
      start++
    }
    this.#hold = start
    return this.#judge('flag', from, start, quote, 'assigned', 0)
  }

  /** `echo "user:password" | chpasswd` */
  #echo(from: number): number {
    const { text } = this
    let i = from
    this.#hold = text.length
    let c = this.#peek(i)
    if (c === NEED) return NEED
    if (!isBlank(c)) return 0
    while ((isBlank(c) || c === 34 || c === 39) && i - from < 6) c = this.#peek(++i)
    if (c === NEED) return NEED
    this.#hold = i
    const start = i
    let colon = -1
    while (c > 32 && c !== 34 && c !== 39 && c !== 124 && c < 0x2e80 && i - start < 96) {
      if (c === 58 && colon < 0) colon = i
      c = this.#peek(++i)
    }
    if (colon < 0 && i > start && c !== NEED) return 0
    if (c === NEED) return NEED
    if (colon < 0 || i - colon < 4) return 0
    let end = i
    while (end - i < 4 && (c === 34 || c === 39 || isBlank(c))) c = this.#peek(++end)
    if (c === NEED) return NEED
    if (c !== 124) return 0
    const window = text.slice(end, end + 24)
    if (window.length < 24 && !this.#ended && /^\|\s*(?:s(?:u(?:d(?:o(?:\s\S*)?)?)?)?|\/?[\w/]*)$/.test(window))
      return NEED
    if (!/^\|\s*(?:sudo\s+(?:-\S+\s+)?)?[\w/]*chpasswd/.test(window)) return 0
    this.add('secret/password', start, i, 90)
    return i
  }
}

/** `CorrectHorse` */
const HUMPS = /[a-z][A-Z]/
const PLATFORM =
  /^(?:twitter|x|instagram|insta|ig|telegram|discord|snapchat|tiktok|wechat|reddit|mastodon|threads|twitch|linkedin|facebook|fb|github|gitlab|youtube|signal|bluesky|vk|steam|medium|телеграм)$/
/** Kinds whose value may itself be capitals only, so that a word of capitals ends the search. */
const UPPER_VALUES: ReadonlySet<string> = new Set(['bic', 'plate', 'id', 'device', 'vin'])
/** Kinds whose value may follow as a plain word without any link. */
const BARE_WORDS: ReadonlySet<string> = new Set(['seed'])
/** Kinds between whose label and link any words may stand: `the pw on web is …`. */
const WORDY: ReadonlySet<string> = new Set(['password', 'pin', 'id'])
const CLOSING: ReadonlyMap<number, number> = new Map([
  [0x201c, 0x201d],
  [0xab, 0xbb],
  [0x201e, 0x201c],
  [0x2018, 0x2019],
])

const isCompass = (c: number) => c === 78 || c === 83 || c === 69 || c === 87 || c === 79
const isMinute = (c: number) =>
  c === 39 || c === 34 || c === 0x2032 || c === 0x2033 || c === 0x2019 || c === 0x201d || c === 0xb4 || c === 0x60
const isHandleUnit = (c: number) => c < 128 && (isDigit(c) || KIND[c] === LETTER || c === 95 || c === 46)
/** A blank, a bracket or a quote before `@`: no address of mail. */
const isOutside = (c: number) => c <= 32 || c === 40 || c === 34 || c === 39 || c === 44
/** What may follow a word that is only a word. */
const isBoundary = (c: number) =>
  c <= 32 || c === 44 || c === 59 || c === 41 || c === 40 || c === 93 || c === 62 || c === 60 || c === 124 || c === 47
/** Ends a word if a blank follows, else it stands inside a value. */
const isLoose = (c: number) =>
  c === 0x2019 || c === 46 || c === 58 || c === 63 || c === 33 || c === 61 || c === 34 || c === 39 || c === 45

export function createLabelledDetector(): Detector {
  return {
    name: 'labelled',
    classes: LABELLED_CLASSES,
    longest: GAP + VALUE,
    open: () => new LabelledStream(),
  }
}
