export { createEmbeddedEngine, EMBEDDED, type EmbeddedEngineInput } from './engine.ts'
export type {
  Engine,
  EngineCapabilities,
  GenerateOptions,
  GenerateRequest,
  TokenRules,
  Turn,
} from './engine-contract.ts'
