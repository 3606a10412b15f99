// The AuthZEN Authorization API 1.0 on the wire, so that other gateways can ask ours. Who asks about others needs the right
// to see the gateway; each question is recorded, and what the asking party says changes its own answer and nothing else.
import { credentialText, Fault, parseJson, uidText } from '../core/index.ts'
import { type Authzen, authzenMetadata } from '../policy/index.ts'
import type { AdminRequest } from './admin.ts'
import { identified, stillGood } from './identified.ts'
import { demand, GATEWAY } from './judge.ts'
import type { AdminPorts } from './ports.ts'
import { type AdminResponse, problem } from './problem.ts'

export interface AuthzenRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  handle(request: AdminRequest): Promise<AdminResponse>
}

/** Bytes of the largest question, or list of questions. */
const MOST_BYTES = 1_048_576

type Ports = Pick<AdminPorts, 'identify' | 'stands' | 'judge' | 'audit' | 'newId' | 'report'>

/** `base`: the URL under which askers reach this gateway. */
export function createAuthzenRoutes(ports: Ports, authzen: Authzen, base: () => string): AuthzenRoute[] {
  const answer =
    (name: string, work: (body: unknown) => unknown) =>
    async (request: AdminRequest): Promise<AdminResponse> => {
      const requestId = ports.newId('call')
      const echoed = request.header('x-request-id')
      // Whatever is answered, whoever asks finds their own number on it.
      const shownId = {
        'x-request-id': echoed !== undefined && /^[\x21-\x7e]{1,128}$/.test(echoed) ? echoed : requestId,
      }
      try {
        const caller = await identified(ports, request, ports.identify, `route/${name}`)
        // Read before the rules are asked, who may lose the right while sending it; what is wrong with it is told afterwards.
        const read = await request.body().then(
          (bytes) => ({ bytes }),
          (fault: unknown) => ({ fault }),
        )
        await stillGood(ports, caller, `route/${name}`)
        const decision = ports.judge.decide(caller, 'show', GATEWAY)
        await ports.audit.append({
          kind: decision.allow ? 'admin.read' : 'admin.denied',
          principal: uidText(caller.principal),
          credential: credentialText(caller.credential),
          address: request.address,
          action: 'show',
          decision: decision.allow ? 'allow' : 'deny',
          rules: decision.rules,
          policy: decision.policy,
          subject: `route/${name}`,
          data: { decisionId: decision.id, on: uidText(GATEWAY.uid) },
        })
        demand(decision)
        if (request.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
          throw new Fault('malformed_request', { detail: 'The body must be application/json.' })
        if ('fault' in read) throw read.fault
        if (read.bytes.length > MOST_BYTES) throw new Fault('body_too_large')
        const body = work(parseJson(read.bytes))
        return {
          status: 200,
          headers: {
            'content-type': 'application/json',
            ...shownId,
          },
          body: JSON.stringify(body),
        }
      } catch (error) {
        const fault = Fault.from(error)
        if (fault.status >= 500) ports.report(error)
        const refusal = problem(fault, requestId)
        return { ...refusal, headers: { ...refusal.headers, ...shownId } }
      }
    }
  const post = (path: string, name: string, work: (body: unknown) => unknown): AuthzenRoute => ({
    method: 'POST',
    path: `/access/v1/${path}`,
    handle: answer(name, work),
  })
  return [
    post('evaluation', 'authzen.evaluation', authzen.evaluation),
    post('evaluations', 'authzen.evaluations', authzen.evaluations),
    post('search/subject', 'authzen.search', authzen.searchSubject),
    post('search/resource', 'authzen.search', authzen.searchResource),
    post('search/action', 'authzen.search', authzen.searchAction),
    {
      method: 'GET',
      path: '/.well-known/authzen-configuration',
      // Where to ask is public, as the specification has it; what is answered is not.
      handle: async () => ({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(authzenMetadata(base())),
      }),
    },
  ]
}
