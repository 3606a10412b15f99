// What grants and schedules have in common: a role for a while.

/** A role held now, and why: from a grant, or from a schedule. */
export interface HeldRole {
  readonly role: string
  readonly grant: string
  readonly endsAt: number
  readonly reason: string
  readonly ticket: string | undefined
}
