// What the tagger looks at when it names a token: the word, its ends and shape, what the lexicon knows, two tokens to the
// left and right, and the two labels given last. Each becomes a hash; the numbers in `mix` are part of the weights.
import { COLUMN, COLUMNS, FLAG, KNOWN, SHAPE } from './tokens.ts'
import { LABELS } from './weights.ts'

export const FEATURES = 46
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
  if (data[at + COLUMN.shape] !== SHAPE.lower || (before >= FIRST_LONG && before <= LAST_LONG)) return true
  // An initial may be small: "maria c lopez".
  if (data[at + COLUMN.end]! - data[at + COLUMN.start]! === 1) return true
  const known = data[at + COLUMN.known]!
  return (known & KNOWN.common) === 0 || (known & ~KNOWN.common) !== 0
}

const mix = (kind: number, a: number): number => {
  let h = Math.imul(a ^ Math.imul(kind, 0x9e3779b1), 0x85ebca6b)
  h ^= h >>> 15
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 13)
}
const pair = (a: number, b: number): number => Math.imul(a, 0x01000193) ^ (b + 0x7f4a7c15 + (a << 6) + (a >>> 2))

/**
 * The features of one token, in three steps by how much of what follows they look at: nothing (the first
 * FEATURES_ALONE), the next token (up to FEATURES_NEXT), the one after that. A step may only be taken when the steps before
 * it were, for the same token.
 */
export class Features {
  readonly values = new Int32Array(FEATURES)
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
    out[n++] = mix(1, w)
    out[n++] = mix(2, wp)
    out[n++] = mix(4, wpp)
    out[n++] = mix(6, pair(wp, w))
    out[n++] = mix(9, pair(s, glue))
    out[n++] = mix(10, pair(wpp, wp))
    out[n++] = mix(12, tail2)
    out[n++] = mix(13, tail3)
    out[n++] = mix(14, data[a + COLUMN.tail4]!)
    out[n++] = mix(15, data[a + COLUMN.head2]!)
    out[n++] = mix(16, data[a + COLUMN.head3]!)
    out[n++] = mix(17, k)
    out[n++] = mix(18, pair(kp, k))
    out[n++] = mix(20, pair(sk, place))
    out[n++] = mix(21, before)
    out[n++] = mix(22, labels)
    out[n++] = mix(23, pair(w, before))
    out[n++] = mix(24, skb)
    out[n++] = mix(25, pair(wp, before))
    out[n++] = mix(28, pair(tail3, s))
    out[n++] = mix(29, pair(wp, s))
    out[n++] = mix(31, pair(wp, k))
    out[n++] = mix(34, pair(pair(wpp, wp), s))
    out[n++] = mix(36, pair(s, length))
    out[n++] = mix(38, pair(pair(spp, sp), s))
    out[n++] = mix(40, pair(head, s))
    out[n++] = mix(41, pair(head, labels))
    out[n++] = mix(43, pair(pair(kp, sp), sk))
    out[n++] = mix(45, pair(kpp, pair(k, before)))
    out[n++] = mix(46, pair(tail2, skb))
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
    out[n++] = mix(3, wn)
    out[n++] = mix(7, pair(w, wn))
    out[n++] = mix(8, pair(s, sp * 64 + sn))
    out[n++] = mix(19, pair(k, kn))
    out[n++] = mix(26, pair(wn, before))
    out[n++] = mix(27, pair(pair(s, sn), before))
    out[n++] = mix(30, pair(wn, s))
    out[n++] = mix(32, pair(wn, k))
    out[n++] = mix(33, pair(pair(wp, s), wn))
    out[n++] = mix(39, pair(pair(k, kn), pair(s, sn)))
    out[n++] = mix(44, pair(pair(labels, s), sn))
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
    out[n++] = mix(5, wnn)
    out[n++] = mix(11, pair(wn, wnn))
    out[n++] = mix(35, pair(pair(wn, wnn), s))
    out[n++] = mix(37, pair(pair(sp, s), pair(sn, snn)))
    out[n++] = mix(42, pair(pair(kn, knn), pair(s, before)))
  }
}
