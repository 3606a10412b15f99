// Faults as OpenAI's clients read them: one `error` object, with the way to ask for access beside the message.
import { FAULTS, type Fault } from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import { refusalHeaders } from './refusal-headers.ts'

export function openaiError(fault: Fault, decisionId?: string): Record<string, unknown> {
  const decision = fault.data.decision ?? decisionId
  return {
    message: faultText(fault),
    type: FAULTS[fault.code][2],
    param: fault.data.param ?? null,
    code: fault.code,
    ...(decision === undefined ? {} : { decision_id: decision }),
    ...(fault.data.ask === undefined ? {} : { request_url: fault.data.ask }),
  }
}

/** The one sentence a person sees. Most clients show nothing but this, so the way in is part of it. */
export const faultText = (fault: Fault): string =>
  fault.data.ask === undefined ? fault.publicMessage : `${fault.publicMessage} Ask for access: ${fault.data.ask}`

export const refuseOpenai: Wire['refuse'] = (fault, context) => ({
  headers: refusalHeaders(fault),
  body: JSON.stringify({ error: openaiError(fault, context.decisionId) }),
})
