// Whether a sign-in is fresh and strong enough for a duty, and the challenge if it is not (RFC 9470).
import type { Credential, Duties } from '../core/index.ts'
import { Fault } from '../core/index.ts'

/** The challenge, or undefined if the credential meets the duty. */
export function stepUpFault(duty: Duties['stepUp'], credential: Credential, now: number): Fault | undefined {
  if (!duty) return undefined
  const { acr, maxAgeSeconds } = duty
  const since = credential.authenticatedAt ?? credential.issuedAt
  // A key proves possession, not presence: whoever holds it may have signed in never.
  const signedIn = credential.kind !== 'key' && since !== undefined
  const fresh = maxAgeSeconds === undefined || (signedIn && now - since <= maxAgeSeconds * 1000)
  const strong = acr === undefined || credential.acr === acr || (credential.amr?.includes(acr) ?? false)
  if (fresh && strong) return undefined
  const parts = [
    'Bearer error="insufficient_user_authentication"',
    'error_description="A different authentication level is required"',
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age=${maxAgeSeconds}`]),
  ]
  const how = [...(strong ? [] : [`with ${acr}`]), ...(fresh ? [] : [`not longer than ${maxAgeSeconds} s ago`])]
  return new Fault('step_up_required', {
    detail: `Sign in again, ${how.join(', ')}`,
    data: { headers: { 'www-authenticate': parts.join(', ') } },
  })
}
