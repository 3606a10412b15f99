// The process that is killed: calls and changes as fast as they go, each acknowledgement told on stdout before the next.
import { createPrivateKey } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createAudit } from '../../src/audit/index.ts'
import { type Caller, createIds, Fault, systemClock, systemRandom } from '../../src/core/index.ts'
import { openStore } from '../../src/store/index.ts'

const { url, file, pem } = JSON.parse(process.argv[2] ?? '{}') as { url?: string; file: string; pem: string }
const report = (error: unknown) => writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`)
const newId = createIds(systemClock, systemRandom)
const store = await openStore({ ...(url === undefined ? {} : { url }), file, keyHex: '5a'.repeat(32), report })
const signingKey = createPrivateKey(pem)
const audit = createAudit({
  store,
  clock: systemClock,
  newId,
  node: 'crash',
  origin: 'crash/audit',
  signingKey,
  checkpointMs: 50,
  report,
})
const { recovered } = await audit.start()
const caller: Caller = {
  principal: { type: 'User', id: 'dana' },
  credential: { kind: 'key', id: 'K', bound: false },
  address: '::1',
}
/** One line per acknowledgement; the pipe holds it even if the next instruction is the last. Whole: it is short. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1) // the pipe is full: its reader is behind
    }
  }
}
say(`ready ${recovered}`)

async function calls(lane: number): Promise<void> {
  for (let i = lane; ; i++) {
    const id = newId('call')
    const record = audit.openCall(id, { caller, model: 'm', data: { lane } })
    if (i % 5 > 0) {
      await record.decided()
      say(`decided ${id}`)
    }
    await record.finish(i % 3 === 0 ? { fault: new Fault('access_denied') } : {})
    say(`finished ${id}`)
  }
}

async function changes(): Promise<void> {
  for (let i = 0; ; i++) {
    const id = newId('grant')
    await store
      .transaction(async (trx) => {
        await trx.insertInto('node').values({ id, name: id, applied_seq: 0, started_at: 0, heard_at: 0 }).execute()
        await audit.appendIn(trx, [{ kind: 'test.changed', subject: id }])
        if (i % 3 === 0) throw new Error('rolled back')
      })
      .then(
        () => say(`changed ${id}`),
        () => {},
      )
  }
}

void Promise.all([...Array.from({ length: 12 }, (_, lane) => calls(lane)), changes()])
