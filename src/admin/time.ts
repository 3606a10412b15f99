// Times cross the admin API as RFC 3339 text and live inside as milliseconds since 1970.

export const iso = (ms: number): string => new Date(ms).toISOString()
/** An object with the field, or none: for values that may be missing. */
export const isoField = <Name extends string>(name: Name, ms: number | null | undefined): { [N in Name]?: string } =>
  (ms === null || ms === undefined ? {} : { [name]: iso(ms) }) as { [N in Name]?: string }
export const msOf = (text: string): number => Date.parse(text)
export const textField = <Name extends string>(name: Name, text: string | null | undefined): { [N in Name]?: string } =>
  (text === null || text === undefined ? {} : { [name]: text }) as { [N in Name]?: string }
