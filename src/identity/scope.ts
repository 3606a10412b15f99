// What a credential is narrowed to. Scopes narrow and never widen: a missing list does not narrow, an empty list permits
// nothing, and a narrowed credential cannot issue a wider one.
import { Fault, type Scopes } from '../core/index.ts'

const MAX_ENTRIES = 200
const MAX_ENTRY_LENGTH = 256

/** Whether `action` on `model` lies inside the scopes. `groups` are the action groups that contain the action. */
export function withinScopes(
  scopes: Scopes | undefined,
  action: string,
  options: { groups?: readonly string[]; model?: string } = {},
): boolean {
  if (!scopes) return true
  if (scopes.actions) {
    const names = [action, ...(options.groups ?? [])]
    if (!names.some((name) => scopes.actions?.includes(name))) return false
  }
  // A key for certain models is not a key for what has no model, such as administration.
  if (scopes.models) return options.model !== undefined && scopes.models.includes(options.model)
  return true
}

/** Whether one list lets through nothing that the other does not; a missing list lets through everything. */
export const narrower = (inner: readonly string[] | undefined, outer: readonly string[] | undefined): boolean =>
  outer === undefined || (inner?.every((entry) => outer.includes(entry)) ?? false)

/** Whether everything inside `inner` is also inside `outer`. */
export const scopesInside = (inner: Scopes | undefined, outer: Scopes | undefined): boolean =>
  outer === undefined || (narrower(inner?.actions, outer.actions) && narrower(inner?.models, outer.models))

/** A list for a key, without doubles. @throws Fault `validation_failed` naming `param` */
export function checkList(list: readonly string[] | undefined, param: string): readonly string[] | undefined {
  if (list === undefined) return undefined
  const unique = [...new Set(list)]
  if (unique.length > MAX_ENTRIES || unique.some((entry) => entry.length === 0 || entry.length > MAX_ENTRY_LENGTH))
    throw new Fault('validation_failed', {
      detail: `At most ${MAX_ENTRIES} entries of 1 to ${MAX_ENTRY_LENGTH} characters.`,
      data: { param },
    })
  return unique
}

const ORIGIN = /^(https?|chrome-extension|moz-extension|safari-web-extension|app|tauri|capacitor):\/\/[a-z0-9._:[\]-]+$/
/** A browser leaves these away: such an entry would never match. */
const USUAL_PORT = /^(http:.*:80|https:.*:443)$/

/** Web origins as a browser sends them: scheme, host, port if not the usual one, no path. There are no wildcards. */
export function checkOrigins(origins: readonly string[] | undefined): readonly string[] | undefined {
  for (const origin of origins ?? []) {
    if (!ORIGIN.test(origin) || USUAL_PORT.test(origin))
      throw new Fault('validation_failed', {
        detail: `"${origin.slice(0, 128)}" is not an origin such as https://app.example or chrome-extension://<id>: in lower case, whole, without a path or the usual port.`,
        data: { param: 'origins' },
      })
  }
  return checkList(origins, 'origins')
}
