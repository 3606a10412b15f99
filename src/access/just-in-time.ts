// Roles for a while, put together: requests lead to grants, grants and schedules are what the rules see.
import type { Clock, NewId, PrincipalUid } from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import { createGrants, type GrantDeps, type Grants } from './grants.ts'
import type { RequestDeps } from './request-rules.ts'
import { createRequests, type Requests } from './requests.ts'
import { createSchedules, type Schedule } from './schedules.ts'
import { createUpkeep } from './upkeep.ts'

export interface JustInTime {
  readonly grants: Grants
  readonly requests: Requests
  /** For the feed: after the directory, before whatever decides. */
  onChange(changes: readonly { kind: string; key: string }[]): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface JustInTimeDeps
  extends Pick<GrantDeps, 'principalState' | 'inUse' | 'tokensSpent'>,
    Pick<RequestDeps, 'decide' | 'humanOf' | 'groupsOf' | 'isActive' | 'isGood'> {
  store: Store
  change: MakeChange
  clock: Clock
  newId: NewId
  schedules: readonly (Omit<Schedule, 'principal'> & { principal: PrincipalUid })[]
  /** IANA name of the gateway's zone. */
  timeZone: string
  /** Hours a request waits for answers. */
  requestHours: number
  report: (error: unknown) => void
}

/** How often ends that have come are written down. That they have come does not wait for it. */
const TIDY_MS = 1000

export function createJustInTime(deps: JustInTimeDeps): JustInTime {
  const grants = createGrants({ ...deps, schedules: createSchedules(deps.schedules, deps.timeZone, deps.clock) })
  const requests = createRequests({ ...deps, grants, waitMs: deps.requestHours * 3_600_000 })
  const tidy = async (): Promise<void> => {
    await grants.tidy()
    await requests.tidy()
  }
  const upkeep = createUpkeep(TIDY_MS, tidy, deps.report, deps.clock)

  return {
    grants,
    requests,
    onChange: grants.onChange,
    async start() {
      await grants.load()
      upkeep.start()
    },
    stop: upkeep.stop,
  }
}
