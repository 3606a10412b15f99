// Watches finished calls for what is unusual for whoever made them. Each sign raises an alert, which is an event of the log,
// and the risk of the principal, which rules can ask for (`context.risk.anomaly`); running calls are decided again.
import type { AuditEvent, Clock, NewEvent } from '../core/index.ts'
import { type Baseline, createBaseline, type Observation, type Sign, type Unusual } from './baseline.ts'

export interface AnomalyDeps {
  /** Every node sees the calls of all of them; each tells of its own. */
  node: string
  clock: Pick<Clock, 'now'>
  /** Appends `alert.raised`. */
  append: (event: NewEvent) => Promise<void>
  report: (error: unknown) => void
}

export interface Anomalies {
  /** Takes in finished calls, in order. */
  see(events: readonly AuditEvent[]): void
  /** The same for calls of the past: learns and stays silent. */
  learn(events: readonly AuditEvent[]): void
  /** Told of each principal whose risk has risen. */
  onRise(listener: (principal: string) => void): void
  /** 0 to 100: how unusual the principal (`User::"dana"`) behaves now; halves every half hour. */
  risk(principal: string): number
}

/** What one sign adds to the risk. No single habit that changed gets anywhere near the point where the shipped rules deny. */
const WEIGHTS: Readonly<Record<Unusual, number>> = {
  'new address': 20,
  'new client': 10,
  'unusual hour': 15,
  dormant: 20,
  volume: 30,
  'denial burst': 40,
  'injection burst': 60,
}
const HALF_LIFE_MS = 30 * 60_000
/** Principals whose habits are kept; beyond, the one not seen for longest is forgotten. */
const MOST_PRINCIPALS = 20_000
/** Score from which the guard's opinion of an input counts as an injection. */
const INJECTION = 70

export function observationOf({
  kind,
  principal,
  time,
  address,
  decision,
  reason,
  data,
}: AuditEvent): Observation | undefined {
  if (kind !== 'call.finished' || principal === undefined) return undefined
  return {
    principal,
    time,
    ...(address === undefined ? {} : { address }),
    ...(typeof data?.client === 'string' ? { client: data.client } : {}),
    // Sensitive data that may not go to a model is held back as a rule says; it is no attack.
    denied: decision === 'deny' || (reason === 'content_blocked' && data?.outcome === 'refused'),
    injected: Number(data?.injection ?? 0) >= INJECTION,
  }
}

export function createAnomalies({ node, clock, append, report }: AnomalyDeps): Anomalies {
  const baselines = new Map<string, Baseline>()
  const risks = new Map<string, { value: number; at: number }>()
  const listeners: ((principal: string) => void)[] = []

  const riskNow = (principal: string): number => {
    const risk = risks.get(principal)
    if (!risk) return 0
    return risk.value * 0.5 ** (Math.max(0, clock.now() - risk.at) / HALF_LIFE_MS)
  }

  const observe = (call: Observation): Sign[] => {
    const { principal, time } = call
    const baseline = baselines.get(principal) ?? createBaseline(time)
    baselines.delete(principal)
    baselines.set(principal, baseline)
    if (baselines.size > MOST_PRINCIPALS) baselines.delete(baselines.keys().next().value as string)
    return baseline.see(call)
  }

  const raise = (principal: string, { rule, seen, usual }: Sign, event: AuditEvent) => {
    const before = riskNow(principal)
    const value = Math.min(100, before + WEIGHTS[rule])
    risks.set(principal, { value, at: clock.now() })
    for (const listener of listeners) listener(principal)
    if (event.node !== node) return
    append({
      kind: 'alert.raised',
      principal: 'System::"anomalies"',
      subject: principal,
      reason: rule,
      ...(event.call === undefined ? {} : { call: event.call }),
      ...(event.address === undefined ? {} : { address: event.address }),
      data: { seen, usual, risk: Math.round(value) },
    }).catch(report)
  }

  return {
    see(events) {
      for (const event of events) {
        const call = observationOf(event)
        if (call) for (const sign of observe(call)) raise(call.principal, sign, event)
      }
    },
    learn(events) {
      for (const event of events) {
        const call = observationOf(event)
        if (call) observe(call)
      }
    },
    onRise: (listener) => void listeners.push(listener),
    risk: (principal) => Math.round(riskNow(principal)),
  }
}
