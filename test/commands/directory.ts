// Users, services, agents, groups, roles and keys.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { NASTY, type World } from './world.ts'

export function directory(world: () => World): void {
  for (const [noun, type] of [
    ['user', 'User'],
    ['service', 'Service'],
    ['agent', 'Agent'],
  ] as const)
    it(`${noun}s`, async () => {
      const { act, look, wrong, issue, api, run } = world()
      const name = `one-${noun}`
      const ref = `${type}:${name}`
      const path = `/${noun}s/${name}`
      const of = noun === 'agent' ? ['--on-behalf-of', 'dana'] : []
      if (noun === 'user') await api('POST', '/groups', { name: 'crew' })
      const made = await act([
        noun,
        'create',
        name,
        '--display-name',
        'One of many',
        '--email',
        'one@example.com',
        '--attribute',
        'level=3',
        'external=true',
        '--role',
        'reader',
        '--group',
        'crew',
        ...of,
      ])
      expect(made.value).toMatchObject({ name, state: 'active', attributes: { level: 3, external: true } })
      expect(await api('GET', path)).toMatchObject({ email: 'one@example.com', groups: ['crew'] })
      expect((await api('GET', path)).roles).toContain('reader')

      const key = await issue(ref)
      const id = key.slice(4, 16)
      const list = await look<{ name: string }[]>([noun, 'list', '--search', name])
      expect(list.value.map((row) => row.name)).toEqual([name])
      expect(list.out).toMatch(new RegExp(`^${name}\tactive\tOne of many\tone@example.com\t`))
      expect((await run([noun, 'list', '--search', 'zzz'])).said).toBe(
        `None with --search zzz. All of them:  sallyport ${noun} list\n`,
      )
      const shown = await look([noun, 'show', name])
      expect(shown.value).toMatchObject({ name, groups: ['crew'], keys: ['k (active)'] })

      expect((await act([noun, 'suspend', name, '--reason', 'HR-1'])).value).toMatchObject({
        principal: { state: 'suspended', stateReason: 'HR-1' },
        ended: { keys: [id] },
      })
      expect(await world().status(key)).toBe(401)
      expect((await act([noun, 'restore', name, '--reason', 'back'])).value).toMatchObject({ state: 'active' })
      expect(await world().status(key)).toBe(401)
      const left = await act([noun, 'offboard', name, '--reason', 'gone'])
      expect(left.value).toMatchObject({ ended: { keys: [id], roles: ['reader'], groups: ['crew'] } })
      expect(await api('GET', `/keys/${id}`)).toMatchObject({ condition: 'revoked' })
      expect((await act([noun, 'remove', name, '--yes'])).said).toContain(`removed  ${ref}`)

      await wrong([noun, 'show', name], 1, /not_found/)
      await wrong([noun, 'create', name, ...of], 1, /already_exists/)
      for (const verb of ['suspend', 'offboard', 'restore']) await wrong([noun, verb, 'ghost'], 1, /not_found/)
      await wrong([noun, 'remove', 'ghost', '--yes'], 1, /not_found/)
      await wrong([noun, 'list', '--limit', 'many'], 2, /--limit takes/)
      await wrong([noun, 'list', '--limit', '1.5'], 2, /--limit takes/)
      await wrong([noun, 'create', 'two', '--attribute', 'level'], 2, /--attribute takes name=value/)
      await wrong([noun, 'create', 'two', '--role', 'ghost'], 1, /not_found/)
      await wrong([noun, 'create', 'x'.repeat(65), ...of], 1, /name/)
    })

  it('groups', async () => {
    const { act, look, wrong, api } = world()
    const members = async () => ((await api('GET', '/groups/lab')).members as { member: string }[]).map((m) => m.member)
    expect((await act(['group', 'create', 'lab', '--description', NASTY])).value).toMatchObject({ name: 'lab' })
    expect((await look<object[]>(['group', 'list', '--search', 'lab'])).value).toMatchObject([{ name: 'lab' }])
    const added = await act<object[]>(['group', 'add', 'lab', 'dana', 'User:erin'])
    expect(added.value).toMatchObject([
      { member: 'User:dana', added: true },
      { member: 'User:erin', added: true },
    ])
    expect((await act<object[]>(['group', 'add', 'lab', 'dana'])).value).toMatchObject([{ added: false }])
    expect((await look(['group', 'show', 'lab'])).out).toContain('User:dana,User:erin')
    expect((await act<object[]>(['group', 'drop', 'lab', 'dana'])).value).toMatchObject([
      { member: 'User:dana', receipt: { nodes: [{ applied: true }] } },
    ])
    expect(await members()).toEqual(['User:erin'])

    // What was done before one failed is told: it is done.
    const half = await world().run(['group', 'add', 'lab', 'dana', 'ghost', 'ana', '--json'])
    expect(half.code).toBe(1)
    expect(JSON.parse(half.out)).toEqual([{ group: 'lab', member: 'User:dana', added: true }])
    expect(await members()).not.toContain('User:ana')

    await wrong(['group', 'create', 'lab'], 1, /already_exists/)
    await wrong(['group', 'show', 'ghost'], 1, /not_found/)
    await wrong(['group', 'add', 'ghost', 'dana'], 1, /not_found/)
    await wrong(['group', 'add', 'lab', 'Ghost:x'], 1, /ghost|Ghost/i)
    await wrong(['group', 'drop', 'lab', 'ana'], 1, /User "ana" is not in group "lab"/)
    await wrong(['group', 'remove', 'ghost', '--yes'], 1, /not_found/)
    expect((await act(['group', 'remove', 'lab', '--yes'])).value).toMatchObject({ group: 'lab', receipt: {} })
    await wrong(['group', 'show', 'lab'], 1, /not_found/)
  })

  it('roles', async () => {
    const { act, look, wrong, api } = world()
    expect((await act(['role', 'create', 'pilot', '--description', NASTY])).value).toMatchObject({ name: 'pilot' })
    await wrong(['role', 'create', 'other'], 2, /Say what the role is for/)
    expect((await look(['role', 'list'])).out).toMatch(/^pilot\t/m)
    const given = await act(['role', 'assign', 'pilot', 'dana', '--until', '4h', '--reason', NASTY])
    expect(given.value).toMatchObject({ role: 'pilot', holder: 'User:dana' })
    expect((await look(['role', 'show', 'pilot'])).out).toMatch(/User:dana \(ends in 4 h\)/)
    expect((await api('GET', '/users/dana')).roles).toContain('pilot')
    const taken = await act<object[]>(['role', 'unassign', 'pilot', 'dana', '--reason', 'moved on'])
    expect(taken.value).toMatchObject([{ role: 'pilot', holder: 'User:dana', receipt: {} }])
    expect((await api('GET', '/users/dana')).roles).not.toContain('pilot')

    await wrong(['role', 'unassign', 'pilot', 'dana'], 1, /does not hold pilot/)
    await wrong(['role', 'assign', 'ghost', 'dana'], 1, /not_found/)
    await wrong(['role', 'assign', 'pilot', 'ghost'], 1, /ghost/)
    await wrong(['role', 'assign', 'pilot', 'dana', '--until', 'soon'], 2, /--until takes a span/)
    await wrong(['role', 'show', 'ghost'], 1, /not_found/)
    await wrong(['role', 'remove', 'admin', '--yes'], 1, /shipped/)
    expect((await act(['role', 'remove', 'pilot', '--yes'])).value).toMatchObject({ role: 'pilot', receipt: {} })
    await wrong(['role', 'show', 'pilot'], 1, /not_found/)
  })

  it('keys', async () => {
    const { act, look, wrong, api, at, status } = world()
    await api('POST', '/services', { name: 'ci' })
    await api('POST', '/roles/user/assignments', { holder: 'Service:ci' })
    const made = await act<{ id: string; key: string }>([
      'key',
      'create',
      'night',
      '--owner',
      'Service:ci',
      '--expires',
      '1h',
      '--purpose',
      NASTY,
      '--action',
      'chat,list',
      'show',
      '--model',
      'm:latest',
      '--network',
      '127.0.0.0/8',
    ])
    const { id, key } = made.value
    expect(await status(key)).toBe(200)
    expect(await api('GET', `/keys/${id}`)).toMatchObject({ actions: ['chat', 'list', 'show'], models: ['m:latest'] })
    expect((await look<object[]>(['key', 'list', '--owner', 'Service:ci', '--expiring', '2h'])).value).toMatchObject([
      { id, owner: 'Service:ci' },
    ])
    expect((await look(['key', 'show', 'night'])).value).toMatchObject({ id, mayUse: [{ model: 'm:latest' }] })

    expect((await act(['key', 'suspend', id, '--reason', 'lost'])).value).toMatchObject({ condition: 'suspended' })
    expect(await status(key)).toBe(401)
    expect((await act(['key', 'resume', 'night', '--owner', 'Service:ci'])).value).toMatchObject({
      stateBy: 'User::"admin"',
    })
    expect(await status(key)).toBe(200)
    const next = await act<{ id: string; key: string }>(['key', 'rotate', id, '--old-dies', 'now'])
    expect([await status(key), await status(next.value.key)]).toEqual([401, 200])
    expect((await act(['key', 'transfer', next.value.id, '--to', 'dana'])).value).toMatchObject({ owner: 'User:dana' })
    expect((await act(['key', 'revoke', next.value.id, '--reason', 'done'])).value).toMatchObject({
      condition: 'revoked',
    })
    expect(await status(next.value.key)).toBe(401)

    // The newest of a name is stopped; who thinks that all of it is stopped is told what is not.
    const { run } = world()
    for (const verb of ['create', 'rotate']) expect((await run(['key', verb, 'laptop', '--owner', 'eve'])).code).toBe(0)
    const stop = ['key', 'revoke', 'laptop', '--owner', 'eve']
    expect((await run(stop)).said).toMatch(/still works .*sallyport key revoke /)
    const rest = await run(stop)
    expect([rest.code, rest.said]).toEqual([0, expect.not.stringContaining('still works')])
    await wrong(stop, 1, /The key "laptop" works no longer/)

    const secret = await act(['key', 'create', 'kept', '--owner', 'Service:ci', '--secret-file', at('kept.key')])
    expect(secret.value).not.toHaveProperty('key')
    expect(statSync(at('kept.key')).mode & 0o777).toBe(0o600)
    const kept = readFileSync(at('kept.key'), 'utf8').trim()
    expect(await status(kept)).toBe(200)

    writeFileSync(at('leak.env'), `KEY=${kept}\n`)
    const found = await world().run(['key', 'scan', at('leak.env'), '--json'])
    expect(found.code).toBe(1)
    expect(JSON.parse(found.out)).toMatchObject([{ file: at('leak.env'), line: 1, id: kept.slice(4, 16) }])
    await wrong(['key', 'scan', at('leak.env'), '--report'], 5, /give a key/, { key: '' })
    expect(await status(kept)).toBe(200)
    expect((await world().run(['key', 'scan', at('leak.env'), '--report'])).said).toContain(
      `revoked  ${kept.slice(4, 16)}`,
    )
    expect(await status(kept)).toBe(401)
    writeFileSync(at('leak.env'), '')
    expect((await look(['key', 'scan', at('leak.env')], { local: true })).value).toEqual([])
    await wrong(['key', 'scan', at('none')], 1, /cannot be read/)

    for (const verb of ['show', 'rotate', 'suspend', 'resume', 'revoke'])
      await wrong(['key', verb, 'ghost'], 1, /There is no key "ghost"/)
    await wrong(['key', 'transfer', 'kept'], 2, /Say to whom/)
    await wrong(['key', 'transfer', 'ghost', '--to', 'dana'], 1, /There is no key/)
    await wrong(['key', 'create', 'x', '--owner', 'ghost'], 1, /ghost/)
    await wrong(['key', 'create', 'x', '--expires', 'never'], 2, /--expires takes a span/)
    await wrong(['key', 'create', 'x', '--action', 'fly'], 1, /fly/)
    await wrong(['key', 'create', 'x', '--network', 'home'], 1, /home|network/)
    await wrong(['key', 'list', '--state', 'odd'], 2, /--state takes active/)
    const none = await world().run(['key', 'list', '--owner', 'ghost', '--expiring', '1s'])
    expect(none).toMatchObject({
      code: 0,
      out: '',
      said: expect.stringMatching(/^None with --owner ghost --expiring 1s\./),
    })
    await wrong(['key', 'list', '--unused', 'long'], 2, /--unused takes a span/)
  })
}
