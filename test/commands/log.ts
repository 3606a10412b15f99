// The audit log: reading, counting, proving, exporting, witnessing it, and what is recorded of content.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { unzipSync } from 'fflate'
import { expect, it } from 'vitest'
import { chat } from '../e2e/harness.ts'
import { NASTY, untilSignal, type World } from './world.ts'

interface Event {
  readonly id: string
  readonly position: number
  readonly kind: string
}

const soon = () => new Date(Date.now() + 1000).toISOString()

export function log(world: () => World): void {
  it('is searched, counted, shown and proven', async () => {
    const { look, wrong, api, at, run } = world()
    await api('POST', '/groups', { name: 'seen', description: NASTY })
    await api('POST', '/locks', {
      kind: 'model',
      target: 'ghost',
      reason: NASTY,
      until: soon(),
    })
    const list = await look<Event[]>([
      'audit',
      'list',
      '--kind',
      'group.created',
      '--principal',
      'admin',
      '--since',
      '1h',
      '--limit',
      '1',
    ])
    expect(list.value).toMatchObject([{ kind: 'group.created', subject: 'group/seen' }])
    expect(list.said).toContain('The first is shown; --all shows every one.')
    const event = list.value[0]!
    expect((await look(['audit', 'show', event.id])).value).toMatchObject({ id: event.id, data: expect.anything() })
    const counts = await look<{ value: string; events: number }[]>(['audit', 'count', '--by', 'kind', '--top', '3'])
    expect(counts.value).toHaveLength(3)
    expect((await look<object[]>(['audit', 'count', '--every', 'hour'])).value[0]).toMatchObject({
      time: expect.any(String),
    })
    expect((await run(['audit', 'list', '--rule', 'ghost'])).said).toBe('No such event.\n')
    // Words hold commas; the same filters everywhere.
    await api('POST', '/locks', { kind: 'model', target: 'ghost', reason: 'first, then 100 % _', until: soon() })
    for (const text of ['first, then', '% _']) {
      expect((await look<Event[]>(['audit', 'list', '--text', text])).value).toMatchObject([{ kind: 'lock.added' }])
      expect((await look(['audit', 'count', '--text', text])).value).toMatchObject([{ events: 1 }])
    }
    for (const filter of ['--class=ghost', '--outcome=ghost', '--address=192.0.2.1'])
      expect((await look(['audit', 'list', filter])).value, filter).toEqual([])
    expect((await look<object[]>(['audit', 'list', '--address', '127.0.0.1', '--limit', '1'])).value).toHaveLength(1)
    await wrong(['audit', 'list', '--kind', 'ghost.seen'], 1, /no kind of event "ghost.seen"/)
    await wrong(['tail', '--json', 'kind,hat'], 2, /no field "hat"/)
    expect((await run(['audit', 'list', '--limit', '1', '--json', 'kind,hat'])).said).toMatch(
      /No field "hat" here; there are /,
    )

    const proof = await look<{ proof: string; body: string }>(['audit', 'prove', event.id, '--event', at('event.json')])
    expect(proof.out).toMatch(/^c2sp.org\/tlog-proof@v1\n/)
    expect(proof.value.body).toBe(readFileSync(at('event.json'), 'utf8'))
    const point = await look<{ note: string; verifierKey: string }>(['audit', 'checkpoint'])
    expect(point.value.note).toContain('\n\n— ')
    writeFileSync(at('point'), point.out)
    expect((await look(['audit', 'verify', '--checkpoint', at('point')])).value).toMatchObject({
      ok: true,
      problems: [],
    })

    for (const verb of ['show', 'prove']) await wrong(['audit', verb, 'ghost'], 1, /not_found/)
    await wrong(['audit', 'list', '--since', 'once'], 2, /--since takes a span/)
    await wrong(['audit', 'list', '--decision', 'maybe'], 1, /decision/)
    await wrong(['audit', 'count', '--by', 'hat'], 1, /by is not valid|hat/)
    await wrong(['audit', 'count', '--every', 'year'], 1, /every is not valid|year/)
    await wrong(['audit', 'count', '--by', 'kind', '--top', 'many'], 1, /top/)
    await wrong(['audit', 'verify', '--checkpoint', at('none')], 1, /none is not there/)
  })

  it('is exported, and what was exported is verified', async () => {
    const { at, run, wrong, look } = world()
    const key = (await run(['audit', 'checkpoint', '--key'])).out.trim()
    const { out } = await run(['audit', 'export', '--from', '3'])
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event)
    expect(lines[0]?.position).toBe(3)
    for (const format of ['ocsf', 'syslog'])
      expect((await run(['audit', 'export', '--format', format])).out.split('\n').length).toBeGreaterThan(lines.length)
    const archive = ['audit', 'export', '--format', 'archive', '--out', at('log.jsonl')]
    for (let i = 0; i < 2; i++) expect((await run(archive)).code).toBe(0) // the second one begins anew
    expect((await look(['audit', 'verify', at('log.jsonl'), '--key', key], { local: true })).value).toMatchObject({
      ok: true,
    })
    expect((await run(['audit', 'export', '--out', at('plain.jsonl')])).code).toBe(0)
    const first = readFileSync(at('plain.jsonl'), 'utf8')
    expect((await run(['audit', 'export', '--out', at('plain.jsonl')])).code).toBe(0)
    expect(readFileSync(at('plain.jsonl'), 'utf8').startsWith(first)).toBe(true)

    // Of some events: nothing else gets into the file, whoever goes on with it, and nothing is left out because time has passed.
    const some = ['audit', 'export', '--kind', 'key.created', '--out', at('some.jsonl')]
    expect((await run([...some, '--since', '1h'])).code).toBe(0)
    const before = readFileSync(at('some.jsonl'), 'utf8')
    for (const other of [['--kind', 'user.created'], ['--kind', 'key.created', '--subject', 'x'], []])
      await wrong(
        ['audit', 'export', ...other, '--out', at('some.jsonl')],
        2,
        /begun with other filters: kind key.created/,
      )
    await wrong(['audit', 'export', '--kind', 'x', '--out', at('plain.jsonl')], 2, /begun with other filters: none/)
    expect(readFileSync(at('some.jsonl'), 'utf8')).toBe(before)
    writeFileSync(at('some.jsonl'), `${before.split('\n')[0]}\n{"position":`) // killed in the middle of a line
    expect((await run([...some, '--since', '1s'])).code).toBe(0)
    expect(readFileSync(at('some.jsonl'), 'utf8')).toBe(before)

    // An archive that is there is worth more than one that is refused.
    const kept = readFileSync(at('log.jsonl'), 'utf8')
    await wrong(archive, 1, /access_denied/, { key: world().keys.nobody })
    await wrong(archive, 5, /give a key/, { key: '' })
    expect(readFileSync(at('log.jsonl'), 'utf8')).toBe(kept)
    writeFileSync(at('short.jsonl'), kept.split('\n').slice(0, -8).join('\n'))
    const short = await run(['audit', 'verify', at('short.jsonl'), '--key', key, '--checkpoint', at('point')])
    expect([short.code, short.out]).toEqual([1, expect.stringContaining('NOT WHOLE')])

    await wrong(['audit', 'export', '--format', 'pdf'], 2, /--format takes/)
    await wrong(['audit', 'export', '--from', 'now'], 2, /--from takes/)
    await wrong(['audit', 'export', '--from', 'now', '--out', at('x.jsonl')], 2, /--from takes/)
    await wrong(['audit', 'export', '--to', 'http://127.0.0.1:9'], 2, /--position FILE/)
    await wrong(['audit', 'export', '--to', 'nowhere', '--position', at('p')], 2, /--to takes/)
    await wrong(['audit', 'export', '--out', at('none/x.jsonl')], 1, /is not there/)
    await wrong(['audit', 'verify', at('none'), '--key', key], 1, /is not there/)
    await wrong(['audit', 'verify', at('log.jsonl')], 2, /--key/)
    await wrong(['audit', 'verify', '--key', key], 2, /goes with a file/)
    await wrong(['audit', 'export', '--format', 'archive', '--follow'], 1, /ends at a signed checkpoint/)
    for (const flag of ['--position=x', '--signal=traces', '--encoding=json', '--clear-text'])
      await wrong(['audit', 'export', flag], 2, /goes with --to/)
    expect(existsSync(at('x.jsonl'))).toBe(false)
  })

  it('is followed live, and sent to a collector, until a signal', async () => {
    const { api, at, run, keys, wrong, gateway } = world()
    const turn = setInterval(() => void gateway.call('/v1/chat/completions', chat('m:latest'), { key: keys.dana }), 300)
    let count = 0
    const make = setInterval(() => void api('POST', '/groups', { name: `late-${count++}` }), 300)
    try {
      const until = (signal: NodeJS.Signals, enough: RegExp, ...argv: string[]) =>
        untilSignal(world(), argv, signal, enough)
      const tail = await until('SIGINT', /call.finished/, 'tail', '--kind', 'call.finished', '--principal', 'dana')
      expect(tail).toMatchObject({ code: 130, out: expect.stringContaining('User::"dana"') })
      const picked = await until('SIGINT', /\n/, 'tail', '--kind', 'group.created', '--json', 'kind')
      expect(JSON.parse(picked.out.split('\n')[0] ?? '')).toEqual({ kind: 'group.created' })
      expect(await until('SIGTERM', /late-1"/, 'audit', 'export', '--follow')).toMatchObject({ code: 130 })
    } finally {
      clearInterval(turn)
      clearInterval(make)
    }
    await wrong(['tail'], 5, /give a key/, { key: '' })
    await wrong(['tail'], 1, /access_denied/, { key: keys.nobody })
    await wrong(['tail', '--decision', 'maybe'], 1, /decision/)

    let taken = 0
    const collector = createServer((request, response) => {
      request.resume().on('end', () => {
        taken++
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
    const { port } = collector.address() as AddressInfo
    const sent = await run([
      'audit',
      'export',
      '--to',
      `http://127.0.0.1:${port}`,
      '--encoding',
      'json',
      '--position',
      at('position'),
    ])
    expect(sent.code, sent.said).toBe(0)
    expect(taken).toBeGreaterThan(0)
    expect(JSON.parse(readFileSync(at('position'), 'utf8')).traces).toBeGreaterThan(3)
    await new Promise((resolve) => collector.close(resolve))
  })

  it('is witnessed by another', async () => {
    const { at, run, wrong } = world()
    const key = (await run(['audit', 'checkpoint', '--key'])).out.trim()
    const start = ['audit', 'witness', '--data', at('witness'), '--log', key, '--name', 'w', '--listen', '127.0.0.1:0']
    const first = await untilSignal(world(), [...start, '--json'], 'SIGTERM', /\n/)
    expect(first.code).toBe(0)
    const told = JSON.parse(first.out) as { key: string; url: string }
    expect(told.url).toMatch(/^http:\/\/127.0.0.1:[1-9]\d*\/$/)
    const again = await untilSignal(world(), start, 'SIGINT', /\n/)
    expect(again.out).toBe(`${told.key}\n`)
    await wrong(['audit', 'witness'], 2, /needs --data/)
    await wrong([...start.slice(0, -1), 'here'], 2, /--listen takes HOST:PORT/)
    await wrong([...start.slice(0, -1), '127.0.0.1:99999'], 2, /--listen takes HOST:PORT/)
    await wrong([...start.slice(0, -1), new URL(world().gateway.url).host], 1, /is in use/)
    await wrong([...start.slice(0, -1), '192.0.2.1:0'], 1, /Nothing can listen on 192.0.2.1:0/)
  })

  it('is packed as evidence that proves itself', async () => {
    const { act, wrong, at } = world()
    const made = await act<{ files: object }>(['audit', 'evidence', '--out', at('evidence.zip'), '--reason', 'yearly'])
    const files = unzipSync(readFileSync(at('evidence.zip')))
    expect(Object.keys(files)).toEqual(Object.keys(made.value.files))
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['events.jsonl', 'policies/1.json', 'manifest.proof']))
    await wrong(['audit', 'evidence'], 2, /--out FILE.zip/)
    await wrong(['audit', 'evidence', '--out', at('evidence.zip')], 1, /is there already/)
    await wrong(['audit', 'evidence', '--out', at('none/e.zip')], 1, /is not there/)
    // Whoever may not read the rules gets no pack, and no half of one.
    const narrow = { owner: 'User:erin', name: 'narrow', actions: ['readAudit'] }
    const { key } = await world().api('POST', '/keys', narrow)
    await wrong(['audit', 'evidence', '--out', at('half.zip')], 1, /denied/, { key })
    expect(existsSync(at('half.zip'))).toBe(false)
  })

  it('keeps content for whom a rule names, until it is erased', async () => {
    const { look, act, wrong, gateway, keys, api } = world()
    const erin = { key: keys.erin }
    const words = `${NASTY} of the heron`
    const body = { model: 'm:latest', messages: [{ role: 'user', content: words }] }
    const response = await gateway.call('/v1/chat/completions', body, { key: keys.dana })
    await response.text()
    const call = response.headers.get('x-request-id') ?? ''
    await expect.poll(async () => (await api('GET', `/audit?kind=call.finished&call=${call}`)).items).toHaveLength(1)
    const read = await look<{ part: string; text: string }[]>(['audit', 'content', call], erin)
    expect(read.out).toContain('of the heron')
    expect(read.value.map(({ part }) => part)).toEqual(['prompt', 'answer'])
    await wrong(['audit', 'content', call], 1, /approval_required/, { key: keys.dana })
    await wrong(['audit', 'content', 'ghost'], 1, /not_found/, erin)
    await wrong(['audit', 'erase', 'Group:crew', '--yes'], 1, /User:NAME/)
    expect((await act(['audit', 'erase', 'dana', '--reason', 'asked', '--yes'])).value).toMatchObject({
      parts: expect.any(Number),
    })
    await wrong(['audit', 'content', call], 1, /no content of call_/, erin)
    expect((await world().run(['audit', 'erase', 'ghost', '--yes'])).said).toBe('Nothing is recorded of User:ghost.\n')
  })

  it('gets another key, and stays whole', async () => {
    const { act, look, run } = world()
    const before = (await run(['audit', 'checkpoint', '--key'])).out.trim()
    const { value } = await act<{ verifierKey: string; verifierKeys: string[] }>([
      'audit',
      'rekey',
      '--reason',
      'yearly',
      '--yes',
    ])
    expect(value.verifierKeys[1]).toContain(before)
    expect((await run(['audit', 'checkpoint', '--key'])).out.trim()).toBe(value.verifierKey)
    expect((await look(['audit', 'verify'])).value).toMatchObject({ ok: true })
  })
}
