import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runCli } from '../../test/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-guard-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

const sallyport = (...argv: string[]) => runCli(argv)

const text = 'Mail jane@example.com, card 4111 1111 1111 1111, key ghp_0123456789abcdefghij0123456789abcdAB\n'
writeFileSync(at('in'), text)

it('scans without showing values, and with them when asked', async () => {
  const { out, code } = await sallyport('guard', 'scan', at('in'), '--no-names', '--json')
  expect(code).toBe(0)
  expect(out).not.toContain('jane@')
  expect(JSON.parse(out).map((row: { class: string }) => row.class)).toEqual([
    'personal/email',
    'finance/card',
    'secret/github-token',
  ])
  expect((await sallyport('guard', 'scan', at('in'), '--no-names', '--values', '--fail')).out).toContain(
    'jane@example.com',
  )
  expect((await sallyport('guard', 'scan', at('in'), '--no-names', '--fail')).code).toBe(1)
})

it('masks, or hides and turns back; a secret stays hidden', async () => {
  expect((await sallyport('guard', 'mask', at('in'), '--no-names')).out).toBe(
    'Mail [email], card [card], key [github-token]\n',
  )
  const { out } = await sallyport('guard', 'mask', at('in'), '--no-names', '--session', at('vault'))
  expect(out).toMatch(/^Mail EMAIL_\w{5}, card CARD_\w{5}, key \[github-token\]\n$/)
  expect(statSync(at('vault.key')).mode & 0o077).toBe(0)
  expect(readFileSync(at('vault')).includes('jane')).toBe(false)
  writeFileSync(at('masked'), out)
  const back = await sallyport('guard', 'unmask', at('masked'), '--session', at('vault'))
  expect(back.out).toBe('Mail jane@example.com, card 4111 1111 1111 1111, key [github-token]\n')
})

it('leaves what is to pass of what alone is to be hidden; says what to turn back, and what does not open', async () => {
  const some = ['guard', 'mask', at('in'), '--no-names', '--only', 'personal', 'finance']
  expect((await sallyport(...some, '--pass', 'personal/email')).out).toContain('Mail jane@example.com, card [card]')
  expect((await sallyport(...some, '--session', at('other'), '--treat', 'mask')).said).not.toContain('Back')
  writeFileSync(at('other'), 'nothing of ours')
  expect((await sallyport('guard', 'unmask', at('in'), '--session', at('other'))).said).toContain('does not open')
})

it('turns back what stands for values of own classes, without the file that declares them', async () => {
  writeFileSync(at('own.yaml'), "classes: { business/contract: { kind: CONTRACT, patterns: ['C-\\d{6}'] } }")
  writeFileSync(at('own'), 'about C-123456\n')
  const { out } = await sallyport('guard', 'mask', at('own'), '--classes', at('own.yaml'), '--session', at('own.vault'))
  expect(out).toMatch(/^about CONTRACT_\w{5}\n$/)
  writeFileSync(at('own.masked'), out)
  expect((await sallyport('guard', 'unmask', at('own.masked'), '--session', at('own.vault'))).out).toBe(
    'about C-123456\n',
  )
})

it('tries own classes, and says which one does not hold', async () => {
  writeFileSync(
    at('good.yaml'),
    "classes: { business/contract: { patterns: ['C-\\d{6}'], examples: { match: [C-123456] } } }",
  )
  expect((await sallyport('guard', 'check', at('good.yaml'))).said).toContain('1 class, 1 example held')
  writeFileSync(
    at('bad.yaml'),
    "classes: { business/contract: { patterns: ['C-\\d{6}'], examples: { match: [C-1] } } }",
  )
  const { code, said } = await sallyport('guard', 'check', at('bad.yaml'))
  expect(code).toBe(4)
  expect(said).toContain('business/contract')
})

it('measures itself on a text of yours, and shows none of it', async () => {
  const { out, said, code } = await sallyport('guard', 'bench', at('in'), '--no-names', '--json')
  expect(code).toBe(0)
  const rows = JSON.parse(out) as { what: string; megabytesPerSecond: number; findings?: number; heldBack?: number }[]
  expect(rows.map(({ what, findings }) => [what, findings])).toEqual([
    ['without names', 3],
    ['injection score', undefined],
  ])
  for (const { megabytesPerSecond } of rows) expect(megabytesPerSecond).toBeGreaterThan(0)
  expect(rows[0]?.heldBack).toBeGreaterThan(0)
  expect(out + said).not.toContain('jane')
  writeFileSync(at('empty'), ' \n')
  expect(await sallyport('guard', 'bench', at('empty'))).toMatchObject({ code: 2 })
})

it('says where own classes are shown when there are none', async () => {
  const { said, code } = await sallyport('guard', 'check')
  expect(code).not.toBe(0)
  expect(said).toContain('docs/data-classes.md')
})
