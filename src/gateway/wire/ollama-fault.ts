// Faults as Ollama's clients read them: one string.
import type { Fault } from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import { faultText } from './openai-fault.ts'
import { refusalHeaders } from './refusal-headers.ts'

const body = (fault: Fault): string => JSON.stringify({ error: faultText(fault) })

export const refuseOllama: Wire['refuse'] = (fault) => ({ headers: refusalHeaders(fault), body: body(fault) })

/** The last line of a stream that was cut. */
export const cutOllama = (fault: Fault): string => `${body(fault)}\n`
