// What is usual for one principal: where from, with which program, at which hours, how much. Learned from finished calls,
// forgotten with time, bounded in size. Pure: the time comes with each observation.
import { endOf } from '../core/index.ts'

/** One finished call, as far as it says something about habits. */
export interface Observation {
  readonly principal: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly address?: string
  readonly client?: string
  readonly denied: boolean
  /** The guard stopped it, or scored its input as an injection. */
  readonly injected: boolean
}

export type Unusual =
  | 'new address'
  | 'new client'
  | 'unusual hour'
  | 'volume'
  | 'denial burst'
  | 'injection burst'
  | 'dormant'

/** What was seen, and what would have been usual. */
export interface Sign {
  readonly rule: Unusual
  readonly seen: string
  readonly usual: string
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A habit is believed after so many calls over so many days. */
const LEARN_CALLS = 50
const LEARN_MS = 7 * DAY
const DORMANT_MS = 30 * DAY
/** Addresses and programs not seen for so long are forgotten. */
const FORGET_MS = 90 * DAY
const MOST_REMEMBERED = 50
/** Part of all calls below which an hour of the day, with two before and after it, is unusual. */
const RARE_HOUR = 0.005
const BURST_MS = 5 * MINUTE
const DENIALS = 10
const INJECTION_MS = 10 * MINUTE
const INJECTIONS = 3
/** How far above the mean of busy hours an hour must be: deviations, factor, and calls. */
const VOLUME = { deviations: 6, factor: 3, calls: 30 } as const
/** Weight of the newest busy hour in mean and deviation: about the last hundred count. */
const HOUR_WEIGHT = 0.02

export interface Baseline {
  /** Takes in one call; returns what was unusual about it. */
  see(call: Observation): Sign[]
  readonly lastSeen: number
}

/** The network an address is in: people change addresses within it all the time. */
export function networkOf(address: string): string {
  const end = endOf(address)
  return end.includes(':') ? end : `${end.split('.').slice(0, 3).join('.')}.0/24`
}

/** Name of a client program without its version, which changes with every update. */
export const programOf = (client: string): string => client.split(/[/ ]/, 1)[0] ?? client

export function createBaseline(first: number): Baseline {
  const networks = new Map<string, number>()
  const programs = new Map<string, number>()
  const hours = new Float64Array(24)
  const denials: number[] = []
  const injections: number[] = []
  const toldUntil = new Map<Unusual, number>()
  let calls = 0
  let lastSeen = first
  let hour = Math.floor(first / HOUR)
  let inHour = 0
  let mean = 0
  let square = 0
  let busyHours = 0

  /** True if it was not known; remembers it either way. */
  const isNew = (known: Map<string, number>, value: string, time: number): boolean => {
    const last = known.get(value)
    known.delete(value)
    known.set(value, time)
    if (known.size > MOST_REMEMBERED) known.delete(known.keys().next().value as string)
    return last === undefined || time - last > FORGET_MS
  }
  /** Adds to a list of times and returns how many lie within `span` of now. */
  const count = (times: number[], time: number, span: number, most: number): number => {
    times.push(time)
    while (times.length > 0 && ((times[0] as number) < time - span || times.length > most * 4)) times.shift()
    return times.length
  }
  const closeHour = (now: number) => {
    if (now === hour) return
    mean += HOUR_WEIGHT * (inHour - mean) * (busyHours < 50 ? 50 / (busyHours + 1) : 1)
    square += HOUR_WEIGHT * (inHour * inHour - square) * (busyHours < 50 ? 50 / (busyHours + 1) : 1)
    busyHours += 1
    hour = now
    inHour = 0
  }

  return {
    get lastSeen() {
      return lastSeen
    },
    see({ time, address, client, denied, injected }) {
      const learned = calls >= LEARN_CALLS && time - first >= LEARN_MS
      const signs: Sign[] = []
      const tell = (rule: Unusual, seen: string, usual: string, quietMs: number) => {
        if ((toldUntil.get(rule) ?? 0) > time) return
        toldUntil.set(rule, time + quietMs)
        signs.push({ rule, seen, usual })
      }

      if (calls > 0 && time - lastSeen >= DORMANT_MS) {
        tell('dormant', `first call in ${Math.floor((time - lastSeen) / DAY)} days`, `${calls} calls before`, DAY)
      }
      if (address !== undefined) {
        const network = networkOf(address)
        const usual = `${networks.size} networks in ${Math.floor((time - first) / DAY)} days`
        if (isNew(networks, network, time) && learned) tell('new address', network, usual, HOUR)
      }
      if (client !== undefined) {
        const program = programOf(client)
        const usual = [...programs.keys()].slice(-3).join(', ')
        if (isNew(programs, program, time) && learned) tell('new client', program, usual, DAY)
      }

      const ofDay = new Date(time).getUTCHours()
      let near = 0
      for (let off = -2; off <= 2; off++) near += hours[(ofDay + off + 24) % 24] ?? 0
      if (learned && near / calls < RARE_HOUR) {
        tell('unusual hour', `${ofDay}:00 UTC`, `${((100 * near) / calls).toFixed(1)} % of ${calls} calls`, DAY)
      }
      hours[ofDay] = (hours[ofDay] ?? 0) + 1

      closeHour(Math.floor(time / HOUR))
      inHour += 1
      const deviation = Math.sqrt(Math.max(square - mean * mean, 0))
      const most = Math.max(mean + VOLUME.deviations * deviation, mean * VOLUME.factor, VOLUME.calls)
      if (learned && busyHours >= 20 && inHour > most) {
        tell('volume', `${inHour} calls this hour`, `${mean.toFixed(0)} in a usual one`, HOUR)
      }

      if (denied && count(denials, time, BURST_MS, DENIALS) >= DENIALS) {
        tell(
          'denial burst',
          `${denials.length} denied in ${BURST_MS / MINUTE} min`,
          `fewer than ${DENIALS}`,
          15 * MINUTE,
        )
      }
      if (injected && count(injections, time, INJECTION_MS, INJECTIONS) >= INJECTIONS) {
        tell(
          'injection burst',
          `${injections.length} in ${INJECTION_MS / MINUTE} min`,
          `fewer than ${INJECTIONS}`,
          15 * MINUTE,
        )
      }
      calls += 1
      lastSeen = time
      return signs
    },
  }
}
