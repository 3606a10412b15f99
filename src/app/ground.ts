// What every room stands on: secrets, database, log, feed, numbers. A change is rows, feed entry and event in one transaction.
import { createHmac } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createAudit, fileAnchor, parseKey } from '../audit/index.ts'
import {
  type Config,
  ConfigError,
  describeError,
  dropNextKey,
  type Keyring,
  type Log,
  nextSigningKey,
  openKeyring,
} from '../config/index.ts'
import { createIds, createSystemClock, systemRandom } from '../core/index.ts'
import { createEventMetrics, createRegistry as createMetrics, watchProcess } from '../metrics/index.ts'
import { createAnomalies, watch } from '../notify/index.ts'
import { createChange, createFeed, DatabaseError, holdAlone, openStore, takeName } from '../store/index.ts'
import type { Closers } from './closers.ts'
import { VERSION } from './shipped.ts'

const POLL_MS = 500
/** Milliseconds after which a node that has lost touch also ends the calls it has. */
export const STALE_GRACE_MS = 500
/** Clocks of nodes may differ by less; by more, somebody has set one. */
const BEHIND_MS = 10_000
/** How much of the log teaches the anomaly rules at a start what is usual. */
const REMEMBERED_EVENTS = 200_000

/** The same on every node that shares the master key, different for every installation, and telling nothing of the key. */
const logName = (keyring: Keyring): string =>
  `sallyport/audit/${createHmac('sha256', keyring.lookupKey).update('name of the audit log').digest('hex').slice(0, 12)}`

const witnessLink = ({ url, key }: { url: string; key: string }) => {
  try {
    return { url, key: parseKey(key) }
  } catch {
    throw new ConfigError([`audit.witnesses: ${key} is no verifier key; \`sallyport audit witness\` prints its own`])
  }
}

interface GroundDeps {
  readonly config: Config
  readonly report: (error: unknown) => void
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly closers: Closers
  /** A model by any name that stands for it, if it is registered. */
  readonly modelOf: Parameters<typeof createEventMetrics>[1]['modelOf']
  /** How many calls run here. */
  readonly openCalls: () => number
}

export type Ground = Awaited<ReturnType<typeof openGround>>

export async function openGround({ config, report, log, closers, modelOf, openCalls }: GroundDeps) {
  const seconds = (ms: number) => ({ seconds: Math.round(ms / 1000) })
  const clock = createSystemClock({
    onSetBack: (ms) =>
      log.warn(
        'the clock of this machine was set back; time goes on here as if it had not been, until a restart',
        seconds(ms),
      ),
    onSetAhead: (ms) =>
      log.warn(
        'the clock of this machine was set ahead, or it slept: what has ended by it has ended; sweeps and deletions wait an hour for it to be set right',
        seconds(ms),
      ),
  })
  const newId = createIds(clock, systemRandom)
  const keyring = openKeyring(config.data)
  if (config.database === undefined) {
    const release = holdAlone(join(config.data, 'lock'))
    if (!release) throw new DatabaseError('held', `another Sallyport works on ${config.data}`)
    closers.push(async () => release())
  }
  const store = await openStore({
    ...(config.database === undefined ? {} : { url: config.database }),
    file: join(config.data, 'sallyport.db'),
    keyHex: keyring.databaseKeyHex,
    report,
  })
  closers.push(() => store.close())
  void store.scrub().catch(report) // what a node erased that died before nothing was left of it
  const closesAfterMs = config.node.staleAfterSeconds * 1000 + STALE_GRACE_MS
  const node = { id: newId('node'), name: config.node.name ?? hostname(), closesAfterMs, calls: openCalls }
  const standsInList = await takeName(store, node.name, closesAfterMs)
  closers.push(async () => standsInList())
  if (keyring.unfinished) {
    dropNextKey(config.data)
    log.warn(
      'a process died before it had replaced the key that signs checkpoints; the old one goes on: run audit rekey again',
    )
  }
  const audit = createAudit({
    store,
    clock,
    newId,
    node: node.name,
    origin: logName(keyring),
    signingKey: keyring.signingKey,
    retiredKeys: keyring.retiredKeys,
    nextKey: () => nextSigningKey(config.data),
    anchor: fileAnchor(join(config.data, 'checkpoint')),
    content: {
      random: systemRandom,
      contentKey: keyring.contentKey,
      contentDays: config.audit.contentDays,
      eventDays: config.audit.eventDays,
    },
    checkpointMs: config.audit.checkpointSeconds * 1000,
    witnesses: config.audit.witnesses.map(witnessLink),
    witnessAway: (witness, error) =>
      log.warn('a witness does not sign, checkpoints go on without it', { witness, errors: describeError(error) }),
    witnessBack: (witness) => log.info('a witness signs again', { witness }),
    report,
    counted: (event) => seen([event]),
    maxWaiting: config.audit.queue,
  })
  audit.onCommit((written) => {
    for (const { event } of written)
      if (event.kind === 'audit.resumed') log.info('the audit log can be written again', event.data)
  })
  const feed = createFeed({ store, pollMs: POLL_MS, node, clock, report })
  closers.push(() => feed.stop())
  const metrics = createMetrics()
  const stopWatching = watchProcess(metrics, { version: VERSION })
  closers.push(async () => stopWatching())
  const seen = createEventMetrics(metrics, { modelOf })
  const change = createChange({
    store,
    clock,
    appendFeed: feed.append,
    appendEvents: audit.appendIn,
    committed: seen,
    applied: feed.applied,
  })
  const [newest] = (await audit.query({}, { limit: 1 })).events
  const behindMs = newest === undefined ? 0 : newest.time - clock.now()
  if (behindMs > BEHIND_MS)
    log.warn(
      'the clock of this machine is behind the newest event of the log: what has ended since then holds again',
      seconds(behindMs),
    )
  await audit.start()
  closers.push(() => audit.stop())
  const anomalies = createAnomalies({ node: node.name, clock, append: audit.append, report })
  const calls = { kind: 'call.finished' }
  const watching = watch({
    anomalies,
    since: Math.max(0, (await audit.size()) - REMEMBERED_EVENTS),
    past: (from) => audit.events({ from, filter: calls }),
    live: (from, see) => audit.tail(calls, see, from),
    report,
  })
  closers.push(() => watching.stop())
  return { clock, newId, keyring, store, node, standsInList, audit, feed, metrics, seen, change, anomalies }
}
