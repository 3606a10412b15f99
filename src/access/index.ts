export { type Access, type AccessDeps, createAccess } from './access.ts'
export type {
  CallMatch,
  CallSubject,
  Cut,
  CutCount,
  DataAction,
  Lease,
  LeaseAsk,
  Leases,
  LeaseView,
} from './leases.ts'
export { LOCK_KINDS, type Lock, type LockKind, type Locks, type NewLock } from './locks.ts'
export type { ForgetHook, Session, SessionAsk, Sessions, SessionView } from './sessions.ts'
