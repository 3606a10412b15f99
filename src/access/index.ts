export { type Access, type AccessDeps, createAccess } from './access.ts'
export type { Answers, StoredAnswer } from './answers.ts'
export {
  type CampaignItem,
  type Campaigns,
  type CampaignView,
  createCampaigns,
  type HeldRight,
  type RightKind,
} from './campaigns.ts'
export type { Grant, GrantSource, NewGrant } from './grant.ts'
export type { GrantFilter, RequestFilter } from './grant-queries.ts'
export type { Grants, Use } from './grants.ts'
export type { FactSource, Facts } from './held-grants.ts'
export type { HeldRole } from './held-role.ts'
export {
  createInbound,
  type Hook,
  type Inbound,
  type InboundEvent,
  type InboundResult,
  readHookSecret,
  type Signed,
} from './inbound.ts'
export { type GroupOfApprovers, type JitReport, jitReport } from './jit-report.ts'
export { createJustInTime, type JustInTime, type JustInTimeDeps } from './just-in-time.ts'
export type { CallSubject, Cut, CutCount, DataAction, Lease, LeaseAsk, LeaseView } from './lease.ts'
export type { CallMatch, Leases } from './leases.ts'
export type { Lock, LockKind, Locks, NewLock } from './locks.ts'
export type { Answer, Answered } from './request-answers.ts'
export type { ApprovalView, RequestView } from './request-view.ts'
export type { Requests } from './requests.ts'
export type { JitAction, Narrowing, NewRequest, RoleAsk } from './role-ask.ts'
export type { Schedule } from './schedules.ts'
export type { Session, SessionAsk, SessionView } from './session.ts'
export type { ForgetHook } from './session-end.ts'
export type { Sessions } from './sessions.ts'
export { stepUpFault } from './step-up.ts'
export {
  type KeyFinding,
  type RoleFinding,
  SWEEP_SETTINGS,
  type SweepFinding,
  type SweepSettings,
  type SweptKey,
  type SweptRole,
} from './sweep-findings.ts'
export { createSweeps, type Sweeps, type SweepView } from './sweeps.ts'
