// Sessions over the admin API: who holds one, and ending it on every node.

import type { SessionView } from '../access/index.ts'
import type { EntityUid } from '../core/index.ts'
import { isText, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import { type Asked, type Context, type Handlers, orMissing, ownedBy } from './route.ts'
import { runningOn, unanswered } from './running.ts'
import { iso, isoField, textField } from './time.ts'

const shown = (session: SessionView) => ({
  id: session.id,
  ...textField('name', session.name),
  principal: session.principal,
  openedAt: iso(session.openedAt),
  lastAt: iso(session.lastAt),
  turns: session.turns,
  tokens: session.tokens,
  taint: [...session.taint],
  ...isoField('endedAt', session.endedAt),
  ...textField('endCause', session.endCause),
})

const subjectOf = ({ id, principal }: SessionView) => ownedBy('Session', id, uidOf(principal))

/** `User::"dana"` as a uid. */
export function uidOf(text: string): EntityUid {
  const at = text.indexOf('::')
  return { type: text.slice(0, at), id: JSON.parse(text.slice(at + 2)) as string }
}

/** A session by its id, which locks know it by, where its client's own name for it was given. @throws Fault `not_found` */
export const sessionIdOf = async ({ access }: Pick<AdminPorts, 'access'>, idOrName: string): Promise<string> =>
  (await access.sessions.show(idOrName)).id

export function sessionHandlers(
  ports: AdminPorts,
): Handlers<'sessions.list' | 'sessions.show' | 'sessions.cut' | 'sessions.forget'> {
  const { sessions } = ports.access
  const subject = async ({ params }: { params: Readonly<Record<string, string>> }): Promise<Asked> => {
    const id = params.id ?? ''
    const session = await orMissing(sessions.show(id)) // not there: asked about as nobody's, and then 404
    return session ? subjectOf(session) : { uid: { type: 'Session', id }, attrs: {} }
  }
  /** A client's own name may stand for somebody else's session by now: asked about again, and from here on known by its id. */
  const found = async ({ params, demand }: Pick<Context<'sessions.cut'>, 'params' | 'demand'>, action: string) => {
    const session = await sessions.show(params.id ?? '')
    if (session.id !== params.id) demand(action, subjectOf(session))
    return session
  }
  return {
    'sessions.list': {
      async handle({ query, sees }) {
        const silent = new Set<string>()
        const read = runningOn(ports, 'sessions', silent)
        const isSeen = ({ id, principal }: { id: string; principal: string }) =>
          sees(ownedBy('Session', id, uidOf(principal)))
        const page = await readSeen(query, isText, read, ({ id }) => id, isSeen)
        const views = await Promise.all(page.items.map(({ id }) => orMissing(sessions.show(id))))
        const items = views.flatMap((view) => (view ? [shown(view)] : [])) // without those forgotten meanwhile
        return { ...page, items, ...unanswered(silent) }
      },
    },
    'sessions.show': {
      subject,
      handle: async ({ params, demand }) => shown(await found({ params, demand }, 'show')),
    },
    'sessions.cut': {
      subject,
      async handle({ params, body, by, demand }) {
        const { id } = await found({ params, demand }, 'endSession')
        const { seq } = await ports.change((trx) => sessions.cut(trx, id, by.principal, body.reason))
        return receiptOf(ports, seq)
      },
    },
    'sessions.forget': {
      subject,
      async handle({ params, body, by, demand }) {
        const { id } = await found({ params, demand }, 'endSession')
        const cut = await ports.change((trx) => sessions.cut(trx, id, by.principal, body.reason))
        // Nothing may be written into it any more, on any node, before what it left is erased.
        const receipt = await receiptOf(ports, cut.seq)
        const erased = await sessions.erase(id)
        const { value } = await ports.change((trx) => sessions.forget(trx, id, by.principal, erased))
        return { forgotten: value.forgotten, erased, receipt }
      },
    },
  }
}
