import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig, SETTINGS } from './index.ts'

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'sallyport-config-')), 'sallyport.yaml')
  writeFileSync(path, text)
  return path
}

function problems(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    loadConfig({ file: file(text), env })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('order of sources', () => {
  it('takes flags over environment over file over defaults, and says which', () => {
    const loaded = loadConfig({
      file: file('listen: 127.0.0.1:1\ntimeZone: Europe/Berlin\nkeys: {maxDays: 100}\n'),
      env: { SALLYPORT_LISTEN: '127.0.0.1:2', SALLYPORT_KEYS_DEFAULT_DAYS: '7' },
      flags: { listen: '127.0.0.1:3' },
    })
    expect(loaded.config.listen).toBe('127.0.0.1:3')
    expect(loaded.config.keys).toMatchObject({ defaultDays: 7, maxDays: 100, overlapHours: 24 })
    expect(loaded.sources.get('listen')).toBe('flag')
    expect(loaded.sources.get('keys.defaultDays')).toBe('environment')
    expect(loaded.sources.get('timeZone')).toBe('file')
    expect(loaded.sources.get('data')).toBe('default')
  })

  it('names every setting once in flags and environment', () => {
    const flags = SETTINGS.flatMap((one) => one.flag ?? [])
    expect(new Set(flags).size).toBe(flags.length)
    for (const setting of SETTINGS) expect(setting.description, setting.path).not.toBe('')
  })
})

describe('what is refused', () => {
  it.each([
    ['an unknown key', 'lisen: 127.0.0.1:1', 'lisen is not a setting; did you mean listen?'],
    ['an unknown nested key', 'keys: {defaultDay: 3}', 'keys.defaultDay is not a setting; did you mean defaultDays?'],
    [
      'an unknown key of an upstream',
      'upstreams: [{name: a, ulr: "http://127.0.0.1:1"}]',
      'ulr is not a setting; did you mean url?',
    ],
    ['a key twice', 'listen: 127.0.0.1:1\nlisten: 127.0.0.1:2', 'unique'],
    ['a file that is not a mapping', '- a', 'must hold settings'],
    ['a wrong type', 'keys: {defaultDays: soon}', 'keys.defaultDays'],
    ['an open listener', 'listen: 0.0.0.0:4141', 'without TLS'],
    ['an open IPv6 listener', 'listen: "[::]:4141"', 'without TLS'],
    ['an open admin listener', 'adminListen: 10.0.0.1:4142', 'adminListen is 10.0.0.1:4142'],
    ['half a certificate', 'tls: {certFile: a.pem}', 'belong together'],
    ['a clear upstream', 'upstreams: [{name: a, url: "http://gpu1:8000"}]', 'allowClearText: true'],
    ['a name that only looks local', 'upstreams: [{name: a, url: "http://127.0.0.1.evil.example"}]', 'allowClearText'],
    ['a password in a url', 'upstreams: [{name: a, url: "https://u:p@gpu1"}]', 'password in its url'],
    ['a clear database', 'database: postgres://db.example/x', 'sslmode=verify-full'],
    ['several hosts', 'database: "postgres://u:p@127.0.0.1:1,127.0.0.2:2/x"', 'several hosts'],
    ['several hosts told later', 'database: "postgres:///x?host=127.0.0.1,127.0.0.2"', 'several hosts'],
    [
      'a wish for the primary that nobody reads',
      'database: "postgres://127.0.0.1/x?target_session_attrs=read-write"',
      'target_session_attrs',
    ],
    [
      'a database whose host is told later',
      'database: "postgres://127.0.0.1/x?host=db.example"',
      'on db.example without',
    ],
    ['TLS with whoever answers', 'database: "postgres://db.example/x?sslmode=no-verify"', 'with whoever answers'],
    ['TLS where there is some', 'database: "postgres://127.0.0.1/x?sslmode=prefer"', 'goes on without TLS'],
    ['a mode of nobody', 'database: "postgres://127.0.0.1/x?sslmode=verify"', 'sslmode in database is none of'],
    [
      'a parameter that would weaken another',
      'database: "postgres://db.example/x?sslmode=require&uselibpqcompat=true"',
      'does not know: leave it out',
    ],
    ['a parameter that nobody would keep', 'database: "postgres://127.0.0.1/x?sslcrl=a.pem"', 'near sslcert that'],
    ['any authority, any name', 'database: "postgres://db.example/x?sslmode=verify-ca"', 'needs sslrootcert=FILE'],
    ['an authority of nothing', 'database: "postgres://127.0.0.1/x?sslrootcert=a.pem"', 'means nothing without TLS'],
    [
      'a binding to no TLS',
      'database: "postgres://127.0.0.1/x?channel_binding=require"',
      'channel_binding=require in database needs TLS',
    ],
    [
      'half a client certificate',
      'database: "postgres://db.example/x?sslmode=verify-full&sslcert=a.pem"',
      'sslcert and sslkey in database belong together',
    ],
    ['a port of no socket', 'database: "postgres://127.0.0.1/x?port=five"', 'no number from 1 to 65535'],
    ['a password not written for a URL', 'database: "postgres://u:a%zz@127.0.0.1/x"', 'written as %40'],
    ['a mode that is taken back', 'database: "postgres://db.example/x?sslmode=require&sslmode=disable"', 'without TLS'],
    [
      'an adapter that nothing loads',
      'upstreams: [{name: a, kind: embedded, adapter: x}]',
      'adapter, which means nothing',
    ],
    ['a file beside a url', 'upstreams: [{name: a, url: "http://127.0.0.1:1", file: x}]', 'file, which means nothing'],
    ['times of what is no server', 'upstreams: [{name: a, kind: gguf, file: x, connections: 3}]', 'connections, which'],
    ['a tool twice', 'tools: [{name: a, effect: read}, {name: a, effect: write}]', 'tool a is declared twice'],
    ['one address for two', 'adminListen: 127.0.0.1:4141', 'adminListen is the address of listen'],
    ['a model without upstream', 'models: [{name: m, upstream: nowhere}]', 'is not declared'],
    [
      'an alias that is another model',
      'upstreams: [{name: u, url: "http://127.0.0.1:1"}]\nmodels: [{name: m, upstream: u}, {name: n, upstream: u, aliases: [m]}]',
      'used twice',
    ],
    ['a quota that cannot be read', 'quotas: [{name: q, per: model, limit: 9 calls}]', 'limits such as'],
    [
      'a quota that counts a call twice',
      'quotas: [{name: q, per: model, limit: "9 requests/day, 8 requests/day"}]',
      'limits such as',
    ],
    [
      'a quota of one of what it does not count',
      'quotas: [{name: q, per: session, only: s, limit: 4 concurrent}]',
      'only goes with per role or model',
    ],
    [
      'a quota of an alias',
      'upstreams: [{name: u, url: "http://127.0.0.1:1"}]\nmodels: [{name: m, upstream: u, aliases: [n]}]\nquotas: [{name: q, per: model, only: n, limit: 4 concurrent}]',
      'an alias of m',
    ],
    ['an unknown zone', 'timeZone: Mars/Olympus', 'not an IANA zone'],
  ])('%s', (_, text, sentence) => {
    expect(problems(text).join('\n')).toContain(sentence)
  })

  it('a mistyped environment name', () => {
    expect(problems('{}', { SALLYPORT_LISTN: 'x' })).toEqual([
      'SALLYPORT_LISTN is not a setting; did you mean SALLYPORT_LISTEN?',
    ])
  })

  it.each([
    'postgres://u:very?secret@127.0.0.1/x',
    'postgres://u:very#secret@127.0.0.1/x',
    'postgres://u:very/secret@127.0.0.1/x',
    'postgres://u:very%secret@127.0.0.1/x',
    'postgres://u:very,secret@127.0.0.1/x?sslmode=secret',
    'postgres://u:p@127.0.0.1/x?password=secret&verysecret=1',
    'postgres://u:p@127.0.0.1/x?sslmode=verysecret&port=verysecret&channel_binding=verysecret',
  ])('without repeating what may be part of a password: %s', (url) => {
    expect(problems(`database: "${url}"`).join()).not.toBe('')
    expect(problems(`database: "${url}"`).join()).not.toMatch(/very|secret/)
  })
  it('without repeating a value that may be a secret', () => {
    const text = problems('upstreams: [{name: a, url: "not a url", apiKey: 17, hosting: sk-verysecret}]').join('\n')
    expect(text).toContain('upstreams[0].hosting')
    expect(text).not.toContain('verysecret')
  })
})

describe('what may be accepted knowingly', () => {
  it('clear text, by the setting with the honest name', () => {
    expect(problems('listen: 0.0.0.0:4141\nallowClearTextListen: true')).toEqual([])
    expect(problems('upstreams: [{name: a, url: "http://gpu1:8000", allowClearText: true}]')).toEqual([])
    expect(problems('upstreams: [{name: a, url: "http://[::1]:8000"}]')).toEqual([])
    const accepted = [
      ...[
        'postgres:///x?host=/var/run/postgresql',
        'postgres://u@/x?host=/var/run/postgresql',
        'postgres://%2Frun%2Fpg/x',
      ],
      ...['postgres://[::1]:5433/x', 'postgres:///x', 'postgres://127.0.0.1/x?sslmode=no-verify'],
      'postgres://u:p%40s@db.example/x?sslmode=verify-full&sslrootcert=a.pem&channel_binding=require&options=-c%20a=b',
    ]
    for (const url of accepted) expect(problems(`database: "${url}"`), url).toEqual([])
    for (const mode of ['disable', 'no-verify'])
      expect(problems(`database: "postgres://db.example/x?sslmode=${mode}"\nallowClearTextDatabase: true`)).toEqual([])
  })
})
