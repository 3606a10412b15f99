// What runs on all nodes in one list: each is asked for its own rows from a position on, and what they answer is put in order.
// A node that does not answer is named, as what it runs is missing.
import type { Access, LeaseView } from '../access/index.ts'
import type { Output } from './contract.ts'
import { type Ending, type EndingRooms, endingHere } from './ending.ts'
import type { AdminPorts } from './ports.ts'
import { iso, isoField, textField } from './time.ts'

type Call = Output<'leases.list'>['items'][number]
/** A session by the calls that run in it. */
interface InUse {
  readonly id: string
  readonly principal: string
}
interface Rows {
  readonly calls: Call
  readonly sessions: InUse
}

interface Ask<Of extends keyof Rows> {
  readonly of: Of
  readonly after: string | undefined
  readonly limit: number
}

const shown = (lease: LeaseView): Call => ({
  id: lease.id,
  call: lease.call,
  principal: lease.principal,
  credential: lease.credential,
  ...textField('session', lease.session),
  model: lease.model,
  action: lease.action,
  decision: lease.decision,
  address: lease.address,
  ...textField('client', lease.client),
  since: iso(lease.since),
  ...isoField('validUntil', lease.validUntil),
  tokens: lease.tokens,
})

const ROWS: { [Of in keyof Rows]: (leases: readonly LeaseView[]) => Rows[Of][] } = {
  calls: (leases) => leases.map(shown),
  sessions: (leases) => leases.flatMap(({ session, principal }) => (session ? [{ id: session, principal }] : [])),
}

/** In byte order of their ids, each once. */
function firstOf<Row extends { id: string }>(
  rows: readonly Row[],
  { after = '', limit }: Omit<Ask<never>, 'of'>,
): Row[] {
  const unique = new Map(rows.filter(({ id }) => id > after).map((row) => [row.id, row]))
  return [...unique.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
}

/** What this node answers another. @throws if that is of a version that asks what this one does not know */
export async function answerNode(
  rooms: EndingRooms & { readonly access: Pick<Access, 'leases' | 'sessions' | 'locks'> },
  question: object,
) {
  const { ending } = question as { ending?: Ending }
  return ending ? endingHere(rooms, ending) : runningHere(rooms.access, question)
}

/** A session is written down first, for whoever asks reads there what it is. */
export async function runningHere({ leases, sessions }: Pick<Access, 'leases' | 'sessions'>, question: object) {
  const ask = question as Ask<keyof Rows>
  if (ask.of === 'sessions') await sessions.flush()
  return firstOf(ROWS[ask.of](leases.open()), ask)
}

/** Reads rows of all nodes; names of those that did not answer are added to `silent`. */
export const runningOn =
  <Of extends keyof Rows>(ports: Pick<AdminPorts, 'access' | 'askNodes'>, of: Of, silent: Set<string>) =>
  async (after: string | undefined, limit: number): Promise<Rows[Of][]> => {
    const ask: Ask<Of> = { of, after, limit }
    const rows: Rows[Of][] = []
    for (const { name, answer } of await ports.askNodes(ask, silent)) {
      if (Array.isArray(answer)) rows.push(...answer.map((row) => (of === 'calls' ? { ...row, node: name } : row)))
      else silent.add(name)
    }
    return firstOf([...rows, ...ROWS[of](ports.access.leases.open())], ask)
  }

export const unanswered = (silent: ReadonlySet<string>): { unanswered?: string[] } =>
  silent.size === 0 ? {} : { unanswered: [...silent].sort() }
