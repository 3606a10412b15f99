// The second round over a request: the same strings in the same order, now with the answers of the policy.
import { Fault, type JsonObject, type ModelRequest, parseText } from '../core/index.ts'
import type { Book } from './ask.ts'
import type { Scan, ScannedRequest } from './input-scan.ts'
import { readable, unread } from './opaque.ts'
import { fieldOf, type Parts } from './parts.ts'
import { readPseudonym } from './pseudonym.ts'
import { type Place, stringBytes, visitRequest } from './request.ts'
import { standIn, type TreatmentOptions } from './stand-in.ts'
import { treatRegion, valuesUnder } from './treat.ts'
import type { Vault } from './vault.ts'
import type { FoundValue } from './withheld.ts'

/** `change`: bytes that it has more than before. */
export interface RewrittenRequest {
  readonly request: ModelRequest
  readonly change: number
  readonly values: FoundValue[]
}

export function rewriteRequest(
  request: ModelRequest,
  { scans, texts }: ScannedRequest,
  book: Book,
  vault: Vault,
  options: TreatmentOptions,
): RewrittenRequest {
  const values: FoundValue[] = []
  const issuedBefore = vault.size()
  let at = 0
  let change = 0

  const next = (): Scan => {
    const scan = scans[at++]
    if (scan === undefined) throw new Fault('guard_unavailable')
    return scan
  }

  /** Words of the request: a stand-in that looks real is none that the text says itself. Read when the first one is made. */
  let words: Set<string> | undefined
  const taken = (candidate: string): boolean => {
    words ??= new Set(wordsIn(texts))
    for (const word of wordsIn([candidate])) if (!words.has(word)) return false
    return true
  }

  /** A conversation says the same names again and again: each is remembered once. */
  const remembered = new Set<string>()
  const remember = (value: string, whose: Place['source']) => {
    const key = `${whose}\0${value}`
    if (remembered.has(key)) return
    remembered.add(key)
    vault.remember(value, whose)
  }

  const rewrite = (parts: Parts, place: Place): string => {
    let out = ''
    const whose = place.source === 'model' ? 'caller' : place.source
    for (const part of parts) {
      if (typeof part === 'string') {
        out += part
        continue
      }
      out += treatRegion(part, {
        treatment(finding) {
          const entry = book.counted(finding, place.origin, fieldOf(part, finding.start, place.field))
          const treatment = book.answer(entry)
          for (const value of valuesUnder(part, finding))
            values.push({ class: finding.class, value, confidence: finding.confidence })
          // What the model is told in clear is no leak when it says it back.
          if (treatment === 'pass')
            remember(part.text.slice(finding.start - part.start, finding.end - part.start), whose)
          return treatment
        },
        replace(dataClass, treatment, value) {
          options.neighbours.note(dataClass, value)
          return standIn(dataClass, treatment, value, vault, whose, options, taken)
        },
        // Text that only looks like a pseudonym gets one of its own, so that it comes back as it was written. A word that this
        // session has issued stays: it was shown in an answer or a call of a tool, and is the same for the same value in the next
        // turn. What looks real stays not, because it may be something real.
        pseudonym(text) {
          const issued = readPseudonym(text) === undefined ? undefined : vault.find(text)
          if (issued !== undefined && issued.number < issuedBefore && !vault.holds('literal', text)) return undefined
          return vault.hide(options.tree.get('literal'), text, whose)
        },
      })
    }
    return out
  }

  const rewritten = visitRequest(request, {
    text(text, place) {
      const { parts, bytes } = next()
      if (parts === undefined) return text
      const now = rewrite(parts, place)
      change += Buffer.byteLength(now) - bytes
      return now
    },
    object(value, place) {
      const { parts, bytes } = next()
      if (parts === undefined) return value
      const now = parseText(rewrite(parts, place)) as JsonObject
      change += stringBytes(now) - bytes
      return now
    },
    opaque(data, place, kind) {
      const { parts, bytes } = next()
      const read = readable(data)
      if (read !== undefined) {
        if (parts === undefined) return data
        const now = read.print(rewrite(parts, place))
        change += Buffer.byteLength(now) - bytes
        return now
      }
      const entry = book.counted(unread(kind), place.origin, place.field)
      if (book.answer(entry) === 'pass') return data
      // Nothing can stand for what nobody can read: it is left out.
      change -= bytes
      return undefined
    },
    fixed() {},
  })
  if (at !== scans.length) throw new Fault('guard_unavailable')
  return { request: rewritten, change, values }
}

/** Words of texts in small letters, as they are written and as they read without the escapes of JSON. */
function* wordsIn(texts: readonly string[]): Generator<string> {
  for (const text of texts)
    for (const read of text.includes('\\') ? [text, text.replace(/\\(?:u[0-9a-fA-F]{4}|.)/g, ' ')] : [text])
      for (const [word] of read.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) yield word
}
