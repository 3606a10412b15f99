export { type App, type StartOptions, start } from './start.ts'
