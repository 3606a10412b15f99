import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Fault, type ModelRequest } from '../core/index.ts'
import { createGuard } from './guard.ts'
import { createIsolatedDetector, type IsolatedDetector } from './isolated.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-isolated-'))
const open: IsolatedDetector[] = []
afterAll(async () => {
  for (const detector of open) await detector.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Finds the word `secretive`; does as it is told by other words. */
const MODULE = `
export function createDetector() {
  return {
    name: 'foreign',
    classes: ['business/word'],
    longest: 16,
    open() {
      let text = ''
      let done = 0
      const find = (end) => {
        if (text.includes('HANG')) for (;;) {}
        if (text.includes('THROW')) throw new Error(text)
        if (text.includes('EXIT')) process.exit(1)
        if (text.includes('LIE')) return [{ class: 'secret/other', start: 0, end: 1, confidence: 100 }]
        const found = []
        for (;;) {
          const at = text.indexOf('secretive', done)
          if (at < 0) break
          found.push({ class: 'business/word', start: at, end: at + 9, confidence: 90 })
          done = at + 9
        }
        return found
      }
      return {
        push(piece) { text += piece; return find(false) },
        end() { return find(true) },
        get openFrom() { return Math.max(done, text.length - 8) },
      }
    },
  }
}
`
let files = 0
const planted = (source: string, options: { deadlineMs?: number; now?: () => number } = {}) => {
  const file = join(folder, `${files++}.mjs`)
  writeFileSync(file, source)
  const detector = createIsolatedDetector({ file, ...options })
  open.push(detector)
  return detector
}
const chat = (text: string): ModelRequest => ({
  action: 'chat',
  model: 'm',
  messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
  inputs: [],
  params: {},
  stream: false,
})
const screen = (detector: IsolatedDetector, text: string) => {
  const guard = createGuard({ detectors: [detector] })
  const vault = guard.openVault({ key: new Uint8Array(32), random: (n) => new Uint8Array(n), session: 's' })
  const { request } = guard.screenInput(chat(text), () => ({ treatment: 'mask', rules: [] }), vault)
  return JSON.stringify(request.messages)
}
const faultOf = (act: () => unknown): Fault => {
  try {
    act()
  } catch (error) {
    return error as Fault
  }
  throw new Error('nothing was thrown')
}

it('finds what it would find at home, in pieces too', () => {
  const detector = planted(MODULE)
  expect(detector).toMatchObject({ name: 'foreign', classes: ['business/word'], longest: 16 })
  expect(screen(detector, 'a secretive word')).toContain('a [word] word')
  expect(screen(detector, `${'x '.repeat(20_000)}secretive`)).toContain('[word]')
})

it('refuses while it hangs, at once afterwards, and serves again when it has rested', async () => {
  let time = 0
  const detector = planted(MODULE, { deadlineMs: 100, now: () => time })
  const hung = faultOf(() => screen(detector, 'please HANG, zoe'))
  expect(hung.code).toBe('guard_unavailable')
  expect(JSON.stringify([hung.message, hung.data])).not.toContain('zoe')
  const before = performance.now()
  expect(faultOf(() => screen(detector, 'a secretive word')).code).toBe('guard_unavailable')
  expect(performance.now() - before).toBeLessThan(50)
  time += 1000
  for (let tries = 0; ; tries++) {
    try {
      expect(screen(detector, 'a secretive word')).toContain('[word]')
      break
    } catch (error) {
      if (!(error instanceof Fault) || tries > 200) throw error
      time += 100_000
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
})

it('fails only the call in which it throws or lies', () => {
  const detector = planted(MODULE)
  for (const text of ['THROW zoe', 'LIE zoe']) {
    const fault = faultOf(() => screen(detector, text))
    expect(fault.code).toBe('guard_unavailable')
    expect(JSON.stringify([fault.message, fault.data, String(fault.cause)])).not.toContain('zoe')
  }
  expect(screen(detector, 'a secretive word')).toContain('[word]')
})

it('is a refusal when its thread dies, and no start when it is missing or broken', () => {
  const detector = planted(MODULE, { deadlineMs: 100 })
  expect(faultOf(() => screen(detector, 'EXIT')).code).toBe('guard_unavailable')
  expect(faultOf(() => createIsolatedDetector({ file: join(folder, 'nobody.mjs') })).code).toBe('guard_unavailable')
  expect(faultOf(() => planted('export const nothing = 1')).code).toBe('guard_unavailable')
})

it('does not hand the environment on', () => {
  process.env.SALLYPORT_PLANTED = 'x'
  const detector = planted(
    MODULE.replace("name: 'foreign'", "name: process.env.SALLYPORT_PLANTED === undefined ? 'blind' : 'seeing'"),
  )
  expect(detector.name).toBe('blind')
})
