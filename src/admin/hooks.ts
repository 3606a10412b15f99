// `/hooks/in/NAME`: signed events from outside that open a grant or end one. The signature is the credential; whether the
// role may be had this way is asked of the rules like everything else.
import { z } from 'zod'
import type { Inbound, InboundEvent } from '../access/index.ts'
import { isUnproven } from '../audit/index.ts'
import { Fault, type PrincipalUid, parseJson, schemaWords } from '../core/index.ts'
import type { AdminRequest } from './admin.ts'
import type { AdminPorts } from './ports.ts'
import { type AdminResponse, problem } from './problem.ts'
import { receiptOf } from './receipt.ts'
import { readRef } from './route.ts'
import { isAllWritten } from './written.ts'

const BASE = '/hooks/in/'
/** Bytes of the largest event: a stranger cannot make us read more. */
const MOST_BYTES = 65_536

const shared = {
  principal: z.string().regex(/^(User|Service|Agent):.+$/),
  role: z.string().min(1).max(64),
  reason: z.string().trim().min(1).max(500),
  ticket: z.string().min(1).max(200).optional(),
}
const Event = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('grant.open'),
    ...shared,
    models: z.array(z.string().min(1).max(256)).min(1).max(200).optional(),
    seconds: z.int().positive(),
    uses: z.int().positive().optional(),
    tokens: z.int().positive().optional(),
  }),
  z.strictObject({ type: z.literal('grant.end'), ...shared }),
])

function readEvent(body: Buffer): InboundEvent {
  const value = parseJson(body)
  const parsed = Event.safeParse(isAllWritten(value) ? value : undefined, { error: schemaWords })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const param = issue?.path.map(String).join('.') || 'body'
    throw new Fault('validation_failed', { detail: `${param} is not valid: ${issue?.message}.`, data: { param } })
  }
  const { principal, ...event } = parsed.data
  const given = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined))
  return { ...given, principal: readRef<PrincipalUid['type']>(principal) } as InboundEvent
}

type Ports = Pick<AdminPorts, 'audit' | 'newId' | 'report' | 'clock' | 'acknowledged' | 'eventOf'>

export function createHookRoute(ports: Ports, inbound: Inbound) {
  return {
    method: 'POST' as const,
    path: `${BASE}*`,
    async handle(request: AdminRequest): Promise<AdminResponse> {
      const requestId = ports.newId('call')
      const name = request.path.slice(BASE.length)
      const signed = {
        id: request.header('webhook-id'),
        timestamp: request.header('webhook-timestamp'),
        signature: request.header('webhook-signature'),
      }
      let signature = 'unseen'
      try {
        // Before anything else: whether it is refused for its size must not tell that there is such a sender.
        if (!(Number(request.header('content-length')) <= MOST_BYTES)) throw new Fault('body_too_large')
        inbound.greet(name, signed)
        const body = await request.body()
        signature = 'seen'
        const { grants, repeated, seq } = await inbound.receive(name, signed, body, readEvent, request.address)
        const receipt = seq === 0 ? {} : { receipt: await receiptOf(ports, seq) }
        return {
          status: 200,
          headers: { 'content-type': 'application/json', 'x-request-id': requestId },
          body: JSON.stringify({ grants, repeated, ...receipt }),
        }
      } catch (error) {
        const fault = Fault.from(error)
        const refusal = {
          kind: 'admin.refused',
          address: request.address,
          reason: fault.code,
          subject: 'route/hooks.in',
        }
        const { append, appendUnproven } = ports.audit
        const unproven = signature === 'unseen' || isUnproven(fault.code)
        if (fault.status < 500) await (unproven ? appendUnproven : append)(refusal)
        else ports.report(error)
        return problem(fault, requestId)
      }
    },
  }
}
