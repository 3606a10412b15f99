// What a model server says of itself in words of its own, as far as anybody is shown it: the guard reads what models say, and
// this goes past it to callers, consoles and logs. Short words without control characters; anything else is left out.
import type { Json } from '../core/index.ts'
import { unusable } from './upstream-fault.ts'

const WORDS = /^[\p{L}\p{N}\p{P}\p{S} ]{1,128}$/u

export const shown = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && WORDS.test(value) ? value : undefined

/** The longest licences have some tens of thousands. */
const MOST_LICENSE_CHARACTERS = 200_000

/** A text that people read; only its lines are ended by control characters. */
export const shownLicense = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value.length <= MOST_LICENSE_CHARACTERS && !CONTROL.test(value) ? value : undefined

const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f]/

/** No server has as many, and each is written down when it is first seen. */
const MOST_MODELS = 10_000

/** @throws Fault `upstream_invalid` */
export function bounded<T>(models: readonly T[]): readonly T[] {
  if (models.length > MOST_MODELS) throw unusable('The model server lists more models than can be taken.')
  return models
}
