// The guard's question to the policy and the book it keeps of the answers: classes and counts, never content.
import { Fault, type Finding, type JsonObject, type Origin, type Treatment } from '../core/index.ts'
import { strictness } from './treat.ts'

export interface Question {
  readonly direction: 'send' | 'receive'
  readonly class: string
  /** Findings of the class so far, with this origin, in all fields: a client names the fields. */
  readonly count: number
  /** The highest of them, 0 to 100. */
  readonly confidence: number
  readonly origin: Origin
  /** Names without positions: `messages.parts.text`, `params.metadata.team`, or the path inside JSON content. */
  readonly field: string
}

export interface Answer {
  readonly treatment: Treatment
  readonly rules: readonly string[]
}

/** Pure and synchronous; must not throw. */
export type Ask = (question: Question) => Answer

export interface ClassReport {
  readonly class: string
  readonly origin: Origin
  readonly field: string
  readonly count: number
  readonly confidence: number
  readonly treatment: Treatment
}

export interface Report {
  readonly classes: readonly ClassReport[]
  /** Values that did not pass as they were. */
  readonly treated: number
  readonly bytesScanned: number
  readonly bytesForwarded: number
  /** Ids of the rules that decided. */
  readonly rules: readonly string[]
  readonly pseudonyms: { readonly issued: number; readonly restored: number; readonly mutated: number }
  /** How many values of each class were turned back. */
  readonly restored: ReadonlyMap<string, number>
  /** Invisible and direction-changing characters seen. */
  readonly invisible: number
  /** Tokens of chat templates that were broken. */
  readonly escaped: number
}

/** More different questions than this in one call are asked without their field: a client names the fields. */
const MOST_QUESTIONS = 256

interface Entry {
  readonly class: string
  readonly origin: Origin
  readonly field: string
  readonly total: { count: number }
  count: number
  confidence: number
  answer: Answer | undefined
}

export interface Book {
  /** Counts a finding; the entry is what `answer` takes. */
  count(finding: Finding, origin: Origin, field: string): Entry
  /** The entry of a finding that was counted before. */
  counted(finding: Finding, origin: Origin, field: string): Entry
  answer(entry: Entry): Treatment
  /** Counts and answers at once, for streams. */
  decide(finding: Finding, origin: Origin, field: string): Treatment
  treated(): number
  classes(): ClassReport[]
  rules(): string[]
  blocked(dataClass: string, field: string): Fault
}

export function createBook(direction: 'send' | 'receive', ask: Ask): Book {
  const entries = new Map<string, Entry>()
  /** By class and origin. */
  const totals = new Map<string, { count: number }>()
  const rules = new Set<string>()
  let treated = 0

  /** What was counted with its field is asked about with it, however many others have come since. */
  const entryOf = (dataClass: string, origin: Origin, field: string): Entry => {
    const key = `${dataClass}\0${origin}\0${field}`
    const known = entries.get(key)
    if (known !== undefined) return known
    if (entries.size >= MOST_QUESTIONS && field !== '') return entryOf(dataClass, origin, '')
    const kind = `${dataClass}\0${origin}`
    const total = totals.get(kind) ?? { count: 0 }
    totals.set(kind, total)
    const entry: Entry = { class: dataClass, origin, field, total, count: 0, confidence: 0, answer: undefined }
    entries.set(key, entry)
    return entry
  }
  const put = (entry: Entry): Treatment => {
    const { total, confidence, origin, field } = entry
    const answer = ask({ direction, class: entry.class, count: total.count, confidence, origin, field })
    if (strictness(answer.treatment) < 0) throw new Fault('guard_unavailable')
    for (const rule of answer.rules) rules.add(rule)
    // With more findings the answer may become stricter, never milder.
    if (entry.answer === undefined || strictness(answer.treatment) >= strictness(entry.answer.treatment))
      entry.answer = answer
    return entry.answer.treatment
  }
  const book: Book = {
    count(finding, origin, field) {
      const entry = entryOf(finding.class, origin, field)
      entry.count++
      entry.total.count++
      if (finding.confidence > entry.confidence) entry.confidence = finding.confidence
      return entry
    },
    counted: (finding, origin, field) => entryOf(finding.class, origin, field),
    answer(entry) {
      const treatment = entry.answer?.treatment ?? put(entry)
      if (treatment === 'block') throw book.blocked(entry.class, entry.field)
      if (treatment !== 'pass') treated++
      return treatment
    },
    decide(finding, origin, field) {
      const entry = book.count(finding, origin, field)
      // Asked again with the new count, every time at first and then at every doubling.
      const { count } = entry.total
      if (entry.answer === undefined || count <= 32 || (count & (count - 1)) === 0) put(entry)
      return book.answer(entry)
    },
    treated() {
      return treated
    },
    classes: () =>
      [...entries.values()].map(({ answer, total: _, ...entry }) => ({
        ...entry,
        treatment: answer?.treatment ?? 'block',
      })),
    rules: () => [...rules],
    blocked: (dataClass, field) =>
      new Fault('content_blocked', {
        detail: `The rules do not let ${dataClass} ${direction === 'send' ? 'go to this model' : 'out to this caller'}`,
        data: { class: dataClass, field, direction },
      }),
  }
  return book
}

/** A report as facts for the audit log, its names in the order in which the log writes them. */
export function facts(report: Report): JsonObject {
  const { issued, mutated, restored } = report.pseudonyms
  return {
    bytesForwarded: report.bytesForwarded,
    bytesScanned: report.bytesScanned,
    classes: report.classes.map(({ class: name, confidence, count, field, origin, treatment }) => ({
      class: name,
      confidence,
      count,
      field,
      origin,
      treatment,
    })),
    ...(report.escaped > 0 ? { escaped: report.escaped } : {}),
    ...(report.invisible > 0 ? { invisible: report.invisible } : {}),
    pseudonyms: { issued, mutated, restored },
    treated: report.treated,
  }
}
