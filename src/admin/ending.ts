// How many running calls an act would end, on all nodes: each counts its own, by what it knows of them. Which of them go on by another
// right is known only when they are decided again, so their number is the most there can be.
import type { Access, CallSubject, LockKind } from '../access/index.ts'
import { isObject, type JsonObject, uidText } from '../core/index.ts'
import type { Identity } from '../identity/index.ts'
import type { AdminPorts } from './ports.ts'

/** Calls that such a lock would stop, or those of who is this principal or in this group (uid text). */
export type Ending = { readonly lock: { kind: LockKind; target: string } } | { readonly holder: string }

export interface Endings {
  readonly calls: number
  readonly upstreams: number
  /** Whose calls those are. */
  readonly principals: string[]
}

/** Of whom the calls are; who has more is looked at one by one. */
export const MOST = 200

export interface EndingRooms {
  readonly access: Pick<Access, 'leases' | 'locks'>
  readonly identity: Pick<Identity, 'entities'>
}

function matcher({ access, identity }: EndingRooms, ending: Ending): (subject: CallSubject) => boolean {
  if ('lock' in ending) return (subject) => access.locks.wouldStop(ending.lock, subject)
  return ({ caller: { principal } }) =>
    uidText(principal) === ending.holder || identity.entities.describe(principal)?.ancestors.has(ending.holder) === true
}

/** What would end on this node. */
export function endingHere(rooms: EndingRooms, ending: Ending): Endings {
  const matches = matcher(rooms, ending)
  const whose = new Set<string>()
  const counted = rooms.access.leases.count((subject) => {
    if (!matches(subject)) return false
    if (whose.size < MOST) whose.add(uidText(subject.caller.principal))
    return true
  })
  return { ...counted, principals: [...whose].sort() }
}

const isEndings = (answer: unknown): answer is Endings =>
  isObject(answer) &&
  Number.isSafeInteger(answer.calls) &&
  Number.isSafeInteger(answer.upstreams) &&
  Array.isArray(answer.principals)

/** What would end on all nodes; `uncounted` names those that did not answer. */
export async function endingOn(
  ports: EndingRooms & Pick<AdminPorts, 'askNodes'>,
  ending: Ending,
): Promise<Endings & { uncounted: string[] }> {
  const asked = ports.askNodes({ ending: ending as JsonObject }, new Set())
  const own = endingHere(ports, ending)
  let { calls, upstreams } = own
  const whose = new Set(own.principals)
  const uncounted: string[] = []
  for (const { name, answer } of await asked) {
    if (!isEndings(answer)) {
      uncounted.push(name)
      continue
    }
    calls += answer.calls
    upstreams += answer.upstreams
    for (const principal of answer.principals) whose.add(principal)
  }
  return { calls, upstreams, principals: [...whose].sort().slice(0, MOST), uncounted: uncounted.sort() }
}
