// Whether new duties demand more of a running call than the duties it was started under. Limits are left out: they are
// counted while the call runs (limits/), not decided once.
import type { ClampDuty, Duties } from '../core/index.ts'
import { TREATMENTS, type Treatment } from '../core/index.ts'

export const moreProtective = (now: Treatment, then: Treatment): boolean =>
  TREATMENTS.indexOf(now) > TREATMENTS.indexOf(then)

/** Which duty became stricter, as a noun for the caller; undefined if none did. */
export function stricter(then: Duties, now: Duties): string | undefined {
  if (then === now) return undefined
  if (now.instruct.some((text) => !then.instruct.includes(text))) return 'instructions'
  if (now.clamps.some((clamp) => !covered(clamp, then.clamps))) return 'parameters'
  if (now.bans.some((phrase) => !then.bans.includes(phrase))) return 'banned phrases'
  if (now.treat && moreProtective(now.treat, then.treat ?? 'pass')) return 'treatment of data'
  if (
    now.record &&
    !(then.record && then.record.prompt >= now.record.prompt && then.record.answer >= now.record.answer)
  )
    return 'recording'
  if (now.stepUp && !sameStepUp(then, now)) return 'sign-in'
  return undefined
}

/** True if what held then already implies the clamp of now. */
const covered = (clamp: ClampDuty, then: readonly ClampDuty[]): boolean =>
  then.some((old) => {
    if (old.parameter !== clamp.parameter || old.operator !== clamp.operator) return false
    if (old.value === clamp.value) return true
    if (typeof old.value !== 'number' || typeof clamp.value !== 'number') return false
    if (clamp.operator === '<=') return old.value < clamp.value
    return clamp.operator === '>=' && old.value > clamp.value
  })

const sameStepUp = (then: Duties, now: Duties): boolean =>
  then.stepUp !== undefined &&
  (now.stepUp?.acr === undefined || then.stepUp.acr === now.stepUp.acr) &&
  (now.stepUp?.maxAgeSeconds === undefined ||
    (then.stepUp.maxAgeSeconds ?? Number.POSITIVE_INFINITY) <= now.stepUp.maxAgeSeconds)
