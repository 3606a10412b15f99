// The policy commands that need no gateway, as a person types them: exit codes and what is said.
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { runCli } from './cli.ts'

const base = mkdtempSync(join(tmpdir(), 'sallyport-policy-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let folder = ''
let count = 0
beforeEach(() => {
  folder = join(base, `${count++}`)
  cpSync('policies', folder, { recursive: true })
})

const sallyport = (...argv: string[]) => runCli(argv)
const add = (rule: string) => appendFileSync(join(folder, 'roles.cedar'), rule)

test('a rule written by hand is checked, tested, covered and tried', { timeout: 120_000 }, async () => {
  expect(await sallyport('policy', 'lint', folder)).toMatchObject({
    code: 0,
    said: expect.stringContaining('no warnings'),
  })
  expect(await sallyport('policy', 'test', folder)).toMatchObject({
    code: 0,
    said: expect.stringMatching(/^PASS (\d+)\/\1 /),
  })
  expect(await sallyport('policy', 'cover', folder)).toMatchObject({ code: 0 })
  add(
    '\n@id("strangers") @why("Strangers chat.")\npermit (principal == User::"a-stranger", action == Action::"chat", resource);\n',
  )
  const tested = await sallyport('policy', 'test', folder)
  expect(tested.code).toBe(4)
  expect(tested.out).toMatch(/FAIL nobody is nobody: expected deny, got ALLOW by strangers \(roles\.cedar:\d+\)/)
  expect((await sallyport('policy', 'test', folder, '--format', 'junit')).out).toMatch(
    /<testsuite name="policy" tests="\d+" failures="1">/,
  )
  const tried = await sallyport('policy', 'try', 'a-stranger', 'chat', 'small', '--folder', folder)
  expect(tried).toMatchObject({ code: 0, out: expect.stringContaining('strangers') })
  const denied = await sallyport(
    'policy',
    'try',
    'a-reader',
    'chat',
    'small',
    '--folder',
    folder,
    '--at',
    '2026-11-20T03:00:00Z',
  )
  expect(denied).toMatchObject({ code: 1, out: expect.stringContaining('✗ principal in Role::"user"') })
})

test('what a rule demands is said in the words of its annotations', async () => {
  add(
    '@id("strangers") @why("x") @limit("60 requests/minute, 4 concurrent") @clamp("maxTokens <= 512") @record("prompt, 30d") @stepup("phr, 90m") permit (principal == User::"a-stranger", action == Action::"chat", resource) when { context.auth.ip.isInRange(ip("10.0.0.0/8")) };',
  )
  const ask = ['policy', 'try', 'a-stranger', 'chat', 'small', '--folder', folder, '--from']
  const { code, out } = await sallyport(...ask, '10.1.2.3')
  expect(code).toBe(0)
  expect(out.slice(out.indexOf('  @'))).toBe(
    [
      'limit 60 requests/minute',
      'limit 4 concurrent',
      'clamp maxTokens <= 512',
      'record prompt, 30d',
      'stepup phr, 90m',
    ]
      .map((line) => `  @${line}\n`)
      .join(''),
  )
  expect((await sallyport(...ask, '203.0.113.9')).out).toContain('✗ context.auth.ip.isInRange(ip("10.0.0.0/8"))')
})

test('a question that cannot be asked is refused in one line', async () => {
  const ask = (...more: string[]) => sallyport('policy', 'try', ...more, '--folder', folder)
  const line = async (...more: string[]) => {
    const { code, said } = await ask(...more)
    expect(code).toBe(1)
    return said.trimEnd()
  }
  expect(await line('a-user', 'fly', 'small')).toMatch(/^error {2}fly is not an action that can be asked about; .*chat/)
  expect(await line('a-user', 'chat', 'small', '--from', '999')).toBe(
    'error  context.auth.ip must be an address such as 10.0.0.1, or a network such as 10.0.0.0/8.',
  )
  expect(await line('a-user', 'chat', 'small', '--set', 'request.foo=1')).toBe(
    'error  context.request.foo is not in the schema.',
  )
  const zone = await ask('a-user', 'chat', 'small', '--zone', 'Mars/Base')
  expect(zone).toMatchObject({ code: 2, said: 'error  --zone takes a zone such as Europe/Berlin, not Mars/Base\n' })
  const kept = join(folder, 'tests/tried_test.json')
  writeFileSync(kept, '{')
  expect(await line('a-user', 'chat', 'small', '--test', 'x')).toMatch(/tried_test\.json is not JSON/)
  writeFileSync(kept, '{}')
  expect(await line('a-user', 'chat', 'small', '--test', 'x')).toMatch(/tried_test\.json is not a list of tests/)
  rmSync(kept)
  expect(await sallyport('policy', 'lint', join(folder, 'roles.cedar'))).toMatchObject({
    code: 3,
    said: expect.stringContaining('roles.cedar is a file'),
  })
  const nobody = await ask('ida', 'chat', 'small')
  expect(nobody.out).not.toContain('Closest')
  expect(nobody.said).toContain('add User::"ida" to ')
  const file = join(folder, 'tests/entities.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"hosting": "local", ', ''))
  expect(await line('a-user', 'chat', 'small')).toBe(`error  ${file}: Model::"small".hosting is missing.`)
  writeFileSync(file, '[')
  expect(await line('a-user', 'chat', 'small')).toMatch(/entities\.json is not JSON/)
})

test('what every test stumbles over is said once', async () => {
  const file = join(folder, 'tests/entities.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"hosting": "local", ', ''))
  const { code, out, said } = await sallyport('policy', 'test', folder)
  expect(code).toBe(4)
  expect(out.match(/Model::"small"\.hosting is missing/g)).toHaveLength(4)
  expect(out).toContain('FAIL a reader sees models and 37 more: Model::"small".hosting is missing.')
  expect(said).toMatch(/and \d+ more\)\n$/)
  expect((await sallyport('policy', 'cover', folder)).said).toMatch(/^\d+ tests fail: {2}sallyport policy test/m)
})

test('what is wrong is said with its place, and exits 3', async () => {
  add('\n@id("x") @why("x") permit (principal, action == Action::"chta", resource);\n')
  const { code, said } = await sallyport('policy', 'lint', folder)
  expect(code).toBe(3)
  expect(said).toMatch(/error {2}.*roles\.cedar:\d+:\d+ {2}x: .*chta/)
  writeFileSync(join(folder, 'roles.cedar'), '('.repeat(10_000))
  expect((await sallyport('policy', 'test', folder)).code).toBe(3)
})

test('formatting is stable, and --check changes nothing', async () => {
  expect(await sallyport('policy', 'fmt', folder, '--check')).toMatchObject({ code: 0, out: '' })
  add('@id("x") @why("x") permit(principal,action,resource)when{principal in Role::"user"};')
  const before = readFileSync(join(folder, 'roles.cedar'), 'utf8')
  expect((await sallyport('policy', 'fmt', folder, '--check')).code).toBe(1)
  expect(readFileSync(join(folder, 'roles.cedar'), 'utf8')).toBe(before)
  expect((await sallyport('policy', 'fmt', folder)).code).toBe(0)
  expect((await sallyport('policy', 'fmt', folder, '--check')).code).toBe(0)
})
