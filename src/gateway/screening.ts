// The guard's questions for one call, put to the policy, and what becomes of the answers: the lease learns what was let
// through, so that a stricter rule ends the call; the session learns what it has seen; the record learns what went where.
import { type JsonObject, type ModelRequest, type RandomBytes, TREATMENTS, type Treatment } from '../core/index.ts'
import {
  type Answer,
  type Ask,
  createCanary,
  createCanaryDetector,
  createInstructionsDetector,
  type Detector,
  facts,
  type Guard,
  plant,
  type Report,
  type Vault,
} from '../guard/index.ts'
import type { ClassFound, Judge } from './judge.ts'
import type { LeaseHandle, OutputScreen, Question, ScreenedInput } from './ports.ts'

export interface Screening {
  input(question: Question, request: ModelRequest, lease: LeaseHandle): ScreenedInput
  output(question: Question, lease: LeaseHandle): OutputScreen
  /** Puts a canary into instructions of ours; an answer that repeats either is a finding. Returns the text to send. */
  plant(question: Question, instructions: string): string
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
}

/** Sessions whose vault is kept; the one unused longest goes first. Its next call hides the same values anew. */
const MOST_VAULTS = 20_000
/** From this score on the session remembers that it has seen such content. */
const SUSPICIOUS = 50

export function createScreening({ guard, judge, random, pseudonyms, injection }: ScreeningDeps): Screening {
  // Vaults live in memory only, under a random key of their own: what a restart loses, the next request of the
  // conversation brings again, because clients send their history in clear.
  const vaults = new Map<string, Vault>()
  /** The question behind the weakest treatment given to each class: what a stricter rule is measured by. */
  const asked = new WeakMap<Question, Map<string, { found: ClassFound; treatment: Treatment }>>()
  const flows = new WeakMap<Question, JsonObject[]>()
  const planted = new WeakMap<Question, Detector[]>()

  const vaultOf = ({ session, model }: Question): Vault => {
    const id = session?.id ?? ''
    const known = vaults.get(id)
    vaults.delete(id)
    const style = pseudonyms === 'auto' ? (model.hosting === 'embedded' ? 'angle' : 'word') : pseudonyms
    const vault = known ?? guard.openVault({ key: random(32), random, session: id, style })
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
    const seen = asked.get(question) ?? new Map<string, { found: ClassFound; treatment: Treatment }>()
    asked.set(question, seen)
    return (found): Answer => {
      const answer = judge.treatment(question, found)
      lease.treated(found.direction, found.class, answer.treatment)
      const key = `${found.direction} ${found.class}`
      const before = seen.get(key)
      if (!before || TREATMENTS.indexOf(answer.treatment) < TREATMENTS.indexOf(before.treatment))
        seen.set(key, { found, treatment: answer.treatment })
      return answer
    }
  }

  const reported = (question: Question, report: Report, to: 'upstream' | 'caller'): JsonObject => {
    const flow = [
      ...(flows.get(question) ?? []),
      ...report.classes.map(({ class: name, count, treatment }) => ({ class: name, count, treatment, to })),
    ]
    flows.set(question, flow)
    const { bytesScanned, bytesForwarded } = report
    return {
      ...(flow.length > 0 ? { flow } : {}),
      [to === 'upstream' ? 'input' : 'output']:
        report.classes.length > 0 ? facts(report) : { bytesScanned, bytesForwarded },
    }
  }

  return {
    input(question, request, lease) {
      const { request: screened, report } = guard.screenInput(request, askFor(question, lease), vaultOf(question))
      const score = injection(request)
      question.session?.addTaint([
        ...new Set(report.classes.map((found) => found.class)),
        ...(score >= SUSPICIOUS ? ['injection'] : []),
      ])
      return {
        request: screened,
        report: { masked: report.treated, facts: reported(question, report, 'upstream') },
        injection: score,
      }
    },

    output(question, lease) {
      const output = guard.openOutput(askFor(question, lease), vaultOf(question), planted.get(question))
      return {
        push: (deltas) => output.push(deltas),
        end: () => output.end(),
        report() {
          const report = output.report()
          return { masked: report.treated, facts: reported(question, report, 'caller') }
        },
      }
    },

    plant(question, instructions) {
      const canary = createCanary(random)
      const shingles = createInstructionsDetector(instructions)
      planted.set(question, [createCanaryDetector(canary), ...(shingles ? [shingles] : [])])
      return plant(instructions, canary)
    },

    retreat(question, direction, dataClass) {
      const weakest = asked.get(question)?.get(`${direction} ${dataClass}`)
      return weakest ? judge.treatment(question, weakest.found).treatment : 'block'
    },

    forget(session) {
      vaults.get(session)?.forget()
      vaults.delete(session)
    },
  }
}
