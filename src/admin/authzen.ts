// The AuthZEN Authorization API 1.0 on the wire, so that other gateways can ask ours. Who asks about others needs the right
// to see the gateway, and to see them; each question is recorded, and what the asking party says changes its own answer and
// nothing else.
import { type Caller, credentialText, Fault, parseJson, uidText } from '../core/index.ts'
import { type Authzen, authzenMetadata, type Knows } from '../policy/index.ts'
import type { AdminRequest } from './admin.ts'
import { identified, stillGood } from './identified.ts'
import { demand, GATEWAY } from './judge.ts'
import { mayKnow } from './known.ts'
import type { AdminPorts } from './ports.ts'
import { type AdminResponse, problem } from './problem.ts'

export interface AuthzenRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  handle(request: AdminRequest): Promise<AdminResponse>
}

/** Bytes of the largest question, or list of questions. */
const MOST_BYTES = 1_048_576

type Ports = Pick<AdminPorts, 'identify' | 'stands' | 'judge' | 'mayUse' | 'audit' | 'newId' | 'report'>

/** `base`: the URL under which askers reach this gateway. */
export function createAuthzenRoutes(
  ports: Ports,
  authzenFor: (knows: Knows) => Authzen,
  base: () => string,
): AuthzenRoute[] {
  /** As when one asks why: rights of others are told to who may see those others. */
  const knowsOf = (caller: Caller): Knows => ({
    subject: (uid) => uidText(uid) === uidText(caller.principal) || ports.judge.allows(caller, 'show', { uid }),
    resource: (uid) => mayKnow(ports, caller, { uid }),
  })
  const answer =
    (name: string, work: (authzen: Authzen, body: unknown) => unknown) =>
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
        const body = work(authzenFor(knowsOf(caller)), parseJson(read.bytes))
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
  const post = (path: string, name: string, work: (authzen: Authzen, body: unknown) => unknown): AuthzenRoute => ({
    method: 'POST',
    path: `/access/v1/${path}`,
    handle: answer(name, work),
  })
  return [
    post('evaluation', 'authzen.evaluation', (authzen, body) => authzen.evaluation(body)),
    post('evaluations', 'authzen.evaluations', (authzen, body) => authzen.evaluations(body)),
    post('search/subject', 'authzen.search', (authzen, body) => authzen.searchSubject(body)),
    post('search/resource', 'authzen.search', (authzen, body) => authzen.searchResource(body)),
    post('search/action', 'authzen.search', (authzen, body) => authzen.searchAction(body)),
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
