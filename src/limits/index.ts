export type { Hold } from './hold.ts'
export { createLimits, type LimitAsk, type LimitDeps, type LimitSetting, type Limits } from './limits.ts'
export { createRunaway, type Runaway } from './runaway.ts'
export type { SharedDeps } from './slices.ts'
