// Models, sessions, calls, locks; roles for a while, campaigns, sweeps and reports; the red team.
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { chat } from '../e2e/harness.ts'
import { NASTY, type World } from './world.ts'

interface One {
  readonly id: string
}

export function access(world: () => World): void {
  it('models and the servers behind them', async () => {
    const { act, look, wrong, gateway, told, api } = world()
    expect((await look<object[]>(['model', 'list'])).value).toMatchObject([
      { name: 'm:latest', quarantined: false },
      { name: 'talker:latest' },
    ])
    expect((await look(['model', 'show', 'm:latest'])).value).toMatchObject({ upstream: 'up', digest: told.digest })
    expect((await look(['upstream', 'list'])).out).toMatch(/^up\tollama\tlocal\t2\tup\t/)
    await wrong(['model', 'show', 'ghost'], 1, /not_found/)
    await wrong(['model', 'accept', 'm:latest'], 1, /m:latest is not quarantined/)

    expect((await gateway.call('/v1/chat/completions', chat('m:latest'))).status).toBe(200)
    told.digest = `sha256:${'b'.repeat(64)}`
    await (await gateway.call('/api/pull', { model: 'm:latest', stream: false })).text()
    await expect.poll(() => api('GET', '/models/m:latest')).toMatchObject({ quarantined: true })
    await wrong(
      ['model', 'accept', 'm:latest', '--digest', `sha256:${'c'.repeat(64)}`],
      1,
      /not what stands under this name/,
    )
    expect((await world().run(['model', 'list'])).out).toMatch(/^m:latest.*quarantined$/m)
    const accepted = await act(['model', 'accept', 'm:latest', '--reason', 'new release', '--yes'])
    expect(accepted.value).toMatchObject({ quarantined: false, digest: told.digest })
    expect(accepted.said).toMatch(/was {2}sha256:aaaa[\s\S]*is {3}sha256:bbbb/)
    expect((await gateway.call('/v1/chat/completions', chat('m:latest'))).status).toBe(200)
  })

  it('sessions and running calls', async () => {
    const { act, look, wrong, talk } = world()
    const first = await talk()
    expect((await look<One[]>(['session', 'list'])).value.map(({ id }) => id)).toContain(first.session)
    expect((await look(['session', 'show', first.session])).value).toMatchObject({ principal: 'User::"dana"' })
    expect((await look<{ call: string }[]>(['call', 'list'])).value.map(({ call }) => call)).toContain(first.call)
    expect((await act(['session', 'cut', first.session, '--reason', 'seen enough'])).value).toMatchObject({ calls: 1 })
    expect(await first.ended).toContain('"error"')

    for (const [flag, value] of [
      ['--of', () => 'dana'],
      ['--with', () => world().keys.dana.slice(4, 16)],
      ['--model', () => 'talker:latest'],
      ['--address', () => '127.0.0.0/8'],
    ] as const) {
      const running = await talk()
      expect((await act(['call', 'cut', flag, value(), '--reason', 'x'])).value, flag).toMatchObject({ calls: 1 })
      expect(await running.ended, flag).toContain('"error"')
    }
    for (const flag of ['--call', '--session'] as const) {
      const running = await talk()
      const id = flag === '--call' ? running.call : running.session
      expect((await act(['call', 'cut', flag, id])).value, flag).toMatchObject({ calls: 1 })
      expect(await running.ended, flag).toContain('"error"')
    }
    expect((await act(['session', 'forget', first.session, '--yes'])).value).toMatchObject({ forgotten: true })
    expect((await world().run(['call', 'list'])).said).toBe('No call is running.\n')

    await wrong(['session', 'show', 'ghost'], 1, /not_found/)
    await wrong(['session', 'cut', 'ghost'], 1, /not_found/)
    await wrong(['session', 'forget', 'ghost', '--yes'], 1, /not_found/)
    await wrong(['call', 'cut'], 2, /exactly one of/)
    await wrong(['call', 'cut', '--of', 'dana', '--model', 'm:latest'], 2, /exactly one of/)
    await wrong(['call', 'cut', '--address', 'home'], 1, /home|network|address/)
    await wrong(['call', 'cut', '--of', 'ghost'], 1, /ghost/)
    await wrong(['call', 'cut', '--model', 'ghost'], 1, /ghost/)
    await wrong(['call', 'cut', '--with', 'ghost'], 1, /ghost/)
    await wrong(['call', 'cut', '--session', 'ghost'], 1, /ghost/)
    await wrong(['call', 'cut', '--call', 'ghost'], 1, /No call with this id is running/)
    expect((await world().run(['call', 'cut', '--of', 'User::"dana"'])).code).toBe(0)
  })

  it('locks, and a lockdown', async () => {
    const { act, look, wrong, keys, status } = world()
    const lock = await act<One>(['lock', 'add', 'principal', 'dana', '--until', '2h', '--reason', NASTY])
    expect(await status(keys.dana)).toBe(403)
    expect((await look<One[]>(['lock', 'list'])).value).toMatchObject([{ id: lock.value.id, target: 'User::"dana"' }])
    expect((await world().run(['status'])).out).toContain('locked  principal User::"dana"')
    const lift = ['lock', 'remove', lock.value.id, '--reason', 'found it']
    expect((await act(lift)).value).toMatchObject({ lifted: true, receipt: {} })
    const lifted = async () => (await world().api('GET', '/audit?kind=lock.lifted&limit=1')).items[0]
    expect(await lifted()).toMatchObject({ subject: `lock/${lock.value.id}`, reason: 'found it' })
    expect(await status(keys.dana)).toBe(200)

    expect((await act(['lockdown', 'on', '--reason', 'fire'])).value).toMatchObject({ kind: 'everything' })
    expect(await status(keys.dana)).toBe(403)
    await wrong(['lockdown', 'off', '--until', '1h'], 2, /--until goes with on/)
    await wrong(['lockdown', 'off', '--dry-run'], 2, /--dry-run goes with on/)
    expect((await act<object[]>(['lockdown', 'off', '--reason', 'out'])).value).toMatchObject([{ lifted: true }])
    expect(await lifted()).toMatchObject({ reason: 'out' })
    expect(await status(keys.dana)).toBe(200)
    expect((await act<object[]>(['lockdown', 'off'])).value).toEqual([])

    await wrong(['lock', 'add', 'person', 'dana'], 2, /no kind of lock "person"/)
    await wrong(['lock', 'add', 'principal'], 2, /Say which principal/)
    await wrong(['lock', 'add', 'principal', 'ghost'], 1, /There is no principal ghost/)
    await wrong(['lock', 'add', 'network', 'home'], 1, /home|network/)
    await wrong(['lock', 'add', 'principal', 'dana', '--until', 'soon'], 2, /--until takes a span/)
    await wrong(['lock', 'remove', 'ghost'], 1, /not_found/)
    await wrong(['lockdown', 'maybe'], 2, /Say on or off/)
  })

  it('a role for a while: asked for, answered, used, ended', async () => {
    const { act, look, wrong, keys, run } = world()
    const dana = { key: keys.dana }
    const ana = { key: keys.ana }
    const ask = ['request', 'create', 'operator', '--for', '1h', '--reason']
    expect((await look<object[]>(['request', 'roles'], dana)).value).toContainEqual(
      expect.objectContaining({ role: 'operator', longestSeconds: 14_400, approvals: 1 }),
    )
    const asked = await act<One>([...ask, NASTY, '--ticket', 'INC-1', '--model', 'm:latest', '--uses', '3'], dana)
    const { id } = asked.value
    expect(asked.value).toMatchObject({ state: 'pending', role: 'operator', uses: 3, seconds: 3600 })
    expect((await look<One[]>(['request', 'list', '--state', 'pending'], dana)).value).toMatchObject([{ id }])
    expect((await look(['request', 'show', id], dana)).value).toMatchObject({ id, answers: [] })
    expect((await look<One[]>(['review', 'list'], ana)).value).toMatchObject([{ id }])
    expect((await run(['review', 'list'], dana)).said).toContain('No request waits for you')

    expect(asked.said).not.toContain('You see no model')

    await wrong(['review', 'approve', id], 1, /own|access_denied/, dana)
    await wrong(['review', 'approve', id, '--for', 'ever'], 2, /--for takes a span/, ana)
    await wrong(['review', 'approve', id, '--uses', 'few'], 2, /--uses takes a whole number/, ana)
    await wrong(['review', 'approve', id, '--for', '2h'], 1, /may allow less than was asked/, ana)
    await wrong(['review', 'deny', id], 2, /Say why/, ana)
    const yes = await act<{ grant: One }>(
      ['review', 'approve', id, '--for', '30m', '--uses', '2', '--reason', 'ok'],
      ana,
    )
    expect(yes.value).toMatchObject({
      state: 'approved',
      grant: { role: 'operator', usesLeft: 2, models: ['m:latest'] },
    })
    expect(yes.said).toContain('User::"dana" asks for operator on m:latest for 1 h, 3 uses')
    const grant = yes.value.grant.id
    expect((await run(['can', 'dana', 'load', 'm:latest'])).code).toBe(0)
    expect((await run(['can', 'dana', 'load', 'talker:latest'])).code).toBe(1)

    expect((await look<One[]>(['grant', 'list'], ana)).value).toMatchObject([{ id: grant, principal: 'User::"dana"' }])
    expect((await look(['grant', 'show', grant], dana)).value).toMatchObject({ id: grant, endsAt: expect.any(String) })
    const more = await act<One>(['grant', 'extend', grant, '--for', '10m', '--reason', 'not done'], dana)
    expect(more.value).toMatchObject({ state: 'pending', extends: grant, seconds: 600 })
    expect((await act(['review', 'deny', more.value.id, '--reason', NASTY], ana)).value).toMatchObject({
      state: 'denied',
    })
    expect((await run(['request', 'show', more.value.id], dana)).out).toContain('denied')
    expect((await act(['grant', 'end', grant, '--reason', 'done'], ana)).value).toMatchObject({ ended: true })
    expect((await run(['can', 'dana', 'load', 'm:latest'])).code).toBe(1)
    expect((await run(['grant', 'list', '--ended'], ana)).out).toContain(grant)

    const back = await act<One>([...ask, 'changed my mind'], dana)
    expect((await act(['request', 'cancel', back.value.id], dana)).value).toMatchObject({ state: 'cancelled' })
    await wrong(['review', 'approve', back.value.id], 1, /is cancelled already/, ana)

    // Whoever waits is told by the answer itself, and a no is a failure.
    for (const [verb, code, words] of [
      ['approve', 0, 'granted  operator'],
      ['deny', 1, 'denied by User::"ana": no need'],
    ] as const) {
      const waiting = run([...ask, verb, '--wait'], dana)
      const open = async () => JSON.parse((await run(['review', 'list', '--json'], ana)).out) as One[]
      await expect.poll(open).toHaveLength(1)
      await run(['review', verb, (await open())[0]?.id ?? '', '--reason', 'no need'], ana)
      const ended = await waiting
      expect([ended.code, ended.said]).toEqual([code, expect.stringContaining(words)])
    }

    await wrong(['request', 'create', 'operator', '--reason', 'x'], 2, /Say for how long/, dana)
    await wrong(['request', 'create', 'operator', '--for', '1h'], 2, /Say why/, dana)
    await wrong([...ask, 'x', '--uses', '0'], 2, /--uses takes a whole number/, dana)
    await wrong([...ask, 'x', '--start', 'soon'], 2, /--start takes a span/, dana)
    await wrong(['request', 'create', 'operator', '--for', '9h', '--reason', 'x'], 1, /You may ask for: {2}/, dana)
    await wrong([...ask, 'x', '--model', 'ghost', '--for', '9h'], 1, /You see no model "ghost" now/, dana)
    await wrong(['request', 'create', 'ghost', '--for', '1h', '--reason', 'x'], 1, /You may ask for: {2}/, dana)
    await wrong(['request', 'list', '--state', 'flying'], 2, /--state takes/, dana)
    for (const words of ['request show', 'request cancel', 'grant show', 'grant end', 'review approve'])
      await wrong([...words.split(' '), 'ghost'], 1, /not_found/, words.startsWith('review') ? ana : dana)
    await wrong(['review', 'deny', 'ghost', '--reason', 'x'], 1, /not_found/, ana)
    await wrong(['grant', 'extend', 'ghost', '--for', '1h', '--reason', 'x'], 1, /not_found/, dana)
    await wrong(['grant', 'extend', grant, '--for', '1h'], 2, /Say why/, dana)
    await wrong(['grant', 'extend', grant, '--for', '1h', '--reason', 'x'], 1, /has ended, or was extended/, dana)
  })

  it('an emergency, and its review', async () => {
    const { act, look, wrong, keys, api } = world()
    const eve = { key: keys.eve }
    const taken = await act<One>(['break-glass', 'operator', '--for', '30m', '--reason', NASTY], eve)
    expect((await world().run(['whoami'], eve)).out).toContain('roles\temergency,operator')
    expect((await world().run(['user', 'show', 'eve'])).out).toContain('roles\temergency,operator')
    expect(taken.said).toMatch(/An alarm has been raised. Somebody else must review this in \d/)
    expect((await look<One[]>(['grant', 'list', '--review-due'])).value).toMatchObject([{ id: taken.value.id }])
    await wrong(['grant', 'review', taken.value.id], 2, /Say what you found/)
    await wrong(['grant', 'review', 'ghost', '--note', 'x'], 1, /not_found/)
    expect((await act(['grant', 'review', taken.value.id, '--note', 'was right'])).value).toEqual({ reviewed: true })
    expect(await api('GET', `/grants/${taken.value.id}`)).toHaveProperty('reviewedAt')
    await wrong(['break-glass', 'trainer', '--for', '30m', '--reason', 'x'], 1, /access_denied/, eve)
    await wrong(['break-glass', 'operator', '--for', '30m'], 2, /Say why/, eve)
  })

  it('campaigns', async () => {
    const { act, look, wrong, api } = world()
    await api('POST', '/groups', { name: 'old' })
    for (const who of ['dana', 'ana', 'erin']) await api('PUT', `/groups/old/members/User:${who}`)
    const members = async () => ((await api('GET', '/groups/old')).members as object[]).length
    const begun = await act<One>(['campaign', 'start', 'q1', '--due', '7d', '--kind', 'member'])
    const { id } = begun.value
    expect((await look<One[]>(['campaign', 'list'])).value).toMatchObject([{ id, name: 'q1' }])
    const items = await look<(One & { holder: string; what: string })[]>(['campaign', 'items', id])
    const [dana, ana] = ['User:dana', 'User:ana'].map(
      (holder) => items.value.find((one) => one.holder === holder && one.what.includes('old'))?.id ?? '',
    ) as [string, string]
    expect((await act<object[]>(['campaign', 'keep', dana, '--note', NASTY])).value).toMatchObject([
      { outcome: 'kept' },
    ])
    expect((await act<object[]>(['campaign', 'revoke', ana])).value).toMatchObject([{ outcome: 'revoked' }])
    expect(await members()).toBe(2)
    expect((await world().run(['campaign', 'items', id, '--undecided'])).out).not.toContain('User:dana')
    await wrong(['campaign', 'revoke', ana], 1, /has been revoked already/)
    expect((await act(['campaign', 'close', id, '--yes'])).value).toMatchObject({ undecided: 0, kept: 1 })
    expect(await members()).toBe(1)
    await wrong(['campaign', 'keep', dana], 1, /not_possible/)

    await wrong(['campaign', 'start', 'q2', '--kind', 'hat'], 2, /no kind of right "hat"/)
    await wrong(['campaign', 'start', 'q2', '--due', 'soon'], 2, /--due takes a span/)
    await wrong(['campaign', 'start', 'q2', '--due', '2020-01-01'], 1, /ends in the future/)
    for (const verb of ['items', 'close'])
      await wrong(['campaign', verb, 'ghost', ...(verb === 'close' ? ['--yes'] : [])], 1, /not_found/)
    for (const verb of ['keep', 'revoke']) {
      await wrong(['campaign', verb, 'nonsense'], 2, /nonsense is no item/)
      await wrong(['campaign', verb, 'ghost.1'], 1, /not_found/)
    }
  })

  it('sweeps and reports', async () => {
    const { act, look, wrong, api } = world()
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const { id } = await api('POST', '/keys', { owner: 'User:dana', name: 'short', expiresAt })
    const found = await act<{ key?: string; act: string; reason: string }[]>(['sweep', '--yes'])
    expect(found.value).toContainEqual(expect.objectContaining({ key: id, act: 'warn', reason: 'expiring' }))
    expect(found.said).toMatch(/^\d+ warned, 0 suspended, 0 revoked\n$/)
    expect((await look<object[]>(['report', 'sweeps', '--limit', '1'])).value).toMatchObject([
      { warned: found.value.length, findings: found.value },
    ])
    expect((await look(['report', 'jit', '--days', '7'])).value).toMatchObject({
      days: 7,
      emergencies: 1,
      reviewsDue: 0,
    })
    expect((await look<object[]>(['report', 'unused', '--type', 'User', '--days', '7'])).value).toContainEqual(
      expect.objectContaining({ principal: expect.stringContaining('dana'), roles: ['user'] }),
    )
    for (const words of ['report jit --days', 'report unused --days', 'report sweeps --limit'])
      for (const value of ['0', 'many']) await wrong([...words.split(' '), value], 1, /days|limit/)
    await wrong(['report', 'unused', '--type', 'Robot'], 2, /--type is User, Service or Agent/)
  })

  it('the red team', async () => {
    const { look, wrong, api, at } = world()
    const files = ['--junit', at('red.xml'), '--html', at('red.html')]
    const attack = ['redteam', '--model', 'm:latest', '--as', 'user', '--family', 'jailbreak', ...files]
    const { value } = await look<{ outcome: string }[]>(attack)
    expect(value.length).toBeGreaterThan(0)
    for (const { outcome } of value) expect(outcome).toMatch(/^(held|refused)$/)
    expect(readFileSync(at('red.xml'), 'utf8')).toContain('<testsuite')
    expect(readFileSync(at('red.html'), 'utf8')).toContain('<html')
    const { items } = await api('GET', '/services?search=redteam')
    expect(items).toEqual([]) // made for the run, and gone after it
    await wrong(['redteam'], 2, /Say which model/)
    for (const family of ['hats', 'toString'])
      await wrong(['redteam', '--model', 'm:latest', '--family', family], 2, /no family/)
    await wrong(['redteam', '--model', 'm:latest', '--as', 'ghost'], 1, /not_found/)
    await wrong(['redteam', '--model', 'm:latest', '--html', at('none/x.html')], 1, /none\/x.html is not there/)
    await wrong(['redteam', '--model', 'ghost', '--family', 'jailbreak'], 1, /answers 404 model_not_found/)
    expect(existsSync(at('none'))).toBe(false)
  })
}
