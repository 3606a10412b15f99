// The program as its users have it: real processes, a real gateway with the embedded demo model, real HTTP.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { KEY_PATTERN } from '../identity/index.ts'
import type { Client } from './client.ts'
import { bypass, raised } from './doctor.ts'

// Processes start slowly on a busy machine; no time is asserted here.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = join(ROOT, 'bin/sallyport')
const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
const ENV = { PATH: process.env.PATH ?? '', HOME: folder }

interface Result {
  code: number | null
  out: string
  err: string
}

function run(command: string, args: readonly string[], options: { env?: object; cwd?: string } = {}): Promise<Result> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? folder,
    env: { ...ENV, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const result: Result = { code: null, out: '', err: '' }
  child.stdout.on('data', (piece) => {
    result.out += String(piece)
  })
  child.stderr.on('data', (piece) => {
    result.err += String(piece)
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...result, code })))
}
const cli = (...args: string[]) => run(process.execPath, [MAIN, ...args])
const json = async (...args: string[]) => {
  const { out, err, code } = await cli(...args, '--json')
  expect(code, err).toBe(0)
  return JSON.parse(out)
}

interface Ready {
  url: string
  admin_url: string
  key?: string
  model: string
  pid: number
}

/** Starts a gateway; resolves with what `up --json` prints when it is ready. `said`: what it says beside it. */
function up(...args: string[]): Promise<{ ready: Ready; child: ChildProcess; lines: string[]; said: () => string }> {
  const child = spawn(process.execPath, [MAIN, 'up', '--json', '--listen', '127.0.0.1:0', ...args], {
    cwd: folder,
    env: ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stderr.on('data', (piece) => {
    err += String(piece)
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${err}`)))
    child.stdout.on('data', (piece) => {
      out += String(piece)
      if (!out.includes('\n')) return
      const lines = out.trim().split('\n')
      resolve({ ready: JSON.parse(lines[0] ?? '') as Ready, child, lines, said: () => err })
    })
  })
}
const down = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    child.removeAllListeners('exit')
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })

const chat = (url: string, key: string, model: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 4, messages: [{ role: 'user', content: 'Hello' }] }),
  })

let gateway: Awaited<ReturnType<typeof up>>
beforeAll(async () => {
  gateway = await up()
})
afterAll(async () => {
  await down(gateway.child)
  rmSync(folder, { recursive: true, force: true })
})

describe('up', () => {
  it('prints one line when it is ready, with a key on the first start alone, and serves', async () => {
    const { ready, lines } = gateway
    expect(lines).toHaveLength(1)
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(ready.key).toMatch(/^spk_/)
    expect(ready.pid).toBe(gateway.child.pid)
    const answer = await chat(ready.url, ready.key ?? '', ready.model)
    expect(answer.status).toBe(200)
    const file = join(folder, '.sallyport/admin.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, '.sallyport')).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ url: ready.admin_url, pid: ready.pid })
    for (const name of readdirSync(join(folder, '.sallyport')))
      expect(readFileSync(join(folder, '.sallyport', name), 'latin1'), name).not.toContain(ready.key?.slice(17))
  })

  it('starts again without a key, and the old one still works; a taken port is said plainly', async () => {
    const data = join(folder, 'again')
    const first = await up('--data', data)
    const taken = await run(process.execPath, [
      MAIN,
      'up',
      '--data',
      join(folder, 'other'),
      '--listen',
      first.ready.url.slice(7),
    ])
    expect(taken.code).toBe(1)
    expect(taken.err).toContain('is in use')
    expect(await down(first.child)).toBe(0)
    const second = await up('--data', data)
    expect(second.ready.key).toBeUndefined()
    expect((await chat(second.ready.url, first.ready.key ?? '', second.ready.model)).status).toBe(200)
    expect((await cli('whoami', '--data', data)).out).toContain('User:admin') // the key of the first start is kept
    await down(second.child)
  })

  it('refuses settings that are unsafe or unknown, all at once, with what to do', async () => {
    const file = join(folder, 'bad.yaml')
    writeFileSync(file, 'listen: 0.0.0.0:4141\nlissten: x\n')
    const { code, err } = await cli('up', '--config', file)
    expect(code).toBe(1)
    expect(err).toContain('did you mean listen?')
    const open = await cli('up', '--listen', '0.0.0.0:4141')
    expect(open.err).toContain('allowClearTextListen')
  })

  it('finds out what a named upstream is, and puts the gateway in front of it', async () => {
    const server = await modelServer('127.0.0.1')
    const { ready, child } = await up(
      '--data',
      join(folder, 'behind'),
      '--upstream',
      `http://127.0.0.1:${portOf(server)}`,
      '--upstream',
      `http://127.0.0.1:${portOf(server)}/v1/`,
    )
    // Named twice it would be a second server, with each of its models under a second name.
    const { key, url } = ready as { key: string; url: string }
    const models = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
    expect(((await models.json()) as { data: unknown[] }).data).toHaveLength(1)
    expect(ready.model).toBe('tiny')
    await down(child)
    await new Promise((resolve) => server.close(resolve))
  })

  it('says of a named server that cannot be used what is wrong with it', async () => {
    const server = createServer((_request, response) => void response.end('{"object":"list","data":[]}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { ready, child, said } = await up(
      '--data',
      join(folder, 'unusable'),
      '--upstream',
      `http://127.0.0.1:${portOf(server)}`,
    )
    expect(ready.model).toBeUndefined()
    await expect.poll(said).toMatch(/model server openai cannot be used now: .*content type/)
    await down(child)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('commands', () => {
  it('says what is wrong and what to do: unknown words, no gateway, no key, a refused key', async () => {
    expect(await cli()).toMatchObject({ code: 2 })
    expect(await cli('--help')).toMatchObject({ code: 0 })
    const typo = await cli('key', 'lsit')
    expect(typo).toMatchObject({ code: 2, out: '' })
    expect(typo.err).toContain('Did you mean list?')
    const nobody = await cli('whoami', '--url', 'http://127.0.0.1:9')
    expect(nobody.code).toBe(1)
    expect(nobody.err).toContain('sallyport up')
    const wrong = await cli('whoami', '--key', `spk_${'a'.repeat(61)}`)
    expect(wrong.code).toBe(5)
    expect(wrong.err).toMatch(/invalid_api_key[\s\S]*--key[\s\S]*call_/)
  })

  it('never sends the kept key to another gateway', async () => {
    let seen: string | undefined
    const server = createServer((request, response) => {
      seen = request.headers.authorization
      response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    expect((await cli('whoami', '--url', `http://127.0.0.1:${portOf(server)}`)).code).toBe(5)
    expect(seen).toBeUndefined()
    await new Promise((resolve) => server.close(resolve))
  })

  it('puts a key into a file of its owner alone, and costs no key when the file cannot be written', async () => {
    const file = join(folder, 'night.key')
    const made = await cli('key', 'create', 'night', '--owner', 'admin', '--secret-file', file)
    expect(made).toMatchObject({ code: 0, out: '' })
    expect(made.err).toContain(`It is in ${file}, and nowhere else.`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const key = readFileSync(file, 'utf8')
    expect(key).toMatch(/^spk_[0-9A-Za-z_]+\n$/)

    for (const place of [file, join(folder, 'nowhere', 'night.key')])
      expect((await cli('key', 'create', 'lost', '--owner', 'admin', '--secret-file', place)).code).not.toBe(0)
    expect(readFileSync(file, 'utf8')).toBe(key)
    expect((await cli('key', 'list', '--owner', 'admin')).out).not.toContain('lost')

    const refused = join(folder, 'refused.key')
    expect((await cli('key', 'create', 'x', '--owner', 'nobody-here', '--secret-file', refused)).code).not.toBe(0)
    expect(readdirSync(folder)).not.toContain('refused.key')
  })

  it('goes on to its end when nobody reads what it prints, and says so where that costs a key', async () => {
    const sh = (line: string) =>
      run('bash', ['-c', `set -o pipefail; sallyport() { "${process.execPath}" "${MAIN}" "$@"; }; ${line}`])
    const unread = (command: string) => sh(`sallyport ${command} | true`)
    expect(await unread('key create piped')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/arrived nowhere[\s\S]*key revoke \w{12}/),
    })
    const key = (await cli('key', 'create', 'leaked')).out
    writeFileSync(join(folder, 'leak.txt'), key)
    expect(await unread('key scan leak.txt --report')).toMatchObject({
      code: 1,
      err: expect.stringContaining('revoked'),
    })
    expect(await unread('audit list --all')).toMatchObject({ code: 0, err: '' })
    expect(await unread('policy test nowhere')).toMatchObject({ code: 3 })
    const tail = sh('sallyport tail --kind user.created | head -1')
    const made = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `piped-${name}`)
    let ended = false
    void tail.then(() => (ended = true))
    for (let i = 0; !ended; i++) await cli('user', 'create', `${made[i % 6]}-${i}`)
    expect(await tail).toMatchObject({ code: 0, out: expect.stringContaining('user.created') })
    if (process.platform !== 'linux') return
    expect(await sh('sallyport key list > /dev/full')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error {2}[^\n]*ENOSPC\)\n$/),
    })
    expect(await sh('sallyport key nope 2> /dev/full')).toMatchObject({ code: 2 })
  })

  it('takes a person from nothing to a call, and back to nothing', async () => {
    const { ready } = gateway
    expect((await cli('user', 'create', 'dana', '--role', 'user', '--attribute', 'team=red')).code).toBe(0)
    const made = await cli('key', 'create', 'laptop', '--owner', 'dana', '--expires', '30d')
    expect(made.out).toMatch(/^spk_[0-9A-Za-z_]+\n$/) // nothing but the key: it can be piped
    const key = made.out.trim()
    expect((await chat(ready.url, key, ready.model)).status).toBe(200)

    const list = await cli('key', 'list', '--owner', 'dana')
    expect(list.out.trim().split('\t').slice(1, 4)).toEqual(['laptop', 'User:dana', 'active'])
    expect(await json('key', 'show', 'laptop')).toMatchObject({ owner: 'User:dana', uses: 1 })
    expect(await json('user', 'show', 'dana')).toMatchObject({ roles: ['user'], attributes: { team: 'red' } })
    const named = await cli('user', 'list', '--json', 'name')
    expect(JSON.parse(named.out)).toContainEqual({ name: 'dana' })

    expect((await cli('can', 'dana', 'chat', ready.model)).code).toBe(0)
    const cannot = await cli('can', 'dana', 'delete', ready.model)
    expect(cannot).toMatchObject({ code: 1 })
    expect(cannot.out).toContain('✗ principal in Role::"admin"')

    const rotated = await cli('key', 'rotate', 'laptop', '--old-dies', 'now')
    expect((await chat(ready.url, key, ready.model)).status).toBe(401)
    const next = rotated.out.trim()
    expect((await chat(ready.url, next, ready.model)).status).toBe(200)
    expect((await cli('user', 'suspend', 'dana', '--reason', 'HR-1')).err).toContain('suspended  User:dana')
    expect((await chat(ready.url, next, ready.model)).status).toBe(401)
    expect((await cli('user', 'remove', 'dana')).code).toBe(1) // nobody is there to ask
    expect((await cli('user', 'remove', 'dana', '--yes')).code).toBe(0)
    const again = await cli('key', 'revoke', 'laptop', '--owner', 'dana')
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('was revoked') })
    expect((await cli('user', 'create', 'dana')).err).toContain('already_exists')
    const log = await cli('audit', 'list', '--all')
    expect(log.out).not.toContain(next.slice(17))
    for (const kind of [
      'user.created',
      'key.created',
      'key.rotated',
      'user.suspended',
      'user.removed',
      'call.finished',
    ])
      expect(log.out).toContain(kind)
  })

  it('groups, roles, locks and sessions', async () => {
    const { ready } = gateway
    await cli('user', 'create', 'eve')
    const key = (await cli('key', 'create', 'e', '--owner', 'eve')).out.trim()
    await cli('group', 'create', 'lab')
    expect((await cli('group', 'add', 'lab', 'eve')).err).toContain('User:eve')
    expect((await chat(ready.url, key, ready.model)).status).toBe(404) // not even that it exists
    expect((await cli('role', 'assign', 'user', 'Group:lab', '--until', '4h')).err).toContain('ends in 4 h')
    expect((await chat(ready.url, key, ready.model)).status).toBe(200)
    const lock = await json('lock', 'add', 'principal', 'eve', '--reason', 'lost laptop')
    expect((await chat(ready.url, key, ready.model)).status).toBe(403)
    expect((await cli('lock', 'list')).out).toContain('lost laptop')
    expect((await cli('lock', 'remove', lock.id)).code).toBe(0)
    expect((await cli('role', 'unassign', 'user', 'Group:lab')).code).toBe(0)
    expect((await chat(ready.url, key, ready.model)).status).toBe(404)
    expect((await cli('call', 'cut', '--of', 'eve', '--reason', 'x')).code).toBe(0)
    expect((await cli('call', 'cut')).code).toBe(2)
    expect((await cli('why')).out).toContain('ALLOW')
    const before = (await cli('lock', 'list')).out
    for (const [kind, target] of [
      ['principal', 'evee'],
      ['principal', 'Agent:eve'],
      ['credential', 'f'],
      ['role', 'userr'],
      ['model', 'nope'],
      ['everything', 'eve'],
    ] as const) {
      const { code, err } = await cli('lock', 'add', kind, target)
      expect([kind, code]).toEqual([kind, kind === 'everything' ? 2 : 1])
      expect(err).toContain(target)
    }
    expect((await cli('lock', 'list')).out).toBe(before)
    const byName = await json('lock', 'add', 'credential', 'e')
    expect(byName.target).toBe(key.slice(4, 16))
    expect((await chat(ready.url, key, ready.model)).status).toBe(403)
    expect((await cli('lock', 'remove', byName.id)).code).toBe(0)
  })

  it('makes nobody with a role or group that is not there, and keeps the shipped roles', async () => {
    for (const flag of ['--role', '--group']) {
      expect((await cli('user', 'create', 'halfway', flag, 'nope')).err).toContain('nope')
      expect((await cli('user', 'show', 'halfway')).code).toBe(1)
    }
    expect((await cli('user', 'create', 'halfway', '--role', 'user')).code).toBe(0)
    expect((await cli('role', 'remove', 'admin', '--yes')).err).toContain('shipped')
    expect((await cli('role', 'show', 'admin')).code).toBe(0)
  })

  it('says what waits for whom, and of wrong input what is wrong, having done nothing', async () => {
    expect((await cli('request', 'create', 'operator', '--for', '1h', '--reason', 'own')).code).toBe(0)
    expect(await cli('review', 'list')).toMatchObject({ out: '', err: expect.stringContaining('No request waits') })
    expect((await cli('request', 'list', '--state', 'flying')).err).toContain('--state takes pending')
    expect((await cli('model', 'get', '--url', 'https://models.example/x.gguf')).err).toContain('Say under which name')
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    expect((await cli('guard', 'mask', '--session', 'notes.txt', 'notes.txt')).err).toContain('something else')
    expect(readdirSync(folder)).not.toContain('notes.txt.key')
    writeFileSync(join(folder, 'hooks.yaml'), 'hooks: [{ name: p, secretFile: notes.txt, roles: [operator] }]')
    const refused = await cli('up', '--config', 'hooks.yaml', '--data', 'hooked', '--listen', '127.0.0.1:0')
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('openssl rand') })
    expect(refused.err).not.toContain('    at ')
    const inUse = await cli(
      'audit',
      'witness',
      '--data',
      '.',
      '--log',
      (await cli('audit', 'checkpoint', '--key')).out.trim(),
    )
    expect(inUse).toMatchObject({ code: 2, err: expect.stringContaining('something else') })
    const strange = await cli('audit', 'witness', '--data', 'witness', '--log', 'nonsense')
    expect(strange).toMatchObject({ code: 2, err: expect.stringContaining('nonsense is no verifier key') })
    await cli('user', 'create', 'medic', '--role', 'emergency')
    const emergency = (await cli('key', 'create', 'm', '--owner', 'medic')).out.trim()
    const env = { SALLYPORT_URL: gateway.ready.url, SALLYPORT_KEY: emergency }
    const glass = ['break-glass', 'operator', '--for', '30m', '--reason', 'down']
    expect((await run(process.execPath, [MAIN, ...glass], { env })).code).toBe(0)
    expect((await cli('status')).out).toMatch(/review {2}User::"medic" took operator.*grant review grt_/)
    expect(await cli('campaign', 'keep', 'nope')).toMatchObject({ code: 2, err: expect.stringContaining('nope is no') })
  })

  it('tries rules beside those in force, and asking how it went begins nothing', async () => {
    await cli('policy', 'pull', 'beside')
    expect((await cli('policy', 'pull', 'beside')).code).toBe(0)
    const shipped = readFileSync(join(folder, 'beside/roles.cedar'), 'utf8')
    writeFileSync(join(folder, 'beside/roles.cedar'), `// mine\n${shipped}`)
    const asked = await cli('policy', 'pull', 'beside')
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('beside/roles.cedar') })
    expect(readFileSync(join(folder, 'beside/roles.cedar'), 'utf8')).toContain('// mine')
    expect((await cli('policy', 'pull', 'beside', '--yes')).code).toBe(0)
    expect(readFileSync(join(folder, 'beside/roles.cedar'), 'utf8')).toBe(shipped)
    writeFileSync(
      join(folder, 'beside/own.cedar'),
      '@id("brief") @why("Brief answers.") @clamp("maxTokens <= 64") permit (principal in Role::"user", action == Action::"chat", resource);',
    )
    expect(await cli('policy', 'shadow')).toMatchObject({ code: 1, err: expect.stringContaining('No bundle') })
    const begun = await cli('policy', 'shadow', 'beside')
    expect(begun.err).toMatch(/^In the shadow: version \d+\. /)
    const version = /version \d+/.exec(begun.err)?.[0]
    expect((await cli('policy', 'shadow')).err).toContain(`${version} since`)
    expect((await cli('policy', 'history')).out.split('\n')[0]).toMatch(/^\d+\tshadow\t/)
    const unasked = await cli('policy', 'apply', 'beside', '--json')
    expect(unasked).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Plan ') })
    expect((await cli('policy', 'shadow', '--report')).err).toContain(`${version} since`)
    await cli('user', 'create', 'ida', '--role', 'user')
    expect((await cli('can', 'ida', 'chat', gateway.ready.model)).out).not.toContain('@clamp')
    expect((await cli('policy', 'promote', '--reason', 'brief is enough')).code).toBe(0)
    expect((await cli('policy', 'history')).out.split('\n')[0]).toMatch(/in force.*brief is enough/)
    const { out } = await cli('can', 'ida', 'chat', gateway.ready.model, '--at', '2027-01-01T10:00:00Z')
    expect(out).toContain('  @clamp maxTokens <= 64\n')
    expect((await cli('policy', 'plan', 'beside')).err).toContain('Nothing to apply: these rules are in force')
    writeFileSync(join(folder, 'beside/own.cedar'), '')
    expect((await cli('policy', 'diff', 'beside')).err).toMatch(/^Differs from version \d+ in 1 file/)
  })

  it('follows the log live until it is interrupted', async () => {
    const child = spawn(process.execPath, [MAIN, 'tail', '--kind', 'group.created', '--json'], {
      cwd: folder,
      env: ENV,
    })
    let out = ''
    const seen = new Promise<void>((resolve) => {
      child.stdout.on('data', (piece) => {
        out += String(piece)
        if (out.includes('\n')) resolve()
      })
    })
    for (let i = 0; i < 20 && out === ''; i++) await Promise.race([cli('group', 'create', `g${i}`), seen])
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130)
    expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({ kind: 'group.created' })
  })

  it('prints lines for clients that work when they are pasted', async () => {
    const { out: shell } = await cli('connect', 'openai')
    const script = [
      "import OpenAI from 'openai'",
      `const ask = { model: '${gateway.ready.model}', max_tokens: 4, messages: [{ role: 'user', content: 'Hello' }] }`,
      'console.log((await new OpenAI().chat.completions.create(ask)).choices[0].message.content)',
    ].join('; ')
    const pasted = `${shell}\nexec ${JSON.stringify(process.execPath)} --input-type=module -e ${JSON.stringify(script)}`
    const openai = await run('/bin/sh', ['-c', pasted], { cwd: ROOT })
    expect(openai.code, openai.err).toBe(0)
    expect(openai.out.trim()).not.toBe('')
    const curl = (await cli('connect', 'curl')).out
    expect(curl).toContain(`Bearer ${gateway.ready.key}`)
    for (const client of ['langchain', 'aisdk', 'ollama']) {
      const { out } = await cli('connect', client)
      const result = await run(process.execPath, ['--input-type=module', '-e', out], { cwd: ROOT })
      expect(result.code, `${client}: ${result.err}`).toBe(0)
      expect(result.out.trim(), client).not.toBe('')
    }
    expect((await cli('connect', 'nothing')).code).toBe(2)
  })

  it('prints lines for coding agents that a shell reads as they are meant', async () => {
    const { url, key, model } = gateway.ready
    const read = async (client: string, then: string) => {
      const { out } = await cli('connect', client)
      return (
        await run('/bin/sh', ['-c', `codex() { printf '%s\\n' "$@"; }\n${out}\n${then}`], { cwd: ROOT })
      ).out.trimEnd()
    }
    const claude = await read(
      'claude',
      'echo "$ANTHROPIC_BASE_URL $ANTHROPIC_AUTH_TOKEN$ANTHROPIC_API_KEY $ANTHROPIC_MODEL"',
    )
    expect(claude).toBe(`${url} ${key} ${model}`)
    expect((await read('codex', 'echo "$SALLYPORT_KEY"')).split('\n')).toEqual([
      ...['-m', model, '-c', 'model_provider=sallyport', '-c', 'web_search=disabled', '-c'],
      `model_providers.sallyport={ name = "Sallyport", base_url = "${url}/v1", env_key = "SALLYPORT_KEY" }`,
      key,
    ])
    expect(JSON.parse(await read('opencode', 'echo "$OPENCODE_CONFIG_CONTENT"'))).toMatchObject({
      model: `sallyport/${model}`,
      provider: { sallyport: { options: { baseURL: `${url}/v1`, apiKey: key }, models: { [model ?? '']: {} } } },
    })
  })

  it('finds leaked keys, also where two blocks meet', async () => {
    const place = join(folder, 'leak')
    mkdirSync(join(place, 'deep'), { recursive: true })
    const text = gateway.ready.key ?? ''
    const id = text.slice(4, 16)
    writeFileSync(join(place, 'deep/a.env'), `${'x'.repeat((1 << 20) - 30)}\nKEY=${text}\n`)
    writeFileSync(join(place, 'b.env'), `KEY=spk_${'a'.repeat(12)}_${'b'.repeat(49)}\n`)
    const found = await cli('key', 'scan', place)
    expect(found.code).toBe(1)
    expect(found.out).toBe(`${join(place, 'deep/a.env')}\t2\t${id}\n`)
    expect(found.out).not.toMatch(KEY_PATTERN)
    const spare = (await cli('key', 'create', 'spare', '--owner', 'admin')).out.trim()
    writeFileSync(join(place, 'deep/a.env'), `${spare}\n`)
    expect((await cli('key', 'scan', place, '--report')).err).toContain(`revoked  ${spare.slice(4, 16)}`)
    rmSync(join(place, 'deep'), { recursive: true })
    expect((await cli('key', 'scan', place)).code).toBe(0)
  })

  it('shows what an act would end before it is done, and offboards in one', async () => {
    await cli('user', 'create', 'leaver', '--role', 'user')
    const made = (await cli('key', 'create', 'gone', '--owner', 'leaver')).out.trim()
    const id = made.slice(4, 16)
    for (const words of [
      ['user', 'offboard', 'leaver'],
      ['lock', 'add', 'principal', 'leaver'],
      ['key', 'revoke', id],
      ['role', 'unassign', 'user', 'leaver'],
    ]) {
      const { code, err } = await cli(...words, '--dry-run')
      expect([code, words.join(' ')]).toEqual([0, words.join(' ')])
      expect(err).toContain('nothing is done')
    }
    expect((await cli('lockdown', 'off', '--dry-run')).code).toBe(2)
    expect(await json('key', 'show', id)).toMatchObject({ condition: 'active' })
    const done = await cli('user', 'offboard', 'leaver', '--reason', 'left')
    expect(done.code).toBe(0)
    expect(done.err).toContain('1 key revoked · 0 grants ended · 1 role')
    expect(await json('key', 'show', id)).toMatchObject({ condition: 'revoked' })
  })

  it('replaces the key that signs checkpoints, and what it signed before still holds', async () => {
    const old = (await cli('audit', 'checkpoint', '--key')).out.trim()
    expect(await cli('audit', 'rekey', '--reason', 'yearly')).toMatchObject({ code: 1, out: '' })
    expect((await cli('audit', 'checkpoint', '--key')).out.trim()).toBe(old)
    const done = await cli('audit', 'rekey', '--reason', 'yearly', '--yes')
    expect(done.code, done.err).toBe(0)
    const [now, before] = done.out.trim().split('\n')
    expect(before).toContain(old)
    expect((await cli('audit', 'checkpoint', '--keys')).out).toBe(done.out)
    expect((await cli('audit', 'checkpoint', '--key')).out.trim()).toBe(now)
    expect((await cli('audit', 'verify')).code).toBe(0)
    expect((await cli('audit', 'list', '--kind', 'audit.rekeyed')).out).toContain('yearly')
  })

  it('writes a start that starts, and never over what is there', async () => {
    const place = join(folder, 'fresh')
    expect((await cli('init', place)).code).toBe(0)
    expect((await cli('init', place)).code).toBe(1)
    const { out, code } = await run(process.execPath, [MAIN, 'config', 'listen'], { cwd: place })
    expect({ out, code }).toEqual({ out: '127.0.0.1:4141\n', code: 0 })
  })

  it('shows status, settings and versions', async () => {
    expect(await json('status')).toMatchObject({ you: 'User:admin', locks: 0 })
    expect((await json('config')).find((one: { name: string }) => one.name === 'keys.defaultDays')).toMatchObject({
      value: 90,
      source: 'default',
    })
    expect(JSON.parse((await cli('config', '--schema')).out)).toMatchObject({ type: 'object' })
    expect((await cli('version')).out).toMatch(/^sallyport \d+\.\d+\.\d+\n$/)
    expect((await cli('doctor')).out).toContain('ok    gateway')
  })
})

it('doctor says what the gateway has raised about itself, and nothing of what is unusual about people', async () => {
  const time = new Date().toISOString()
  const answering = (...reasons: string[]) => {
    const call = async (_name: string, { query }: { query: { reason?: string } }) => ({
      items: reasons
        .filter((reason) => reason === query.reason)
        .map((reason) => ({ kind: 'alert.raised', reason, time, subject: 'node/one' })),
    })
    return { call } as unknown as Pick<Client, 'call'>
  }
  expect(await raised(answering())).toEqual([])
  expect(await raised(answering('key used from a new network'))).toEqual([])
  expect(await raised(answering('key used from a new network', 'clock ahead', 'history rewritten'))).toMatchObject([
    { state: 'FAIL', check: 'alert', text: expect.stringContaining('not the one that was signed before') },
    { state: 'warn', check: 'alert', text: expect.stringContaining('node/one') },
  ])
})

describe('bypass probe', () => {
  const config = (server: Server) => ({
    listen: '127.0.0.1:4141',
    upstreams: [{ name: 'up', kind: 'openai' as const, url: `http://127.0.0.1:${portOf(server)}` }] as never,
  })

  it('fails when the model server answers under another address, and not when it does not', async () => {
    // The other address is a loopback one here; the probe does not know.
    const open = await modelServer('127.0.0.2')
    const closed = await modelServer('127.0.0.1')
    expect((await bypass(config(open), ['127.0.0.2']))[0]).toMatchObject({ state: 'FAIL', check: 'bypass' })
    expect((await bypass(config(closed), ['127.0.0.2']))[0]).toMatchObject({ state: 'ok' })
    // Never green without having looked.
    expect((await bypass(config(closed), []))[0]).toMatchObject({ state: 'warn' })
    for (const server of [open, closed]) await new Promise((resolve) => server.close(resolve))
  })
})

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** Something that lists one model, as an OpenAI-compatible server does. */
async function modelServer(host: string): Promise<Server> {
  const server = createServer((request, response) => {
    const found = request.url === '/v1/models'
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      found ? JSON.stringify({ object: 'list', data: [{ id: 'tiny', object: 'model', owned_by: 'test' }] }) : '{}',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return server
}
