// Front door of the policy room.

export { type Annotation, CLAMPABLE, NOTES, readNotes } from './annotation.ts'
export { type Authzen, type AuthzenDeps, authzenMetadata, createAuthzen, type Knows } from './authzen.ts'
export {
  type BundleFile,
  type BundleSources,
  bundleDigest,
  type CheckedBundle,
  classesOf,
  isBundlePath,
  loadBundle,
  type Problem,
} from './bundle.ts'
export { parseUid } from './cedar-json.ts'
export { type Checker, createChecker } from './check.ts'
export { type Conform, createConform } from './conform.ts'
export {
  type AskContext,
  type AuthContext,
  authContext,
  type ClockContext,
  createClockContext,
  type DataContext,
  type DecisionContext,
  type GrantContext,
  NO_GRANT,
  NO_RISK,
  type RiskContext,
  remoteIp,
  requestContext,
  type SessionContext,
  type ToolContext,
  UNKNOWN_AGE_SECONDS,
} from './context.ts'
export { createDecisionLog, type DecisionLog, type LoggedDecision } from './decision-log.ts'
export { type DiffLine, diffBundles, type FileDiff } from './diff.ts'
export { dutyLines } from './duties.ts'
export { dataClassSource, type EntityFacts, type EntitySource, fixedSource, joinSources } from './entity.ts'
export type { Evaluator } from './evaluate.ts'
export { type Clause, type ExplainOptions, type Explanation, explain, type RuleView } from './explain.ts'
export { datetime, decimal, duration, ip } from './extension.ts'
export {
  type Effect,
  type Impact,
  type ImpactWorld,
  impactLines,
  impactOf,
  planHash,
  type Recorded,
  type ReplayEffect,
  replay,
} from './impact.ts'
export { lint, type World } from './lint.ts'
export { createOracleCheck, type OracleCheck, type OracleDifference } from './oracle-check.ts'
export { createPlanner, type Plan, type Planner, type PlannerDeps } from './plan.ts'
export {
  type ActiveBundle,
  createPolicy,
  loadOracle,
  type Policy,
  type PolicyDeps,
  type Query,
  type Watcher,
} from './policy.ts'
export { compileBundle, type Program } from './program.ts'
export { type Coverage, caseOf, readEntities, runTests, type TestOutcome, type TestReport } from './rule-test.ts'
export { createRulebook, type Rulebook, type RulebookDeps } from './rulebook.ts'
export { createShadow, type Shadow, type ShadowReport } from './shadow.ts'
export { type Supposed, suppose } from './suppose.ts'
export { USUAL_CALLER, usualContext, usualResource } from './usual.ts'
export { type CedarRecord, type CedarSet, type CedarValue, EntityRef, entity } from './value.ts'
export {
  type Author,
  type ChangeOptions,
  createPolicyVersions,
  POLICY_FEED,
  type PolicyVersions,
  type Prepared,
  type VersionInfo,
} from './versions.ts'
export { watchFolder } from './watch.ts'
