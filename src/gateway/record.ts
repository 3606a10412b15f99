// The record of a call in the words of the audit log: ids, names, counts and codes, taken from what the page knows.
import { type Fault, type JsonObject, type NewEvent, uidText } from '../core/index.ts'
import type { CallRecord, Incoming } from './ports.ts'

/** How a call ended, as the audit log tells endings apart. */
export type Outcome = 'served' | 'refused' | 'cut' | 'disconnected' | 'failed'

/** The audit room's side of one call. */
export interface AuditedCall {
  note(facts: Omit<NewEvent, 'kind' | 'call' | 'reason'>): void
  decided(): Promise<void>
  finish(ending: { outcome: Outcome; reason?: string; data?: JsonObject }): Promise<void>
}

export type OpenAuditedCall = (id: string, facts: Omit<NewEvent, 'kind' | 'call' | 'reason'>) => AuditedCall

export const recordCalls =
  (open: OpenAuditedCall): ((call: string, incoming: Incoming) => CallRecord) =>
  (id, incoming) => {
    const call = open(id, { address: incoming.address, data: { route: incoming.path.slice(0, 128) } })
    let sent = false
    return {
      note({ caller, action, model, decision, session, data }) {
        call.note({
          ...(caller && { principal: uidText(caller.principal), credential: caller.credential.id }),
          ...(caller?.client !== undefined && { data: { client: caller.client } }),
          ...(action !== undefined && { action }),
          ...(model !== undefined && { model }),
          ...(session !== undefined && { session }),
          ...(decision && {
            decision: decision.allow ? ('allow' as const) : ('deny' as const),
            rules: [...decision.rules, ...decision.errors],
            policy: decision.policy,
            data: { decision: decision.id },
          }),
        })
        if (data) call.note({ data })
      },
      async decided() {
        await call.decided()
        sent = true
      },
      finish({ fault, usage, data }) {
        return call.finish({
          outcome: outcomeOf(fault, sent),
          ...(fault && { reason: fault.code }),
          data: { ...data, ...(usage && { ...usage }) },
        })
      },
    }
  }

function outcomeOf(fault: Fault | undefined, sent: boolean): Outcome {
  if (!fault) return 'served'
  if (fault.code === 'client_closed') return 'disconnected'
  if (fault.status >= 500) return 'failed'
  return sent ? 'cut' : 'refused'
}
