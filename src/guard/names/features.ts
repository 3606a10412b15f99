// What the tagger looks at when it names a token: the word, its ends and shape, what the lexicon knows, two tokens to the
// left and right, and the two labels given last. Each becomes a number; which is which is in `kernel.ts`.
import { FEATURES } from './kernel.ts'
import { COLUMN, COLUMNS, FLAG, KNOWN, SHAPE } from './tokens.ts'
import { LABELS } from './weights.ts'

/** How many of them look at nothing that follows, and how many at no more than the next token. */
export const FEATURES_ALONE = 30
export const FEATURES_NEXT = 41

/** Labels up to which a common small word ends a name at once; addresses and occupations are made of such words. */
const FIRST_LONG = LABELS.indexOf('B-address')
const LAST_LONG = LABELS.indexOf('I-title')

/**
 * Can token `i` be anything but "nothing"? Most cannot, whatever follows, and are settled without looking: that is what
 * keeps the tagger fast and lets prose pass a stream undelayed.
 */
export function mayBeName(data: Int32Array, i: number, before: number): boolean {
  const at = i * COLUMNS
  const flags = data[at + COLUMN.flags]!
  if (before === 0) return (flags & FLAG.candidate) !== 0
  // A name ends where another script begins: `Debian の設定`.
  if ((flags & FLAG.caseless) !== 0) return false
  if (data[at + COLUMN.shape] !== SHAPE.lower || (before >= FIRST_LONG && before <= LAST_LONG)) return true
  // An initial may be small: "maria c lopez".
  if (data[at + COLUMN.end]! - data[at + COLUMN.start]! === 1) return true
  const known = data[at + COLUMN.known]!
  return (known & KNOWN.common) === 0 || (known & ~KNOWN.common) !== 0
}

const pair = (a: number, b: number): number => Math.imul(a, 0x01000193) ^ (b + 0x7f4a7c15 + (a << 6) + (a >>> 2))

/**
 * The features of one token, in three steps by how much of what follows they look at: nothing (the first
 * FEATURES_ALONE), the next token (up to FEATURES_NEXT), the one after that. A step may only be taken when the steps before
 * it were, for the same token.
 */
export class Features {
  /** Where they are written. */
  values: Int32Array = new Int32Array(FEATURES)
  #at = 0
  #word = 0
  #before = 0
  #shape = 0
  #shapeBefore = 0
  #known = 0
  #wordNext = 0
  #shapeNext = 0
  #knownNext = 0
  #wordBefore = 0
  #labels = 0

  /**
   * `before` and `before2` are the labels of the last two tokens, `head` is the hash of the word before the colon that
   * opened the line (`Name:`), 0 without one.
   */
  alone(data: Int32Array, i: number, before: number, before2: number, head: number): void {
    const out = this.values
    const a = i * COLUMNS
    const p1 = i > 0 ? a - COLUMNS : -1
    const p2 = i > 1 ? a - 2 * COLUMNS : -1
    const w = data[a + COLUMN.word]!
    const wp = p1 < 0 ? 0 : data[p1 + COLUMN.word]!
    const wpp = p2 < 0 ? 0 : data[p2 + COLUMN.word]!
    const s = data[a + COLUMN.shape]!
    const sp = p1 < 0 ? 99 : data[p1 + COLUMN.shape]!
    const spp = p2 < 0 ? 99 : data[p2 + COLUMN.shape]!
    const k = data[a + COLUMN.known]!
    const kp = p1 < 0 ? 0 : data[p1 + COLUMN.known]!
    const kpp = p2 < 0 ? 0 : data[p2 + COLUMN.known]!
    const tail2 = data[a + COLUMN.tail2]!
    const tail3 = data[a + COLUMN.tail3]!
    const place = data[a + COLUMN.flags]! & (FLAG.lineStart | FLAG.sentenceStart)
    const glue = data[a + COLUMN.flags]! & FLAG.afterSpace
    const length = Math.min(12, data[a + COLUMN.end]! - data[a + COLUMN.start]!)
    const sk = pair(s, k)
    const labels = before * 16 + before2
    const skb = pair(sk, before)
    let n = 0
    out[n++] = w
    out[n++] = wp
    out[n++] = wpp
    out[n++] = pair(wp, w)
    out[n++] = pair(s, glue)
    out[n++] = pair(wpp, wp)
    out[n++] = tail2
    out[n++] = tail3
    out[n++] = data[a + COLUMN.tail4]!
    out[n++] = data[a + COLUMN.head2]!
    out[n++] = data[a + COLUMN.head3]!
    out[n++] = k
    out[n++] = pair(kp, k)
    out[n++] = pair(sk, place)
    out[n++] = before
    out[n++] = labels
    out[n++] = pair(w, before)
    out[n++] = skb
    out[n++] = pair(wp, before)
    out[n++] = pair(tail3, s)
    out[n++] = pair(wp, s)
    out[n++] = pair(wp, k)
    out[n++] = pair(pair(wpp, wp), s)
    out[n++] = pair(s, length)
    out[n++] = pair(pair(spp, sp), s)
    out[n++] = pair(head, s)
    out[n++] = pair(head, labels)
    out[n++] = pair(pair(kp, sp), sk)
    out[n++] = pair(kpp, pair(k, before))
    out[n++] = pair(tail2, skb)
    this.#at = a
    this.#word = w
    this.#before = before
    this.#shape = s
    this.#shapeBefore = sp
    this.#known = k
    this.#wordBefore = wp
    this.#labels = labels
  }

  /** With the token after it; `there`: false at the end of the text. */
  next(data: Int32Array, there: boolean): void {
    const out = this.values
    const n1 = this.#at + COLUMNS
    const w = this.#word
    const before = this.#before
    const s = this.#shape
    const sp = this.#shapeBefore
    const k = this.#known
    const wp = this.#wordBefore
    const labels = this.#labels
    const wn = there ? data[n1 + COLUMN.word]! : 0
    const sn = there ? data[n1 + COLUMN.shape]! : 99
    const kn = there ? data[n1 + COLUMN.known]! : 0
    let n = FEATURES_ALONE
    out[n++] = wn
    out[n++] = pair(w, wn)
    out[n++] = pair(s, sp * 64 + sn)
    out[n++] = pair(k, kn)
    out[n++] = pair(wn, before)
    out[n++] = pair(pair(s, sn), before)
    out[n++] = pair(wn, s)
    out[n++] = pair(wn, k)
    out[n++] = pair(pair(wp, s), wn)
    out[n++] = pair(pair(k, kn), pair(s, sn))
    out[n++] = pair(pair(labels, s), sn)
    this.#wordNext = wn
    this.#shapeNext = sn
    this.#knownNext = kn
  }

  /** All three steps, for training. */
  all(data: Int32Array, i: number, count: number, before: number, before2: number, head: number): Int32Array {
    this.alone(data, i, before, before2, head)
    this.next(data, i + 1 < count)
    this.after(data, i + 2 < count)
    return this.values
  }

  /** And with the one after that. */
  after(data: Int32Array, there: boolean): void {
    const out = this.values
    const n2 = this.#at + 2 * COLUMNS
    const before = this.#before
    const s = this.#shape
    const sp = this.#shapeBefore
    const wn = this.#wordNext
    const sn = this.#shapeNext
    const kn = this.#knownNext
    const wnn = there ? data[n2 + COLUMN.word]! : 0
    const snn = there ? data[n2 + COLUMN.shape]! : 99
    const knn = there ? data[n2 + COLUMN.known]! : 0
    let n = FEATURES_NEXT
    out[n++] = wnn
    out[n++] = pair(wn, wnn)
    out[n++] = pair(pair(wn, wnn), s)
    out[n++] = pair(pair(sp, s), pair(sn, snn))
    out[n++] = pair(pair(kn, knn), pair(s, before))
  }
}
