// What a new user meets: wrong words, files that are not there, folders that are not theirs. Each is answered in a line or
// two with what to do, never with a stack, and never by doing something else.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { runCli } from '../../test/cli.ts'
import { start } from '../app/index.ts'
import { nextWords } from './completion.ts'
import { EXIT, Failure, seen } from './failure.ts'
import { TOPICS } from './help.ts'
import { COMMANDS, commonFlagsOf } from './options.ts'

vi.setConfig({ testTimeout: 60_000 })

const folder = mkdtempSync(join(tmpdir(), 'sallyport-run-'))
const rules = fileURLToPath(new URL('../../policies', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function cli(...argv: string[]) {
  const ended = await runCli(argv, { env: { SALLYPORT_DATA: join(folder, 'no-data') }, start })
  expect(ended.said, argv.join(' ')).not.toContain('    at ')
  return ended
}
const at = (name: string) => join(folder, name)

it('a command that is not understood names its own page', async () => {
  expect(await cli('key', 'create')).toMatchObject({
    code: 2,
    said: expect.stringContaining('sallyport key create --help'),
  })
  expect(await cli('connect')).toMatchObject({ code: 2, said: expect.stringContaining('sallyport connect --help') })
  expect(await cli('--data', 'x', 'key', 'list')).toMatchObject({
    code: 2,
    said: expect.stringContaining('options stand behind the command: sallyport <command> --data'),
  })
  expect(await cli('up', 'now')).toMatchObject({ code: 2, said: expect.stringContaining('sallyport up --help') })
})

it('help on a command is its own page; on a topic, what the tables say', async () => {
  expect((await cli('help', 'key', 'create')).out).toBe((await cli('key', 'create', '--help')).out)
  expect((await cli('help', 'key', 'create')).out).toContain('--owner <who>')
  expect(await cli('help', 'key')).toMatchObject({ code: 0, out: expect.stringContaining('transfer <key>') })
  expect(await cli('help')).toMatchObject({ code: 0, out: (await cli()).out })
  expect(await cli('session', 'calls')).toMatchObject({ code: 2, said: expect.stringContaining('help session') })
  const about = COMMANDS.find(({ name }) => name === 'help')?.about ?? ''
  for (const topic of TOPICS) expect(about).toContain(topic)
  expect((await cli('help', 'exit-codes')).out.match(/^\d+/gm)).toEqual(Object.values(EXIT).map(String))
  expect((await cli('help', 'errors')).out).toContain('key_revoked\t401\t')
  expect((await cli('help', 'filters')).out).toContain('--decision')
  expect((await cli('help', 'env')).out).toMatch(/^SALLYPORT_LISTEN\t/m)
})

it('completion offers the words and flags of the table, in its order', async () => {
  const next = (...words: string[]) => nextWords({ commands: COMMANDS, commonFlagsOf }, words)
  for (const spec of COMMANDS) {
    const words = spec.name.split(' ')
    for (const [i, word] of words.entries()) expect(await next(...words.slice(0, i)), spec.name).toContain(word)
    const flags = [...(spec.flags ?? []), ...((await spec.moreFlags?.()) ?? []), ...commonFlagsOf(spec)]
    const names = flags.map(({ flag }) => flag.split(' ')[0])
    expect(await next(...words), spec.name).toEqual([...new Set(names)])
  }
  expect(await next('key', 'create', '--owner')).toEqual([]) // a name, of which it knows nothing
  expect(await next('key', 'create', '--owner', 'dana')).not.toContain('--owner')
  expect(await next('key', 'create', '--model', 'm')).toContain('--model')
  expect(await next('key', 'ghost')).toEqual([])
  expect((await cli('completion', 'next', '--', 'session')).out).toBe('list\nshow\ncut\nforget\n')
})

it('a shell completes by it', async () => {
  const { out } = await cli('completion', 'bash')
  const shown = '_sallyport; echo $COMPREPLY' // of an array the first
  const words = `COMP_WORDS=(sallyport key cr); COMP_CWORD=2; ${shown}`
  const flags = `COMP_WORDS=(sallyport key create --ow); COMP_CWORD=3; ${shown}`
  const env = { ...process.env, PATH: `${fileURLToPath(new URL('../../bin', import.meta.url))}:${process.env.PATH}` }
  const done = execFileSync('bash', ['-c', `${out}\n${words}\n${flags}`], { env, encoding: 'utf8' })
  expect(done).toBe('create\n--owner\n')
})

it('an address without a scheme is not looked for', async () => {
  for (const url of ['localhost:4141', '127.0.0.1:4141', 'ftp://gateway'])
    expect(await cli('status', '--url', url)).toMatchObject({
      code: 2,
      said: expect.stringContaining('is not an http://'),
    })
})

it('a class that is mistyped hides nothing, and says so', async () => {
  writeFileSync(at('mail.txt'), 'Mail jane@example.com')
  for (const flag of ['--only', '--pass']) {
    const { code, said, out } = await cli('guard', 'mask', at('mail.txt'), flag, 'personl')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(said).toContain('sallyport guard classes')
  }
  expect((await cli('guard', 'mask', at('mail.txt'), '--only', 'personal')).out).toBe('Mail [email]')
})

it('what needs no gateway takes no flags that name one', async () => {
  for (const command of ['policy fmt', 'policy lint', 'policy test', 'policy cover', 'guard scan', 'init']) {
    const help = await cli(...command.split(' '), '--help')
    expect(help.out, command).toContain('--json')
    expect(help.out, command).not.toMatch(/--(url|key|data) /)
  }
  expect(await cli('policy', 'lint', '--url', 'http://x')).toMatchObject({
    code: 2,
    said: expect.stringContaining("unknown option '--url'"),
  })
})

it('half a sign, as Windows hands in what no text can hold, is no reason for a stack', async () => {
  const { code, said } = await cli('user', 'show', 'a\ud800', '--url', 'http://127.0.0.1:9', '--key', 'spk_x')
  expect([code, said]).toEqual([1, expect.stringContaining('No gateway answers')])
})

it('a name that is too long for the system is said in a line', async () => {
  expect(await cli('policy', 'init', 'x'.repeat(300))).toMatchObject({
    code: 1,
    said: expect.stringContaining('has too long a name'),
  })
})

it('a gateway that goes away in the middle is not taken for one that is not there', async () => {
  const half: Server = createServer((request, response) => {
    if (request.url?.includes('/audit/export'))
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"i":0}\n\n')
    else if (request.method === 'GET') response.writeHead(200, { 'content-length': 100 }).write('{"items":')
    request.resume().once('end', () => setTimeout(() => request.socket.destroy(), 20))
  })
  await new Promise<void>((done) => half.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(half.address() as AddressInfo).port}`
  const read = await cli('group', 'list', '--json', '--url', url, '--key', 'k')
  expect(read).toMatchObject({ code: 1, out: '', said: expect.stringContaining('did not finish its answer') })
  expect(read.said).toContain('ask again')
  const write = await cli('group', 'create', 'dev', '--json', '--url', url, '--key', 'k')
  expect(write).toMatchObject({ code: 1, out: '', said: expect.stringContaining('did not finish its answer') })
  expect(write.said).toContain('look whether it was done')
  // Of an archive a half is worth nothing, and does not cost the one that is there.
  writeFileSync(at('kept.jsonl'), 'whole\n')
  const archive = await cli(
    'audit',
    'export',
    '--format',
    'archive',
    '--out',
    at('kept.jsonl'),
    '--url',
    url,
    '--key',
    'k',
  )
  expect(archive).toMatchObject({ code: 1, said: expect.stringContaining('did not finish its answer') })
  expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe('whole\n')
  expect(existsSync(at('kept.jsonl.next'))).toBe(false)
  half.close()
})

it('what a node that has lost the database says, once, with what to look at; and one row of many', async () => {
  const title = 'This node has lost touch with the others'
  const there: Server = createServer((request, response) => {
    if (request.url?.startsWith('/admin/v1/groups')) {
      const items = [{ name: 'dev', source: 'manual', createdAt: '2026-12-01T00:00:00Z', createdBy: 'x', version: 1 }]
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items, next: 'x' }))
      return
    }
    response.writeHead(503, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ code: 'node_stale', title, detail: title }))
  })
  await new Promise<void>((done) => there.listen(0, '127.0.0.1', done))
  const at = ['--url', `http://127.0.0.1:${(there.address() as AddressInfo).port}`, '--key', 'k']
  const { code, said } = await cli('call', 'list', ...at)
  expect({ code, said: said.split(title).length - 1 }).toEqual({ code: 1, said: 1 })
  expect(said).toContain('reaches the database')
  expect((await cli('group', 'list', '--limit', '1', ...at)).said).toBe('The first is shown; --all shows every one.\n')
  there.close()
})

it('rules that are not there, and tests of nobody', async () => {
  const missing = await cli('policy', 'lint', at('rules'))
  expect(missing).toMatchObject({ code: 3, said: expect.stringContaining('sallyport policy init') })
  const nobody = await cli('policy', 'try', 'nobody', 'chat', 'small', '--folder', rules, '--test', 'of nobody')
  expect(nobody).toMatchObject({ code: 1, said: expect.stringContaining('User::"nobody" is not there') })
  expect(existsSync(join(rules, 'tests/tried_test.json'))).toBe(false)
})

it('what is no export, no key and no checkpoint', async () => {
  writeFileSync(at('junk'), 'junk\n')
  const key = 'example.com/log+3d8c1f0b+AfVvF5ve'
  expect((await cli('audit', 'verify', at('junk'), '--key', key)).said).toContain('is no verifier key')
  expect((await cli('audit', 'verify', '--checkpoint', at('junk'))).said).toContain('is not a signed checkpoint')
  expect((await cli('audit', 'verify', '--checkpoint', at('none'))).said).toContain('none is not there')
})

it('a start on what is no data folder, or another installation’s', async () => {
  const up = (data: string, ...more: string[]) => cli('up', '--data', at(data), '--listen', '127.0.0.1:0', ...more)
  writeFileSync(at('file'), '')
  expect((await up('file')).said).toContain('file is no folder')
  mkdirSync(at('foreign'), { mode: 0o700 })
  writeFileSync(join(at('foreign'), 'sallyport.db'), 'not a database, and long enough to be read as one'.repeat(100))
  const foreign = await up('foreign')
  expect(foreign).toMatchObject({ code: 1, said: expect.stringContaining('master.key beside it') })
  expect((await up('file', '--keys-default-days', 'x')).said).toContain('sallyport config --schema')
  const tls = await up('tls', '--tls-cert-file', at('no.pem'), '--tls-key-file', at('no.key'))
  expect(tls).toMatchObject({ code: 1, said: expect.stringContaining('no.pem is not there') })
})

it('the first key is shown although it cannot be kept for the commands, as on a full disk', async () => {
  mkdirSync(join(at('unkept'), 'admin.json.new'), { recursive: true, mode: 0o700 })
  const app = {
    url: 'http://x',
    adminUrl: 'http://x',
    model: undefined,
    down: [],
    adminKey: 'spk_shown',
    close: async () => {},
  }
  const argv = ['up', '--data', at('unkept'), '--upstream', 'http://127.0.0.1:9']
  const ended = runCli(argv, {
    env: {},
    start: async () => {
      setTimeout(() => process.emit('SIGTERM'), 20)
      return app
    },
  })
  expect(await ended).toMatchObject({
    code: 0,
    out: expect.stringContaining('spk_shown'),
    said: expect.stringContaining('cannot be written (EISDIR)'),
  })
})

it('leaves out what the caller may not see, and nothing else', async () => {
  for (const code of ['access_denied', 'approval_required', 'not_found'])
    expect(await seen(Promise.reject(new Failure('refused', { code })))).toBeUndefined()
  for (const code of ['internal', 'invalid_api_key', undefined])
    await expect(seen(Promise.reject(new Failure('gone', { code })))).rejects.toThrow('gone')
})

it('another program at the address is no gateway, and what it answers is nothing done', async () => {
  const answers: Record<string, readonly [type: string, body: string]> = {
    page: ['text/html', '<html>It works!</html>'],
    other: ['application/json', '{"hello":1}'],
    list: ['application/json', '[]'],
    nothing: ['application/json', 'null'],
    items: ['application/json', '{"items":null}'],
  }
  const program = createServer((request, response) => {
    const [type, body] = answers[request.url?.split('/')[1] ?? ''] ?? ['text/plain', '']
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  await new Promise<void>((done) => program.listen(0, '127.0.0.1', done))
  const { port } = program.address() as AddressInfo
  const asked = ['key list', 'status', 'whoami', 'lock add network 10.0.0.0/8', 'lockdown on', 'lock remove x']
  const streams = ['tail', 'audit export', 'audit export --format archive']
  for (const name of Object.keys(answers))
    for (const command of [...asked, ...streams, 'connect curl', 'can dana chat m', `policy plan ${rules}`]) {
      const ended = await cli(...command.split(' '), '--url', `http://127.0.0.1:${port}/${name}`, '--key', 'k')
      expect(ended, `${name}: ${command}`).toMatchObject({
        code: 1,
        out: '',
        said: expect.stringMatching(/^error {2}What answers at/),
      })
      expect(ended.said).not.toContain('undefined')
    }
  program.close()
})

it('a variable that holds nothing asks for nothing', async () => {
  for (const argv of [
    ['why', ''],
    ['audit', 'verify', ''],
    ['policy', 'plan', ''],
    ['key', 'revoke', ''],
  ])
    expect(await cli(...argv)).toMatchObject({
      code: 2,
      out: '',
      said: expect.stringContaining('An argument is empty'),
    })
  expect((await cli('audit', 'list', '--principal', '')).said).toContain('--principal is empty')
  expect((await cli('key', 'create', 'x', '--secret-file', '')).said).toContain('--secret-file is empty')
  expect((await cli('key', 'create', 'x', '--model', 'a', '')).said).toContain('--model is empty')
  expect((await cli('key', 'list', '--json', '')).said).toContain('--json is empty')
})

it('a day that no month has, and a name with its type, are slips of the pen', async () => {
  for (const day of ['2027-02-31', '2027-02-29', '2027-04-31T10:00:00Z', '2027-13-01'])
    expect(
      await cli('lock', 'add', 'network', '10.0.0.0/8', '--until', day, '--url', 'http://127.0.0.1:9'),
    ).toMatchObject({
      code: 2,
      said: expect.stringContaining(`${day} is not a date`),
    })
  expect(await cli('user', 'create', 'User:dana')).toMatchObject({
    code: 2,
    said: expect.stringContaining('sallyport user create dana'),
  })
})

it('an option before the verb is told where it belongs', async () => {
  for (const argv of [
    ['--json', 'key', 'list'],
    ['key', '--json', 'list'],
  ])
    expect((await cli(...argv)).said).toContain('options stand behind the command: sallyport <command> --json')
})
