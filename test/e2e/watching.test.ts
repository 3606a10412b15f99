// The dashboard and the alert rules ask for what there is: every metric, label and value in their queries stands in what a gateway
// prints that has done a little of everything. And they are well formed, as Grafana and Prometheus read them.
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { FAULTS } from '../../src/core/index.ts'
import { postgres } from '../contract/databases.ts'
import { parseExposition } from '../generators/exposition.ts'
import { chatChunks, json, type Script, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

interface Made {
  id: string
  key: string
  request: { id: string }
  grant: { id: string }
}
interface Panel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { refId: string; expr: string; legendFormat: string }[]
}
interface Dashboard {
  uid: string
  title: string
  panels: Panel[]
  templating: { list: { name: string; definition?: string }[] }
}
interface Rule {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

const dashboard = JSON.parse(readFileSync('grafana/sallyport.json', 'utf8')) as Dashboard
const alerts = parse(readFileSync('grafana/alerts.yaml', 'utf8'), { uniqueKeys: true, strict: true }) as {
  groups: { name: string; rules: Rule[] }[]
}
const rules = alerts.groups.flatMap((group) => group.rules)
const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ where: title, expr, said: legendFormat })),
)
const queries = [
  ...targets,
  ...rules.map(({ alert, expr, annotations }) => ({ where: alert, expr, said: Object.values(annotations).join(' ') })),
]

/** What Prometheus adds to every series that it scrapes, and to what. */
const ADDED = ['instance', 'job']
const ITS_OWN = 'up'
/** Values that the gateway prints only after long waits or real harm. */
const RARE: Readonly<Record<string, readonly string[]>> = { outcome: ['expired'], source: ['break-glass'] }
/** Labels whose values are codes of docs/errors.md, and words of their own. */
const CODES = new Set(['code', 'reason', 'cause'])

/** Text of an expression without what stands in quotes, which is kept as `"0"`, `"1"`, … */
function withoutTexts(expr: string): { text: string; quoted: string[] } {
  const quoted: string[] = []
  const text = expr.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) => `"${quoted.push(inner) - 1}"`)
  return { text, quoted }
}

interface Used {
  readonly metric: string
  readonly matchers: readonly { label: string; operator: string; value: string }[]
}

/** The selectors of an expression, and the labels it groups by. */
function read(expr: string): { used: Used[]; grouped: string[] } {
  const { text, quoted } = withoutTexts(expr)
  const grouped = [...text.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
  const used = [...text.matchAll(/\b((?:sallyport|process)_\w+|up\b)(?:\{([^}]*)\})?/g)].map(
    ([, metric = '', inside = '']) => ({
      metric,
      matchers: [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"(\d+)"/g)].map(
        ([, label = '', operator = '', index = '']) => ({ label, operator, value: quoted[Number(index)] ?? '' }),
      ),
    }),
  )
  return { used, grouped }
}

/** Every bracket is closed by its own kind, and no text is left open. */
function isBalanced(expr: string): boolean {
  const { text } = withoutTexts(expr)
  if (text.replace(/"\d+"/g, '').includes('"')) return false
  const open: string[] = []
  for (const sign of text.replace(/"\d+"/g, '')) {
    if ('([{'.includes(sign)) open.push(sign)
    else if (')]}'.includes(sign) && open.pop() !== '([{'[')]}'.indexOf(sign)]) return false
  }
  return open.length === 0
}

describe('what the gateway prints', () => {
  const database = postgres()
  let upstream: ScriptedUpstream
  let gateway: TestGateway
  const labels = new Map<string, Set<string>>()
  const values = new Map<string, Set<string>>()

  const answers: Script = (response, received) => {
    if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
    if (received.body.includes('fail')) return json({ error: 'broken' }, 500)(response, received)
    if (!received.body.includes('endless')) return sse(...chatChunks(['some words']))(response, received)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const frame = `data: ${JSON.stringify(chatChunks(['some words that go on and on, '])[1])}\n\n`
    const timer = setInterval(() => response.write(frame), 10)
    response.once('close', () => clearInterval(timer))
  }

  const admin = async (path: string, body: unknown, key = gateway.key) => {
    const response = await gateway.call(`/admin/v1${path}`, body, { key })
    const answer = (await response.json()) as Made
    expect(response.status, `${path} ${JSON.stringify(answer)}`).toBeLessThan(300)
    return answer
  }
  const person = async (name: string, role: string) => {
    await admin('/users', { name })
    await admin(`/roles/${role}/assignments`, { holder: `User:${name}` })
    return admin('/keys', { owner: `User:${name}`, name: 'own' })
  }
  const say = (content: string, key?: string) =>
    gateway.call(
      '/v1/chat/completions',
      { model: 'm', stream: true, messages: [{ role: 'user', content }] },
      key === undefined ? {} : { key },
    )
  const printed = async () =>
    (await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${gateway.key}` } })).text()

  beforeAll(async () => {
    await database.start()
    await (await database.open()).close()
    upstream = await startScripted(answers)
    gateway = await startGateway({
      database: database.url(),
      upstreams: [{ name: 'up', url: upstream.url }],
      models: [{ name: 'm', upstream: 'up', groups: ['prod'] }],
    })
    await (await say('write to ada.lovelace@example.org')).text()
    await (await say('fail')).text()
    await gateway.call('/v1/chat/completions', chat('nothing'))
    await gateway.call('/admin/v1/keys', {}, { key: 'wrong' })
    const caller = await person('dana', 'user')
    const endless = await say('endless', caller.key)
    await admin(`/keys/${caller.id}/revoke`, { reason: 'leaked' })
    expect(await endless.text()).toContain('key_revoked')
    const onCall = await person('ola', 'on-call')
    const asked = await admin('/requests', { role: 'operator', seconds: 600, reason: 'x' }, onCall.key)
    await admin(`/requests/${asked.request.id}/cancel`, {}, onCall.key)
    const given = await admin('/requests', { role: 'operator', seconds: 600, reason: 'x', ticket: 'T-1' }, onCall.key)
    await admin(`/grants/${given.grant.id}/end`, { reason: 'done' })
    // Who may not, and asks again and again, is told of.
    for (let i = 0; i < 40; i++) await (await say('please', onCall.key)).text()
    const emergency = await person('eve', 'emergency')
    await admin('/grants/break-glass', { role: 'operator', seconds: 600, reason: 'down' }, emergency.key)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.end('no http\r\n\r\n'))
      socket.once('close', () => resolve())
      socket.resume()
    })
    await vi.waitFor(async () => {
      for (const last of [
        /sallyport_grants_ended_total\{/,
        /outcome="failed"/,
        /sallyport_stream_cuts_total\{/,
        /sallyport_alerts_total\{/,
      ])
        expect(await printed()).toMatch(last)
    }, 10_000)
    for (const { name, labels: own } of parseExposition(await printed()).samples) {
      labels.set(name, new Set([...(labels.get(name) ?? []), ...Object.keys(own)]))
      for (const [label, value] of Object.entries(own)) values.set(label, (values.get(label) ?? new Set()).add(value))
    }
  }, 120_000)
  afterAll(async () => {
    await gateway.close()
    await upstream.close()
    await database.stop()
  })

  it('has every metric of a query, with the labels that are asked for', () => {
    for (const { where, expr } of queries) {
      const { used, grouped } = read(expr)
      expect.soft(used.length, `${where}: no metric in ${expr}`).toBeGreaterThan(0)
      const known = new Set(ADDED)
      for (const { metric, matchers } of used) {
        if (metric !== ITS_OWN) expect.soft([...labels.keys()], `${where}: ${metric}`).toContain(metric)
        const own = new Set([...(labels.get(metric) ?? []), ...ADDED])
        for (const { label } of matchers) expect.soft([...own], `${where}: ${metric}{${label}}`).toContain(label)
        for (const label of own) known.add(label)
      }
      for (const label of grouped) expect.soft([...known], `${where}: by ${label}`).toContain(label)
    }
  })

  it('can have every value that is asked for', () => {
    for (const { where, expr } of queries)
      for (const { metric, matchers } of read(expr).used)
        for (const { label, operator, value } of matchers) {
          if (label === 'job') expect.soft(value, `${where}: as in docs/operating.md`).toBe('sallyport')
          if (ADDED.includes(label)) continue
          for (const one of operator.endsWith('~') ? value.split('|') : [value]) {
            const possible = [...(values.get(label) ?? []), ...(RARE[label] ?? []), 'none']
            if (CODES.has(label)) possible.push(...Object.keys(FAULTS))
            expect.soft(possible, `${where}: ${metric}{${label}${operator}"${one}"}`).toContain(one)
          }
        }
  })

  it('has the labels that legends and words for people name', () => {
    for (const { where, expr, said } of queries) {
      const { used, grouped } = read(expr)
      const own = used.flatMap(({ metric }) => [...(labels.get(metric) ?? [])])
      // What is added up keeps only what it is grouped by.
      const left = grouped.length > 0 ? grouped : /\b(sum|min|max|count)\b/.test(expr) ? [] : own
      for (const [, label = ''] of said.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g))
        expect.soft([...left, ...(grouped.length > 0 ? [] : ADDED)], `${where}: {{${label}}}`).toContain(label)
    }
  })

  it('has every metric that docs/operating.md names', () => {
    const page = readFileSync('docs/operating.md', 'utf8')
    for (const [, metric = '', list] of page.matchAll(/`((?:sallyport|process)_\w+)(?:\{([\w,]+)\})?`/g)) {
      const found = [...labels].find(([name]) => name.replace(/_(bucket|sum|count)$/, '') === metric)
      expect.soft(found?.[0], metric).toBeDefined()
      for (const label of list?.split(',') ?? []) expect.soft([...(found?.[1] ?? [])], metric).toContain(label)
    }
  })
})

describe('as they are read', () => {
  it('every expression has balanced brackets, every histogram its bound', () => {
    for (const { where, expr } of queries) {
      expect.soft(isBalanced(expr), `${where}: ${expr}`).toBe(true)
      for (const [, inner = ''] of expr.matchAll(/histogram_quantile\(([^)]*\([^)]*\))/g))
        expect.soft(inner, where).toMatch(/by \(le\b/)
      if (expr.includes('histogram_quantile')) expect.soft(expr, where).toContain('_bucket{'.slice(0, 7))
    }
    for (const wrong of ['sum(a', 'sum(a]', 'a{b="c}', '(a))', 'a{b="("']) expect(isBalanced(wrong), wrong).toBe(false)
  })

  it('the dashboard has three rows, panels of their own number that lie in no other, and a node to choose', () => {
    expect(dashboard).toMatchObject({ uid: 'sallyport', title: 'Sallyport' })
    const { panels } = dashboard
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual(['Safety', 'Speed', 'People'])
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    const cells = new Map<string, string>()
    for (const {
      title,
      type,
      description,
      gridPos: { x, y, w, h },
      targets: own = [],
    } of panels) {
      expect.soft(x + w, title).toBeLessThanOrEqual(24)
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          expect.soft(cells.get(`${column} ${line}`), title).toBeUndefined()
          cells.set(`${column} ${line}`, title)
        }
      if (type === 'row') continue
      expect.soft(description, title).toMatch(/\.$/)
      expect.soft(new Set(own.map(({ refId }) => refId)).size, title).toBe(own.length)
      for (const { expr } of own) expect.soft(expr, title).toContain('instance=~"$instance"')
    }
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance'])
  })

  it('every alert has a name of its own, how bad it is, what has happened and what to do', () => {
    expect(alerts.groups.map(({ name }) => name)).toEqual(['sallyport'])
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const rule of rules) {
      expect.soft(rule.alert).toMatch(/^Sallyport[A-Za-z]+$/)
      expect
        .soft(
          Object.keys(rule).filter((name) => !FIELDS.has(name)),
          rule.alert,
        )
        .toEqual([])
      expect.soft(['page', 'ticket'], rule.alert).toContain(rule.labels.severity)
      expect.soft(rule.for ?? '1s', rule.alert).toMatch(/^\d+[smhd]$/)
      expect.soft(Object.keys(rule.annotations), rule.alert).toEqual(['summary', 'description'])
      for (const text of Object.values(rule.annotations)) expect.soft(text, rule.alert).toMatch(/[.`]$/)
      expect.soft(rule.annotations.description?.length, rule.alert).toBeGreaterThan(40)
    }
  })

  it('nobody is named: no label tells of a person, a key or an address', () => {
    const named = /\b(principal|user|credential|key|address|session|call|subject)\b/
    for (const { where, expr } of queries) {
      const { used, grouped } = read(expr)
      const asked = [...grouped, ...used.flatMap(({ matchers }) => matchers.map(({ label }) => label))]
      expect
        .soft(
          asked.filter((label) => named.test(label)),
          where,
        )
        .toEqual([])
    }
  })
})

/** What Prometheus reads in a rule of alerting. */
const FIELDS = new Set(['alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'])
