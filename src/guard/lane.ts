// One text of an answer under way: raw text goes in, treated text comes out. Each choice has one for what it says on a channel
// and one for the arguments of every tool it calls. Where a value another session hid comes up, the stricter answer holds.
import type { Book } from './ask.ts'
import type { Detector } from './detector.ts'
import { keep, keepInId } from './findings.ts'
import { fieldOf } from './parts.ts'
import type { Region, Sink } from './regions.ts'
import type { Channel, Restore } from './restore.ts'
import type { Screen, ScreenStream } from './screen.ts'
import { standIn, type TreatmentOptions } from './stand-in.ts'
import { type HeldToken, spoilTokens } from './tokens.ts'
import { strictness, treatRegion } from './treat.ts'
import type { Vault } from './vault.ts'

export interface Lane {
  readonly choice: number
  readonly channel: Channel
  readonly index: number
  /** Name of the tool that is called. */
  tool: string | undefined
  readonly stream: ScreenStream
  readonly sink: Sink
  /** Treated text that has not left. */
  out: string
  /** Characters of the raw answer that have come out. */
  released: number
  /** True once anything was changed: a signature no longer fits the text. */
  changed: boolean
  readonly tokens: HeldToken[]
  signature: string | undefined
}

/** What a lane is opened with beside its place. */
export interface LaneStart {
  /** The text is an id of the protocol, in which only what can be nothing else counts. */
  readonly id?: boolean
  /** The end of what has been said here and has left: what goes on from it is found, and treated as far as it has not. */
  readonly before?: string
}

export interface LaneOptions extends TreatmentOptions {
  readonly screen: Screen
  readonly detectors: readonly Detector[]
  readonly vault: Vault
  readonly book: Book
  readonly restore: Restore
}

export function openLane(
  choice: number,
  channel: Channel,
  index: number,
  options: LaneOptions,
  { id = false, before = '' }: LaneStart = {},
): Lane {
  /** Characters to come out that have left before. */
  let left = before.length
  const lane: Lane = {
    choice,
    channel,
    index,
    tool: undefined,
    stream: options.screen.open(channel === 'tool' ? 'json' : 'guess', options.detectors),
    sink: {
      clear(text) {
        lane.released += text.length
        lane.out += left === 0 ? text : text.slice(left)
        left = Math.max(0, left - text.length)
      },
      region(region) {
        const known = left
        left = Math.max(0, left - region.text.length)
        lane.released += region.text.length
        if (known >= region.text.length) return
        const kept = id ? keepInId(region) : keep(region)
        const text = kept === undefined ? region.text : treat(kept, lane, options)
        if (text !== region.text) {
          lane.changed = true
          spoilTokens(lane.tokens, region.start, region.start + region.text.length)
        }
        lane.out += text === region.text ? text.slice(known) : text
      },
    },
    out: '',
    released: 0,
    changed: false,
    tokens: [],
    signature: undefined,
  }
  if (before !== '') lane.stream.push(before, lane.sink)
  return lane
}

function treat(region: Region, lane: Lane, options: LaneOptions): string {
  const { vault, book, restore } = options
  const { channel, tool } = lane
  const place = channel === 'tool' ? `tools.${tool ?? ''}` : channel
  return treatRegion(region, {
    treatment(finding) {
      const value = region.text.slice(finding.start - region.start, finding.end - region.start)
      const known = vault.knows(value)
      const field = fieldOf(region, finding.start, place)
      const treatment = book.decide(finding, known ? 'caller' : 'model', field)
      const own = known || vault.holds(finding.class, value) || vault.heard(value)
      if (own || !options.neighbours.has(finding.class, value)) return treatment
      // Another session's value: the stricter of the two answers.
      const leak = book.decide({ ...finding, class: 'leak/session' }, 'model', field)
      return strictness(leak) > strictness(treatment) ? leak : treatment
    },
    replace: (dataClass, treatment, value) => standIn(dataClass, treatment, value, vault, 'model', options),
    pseudonym: (text) => restore.value(text, channel, tool),
  })
}
