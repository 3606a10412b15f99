// What stands for a value that does not pass: the session's pseudonym or a mask.
import type { Treatment } from '../core/index.ts'
import type { ClassTree } from './classes.ts'
import type { Neighbours } from './neighbours.ts'
import { type MaskStyle, mask } from './treat.ts'
import type { Source, Vault } from './vault.ts'

export interface TreatmentOptions {
  readonly tree: ClassTree
  readonly masks: (dataClass: string) => MaskStyle
  readonly neighbours: Neighbours
}

export function standIn(
  dataClass: string,
  treatment: Treatment,
  value: string,
  vault: Vault,
  source: Source,
  options: TreatmentOptions,
  taken?: (candidate: string) => boolean,
): string {
  const known = options.tree.get(dataClass)
  // A secret is never turned back, so it gets no pseudonym.
  if (treatment === 'pseudonym' && known.nature !== 'secret' && !dataClass.startsWith('leak/'))
    return vault.hide(known, value, source, taken)
  return mask(dataClass, value, options.masks(dataClass))
}
