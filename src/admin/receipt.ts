// The answer to an emergency act: when it was durable, what it ended here, and which nodes have confirmed it.
import type { Output } from './contract.ts'
import type { AdminPorts } from './ports.ts'
import { iso } from './time.ts'

export async function receiptOf(
  ports: Pick<AdminPorts, 'clock' | 'acknowledged' | 'eventOf'>,
  seq: number,
): Promise<Output<'leases.cut'>> {
  const at = iso(ports.clock.now())
  const answers = await ports.acknowledged(seq)
  const event = ports.eventOf(seq)
  return {
    at,
    seq,
    ...(event !== undefined && { event }),
    calls: answers.reduce((sum, { ended }) => sum + ended.calls, 0),
    upstreams: answers.reduce((sum, { ended }) => sum + ended.upstreams, 0),
    nodes: answers.map(({ name, ms, closesInMs, ended }) => ({
      name,
      applied: ms !== undefined,
      ...(ms !== undefined && { milliseconds: Math.round(ms) }),
      cut: ended.calls,
      ...(closesInMs !== undefined && { closesInMs: Math.round(closesInMs) }),
    })),
  }
}
