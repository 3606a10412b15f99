// One driver for each kind of upstream.
import type { Driver, DriverKind } from './driver.ts'
import { createOpenaiDriver, type OpenaiOptions } from './openai.ts'

/** Kinds that are reached over HTTP; the built-in runtime is made from its engine. */
export type HttpKind = Exclude<DriverKind, 'embedded' | 'ollama'>

export function createDriver(kind: HttpKind, options: OpenaiOptions): Driver {
  return createOpenaiDriver(kind, options)
}
