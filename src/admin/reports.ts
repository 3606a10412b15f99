// Reports over what happened, for people who decide about rules.
import { jitReport } from '../access/index.ts'
import type { Caller } from '../core/index.ts'
import { isText, readPage } from './page.ts'
import type { AdminPorts } from './ports.ts'
import type { Handlers } from './route.ts'
import { everyGrant, usedSince } from './swept-roles.ts'

const DAY_MS = 86_400_000

async function allOf<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return all
}

export function reportHandlers(ports: AdminPorts): Handlers<'reports.jit' | 'reports.unused'> {
  const { jit, clock, identity, audit } = ports

  /** What one principal may use of models, and what of it was used since then. */
  const wider = async (type: Caller['principal']['type'], name: string, since: number) => {
    const principal = { type, id: name }
    const ancestors = identity.entities.get(principal)?.ancestors ?? new Set<string>()
    const may = ports.models().flatMap(({ name: model }) => {
      const actions = ports.actionsHolding(principal, model, ancestors)
      return actions.length === 0 ? [] : [{ model, actions }]
    })
    const used = await usedSince(audit, principal, since)
    const roles = [...ancestors].filter((text) => text.startsWith('Role::'))
    return {
      principal: `${type}:${name}`,
      roles: roles.map((text) => JSON.parse(text.slice('Role::'.length)) as string).sort(),
      models: may.length,
      unusedModels: may.map(({ model }) => model).filter((model) => !used.models.has(model)),
      unusedActions: [...new Set(may.flatMap((one) => one.actions))].filter((action) => !used.actions.has(action)),
      calls: used.calls,
    }
  }

  return {
    'reports.unused': {
      async handle({ query: { cursor, limit, type, days = ports.unusedDays } }) {
        const page = await readPage(
          { cursor, limit },
          isText,
          (after, limit) =>
            identity.read.principals(type, { state: 'active', limit, ...(after !== undefined && { after }) }),
          ({ name }) => name,
        )
        const since = clock.now() - days * DAY_MS
        const items = []
        for (const { name } of page.items) items.push(await wider(type, name, since))
        return { ...page, items: items.filter((row) => row.unusedModels.length + row.unusedActions.length > 0) }
      },
    },
    'reports.jit': {
      async handle({ query }) {
        const createdSince = clock.now() - query.days * DAY_MS
        const grants = await allOf(everyGrant(jit.grants, { createdSince }))
        const due = await allOf(everyGrant(jit.grants, { reviewDue: true }))
        const asked = grants.flatMap(({ request }) => request ?? [])
        const report = jitReport(grants, due, await jit.requests.approverGroups(asked), clock.now())
        const groups = report.groups.map((group) => ({ ...group, roles: [...group.roles] }))
        return { days: query.days, ...report, groups, advice: [...report.advice] }
      },
    },
  }
}
