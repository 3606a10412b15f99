// Every way to spoil a record is found: in an export at random places, with the positions told; in the database; by the
// product's verifier and by the independent one in docs/.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import { openStore, type Store } from '../store/index.ts'
import { fileAnchor } from './anchor.ts'
import { verifyArchive } from './archive.ts'
import { createAudit } from './audit.ts'
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { checkpointText, noteKey, parseCheckpoint, parseKey, parseNote, printKey, signNote } from './note.ts'
import { parseProof } from './proof.ts'
import { insertCheckpoint, readHead } from './queries.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-verify-'))
const newId = createIds(systemClock, systemRandom)
const { privateKey: signingKey } = generateKeyPairSync('ed25519')
const origin = 'sallyport.test/audit'
const report = (error: unknown) => {
  throw error
}
const key = noteKey(origin, signingKey)
const script = join(import.meta.dirname, '../../docs/verify.mjs')

let count = 0
const open = () => openStore({ file: join(folder, `${count}.db`), keyHex: '5a'.repeat(32), report })
const begin = async (store: Store, anchor?: string) => {
  const anchored = anchor === undefined ? {} : { anchor: fileAnchor(anchor) }
  const audit = createAudit({
    store,
    clock: systemClock,
    newId,
    node: 'one',
    origin,
    signingKey,
    report,
    checkpointMs: 60_000,
    ...anchored,
  })
  await audit.start()
  return audit
}
const fill = async (audit: Awaited<ReturnType<typeof begin>>, from: number, to: number) => {
  await Promise.all(
    Array.from({ length: to - from }, (_, i) =>
      audit.append({ kind: 'test.made', data: { i: from + i, text: 'ä'.repeat(i % 9) } }),
    ),
  )
}
async function* linesOf(text: string) {
  yield* text.split('\n')
}
const verify = (text: string, known: string[] = [], keys = [key]) => verifyArchive(linesOf(text), { keys, known })
const kinds = async (text: string, known: string[] = []) => (await verify(text, known)).problems.map(({ kind }) => kind)

let store: Store
let audit: Awaited<ReturnType<typeof begin>>
let old: string
let archive = ''
beforeAll(async () => {
  store = await open()
  audit = await begin(store)
  await fill(audit, 0, 400)
  old = await audit.checkpoint()
  await fill(audit, 400, 900)
  for await (const piece of audit.archive()) archive += piece
})
afterAll(async () => {
  await audit.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('an export', () => {
  it('that nobody touched is whole', async () => {
    const result = await verify(archive, [old])
    expect(result).toMatchObject({
      ok: true,
      from: 0,
      size: 901,
      provenTo: 901,
      events: 901,
      problems: [],
      signers: [origin],
    })
    expect(result.checkpoints).toBeGreaterThanOrEqual(2)
  })

  it('that begins in the middle is proven by what lies before it', async () => {
    let part = ''
    for await (const piece of audit.archive({ from: 600 })) part += piece
    expect(await verify(part)).toMatchObject({ ok: true, from: 512, size: 901, provenTo: 901, events: 389 })
    const changed = part.replace(/"frontier":"(.)/, (_, first: string) => `"frontier":"${first === 'A' ? 'B' : 'A'}`)
    expect(await kinds(changed)).toEqual(['forked'])
    // One at hand from before it says nothing about it, and is not taken for held.
    const { ok, problems } = await verify(part, [old])
    expect([ok, problems.map(({ detail }) => detail)]).toEqual([false, [expect.stringContaining('cannot be compared')]])
  })

  it('is not believed without the key, or under another one', async () => {
    expect((await verify(archive, [], [])).ok).toBe(false)
    expect((await verify(archive, [], [noteKey(origin, generateKeyPairSync('ed25519').privateKey)])).ok).toBe(false)
    expect((await verify(archive, [], [noteKey('another/log', signingKey)])).ok).toBe(false)
  })

  const events = () =>
    archive.split('\n').flatMap((line, i) => (line === '' || line.startsWith('{"sallyport":') ? [] : [i]))
  const spoil = (change: (lines: string[], at: number, place: number) => void) => (place: number) => {
    const lines = archive.split('\n')
    change(lines, events()[place] as number, place)
    return lines.join('\n')
  }
  const anywhere = fc.integer({ min: 0, max: 899 })

  it('tells which event was altered, by one bit', async () => {
    await fc.assert(
      fc.asyncProperty(anywhere, fc.nat(), fc.integer({ min: 0, max: 7 }), async (place, byte, bit) => {
        const text = spoil((lines, at) => {
          const bytes = Buffer.from(lines[at] as string)
          const index = byte % bytes.length
          bytes[index] = (bytes[index] as number) ^ (1 << bit)
          lines[at] = bytes.toString('latin1') === '\n' ? 'x' : bytes.toString('utf8').replaceAll('\n', '\r')
        })(place)
        const { ok, problems } = await verify(text)
        expect(ok).toBe(false)
        expect(problems).toMatchObject([{ kind: 'altered', from: place, to: place + 1 }])
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it('tells which event is missing, repeated, moved or foreign', async () => {
    await fc.assert(
      fc.asyncProperty(anywhere, async (place) => {
        const gone = await verify(spoil((lines, at) => void lines.splice(at, 1))(place))
        expect(gone.problems).toMatchObject([{ kind: 'missing', from: place, to: place + 1 }])
        const twice = await verify(spoil((lines, at) => void lines.splice(at, 0, lines[at] as string))(place))
        expect(twice.problems).toMatchObject([{ kind: 'repeated', from: place, to: place + 1 }])
        const extra = await verify(spoil((lines, at) => void lines.splice(at, 0, '{"kind":"test.made"}'))(place))
        expect(extra.problems.map(({ kind }) => kind)).toContain('foreign')
        const next = place + 1
        const swapped = await verify(
          spoil((lines, at) => {
            const other = events()[next] as number
            const here = lines[at] as string
            lines[at] = lines[other] as string
            lines[other] = here
          })(place),
        )
        expect(swapped.ok).toBe(false)
        // Over the border of a tile each half finds an event it does not know.
        const expected = next % 256 === 0 ? ['altered', 'altered'] : ['moved']
        expect(swapped.problems.map(({ kind }) => kind)).toEqual(expected)
      }),
      { numRuns: 40, seed: 2 },
    )
  })

  it('that was cut anywhere is truncated', async () => {
    await fc.assert(
      fc.asyncProperty(anywhere, async (place) => {
        const cut = `${archive.split('\n').slice(0, events()[place]).join('\n')}\n`
        const { ok, problems } = await verify(cut)
        expect(ok).toBe(false)
        expect(problems.some(({ kind }) => kind === 'missing' || kind === 'truncated')).toBe(true)
      }),
      { numRuns: 40, seed: 3 },
    )
  })

  it('with a changed event and the hashes to it is another history', async () => {
    const lines = archive.split('\n')
    const at = events()[300] as number
    lines[at] = (lines[at] as string).replace('test.made', 'test.mode')
    const tile = lines.findLastIndex((line, i) => i < at && line.startsWith('{"sallyport":"tile"'))
    const record = JSON.parse(lines[tile] as string)
    const hashes = Buffer.from(record.hashes, 'base64')
    leafHash(lines[at] as string).copy(hashes, (300 - 256) * 32)
    lines[tile] = JSON.stringify({ ...record, hashes: hashes.toString('base64') })
    const { ok, problems } = await verify(lines.join('\n'))
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ kind: 'forked', to: 401 }])
  })

  /** The same file with some of its tiles as if retention had deleted their events. */
  const pruned = (from: number, to: number) => {
    const out: string[] = []
    let isIn = false
    for (const line of archive.split('\n')) {
      const tile = /^\{"sallyport":"tile","position":(\d+),/.exec(line)
      if (line.startsWith('{"sallyport":')) isIn = tile !== null && Number(tile[1]) >= from && Number(tile[1]) < to
      if (tile && isIn) out.push(line.replace('"pruned":false', '"pruned":true'))
      else if (!isIn) out.push(line)
    }
    return out.join('\n')
  }
  it('whose events were taken out in the middle, as if their time were over, is not whole', async () => {
    const untold = { ok: false, events: 901 - 256, problems: [{ kind: 'missing', from: 0, to: 256 }] }
    expect(await verify(pruned(0, 256))).toMatchObject(untold)
    const report = await verify(pruned(256, 512))
    expect(report).toMatchObject({ ok: false, problems: [{ kind: 'missing', from: 256, to: 512 }] })
    const file = join(folder, 'pruned.jsonl')
    const judged = (text: string) => {
      writeFileSync(file, text)
      return spawnSync(process.execPath, [script, 'export', file, audit.verifierKey], { encoding: 'utf8' })
    }
    expect(judged(pruned(0, 256))).toMatchObject({ status: 1, stdout: expect.stringContaining('no event tells') })
    expect(judged(pruned(256, 512)).status).toBe(1)
    expect(judged(pruned(768, 1024)).status).toBe(1)
  })

  it('that has events under a tile whose events it says are deleted is judged by these', async () => {
    const said = archive.replace('"pruned":false', '"pruned":true')
    expect(await verify(said)).toMatchObject({ ok: true, events: 901 })
    const forged = said.replace('"kind":"test.made"', '"kind":"test.fake"')
    expect(await kinds(forged)).toEqual(['altered'])
    const file = join(folder, 'said.jsonl')
    writeFileSync(file, forged)
    expect(spawnSync(process.execPath, [script, 'export', file, audit.verifierKey]).status).toBe(1)
  })

  it('that begins a second time, over forged events, convinces nobody', async () => {
    // The first head proves the whole log by its hashes alone; the second goes back to a small one that nobody signed.
    let end = ''
    for await (const piece of audit.archive({ from: 768 })) end += piece
    const [first = '', tile = ''] = end.split('\n')
    const body = '{"kind":"test.forged"}'
    const forged = [
      first,
      tile.replace('"pruned":false', '"pruned":true'),
      JSON.stringify({ ...JSON.parse(first), from: 0, size: 1, frontier: '', checkpoints: [] }),
      JSON.stringify({ sallyport: 'tile', position: 0, hashes: leafHash(body).toString('base64'), pruned: false }),
      body,
      '{"sallyport":"end","size":1}',
      '',
    ].join('\n')
    const file = join(folder, 'twice.jsonl')
    writeFileSync(file, forged)
    const judged = spawnSync(process.execPath, [script, 'export', file, audit.verifierKey], { encoding: 'utf8' })
    expect(judged.stdout).not.toContain('WHOLE')
    expect(judged.status).toBe(2)
    await expect(verify(forged)).rejects.toThrow('begins twice')
    const once = forged.split('\n').toSpliced(2, 1).join('\n')
    expect((await verify(once)).problems.map(({ kind }) => kind)).toEqual(['foreign', 'missing'])
  })

  it('made to harm who checks it is refused, not believed, and fills no memory', async () => {
    const [head = ''] = archive.split('\n')
    const deep = '['.repeat(200_000)
    const refused = [
      `${head}\n{"sallyport":${deep}\n`,
      `${head}\n{"sallyport":"tile","position":0,"hashes":"${'A'.repeat(1_000_000)}"}\n`,
      `${head}\n${'{"a":1}\n'.repeat(1000)}`,
      ...['1e999', '-1', '0.5', '9007199254740993', '"0"', 'null'].map((size) =>
        head.replace(/"size":\d+/, `"size":${size}`),
      ),
      ...['1e15', '-256', '900'].map((from) => head.replace(/"from":\d+/, `"from":${from}`)),
      head
        .replace(/"from":\d+/, '"from":1024')
        .replace(/"frontier":"[^"]*"/, `"frontier":"${Buffer.alloc(32).toString('base64')}"`),
      head.replace('"version":1', '"version":2'),
      '{"sallyport":"audit-export"}',
      '{"sallyport":null',
      '',
    ]
    for (const text of refused) await expect(verify(text), text.slice(0, 80)).rejects.toThrow(/audit export|frontier/)
    const unproven = [
      head.replace(/"size":\d+/, '"size":9007199254740991'),
      head.replace(/"checkpoints":\[.*?\],/, `"checkpoints":[null,{},7,"${'\\n'.repeat(100_000)}"],`),
      `${head}\n{"sallyport":"tile","hashes":7}\n{"kind":"call.finished","call":${deep}\n`,
    ]
    for (const text of unproven) expect((await verify(text)).ok, text.slice(0, 80)).toBe(false)
  })

  it('of a rewritten history with a valid new signature contradicts an old checkpoint', async () => {
    count += 1
    const other = await open()
    const forged = await begin(other)
    await fill(forged, 0, 900)
    let text = ''
    for await (const piece of forged.archive()) text += piece
    expect((await verify(text)).ok).toBe(true)
    const { problems } = await verify(text, [old])
    expect(problems).toMatchObject([{ kind: 'forked', to: 401 }])
    await forged.stop()
    await other.close()
  })

  it('that ends before a checkpoint at hand is truncated', async () => {
    const later = signNote(checkpointText({ origin, size: 5000, root: Buffer.alloc(32) }), origin, signingKey)
    expect((await verify(archive, [later])).problems).toMatchObject([{ kind: 'truncated', from: 901, to: 5000 }])
  })

  it('in which a call ends twice is not whole', async () => {
    count += 1
    const other = await open()
    const twice = await begin(other)
    for (const call of ['call_1', 'call_2', 'call_1']) await twice.append({ kind: 'call.finished', call, data: {} })
    let text = ''
    for await (const piece of twice.archive()) text += piece
    expect((await verify(text)).problems).toMatchObject([
      { kind: 'ended twice', detail: expect.stringContaining('call_1') },
    ])
    await twice.stop()
    await other.close()
  })

  it('is proven by no checkpoint of another log, and by no text that is none', async () => {
    const { size, root } = parseCheckpoint(parseNote(old).text)
    const other = signNote(checkpointText({ origin: 'another/log', size, root }), origin, signingKey)
    const { ok, problems } = await verify(archive, [other, 'no checkpoint\n'])
    expect([ok, problems.map(({ detail }) => detail)]).toEqual([
      false,
      ['the checkpoint is of another log, another/log', 'not a signed checkpoint'],
    ])
  })
})

describe('a node', () => {
  it('does not start on a log that was rolled back behind its checkpoint', async () => {
    count += 1
    const anchor = join(folder, 'checkpoint')
    const first = await open()
    const before = await begin(first, anchor)
    await fill(before, 0, 50)
    await before.stop()
    await first.close()
    count += 1 // an older backup: here, an empty database
    const restored = await open()
    await expect(begin(restored, anchor)).rejects.toMatchObject({
      code: 'audit_unavailable',
      detail: expect.stringContaining('has 0 events'),
    })
    await restored.close()
  })
})

it('a running node signs no other history, whoever wrote it into the database with all its checkpoints', async () => {
  count += 1
  const victim = await open()
  const running = await begin(victim)
  await fill(running, 0, 50)
  await running.checkpoint()
  count += 1
  const elsewhere = await open()
  const forged = await begin(elsewhere)
  await fill(forged, 100, 180)
  await victim.transaction(async (trx) => {
    for (const name of ['audit_event_keep', 'audit_event_floor'])
      await sql.raw(`drop trigger if exists ${name}`).execute(trx)
    for (const table of ['audit_event', 'audit_head'] as const) {
      await trx.deleteFrom(table).execute()
      await trx
        .insertInto(table)
        .values((await elsewhere.db.selectFrom(table).selectAll().execute()) as never)
        .execute()
    }
    await trx.deleteFrom('audit_checkpoint').execute()
  })
  await running.append({ kind: 'test.made' })
  await expect(running.checkpoint()).rejects.toMatchObject({ code: 'audit_unavailable' })
  expect((await running.verify()).problems).toMatchObject([{ kind: 'forked', to: 51 }])
  const alerts = async () => (await running.query({ kind: 'alert.raised' })).events
  await expect.poll(alerts).toMatchObject([{ reason: 'history rewritten', subject: 'node/one' }])
  await running.stop().catch(() => {})
  for (const part of [forged, victim, elsewhere]) await ('stop' in part ? part.stop() : part.close())
})

describe('proofs', () => {
  it('show that an event is in the tree, and that a tree continues an older one', async () => {
    const parsed = parseCheckpoint(parseNote(old).text)
    for (const i of [0, 1, 255, 256, 511, 700, 899]) {
      const { events: found } = await audit.query({}, { limit: 1, before: i + 1 })
      const event = found[0]
      if (!event) throw new Error('no event')
      const { proof, body } = await audit.prove(event.id)
      const { position, path, checkpoint } = parseProof(proof)
      const { size, root } = parseCheckpoint(parseNote(checkpoint).text)
      expect(position).toBe(event.position)
      expect(verifyInclusion(position, size, leafHash(body), path, root)).toBe(true)
      const consistency = await audit.consistency(parsed.size, size)
      expect(verifyConsistency(parsed.size, parsed.root, size, root, consistency)).toBe(true)
    }
  })

  const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('convince the independent verifier; changed ones do not', async () => {
    const whole = run('export', file('whole.jsonl', archive), audit.verifierKey)
    expect(whole.stdout).toContain('WHOLE: events 0 to 901')
    expect(whole.status).toBe(0)
    expect(run('export', file('altered.jsonl', archive.replace('"i":77,', '"i":78,')), audit.verifierKey).status).toBe(
      1,
    )
    const stranger = printKey(noteKey(origin, generateKeyPairSync('ed25519').privateKey))
    expect(run('export', file('whole.jsonl', archive), stranger).status).toBe(1)
    expect(run('export', file('whole.jsonl', archive), `${origin}+00000000+AAAA`).status).toBe(2)
    const { events: found } = await audit.query({}, { limit: 1, before: 301 })
    const { proof, body } = await audit.prove(found[0]?.id ?? '')
    const event = file('event.json', body)
    expect(run('proof', file('p', proof), event, audit.verifierKey).stdout).toContain('IN THE LOG: event 300 of 901')
    const changes = [
      proof.replace('index 300', 'index 301'),
      proof.replace(/\n([A-Za-z0-9+/]{43}=)\n/, '\n'),
      proof.replace(/\n(.)([A-Za-z0-9+/]{42}=)\n/, (_, a: string, b: string) => `\n${a === 'A' ? 'B' : 'A'}${b}\n`),
      proof.replace(/\n901\n/, '\n902\n'),
    ]
    for (const changed of changes) {
      expect(changed).not.toBe(proof)
      expect(run('proof', file('p', changed), event, audit.verifierKey).status).not.toBe(0)
    }
    expect(run('proof', file('p', proof), file('e', `${body} `), audit.verifierKey).status).toBe(1)
    expect(parseKey(audit.verifierKey).name).toBe(origin)
  })
})

describe('a key that was replaced', () => {
  const pair = () => generateKeyPairSync('ed25519').privateKey
  const settled: number[] = []
  const nextOf = (next: ReturnType<typeof pair>) => ({ key: next, settle: (until: number) => void settled.push(until) })
  const options = { clock: systemClock, newId, node: 'one', origin, report, checkpointMs: 60_000 }

  it('still proves what it signed, and nothing after', async () => {
    count += 1
    const store = await open()
    const successor = pair()
    const anchor = fileAnchor(join(folder, 'rotated'))
    const before = { ...options, store, anchor, signingKey, nextKey: () => nextOf(successor) }
    const audit = createAudit(before)
    await audit.start()
    await fill(audit, 0, 300)
    const old = await audit.checkpoint()
    const oldKey = audit.verifierKey
    await audit.rotateKey({ principal: 'User::"ana"', reason: 'yearly' })
    expect(audit.verifierKeys).toEqual([printKey(noteKey(origin, successor)), `${oldKey}@${settled[0]}`])
    const [event] = (await audit.query({ kind: 'audit.rekeyed' })).events
    expect(event).toMatchObject({ principal: 'User::"ana"', data: { previous: oldKey, next: audit.verifierKey } })
    expect(event?.position).toBeLessThan(settled[0] as number)
    await fill(audit, 300, 600)
    expect(await audit.verify({ known: [old] })).toMatchObject({ ok: true, problems: [] })

    // The thief of the old key signs: the true tree, another history, both over more than the key may speak for.
    const late = parseCheckpoint(parseNote(await audit.checkpoint()).text)
    const forged = [late, { ...late, root: Buffer.alloc(32, 7) }].map((one) =>
      signNote(checkpointText(one), origin, signingKey),
    )
    for (const note of forged) {
      const { ok, problems } = await audit.verify({ known: [note] })
      expect([ok, problems.map(({ kind }) => kind)]).toEqual([false, ['unsigned']])
    }
    let archive = ''
    for await (const piece of audit.archive()) archive += piece
    const keys = audit.verifierKeys.map(parseKey)
    expect((await verify(archive, [old], keys)).ok).toBe(true)
    expect((await verify(archive, [forged[0] as string], keys)).problems.map(({ kind }) => kind)).toEqual(['unsigned'])
    const at = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
    expect(run('export', at('rotated.jsonl', archive), ...audit.verifierKeys).stdout).toContain('WHOLE: events 0')
    const swapped = archive.replace(JSON.stringify(await audit.checkpoint()), JSON.stringify(forged[0]))
    expect(swapped).not.toBe(archive)
    expect(run('export', at('forged.jsonl', swapped), ...audit.verifierKeys).status).toBe(1)
    await audit.stop()

    // The next start knows both keys, and does not go on from what a retired one signed since.
    const retiredKeys = [{ publicKey: noteKey(origin, signingKey).publicKey, until: settled[0] as number }]
    const after = { ...options, store, anchor, signingKey: successor, retiredKeys }
    const again = createAudit(after)
    await again.start()
    expect((await again.verify({ known: [old] })).ok).toBe(true)
    await again.stop()
    await anchor.write(forged[0] as string)
    await expect(createAudit(after).start()).rejects.toMatchObject({ code: 'audit_unavailable' })
    await store.close()
  })

  it('is not signed with any more by another node that has it, and what that node still signed stops nobody', async () => {
    count += 1
    const store = await open()
    const successor = pair()
    const one = createAudit({ ...options, store, signingKey, nextKey: () => nextOf(successor) })
    const two = createAudit({ ...options, store, signingKey, node: 'two' })
    await one.start()
    await two.start()
    await fill(two, 0, 10)
    await two.checkpoint()
    await one.rotateKey({ reason: 'yearly' })
    await fill(two, 10, 20)
    const told = expect.objectContaining({ detail: expect.stringContaining('replaced at node/one: copy signing.pem') })
    for (let i = 0; i < 2; i++) await expect(two.checkpoint()).rejects.toEqual(told)
    const alerts = async () => (await two.query({ kind: 'alert.raised' })).events
    await expect.poll(alerts).toMatchObject([{ subject: 'node/two', reason: 'signing key replaced' }])
    expect(await one.verify()).toMatchObject({ ok: true, problems: [] })
    await one.stop()
    // What it had begun to sign at that moment.
    await fill(two, 20, 30)
    const { size, root } = await readHead(store.db)
    const late = signNote(checkpointText({ origin, size, root }), origin, signingKey)
    await store.transaction((trx) => insertCheckpoint(trx, { size, time: Date.now(), note: late }))
    const retiredKeys = [{ publicKey: noteKey(origin, signingKey).publicKey, until: settled.at(-1) as number }]
    const again = createAudit({ ...options, store, signingKey: successor, retiredKeys })
    await again.start()
    expect((await again.verify()).problems.map(({ kind }) => kind)).toContain('unsigned')
    await fill(again, 30, 40)
    const note = parseNote(await again.checkpoint())
    expect(note.signatures.map(({ id }) => id)).toEqual([noteKey(origin, successor).id])
    await again.stop()
    await expect(two.stop()).rejects.toEqual(told)
    await store.close()
  })

  it('goes on if the change cannot be written down or settled', async () => {
    count += 1
    const store = await open()
    const nextKey = () => ({
      key: pair(),
      settle() {
        throw new Error('the disk is full')
      },
    })
    const audit = createAudit({ ...options, store, signingKey, nextKey })
    await audit.start()
    const key = audit.verifierKey
    await expect(audit.rotateKey({})).rejects.toThrow('the disk is full')
    expect(audit.verifierKeys).toEqual([key])
    await fill(audit, 0, 10)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [] })
    await audit.stop()
    const fixed = createAudit({ ...options, store, signingKey })
    await fixed.start()
    await expect(fixed.rotateKey({})).rejects.toMatchObject({ code: 'not_possible' })
    await fixed.stop()
    await store.close()
  })
})
