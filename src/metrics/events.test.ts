// What is counted of events, and what of them can never become a label.
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../../test/generators/exposition.ts'
import type { NewEvent } from '../core/index.ts'
import { createEventMetrics } from './events.ts'
import { createRegistry } from './registry.ts'

const SECRET = 'planted-secret-7'

function setUp() {
  const registry = createRegistry()
  const see = createEventMetrics(registry, {
    modelOf: (name) =>
      name === 'small' || name === 'small:latest' ? { name: 'small', groups: ['prod', 'tiny'] } : undefined,
  })
  const read = (name: string, labels: Record<string, string> = {}) =>
    parseExposition(registry.text())
      .samples.filter((one) => one.name === name)
      .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  return { registry, see, read }
}

const finished = (more: Partial<NewEvent> = {}): NewEvent => ({
  kind: 'call.finished',
  principal: `User::"${SECRET}"`,
  credential: `key/${SECRET}`,
  address: SECRET,
  session: SECRET,
  call: SECRET,
  rules: [SECRET],
  action: 'chat',
  model: 'small',
  decision: 'allow',
  ...more,
  data: { outcome: 'served', ms: 120, client: SECRET, by: SECRET, route: SECRET, ...more.data },
})

describe('events as numbers', () => {
  it('counts calls, decisions, times, tokens, cuts and findings', () => {
    const { see, read } = setUp()
    const flow = [
      { class: 'personal/email', count: 3, treatment: 'mask', to: 'upstream' },
      { class: 'personal/email', count: 1, treatment: 'pseudonym', to: 'upstream' },
      { class: 'personal/email', count: 3, treatment: 'mask', to: 'log' },
      { class: 'secret/key', count: 1, treatment: 'block', to: 'upstream' },
    ]
    see([
      finished({
        data: { decidedInUs: 40, sentMs: 0.8, firstMs: 60, overheadMs: 2, inputTokens: 7, outputTokens: 30, flow },
      }),
      finished({ reason: 'key_revoked', data: { outcome: 'cut' } }),
      finished({ reason: 'access_denied', decision: 'deny', data: { outcome: 'refused', injection: 80 } }),
      { kind: 'call.decided', action: 'chat', model: 'small', decision: 'allow' },
      { kind: 'call.finished', address: '::1', reason: 'invalid_api_key', data: { outcome: 'refused', ms: 1 } },
    ])
    expect(read('sallyport_calls_total')).toBe(4)
    expect(read('sallyport_calls_total', { action: 'none', model: 'none', outcome: 'refused' })).toBe(1)
    expect(read('sallyport_stream_cuts_total', { cause: 'key_revoked' })).toBe(1)
    expect(read('sallyport_call_faults_total', { outcome: 'refused', code: 'access_denied' })).toBe(1)
    expect(read('sallyport_decisions_total', { decision: 'allow' })).toBe(2)
    const tagged = { model_tag: 'prod,tiny' }
    expect(read('sallyport_decisions_total', { decision: 'allow', reason: 'none', ...tagged })).toBe(2)
    expect(read('sallyport_decisions_total', { decision: 'deny', reason: 'access_denied', ...tagged })).toBe(1)
    expect(read('sallyport_decision_seconds_bucket', { le: '0.00005' })).toBe(1)
    expect(read('sallyport_send_seconds_bucket', { le: '0.001' })).toBe(1)
    expect(read('sallyport_first_output_seconds_sum')).toBeCloseTo(0.06)
    expect(read('sallyport_first_byte_overhead_seconds_sum')).toBeCloseTo(0.002)
    expect(read('sallyport_tokens_total', { direction: 'output' })).toBe(30)
    expect(read('sallyport_findings_total', { class: 'personal/email', treatment: 'mask', to: 'upstream' })).toBe(3)
    expect(read('sallyport_masked_total', { kind: 'personal/email' })).toBe(4)
    expect(read('sallyport_masked_total')).toBe(4)
    expect(read('sallyport_injection_suspects_total')).toBe(1)
  })

  it('gives names that callers wrote no series of their own', () => {
    const { see, read, registry } = setUp()
    for (let i = 0; i < 3000; i++)
      see([
        finished({ model: `pulled/${i}`, action: `pull${i}`, reason: `made-up-${i}`, data: { outcome: `odd-${i}` } }),
      ])
    expect(read('sallyport_calls_total')).toBe(3000)
    expect(read('sallyport_calls_total', { model: 'other' })).toBe(3000)
    expect(read('sallyport_call_faults_total', { code: 'other', outcome: 'other' })).toBe(3000)
    expect(read('sallyport_decisions_total', { model_tag: 'other' })).toBe(3000)
    see([finished({ model: 'small' }), finished({ model: 'small:latest' })])
    expect(read('sallyport_calls_total', { model: 'small' }), 'two names of one model').toBe(2)
    expect(registry.text().split('\n').length).toBeLessThan(10_000)
  })

  it('holds nothing of a person, a credential, an address or a session', () => {
    const { see, registry } = setUp()
    see([
      finished(),
      finished({ reason: SECRET, data: { outcome: 'cut' } }),
      { kind: 'admin.refused', address: SECRET, reason: SECRET },
      { kind: 'admin.denied', principal: SECRET, subject: SECRET },
      {
        kind: 'request.created',
        principal: SECRET,
        reason: SECRET,
        data: { role: 'user', beneficiary: SECRET, ticket: SECRET },
      },
      { kind: 'grant.ended', principal: SECRET, reason: SECRET, data: { role: 'user', holder: SECRET, uses: 1 } },
    ])
    expect(registry.text()).not.toContain(SECRET)
    expect(registry.text()).toContain('sallyport_grants_ended_total{role="user",state="used"} 1')
  })

  it('counts a request once for each group that approves, at its last answer, with the time it took', () => {
    const { see, read } = setUp()
    const data = { role: 'trainer', approvers: ['leads', 'security'] }
    see([
      { kind: 'request.created', data },
      { kind: 'request.approved', data: { ...data, state: 'pending', waitedMs: 30_000 } },
      { kind: 'request.approved', data: { ...data, state: 'approved', waitedMs: 120_000 } },
      { kind: 'request.created', data: { role: 'user' } },
      { kind: 'request.denied', data: { role: 'user', state: 'denied', waitedMs: 5000 } },
      { kind: 'request.expired', data: { role: 'user', state: 'expired', waitedMs: 86_400_000 } },
      { kind: 'grant.started', data: { role: 'trainer', source: 'approval' } },
      { kind: 'grant.break-glass', data: { role: 'admin', source: 'break-glass' } },
      { kind: 'grant.ended', data: { role: 'trainer', uses: 4, inUse: true } },
      { kind: 'grant.ended', data: { role: 'trainer', uses: 0, inUse: false } },
    ])
    const requests = (approvers: string, outcome: string) =>
      read('sallyport_role_requests_total', { approvers, outcome })
    expect([requests('leads', 'requested'), requests('leads', 'approved')]).toEqual([1, 1])
    expect([requests('security', 'approved'), requests('any', 'denied'), requests('any', 'expired')]).toEqual([1, 1, 1])
    expect(read('sallyport_role_request_seconds_sum', { approvers: 'leads', outcome: 'approved' })).toBe(120)
    expect(read('sallyport_grants_started_total', { source: 'break-glass' })).toBe(1)
    expect(read('sallyport_grants_ended_total', { state: 'in_use' })).toBe(1)
    expect(read('sallyport_grants_ended_total', { state: 'unused' })).toBe(1)
  })
})
