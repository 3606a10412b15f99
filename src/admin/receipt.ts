// The answer to an emergency act: when it was durable, what it ended here, and which nodes have confirmed it.
import type { Output } from './contract.ts'
import type { AdminPorts } from './ports.ts'
import { iso } from './time.ts'

export async function receiptOf(
  ports: Pick<AdminPorts, 'clock' | 'acknowledged'>,
  seq: number,
  cut?: number,
): Promise<Output<'leases.cut'>> {
  const at = iso(ports.clock.now())
  return { at, seq, ...(cut === undefined ? {} : { cut }), nodes: [...(await ports.acknowledged(seq))] }
}
