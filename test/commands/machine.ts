// Rules and settings, the gateway itself and what stands beside it, and the commands that need no gateway.
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { start } from '../../src/app/index.ts'
import { TOPICS } from '../../src/cli/help.ts'
import { chat } from '../e2e/harness.ts'
import { NASTY, untilSignal, type World } from './world.ts'

const local = { local: true }
/** How it looks otherwise is tested beside the commands that work on rules alone. */
const json = { local: true, once: true }

export function machine(world: () => World): void {
  it('shows itself to whoever asks', async () => {
    const { look, wrong, keys, run, gateway, at } = world()
    expect((await look(['whoami'])).value).toMatchObject({ principal: 'User:admin', credential: { kind: 'key' } })
    expect((await look(['whoami'])).out).toMatch(/^credential\tkey \w{12}$/m)
    expect((await look(['status'])).value).toMatchObject({
      you: 'User:admin',
      models: ['m:latest', 'talker:latest'],
      alerts: expect.any(Array),
    })
    // What somebody may not see is left out of it, not shown as nothing.
    expect(JSON.parse((await run(['status', '--json'], { key: keys.ana })).out)).not.toHaveProperty('nodes')
    const clients = 'openai ollama anthropic claude codex opencode langchain aisdk openwebui curl'.split(' ')
    for (const client of clients) {
      const shown = await look<{ lines: string[]; url: string }>(['connect', client])
      expect(shown.out).toContain(gateway.key)
      expect(shown.value).toMatchObject({ url: gateway.url, lines: shown.out.trimEnd().split('\n') })
    }
    expect(JSON.parse((await run(['connect', 'curl', '--model', 'talker:latest', '--json', 'model'])).out)).toEqual({
      model: 'talker:latest',
    })
    expect((await run(['connect', 'openai', '--model', 'ghost'])).said).toMatch(
      /You see no model "ghost"[\s\S]*name no model/,
    )
    await wrong(['connect', 'toString'], 2, /No lines are known/)
    await wrong(['connect', 'curl'], 1, /access_denied/, { key: keys.nobody })
    await wrong(['status'], 1, /access_denied/, { key: keys.nobody })
    await wrong(['whoami', '--url', 'http://127.0.0.1:9'], 1, /No gateway answers/)
    await wrong(['status', '--key', 'spk_nonsense'], 5, /another key/)

    writeFileSync(at('doctor.yaml'), `data: ${at('no-data')}\nlisten: 127.0.0.1:4199\n`)
    const found = await run(['doctor', '--config', at('doctor.yaml'), '--json'])
    const checks = JSON.parse(found.out) as { check: string; state: string; text: string }[]
    const of = (check: string) =>
      checks.filter((one) => one.check === check).map(({ state, text }) => `${state} ${text}`)
    expect(of('gateway')).toEqual([expect.stringContaining('you are User:admin')])
    expect(of('ready')).toEqual(['ok takes calls'])
    expect(of('upstream')).toEqual(['ok up is up, 2 models'])
    expect(of('settings')).toEqual([
      'ok valid',
      'warn schedules.night.role: there is no role opreator, so it has no effect',
      'warn schedules.night.principal: there is no principal Service:ghost, so it has no effect',
    ])
    // The settings here name no model server; the gateway was started with one.
    expect(of('bypass')[0]).toContain(world().upstream.url)
    const few = (await run(['doctor', '--config', at('doctor.yaml')], { key: keys.ana })).out
    expect(few).toMatch(/ok {4}gateway .*you are User:ana$/m)
    expect(few).toMatch(/warn {2}rights .*not looked at: .*access_denied/)
    expect(few).toMatch(/warn {2}bypass .*was not seen/)
    await wrong(['doctor', 'now'], 2, /too many arguments/)
    const stranger = await run(['doctor', '--config', at('doctor.yaml')], { key: '' })
    expect([stranger.code, stranger.out]).toEqual([1, expect.stringMatching(/FAIL {2}gateway .*invalid_api_key/)])
    writeFileSync(at('bad.yaml'), 'listne: x\n')
    expect((await run(['doctor', '--config', at('bad.yaml')])).out).toMatch(/FAIL {2}settings .*did you mean listen/)
  })

  it('says who may what, and why', async () => {
    const { look, wrong, gateway, keys, run } = world()
    const can = await look(['can', 'dana', 'chat', 'm:latest', '--from', '203.0.113.9'])
    expect(can.value).toMatchObject({ decision: 'allow', principal: expect.stringContaining('dana') })
    expect(can.out).toMatch(/^ALLOW[\s\S]*supposed {2}from 203.0.113.9[\s\S]*user-uses-models/)
    const cannot = await run(['can', 'nobody', 'chat', 'm:latest', '--json'])
    expect([cannot.code, JSON.parse(cannot.out).decision]).toEqual([1, 'deny'])
    expect((await run(['can', 'nobody', 'chat', 'm:latest', '--role', 'user'])).code).toBe(0)

    expect((await gateway.call('/v1/chat/completions', chat('m:latest'), { key: keys.dana })).status).toBe(200)
    const denied = await gateway.call('/v1/chat/completions', chat('m:latest'), { key: keys.eve })
    const decision = denied.headers.get('x-sallyport-decision') ?? ''
    if (decision !== '') expect((await look(['why', decision])).value).toMatchObject({ decision: 'deny' })
    const last = await run(['why'], { key: keys.dana })
    expect(last.out).toMatch(/^ALLOW {2}User::"dana" → chat → /)
    expect(last.out).toContain('The same call now: ALLOW')
    expect(
      (await run(['why', 'last', '--set', 'auth.ip=10.0.0.1', '--at', '2026-12-24T22:00:00Z'], { key: keys.dana })).out,
    ).toContain('supposed  at 2026-12-24')

    await wrong(['can', 'ghost', 'chat', 'm:latest', '--set', 'nonsense'], 2, /--set takes name=value/)
    expect((await run(['can', 'dana', 'fly', 'm:latest'])).out).toContain('there is no such action')
    await wrong(['can', 'dana', 'chat', 'm:latest', '--from', 'home'], 1, /address|home/)
    await wrong(['can', 'dana', 'chat', 'm:latest', '--at', 'soon'], 2, /--at takes a span/)
    await wrong(['why', 'ghost'], 1, /not_found/)
    await wrong(['why'], 1, /no call yet/, { key: keys.ana })
    await wrong(['why', 'last'], 5, /give a key/, { key: '' })
  })

  it('up serves until it is told to stop', async () => {
    const { at, wrong, upstream } = world()
    const argv = ['up', '--data', at('up'), '--listen', '127.0.0.1:0', '--log-level', 'silent']
    const first = await untilSignal(world(), [...argv, '--json'], 'SIGTERM', /\n/, { start })
    expect(first.code).toBe(0)
    expect(JSON.parse(first.out)).toMatchObject({
      url: expect.stringMatching(/^http/),
      key: expect.stringMatching(/^spk_/),
    })
    const told = [...argv, '--auto', '--upstream', upstream.url]
    const again = await untilSignal(world(), told, 'SIGINT', /Next/, { start })
    expect(again.said).toMatch(/--auto is left aside[\s\S]*Stopping/)
    await wrong(['up', '--listen', 'here'], 1, /The settings refuse to start/)
    await wrong(['up', '--upstream', 'nowhere'], 2, /is not an http/)
  })

  it('rules of a folder', async () => {
    const { look, wrong, at, run } = world()
    expect((await look(['policy', 'init', at('own')], json)).value).toEqual({ policies: at('own') })
    await wrong(['policy', 'init', at('own')], 1, /is not empty/)
    expect((await look(['policy', 'lint', at('own')], json)).value).toEqual({ problems: [] })
    expect((await look(['policy', 'test', at('own')], json)).value).toMatchObject({ failed: 0 })
    expect((await look(['policy', 'cover', at('own')], json)).value).toMatchObject({ unhit: [] })
    const tried = ['policy', 'try', 'a-user', 'chat', 'small', '--folder', at('own')]
    expect((await look(tried, json)).value).toMatchObject({ allow: true })
    appendFileSync(at('own/roles.cedar'), '@id("x") @why("x") permit(principal,action==Action::"chat",resource);')
    expect((await look(['policy', 'fmt', at('own')], json)).value).toEqual({ changed: ['roles.cedar'] })
    await wrong(['policy', 'test', at('own'), '--format', 'pdf'], 2, /--format is junit or github/)
    await wrong(['policy', 'test', at('own'), '--json', '--format', 'pdf'], 2, /--format is junit or github/)
    for (const verb of ['lint', 'test', 'cover', 'fmt', 'plan', 'apply', 'diff', 'shadow'])
      await wrong(['policy', verb, at('none')], 3, /There is no folder/)
    await wrong([...tried, '--set', 'nonsense'], 2, /--set takes/)
    appendFileSync(at('own/roles.cedar'), 'permit (')
    for (const verb of ['lint', 'test', 'cover', 'fmt']) {
      const broken = await run(['policy', verb, at('own')])
      expect([verb, broken.code]).toEqual([verb, 3])
    }
  })

  it('rules of the gateway', async () => {
    const { look, act, wrong, at, run, api } = world()
    expect((await look(['policy', 'pull', at('pulled'), '--yes'])).value).toMatchObject({
      version: 1,
      folder: at('pulled'),
    })
    expect((await look(['policy', 'diff', at('pulled')])).value).toEqual({ version: 1, files: [] })
    const own =
      '@id("brief") @why("Brief answers.") @clamp("maxTokens <= 64")\npermit (\n  principal in Role::"user",\n  action == Action::"chat",\n  resource\n);\n'
    writeFileSync(at('pulled/own.cedar'), own)
    const differs = await run(['policy', 'diff', at('pulled'), '--json'])
    expect([differs.code, JSON.parse(differs.out).files]).toEqual([1, [expect.objectContaining({ path: 'own.cedar' })]])
    const planned = await look<{ hash: string; rules: object }>(['policy', 'plan', at('pulled')])
    expect(planned.value).toMatchObject({ from: 1, rules: { added: ['brief'] } })
    expect((await look(['can', 'dana', 'chat', 'm:latest'])).out).not.toContain('@clamp')

    expect((await act(['policy', 'shadow', at('pulled'), '--reason', 'beside'])).value).toMatchObject({
      version: expect.any(Number),
    })
    expect((await look(['policy', 'shadow'])).value).toMatchObject({ differing: 0 })
    expect((await act(['policy', 'shadow', '--off'])).value).toMatchObject({ receipt: {} })
    await wrong(['policy', 'promote'], 1, /No rules are in the shadow slot/)
    await run(['policy', 'shadow', at('pulled')])
    expect((await act(['policy', 'promote', '--reason', NASTY])).value).toMatchObject({
      receipt: { nodes: [{ applied: true }] },
    })
    expect((await run(['can', 'dana', 'chat', 'm:latest'])).out).toContain('@clamp maxTokens <= 64')
    expect((await act(['policy', 'rollback', '1', '--reason', 'back'])).value).toMatchObject({
      digest: expect.any(String),
    })
    expect((await run(['can', 'dana', 'chat', 'm:latest'])).out).not.toContain('@clamp')
    const applied = await act<{ version: number }>([
      'policy',
      'apply',
      at('pulled'),
      '--plan',
      planned.value.hash,
      '--reason',
      'x',
    ])
    expect((await api('GET', '/policies/active')).files).toContain('own.cedar')
    const history = await look<{ version: number; active: boolean }[]>(['policy', 'history'])
    expect(history.value[0]).toMatchObject({ version: applied.value.version, active: true })

    // The guard runs with the file it was started with, whatever the rules in force have.
    writeFileSync(at('pulled/data-classes.yaml'), 'classes:\n  badge:\n    patterns: ["BADGE-[0-9]{4}"]\n')
    const waits = /data-classes\.yaml is not the one that the guard runs with/
    expect((await run(['policy', 'plan', at('pulled')])).said).toMatch(waits)
    expect((await run(['policy', 'apply', at('pulled'), '--yes'])).said).toMatch(waits)
    expect((await run(['policy', 'apply', at('pulled'), '--yes'])).said, 'in force already').toMatch(waits)
    expect((await run(['policy', 'rollback', '1', '--yes'])).said).not.toMatch(waits)
    rmSync(at('pulled/data-classes.yaml'))
    expect((await run(['policy', 'apply', at('pulled'), '--yes'])).said).not.toMatch(waits)

    await wrong(['policy', 'apply', at('pulled'), '--plan', 'stale'], 1, /plan/)
    writeFileSync(at('pulled/own.cedar'), own.replace('64', '32'))
    await wrong(['policy', 'apply', at('pulled')], 1, /say --yes/)
    await wrong(['policy', 'pull', at('pulled')], 1, /say --yes/)
    expect(readFileSync(at('pulled/own.cedar'), 'utf8')).toContain('32')
    await wrong(['policy', 'rollback', 'ghost'], 2, /Say which version/)
    await wrong(['policy', 'rollback', '999'], 1, /not_found/)
    await wrong(['policy', 'pull', at('p2'), '--revision', 'ghost'], 1, /version|ghost/)
    expect(existsSync(at('p2'))).toBe(false)
    appendFileSync(at('pulled/own.cedar'), 'permit (')
    await wrong(['policy', 'plan', at('pulled')], 3, /policy_invalid/)
    await wrong(['policy', 'apply', at('pulled'), '--yes'], 3, /policy_invalid/)
  })

  it('settings, and files to start from', async () => {
    const { look, wrong, at, run } = world()
    expect((await look(['init', at('fresh')], json)).value).toEqual({
      settings: at('fresh/sallyport.yaml'),
      policies: at('fresh/policies'),
    })
    await wrong(['init', at('fresh')], 1, /already/)
    const config = ['--config', at('fresh/sallyport.yaml')]
    expect((await look(['config', 'keys.defaultDays', ...config], local)).value).toMatchObject({
      value: 90,
      source: 'file',
    })
    expect((await run(['config', ...config])).out).toMatch(/^listen\t127.0.0.1:4141\tfile$/m)
    expect(JSON.parse((await run(['config', '--schema'])).out)).toMatchObject({ type: 'object' })
    await wrong(['config', 'keys.defautDays'], 2, /keys.defaultDays/)
    await wrong(['config', '--config', at('none.yaml')], 1, /none.yaml/)
    expect((await look(['version'], local)).value).toMatchObject({
      version: expect.stringMatching(/^\d/),
      node: process.version,
    })
    await wrong(['version', 'now'], 2, /too many arguments/)
    for (const topic of TOPICS) expect((await look(['help', topic], local)).value, topic).not.toEqual([])
    await wrong(['help', 'ghost'], 2, /help exit-codes\|env/)
    expect((await look(['completion', 'zsh'], local)).out).toMatch(/^#compdef sallyport/)
    await wrong(['completion', 'toString'], 2, /completion bash\|zsh/)
  })

  it('models from files', async () => {
    const { look, wrong, at, run } = world()
    mkdirSync(at('models'))
    copyFileSync('models/demo-q8.gguf', at('models/m.gguf'))
    writeFileSync(at('models/s.yaml'), '')
    const config = ['--config', at('models/s.yaml'), '--data', at('models/data')]
    const added = await look(['model', 'add', 'helper', '--file', at('models/m.gguf'), ...config], {
      ...local,
      once: true,
    })
    expect(added.value).toMatchObject({ name: 'helper', digest: expect.stringMatching(/^sha256:/) })
    expect(readFileSync(at('models/s.yaml'), 'utf8')).toContain('helper')
    expect((await look<object[]>(['model', 'get', ...config], local)).value.length).toBeGreaterThan(0)
    const engine = await run(['model', 'engine', ...config, '--json'])
    expect([engine.code, JSON.parse(engine.out).installed]).toEqual([1, false])
    const before = readFileSync(at('models/s.yaml'), 'utf8')
    await wrong(
      ['model', 'add', 'helper', '--file', at('models/m.gguf'), ...config],
      1,
      /There is a model helper already/,
    )
    await wrong(['model', 'add', 'two', '--file', at('models/s.yaml'), ...config], 2, /is not a GGUF file/)
    await wrong(['model', 'add', 'two', ...config], 2, /Say which file/)
    await wrong(['model', 'add', '../two', '--file', at('models/m.gguf'), ...config], 2, /no name for a model/)
    await wrong(['model', 'get', 'ghost', ...config], 2, /No model ghost is known/)
    await wrong(['model', 'get', 'x', '--url', 'https://models.example/x.gguf', ...config], 2, /--sha256/)
    await wrong(['model', 'engine', 'remove', ...config], 2, /there is only install/)
    expect(readFileSync(at('models/s.yaml'), 'utf8')).toBe(before)
  })

  it('the guard', async () => {
    const { look, wrong, at, run } = world()
    writeFileSync(at('mail.txt'), `Mail jane@example.com ${NASTY}`)
    expect(
      (await look<object[]>(['guard', 'scan', at('mail.txt'), '--values', '--no-names'], local)).value,
    ).toContainEqual(expect.objectContaining({ class: 'personal/email', value: 'jane@example.com' }))
    expect((await look<object[]>(['guard', 'classes'], local)).value).toContainEqual(
      expect.objectContaining({ id: 'personal/email' }),
    )
    writeFileSync(at('plain.txt'), 'Mail jane@example.com')
    const masked = await run(['guard', 'mask', at('plain.txt'), '--no-names', '--session', at('vault')])
    expect(masked.out).toMatch(/^Mail EMAIL_\w{5}$/)
    writeFileSync(at('masked.txt'), masked.out)
    expect((await run(['guard', 'unmask', at('masked.txt'), '--session', at('vault')])).out).toBe(
      'Mail jane@example.com',
    )
    writeFileSync(
      at('own.yaml'),
      "classes: { business/contract: { patterns: ['C-\\d{6}'], examples: { match: [C-123456] } } }",
    )
    expect((await look(['guard', 'check', at('own.yaml')], local)).value).toEqual({
      classes: ['business/contract'],
      examples: 1,
    })
    expect((await look<object[]>(['guard', 'bench', at('plain.txt'), '--no-names'], json)).value).toHaveLength(2)
    for (const verb of ['scan', 'mask', 'check', 'bench']) await wrong(['guard', verb, at('none')], 1, /cannot be read/)
    await wrong(['guard', 'unmask', at('masked.txt')], 2, /Say where the stand-ins are kept/)
    await wrong(['guard', 'unmask', at('none'), '--session', at('vault')], 1, /cannot be read/)
    await wrong(['guard', 'mask', at('plain.txt'), '--treat', 'shred'], 2, /--treat takes/)
    await wrong(['guard', 'classes', '--classes', at('none.yaml')], 1, /cannot be read/)
  })
}
