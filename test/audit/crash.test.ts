// kill -9 at random moments under load: the tree verifies, nothing that was acknowledged is lost, every call has exactly one
// ending, and a change has its event or neither exists. SALLYPORT_CRASHES sets how often (200 for the full run).
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAudit } from '../../src/audit/index.ts'
import { createIds, systemClock, systemRandom } from '../../src/core/index.ts'
import { openStore } from '../../src/store/index.ts'
import { DATABASES } from '../contract/databases.ts'

const CRASHES = Number(process.env.SALLYPORT_CRASHES ?? 4)
const report = () => {}
const newId = createIds(systemClock, systemRandom)
const { privateKey: signingKey } = generateKeyPairSync('ed25519')
const pem = signingKey.export({ type: 'pkcs8', format: 'pem' }) as string

describe.each(DATABASES.map((make) => make()))('kill -9 on $name', (database) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-crash-'))
  const file = join(folder, 'crash.db')
  beforeAll(() => database.start())
  afterAll(async () => {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs the writer until `afterMs` after its first word, kills it, and returns every line that got out whole. */
  async function crash(options: object, afterMs: number): Promise<string[]> {
    const writer: ChildProcess = spawn(
      process.execPath,
      [join(import.meta.dirname, 'crash-writer.ts'), JSON.stringify(options)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const lines: string[] = []
    if (!writer.stdout) throw new Error('no pipe')
    for await (const line of createInterface({ input: writer.stdout })) {
      if (lines.length === 0) setTimeout(() => writer.kill('SIGKILL'), afterMs)
      lines.push(line)
    }
    return lines
  }

  it(
    `loses nothing in ${CRASHES} crashes`,
    async () => {
      let url: string | undefined
      if (database.name === 'postgres') {
        await (await database.open()).close()
        url = database.url()
      }
      const options = { ...(url === undefined ? {} : { url }), file, pem }
      const told: string[] = []
      let recovered = 0
      for (let i = 0; i < CRASHES; i++) {
        const lines = await crash(options, 20 + Math.floor(Math.random() * 400))
        expect(lines[0]).toMatch(/^ready \d+$/)
        recovered += Number(lines[0]?.slice(6))
        told.push(...lines.slice(1).map((line) => line.trim()))
      }
      const store = await openStore({ ...(url === undefined ? {} : { url }), file, keyHex: '5a'.repeat(32), report })
      const audit = createAudit({
        store,
        clock: systemClock,
        newId,
        node: 'crash',
        origin: 'crash/audit',
        signingKey,
        report,
      })
      recovered += (await audit.start()).recovered
      const result = await audit.verify()
      expect(result.problems).toEqual([])
      expect(result).toMatchObject({ ok: true, openCalls: 0, provenTo: result.size })

      const decided = new Map<string, number>()
      const finished = new Map<string, number>()
      const changed = new Set<string>()
      for await (const piece of audit.archive()) {
        for (const line of piece.split('\n')) {
          if (line === '' || line.startsWith('{"sallyport":')) continue
          const { kind, call, subject } = JSON.parse(line)
          if (kind === 'call.decided') decided.set(call, (decided.get(call) ?? 0) + 1)
          else if (kind === 'call.finished') finished.set(call, (finished.get(call) ?? 0) + 1)
          else if (kind === 'test.changed') changed.add(subject)
        }
      }
      const rows = await store.db.selectFrom('node').select('id').where('id', 'like', 'grt_%').execute()
      expect(new Set(rows.map(({ id }) => id))).toEqual(changed)
      expect([...decided.values()].every((n) => n === 1)).toBe(true)
      expect([...finished.values()].every((n) => n === 1)).toBe(true)
      for (const id of decided.keys()) expect(finished.has(id)).toBe(true)
      for (const line of told) {
        const [what, id = ''] = line.split(' ')
        const there = what === 'decided' ? decided : what === 'finished' ? finished : changed
        expect(there.has(id), line).toBe(true)
      }
      expect(told.length).toBeGreaterThan(CRASHES)
      console.log(
        `${database.name}: ${CRASHES} kills, ${told.length} acknowledged, ${finished.size} calls, ${recovered} recovered, ${result.size} events`,
      )
      await audit.stop()
      await store.close()
    },
    30_000 + CRASHES * 20_000,
  )
})
