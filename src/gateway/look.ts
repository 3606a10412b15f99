// A question to the data plane that is no call to a model: who asks is known, and every answer and refusal is recorded.
import { type Caller, Fault } from '../core/index.ts'
import { dyingHeaders } from './dying.ts'
import { refuse } from './pipeline.ts'
import type { CallRecord, Incoming, Outgoing, Ports, Wire } from './ports.ts'

export type Handle = (incoming: Incoming) => Promise<Outgoing>
export type Refusing = Pick<Wire, 'refuse'>
export type Look = (caller: Caller, incoming: Incoming, record: CallRecord, callId: string) => Promise<Outgoing>
/** How a refusal is written: by the route, or by who asks where several formats share one. */
export type RefusingBy = Refusing | ((incoming: Incoming) => Refusing)
export type MakeLook = (wire: RefusingBy, action: string, work: Look) => Handle

export const json = (body: string): Outgoing => ({ status: 200, headers: { 'content-type': 'application/json' }, body })

export const createLook =
  (on: Ports): MakeLook =>
  (wire, action, work) =>
  async (incoming) => {
    const callId = on.newId('call')
    const record = on.record(callId, incoming)
    try {
      const caller = await on.identify(incoming) //                    400 401 403
      record.note({ caller, action })
      // What was shown may be taken away while a body is on its way; a call asks again with its lease.
      const body = async () => {
        const bytes = await incoming.body()
        on.stands(caller)
        return bytes
      }
      const outgoing = await work(caller, { ...incoming, body }, record, callId)
      if (typeof outgoing.body === 'string') await record.finish({}) // a stream ends its record itself
      return {
        ...outgoing,
        headers: { ...outgoing.headers, ...dyingHeaders(caller, on.now()), 'x-request-id': callId },
      }
    } catch (error) {
      const fault = Fault.from(error)
      if (fault.code === 'internal') on.report(fault.cause)
      await record.finish({ fault }).catch(on.report)
      return refuse(typeof wire === 'function' ? wire(incoming) : wire, fault, { requestId: callId })
    }
  }
