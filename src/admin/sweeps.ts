// Sweeps over credentials and roles: what one would do, doing it, and what the last ones did.
import type { KeyFinding, RoleFinding, SweepFinding, SweepView } from '../access/index.ts'
import type { AdminPorts } from './ports.ts'
import type { Handlers } from './route.ts'
import { iso, isoField } from './time.ts'

const shownFinding = (finding: SweepFinding) =>
  finding.reason === 'over-privileged' ? shownRole(finding) : shownKey(finding)

const shownKey = ({ toldAt, ...finding }: KeyFinding) => ({ ...finding, ...isoField('toldAt', toldAt) })

const shownRole = ({ toldAt, unusedModels, unusedActions, ...finding }: RoleFinding) => ({
  ...finding,
  unusedModels: [...unusedModels],
  unusedActions: [...unusedActions],
  ...isoField('toldAt', toldAt),
})

const shown = (view: SweepView) => ({
  id: view.id,
  ...(view.day !== undefined && { day: view.day }),
  node: view.node,
  startedAt: iso(view.startedAt),
  ...isoField('endedAt', view.endedAt),
  findings: view.findings.map(shownFinding),
})

export function sweepHandlers({ sweeps }: AdminPorts): Handlers<'sweeps.list' | 'sweeps.plan' | 'sweeps.run'> {
  return {
    'sweeps.list': { handle: async ({ query }) => ({ items: (await sweeps.list(query.limit)).map(shown) }) },
    'sweeps.plan': { handle: async () => ({ items: (await sweeps.plan()).map(shownFinding) }) },
    'sweeps.run': { handle: async ({ by }) => shown(await sweeps.run(by.principal)) },
  }
}
