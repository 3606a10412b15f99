// The way out: what a model says is screened while it streams, per choice and channel, and pseudonyms are turned back toward
// the one they came from. Invariants: nothing leaves before every detector has settled it; finish and usage never overtake
// held text; the result does not depend on how the answer was cut; what was turned back is not screened again.
import { type Delta, Fault, type Finding, type TokenLogprob, type Usage } from '../core/index.ts'
import { type Ask, createBook, LEAST_CONFIDENCE, type Report } from './ask.ts'
import type { Detector } from './detector.ts'
import { keepInId, standIn, type TreatmentOptions } from './input.ts'
import { type JsonValue, valuesBetween } from './json-text.ts'
import type { Region, Screen, ScreenStream, Sink } from './screen.ts'
import { strictness, treatRegion } from './treat.ts'
import type { Source, Vault, VaultEntry } from './vault.ts'

export interface OutputOptions extends TreatmentOptions {
  readonly screen: Screen
  /** Detectors of this answer alone: canary, embedded instructions. */
  readonly extra?: readonly Detector[]
  /**
   * Whose values are turned back inside the arguments of a tool call: only those that came from that tool (`origin`), or the
   * caller's own as well (`caller`). An injected instruction can make a model call any tool with any pseudonym.
   */
  readonly toolRestore?: 'origin' | 'caller'
  /**
   * Text leaves in pieces of exactly so many characters (but for the last), so that the sizes of a stream's frames do not
   * tell the lengths of tokens. Token probabilities would tell them again and are dropped. Undefined: as it comes.
   */
  readonly blockCharacters?: number
}

export interface Output {
  push(deltas: readonly Delta[]): Delta[]
  end(): Delta[]
  report(): Report
}

type Channel = 'text' | 'reasoning' | 'refusal' | 'tool'

interface Lane {
  readonly choice: number
  readonly channel: Channel
  readonly index: number
  tool: string | undefined
  /** An id of the protocol: only what can be nothing else counts in it. */
  id: boolean
  readonly stream: ScreenStream
  readonly sink: Sink
  /** Screened text since the last delta. */
  out: string
  /** Characters of the raw answer that have come out. */
  released: number
  /** True once anything was changed: a signature no longer fits the text. */
  changed: boolean
  logprobs: { from: number; to: number; entry: TokenLogprob; spoilt: boolean }[]
  signature: string | undefined
}

export function openOutput(ask: Ask, vault: Vault, options: OutputOptions): Output {
  const book = createBook('receive', ask)
  const lanes = new Map<string, Lane>()
  const issuedBefore = vault.size()
  const restored = new Map<string, number>()
  let mutated = 0
  let scanned = 0
  let forwarded = 0
  let passedBy = 0
  let usage: Usage | undefined
  let ended = false
  const extra = [...(options.extra ?? [])]
  // A session that hid nothing has nothing to turn back.
  if (issuedBefore > 0)
    extra.push(
      ...vault.detectors(() => {
        mutated++
      }),
    )

  const laneOf = (choice: number, channel: Channel, index: number): Lane => {
    const key = `${choice}/${channel}/${index}`
    const known = lanes.get(key)
    if (known !== undefined) return known
    const lane: Lane = {
      choice,
      channel,
      index,
      tool: undefined,
      id: false,
      stream: options.screen.open(channel === 'tool' ? 'json' : 'guess', extra),
      sink: {
        clear(text) {
          lane.out += text
          lane.released += text.length
        },
        region(region) {
          lane.released += region.text.length
          const text = treat(region, lane)
          if (text !== region.text) {
            lane.changed = true
            for (const token of lane.logprobs)
              if (token.from < region.start + region.text.length && region.start < token.to) token.spoilt = true
          }
          lane.out += text
        },
      },
      out: '',
      released: 0,
      changed: false,
      logprobs: [],
      signature: undefined,
    }
    lanes.set(key, lane)
    return lane
  }

  const fieldOf = (lane: Lane, values: readonly JsonValue[] | undefined, at: number): string => {
    const value = values === undefined ? undefined : valuesBetween(values, at, at + 1)[0]
    if (value !== undefined && value.path !== '') return value.path
    return lane.channel === 'tool' ? `tools.${lane.tool ?? ''}` : lane.channel
  }

  const treat = (region: Region, lane: Lane): string => {
    const findings = lane.id
      ? (keepInId(region)?.findings ?? [])
      : region.findings.filter((finding) => finding.confidence >= LEAST_CONFIDENCE)
    if (findings.length === 0) return region.text
    return treatRegion(
      { ...region, findings },
      {
        treatment(finding) {
          const value = region.text.slice(finding.start - region.start, finding.end - region.start)
          const known = vault.knows(value)
          const field = fieldOf(lane, region.values, finding.start)
          const treatment = book.decide(finding, known ? 'caller' : 'model', field)
          if (known || vault.holds(finding.class, value) || !options.neighbours.has(finding.class, value))
            return treatment
          // Another session's value: the stricter of the two answers.
          const leak = book.decide({ ...finding, class: 'leak/session' }, 'model', field)
          return strictness(leak) > strictness(treatment) ? leak : treatment
        },
        replace: (dataClass, treatment, value) => standIn(dataClass, treatment, value, vault, 'model', options),
        pseudonym: (text) => restore(text, lane),
      },
    )
  }

  const restore = (text: string, lane: Lane): string | undefined => {
    const entry = vault.find(text)
    if (entry === undefined) {
      if (issuedBefore > 0) mutated++ // where none was issued, none was changed: it is somebody else's, or was read back
      return undefined
    }
    if (!mayReturn(entry, lane)) return undefined
    if (entry.class !== 'literal') restored.set(entry.class, (restored.get(entry.class) ?? 0) + 1)
    return entry.value
  }

  const mayReturn = (entry: VaultEntry, lane: Lane): boolean => {
    if (entry.class === 'literal') return true
    if (lane.channel === 'tool') {
      const own: Source = `tool:${lane.tool ?? ''}`
      return entry.sources.includes(own) || (options.toolRestore === 'caller' && entry.sources.includes('caller'))
    }
    if (entry.sources.includes('caller')) return true
    // What the caller's tools and documents said goes back only if the rules let this caller see it; system text never.
    const origin = entry.sources.includes('document')
      ? 'document'
      : entry.sources.some((s) => s.startsWith('tool'))
        ? 'tool'
        : undefined
    if (origin === undefined) return false
    const finding: Finding = { class: entry.class, start: 0, end: 1, confidence: 100 }
    return book.decide(finding, origin, lane.channel) === 'pass'
  }

  const block = options.blockCharacters ?? 0

  /** What a lane has ready, as one delta, or in blocks. */
  const drain = (lane: Lane, deltas: Delta[], last = false) => {
    if (block > 0) {
      lane.logprobs = []
      const rest = lane.out
      let at = 0
      for (; rest.length - at >= block; at += block) {
        lane.out = rest.slice(at, at + block)
        emit(lane, deltas)
      }
      lane.out = rest.slice(at)
      if (!last) return
    }
    emit(lane, deltas)
  }

  const emit = (lane: Lane, deltas: Delta[]) => {
    // A signature vouches for the exact text, so it does not survive a change.
    const signature = lane.changed ? undefined : lane.signature
    if (lane.out === '' && signature === undefined) return
    const { choice } = lane
    const text = lane.out
    lane.out = ''
    forwarded += Buffer.byteLength(text)
    if (lane.channel === 'tool') deltas.push({ type: 'tool', choice, index: lane.index, arguments: text })
    else if (lane.channel === 'refusal') deltas.push({ type: 'refusal', choice, text })
    else if (lane.channel === 'reasoning') {
      lane.signature = undefined
      deltas.push(
        signature === undefined ? { type: 'reasoning', choice, text } : { type: 'reasoning', choice, text, signature },
      )
    } else {
      const logprobs = lane.logprobs
        .filter((token) => token.to <= lane.released && !token.spoilt)
        .map((token) => token.entry)
      lane.logprobs = lane.logprobs.filter((token) => token.to > lane.released)
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

  /** A short string that comes whole: a tool's name, an id, a stop sequence, a token that was not taken. */
  const whole = (text: string, field: string, id = false): string => {
    if (text === '') return text
    const lane = laneOf(-1, 'text', -1)
    lanes.delete('-1/text/-1')
    lane.tool = field
    lane.id = id
    scanned += Buffer.byteLength(text)
    lane.stream.push(text, lane.sink)
    lane.stream.end(lane.sink)
    forwarded += Buffer.byteLength(lane.out)
    return lane.out
  }

  const one = (delta: Delta, deltas: Delta[]) => {
    switch (delta.type) {
      case 'text':
      case 'reasoning':
      case 'refusal': {
        const lane = laneOf(delta.choice, delta.type, 0)
        if (delta.type === 'text' && delta.logprobs !== undefined) trackLogprobs(lane, delta.text, delta.logprobs)
        if (delta.type === 'reasoning' && delta.signature !== undefined)
          lane.signature = unchanged(delta.signature, 'reasoning.signature')
        feed(lane, delta.text, deltas)
        return
      }
      case 'tool': {
        const lane = laneOf(delta.choice, 'tool', delta.index)
        if (delta.name !== undefined) lane.tool = (lane.tool ?? '') + delta.name
        if (delta.id !== undefined || delta.name !== undefined) {
          const head: Delta = { type: 'tool', choice: delta.choice, index: delta.index, arguments: '' }
          if (delta.id !== undefined) head.id = whole(delta.id, 'tools.id', true)
          if (delta.name !== undefined) head.name = whole(delta.name, 'tools.name', true)
          deltas.push(head)
        }
        feed(lane, delta.arguments, deltas)
        return
      }
      case 'finish': {
        closeChoice(delta.choice, deltas)
        deltas.push({
          type: 'finish',
          choice: delta.choice,
          reason: delta.reason,
          ...(delta.stopSequence === undefined ? {} : { stopSequence: whole(delta.stopSequence, 'stop') }),
        })
        return
      }
      case 'usage':
        usage = counts(delta.usage)
        return
      case 'embedding':
        // Numbers and nothing else: text has no business there.
        if (typeof delta.vector === 'string' && !isFloats(delta.vector)) throw new Fault('guard_unavailable')
        passedBy += typeof delta.vector === 'string' ? delta.vector.length : 0
        deltas.push({ type: 'embedding', index: delta.index, vector: delta.vector })
        return
      default:
        throw new Fault('guard_unavailable')
    }
  }

  const unchanged = (text: string, field: string): string | undefined =>
    whole(text, field, true) === text ? text : undefined

  /** A token says again what the text says; what says anything else does not leave. */
  const trackLogprobs = (lane: Lane, text: string, logprobs: readonly TokenLogprob[]) => {
    const start = lane.stream.taken()
    let at = 0
    for (const { token, logprob, bytes, top } of logprobs) {
      // From here on tokens and text are not in step.
      if (!text.startsWith(token, at)) return
      const entry: TokenLogprob = { token, logprob }
      if (bytes !== undefined && Buffer.from(token).equals(Buffer.from(bytes))) entry.bytes = bytes
      // Alternatives the model did not take can spell what is hidden elsewhere.
      if (top !== undefined && vault.size() === 0 && book.treated() === 0) entry.top = top.flatMap(alternative)
      lane.logprobs.push({ from: start + at, to: start + at + token.length, entry, spoilt: false })
      at += token.length
    }
  }

  const alternative = ({ token, logprob, bytes }: TokenLogprob): TokenLogprob[] => {
    if (token.length > LONGEST_ALTERNATIVE || whole(token, 'logprobs') !== token) return []
    const same = bytes !== undefined && Buffer.from(token).equals(Buffer.from(bytes))
    return [same ? { token, logprob, bytes } : { token, logprob }]
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
      bytesScanned: scanned + passedBy,
      bytesForwarded: forwarded + passedBy,
      rules: book.rules(),
      pseudonyms: {
        issued: vault.size() - issuedBefore,
        restored: [...restored.values()].reduce((sum, count) => sum + count, 0),
        mutated,
      },
      restored,
      invisible: 0,
    }),
  }
}

/** No vocabulary has longer words. */
const LONGEST_ALTERNATIVE = 64

/** Numbers by their names, and nothing beside them. */
const counts = ({ inputTokens, outputTokens, reasoningTokens, cachedTokens }: Usage): Usage => ({
  inputTokens,
  outputTokens,
  ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  ...(cachedTokens === undefined ? {} : { cachedTokens }),
})

/** Base64 of whole 32-bit floats, none of them absurd: four letters of text make one that is. */
function isFloats(base64: string): boolean {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.toString('base64') !== base64) return false
  for (let at = 0; at < bytes.length; at += 4) if (!(Math.abs(bytes.readFloatLE(at)) < 1e6)) return false
  return true
}
