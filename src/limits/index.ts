export { createLimits, type Hold, type LimitAsk, type LimitDeps, type LimitSetting, type Limits } from './limits.ts'
export { createRunaway, type Runaway } from './runaway.ts'
export type { SharedDeps } from './slices.ts'
