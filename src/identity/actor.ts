// Who makes a change and with whose permission, for the audit event that goes into the same transaction.
import type { NewEvent } from '../core/index.ts'

/** `principal` is the uid text of who acts; decision and rules are of the policy that let it happen. */
export type Actor = { readonly principal: string } & Pick<
  NewEvent,
  'credential' | 'address' | 'action' | 'decision' | 'rules' | 'policy'
>

/** The node itself: first run, synchronisation, upkeep. */
export const SYSTEM: Actor = { principal: 'System::"node"' }
