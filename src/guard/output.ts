// The way out: what a model says is screened while it streams, per choice and channel, and pseudonyms are turned back toward
// the one they came from. Invariants: nothing leaves before every detector has settled it; finish and usage never overtake
// held text; the result does not depend on how the answer was cut; what was turned back is not screened again.
import { type Delta, Fault, type TokenLogprob, type Usage } from '../core/index.ts'
import { type Ask, createBook, type Report } from './ask.ts'
import type { Detector } from './detector.ts'
import { type Lane, type LaneOptions, openLane } from './lane.ts'
import { type Channel, createRestore } from './restore.ts'
import type { Screen } from './screen.ts'
import type { TreatmentOptions } from './stand-in.ts'
import { holdTokens, takeTokens, withBytes } from './tokens.ts'
import type { Vault } from './vault.ts'

export interface OutputOptions extends TreatmentOptions {
  readonly screen: Screen
  /** Detectors of this answer alone: canary, embedded instructions. */
  readonly extra?: readonly Detector[]
  /**
   * Text leaves in pieces of exactly so many characters (but for the last), so that the sizes of a stream's frames do not
   * tell the lengths of tokens. Token probabilities would tell them again and are dropped. Undefined: as it comes.
   */
  readonly blockCharacters?: number
  /** Tools that stay with the caller, by name: they get what they would get if they were it. */
  readonly ownTools?: ReadonlySet<string>
}

const NO_TOOLS: ReadonlySet<string> = new Set()

export interface Output {
  push(deltas: readonly Delta[]): Delta[]
  end(): Delta[]
  report(): Report
}

export function openOutput(ask: Ask, vault: Vault, options: OutputOptions): Output {
  const book = createBook('receive', ask)
  const restore = createRestore(vault, book, options.ownTools ?? NO_TOOLS)
  const detectors = [...(options.extra ?? []), ...restore.detectors]
  const laneOptions: LaneOptions = { ...options, detectors, vault, book, restore }
  const block = options.blockCharacters ?? 0
  const lanes = new Map<string, Lane>()
  let scanned = 0
  let forwarded = 0
  let usage: Usage | undefined
  let ended = false
  const finished = new Set<number>()
  /** The end of what was thought, by choice; of choices that are thinking, and of those that have been. */
  const thinking = new Map<number, string>()
  const thought = new Map<number, string>()

  const laneOf = (choice: number, channel: Channel, index: number): Lane => {
    const key = `${choice}/${channel}/${index}`
    let lane = lanes.get(key)
    if (lane === undefined) {
      const before = channel === 'reasoning' ? thought.get(choice) : undefined
      lane = openLane(choice, channel, index, laneOptions, before === undefined ? {} : { before })
      lanes.set(key, lane)
    }
    return lane
  }

  /** What a lane has ready, as one delta, or in blocks. */
  const drain = (lane: Lane, deltas: Delta[], last = false) => {
    let text = lane.out
    lane.out = ''
    if (block > 0) {
      lane.tokens.length = 0
      let at = 0
      for (; text.length - at >= block; at += block) emit(lane, text.slice(at, at + block), deltas)
      text = text.slice(at)
      if (!last) {
        lane.out = text
        return
      }
    }
    emit(lane, text, deltas, last)
  }

  const emit = (lane: Lane, text: string, deltas: Delta[], last = false) => {
    // A signature vouches for the exact text, so it does not survive a change, and comes when all of the text is known.
    const signature = last && !lane.changed ? lane.signature : undefined
    if (text === '' && signature === undefined) return
    const { choice } = lane
    forwarded += Buffer.byteLength(text)
    if (lane.channel === 'tool') deltas.push({ type: 'tool', choice, index: lane.index, arguments: text })
    else if (lane.channel === 'refusal') deltas.push({ type: 'refusal', choice, text })
    else if (lane.channel === 'reasoning') {
      lane.signature = undefined
      deltas.push(
        signature === undefined ? { type: 'reasoning', choice, text } : { type: 'reasoning', choice, text, signature },
      )
    } else {
      const logprobs = takeTokens(lane.tokens, lane.released)
      deltas.push(logprobs.length > 0 ? { type: 'text', choice, text, logprobs } : { type: 'text', choice, text })
    }
  }

  const feed = (lane: Lane, text: string, deltas: Delta[]) => {
    scanned += Buffer.byteLength(text)
    lane.stream.push(text, lane.sink)
    drain(lane, deltas)
  }

  const close = (lane: Lane, deltas: Delta[]) => {
    lane.stream.end(lane.sink)
    if (lane.stream.held() !== 0 || lane.released !== lane.stream.taken()) throw new Fault('guard_unavailable')
    drain(lane, deltas, true)
  }

  const closeChoice = (choice: number | undefined, deltas: Delta[]) => {
    for (const [key, lane] of lanes)
      if (choice === undefined || lane.choice === choice) {
        close(lane, deltas)
        lanes.delete(key)
      }
  }

  const remember = (choice: number, text: string) => {
    const said = (thinking.get(choice) ?? thought.get(choice) ?? '') + text
    thinking.set(choice, said.length > 2 * REMEMBERED ? said.slice(-REMEMBERED) : said)
  }

  /**
   * A thought ends where the answer begins: clients would take what comes out behind that for another thought. Should it go on
   * all the same, it is read with its end before.
   */
  const endThought = (choice: number, deltas: Delta[]) => {
    const said = thinking.get(choice)
    if (said === undefined) return
    thinking.delete(choice)
    thought.set(choice, said.slice(-REMEMBERED))
    close(laneOf(choice, 'reasoning', 0), deltas)
    lanes.delete(`${choice}/reasoning/0`)
  }

  /** A short string that comes whole: a tool's name, an id, a stop sequence, a token that was not taken. */
  const whole = (text: string, id = false): string => {
    if (text === '') return text
    const lane = openLane(0, 'text', 0, laneOptions, { id })
    scanned += Buffer.byteLength(text)
    lane.stream.push(text, lane.sink)
    lane.stream.end(lane.sink)
    forwarded += Buffer.byteLength(lane.out)
    return lane.out
  }

  /** Alternatives the model did not take can spell what is hidden elsewhere. */
  const alternatives = (top: readonly TokenLogprob[]): TokenLogprob[] | undefined =>
    vault.size() === 0 && book.treated() === 0
      ? top.flatMap(({ token, logprob, bytes }) =>
          token.length <= LONGEST_ALTERNATIVE && whole(token) === token ? [withBytes(token, logprob, bytes)] : [],
        )
      : undefined

  const one = (delta: Delta, deltas: Delta[]) => {
    // What was said of a choice is settled and gone: the rest of a value would come out beside its beginning.
    if ('choice' in delta && finished.has(delta.choice)) {
      if (delta.type === 'finish') return
      throw new Fault('upstream_invalid', { detail: 'The model server went on after the end of its answer.' })
    }
    switch (delta.type) {
      case 'text':
      case 'reasoning':
      case 'refusal': {
        if (delta.type === 'reasoning') remember(delta.choice, delta.text)
        else if (thinking.has(delta.choice) && /\S/.test(delta.text)) endThought(delta.choice, deltas)
        const lane = laneOf(delta.choice, delta.type, 0)
        if (delta.type === 'text' && delta.logprobs !== undefined)
          holdTokens(lane.tokens, delta.text, lane.stream.taken(), delta.logprobs, alternatives)
        if (delta.type === 'reasoning' && delta.signature !== undefined)
          lane.signature = whole(delta.signature, true) === delta.signature ? delta.signature : undefined
        feed(lane, delta.text, deltas)
        return
      }
      case 'tool': {
        endThought(delta.choice, deltas)
        const lane = laneOf(delta.choice, 'tool', delta.index)
        if (delta.name !== undefined) lane.tool = (lane.tool ?? '') + delta.name
        if (delta.id !== undefined || delta.name !== undefined) {
          const head: Delta = { type: 'tool', choice: delta.choice, index: delta.index, arguments: '' }
          if (delta.id !== undefined) head.id = whole(delta.id, true)
          if (delta.name !== undefined) head.name = whole(delta.name, true)
          deltas.push(head)
        }
        feed(lane, delta.arguments, deltas)
        return
      }
      case 'finish': {
        closeChoice(delta.choice, deltas)
        finished.add(delta.choice)
        deltas.push({
          type: 'finish',
          choice: delta.choice,
          reason: delta.reason,
          ...(delta.stopSequence === undefined ? {} : { stopSequence: whole(delta.stopSequence) }),
        })
        return
      }
      case 'usage':
        usage = counts(delta.usage)
        return
      case 'embedding':
        // Numbers and nothing else: text has no business there.
        if (!Array.isArray(delta.vector) || !delta.vector.every(Number.isFinite)) throw new Fault('guard_unavailable')
        deltas.push({ type: 'embedding', index: delta.index, vector: delta.vector })
        return
      default:
        throw new Fault('guard_unavailable')
    }
  }

  return {
    push(batch) {
      if (ended) throw new Fault('guard_unavailable')
      const deltas: Delta[] = []
      for (const delta of batch) one(delta, deltas)
      // Counts wait for the words they count.
      if (usage !== undefined && lanes.size === 0) {
        deltas.push({ type: 'usage', usage })
        usage = undefined
      }
      return deltas
    },
    end() {
      const deltas: Delta[] = []
      if (ended) return deltas
      ended = true
      closeChoice(undefined, deltas)
      if (usage !== undefined) deltas.push({ type: 'usage', usage })
      usage = undefined
      return deltas
    },
    report: () => ({
      classes: book.classes(),
      treated: book.treated(),
      bytesScanned: scanned,
      bytesForwarded: forwarded,
      rules: book.rules(),
      ...restore.report(),
      invisible: 0,
      escaped: 0,
    }),
  }
}

/** Characters of a thought that what follows may go on from. They are read again each time that it does, a third of a millisecond. */
const REMEMBERED = 1024

/** No vocabulary has longer words. */
const LONGEST_ALTERNATIVE = 64

/** Numbers by their names, and nothing beside them. */
const counts = ({ inputTokens, outputTokens, reasoningTokens, cachedTokens }: Usage): Usage => ({
  inputTokens,
  outputTokens,
  ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  ...(cachedTokens === undefined ? {} : { cachedTokens }),
})
