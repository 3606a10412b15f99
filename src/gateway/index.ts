export { fingerprint } from './conversation.ts'
export { type ClassFound, createJudge, type Judge, type JudgeDeps } from './judge.ts'
export { estimateInput } from './meter.ts'
export { createGateway, refuse, type Serve } from './pipeline.ts'
export type {
  CallRecord,
  Incoming,
  LeaseHandle,
  Outgoing,
  OutputScreen,
  Ports,
  Question,
  ResolvedModel,
  ScreenedInput,
  Wire,
} from './ports.ts'
export { createDataRoutes, type DataRoute } from './routes.ts'
export { createScreening, type Screening } from './screening.ts'
