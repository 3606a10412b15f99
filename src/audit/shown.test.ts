// What the database shows of the log and no hash covers: whoever changes it without changing one event is told of.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import { openStore, type Store } from '../store/index.ts'
import { verifyArchive } from './archive.ts'
import { type Audit, createAudit } from './audit.ts'
import { BLOCK } from './block.ts'
import { checkpointText, parseCheckpoint, parseKey, parseNote, signNote } from './note.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-shown-'))
const { privateKey: signingKey } = generateKeyPairSync('ed25519')
const script = join(import.meta.dirname, '../../docs/verify.mjs')
const origin = 'sallyport.test/audit'
const TABLES = ['audit_event', 'audit_head', 'audit_tile', 'audit_block', 'audit_term', 'audit_hour']
const report = (error: unknown) => {
  throw error
}

let store: Store
let audit: Audit
beforeAll(async () => {
  store = await openStore({ file: join(folder, 'a.db'), keyHex: '5a'.repeat(32), report })
  audit = createAudit({
    store,
    clock: systemClock,
    newId: createIds(systemClock, systemRandom),
    node: 'one',
    origin,
    signingKey,
    report,
    checkpointMs: 600_000,
  })
  await audit.start()
  for (let at = 0; at < 17 * BLOCK; at += BLOCK) {
    const made = (i: number) => ({
      kind: 'test.made',
      principal: `User::"${i % 9 ? 'ana' : 'eve'}"`,
      data: { i: at + i },
    })
    await Promise.all(Array.from({ length: BLOCK }, (_, i) => audit.append(made(i))))
  }
  await audit.checkpoint()
  await run([
    'drop trigger audit_event_keep',
    'drop trigger audit_event_floor',
    ...TABLES.map((table) => `create table kept_${table} as select * from ${table}`),
  ])
}, 60_000)
afterAll(async () => {
  await audit.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (statements: readonly string[]) =>
  store.transaction(async (trx) => {
    for (const one of statements) await sql.raw(one).execute(trx)
  })
/** What the check of the database says while it is like that. */
async function judged(...statements: string[]) {
  await run(statements)
  try {
    return await audit.verify()
  } finally {
    await run(TABLES.flatMap((table) => [`delete from ${table}`, `insert into ${table} select * from kept_${table}`]))
  }
}

describe('the check of the database tells of', () => {
  it('nothing where nothing was changed', async () => {
    const { indexed } = await store.db.selectFrom('audit_head').select('indexed').executeTakeFirstOrThrow()
    expect(indexed).toBeGreaterThanOrEqual(16 * BLOCK)
    expect(await judged()).toMatchObject({ ok: true, problems: [] })
  })

  const hidden = [
    ['terms that are gone', `delete from audit_term where term like 'principal=%eve%' and block = 3`, 3],
    [
      'terms that lead to fewer tiles',
      `update audit_term set tiles = 1 where term = 'kind=test.made' and block = 4`,
      4,
    ],
    ['a block that is gone', 'delete from audit_block where block = 5', 5],
    ['a block of another time', 'update audit_block set min_time = 0, max_time = 1 where block = 6', 6],
    ['a block of other ids', `update audit_block set min_id = 'evt_Z', max_id = 'evt_Z' where block = 7`, 7],
  ] as const
  it.each(hidden)('%s', async (_, statement, block) => {
    const { ok, problems } = await judged(statement)
    expect([ok, problems]).toMatchObject([false, [{ kind: 'hidden', from: block * BLOCK, to: (block + 1) * BLOCK }]])
  })

  it('an index that says that it reaches further than it does', async () => {
    const { ok, problems } = await judged('update audit_head set indexed = size')
    expect(ok).toBe(false)
    expect(problems).toContainEqual(expect.objectContaining({ kind: 'hidden', from: 17 * BLOCK, to: 17 * BLOCK + 1 }))
  })

  it('counts that are lower, higher, gone or of nobody', async () => {
    for (const statement of [
      'update audit_hour set events = events - 1',
      'update audit_hour set input_tokens = 5',
      `delete from audit_hour where principal like '%eve%'`,
      `insert into audit_hour select 7, kind, principal, model, decision, outcome, 9, 9, 9, 9 from audit_hour limit 1`,
    ]) {
      const { ok, problems } = await judged(statement)
      expect([ok, problems[0]], statement).toMatchObject([
        false,
        { kind: 'hidden', detail: expect.stringMatching(/^counts/) },
      ])
    }
  })

  it('a row under another position, which would be shown as another event', async () => {
    const row = '(select max(position) from audit_event where position < 2000 and length(body) > 2000)'
    const { ok, problems } = await judged(`update audit_event set position = position + 1 where position = ${row}`)
    expect([ok, problems]).toMatchObject([false, [{ kind: 'moved' }]])
  })

  it('a root of a tile, on which no proof would hold', async () => {
    const { problems } = await judged('update audit_tile set root = zeroblob(32) where tile = 3')
    expect(problems).toContainEqual(expect.objectContaining({ kind: 'altered', from: 768, to: 1024 }))
  })

  it('events that are gone below a floor that retention did not raise', async () => {
    const { ok, problems } = await judged(
      `update audit_head set floor = ${BLOCK}`,
      `delete from audit_event where position < ${BLOCK}`,
    )
    expect([ok, problems]).toMatchObject([false, [{ kind: 'missing', from: 0, to: BLOCK }]])
  })
})

async function* linesOf(text: string) {
  yield* text.split('\n')
}
const archived = async () => {
  let text = ''
  for await (const piece of audit.archive({ from: 16 * BLOCK })) text += piece
  return text
}
/** What both verifiers say. */
async function bothOf(text: string) {
  const file = join(folder, 'log.jsonl')
  writeFileSync(file, text)
  const alone = spawnSync(process.execPath, [script, 'export', file, audit.verifierKey], { encoding: 'utf8' })
  return { ...(await verifyArchive(linesOf(text), { keys: [parseKey(audit.verifierKey)] })), status: alone.status }
}

describe('an archive', () => {
  it('that is made while events come in ends under a checkpoint', async () => {
    let on = true
    const busy = (async () => {
      while (on) await audit.append({ kind: 'test.made' })
    })()
    const texts = [await archived(), await archived(), await archived()]
    on = false
    await busy
    for (const text of texts) expect(await bothOf(text)).toMatchObject({ ok: true, status: 0, problems: [] })
  })

  it('with a line that no hash covers, or of a version that is not known, is none', async () => {
    const text = await archived()
    const lines = text.split('\n')
    const foreign = JSON.stringify({ sallyport: 'event', kind: 'key.revoked', principal: 'User::"eve"' })
    for (const made of [lines.toSpliced(3, 0, foreign).join('\n'), text.replace('"version":1', '"version":2')]) {
      await expect(verifyArchive(linesOf(made), { keys: [parseKey(audit.verifierKey)] })).rejects.toThrow(
        'not an audit export',
      )
      const file = join(folder, 'made.jsonl')
      writeFileSync(file, made)
      const { status, stdout } = spawnSync(process.execPath, [script, 'export', file, audit.verifierKey], {
        encoding: 'utf8',
      })
      expect([status, stdout]).toEqual([2, ''])
    }
  })

  it('to whose end events were added that nobody signed is not whole', async () => {
    const lines = (await archived()).split('\n')
    const head = JSON.parse(lines[0] as string)
    const { size } = parseCheckpoint(parseNote(head.checkpoints.at(-1)).text)
    head.checkpoints.pop()
    const cut = [JSON.stringify(head), ...lines.slice(1)].join('\n')
    const { ok, status, problems } = await bothOf(cut)
    expect([ok, status]).toEqual([false, 1])
    expect(problems).toMatchObject([{ kind: 'unsigned', to: size }])
  })

  it('whose oldest events are gone is whole only as far as the log says that retention deleted them', async () => {
    const first = 16 * BLOCK
    /** As if retention had deleted the first two tiles. */
    const pruned = (text: string) => {
      let isGone = false
      const kept = text.split('\n').filter((line) => {
        if (line.startsWith('{"sallyport":')) isGone = new RegExp(`"position":(${first}|${first + 256}),`).test(line)
        else return !isGone
        return true
      })
      return kept.join('\n').replaceAll(/("position":(?:16384|16640),.*"pruned":)false/g, '$1true')
    }
    const lost = (from: number) => ({ ok: false, status: 1, problems: [{ kind: 'missing', from, to: first + 512 }] })
    expect(await bothOf(pruned(await archived()))).toMatchObject(lost(first))
    await audit.append({ kind: 'audit.pruned', data: { from: 0, to: first + 256 } })
    expect(await bothOf(pruned(await archived()))).toMatchObject(lost(first + 256))
    await audit.append({ kind: 'audit.pruned', data: { from: first + 256, to: first + 512 } })
    expect(await bothOf(pruned(await archived()))).toMatchObject({ ok: true, status: 0 })
  })

  it('with two signed heads of one size that differ is forked, whichever comes first', async () => {
    const text = await archived()
    const [first = '', ...rest] = text.split('\n')
    const head = JSON.parse(first)
    const { size } = parseCheckpoint(parseNote(head.checkpoints.at(-1)).text)
    const other = signNote(checkpointText({ origin, size, root: Buffer.alloc(32, 1) }), origin, signingKey)
    for (const checkpoints of [
      [other, ...head.checkpoints],
      [...head.checkpoints, other],
    ]) {
      const { ok, status } = await bothOf([JSON.stringify({ ...head, checkpoints }), ...rest].join('\n'))
      expect([ok, status]).toEqual([false, 1])
    }
  })
})
