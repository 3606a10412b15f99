// One driver for each kind of upstream that is reached over HTTP; models that run here have a driver of their own.
import type { Driver, DriverKind } from './driver.ts'
import { createOllamaDriver } from './ollama.ts'
import { createOpenaiDriver, type OpenaiOptions } from './openai.ts'

export type HttpKind = Exclude<DriverKind, 'embedded' | 'gguf'>

export const createDriver = (kind: HttpKind, options: OpenaiOptions): Driver =>
  kind === 'ollama' ? createOllamaDriver(options) : createOpenaiDriver(kind, options)
