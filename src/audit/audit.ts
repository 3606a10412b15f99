// The audit log of one node: what other rooms append to, ask and follow.
import type { KeyObject } from 'node:crypto'
import { type Clock, Fault, type NewEvent, type NewId } from '../core/index.ts'
import type { Store, Trx } from '../store/index.ts'
import type { Anchor } from './anchor.ts'
import { type ArchiveOptions, verifyStore, writeArchive } from './archive.ts'
import { type CallFacts, type CallRecord, createCalls } from './call.ts'
import { createCheckpoints, type NextKey, type RetiredKey } from './checkpoint.ts'
import { type Content, type ContentDeps, createContent } from './content.ts'
import { type CountEvents, createCounts } from './counts.ts'
import { type Batch, batches, type FollowOptions } from './export/follow.ts'
import { type LineFormat, lineOf } from './export/format.ts'
import { createLog, type Log } from './log.ts'
import { type NoteKey, parseCheckpoint, parseNote, printKey } from './note.ts'
import { createProver, printProof } from './proof.ts'
import { endBoot, moveOpenFrom, readEvents, readHead } from './queries.ts'
import { recover } from './recovery.ts'
import { createSearch, type Search } from './search.ts'
import { createStrangers } from './strangers.ts'
import { createTail, type StartTail } from './tail.ts'
import type { Report } from './verify.ts'
import { type WitnessLink, WitnessRefusal } from './witness.ts'

export interface AuditDeps {
  store: Store
  clock: Clock
  newId: NewId
  /** Stable name of this node: calls that its last process left open are ended at its next start. */
  node: string
  /** Name of the log, the same on every node that shares the database: `sallyport.example/audit`. */
  origin: string
  /** Ed25519 private key that signs checkpoints. It never lies in the database. */
  signingKey: KeyObject
  /** Keys that signed on this node before, and up to how many events. */
  retiredKeys?: readonly RetiredKey[]
  /** Makes the key that follows; without it `rotateKey` is not possible. */
  nextKey?: () => NextKey
  /** Recording of prompts and answers, and how long things are kept; without it nothing is recorded and all is kept. */
  content?: Omit<ContentDeps, 'store' | 'clock' | 'log' | 'clockAhead'>
  /** Keeps the newest checkpoint outside the database. */
  anchor?: Anchor
  /** Witnesses that sign the checkpoints as well. */
  witnesses?: readonly WitnessLink[]
  /** A witness does not sign; told once, until it does again. */
  witnessAway?: (witness: string, error: unknown) => void
  witnessBack?: (witness: string) => void
  /** Milliseconds between two checkpoints while events come in. */
  checkpointMs?: number
  report: (error: unknown) => void
  /** Told of every refusal of nobody known that is counted and has no event of its own. */
  counted?: (event: NewEvent) => void
  /** Milliseconds for which such refusals are counted before the count is written. */
  strangersMs?: number
  maxWaiting?: number
  probeMs?: number
}

export interface Audit extends Search, Pick<Log, 'waiting' | 'onCommit'> {
  /** False after a write failed, until one succeeds again. The gateway refuses calls meanwhile. */
  readonly available: boolean
  /** @throws Fault `audit_unavailable` unless the event is durable */
  append(event: NewEvent): Promise<void>
  /** The same for the refusal of somebody of whom nothing is proven: the first few are written, the rest is counted. */
  appendUnproven(event: NewEvent): Promise<void>
  /** Part of the caller's transaction, for `createChange`; returns the ids. */
  appendIn(trx: Trx, events: readonly NewEvent[]): Promise<string[]>
  /** The record of a call; `id` is the call's own (`call_…`). */
  openCall(id: string, facts: CallFacts): CallRecord
  /** Counts over time, and the most frequent values of a field. */
  count: CountEvents
  /** Recorded content; undefined if this log keeps none. */
  readonly content: Omit<Content, 'seal'> | undefined
  tail: StartTail
  /** Verifier key of this node, `name+hash+base64`. */
  readonly verifierKey: string
  /** That key and those before it, `name+hash+base64@until`. */
  readonly verifierKeys: readonly string[]
  /**
   * Replaces the key that signs checkpoints on this node; the event tells of both keys.
   * @throws Fault `not_possible`, `audit_unavailable`; then the old key goes on
   */
  rotateKey(event: Omit<NewEvent, 'kind' | 'data' | 'subject'>): Promise<void>
  /** Signs the tree as it is now; returns the note. */
  checkpoint(): Promise<string>
  /** Checks the whole log in the database against every signed checkpoint; `known` are checkpoints kept elsewhere. */
  verify(options?: { keys?: readonly NoteKey[]; known?: readonly string[]; from?: number }): Promise<Report>
  /** A c2sp.org/tlog-proof for the event and the text that it proves. @throws Fault `not_found` */
  prove(id: string): Promise<{ proof: string; body: string }>
  /** Appends an event and proves at once that it is there. @throws Fault `audit_unavailable` */
  record(event: NewEvent): Promise<{ proof: string; body: string }>
  /** Hashes that prove that the tree of `size` events continues the one of `oldSize` (RFC 9162 section 2.1.4). */
  consistency(oldSize: number, size: number): Promise<readonly Buffer[]>
  /** Lossless JSON lines that `verifyArchive` checks without this server. */
  archive(range?: Omit<ArchiveOptions, 'origin'>): AsyncIterable<string>
  /** Events in order, in batches, to the end or on and on. */
  events(options?: FollowOptions): AsyncIterable<Batch>
  /** Position that the next event will have, or a later one. */
  size(): Promise<number>
  /** Events as lines of a format, from a position on. */
  lines(format: LineFormat, options?: FollowOptions): AsyncIterable<string>
  /** Ends the calls that dead processes of this node left open, and begins this one. Call it before serving. */
  start(): Promise<{ recovered: number }>
  stop(): Promise<void>
}

/** Milliseconds between two looks for what is kept too long. */
const RETAIN_MS = 3_600_000

export function createAudit(deps: AuditDeps): Audit {
  const { store, clock, node, origin, report } = deps
  const boot = deps.newId('boot')
  const refusedBy = new Set<string>()
  const absent = new Set<string>()
  const lost = (events: number, from: number, all: boolean) => {
    calls.lostFrom(from)
    noted = -1 // what was noted was lost as well, or speaks of positions that are others by now
    const seen = `${events} events that this node had written were not in the database any more, which had ${from}`
    const usual = `none; they are written again${all ? '' : ', older ones are not known here any more'}`
    log.appendSurely(alertOf('events lost', seen, usual), () => {}).catch(() => {}) // kept until it can be written
  }
  const log: Log = createLog({ ...deps, boot, lost })
  const clockAhead = (ms: number) =>
    alarm(
      'clock ahead',
      `${Math.ceil(ms / 86_400_000)} days more since the last retention than it deletes for at once`,
      'an hour since then; retention follows by a day an hour: set the clock right, unless nothing ran for so long',
    )
  const content = deps.content ? createContent({ ...deps.content, store, clock, log, clockAhead }) : undefined
  const strangers = createStrangers({
    log,
    clock,
    report,
    counted: deps.counted ?? (() => {}),
    periodMs: deps.strangersMs,
  })
  const calls = createCalls(log, clock, content?.seal, strangers)
  const search = createSearch(store)
  const alertOf = (reason: string, seen: string, usual: string): NewEvent => ({
    kind: 'alert.raised',
    principal: 'System::"audit"',
    subject: `node/${node}`,
    reason,
    data: { seen, usual },
  })
  const alarm = (reason: string, seen: string, usual: string) => {
    log.append(alertOf(reason, seen, usual)).catch(report)
  }
  const checkpoints = createCheckpoints({
    ...deps,
    unwitnessed(witness, error) {
      // Told once until it signs again, not at every checkpoint.
      if (!absent.has(witness)) deps.witnessAway?.(witness, error)
      absent.add(witness)
      if (!(error instanceof WitnessRefusal) || refusedBy.has(witness)) return
      refusedBy.add(witness)
      const data = { witness, seen: error.message, usual: 'a witness signs what continues the log that it knows' }
      const alert = { kind: 'alert.raised', principal: 'System::"witness"', subject: `node/${node}` }
      log.append({ ...alert, reason: 'witness refused', data }).catch(report)
    },
    witnessed(witness) {
      if (absent.delete(witness)) deps.witnessBack?.(witness)
    },
    rewritten: (seen) => alarm('history rewritten', seen, 'the log goes on from what this node has signed'),
    async replacedAt(previous) {
      const { events } = await search.query({ kind: 'audit.rekeyed' }, { limit: 200 })
      const elsewhere = events.find((one) => one.data?.previous === previous && one.subject !== `node/${node}`)
      return elsewhere?.subject
    },
    replaced: (seen) => alarm('signing key replaced', seen, 'a key is replaced on all nodes that share it'),
  })
  const prover = createProver(store.db)
  let timer: NodeJS.Timeout | undefined
  let retaining: NodeJS.Timeout | undefined
  let noted = 0

  /** Without it a crash after months would read months of events to find the open calls. */
  const noteOpen = async (): Promise<void> => {
    const position = calls.lowest ?? log.size
    if (position <= noted) return
    await store.transaction((trx) => moveOpenFrom(trx, boot, position))
    noted = position
  }

  const signedSize = async (): Promise<number> => parseCheckpoint(parseNote(await checkpoints.sign()).text).size

  const proveAt = async (position: number): Promise<{ proof: string; body: string }> => {
    const note = await checkpoints.sign()
    const { size } = parseCheckpoint(parseNote(note).text)
    const [row] = await readEvents(store.db, position, position + 1)
    const path = await prover.inclusion(position, size)
    return { proof: printProof(position, path, note), body: row?.body ?? '' }
  }

  const tick = async (): Promise<void> => {
    await noteOpen()
    await checkpoints.sign()
  }

  return {
    ...search,
    get available() {
      return log.available
    },
    get waiting() {
      return log.waiting
    },
    onCommit: log.onCommit,
    async append(event) {
      await log.append(event)
    },
    async appendUnproven(event) {
      if (!strangers.take(event)) await log.append(event)
    },
    async appendIn(trx, events) {
      return (await log.appendIn(trx, events)).map(({ event }) => event.id)
    },
    openCall: calls.open,
    content,
    count: createCounts(store),
    tail: createTail({ store, onCommit: log.onCommit, report }),
    get verifierKey() {
      return printKey(checkpoints.key)
    },
    get verifierKeys() {
      return checkpoints.keys.map(printKey)
    },
    async rotateKey(event) {
      if (!deps.nextKey) throw new Fault('not_possible', { detail: 'The signing key of this gateway is not its own.' })
      await checkpoints.rotate(deps.nextKey(), async (previous, next) => {
        await log.append({ ...event, kind: 'audit.rekeyed', subject: `node/${node}`, data: { previous, next } })
      })
    },
    checkpoint: checkpoints.sign,
    async verify({ keys, known = [], from = 0 } = {}) {
      // What this node does not sign is what the checks below are to find.
      const signIfPossible = () =>
        signedSize().catch((error: unknown) => {
          if (Fault.from(error).code !== 'audit_unavailable') throw error
          return undefined
        })
      await signIfPossible()
      const { last } = checkpoints
      const own = keys === undefined && last !== undefined ? [last] : []
      return verifyStore(
        store,
        { origin, from, sign: signIfPossible },
        { keys: keys ?? checkpoints.keys, known: [...known, ...own] },
      )
    },
    async prove(id) {
      const event = await search.find(id)
      if (!event) throw new Fault('not_found', { detail: `there is no event ${id}` })
      return proveAt(event.position)
    },
    async record(event) {
      const { position } = await log.append(event)
      return proveAt(position)
    },
    consistency: prover.consistency,
    async *archive(range = {}) {
      yield* writeArchive(store, { origin, ...range, sign: signedSize })
    },
    events: (options = {}) => batches(store, options),
    size: async () => (await readHead(store.db)).size,
    async *lines(format, options = {}) {
      for await (const { events } of batches(store, options)) {
        if (events.length > 0) yield events.map((event) => lineOf(format, event)).join('')
      }
    },
    async start() {
      await checkpoints.check()
      const { recovered, from } = await recover({
        store,
        clock,
        log,
        node,
        boot,
        started: (recovered) => ({
          kind: 'node.started',
          subject: `node/${node}`,
          data: { recovered, verifierKey: printKey(checkpoints.key) },
        }),
      })
      noted = from
      if (store.unsafe.length > 0)
        alarm('database unsafe', `${store.unsafe.join(' and ')} off`, 'what is answered stays, a power cut or not')
      timer = setInterval(() => void tick().catch(report), deps.checkpointMs ?? 1000).unref()
      const retain = () => clock.doubtful?.() || void content?.retain().catch(report)
      if (content) retaining = setInterval(retain, RETAIN_MS).unref()
      return { recovered }
    },
    async stop() {
      clearInterval(timer)
      clearInterval(retaining)
      strangers.stop()
      await log.close()
      // A call that is still open was not ended by us; the next start finds it because this boot is not marked as ended.
      if (calls.size === 0) await store.transaction((trx) => endBoot(trx, boot, clock.now()))
      await checkpoints.sign()
    },
  }
}
