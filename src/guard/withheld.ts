// What an answer must not say: values of a conversation whose class the rules keep from this caller. For models that can be
// told before they speak; the screen of the answer stays on all the same.
import type { Ask } from './ask.ts'
import type { Vault } from './vault.ts'

/** A value of a request, as it was before anything was done about it. */
export interface FoundValue {
  readonly class: string
  readonly value: string
  /** 0 to 100. */
  readonly confidence: number
}

/**
 * The same questions as for the answer's screen, which lets these values out only masked, as stand-ins or not at all. What a
 * caller hid is turned back toward that caller and is not withheld; what only system text held never is.
 */
export function withheld(found: readonly FoundValue[], vault: Vault, ask: Ask): string[] {
  const passes = new Map<string, boolean>()
  const counts = new Map<string, number>()
  for (const { class: dataClass } of found) counts.set(dataClass, (counts.get(dataClass) ?? 0) + 1)
  const kept = new Set<string>()
  const shows = (dataClass: string, origin: 'caller' | 'model' | 'document' | 'tool', confidence: number): boolean => {
    const key = `${dataClass}\0${origin}\0${confidence}`
    let known = passes.get(key)
    if (known === undefined) {
      known =
        ask({
          direction: 'receive',
          class: dataClass,
          count: counts.get(dataClass) ?? 1,
          confidence,
          origin,
          field: 'text',
        }).treatment === 'pass'
      passes.set(key, known)
    }
    return known
  }
  for (const { class: dataClass, value, confidence } of found)
    if (!vault.holds(dataClass, value) && !shows(dataClass, vault.knows(value) ? 'caller' : 'model', confidence))
      kept.add(value)
  for (const { class: dataClass, value, sources } of vault.entries()) {
    if (dataClass === 'literal' || sources.includes('caller')) continue
    const origin = sources.includes('document')
      ? 'document'
      : sources.some((source) => source.startsWith('tool'))
        ? 'tool'
        : undefined
    if (origin === undefined || !shows(dataClass, origin, 100)) kept.add(value)
  }
  return [...kept]
}
