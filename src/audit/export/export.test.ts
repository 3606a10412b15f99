// Exports: syslog against its grammar, files over crashes.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, openAudit } from '../../../test/audit/open.ts'
import { openStore, type Store } from '../../store/index.ts'
import type { Audit } from '../audit.ts'
import type { Found } from '../search.ts'
import { resumeFile } from './follow.ts'
import { LINE_FORMATS, type LineFormat, lineOf, positionOf } from './format.ts'
import { gather } from './gather.ts'
import { toSyslog } from './syslog.ts'

const found = (fields: Partial<Found> & { kind: string }): Found => ({
  position: 7,
  id: 'evt_01',
  time: 1_790_000_000_000,
  node: 'node-a',
  boot: 'boot_1',
  ...fields,
})

it('an event is one line, whatever somebody wrote into it', () => {
  const reason = 'fine\r\n<109>1 2026-01-01T00:00:00Z forged position="999"\u2028\u009b2J'
  for (const format of LINE_FORMATS) {
    const line = lineOf(format, found({ kind: 'request.created', reason }))
    expect(line.slice(0, -1), format).not.toMatch(/[\r\n]/)
    expect(positionOf(format, line), format).toBe(7)
  }
  const [head = ''] = toSyslog(found({ kind: 'request.created', reason })).split('\ufeff')
  expect(head).toContain('reason="fine\ufffd\ufffd<109>1 2026-01-01T00:00:00Z forged position=\\"999\\"\ufffd\ufffd2J"')
})

const EVENTS: Found[] = [
  found({
    kind: 'call.finished',
    principal: 'User::"dana"',
    credential: 'key/K',
    address: '10.0.0.1',
    action: 'chat',
    model: 'qwen',
    decision: 'allow',
    rules: ['r'],
    policy: 'p',
    call: 'call_1',
    session: 'ses_1',
    data: { outcome: 'served', inputTokens: 20, outputTokens: 30, ms: 1500.5 },
  }),
  found({ kind: 'call.decided', principal: 'Service::"etl"', decision: 'allow', action: 'embed' }),
  found({ kind: 'call.finished', decision: 'deny', reason: 'access_denied', data: { outcome: 'refused', ms: 1 } }),
  found({ kind: 'call.finished', reason: 'key_expired', data: { outcome: 'refused' }, address: '::1' }),
  found({ kind: 'admin.read', principal: 'User::"ana"', action: 'list' }),
  found({ kind: 'content.read', principal: 'User::"ana"', call: 'call_1' }),
  found({ kind: 'key.created', principal: 'User::"ana"', subject: 'key/8F2' }),
  found({ kind: 'user.suspended', principal: 'User::"ana"', subject: 'user/dana', reason: 'left "today" [x]' }),
  found({ kind: 'role.assigned', principal: 'User::"ana"', subject: 'role/user' }),
  found({ kind: 'lock.lifted', subject: 'lock/1' }),
  found({ kind: 'policy.applied', subject: 'policy/3' }),
  found({ kind: 'node.started' }),
  found({ kind: 'alert.raised', reason: 'new address', subject: 'user/dana' }),
]

describe('syslog', () => {
  // RFC 5424 section 6: header, one structured-data element with escaped values, UTF-8 message behind a byte-order mark.
  const GRAMMAR =
    /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) \[[!-~]{1,32}(?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")*\] \ufeff(\{.*\})$/
  it.each(EVENTS.map((event) => [event.kind, event] as const))('%s is one message', (_, event) => {
    const match = GRAMMAR.exec(toSyslog(event))
    expect(match).not.toBeNull()
    expect(Number(match?.[1]) >> 3).toBe(13)
    const { position: _position, ...body } = event
    expect(JSON.parse(match?.[7] ?? '')).toEqual(body)
  })
})

describe('following', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-export-'))
  const report = (error: unknown) => {
    throw error
  }
  let store: Store
  let audit: Audit
  beforeAll(async () => {
    store = await openStore({ file: join(folder, 'a.db'), keyHex: '5a'.repeat(32), report })
    audit = await openAudit(store, { report })
  })
  afterAll(async () => {
    await audit.stop()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const call = (i: number) =>
    audit
      .openCall(newId('call'), { action: 'chat', model: 'm', data: { i } })
      .finish({ usage: { inputTokens: 3, outputTokens: 4 } })

  /** As `audit export --out` does; returns how many were added. */
  const exportToFile = async (path: string, format: LineFormat): Promise<number> => {
    let written = 0
    const from = await resumeFile(path, format)
    for await (const some of gather(audit.lines(format, { from }), { most: 3, waitMs: 50 })) {
      appendFileSync(path, some.join(''))
      written += some.length
    }
    return written
  }

  it.each(['jsonl', 'ocsf', 'syslog'] as const)(
    'into a %s file loses and repeats nothing, wherever it was killed',
    async (format) => {
      const file = join(folder, `out.${format}`)
      for (let round = 0; round < 6; round++) {
        await Promise.all(Array.from({ length: 40 }, (_, i) => call(i)))
        await exportToFile(file, format)
        // As a kill in the middle of a write leaves it: the file ends anywhere, here also in half a line.
        const { size } = statSync(file)
        truncateSync(file, Math.max(0, size - Math.floor(Math.random() * 5000)))
        if (round % 2) appendFileSync(file, '{"half":')
      }
      await exportToFile(file, format)
      const lines = readFileSync(file, 'utf8').trim().split('\n')
      const positions = lines.map((line) =>
        format === 'syslog'
          ? Number(/position="(\d+)"/.exec(line)?.[1])
          : format === 'ocsf'
            ? JSON.parse(line).metadata.sequence
            : JSON.parse(line).position,
      )
      expect(positions).toEqual(positions.map((_, i) => i))
      expect(await exportToFile(file, format)).toBe(0)
    },
  )

  it.each(['my notes', 'my notes\nand more', '{"position":1,"id":"evt_1"}\nnotes\nmore', '{"other":1}\n'])(
    'leaves a file alone that holds something else: %j',
    async (text) => {
      const file = join(folder, 'notes')
      for (const format of LINE_FORMATS) {
        writeFileSync(file, text)
        await expect(resumeFile(file, format), format).rejects.toMatchObject({ code: 'not_possible' })
        expect(readFileSync(file, 'utf8')).toBe(text)
      }
      writeFileSync(file, lineOf('jsonl', found({ kind: 'node.started' })).slice(0, 5))
      expect(await resumeFile(file, 'jsonl')).toBe(0) // killed in the middle of its first line
    },
  )
})
