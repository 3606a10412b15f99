// Values that a word beside them gives away: passwords in prose, codes, seed phrases, card codes, bank codes, plates, serial
// numbers, social handles, ids of persons; and those few forms that need no word: wallets, vehicle numbers, coordinates. One
// pass over letters and digits; behind a label the text is read ahead, at most GAP + VALUE characters, and nothing before the
// value is held back meanwhile.
import type { Detector } from '../../detector.ts'
import { TextStream } from '../../text-stream.ts'
import { CLASS, isDigit, isUpper } from '../chars.ts'
import { NEED, peek } from '../scan.ts'
import { behind, GAP, VALUE } from './between.ts'
import { echo, flag } from './command.ts'
import { degreesAt, pair } from './coordinates.ts'
import { isBase58Check, isBech32, isHexAccount, isVehicleNumber } from './forms.ts'
import { handle } from './handle.ts'
import { type Label, LONGEST_UNSPACED, labelAt, unspacedAt } from './labels.ts'
import { DIGIT, isBlank, KIND, LETTER, NOTHING, type Reader, SIGN, UNSPACED } from './reader.ts'
import { LABELLED_CLASSES } from './value.ts'

/** Options are looked for this far behind the name of a command. */
const COMMAND = 96
/** Kept to the left: a label's first words, what a value's neighbours say. */
const BEHIND = 160
/** Longer runs of letters and digits are no wallet and end no label. */
const LONGEST_RUN = 128
/** A number with more decimals is none of degrees. */
const LONGEST_DECIMAL = 24

const isSmall = (code: number) => code >= 97 && code <= 122

class LabelledStream extends TextStream implements Reader {
  declare text: string
  ended = false
  hold = 0
  gap = -1
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

  constructor() {
    super(BEHIND)
  }

  override add(dataClass: string, start: number, end: number, confidence: number): void {
    super.add(dataClass, start, end, confidence)
  }

  skip(to: number): void {
    if (to <= this.#at) return
    this.#at = to
    this.#run = -1
    this.#word = -1
    this.#digits = 0
    this.#decimal = -1
  }

  protected moved(count: number): void {
    this.#at -= count
    // What began before the text at hand is longer than anything it could be.
    if (this.#run >= 0) this.#run = Math.max(0, this.#run - count)
    if (this.#word >= 0) this.#word = Math.max(0, this.#word - count)
    if (this.#from >= 0) this.#from -= count
    if (this.#decimal >= 0) this.#decimal -= count
    if (this.#command >= 0) this.#command = Math.max(-1, this.#command - count)
    this.hold -= count
    this.gap -= count
  }

  protected override needed(open: number): number {
    return this.#from >= 0 ? Math.min(open, this.#from) : open
  }

  protected read(ended: boolean): number {
    this.ended = ended
    for (;;) {
      if (this.#from >= 0 && !this.#decide()) return Math.min(this.hold, this.#openRun())
      if (!this.#scan()) break
    }
    if (this.#decimal >= 0 && this.text.length - this.#decimal <= LONGEST_DECIMAL) return this.#decimal
    return this.#openRun()
  }

  /** Start of the run that may yet become a finding, or the end of the text. */
  #openRun(): number {
    const size = this.text.length
    return this.#run < 0 || size - this.#run > LONGEST_RUN ? size : this.#run
  }

  /** Retries what waits. False if it still does. */
  #decide(): boolean {
    const from = this.#from
    const label = this.#label
    let done: number
    if (label !== undefined) done = this.#behind(label, from)
    else if (this.#form === 'flag') done = flag(this, this.#option, from)
    else if (this.#form === 'pair') done = pair(this, from)
    else if (this.#form === 'degrees') done = degreesAt(this, from)
    else if (this.#form === 'handle') done = handle(this, from)
    else {
      const more = this.text.length - from >= LONGEST_UNSPACED || this.ended
      const found = unspacedAt(this.text, from)
      if (found !== undefined && (more || this.text.length > found.end)) {
        this.#at = Math.max(this.#at, found.end)
        this.#label = found.label
        this.#from = found.end
        this.#form = undefined
        return this.#decide()
      }
      done = more ? 0 : NEED
      this.hold = from + 1
    }
    if (done === NEED) {
      if (label !== undefined && this.gap >= 0) this.hold = Math.min(this.hold, this.gap)
      return false
    }
    this.#from = -1
    this.#label = undefined
    this.#form = undefined
    return true
  }

  /** The value behind a label; of a command without one, its option is looked for from here on. Returns NEED, or anything else when it is done. */
  #behind(label: Label, from: number): number {
    if (label.kind === 'echo') return echo(this, from)
    if (label.kind === 'flag') {
      // `SSHPASS=value`
      const c = peek(this, from)
      this.hold = this.text.length
      if (c === NEED) return NEED
      if (c !== 61) {
        this.#option = label.flag
        this.#command = from
        return 0
      }
    }
    return behind(this, label, from)
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
      if (i === size && !this.ended) break
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
        if (met) break
        digits++
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
}

/** A blank, a bracket or a quote before `@`: no address of mail. */
const isOutside = (c: number) => c <= 32 || c === 40 || c === 34 || c === 39 || c === 44

export function createLabelledDetector(): Detector {
  return {
    name: 'labelled',
    classes: LABELLED_CLASSES,
    longest: GAP + VALUE,
    open: () => new LabelledStream(),
  }
}
