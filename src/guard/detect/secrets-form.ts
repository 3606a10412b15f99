// What values look like that have no beginning of their own: the secret of an AWS key, the data of a Kubernetes secret, and what a
// short pattern must show to be no chance.

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
