// Reports over what happened, for people who decide about rules.
import { type Grant, jitReport } from '../access/index.ts'
import type { AdminPorts } from './ports.ts'
import type { Handlers } from './route.ts'

const PAGE = 500
const DAY_MS = 86_400_000

export function reportHandlers({ jit, clock }: AdminPorts): Handlers<'reports.jit'> {
  return {
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
