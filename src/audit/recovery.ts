// Calls that a dead process left without an ending. Each gets its `call.finished` with outcome `interrupted` at the next
// start of the node, in the transaction that marks the dead boot as ended: once, even if this start dies as well.
import type { AuditEvent, Clock, NewEvent } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Log } from './log.ts'
import { endBoot, readDeadBoots, readEvents, readHead } from './queries.ts'

export interface RecoveryDeps {
  store: Store
  clock: Clock
  log: Log
  node: string
  boot: string
}

const STEP = 1000

/** Returns how many calls were ended. */
export async function recover({ store, clock, log, node, boot }: RecoveryDeps): Promise<number> {
  let ended = 0
  for (const dead of await readDeadBoots(store.db, node, boot)) {
    const open = await openCallsOf(store, dead.boot, dead.open_from)
    await store.transaction(async (trx) => {
      if (open.length > 0) await log.appendIn(trx, open.map(interrupted))
      await endBoot(trx, dead.boot, clock.now())
    })
    ended += open.length
  }
  return ended
}

async function openCallsOf(store: Store, boot: string, from: number): Promise<AuditEvent[]> {
  const { size } = await readHead(store.db)
  const open = new Map<string, AuditEvent>()
  for (let at = from; at < size; at += STEP) {
    for (const { body } of await readEvents(store.db, at, Math.min(at + STEP, size))) {
      const event = JSON.parse(body) as AuditEvent
      if (event.call === undefined) continue
      if (event.kind === 'call.decided' && event.boot === boot) open.set(event.call, event)
      else if (event.kind === 'call.finished') open.delete(event.call)
    }
  }
  return [...open.values()]
}

function interrupted(decided: AuditEvent): NewEvent {
  const { id: _, time: decidedAt, node: __, boot: diedIn, ...facts } = decided
  return {
    ...facts,
    kind: 'call.finished',
    reason: 'interrupted',
    data: { ...facts.data, outcome: 'interrupted', decidedAt, diedIn },
  }
}
