// What is proven of rules is what acts: for random rules and random calls, the call over a real socket, `can`, `why`, AuthZEN and
// the plan made before say the same. Each difference would be a proof of something else than what decides.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Json } from '../../src/core/index.ts'
import { loadBundle } from '../../src/policy/index.ts'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { startGateway, type TestGateway } from './harness.ts'

const ANSWER = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
}
const base = mkdtempSync(join(tmpdir(), 'sallyport-proof-'))
const policies = join(base, 'policies')
let upstream: ScriptedUpstream
let gateway: TestGateway
const keys = new Map<string, string>()

const SCOPES: Readonly<Record<string, { readonly actions?: string[]; readonly models?: string[] }>> = {
  all: {},
  chatting: { actions: ['chat'] },
  m: { models: ['m'] },
  alias: { models: ['also-m'] },
}
const PEOPLE = ['dana', 'jo']

beforeAll(async () => {
  mkdirSync(policies)
  for (const file of readdirSync('policies'))
    if (/\.(cedar|cedarschema)$/.test(file)) cpSync(join('policies', file), join(policies, file))
  // Whatever is found may pass, so that rules about calls alone decide.
  writeFileSync(
    join(policies, 'data.cedar'),
    '@id("data") @why("x") @treat("pass") permit (principal, action in Action::"data", resource is DataClass);',
  )
  upstream = await startScripted((response, received) =>
    json(received.method === 'GET' ? { object: 'list', data: [] } : ANSWER)(response, received),
  )
  gateway = await startGateway({
    policies,
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [
      { name: 'm', upstream: 'up', aliases: ['also-m'], groups: ['big'] },
      { name: 'n', upstream: 'up', upstreamName: 'm' },
    ],
  })
  await made('/groups', { name: 'team' })
  await made('/roles', { name: 'r1', description: 'x' })
  await made('/roles', { name: 'r2', description: 'x' })
  for (const name of PEOPLE) await made('/users', { name })
  await made('/roles/r1/assignments', { holder: 'User:dana' })
  await made('/roles/r2/assignments', { holder: 'Group:team' })
  await made('/groups/team/members/User:jo', {}, 'PUT')
  for (const name of PEOPLE)
    for (const [kind, scopes] of Object.entries(SCOPES)) {
      const { key } = (await made('/keys', { owner: `User:${name}`, name: kind, ...scopes })) as { key: string }
      keys.set(`${name} ${kind}`, key)
    }
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(base, { recursive: true, force: true })
})

const made = async (path: string, body: unknown, method = 'POST'): Promise<unknown> => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} ${response.status} ${text}`)
  return JSON.parse(text)
}

const pick = <T>(...all: T[]) => fc.constantFrom(...all)
const hour = new Date().getUTCHours()
const condition = fc.oneof(
  pick(
    'context.auth.ip.isInRange(ip("127.0.0.0/8"))',
    'context.auth.ip.isInRange(ip("10.0.0.0/8"))',
    `context.clock.hour >= ${hour > 1 ? hour - 1 : 0}`,
    `context.clock.hour < ${hour > 1 ? hour - 1 : 0}`,
    'context.clock.now < datetime("2020-01-01")',
    'context.request has maxTokens && context.request.maxTokens <= 100',
    'context.request has seed',
    'context.request has temperature && context.request.temperature.lessThan(decimal("0.5"))',
    'context.request.stream',
    'context.request.parameters.contains("seed")',
    'context.request.system',
    'context.session.taint.contains("personal/email")',
    'context.session.taint.isEmpty()',
    'context.session.turns > 0',
    'context.auth.kind == "key"',
    'context.auth.mfa',
    'context.auth.scopes.contains("chat")',
    'context.auth.scopes.isEmpty()',
    'context.auth.bound',
    'resource.hosting == "external"',
    'resource in ModelGroup::"big"',
    'principal in Group::"team"',
    'context.grant.active',
    'context.risk.anomaly < 50',
    'context.request.estimatedTokens < 2000',
    'context.request.messages > 1',
  ),
)
const rule = fc.record({
  effect: pick('permit', 'permit', 'permit', 'permit', 'permit', 'forbid'),
  who: pick(
    'principal',
    'principal in Role::"r1"',
    'principal in Role::"r2"',
    'principal == User::"dana"',
    'principal in Group::"team"',
  ),
  action: pick('action == Action::"chat"', 'action in Action::"use"', 'action in [Action::"chat", Action::"embed"]'),
  what: pick(
    'resource',
    'resource == Model::"m"',
    'resource == Model::"also-m"',
    'resource in ModelGroup::"big"',
    'resource is Model',
  ),
  when: fc.array(fc.tuple(pick('when', 'unless'), condition), { maxLength: 2 }),
  stepup: pick(false, false, false, true),
})
const bundleOf = (rules: (typeof rule extends fc.Arbitrary<infer T> ? T : never)[]) =>
  rules
    .map(({ effect, who, action, what, when, stepup }, index) => {
      const duty = stepup && effect === 'permit' && index === 0 ? ' @stepup("5m")' : ''
      const clauses = when.map(([kind, body]) => `${kind} { ${body} }`).join(' ')
      return `@id("q${index}") @why("x")${duty} ${effect} (${who}, ${action}, ${what}) ${clauses};`
    })
    .join('\n')
const question = fc.record({
  who: pick(...PEOPLE),
  scopes: pick('all', 'all', 'all', ...Object.keys(SCOPES)),
  model: pick('m', 'also-m', 'n'),
  tainted: fc.boolean(),
  extra: fc.record(
    { max_tokens: pick(50, 500), seed: pick(1), temperature: pick(0, 0.9), stream: pick(true, false) },
    { requiredKeys: [] },
  ),
  system: fc.boolean(),
})

type Asked = ReturnType<typeof fc.sample<typeof question extends fc.Arbitrary<infer T> ? T : never>>[number]

interface Told {
  readonly decision: 'allow' | 'deny'
  readonly decided: readonly { readonly id: string }[]
  readonly asAsked?: boolean
}
interface Planned {
  readonly hash: string
  readonly effects: readonly { kind: string; action: string; principals: string[]; resources: string[] }[]
}

let sessions = 0
/** The second call of a conversation: the first one, if it was let through, is a turn of it and may have tainted it. */
async function call({ who, scopes, model, tainted, extra, system }: Asked) {
  const messages = [
    ...(system ? [{ role: 'system', content: 'Be brief.' }] : []),
    { role: 'user', content: tainted ? 'I am jo@example.com' : 'hello' },
  ]
  const options = { key: keys.get(`${who} ${scopes}`)!, headers: { 'x-sallyport-session': `s${sessions++}` } }
  const send = async () => {
    const response = await gateway.call('/v1/chat/completions', { model, messages, ...extra }, options)
    await response.text()
    // What the scripted server answers is no stream: then a call that was allowed ends there.
    return { response, allow: [200, 502].includes(response.status) }
  }
  const first = await send()
  const { response, allow } = await send()
  return { first: first.allow, allow, status: response.status, id: response.headers.get('x-sallyport-decision') }
}

/** What the gateway knows of such a call, by its names in rules. */
const contextOf = ({ scopes, tainted, extra, system }: Asked, went: boolean): Record<string, Json> => ({
  'auth.scopes': SCOPES[scopes]?.actions ?? [],
  'session.taint': tainted && went ? ['personal/email'] : [],
  'session.turns': went ? 1 : 0,
  'request.stream': extra.stream ?? false,
  'request.system': system,
  'request.messages': system ? 2 : 1,
  ...(extra.max_tokens === undefined ? {} : { 'request.maxTokens': extra.max_tokens }),
  ...(extra.seed === undefined ? {} : { 'request.seed': extra.seed }),
  ...(extra.temperature === undefined ? {} : { 'request.temperature': extra.temperature.toFixed(1) }),
  'request.parameters': Object.keys(extra).map((name) => (name === 'max_tokens' ? 'maxTokens' : name)),
})

/** As AuthZEN has it, part by part. */
function nested(named: Record<string, Json>): Record<string, Record<string, Json>> {
  const parts: Record<string, Record<string, Json>> = {}
  for (const [name, value] of Object.entries(named)) {
    const [part = '', rest = ''] = name.split('.')
    parts[part] = { ...parts[part], [rest]: value }
  }
  return parts
}

const can = (who: string, model: string, more = {}) =>
  made('/explain', { principal: `User:${who}`, action: 'chat', resource: `Model:${model}`, ...more }) as Promise<Told>
const idsOf = ({ decided }: Told) => decided.map(({ id }) => id).join()

it('the call, can, why, AuthZEN and the plan say the same', { timeout: 120_000 }, async () => {
  const shipped = await loadBundle(policies)
  const seed = Number(process.env.SALLYPORT_TEST_SEED ?? 2)
  const world = fc.record({
    rules: fc.array(rule, { minLength: 1, maxLength: 5 }),
    questions: fc.array(question, { minLength: 12, maxLength: 12 }),
  })
  const count = { yes: 0, no: 0 }
  for (const { rules, questions } of fc.sample(world, { numRuns: 3, seed })) {
    const own = bundleOf(rules)
    const files = [...shipped, { path: 'own.cedar', text: own }]
    const plan = (await made('/policies/plan', { files })) as Planned
    const pairs = PEOPLE.flatMap((who) => ['m', 'also-m', 'n'].map((model) => ({ who, model })))
    const usual = () => Promise.all(pairs.map(async ({ who, model }) => (await can(who, model)).decision))
    const before = await usual()
    await made('/policies', { files, reason: 'proof', plan: plan.hash })
    const after = await usual()
    for (const [index, { who, model }] of pairs.entries()) {
      const told = plan.effects.find(
        ({ kind, action, principals, resources }) =>
          ['gains', 'loses'].includes(kind) &&
          action === 'chat' &&
          principals.includes(`User::"${who}"`) &&
          resources.includes(`Model::"${model}"`),
      )
      const really = before[index] === after[index] ? undefined : after[index] === 'allow' ? 'gains' : 'loses'
      expect(told?.kind, `seed ${seed}, plan for ${who} and ${model}: ${own}`).toBe(really)
    }
    for (const asked of questions) {
      const { who, model } = asked
      const { first, allow, status, id } = await call(asked)
      count[allow ? 'yes' : 'no']++
      // What the key itself does not reach no rule is asked about.
      if (id === null) {
        expect(allow).toBe(false)
        continue
      }
      const context = contextOf(asked, first)
      const why = (await made(`/decisions/${id}/explain`, {})) as Told
      const beforehand = await can(who, model, { from: '127.0.0.1', set: context })
      const evaluation = await gateway.call('/access/v1/evaluation', {
        subject: { type: 'User', id: who },
        action: { name: 'chat' },
        resource: { type: 'Model', id: model },
        context: nested({ ...context, 'auth.ip': '127.0.0.1', 'auth.kind': 'key' }),
      })
      const { decision: authzen } = (await evaluation.json()) as { decision: boolean }
      // A sign-in that is demanded beside a yes: `can` and `why` tell it as a duty.
      const decision = allow || status === 401 ? 'allow' : 'deny'
      expect(
        { asAsked: why.asAsked, why: why.decision, can: beforehand.decision, authzen, rules: idsOf(beforehand) },
        `seed ${seed}, ${JSON.stringify(asked)}: ${own}`,
      ).toEqual({ asAsked: true, why: decision, can: decision, authzen: allow, rules: idsOf(why) })
    }
  }
  // Both answers occur, or nothing was compared.
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(2)
})
