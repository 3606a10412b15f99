export { createGgufEngine, type GgufEngineInput } from './engine.ts'
