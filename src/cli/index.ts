export type { Io } from './io.ts'
export type { StartApp } from './options.ts'
export { type RunOptions, run } from './run.ts'
