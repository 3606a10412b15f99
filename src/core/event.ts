// One row of the audit log as rooms hand it in; audit/ adds position, leaf and durability.
import type { JsonObject } from './json.ts'

/** Facts only: ids, names, counts, codes. Never content, never a secret. */
export interface AuditEvent {
  /** `evt_…`, time-ordered. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly node: string
  /** `boot_…`: the process life of the node that wrote it. */
  readonly boot: string
  /** `noun.verb`, from the catalogue in audit/: `call.decided`, `call.finished`, `key.revoked`, … */
  readonly kind: string
  /** Who acted, from the credential, never from the request: `User::"dana"`, or `System::"node"`. */
  readonly principal?: string
  readonly credential?: string
  readonly action?: string
  readonly model?: string
  readonly decision?: 'allow' | 'deny'
  readonly rules?: readonly string[]
  /** Digest of the policy bundle. */
  readonly policy?: string
  readonly call?: string
  readonly session?: string
  readonly grant?: string
  /** What was acted on, for changes: `key/8F2…`, `user/dana`. */
  readonly subject?: string
  readonly address?: string
  /** Fault code, cut cause, or the reason a person gave. */
  readonly reason?: string
  readonly data?: JsonObject
}

/** What a room hands in; the appender adds the rest. */
export type NewEvent = Omit<AuditEvent, 'id' | 'time' | 'node' | 'boot'>
