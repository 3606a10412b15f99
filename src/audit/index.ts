export { type Anchor, fileAnchor } from './anchor.ts'
export { LONGEST_LINE, verifyArchive } from './archive.ts'
export { type Audit, type AuditDeps, createAudit } from './audit.ts'
export type { SearchField } from './block.ts'
export type { CallEnding, CallFacts, CallRecord, DataFlow, Outcome } from './call.ts'
export { type EventKind, KINDS, printCatalogue } from './catalogue.ts'
export type { Actor, Content, Part } from './content.ts'
export type { Count, CountAsk } from './counts.ts'
export {
  type Collector,
  ENCODINGS,
  type Encoding,
  SIGNALS,
  type Signal,
  sendToCollector,
  type Taken,
} from './export/collector.ts'
export { type FollowOptions, resumeFile } from './export/follow.ts'
export { LINE_FORMATS, type LineFormat } from './export/format.ts'
export { gather } from './export/gather.ts'
export { type NoteKey, parseKey, printKey } from './note.ts'
export type { Filter, Found, Page, Search } from './search.ts'
export { isUnproven } from './strangers.ts'
export type { StartTail, Tail, TailListener } from './tail.ts'
export type { Problem, ProblemKind, Report } from './verify.ts'
export { createWitness } from './witness.ts'
