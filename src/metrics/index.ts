export { createEventMetrics, FINE_SECONDS, type See } from './events.ts'
export { watchProcess } from './process.ts'
export { CONTENT_TYPE, createRegistry, type Histogram, type Registry } from './registry.ts'
