// The red team: attacks, a runner against a live deployment, reports.
export { ATTACKS, FAMILIES, type Family } from './attacks.ts'
export { html, junit, type Summary, summarise } from './report.ts'
export { type Outcome, type RedteamOptions, type Result, runRedteam } from './run.ts'
