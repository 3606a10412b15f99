// The guard's questions for one call, put to the policy, and what becomes of the answers: the lease learns what was let
// through, so that a stricter rule ends the call; the session learns what it has seen; the record learns what went where.
import {
  type Delta,
  Fault,
  type JsonObject,
  type ModelRequest,
  type RandomBytes,
  TREATMENTS,
  type Treatment,
} from '../core/index.ts'
import {
  type Answer,
  type Ask,
  createCanary,
  createCanaryDetector,
  createInstructionsDetector,
  createPhraseDetector,
  type Detector,
  type FoundValue,
  facts,
  type Guard,
  MARK,
  plant,
  type Report,
  spotlight,
  type Vault,
  withheld,
} from '../guard/index.ts'
import type { ClassFound, Judge } from './judge.ts'
import type { LeaseHandle, OutputScreen, Question, ScreenedInput, ScreenReport } from './ports.ts'

export interface Screening {
  /** The injection score of the content, 0 to 100; the session remembers a high one. */
  score(question: Question, request: ModelRequest): number
  /** `instructed`: rules of the service will be put in front of the request. */
  input(question: Question, request: ModelRequest, lease: LeaseHandle, instructed: boolean): Promise<ScreenedInput>
  /** Marks what tools and documents say, where that is wanted; an answer is shown without the marks. */
  spotlight(question: Question, request: ModelRequest): { request: ModelRequest; sentence?: string }
  /** `bans`: phrases that the rule which allowed the call forbids; masked whatever other rules say of data. */
  output(question: Question, lease: LeaseHandle, bans: readonly string[]): OutputScreen
  /** What the answer must not say, for a runtime that can keep to it: values kept from this caller, and our own marks. */
  forbidden(question: Question): readonly string[]
  /** Puts a canary into instructions of ours; an answer that repeats either is a finding. Returns the text to send. */
  plant(question: Question, instructions: string): string
  /** Screens an answer of before that is read back, with the bans of now. What the caller itself had said is shown to it as it was. */
  readBack(question: Question, said: readonly Delta[], bans: readonly string[]): { said: Delta[]; report: ScreenReport }
  /**
   * Reads what a model server is to keep word by word, where no stand-in would ever be turned back; returns facts for the log.
   * @throws Fault content_blocked unless the rules let all of it pass as it is
   */
  kept(question: Question, texts: readonly string[]): JsonObject
  /** What the rules say now about a class that this call has let through. */
  retreat(question: Question, direction: 'send' | 'receive', dataClass: string): Treatment
  /** Destroys what was hidden in a session. */
  forget(session: string): void
}

export interface ScreeningDeps {
  guard: Guard
  judge: Pick<Judge, 'treatment'>
  random: RandomBytes
  /** What stands in for a value; `auto`: the form that the model at hand copies best. */
  pseudonyms: 'auto' | 'word' | 'angle'
  /** 0 to 100 for everything in the request that the service itself did not write. */
  injection: (request: ModelRequest) => number
  /** Whether tool results and documents are marked as data. */
  spotlights: boolean
}

/** Sessions whose vault is kept; the one unused longest goes first. Its next call hides the same values anew. */
const MOST_VAULTS = 20_000
/** From this score on the session remembers that it has seen such content. */
const SUSPICIOUS = 50
/** Scores below it say nothing: every polite request has a few points. They are told as 0 and ask no rule again. */
const FAINT = 10

/** What somebody else than the caller has written into a conversation, by where it comes from. */
function foreignIn({ messages }: ModelRequest): string[] {
  const labels: string[] = []
  if (messages.some(({ role }) => role === 'tool')) labels.push('tool')
  if (messages.some(({ parts }) => parts.some(({ type }) => type === 'document'))) labels.push('document')
  return labels
}

/** A duty of the rule that allowed the call, so no rule about data can lift it. */
const BANNED = { class: 'leak/phrase', answer: { treatment: 'mask', rules: [] } } as const
/** Our own marks, which are nobody's data. */
const TAKEN_OUT: Answer = { treatment: 'mask', rules: [] }
const SHOWN: Answer = { treatment: 'pass', rules: [] }

/** What became of one question so far. */
interface Screened {
  /** What was found behind the weakest treatment given to each class: what a stricter rule is measured by. */
  readonly asked: Map<string, { found: ClassFound; treatment: Treatment }>
  readonly flow: JsonObject[]
  planted: { canary: string; detectors: Detector[] } | undefined
  marks: Detector | undefined
  found: readonly FoundValue[]
}
const NOTHING_FOUND: readonly FoundValue[] = []

export function createScreening({ guard, judge, random, pseudonyms, injection, spotlights }: ScreeningDeps): Screening {
  // Vaults live in memory only, under a random key of their own: what a restart loses, the next request of the
  // conversation brings again, because clients send their history in clear.
  const vaults = new Map<string, Vault>()
  const known = new WeakMap<Question, Screened>()
  const of = (question: Question): Screened => {
    let screened = known.get(question)
    if (!screened) {
      screened = { asked: new Map(), flow: [], planted: undefined, marks: undefined, found: NOTHING_FOUND }
      known.set(question, screened)
    }
    return screened
  }

  const vaultOf = ({ session, model }: Question): Vault => {
    const id = session?.id ?? ''
    const open = vaults.get(id)
    vaults.delete(id)
    const style = pseudonyms === 'auto' ? (model.hosting === 'embedded' ? 'angle' : 'word') : pseudonyms
    const vault = open ?? guard.openVault({ key: random(32), random, session: id, style })
    vaults.set(id, vault)
    if (vaults.size > MOST_VAULTS)
      for (const [oldest, { forget }] of vaults) {
        forget()
        vaults.delete(oldest)
        break
      }
    return vault
  }

  const askFor = (question: Question, lease: LeaseHandle): Ask => {
    const { asked } = of(question)
    return (asking): Answer => {
      if (asking.class === BANNED.class) return BANNED.answer
      if (asking.class === MARK) return TAKEN_OUT
      const answer = judge.treatment(question, asking)
      lease.treated(asking.direction, asking.class, answer.treatment)
      const key = `${asking.direction} ${asking.class}`
      const before = asked.get(key)
      if (!before || TREATMENTS.indexOf(answer.treatment) < TREATMENTS.indexOf(before.treatment))
        asked.set(key, { found: asking, treatment: answer.treatment })
      return answer
    }
  }

  const reported = (question: Question, report: Report, to: 'upstream' | 'caller'): JsonObject => {
    const { flow } = of(question)
    for (const { class: name, count, treatment } of report.classes) flow.push({ class: name, count, to, treatment })
    for (const [name, count] of report.restored) flow.push({ class: name, count, to, treatment: 'restored' })
    const { bytesForwarded, bytesScanned, escaped, pseudonyms } = report
    return {
      ...(flow.length > 0 ? { flow: [...flow] } : {}),
      [to === 'upstream' ? 'input' : 'output']:
        report.classes.length > 0 || pseudonyms.restored > 0 || pseudonyms.mutated > 0
          ? facts(report)
          : { bytesForwarded, bytesScanned, ...(escaped > 0 ? { escaped } : {}) },
    }
  }

  return {
    score({ session }, request) {
      const score = injection(request)
      if (score >= SUSPICIOUS) session?.addTaint(['injection'])
      return score < FAINT ? 0 : score
    },

    async input(question, request, lease, instructed) {
      const vault = vaultOf(question)
      const {
        request: screened,
        report,
        values,
      } = await inTurns(guard.screenInputInSteps(request, askFor(question, lease), vault, instructed), lease)
      if (values.length > 0) of(question).found = values
      question.session?.addTaint(new Set([...foreignIn(request), ...report.classes.map((one) => one.class)]))
      return {
        request: screened,
        report: { masked: report.treated, facts: reported(question, report, 'upstream') },
      }
    },

    spotlight(question, request) {
      const lit = spotlights ? spotlight(request, random) : undefined
      if (lit === undefined) return { request }
      of(question).marks = lit.detector
      return { request: lit.request, sentence: lit.sentence }
    },

    output(question, lease, bans) {
      const phrases = createPhraseDetector(bans)
      const { planted, marks } = of(question)
      const extra = [...(planted?.detectors ?? []), ...(marks ? [marks] : []), ...(phrases ? [phrases] : [])]
      const output = guard.openOutput(askFor(question, lease), vaultOf(question), extra)
      return {
        push: (deltas) => output.push(deltas),
        end: () => output.end(),
        report() {
          const report = output.report()
          return { masked: report.treated, facts: reported(question, report, 'caller') }
        },
      }
    },

    forbidden(question) {
      const ask: Ask = (asking) => judge.treatment(question, asking)
      const { planted, found } = of(question)
      const canary: FoundValue[] = planted ? [{ class: 'leak/canary', value: planted.canary, confidence: 100 }] : []
      return withheld([...found, ...canary], vaultOf(question), ask)
    },

    plant(question, instructions) {
      const canary = createCanary(random)
      const shingles = createInstructionsDetector(instructions)
      of(question).planted = { canary, detectors: [createCanaryDetector(canary), ...(shingles ? [shingles] : [])] }
      return plant(instructions, canary)
    },

    readBack(question, said, bans) {
      // Knows what the caller wrote and hides nothing: an empty vault of its own, gone with this reading.
      const vault = guard.openVault({ key: random(32), random, session: '' })
      if (question.request) {
        const messages = question.request.messages.filter(({ role }) => role === 'user')
        guard.screenInput({ ...question.request, messages }, () => SHOWN, vault)
      }
      const phrases = createPhraseDetector(bans)
      const ask = (found: ClassFound): Answer => {
        if (found.class === BANNED.class) return BANNED.answer
        return found.origin === 'caller' ? SHOWN : judge.treatment(question, found)
      }
      // What already stands in for a value is none, though a few of these words look like names.
      const output = guard.openOutput(ask, vault, [...vault.detectors(), ...(phrases ? [phrases] : [])])
      const read = [...output.push(said), ...output.end()]
      const report = output.report()
      vault.forget()
      return { said: read, report: { masked: report.treated, facts: reported(question, report, 'caller') } }
    },

    kept(question, texts) {
      const vault = guard.openVault({ key: random(32), random, session: '' })
      const words: ModelRequest = {
        action: 'complete',
        model: '',
        messages: [],
        inputs: [...texts],
        params: {},
        stream: false,
      }
      const { report } = guard.screenInput(words, (asking) => judge.treatment(question, asking), vault)
      vault.forget()
      const treated = report.classes.find(({ treatment }) => treatment !== 'pass')
      if (treated)
        throw new Fault('content_blocked', {
          detail: `The rules do not let ${treated.class} go to this model server as it stands, and what it keeps cannot be hidden from it`,
          data: { class: treated.class, direction: 'send' },
        })
      return reported(question, report, 'upstream')
    },

    retreat(question, direction, dataClass) {
      const weakest = known.get(question)?.asked.get(`${direction} ${dataClass}`)
      return weakest ? judge.treatment(question, weakest.found).treatment : 'block'
    },

    forget(session) {
      vaults.get(session)?.forget()
      vaults.delete(session)
    },
  }
}

/** Milliseconds after which others have their turn. */
const TURN_MS = 10

/** A long request keeps nobody waiting, and a cut ends it in the middle. */
async function inTurns<T>(steps: Generator<void, T>, lease: LeaseHandle): Promise<T> {
  let since = performance.now()
  for (;;) {
    const { value, done } = steps.next()
    if (done) return value
    if (performance.now() - since < TURN_MS) continue
    await new Promise((resolve) => setImmediate(resolve))
    lease.check()
    since = performance.now()
  }
}
