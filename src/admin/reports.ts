// Reports over what happened, for people who decide about rules.
import { type Grant, jitReport } from '../access/index.ts'
import { type Caller, uidText } from '../core/index.ts'
import { isText, pageOf, readCursor } from './page.ts'
import type { AdminPorts } from './ports.ts'
import type { Handlers } from './route.ts'

const PAGE = 500
const DAY_MS = 86_400_000

export function reportHandlers(ports: AdminPorts): Handlers<'reports.jit' | 'reports.unused'> {
  const { jit, clock, identity, audit } = ports

  /** What one principal may use of models, and what of it was used since then. */
  const wider = async (type: Caller['principal']['type'], name: string, since: number) => {
    const principal = { type, id: name }
    const credential = { kind: 'key' as const, id: 'report', bound: false }
    const caller: Caller = { principal, credential, address: '127.0.0.1' }
    const may = ports.models().flatMap(({ name: model }) => {
      const actions = ports.actionsOn(caller, model)
      return actions.length === 0 ? [] : [{ model, actions }]
    })
    const filter = { principal: uidText(principal), kind: 'call.finished', decision: 'allow', since }
    const [models, actions] = await Promise.all([
      audit.count(filter, { by: 'model' }),
      audit.count(filter, { by: 'action' }),
    ])
    const usedModels = new Set(models.map(({ value }) => value))
    const usedActions = new Set(actions.map(({ value }) => value))
    const facts = identity.entities.get(principal)
    const roles = [...(facts?.ancestors ?? [])].filter((text) => text.startsWith('Role::'))
    return {
      principal: `${type}:${name}`,
      roles: roles.map((text) => JSON.parse(text.slice('Role::'.length)) as string).sort(),
      models: may.length,
      unusedModels: may.map(({ model }) => model).filter((model) => !usedModels.has(model)),
      unusedActions: [...new Set(may.flatMap((one) => one.actions))].filter((action) => !usedActions.has(action)),
      calls: models.reduce((sum, { events }) => sum + events, 0),
    }
  }

  return {
    'reports.unused': {
      async handle({ query: { cursor, limit, type, days = ports.unusedDays } }) {
        const after = readCursor(cursor, isText)
        const rows = await identity.read.principals(type, {
          state: 'active',
          limit: limit + 1,
          ...(after !== undefined && { after }),
        })
        const page = pageOf(rows, limit, ({ name }) => name)
        const since = clock.now() - days * DAY_MS
        const items = []
        for (const { name } of page.items) items.push(await wider(type, name, since))
        return { ...page, items: items.filter((row) => row.unusedModels.length + row.unusedActions.length > 0) }
      },
    },
    'reports.jit': {
      async handle({ query }) {
        const createdSince = clock.now() - query.days * DAY_MS
        const grants: Grant[] = []
        let before: { createdAt: number; id: string } | undefined
        for (;;) {
          const rows = await jit.grants.list({ createdSince, limit: PAGE, ...(before && { before }) })
          grants.push(...rows)
          const last = rows.at(-1)
          if (!last || rows.length < PAGE) break
          before = { createdAt: last.createdAt, id: last.id }
        }
        const { waits, advice, ...counts } = jitReport(grants, clock.now())
        return { days: query.days, ...counts, waits: waits.map((wait) => ({ ...wait })), advice: [...advice] }
      },
    },
  }
}
