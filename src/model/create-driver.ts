// One driver for each kind of upstream that is reached over HTTP; the built-in runtime is made from its engine.
import type { Driver, DriverKind } from './driver.ts'
import { createOllamaDriver } from './ollama.ts'
import { createOpenaiDriver, type OpenaiOptions } from './openai.ts'

export type HttpKind = Exclude<DriverKind, 'embedded'>

export const createDriver = (kind: HttpKind, options: OpenaiOptions): Driver =>
  kind === 'ollama' ? createOllamaDriver(options) : createOpenaiDriver(kind, options)
