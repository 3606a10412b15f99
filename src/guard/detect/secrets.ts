// Credentials of every kind in one pass: provider keys by their beginnings, values by the names they are given to, PEM
// blocks, passwords in URLs and command lines, Kubernetes secrets. The text is cut into runs of visible characters; most
// runs are prose and are dropped on a flag. A run is judged once, when it is complete, with a bounded look to its left,
// so the work is linear and a stream finds what a whole text gives.
import type { Finding } from '../../core/index.ts'
import type { Detector } from '../detector.ts'
import { TextStream } from '../text-stream.ts'
import { unitsOf } from '../units.ts'
import { type Argument, argumentAt } from './secrets-argument.ts'
import { BLOCK_LIMIT, keyBlock } from './secrets-block.ts'
import { type Cell, isInserted, isPairedWithLogin, isPasswordPlace, mayBeCell, passwordCell } from './secrets-call.ts'
import { isAuthorizationCode, isAwsSecret, isJsonWebKey, isKubernetesValue } from './secrets-form.ts'
import { KEY_CLASSES, nextKey, reversedKey, rotatedKey } from './secrets-key.ts'
import {
  atHost,
  besideUser,
  gluedToFlag,
  hashOf,
  inConnection,
  inHeader,
  isCurlUser,
  type Login,
  oracle,
  pgpass,
  userInfo,
  within,
} from './secrets-login.ts'
import { markedToken } from './secrets-marked.ts'
import { opens } from './secrets-quote.ts'
import { looksLikePassword, saidIn } from './secrets-said.ts'
import { isGivenKey, isOpaque, judgeValue, NAME_REACH, type Name, nameBefore, VALUE_CLASSES } from './secrets-value.ts'

/** A run longer than this is judged in pieces; what follows a secret without a gap belongs to it. */
const RUN_LIMIT = 4096
const QUOTED_LIMIT = 256
/** More of the same sign at the start of a line or a text in quotes is a line drawn across the page. */
const DRAWN = 16
/** A password has fewer. */
const MOST_BLANKS = 5
/** Characters of the secret that belongs to the name of an AWS key, and between the two at most. */
const AWS_SECRET = 40
const AWS_APART = 120
/** Nothing longer is said to be a password, signs around it included. */
const LONGEST_SAID = 72
/** Values that are looked at in one run: an address may have many parameters. */
const MOST_VALUES = 24
/** `user:password` is no longer. */
const MOST_PAIRED = 160
/** What a value is given to where its place alone says what it is. */
const PLACED: Name = { words: new Set(['password']), assigned: true }
/** Text kept to the left of what is undecided: names, `kind: Secret`, `curl`. */
const CONTEXT = 512

export const SECRET_CLASSES: readonly string[] = [
  ...new Set([
    ...KEY_CLASSES,
    ...VALUE_CLASSES,
    'secret/private-key',
    'secret/recovery-code',
    'secret/connection-string',
    'secret/kubernetes-secret',
  ]),
]

const END = 1
const DIGIT = 2
const SYMBOL = 4
const JOINT = 8
const QUOTE = 16
const DASH = 32
/** By any unit. */
const FLAGS = new Uint8Array(65_536).fill(END)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (code <= 32 || code === 127 || '<>(){}[],;|\\'.includes(char)) FLAGS[code] = END
  else if ('"\'`'.includes(char)) FLAGS[code] = END | QUOTE
  else if (char >= '0' && char <= '9') FLAGS[code] = DIGIT
  else if (char === '-') FLAGS[code] = JOINT | DASH
  else if ('=:/_.'.includes(char)) FLAGS[code] = JOINT
  else if ('!@#$%^&*?~+'.includes(char)) FLAGS[code] = SYMBOL
  else FLAGS[code] = 0
}

/**
 * A run of this length and kind says nothing, whatever stands before it: see `#judgeRun`. Six letters may be `Secret`, four digits
 * a code.
 */
const isPlainWord = (length: number, flags: number) =>
  length < 6
    ? (flags & DASH) === 0 && (flags !== DIGIT || length < 4)
    : length !== 6 && length < 20 && (flags & (DASH | DIGIT | SYMBOL)) === 0

class SecretStream extends TextStream {
  #cursor = 0
  #run = -1
  #flags = 0
  /** Quote character that ends the current value, when it is one of a name that holds a secret. */
  #quote = 0
  /** That value is a key: brackets and commas may be in it, and were, but no blank. */
  #key: 'no' | 'plain' | 'signs' = 'no'
  /** Blanks inside it so far. */
  #blanks = 0
  #block = -1
  #swallow: string | undefined
  /** Offset in the whole text of the last `kind: Secret`. */
  #kubernetes = -1
  /** Offset in the whole text of the last private part of a key in JSON. */
  #webKey = -1
  /** Offset in the whole text where the last name of an AWS key ended: its secret stands near. */
  #awsName = -1
  /** The last cell of a column of passwords, its row local. */
  #cell: Cell | undefined

  constructor() {
    super(CONTEXT)
  }

  protected read(ended: boolean): number {
    this.#scan(ended)
    return this.#block >= 0 ? this.#block : this.#run >= 0 ? this.#run : this.#cursor
  }

  protected moved(count: number): void {
    this.#cursor -= count
    if (this.#run >= 0) this.#run -= count
    if (this.#block >= 0) this.#block -= count
    if (this.#cell !== undefined) this.#cell.row -= count
  }

  #scan(last: boolean): void {
    const { text } = this
    const size = text.length
    for (;;) {
      if (this.#block >= 0 && !this.#scanBlock(last)) return
      let i = this.#cursor
      let run = this.#run
      let flags = this.#flags
      let blanks = this.#blanks
      // A quoted value that turns out to be a sentence is read once more.
      const units = unitsOf(text, run >= 0 && this.#quote !== 0 ? run : i)
      for (; i < size; i++) {
        const code = units[i] ?? 0
        const flag = FLAGS[code]!
        if ((flag & END) === 0) {
          if (run < 0) run = i
          flags |= flag
          if (i - run >= RUN_LIMIT) break
          // Of a line that is drawn only so much stays as may begin a block.
          if (i - run === DRAWN && this.#quote === 0 && isDrawn(text, run, i, this.base)) run++
          continue
        }
        if (run < 0 && flag === END && code !== 92) {
          this.#swallow = undefined
          this.#quote = 0
          continue
        }
        if (this.#quote !== 0 && run >= 0 && this.#key !== 'no') {
          if (code > 32 && code !== this.#quote && i - run < QUOTED_LIMIT) {
            flags |= SYMBOL
            this.#key = 'signs'
            continue
          }
          if (this.#key === 'signs' && (code !== this.#quote || !isOpaque(text.slice(run, i)))) {
            // It is something else, and read without the quotes.
            i = run - 1
            run = -1
            flags = 0
            this.#quote = 0
            continue
          }
          if (this.#key === 'plain') this.#quote = 0
          break
        }
        if (this.#quote !== 0 && run >= 0) {
          // Inside a quoted value only its quote, a line's end or the limit end the run.
          if (code !== this.#quote && code !== 10 && i - run < QUOTED_LIMIT) {
            flags |= SYMBOL
            if (code === 32 && ++blanks >= MOST_BLANKS) {
              // So many words are a sentence, and read like one.
              i = run - 1
              run = -1
              flags = 0
              this.#quote = 0
            }
            continue
          }
          break
        }
        if (run >= 0) {
          // `123456789012345|…`: an application id and its secret are one token.
          if (code === 124 && flags === DIGIT && i - run >= 15 && i - run <= 16) continue
          // Most runs are words of prose.
          if (
            this.#quote === 0 &&
            this.#swallow === undefined &&
            isPlainWord(i - run, flags) &&
            !((flags & JOINT) !== 0 && ((text.charCodeAt(run) | 32) === 112 || isCurlUser(text, run)))
          ) {
            run = -1
            flags = 0
            i--
            continue
          }
          break
        }
        this.#swallow = undefined
        if ((flag & QUOTE) !== 0) {
          blanks = 0
          const opened = opens(text, i)
          this.#key = opened === 'key' ? 'plain' : 'no'
          this.#quote = opened === undefined ? 0 : code
        } else if (code === 92) {
          // `\n` and its like inside escaped text are an end, not a letter of the next word.
          if (i + 1 >= size && !last) break
          const escaped = text.charCodeAt(i + 1)
          if (escaped === 110 || escaped === 114 || escaped === 116) i++
        } else this.#quote = 0
      }
      const complete = run >= 0 && (i < size || last)
      const said =
        complete && (flags & DIGIT) !== 0 && i - run <= LONGEST_SAID && this.#swallow === undefined
          ? saidIn(text, run, i, last)
          : undefined
      if (!complete || said === 'need') {
        this.#cursor = i
        this.#run = run
        this.#flags = flags
        this.#blanks = blanks
        return
      }
      if (said !== undefined) this.#report(said)
      this.#run = -1
      this.#flags = 0
      this.#cursor = i
      this.#judgeRun(run, i, flags)
      this.#quote = 0
      if (i < size && i - run < RUN_LIMIT && this.#swallow !== undefined && this.#block < 0) this.#swallow = undefined
    }
  }

  #judgeRun(start: number, end: number, flags: number): void {
    const text = this.text
    const length = end - start
    if (this.#swallow !== undefined) {
      this.add(this.#swallow, start, end, 90)
      return
    }
    if ((flags & DASH) !== 0 && length >= 10) {
      const block =
        length === 14 && text.startsWith('Private-Lines:', start)
          ? 0
          : text.slice(start, Math.min(end, start + 128)).indexOf('-----BEGIN')
      if (block >= 0) {
        this.#block = start + block
        if (block >= 6) this.#judgeRun(start, start + block, flags & ~DASH)
        return
      }
    }
    if (length === 6 && (flags & DIGIT) === 0) {
      const first = text.charCodeAt(start)
      if ((first === 83 || first === 115) && /kind["']?:\s*["']?$/i.test(text.slice(Math.max(0, start - 12), start)))
        this.#kubernetes = this.base + start
    }
    if (length < 6) return
    if (
      length >= 8 &&
      (flags & DASH) !== 0 &&
      text.startsWith('-p', start) &&
      this.#tell(gluedToFlag(text, start, end))
    )
      return
    const quoted = this.#quote !== 0
    if ((flags & JOINT) !== 0 && this.#tell(inConnection(text, start, end))) return
    if ((flags & (DIGIT | SYMBOL)) === 0 && length < 20) {
      if ((flags & JOINT) !== 0 && isCurlUser(text, start)) this.#tell(userInfo(text, start, end))
      // `jwt.sign(payload, 'blue-harbor-key')`
      else if (
        quoted &&
        (flags & DASH) !== 0 &&
        argumentAt(text, start - 1) === 'key' &&
        isGivenKey(text.slice(start, end))
      )
        this.add('secret/api-key', start, end, 80)
      return
    }
    if (
      length >= 20 &&
      ((flags & SYMBOL) !== 0 || ((flags & JOINT) !== 0 && length >= 65) || text.charCodeAt(start - 1) === 125) &&
      this.#tell(hashOf(text, start, end))
    )
      return
    let from = start
    if (length >= 16) {
      from = this.#judgeKeys(start, end, flags)
      if (from >= end) return
      const reversed = reversedKey(text, from, end) ?? rotatedKey(text, valueAt(text, from, end), end)
      if (reversed !== undefined) {
        this.#report(reversed)
        return
      }
      if (length >= 24 && from === start && (flags & DIGIT) !== 0 && (flags & JOINT) !== 0) {
        const marked = markedToken(text, start, end)
        if (marked !== undefined) {
          this.#report(marked)
          if (marked.end === end) return
          from = marked.end
        }
      }
    }
    if (
      length === AWS_SECRET &&
      this.#awsName >= 0 &&
      this.base + start - this.#awsName <= AWS_APART &&
      isAwsSecret(text, start, end)
    ) {
      this.add('secret/aws-key', start, end, 85)
      return
    }
    if ((flags & JOINT) !== 0 && this.#judgeLogin(from, end, flags)) return
    if (
      (flags & (JOINT | SYMBOL)) !== 0 &&
      (flags & DIGIT) !== 0 &&
      length <= MOST_PAIRED &&
      this.#tell(besideUser(text, from, end))
    )
      return
    // A value may begin with the run or behind an operator inside it: `KEY=value`, `?a=1&token=value`.
    let at = from
    for (let tries = 0; tries < MOST_VALUES && end - at >= 6; tries++) {
      const stop = this.#judgeAt(at, end, quoted)
      if (stop >= 0) {
        if (stop >= end) return
        at = stop
      }
      if (quoted) return
      let next = at
      while (next < end && !isOperator(text.charCodeAt(next))) next++
      while (next < end && isOperator(text.charCodeAt(next))) next++
      if (next >= end) return
      at = next
    }
  }

  /** Reports a login; true if nothing else is to be found in its run. */
  #tell(login: Login | undefined): boolean {
    if (login === undefined) return false
    this.#report(login)
    return login.whole
  }

  /** Of local offsets. */
  #report(found: Finding): void {
    this.add(found.class, found.start, found.end, found.confidence)
  }

  /** A user and a password in one run. */
  #judgeLogin(start: number, end: number, flags: number): boolean {
    const { text } = this
    if (this.#tell(userInfo(text, start, end))) return true
    if ((flags & SYMBOL) !== 0) this.#tell(atHost(text, start, end))
    if ((flags & DIGIT) !== 0) this.#tell(oracle(text, start, end))
    return this.#tell(pgpass(text, start, end))
  }

  #judgeAt(at: number, end: number, quoted: boolean): number {
    const text = this.text
    const sign = text.charCodeAt(at - 1)
    // `?a=1`: a parameter is no value, what is given to it is one.
    if ((sign === 63 || sign === 38) && /^[\w.-]{1,40}=/.test(text.slice(at, Math.min(end, at + 48)))) return -1
    const floor = Math.max(0, at - NAME_REACH)
    let stop = end
    if (!quoted) {
      // `a=1&b=2`: a value ends where the next parameter begins.
      const and = within(text, '&', at, end)
      if (and >= 0 && /^&(?:amp;)?[\w.-]{1,40}=/.test(text.slice(and, Math.min(end, and + 48)))) {
        stop = and
        // `token, "size=50&order=asc"`: the first parameter of an address without its path.
        if (
          (sign === 34 || sign === 39 || sign === 96) &&
          /^[a-z_-]{1,40}=/.test(text.slice(at, Math.min(stop, at + 48)))
        )
          return -1
      }
    }
    const name = nameBefore(text, at, floor)
    if (name !== undefined) {
      const verdict = judgeValue(name, text, at, stop, quoted)
      if (verdict !== undefined) {
        this.add(verdict.class, at, verdict.end, verdict.confidence)
        return verdict.end
      }
    }
    const given = quoted && stop - at <= QUOTED_LIMIT ? argumentAt(text, at - 1) : undefined
    if (given === 'key' && isGivenKey(text.slice(at, stop))) {
      this.add('secret/api-key', at, stop, 80)
      return stop
    }
    if (stop - at <= QUOTED_LIMIT && this.#isPlaced(at, stop, given)) {
      const verdict = judgeValue(PLACED, text, at, stop, quoted)
      if (verdict !== undefined) {
        this.add(verdict.class, at, verdict.end, verdict.confidence)
        return verdict.end
      }
    }
    const before = text.charCodeAt(at - 1)
    if (before === 61 && isAuthorizationCode(text, at, stop, end)) {
      this.add('secret/api-key', at, stop, 80)
      return stop
    }
    if ((before <= 32 || (before === 34 && text.charCodeAt(at - 2) === 61)) && this.#tell(inHeader(text, at, stop)))
      return stop
    if (before === 34 && isJsonWebKey(text, at, stop, this.#webKey >= 0 && this.base + at - this.#webKey < 2000)) {
      this.#webKey = this.base + at
      this.add('secret/private-key', at, stop, 85)
      return stop
    }
    if (this.#kubernetes >= 0 && this.base + at - this.#kubernetes < 2000 && isKubernetesValue(text, at, stop)) {
      this.add('secret/kubernetes-secret', at, stop, 80)
      return stop
    }
    return -1
  }

  /** Does the place of [at, end) alone say that it is a password? */
  #isPlaced(at: number, end: number, given: Argument | undefined): boolean {
    const { text } = this
    // The other string of a call may be the name of something: `login("home", "page_2")`.
    if (given === 'password') return !/^(?:\/|[a-z]+(?:[-_.][a-z\d]+)+$)/.test(text.slice(at, end))
    let looks: boolean | undefined
    const strong = () => {
      looks ??= looksLikePassword(text, at, end)
      return looks
    }
    if (isPasswordPlace(text, at, strong) || (isPairedWithLogin(text, at) && strong())) return true
    if (text.charCodeAt(at - 1) === 39 && strong() && isInserted(text, at - 1)) return true
    if (!mayBeCell(text, at) || !strong()) return false
    const cell = passwordCell(text, at, Math.max(0, at - CONTEXT), this.#cell)
    if (cell !== undefined) this.#cell = cell
    return cell !== undefined
  }

  /** Keys known by their beginning. Returns where the run is still unexplained, `end` when a finding covers its rest. */
  #judgeKeys(start: number, end: number, flags: number): number {
    const seeLoose = (flags & DIGIT) !== 0 && end - start >= 30
    let rest = start
    for (;;) {
      const key = nextKey(this.text, rest, start, end, seeLoose)
      if (key === undefined) return rest
      this.#report(key)
      if (key.class === 'secret/aws-key') this.#awsName = this.base + key.end
      if (key.end === end && end - start >= RUN_LIMIT) this.#swallow = key.class
      rest = key.end
    }
  }

  /** Decides an open key block; false while more text is needed. */
  #scanBlock(last: boolean): boolean {
    const start = this.#block
    const block = keyBlock(this.text, start, last)
    if (block === 'need') return false
    if (block.confidence > 0) this.add('secret/private-key', start, block.end, block.confidence)
    if (block.goesOn) this.#swallow = 'secret/private-key'
    this.#block = -1
    this.#cursor = block.end
    return true
  }
}

/** True if [from, to] is one sign over and over and stands at the start of a line or behind a quote, or goes on from there. */
function isDrawn(text: string, from: number, to: number, base: number): boolean {
  const sign = text.charCodeAt(from)
  if (sign !== 45 && sign !== 61 && sign !== 42 && sign !== 35 && sign !== 126) return false
  const before = text.charCodeAt(from - 1)
  if (from > 0 ? before !== 10 && before !== sign && (FLAGS[before]! & QUOTE) === 0 : base > 0) return false
  for (let i = from + 1; i <= to; i++) if (text.charCodeAt(i) !== sign) return false
  return true
}

/** Behind `name=` or `name:`, if the run begins so. */
function valueAt(text: string, from: number, end: number): number {
  let i = from
  while (i < end && i - from < 32 && !isOperator(text.charCodeAt(i))) i++
  return i < end && isOperator(text.charCodeAt(i)) && end - i > 16 ? i + 1 : from
}

const isOperator = (code: number) => code === 61 || code === 58 || code === 63 || code === 38

/** Secrets are found by what they are; nothing about a deployment changes the table. */
export function createSecretDetector(): Detector {
  return {
    name: 'secrets',
    classes: SECRET_CLASSES,
    longest: BLOCK_LIMIT + 128,
    open: () => new SecretStream(),
  }
}
