// A witness signs one history: what was rolled back, rewritten or forked is refused, over restarts and at the same moment; a
// forged cosignature is not taken for one.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import { openStore } from '../store/index.ts'
import { fileAnchor } from './anchor.ts'
import { type Audit, createAudit } from './audit.ts'
import { type Frontier, leafHash, push, rootOf, rootOver, splitPoint } from './merkle.ts'
import { checkpointText, noteKey, parseKey, parseNote, printKey, signersOf, signNote } from './note.ts'
import { createCosigner, createWitness, parseRequest, printRequest, WitnessRefusal } from './witness.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-witness-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const origin = 'test/log'
const { privateKey: logKey } = generateKeyPairSync('ed25519')
const { privateKey: witnessKey } = generateKeyPairSync('ed25519')
const leaves = (salt: string) => Array.from({ length: 40 }, (_, i) => leafHash(`${salt} ${i}`))
const log = leaves('log')
const noteOf = (hashes: readonly Buffer[], size: number, key = logKey, name = origin) =>
  signNote(checkpointText({ origin: name, size, root: rootOver(hashes.slice(0, size)) }), name, key)

/** RFC 9162 section 2.1.4.1, straight from its words. */
function prove(hashes: readonly Buffer[], old: number, whole = true): Buffer[] {
  const size = hashes.length
  if (old === size) return whole ? [] : [rootOver(hashes)]
  const k = splitPoint(size)
  return old <= k
    ? [...prove(hashes.slice(0, k), old, whole), rootOver(hashes.slice(k))]
    : [...prove(hashes.slice(k), old - k, false), rootOver(hashes.slice(0, k))]
}
const ask = (old: number, size: number, hashes = log, note = noteOf(hashes, size)) =>
  printRequest({ old, path: old === 0 || old > size ? [] : prove(hashes.slice(0, size), old), note })

let stores = 0
const begin = (file = join(folder, `seen-${++stores}`)) => ({
  file,
  witness: createWitness({
    clock: systemClock,
    name: 'witness.example',
    key: witnessKey,
    logs: [noteKey(origin, logKey)],
    memory: () => fileAnchor(file),
  }),
})

describe('a witness', () => {
  it('signs a log as it grows, verifiably', async () => {
    const { witness } = begin()
    for (const [old, size] of [
      [0, 3],
      [3, 3],
      [3, 8],
      [8, 39],
    ] as const) {
      const { status, body } = await witness.addCheckpoint(ask(old, size))
      expect(status).toBe(200)
      const note = parseNote(`${noteOf(log, size)}${body}`)
      const keys = [noteKey(origin, logKey), parseKey(printKey(witness.key))]
      expect(signersOf(note, keys).map(({ name }) => name)).toEqual([origin, 'witness.example'])
    }
  })

  it('refuses what is rolled back, rewritten or forked, also after a restart, and says where it is', async () => {
    const { witness, file } = begin()
    await witness.addCheckpoint(ask(0, 20))
    const again = begin(file).witness
    const other = leaves('other')
    const fork = [...log.slice(0, 25), ...other.slice(25)]
    for (const one of [witness, again]) {
      expect(await one.addCheckpoint(ask(0, 10))).toEqual({ status: 409, body: '20\n' }) // rolled back
      expect(await one.addCheckpoint(ask(10, 15))).toEqual({ status: 409, body: '20\n' })
      expect((await one.addCheckpoint(ask(20, 20, other))).status).toBe(409) // the same size, another tree
      expect((await one.addCheckpoint(ask(20, 30, other))).status).toBe(422) // rewritten
      expect((await one.addCheckpoint(ask(30, 20))).status).toBe(400)
    }
    expect((await again.addCheckpoint(ask(20, 30))).status).toBe(200)
    expect((await again.addCheckpoint(ask(30, 35, fork))).status).toBe(422)
    expect(readFileSync(file, 'utf8')).toBe(noteOf(log, 30))
  })

  it('does not sign two histories that are handed in at the same moment', async () => {
    const { witness } = begin()
    const answers = await Promise.all([
      witness.addCheckpoint(ask(0, 9)),
      witness.addCheckpoint(ask(0, 9, leaves('other'))),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('signs for nobody else, and nothing without a signature of the log', async () => {
    const { witness } = begin()
    const { privateKey: stranger } = generateKeyPairSync('ed25519')
    expect((await witness.addCheckpoint(ask(0, 5, log, noteOf(log, 5, stranger)))).status).toBe(403)
    expect((await witness.addCheckpoint(ask(0, 5, log, noteOf(log, 5, stranger, 'other/log')))).status).toBe(404)
    const unsigned = noteOf(log, 5).replace('\n5\n', '\n6\n')
    expect((await witness.addCheckpoint(ask(0, 5, log, unsigned))).status).toBe(403)
    const long = printRequest({ old: 1, path: Array(64).fill(log[0]), note: noteOf(log, 5) }) // no proof has so many hashes
    for (const bad of [long, '', 'old 1', 'old -1\n\n', `old 0\nAAAA\n\n${noteOf(log, 5)}`, 'old 0\n\nno note']) {
      expect((await witness.addCheckpoint(bad)).status, bad).toBe(400)
    }
  })

  it('dies unsigned if it cannot remember', async () => {
    const { witness } = begin(join(folder, 'no', 'such', 'folder'))
    await expect(witness.addCheckpoint(ask(0, 5))).rejects.toThrow()
  })
})

describe('a log with a witness', () => {
  const tree = (hashes: readonly Buffer[]) => {
    const frontier: Frontier = { size: 0, hashes: [] }
    for (const hash of hashes) push(frontier, hash)
    return rootOf(frontier)
  }
  const serve = async (respond: (body: string) => Promise<{ status: number; body: string }>) => {
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (piece) => {
        body += piece
      })
      request.on('end', async () => {
        const answer = await respond(body)
        response.writeHead(answer.status).end(answer.body)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() }
  }
  const consistency = (hashes: readonly Buffer[]) => async (old: number, size: number) =>
    old === 0 ? [] : prove(hashes.slice(0, size), old)

  it('gets its checkpoints signed, goes on where the witness is, and notices that it was rolled back', async () => {
    const { witness } = begin()
    const server = await serve((body) => witness.addCheckpoint(body))
    const link = { url: server.url, key: witness.key }
    const cosign = createCosigner(link, consistency(log))
    for (const size of [5, 12]) {
      expect(signersOf(parseNote(await cosign(noteOf(log, size))), [witness.key])).toEqual([witness.key])
    }
    const restarted = createCosigner(link, consistency(log))
    expect(await restarted(noteOf(log, 20))).toContain('witness.example')
    const other = leaves('other')
    await expect(createCosigner(link, consistency(log))(noteOf(log, 15))).rejects.toThrow(WitnessRefusal)
    await expect(createCosigner(link, consistency(other))(noteOf(other, 30))).rejects.toThrow(WitnessRefusal)
    const sameSize = createCosigner(link, consistency(other))
    await expect(sameSize(noteOf(other, 20))).rejects.toThrow(WitnessRefusal)
    // Of the size that it has signed itself, too: the log was exchanged between two checkpoints.
    await expect(restarted(noteOf(other, 20))).rejects.toThrow('has signed another log of 20 events')
    server.close()
    expect(tree(log.slice(0, 5)).equals(rootOver(log.slice(0, 5)))).toBe(true)
  })

  it('takes no forged cosignature', async () => {
    const { witness } = begin()
    const { privateKey: forger } = generateKeyPairSync('ed25519')
    const forging = createWitness({
      clock: systemClock,
      name: 'witness.example',
      key: forger,
      logs: [noteKey(origin, logKey)],
      memory: () => fileAnchor(join(folder, 'forger')),
    })
    const honest = await witness.addCheckpoint(ask(0, 5))
    const answers = [
      (await forging.addCheckpoint(ask(0, 6))).body, // its own key under the name
      honest.body, // a true one, of another checkpoint
      '', // none
      'nonsense\n',
    ]
    for (const body of answers) {
      const server = await serve(async () => ({ status: 200, body }))
      await expect(
        createCosigner({ url: server.url, key: witness.key }, consistency(log))(noteOf(log, 6)),
      ).rejects.toThrow()
      server.close()
    }
  })
})

it('reads back what it prints, and no line more', () => {
  const request = ask(5, 12)
  expect(printRequest(parseRequest(request))).toBe(request)
  expect(() => parseRequest(request.replace('old 5\n', 'old 5\nextra\n'))).toThrow()
})

it('signs the checkpoints of a running log, and a log that was set back raises an alert', async () => {
  const { witness } = begin()
  const server = createServer(async (request, response) => {
    const { status, body } = await witness.addCheckpoint(await text(request))
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const witnesses = [{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: witness.key }]
  const run = async (file: string, events: number, done: (audit: Audit) => Promise<boolean>) => {
    const errors: unknown[] = []
    const report = (error: unknown) => void errors.push(error)
    const witnessAway = (name: string, error: unknown) => report({ name, error })
    const store = await openStore({ file: join(folder, file), keyHex: '5a'.repeat(32), report })
    const newId = createIds(systemClock, systemRandom)
    const deps = {
      store,
      clock: systemClock,
      newId,
      node: 'one',
      origin,
      signingKey: logKey,
      report,
      witnesses,
      witnessAway,
    }
    const audit = createAudit({ ...deps, checkpointMs: 20 })
    await audit.start()
    await Promise.all(Array.from({ length: events }, (_, i) => audit.append({ kind: 'test.made', data: { i } })))
    await expect.poll(() => done(audit), { timeout: 10_000 }).toBe(true)
    const keys = [noteKey(origin, logKey), witness.key]
    const whole = await audit.verify({ keys })
    await audit.stop()
    await store.close()
    return { errors, report: whole }
  }
  const first = await run('first.db', 300, async (audit) => (await audit.checkpoint()).includes('witness.example'))
  expect(first.errors).toEqual([])
  expect(first.report).toMatchObject({ ok: true, signers: [origin, 'witness.example'] })
  // The same origin and signing key over another history, shorter than what was witnessed.
  const second = await run('second.db', 20, async (audit) => {
    const { events } = await audit.query({ kind: 'alert.raised', reason: 'witness refused' })
    return events.length === 1 && events[0]?.data?.witness === 'witness.example'
  })
  expect(second.errors).toEqual([{ name: 'witness.example', error: expect.any(WitnessRefusal) }])
  expect(second.report.signers).toEqual([origin])
  server.close()
})

it('a witness that is away is named once, and again when it signs', async () => {
  const { witness } = begin()
  let away = true
  const server = createServer(async (request, response) => {
    const { status, body } = await witness.addCheckpoint(await text(request))
    response.writeHead(away ? 500 : status).end(away ? '' : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const witnesses = [{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: witness.key }]
  const told: string[] = []
  const report = (error: unknown) => void told.push(`unexpected ${String(error)}`)
  const store = await openStore({ file: join(folder, 'away.db'), keyHex: '5a'.repeat(32), report })
  const newId = createIds(systemClock, systemRandom)
  const audit = createAudit({
    ...{
      store,
      clock: systemClock,
      newId,
      node: 'one',
      origin,
      signingKey: logKey,
      report,
      witnesses,
      checkpointMs: 20,
    },
    witnessAway: (name) => told.push(`away ${name}`),
    witnessBack: (name) => told.push(`back ${name}`),
  })
  await audit.start()
  const sizes = new Set<string>()
  for (let i = 0; i < 5; i++) {
    await audit.append({ kind: 'test.made', data: { i } })
    sizes.add(await audit.checkpoint())
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  expect(sizes.size).toBe(5)
  expect(told).toEqual(['away witness.example'])
  away = false
  await audit.append({ kind: 'test.made', data: {} })
  await expect.poll(() => told, { timeout: 10_000 }).toEqual(['away witness.example', 'back witness.example'])
  await audit.stop()
  await store.close()
  server.close()
})

it('a log of another installation is not gone on with', async () => {
  const report = () => {}
  const newId = createIds(systemClock, systemRandom)
  const begin = async (name: string) => {
    const store = await openStore({ file: join(folder, 'foreign.db'), keyHex: '5a'.repeat(32), report })
    const audit = createAudit({
      store,
      clock: systemClock,
      newId,
      node: 'one',
      origin: name,
      signingKey: logKey,
      report,
    })
    try {
      await audit.start()
      await audit.checkpoint()
      await audit.stop()
    } finally {
      await store.close()
    }
  }
  await begin(origin)
  await expect(begin('sallyport/audit/other')).rejects.toMatchObject({
    code: 'audit_unavailable',
    detail: expect.stringContaining('master.key'),
  })
  await begin(origin)
})

it('of two installations that began one log at the same moment only one signs it', async () => {
  const report = () => {}
  const newId = createIds(systemClock, systemRandom)
  const store = await openStore({ file: join(folder, 'both.db'), keyHex: '5b'.repeat(32), report })
  const [one, other] = [origin, 'sallyport/audit/other'].map((name) =>
    createAudit({
      store,
      clock: systemClock,
      newId,
      node: name,
      origin: name,
      signingKey: logKey,
      report,
      checkpointMs: 60_000,
    }),
  )
  await Promise.all([one?.start(), other?.start()])
  await one?.checkpoint()
  await expect(other?.checkpoint()).rejects.toMatchObject({ detail: expect.stringContaining('master.key') })
  await one?.stop()
  await other?.stop().catch(() => {})
  await store.close()
})
