// Two nodes sign the checkpoints of one log, each with its own key.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openAudit } from '../../test/audit/open.ts'
import { openStore } from '../store/index.ts'
import { noteKey, parseCheckpoint, parseNote, signatureLine, signersOf } from './note.ts'
import { insertCheckpoint, latestCheckpoint } from './queries.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-checkpoint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a checkpoint is signed by each of two nodes, and then stays as it is', async () => {
  const report = (error: unknown) => void expect.fail(String(error))
  const store = await openStore({ file: join(folder, 'a.db'), keyHex: '5a'.repeat(32), report })
  const newKey = () => generateKeyPairSync('ed25519').privateKey
  const signingKeys = [newKey(), newKey()] as const
  const keys = signingKeys.map((key) => noteKey('test/audit', key))
  const [a, b] = [
    await openAudit(store, { report, node: 'a', signingKey: signingKeys[0] }),
    await openAudit(store, { report, node: 'b', signingKey: signingKeys[1] }),
  ] as const
  await a.checkpoint()
  const note = await b.checkpoint()
  expect(signersOf(parseNote(note), keys)).toEqual(keys)
  // Each would put its own in place of the other's, every second, and with it what witnesses have signed.
  expect([await a.checkpoint(), await b.checkpoint(), (await latestCheckpoint(store.db))?.note]).toEqual([
    note,
    note,
    note,
  ])
  expect(await a.verify()).toMatchObject({ ok: true, problems: [] })
  // Beside a signature that is none nothing counts: then there is a new note.
  const { text } = parseNote(note)
  const { size } = parseCheckpoint(text)
  const forged = `${text}\n${signatureLine(keys[0] as (typeof keys)[0], Buffer.alloc(64))}`
  await store.transaction((trx) => insertCheckpoint(trx, { size, time: 0, note: forged }))
  expect(signersOf(parseNote(await a.checkpoint()), keys)).toEqual([keys[0]])
  await a.stop()
  await b.stop()
  await store.close()
})
