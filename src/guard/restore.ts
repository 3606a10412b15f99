// The way back of what a session hid: a pseudonym in an answer becomes the value again where that goes to the one it came from.
import type { Finding } from '../core/index.ts'
import type { Book, Report } from './ask.ts'
import type { Detector } from './detector.ts'
import type { Source, Vault, VaultEntry } from './vault.ts'

/** What an answer says its words in. */
export type Channel = 'text' | 'reasoning' | 'refusal' | 'tool'

export interface Restore {
  readonly detectors: readonly Detector[]
  /** What text shaped like a pseudonym becomes, said on a channel or to a tool; undefined leaves it. */
  value(text: string, channel: Channel, tool: string | undefined): string | undefined
  report(): Pick<Report, 'pseudonyms' | 'restored'>
}

/** `ownTools`: names of tools that are the caller itself: what they say is its word, and what they get stays with it. */
export function createRestore(vault: Vault, book: Book, ownTools: ReadonlySet<string>): Restore {
  const issuedBefore = vault.size()
  const restored = new Map<string, number>()
  let mutated = 0

  const isCallers = (source: Source): boolean =>
    source === 'caller' || (source.startsWith('tool:') && ownTools.has(source.slice('tool:'.length)))

  const mayReturn = ({ class: dataClass, sources }: VaultEntry, channel: Channel, tool = ''): boolean => {
    if (dataClass === 'literal') return true
    // An injected instruction can make a model call any tool with any pseudonym: another party gets back what came from it.
    if (channel === 'tool' && !ownTools.has(tool)) return sources.includes(`tool:${tool}`)
    if (sources.some(isCallers)) return true
    // What the caller's tools and documents said goes back only if the rules let this caller see it; system text never.
    const origin = sources.includes('document')
      ? 'document'
      : sources.some((source) => source.startsWith('tool'))
        ? 'tool'
        : undefined
    if (origin === undefined) return false
    const finding: Finding = { class: dataClass, start: 0, end: 1, confidence: 100 }
    return book.decide(finding, origin, channel === 'tool' ? `tools.${tool}` : channel) === 'pass'
  }

  return {
    // A session that hid nothing has nothing to turn back.
    detectors:
      issuedBefore === 0
        ? []
        : [
            ...vault.detectors(() => {
              mutated++
            }),
            vault.respelt(),
          ],
    value(text, channel, tool) {
      const entry = vault.find(text)
      if (entry === undefined) {
        if (issuedBefore > 0) mutated++ // where none was issued, none was changed: it is somebody else's, or was read back
        return undefined
      }
      if (!mayReturn(entry, channel, tool)) return undefined
      if (entry.class !== 'literal') restored.set(entry.class, (restored.get(entry.class) ?? 0) + 1)
      return entry.value
    },
    report() {
      const all = [...restored.values()].reduce((sum, count) => sum + count, 0)
      return { pseudonyms: { issued: vault.size() - issuedBefore, restored: all, mutated }, restored }
    },
  }
}
