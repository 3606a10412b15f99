// A log that is open for a test: of one node, under a key of this process, with short waits after a failed write.
import { generateKeyPairSync } from 'node:crypto'
import { type Audit, type AuditDeps, createAudit } from '../../src/audit/audit.ts'
import { createIds, systemClock, systemRandom } from '../../src/core/index.ts'
import type { Store } from '../../src/store/index.ts'

export const newId = createIds(systemClock, systemRandom)
const { privateKey: signingKey } = generateKeyPairSync('ed25519')

export async function openAudit(store: Store, deps: Partial<AuditDeps> & Pick<AuditDeps, 'report'>): Promise<Audit> {
  const audit = createAudit({
    store,
    clock: systemClock,
    newId,
    node: 'one',
    origin: 'test/audit',
    signingKey,
    probeMs: 20,
    checkpointMs: 600_000,
    ...deps,
  })
  await audit.start()
  return audit
}
