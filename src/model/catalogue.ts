// Which names stand for which models: what the configuration declares, and what upstreams list beside it. Pure.
import type { DriverKind, ListedModel } from './driver.ts'
import { plainName } from './ollama-name.ts'

export type Hosting = 'embedded' | 'local' | 'external'

export interface DeclaredModel {
  readonly name: string
  readonly upstream: string
  /** The upstream's own name; default: the same. */
  readonly upstreamName?: string | undefined
  readonly aliases: readonly string[]
  readonly groups: readonly string[]
  /** Digest fixed by the configuration; nothing else is ever accepted. */
  readonly digest?: string | undefined
}

export interface UpstreamListing {
  readonly name: string
  readonly kind: DriverKind
  readonly hosting: Hosting
  /** Undefined until it has answered once. */
  readonly models: readonly ListedModel[] | undefined
}

export interface CatalogueEntry {
  readonly name: string
  /** Set on an alias. Its rights are not those of its base; what is forbidden of its base is forbidden of it. */
  readonly aliasOf: string | undefined
  readonly upstream: string
  readonly kind: DriverKind
  readonly hosting: Hosting
  readonly upstreamName: string
  readonly groups: readonly string[]
  readonly pinnedDigest: string | undefined
  /** What the upstream says of it; undefined if it does not list it (now). */
  readonly listed: ListedModel | undefined
}

/** Longest name that is shown; longer ones, and ones with characters that no name has, are left out. */
const SHOWABLE = /^[\p{L}\p{N}/.][\p{L}\p{N}._:@/+ -]{0,255}$/u

/**
 * Declared names come first and win. A listed model that is declared under another name is not shown under its own, so
 * that nobody gets round the rules for the declared name. Of two upstreams that list the same name the first has it; the
 * other's is `upstream/name`.
 */
export function buildCatalogue(
  upstreams: readonly UpstreamListing[],
  declared: readonly DeclaredModel[],
): Map<string, CatalogueEntry> {
  const entries = new Map<string, CatalogueEntry>()
  const taken = new Set<string>()
  const byName = new Map(upstreams.map((upstream) => [upstream.name, upstream]))
  for (const model of declared) {
    const upstream = byName.get(model.upstream)
    if (!upstream) continue
    const upstreamName = model.upstreamName ?? model.name
    const entry: CatalogueEntry = {
      name: model.name,
      aliasOf: undefined,
      upstream: upstream.name,
      kind: upstream.kind,
      hosting: upstream.hosting,
      upstreamName,
      groups: model.groups,
      pinnedDigest: model.digest === undefined ? undefined : normalDigest(model.digest),
      listed: findListed(upstream, upstreamName),
    }
    entries.set(model.name, entry)
    taken.add(`${upstream.name}\n${entry.listed?.name ?? upstreamName}`)
    // An alias is in no group unless it is declared as a model of its own.
    for (const alias of model.aliases) entries.set(alias, { ...entry, name: alias, aliasOf: model.name, groups: [] })
  }
  for (const upstream of upstreams) {
    for (const listed of upstream.models ?? []) {
      if (taken.has(`${upstream.name}\n${listed.name}`) || !SHOWABLE.test(listed.name)) continue
      const name = entries.has(listed.name) ? `${upstream.name}/${listed.name}` : listed.name
      if (entries.has(name)) continue
      entries.set(name, {
        name,
        aliasOf: undefined,
        upstream: upstream.name,
        kind: upstream.kind,
        hosting: upstream.hosting,
        upstreamName: listed.name,
        groups: [],
        pinnedDigest: undefined,
        listed,
      })
    }
  }
  return entries
}

/** Ollama means `:latest` where a name has no tag. */
export const withTag = (name: string): string =>
  name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`

function findListed(upstream: UpstreamListing, name: string): ListedModel | undefined {
  const exact = upstream.models?.find((model) => model.name === name)
  if (exact || upstream.kind !== 'ollama') return exact
  // It answers to every spelling of a name, so every spelling in the settings is a name for that model.
  const plain = plainName(name)
  return upstream.models?.find((model) => plainName(model.name) === plain)
}

/** `sha256:` in front, lower case: upstreams and people write digests either way. */
export const normalDigest = (digest: string): string => {
  const lower = digest.trim().toLowerCase()
  return /^[0-9a-f]{64}$/.test(lower) ? `sha256:${lower}` : lower
}
