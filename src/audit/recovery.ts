// Calls that a dead process left without an ending. Each gets its `call.finished` with outcome `interrupted` at the next
// start of the node, in the transaction that marks the dead boot as ended and begins the new one: once, even if this start dies
// as well, and even if the other process is not dead.
import type { AuditEvent, Clock, NewEvent } from '../core/index.ts'
import type { Store, Trx } from '../store/index.ts'
import type { Log } from './log.ts'
import { endBoot, insertBoot, lockHead, readDeadBoots, readEvents } from './queries.ts'

export interface RecoveryDeps {
  store: Store
  clock: Clock
  log: Log
  node: string
  boot: string
  /** What is written of the start itself. */
  started: (recovered: number) => NewEvent
}

const STEP = 1000

/**
 * Under the lock of the head, which the event of the start moves: a process of this name that was only taken for dead has either
 * written what it writes before, and is heard, or writes nothing any more. Returns how many calls were ended, and where this start begins.
 */
export async function recover(deps: RecoveryDeps): Promise<{ recovered: number; from: number }> {
  const { store, clock, log, node, boot, started } = deps
  return store.transaction(async (trx) => {
    const { size } = await lockHead(trx, store.dialect)
    const open: AuditEvent[] = []
    for (const dead of await readDeadBoots(trx, node, boot)) {
      open.push(...(await openCallsOf(trx, dead.boot, dead.open_from, size)))
      await endBoot(trx, dead.boot, clock.now())
    }
    await log.appendIn(trx, [...open.map(interrupted), started(open.length)])
    await insertBoot(trx, { boot, node, started_at: clock.now(), open_from: size })
    return { recovered: open.length, from: size }
  })
}

async function openCallsOf(trx: Trx, boot: string, from: number, size: number): Promise<AuditEvent[]> {
  const open = new Map<string, AuditEvent>()
  const ended = new Set<string>() // what was lost and is written again may come after its ending
  for (let at = from; at < size; at += STEP) {
    for (const { body } of await readEvents(trx, at, Math.min(at + STEP, size))) {
      const event = JSON.parse(body) as AuditEvent
      if (event.call === undefined) continue
      if (event.kind === 'call.decided' && event.boot === boot) open.set(event.call, event)
      else if (event.kind === 'call.finished') ended.add(event.call)
    }
  }
  return [...open.values()].filter(({ call }) => !ended.has(call as string))
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
