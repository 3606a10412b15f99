// What values look like that have no beginning of their own: the secret of an AWS key, the data of a Kubernetes secret, and what a
// short pattern must show to be no chance.
import { isOpaque } from './secrets-value.ts'

/** How far before a value the data that it belongs to is looked for. */
const KUBERNETES = 512

/** Letters of both kinds and digits, as base64 has them. */
export function isAwsSecret(text: string, from: number, to: number): boolean {
  let small = 0
  let capitals = 0
  let digits = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code >= 97 && code <= 122) small++
    else if (code >= 65 && code <= 90) capitals++
    else if (code >= 48 && code <= 57) digits++
    else if (code !== 43 && code !== 47) return false
  }
  return small > 3 && capitals > 3 && digits > 0
}

/** Is [at, end) a value among the data of a Kubernetes secret? */
export function isKubernetesValue(text: string, at: number, end: number): boolean {
  if (end - at < 8 || !/^[\w+/]+={0,2}$/.test(text.slice(at, end))) return false
  const before = text.slice(Math.max(0, at - 80), at)
  const key = /(?:^|[\n{,])[ \t"]*([\w.-]{1,60})"?:[ \t]*(?:[|>][+-]?\s+)?["']?$/.exec(before)?.[1]
  if (key === undefined || /^(?:kind|apiVersion|name|namespace|type|uid|resourceVersion|creationTimestamp)$/.test(key))
    return false
  return /\b(?:data|stringData)["']?:/.test(text.slice(Math.max(0, at - KUBERNETES), at))
}

/** What an address of a sign-in says around its code. */
const SIGN_IN =
  /oauth|oidc|openid|\bsso\b|auth|call-?back|redirect|log-?in|sign-?in|connect|token|grant_type|[?&](?:state|client_id|redirect_uri)=/i
const BEHIND_CODE =
  /&(?:amp;)?(?:state|session_state|scope|iss|client_id|redirect_uri|grant_type|code_verifier|authuser|prompt)=/

/** Is the value [at, stop) of a parameter the code that a sign-in is completed with (RFC 6749, RFC 8628)? Its run ends at `end`. */
export function isAuthorizationCode(text: string, at: number, stop: number, end: number): boolean {
  const name = /(?:^|[?&;\s"'])((?:auth(?:orization)?_|device_)?code(?:_verifier)?)=$/.exec(
    text.slice(Math.max(0, at - 32), at),
  )?.[1]
  if (name === undefined || stop - at < 12 || stop - at > 1024) return false
  const value = text.slice(at, stop)
  // `ERR_NOT_FOUND_2` is the code of an error.
  if (!/^[\w.~%/+-]+$/.test(value) || /^[A-Z]+(?:_[A-Z\d]+)+$/.test(value) || !isOpaque(value)) return false
  return (
    name !== 'code' ||
    SIGN_IN.test(text.slice(Math.max(0, at - 160), at)) ||
    BEHIND_CODE.test(text.slice(stop, Math.min(end, stop + 200)))
  )
}

/** Is the value at `at` the private part of a key in JSON (RFC 7517)? `near`: another was found a little before it. */
export function isJsonWebKey(text: string, at: number, end: number, near: boolean): boolean {
  const member = /"(d|k|p|q|dp|dq|qi)\\?":\s?\\?"$/.exec(text.slice(Math.max(0, at - 10), at))?.[1]
  if (member === undefined || end - at < 20 || !/^[\w-]+$/.test(text.slice(at, end))) return false
  return near || ((member === 'd' || member === 'k') && /"kty\\?"/.test(text.slice(Math.max(0, at - KUBERNETES), at)))
}

/** A strict pattern is short or common: what it matched must not be one letter over and over, nor words alone. */
export function plausible(text: string, from: number, to: number): boolean {
  const seen = new Set<number>()
  let digits = 0
  let capitals = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    seen.add(code)
    if (code >= 48 && code <= 57) digits++
    else if (code >= 65 && code <= 90) capitals++
  }
  return seen.size >= 8 && (digits > 0 || capitals > 2 || to - from >= 30)
}
