// Front door of the model room: upstream drivers and the registry of models.
export type { DeclaredModel, Hosting } from './catalogue.ts'
export { createDriver, type HttpKind } from './create-driver.ts'
export { type DownloadInput, download } from './download.ts'
export type {
  Capabilities,
  Driver,
  DriverKind,
  ListedModel,
  ManageAction,
  ManageRequest,
  ModelDetails,
  Progress,
  RunningModel,
  SendOptions,
} from './driver.ts'
export type { Engine } from './embedded/index.ts'
export { glibcVersion, hasEngine, installEngine, packagesFor } from './gguf/install.ts'
export { ENGINE_FOLDER } from './gguf/llama-cpp.ts'
export { identifyFiles } from './model-files.ts'
export { plainName } from './ollama-name.ts'
export { type DemoModel, openUpstreams } from './open-upstreams.ts'
export type { OpenaiOptions } from './openai.ts'
export { PINNED_MODELS, type PinnedModel } from './pinned-models.ts'
export {
  createRegistry,
  type Model,
  type ModelFacts,
  nameAtServer,
  type RegisteredUpstream,
  type Registry,
  type RegistryDeps,
  type UpstreamState,
} from './registry.ts'
export { startUnloading } from './unload.ts'
