// One gateway on which every command of the CLI is run for real, and ways to run them that look at more than the command
// says: that nobody without the right can run it, that it needs a key, asks before what cannot be undone, changes nothing
// on a dry run, prints JSON that parses, and gives no orders to a terminal. What was run is kept for the test of the table.
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { COMMANDS } from '../../src/cli/options.ts'
import { runCli } from '../cli.ts'
import { chat, startGateway, type TestGateway } from '../e2e/harness.ts'
import { json, ndjson, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'

/** What somebody wrote who would like to clear a terminal and to turn text round. */
export const NASTY = 'a\u001b[2J\u202eb'
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u

const RULES = `
@id("keep") @why("What dana asks is kept.") @record("prompt, answer, 30d")
permit (principal == User::"dana", action == Action::"chat", resource == Model::"m:latest");
@id("reads-content") @why("Erin may read it.")
permit (principal == User::"erin", action == Action::"readContent", resource);
@id("grown") @why("What the lab borrows is of use.") @longest("1h")
permit (principal == User::"dana", action == Action::"requestRole", resource == Role::"auditor");
`

export type Argv = readonly string[]
type Ended = Awaited<ReturnType<typeof runCli>>
export type Way = 'run' | 'json' | 'refused'

export interface World {
  readonly gateway: TestGateway
  readonly upstream: ScriptedUpstream
  /** What the model server tells of the model m. */
  readonly told: { digest: string }
  /** A folder of its own, and a path in it. */
  at(name: string): string
  /** Keys by name of their owner; `nobody` is known and may nothing. */
  readonly keys: Record<'dana' | 'ana' | 'eve' | 'erin' | 'nobody', string>
  readonly ran: ReadonlyMap<string, ReadonlySet<Way>>
  close(): Promise<void>

  /** One run as it is. */
  run(argv: Argv, options?: As & More): Promise<Ended>
  /** A command that only shows; what it prints, and its JSON. */
  look<T = unknown>(argv: Argv, as?: As): Promise<{ out: string; said: string; value: T }>
  /** A command that changes something; its JSON. Before that, everything that must not change it. */
  act<T = Record<string, unknown>>(argv: Argv, as?: As): Promise<{ said: string; value: T }>
  /** A run that is refused in one line, and changes nothing. */
  wrong(argv: Argv, code: number, line: RegExp, as?: As): Promise<void>
  /** The same API without the CLI. */
  api(method: string, path: string, body?: unknown, key?: string): Promise<Answer>
  issue(owner: string): Promise<string>
  /** Status of a call to the model m with a key. */
  status(key: string): Promise<number>
  /** A call that runs until it is ended; resolves when it runs. */
  talk(): Promise<{ call: string; session: string; ended: Promise<string> }>
}

// biome-ignore lint/suspicious/noExplicitAny: what is looked at is checked by what is expected of it
export type Answer = Record<string, any>

type More = Pick<NonNullable<Parameters<typeof runCli>[1]>, 'start' | 'heard' | 'tty'>

export interface As {
  readonly key?: string
  /** Everybody with a key may run it. */
  readonly everybody?: boolean
  /** Nothing of it goes to a gateway. */
  readonly local?: boolean
  /** It cannot be run again: only its JSON is looked at. */
  readonly once?: boolean
}

/** Written by looking, by being refused, and by the gateway on its own. */
const NO_CHANGE =
  /^(admin|alert|call|stranger|node|access)\.|^(content\.(read|expired)|grant\.used|request\.expired|model\.(pinned|changed)|sweep\.finished|(key|role)\.warned)$/

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** The row of the table that a line of words belongs to. */
export const rowOf = (argv: Argv) =>
  COMMANDS.find(({ name }) => name === argv.slice(0, 2).join(' ')) ?? COMMANDS.find(({ name }) => name === argv[0])

/** Runs it until `enough` is printed, then sends it the signal as the system would: to those who listen. */
export async function untilSignal(world: World, argv: Argv, signal: NodeJS.Signals, enough: RegExp, more: More = {}) {
  const before = new Set(process.listeners(signal))
  let out = ''
  const ended = world.run(argv, { ...more, heard: (text) => (out += text) })
  await expect.poll(() => enough.test(out), { timeout: 20_000 }).toBe(true)
  for (const listener of process.listeners(signal)) if (!before.has(listener)) listener(signal)
  const found = await ended
  expect(process.listeners(signal).filter((listener) => !before.has(listener))).toEqual([])
  return found
}

export async function createWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-commands-'))
  const at = (name: string) => join(folder, name)
  cpSync('policies', at('rules'), { recursive: true })
  rmSync(at('rules/tests'), { recursive: true })
  appendFileSync(at('rules/access.cedar'), RULES)

  const told = { digest: `sha256:${'a'.repeat(64)}` }
  const script: Script = (response, received) => {
    if (received.path === '/api/tags')
      return json({
        models: [
          { name: 'm:latest', digest: told.digest },
          { name: 'talker:latest', digest: `sha256:${'c'.repeat(64)}` },
        ],
      })(response, received)
    const answer = { message: { role: 'assistant', content: 'The heron is fine.' }, done: true }
    if (!received.body.includes('"talker'))
      return (received.body.includes('"stream":true') ? ndjson(answer) : json(answer))(response, received)
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const line = `${JSON.stringify({ message: { role: 'assistant', content: 'words and ' }, done: false })}\n`
    const timer = setInterval(() => response.write(line), 20)
    response.once('close', () => clearInterval(timer))
  }
  const upstream = await startScripted(script)
  const gateway = await startGateway({
    policies: at('rules'),
    upstreams: [{ name: 'up', kind: 'ollama', url: upstream.url }],
    schedules: [{ name: 'night', role: 'opreator', principal: 'Service:ghost', from: '01:00', to: '02:00' }],
    quotas: [{ name: 'few', per: 'model', only: 'm:latest', limit: '100000 requests/minute' }],
  })

  const api: World['api'] = async (method, path, body, key = gateway.key) => {
    const response = await gateway.call(`/admin/v1${path}`, body, { method, key })
    const found = (await response.json()) as Answer
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(found)}`)
    return found
  }
  const issue = async (owner: string) => String((await api('POST', '/keys', { owner, name: 'k' })).key)
  const person = async (name: string, ...roles: string[]) => {
    await api('POST', '/users', { name })
    for (const role of roles) await api('POST', `/roles/${role}/assignments`, { holder: `User:${name}` })
    return issue(`User:${name}`)
  }

  const ran = new Map<string, Set<Way>>()
  const keep = (argv: Argv, way: Way) => {
    const name = rowOf(argv)?.name ?? ''
    ran.set(name, (ran.get(name) ?? new Set()).add(way))
  }

  const run: World['run'] = async (argv, { key = gateway.key, start, heard, tty = false } = {}) => {
    const env = { SALLYPORT_URL: gateway.url, SALLYPORT_DATA: at('no-data'), ...(key !== '' && { SALLYPORT_KEY: key }) }
    const ended = await runCli(argv, { env, tty, ...(start && { start }), ...(heard && { heard }) })
    const line = argv.join(' ')
    // An export is the log itself, to the byte; a terminal is guarded from it elsewhere.
    if (rowOf(argv)?.name !== 'audit export') expect(UNSAFE.exec(ended.out), line).toBe(null)
    expect(ended.said, line).not.toMatch(UNSAFE)
    expect(ended.said, line).not.toContain('    at ')
    // Of some, another exit code is the answer: found, differs, interrupted.
    const answered = argv.includes('--json') && isJson(ended.out.split('\n')[0] ?? '')
    if (answered) keep(argv, 'json')
    if (answered || [0, 130].includes(ended.code)) keep(argv, 'run')
    return ended
  }
  const good = async (argv: Argv, as?: As & More) => {
    const ended = await run(argv, as)
    expect(ended.code, `${argv.join(' ')}\n${ended.said}${ended.out}`).toBe(0)
    return ended
  }
  const parsed = async (argv: Argv, as?: As) => {
    const { out, said } = await good([...argv, '--json'], as)
    expect(isJson(out), `${argv.join(' ')} --json printed ${out}`).toBe(true)
    return { said, value: JSON.parse(out) as never }
  }
  const changes = async () => {
    const [{ items }, sweeps] = await Promise.all([
      api('GET', '/audit/counts?by=kind'),
      api('GET', '/sweeps?limit=100'),
    ])
    const kinds = (items as { value: string; events: number }[]).filter(({ value }) => !NO_CHANGE.test(value))
    const asked = (sweeps.items as { day?: string }[]).filter(({ day }) => day === undefined)
    return { sweeps: asked.length, ...Object.fromEntries(kinds.map(({ value, events }) => [value, events])) }
  }
  const refused = async (argv: Argv, codes: readonly number[], line: RegExp, as?: As) => {
    const ended = await run(argv, as)
    const told = `${argv.join(' ')}\n${ended.said}${ended.out}`
    expect(codes, told).toContain(ended.code)
    expect(ended.said, told).toMatch(line)
    expect(ended.said.match(/^error {2}/gm), told).toHaveLength(1)
    keep(argv, 'refused')
  }
  const unable = async (argv: Argv, as: As = {}) => {
    if (as.local) return
    await refused(argv, [5], /give a key/, { key: '' })
    if (!as.everybody)
      await refused(argv, [1], /\((access_denied|approval_required|not_found)\)|There is no key/, {
        key: world.keys.nobody,
      })
  }

  const world: World = {
    gateway,
    upstream,
    told,
    at,
    keys: { dana: '', ana: '', eve: '', erin: '', nobody: '' },
    ran,
    async close() {
      await gateway.close()
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    },
    run,
    async look(argv, as) {
      await unable(argv, as)
      const shown = as?.once ? { out: '' } : await good(argv, as)
      if (!as?.once) await good(argv, { ...as, tty: true })
      return { ...shown, ...(await parsed(argv, as)) }
    },
    async act(argv, as) {
      const before = await changes()
      await unable(argv, as)
      const flags = rowOf(argv)?.flags?.map(({ flag }) => flag) ?? []
      if (flags.includes('--yes') && argv.includes('--yes'))
        await refused(
          argv.filter((word) => word !== '--yes'),
          [1],
          /say --yes/,
          as,
        )
      if (flags.includes('--dry-run') && argv[1] !== 'off') {
        const dry = await parsed([...argv.filter((word) => word !== '--yes'), '--dry-run'], as)
        expect(dry.said, argv.join(' ')).toMatch(/nothing is done|Nothing was done|Nothing new/)
      }
      expect(await changes(), argv.join(' ')).toEqual(before)
      return parsed(argv, as)
    },
    async wrong(argv, code, line, as) {
      const before = await changes()
      await refused(argv, [code], line, as)
      expect(await changes(), argv.join(' ')).toEqual(before)
    },
    api,
    issue,
    status: async (key) => (await gateway.call('/v1/chat/completions', chat('m:latest'), { key })).status,
    async talk() {
      const response = await gateway.call('/v1/chat/completions', chat('talker:latest', { stream: true }), {
        key: world.keys.dana,
      })
      expect(response.status).toBe(200)
      const header = (name: string) => response.headers.get(name) ?? ''
      return { call: header('x-request-id'), session: header('x-sallyport-session'), ended: response.text() }
    },
  }
  Object.assign(world.keys, {
    dana: await person('dana', 'user'),
    ana: await person('ana', 'approver'),
    eve: await person('eve', 'emergency'),
    erin: await person('erin', 'auditor'),
    nobody: await person('nobody'),
  })
  return world
}
