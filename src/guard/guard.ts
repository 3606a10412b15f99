// The front door of the room: detectors and classes put together once, then one call in and one stream out per request.
import { type ModelRequest, systemRandom } from '../core/index.ts'
import type { Ask } from './ask.ts'
import { createLinkDetector } from './checks/link.ts'
import { type ClassTree, createClassTree, type DataClass } from './classes.ts'
import { createInlineFieldsDetector } from './detect/inline-fields.ts'
import type { Detector } from './detector.ts'
import { createFieldRule, createOwnFieldRule } from './fields.ts'
import { type ScreenedRequest, screenInput } from './input.ts'
import { createNeighbours } from './neighbours.ts'
import { type Output, openOutput } from './output.ts'
import type { PseudonymStyle } from './pseudonym.ts'
import { createScreen, type Screen } from './screen.ts'
import type { SurrogateClass } from './surrogate.ts'
import { openRestore, openText, type TextOptions, type TextScreen } from './text.ts'
import type { MaskStyle } from './treat.ts'
import { createVault, type Vault, type VaultOptions } from './vault.ts'

export interface GuardOptions {
  readonly detectors: readonly Detector[]
  /** A deployment's own classes. */
  readonly classes?: readonly DataClass[]
  /** Paths in JSON that name a class: `customer.salary` → `finance/salary`. */
  readonly fields?: ReadonlyMap<string, string>
  /** How masks look, by class or by a parent of it. Default `label`. */
  readonly masks?: Readonly<Record<string, MaskStyle>>
  readonly pseudonyms?: PseudonymStyle
  /** Classes whose pseudonyms look like what they stand for: a name for a name. */
  readonly surrogates?: readonly SurrogateClass[]
  /** Answers leave in pieces of so many characters, against reading token lengths off a stream; see OutputOptions. */
  readonly blockCharacters?: number
  /** Hosts an answer may show pictures from and link to with data. */
  readonly linkHosts?: readonly string[]
  /** Tokens of chat templates in a request are broken, so that no text begins a turn. Default true. */
  readonly escapeTemplates?: boolean
  /** Tools that run with the caller and reach nobody else, by name. */
  readonly ownTools?: ReadonlySet<string>
}

export interface Guard {
  readonly tree: ClassTree
  readonly screen: Screen
  openVault(options: Omit<VaultOptions, 'classes' | 'style' | 'surrogates'> & { style?: PseudonymStyle }): Vault
  /**
   * Screens every string of a request. `raw`: tokens of chat templates are broken in raw prompts too.
   * @throws Fault content_blocked, guard_unavailable
   */
  screenInput(request: ModelRequest, ask: Ask, vault: Vault, raw?: boolean): ScreenedRequest
  /** The same, a few milliseconds at a time: whoever takes the steps gives others their turn between them. */
  screenInputInSteps(request: ModelRequest, ask: Ask, vault: Vault, raw?: boolean): Generator<void, ScreenedRequest>
  /** One text without a call: what becomes of each class is the caller's to say. */
  openText(options: TextOptions): TextScreen
  /** Turns a vault's pseudonyms in a text back. */
  openRestore(vault: Vault): TextScreen
  /** Opens the screen of one answer. `extra`: detectors of this answer alone. */
  openOutput(ask: Ask, vault: Vault, extra?: readonly Detector[]): Output
}

export function createGuard(options: GuardOptions): Guard {
  const tree = createClassTree(
    options.classes,
    options.detectors.flatMap((detector) => detector.classes),
  )
  const { fields = new Map<string, string>() } = options
  const inline =
    fields.size === 0 ? [] : [createInlineFieldsDetector(createOwnFieldRule(fields), [...new Set(fields.values())])]
  const screen = createScreen({ detectors: [...options.detectors, ...inline], fields: createFieldRule(fields) })
  const bare = createScreen({ detectors: [] })
  const masks = (dataClass: string): MaskStyle => {
    for (let id = dataClass; ; id = id.slice(0, id.lastIndexOf('/'))) {
      const style = options.masks?.[id]
      if (style !== undefined) return style
      if (!id.includes('/')) return 'label'
    }
  }
  const treatment = { tree, masks, neighbours: createNeighbours(systemRandom) }
  const input = { ...treatment, escape: options.escapeTemplates ?? true }
  const link = createLinkDetector(options.linkHosts === undefined ? {} : { hosts: options.linkHosts })
  return {
    tree,
    screen,
    openVault: (vault) =>
      createVault({
        style: options.pseudonyms ?? 'word',
        ...vault,
        classes: tree.all,
        surrogates: options.surrogates ?? [],
      }),
    screenInput: (request, ask, vault, raw = false) => atOnce(screenInput(request, ask, vault, screen, input, raw)),
    screenInputInSteps: (request, ask, vault, raw = false) => screenInput(request, ask, vault, screen, input, raw),
    openText: (text) => openText(screen, treatment, text),
    openRestore: (vault) => openRestore(bare, vault),
    openOutput: (ask, vault, extra) =>
      openOutput(ask, vault, {
        ...treatment,
        screen,
        extra: [link, ...(extra ?? [])],
        ...(options.blockCharacters === undefined ? {} : { blockCharacters: options.blockCharacters }),
        ...(options.ownTools === undefined ? {} : { ownTools: options.ownTools }),
      }),
  }
}

function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { value, done } = steps.next()
    if (done) return value
  }
}
