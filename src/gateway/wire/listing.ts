// Models as each format lists them. What is listed was asked of the rules one by one; nothing here decides.
import type { Json, JsonObject } from '../../core/index.ts'

/** A model as a caller may see it: facts, no addresses and no upstream names. */
export interface ShownModel {
  readonly name: string
  readonly digest?: string | undefined
  readonly sizeBytes?: number | undefined
  readonly modifiedAtMs?: number | undefined
  readonly family?: string | undefined
  readonly parameterSize?: string | undefined
  readonly quantization?: string | undefined
  readonly contextTokens?: number | undefined
}

export interface ShownDetails extends ShownModel {
  readonly license?: string | undefined
  readonly capabilities?: readonly string[] | undefined
}

export interface ShownRunning extends ShownModel {
  readonly expiresAtMs?: number | undefined
  readonly vramBytes?: number | undefined
}

const seconds = (ms: number | undefined): number => Math.floor((ms ?? 0) / 1000)
const time = (ms: number | undefined): string => new Date(ms ?? 0).toISOString()

/** Far enough for clients of Ollama to say "forever": a model that stays in memory does not expire in 1970. */
const NEVER_MS = Date.UTC(2300, 0)

const openaiModel = (model: ShownModel): JsonObject => ({
  id: model.name,
  object: 'model',
  created: seconds(model.modifiedAtMs),
  owned_by: 'sallyport',
})

/** GET /v1/models, /v1/models/{id} */
export const openaiModels = {
  list: (models: readonly ShownModel[]): string => JSON.stringify({ object: 'list', data: models.map(openaiModel) }),
  one: (model: ShownModel): string => JSON.stringify(openaiModel(model)),
}

const anthropicModel = (model: ShownModel): JsonObject => ({
  type: 'model',
  id: model.name,
  display_name: model.name,
  created_at: time(model.modifiedAtMs),
})

/** The same routes for callers that send `anthropic-version`. */
export const anthropicModels = {
  list: (models: readonly ShownModel[]): string =>
    JSON.stringify({
      data: models.map(anthropicModel),
      has_more: false,
      first_id: models[0]?.name ?? null,
      last_id: models.at(-1)?.name ?? null,
    }),
  one: (model: ShownModel): string => JSON.stringify(anthropicModel(model)),
}

const details = (model: ShownModel): JsonObject => ({
  parent_model: '',
  format: 'gguf',
  family: model.family ?? '',
  families: model.family === undefined ? null : [model.family],
  parameter_size: model.parameterSize ?? '',
  quantization_level: model.quantization ?? '',
})

const ollamaModel = (model: ShownModel): { [key: string]: Json } => ({
  name: model.name,
  model: model.name,
  modified_at: time(model.modifiedAtMs),
  size: model.sizeBytes ?? 0,
  digest: model.digest?.replace(/^sha256:/, '') ?? '',
  details: details(model),
})

/** GET /api/tags, POST /api/show, GET /api/ps, GET /api/version */
export const ollamaModels = {
  tags: (models: readonly ShownModel[]): string => JSON.stringify({ models: models.map(ollamaModel) }),
  /** Capabilities as its server tells them: none are guessed. Without template, system text and parameters: they are the operator's, and may hold instructions. */
  show: (model: ShownDetails): string =>
    JSON.stringify({
      ...(model.license === undefined ? {} : { license: model.license }),
      modified_at: time(model.modifiedAtMs),
      details: details(model),
      model_info: {
        ...(model.family === undefined ? {} : { 'general.architecture': model.family }),
        ...(model.family === undefined || model.contextTokens === undefined
          ? {}
          : { [`${model.family}.context_length`]: model.contextTokens }),
      },
      capabilities: [...(model.capabilities ?? [])],
    }),
  ps: (models: readonly ShownRunning[]): string =>
    JSON.stringify({
      models: models.map((model) => ({
        ...ollamaModel(model),
        expires_at: time(model.expiresAtMs ?? NEVER_MS),
        size_vram: model.vramBytes ?? 0,
      })),
    }),
  version: (version: string): string => JSON.stringify({ version }),
}
