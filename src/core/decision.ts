// The answer of the policy: allow or deny, why, with which duties, and for how long it holds.

import type { Treatment } from './finding.ts'
import type { EntityUid } from './principal.ts'

export interface LimitDuty {
  readonly amount: number
  readonly unit: 'requests' | 'tokens' | 'concurrent'
  /** Window in seconds; undefined for `concurrent`. */
  readonly windowSeconds?: number
  /** The rule that demands it; one counter per rule and principal. */
  readonly rule: string
}

/** `@clamp("maxTokens <= 1024")` */
export interface ClampDuty {
  readonly parameter: string
  readonly operator: '<=' | '>=' | '=='
  readonly value: number | string | boolean
}

/** Merged over all matching permits: strictest limit and clamp, instructions add up, most protective treatment. */
export interface Duties {
  readonly instruct: readonly string[]
  readonly limits: readonly LimitDuty[]
  readonly clamps: readonly ClampDuty[]
  readonly bans: readonly string[]
  readonly record?: { readonly prompt: boolean; readonly answer: boolean; readonly days: number }
  /** The answer may be stored, so many seconds at most. */
  readonly storeSeconds?: number
  readonly treat?: Treatment
  readonly stepUp?: { readonly acr?: string; readonly maxAgeSeconds?: number }
  readonly longestSeconds?: number
  readonly uses?: number
  readonly approvals?: number
  readonly quorum?: string
}

export const NO_DUTIES: Duties = { instruct: [], limits: [], clamps: [], bans: [] }

/** What a running call has to know of a yes: thousands of calls are decided again on one change, and nearly all go on. */
export type StillAllowed = Pick<Decision, 'duties' | 'validUntil'> & { readonly allow: true }

export interface Decision {
  readonly id: string
  readonly allow: boolean
  readonly principal: EntityUid
  readonly action: string
  readonly resource: EntityUid
  /** Ids of all determining rules: satisfied permits of an allow, satisfied forbids of a deny, none on default deny. */
  readonly rules: readonly string[]
  /** Ids of rules that errored. Any error makes the decision a deny. */
  readonly errors: readonly string[]
  readonly duties: Duties
  /** Digest of the bundle that decided. */
  readonly policy: string
  /** Milliseconds since 1970 after which the answer must be asked anew; undefined if only a change can alter it. */
  readonly validUntil?: number
  /** What the caller may read about a deny. */
  readonly why?: string
  /** How the caller can ask for access, if there is a way. */
  readonly ask?: string
  readonly microseconds: number
}
