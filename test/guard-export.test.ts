// `sallyport/guard` as a program that depends on the package uses it: built, from its own folder, in its own process, and
// nothing of the gateway with it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sallyport-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PROGRAM = `
import { randomBytes } from 'node:crypto'
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
const { createDetectors, createGuard } = await import('sallyport/guard')
const guard = createGuard({ detectors: createDetectors() })
const vault = guard.openVault({ key: randomBytes(32), random: (size) => randomBytes(size), session: 'one' })
const text = 'Please write to Jane Doe at jane.doe@example.com, card 4111 1111 1111 1111, and am9obi5zbWl0aEBleGFtcGxlLm9yZw==.'
const hide = guard.openText({ vault, treatment: () => 'pseudonym' })
let masked = ''
for (let at = 0; at < text.length; at += 5) masked += hide.push(text.slice(at, at + 5))
masked += hide.end()
const back = guard.openRestore(vault)
const restored = back.push(masked) + back.end()
console.log(JSON.stringify({ masked, same: restored === text, rooms: [...new Set(loaded.filter((url) => !url.includes('/node_modules/')).flatMap((url) => /\\/dist\\/([^/]+)\\//.exec(url)?.[1] ?? []))] }))
`

it.runIf(existsSync(join(ROOT, 'dist/guard/index.js')))('masks and turns back without the gateway', () => {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/sallyport'))
  writeFileSync(join(folder, 'program.mjs'), PROGRAM)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  const { masked, same, rooms } = JSON.parse(stdout) as { masked: string; same: boolean; rooms: string[] }
  expect(masked).toMatch(/^Please write to PERSON_\w+ at EMAIL_\w+, card CARD_\w+, and \w+_\w+\.$/)
  expect(same).toBe(true)
  expect(rooms.sort()).toEqual(['core', 'guard'])
})
