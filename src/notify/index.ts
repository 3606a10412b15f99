export { type Anomalies, createAnomalies } from './anomaly.ts'
export { watch } from './watch.ts'
