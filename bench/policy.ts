// What a decision costs: one chat question and six questions about data classes, at 20 and 500 rules with 50 entities,
// compiled and by the Cedar library in the same run; then deciding 10,000 open calls again as a gateway does, and the impact of one changed
// rule on 500 people, 60 models and 100,000 recorded decisions. Prints Markdown. Figures are CPU time of this thread.
import { performance } from 'node:perf_hooks'
import { createLeases } from '../src/access/leases.ts'
import { createIds, systemClock, systemRandom } from '../src/core/index.ts'
import { createJudge } from '../src/gateway/judge.ts'
import type { Question } from '../src/gateway/ports.ts'
import {
  type BundleSources,
  type CheckedBundle,
  compileBundle,
  createChecker,
  createClockContext,
  createDecisionLog,
  createPolicy,
  dataClassSource,
  type EntitySource,
  entity,
  fixedSource,
  impactOf,
  ip,
  joinSources,
  loadBundle,
  loadOracle,
  NO_GRANT,
  NO_RISK,
  type Policy,
  type Query,
  usualContext,
  type Watcher,
} from '../src/policy/index.ts'

const CLASSES = [
  'personal/email',
  'personal/person',
  'finance/iban',
  'network/host',
  'business/customer-id',
  'secret/api-key',
]
const checker = createChecker()

/** The shipped rules, cut to 20 or filled up to `rules` with rules about other teams and models. */
async function bundleOf(rules: number): Promise<CheckedBundle> {
  const shipped = (await loadBundle('policies')).filter((file) => !file.path.startsWith('tests/'))
  const texts: string[] = []
  // The shipped rules are 20 when cut and 41 when whole.
  for (let index = 0; texts.length < rules - (rules > 20 ? 41 : 16); index++) {
    const [group, model, hour] = [`team-${index % 40}`, `group-${index % 12}`, 6 + (index % 5)]
    const scope = `principal in Group::"${group}", action in Action::"${index % 3 ? 'use' : 'data'}", resource`
    texts.push(
      index % 3
        ? `@id("filler-${index}") @why("Team rule.") ${index % 7 ? 'permit' : 'forbid'} (${scope} in ModelGroup::"${model}") when { context.clock.hour >= ${hour} && context.clock.hour < 22 };`
        : `@id("filler-${index}") @why("Team data.") @treat("mask") permit (${scope} in DataClass::"finance") when { context.data.confidence > ${50 + (index % 40)} };`,
    )
  }
  const sources: BundleSources = [
    ...(rules > 20
      ? shipped
      : shipped.map((file) => (file.path === 'roles.cedar' ? firstRules(file, 6) : file)).filter(notAccess)),
    { path: 'filler.cedar', text: texts.join('\n') },
  ]
  const result = await checker.check(sources)
  if (!('bundle' in result)) throw new Error(JSON.stringify(result.problems[0]))
  return result.bundle
}
const notAccess = (file: { path: string }) => file.path !== 'access.cedar'
/** The first rules of a file, and its forbids. */
function firstRules(file: { path: string; text: string }, count: number) {
  const rules = file.text.split(/\n(?=@id)/)
  return { ...file, text: [...rules.slice(0, count), ...rules.filter((rule) => /^forbid/m.test(rule))].join('\n') }
}

const world: EntitySource = joinSources(
  fixedSource([
    ...Array.from({ length: 25 }, (_, index) => ({ uid: entity('Group', `team-${index}`) })),
    { uid: entity('Role', 'user') },
    ...Array.from({ length: 12 }, (_, index) => ({ uid: entity('ModelGroup', `group-${index}`) })),
    {
      uid: entity('User', 'dana'),
      attrs: { name: 'Dana', email: 'dana@example.com' },
      parents: [
        entity('Role', 'user'),
        entity('Group', 'team-1'),
        entity('Group', 'team-2'),
        entity('Group', 'team-3'),
      ],
    },
    ...Array.from({ length: 5 }, (_, index) => ({
      uid: entity('Model', `model-${index}`),
      attrs: { upstream: 'demo', hosting: 'local', quarantined: false },
      parents: [entity('ModelGroup', `group-${index}`)],
    })),
  ]),
  dataClassSource(CLASSES),
)

const clockContext = createClockContext('UTC')
const base = (now: number) => ({
  clock: clockContext(now),
  auth: { kind: 'oidc', bound: false, age: 60, amr: ['pwd'], scopes: [], ip: ip('10.1.2.3'), mfa: false },
  risk: NO_RISK,
  grant: NO_GRANT,
  session: { turns: 3, tokens: 900, age: 200, taint: [] },
})
const REQUEST = {
  stream: true,
  format: 'text',
  tools: [],
  toolChoice: 'auto',
  n: 1,
  system: true,
  messages: 5,
  inputs: 0,
  images: 0,
  audio: 0,
  documents: 0,
  toolResults: 0,
  store: false,
  continues: false,
  estimatedTokens: 240,
  parameters: ['maxTokens'],
  maxTokens: 512,
}

function questions(now: number): Query[] {
  const shared = base(now)
  const [principal, model] = [entity('User', 'dana'), entity('Model', 'model-1')]
  return [
    { principal, action: 'chat', resource: model, context: { ...shared, request: REQUEST } },
    ...CLASSES.map((name) => ({
      principal,
      action: 'send',
      resource: entity('DataClass', name),
      context: { ...shared, model, data: { class: name, count: 1, confidence: 95, origin: 'caller', field: '' } },
    })),
  ]
}

/** Median and 99th percentile of microseconds of CPU per round, over batches. */
function measure(rounds: number, batches: number, work: () => void): { median: number; p99: number } {
  const times: number[] = []
  for (let batch = 0; batch < batches; batch++) {
    const before = process.threadCpuUsage()
    for (let round = 0; round < rounds; round++) work()
    const { user, system } = process.threadCpuUsage(before)
    times.push((user + system) / rounds)
  }
  times.sort((a, b) => a - b)
  return { median: times[times.length >> 1]!, p99: times[Math.floor(times.length * 0.99)]! }
}

/** Wall time counts what the machine gave to others meanwhile; this does not. */
const threadCpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const ids = createIds(systemClock, systemRandom)
const newPolicy = (
  bundle: CheckedBundle,
  engine?: Parameters<typeof createPolicy>[0]['engine'],
  watchers: readonly Watcher[] = [],
): Policy => {
  const policy = createPolicy({
    clock: systemClock,
    newId: ids,
    watchers,
    ...(engine ? { engine } : {}),
  })
  policy.activate(compileBundle(bundle))
  return policy
}

console.log(
  '| one chat question + six data-class questions | compiled, µs | p99 of batches | Cedar wasm, µs | factor |',
)
console.log('|---|---|---|---|---|')
const oracle = await loadOracle(systemClock.now)
for (const rules of [20, 500]) {
  const bundle = await bundleOf(rules)
  const compiled = newPolicy(bundle)
  const wasm = newPolicy(bundle, oracle)
  const ask = (policy: Policy) => {
    for (const query of questions(Date.now())) policy.decide(query, world)
  }
  const answers = (policy: Policy) => questions(0).map((query) => policy.decide(query, world).allow)
  if (JSON.stringify(answers(compiled)) !== JSON.stringify(answers(wasm))) throw new Error('the engines disagree')
  measure(2000, 5, () => ask(compiled))
  measure(5, 2, () => ask(wasm))
  const fast = measure(500, 100, () => ask(compiled))
  const slow = measure(10, 7, () => ask(wasm))
  const factor = Math.round(slow.median / fast.median)
  console.log(
    `| ${bundle.rules.length} rules, 50 entities | ${fast.median.toFixed(1)} | ${fast.p99.toFixed(1)} | ${Math.round(slow.median)} | ${factor} |`,
  )
}

{
  // As the gateway does it: its leases, its judge with the context built anew, the record of decisions; 500 people.
  const decisions = createDecisionLog(2000, systemClock.now)
  const policy = newPolicy(await bundleOf(500), undefined, [decisions.watch])
  const people = Array.from({ length: 500 }, (_, index) => entity('User', `user-${index}`))
  const staff = joinSources(
    fixedSource(
      people.map((uid, index) => ({
        uid,
        attrs: { name: `User ${index}`, email: `user-${index}@example.com` },
        parents: [
          entity('Role', 'user'),
          entity('Group', `team-${index % 25}`),
          entity('Group', `team-${(index * 7) % 25}`),
        ],
      })),
    ),
    world,
  )
  const judge = createJudge({
    policy,
    entities: () => staff,
    clockContext,
    now: systemClock.now,
    standing: () => ({ grant: NO_GRANT }),
    anomaly: () => 0,
    withinScopes: () => true,
    models: () => [],
  })
  const leases = createLeases({ clock: systemClock, newId: ids, standing: () => undefined, report: console.error })
  for (let index = 0; leases.size < 10_000; index++) {
    const question: Question = {
      caller: {
        principal: { type: 'User', id: `user-${index % people.length}` },
        credential: { kind: 'oidc', id: `token-${index}`, bound: false, issuedAt: Date.now() },
        address: `10.1.${index % 200}.7`,
      },
      action: 'chat',
      model: {
        uid: entity('Model', `model-${index % 5}`),
        upstreamName: 'demo',
        hosting: 'local',
        digest: '',
        send: () => Promise.reject(new Error('not here')),
      },
      request: {
        action: 'chat',
        model: 'demo',
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'hello' }] }],
        inputs: [],
        params: { maxTokens: 512 },
        stream: true,
      },
      session: undefined,
      injection: 0,
    }
    const { caller, model } = question
    const decision = judge.decide(question)
    // Some teams are forbidden some models.
    if (!decision.allow) continue
    leases.take({
      call: `call-${index}`,
      caller,
      model: model.uid.id,
      decision,
      epoch: leases.epoch,
      redecide: () => judge.decideAgain(question),
    })
  }
  /** Activates the rules anew, so that nothing of them has run yet, and has every call decided again. */
  const sweep = async () => {
    policy.activate(compileBundle(policy.program()!.source))
    let watching = true
    const start = performance.now()
    const longest = { wall: 0, cpu: 0 }
    let turned = { wall: start, cpu: threadCpuMs() }
    const began = turned
    const turn = () => {
      const now = { wall: performance.now(), cpu: threadCpuMs() }
      longest.wall = Math.max(longest.wall, now.wall - turned.wall)
      longest.cpu = Math.max(longest.cpu, now.cpu - turned.cpu)
      turned = now
      if (watching) setImmediate(turn)
    }
    setImmediate(turn)
    const cut = await leases.onChange([{ kind: 'policy', key: 'bench' }])
    watching = false
    if (cut.calls > 0 || leases.size !== 10_000) throw new Error(`${cut.calls} calls were cut`)
    return { wall: performance.now() - start, cpu: threadCpuMs() - began.cpu, longest }
  }
  console.log(
    '\n| 10,000 open calls decided again at 500 rules | ms | of it this thread at work | longest pause of the loop, ms | of it at work |',
  )
  console.log('|---|---|---|---|---|')
  // Calls run for seconds: what was made when they began has left the young generation by the time of a change.
  await sweep()
  for (let round = 1; round <= 7; round++) {
    const { wall, cpu, longest } = await sweep()
    console.log(
      `| ${round} | ${wall.toFixed(0)} | ${cpu.toFixed(0)} | ${longest.wall.toFixed(1)} | ${longest.cpu.toFixed(1)} |`,
    )
  }
}

{
  // One rule changed in 500; 500 people in 40 teams, 60 models in 12 groups; 100,000 recorded decisions.
  const source = await bundleOf(500)
  const changedSources = source.sources.map((file) => ({
    ...file,
    text: file.text.replace('@id("filler-1") @why("Team rule.") permit', '@id("filler-1") @why("Team rule.") forbid'),
  }))
  const checked = await checker.check(changedSources)
  if (!('bundle' in checked)) throw new Error(JSON.stringify(checked.problems[0]))
  const [then, now] = [compileBundle(source), compileBundle(checked.bundle)]
  const users = Array.from({ length: 500 }, (_, index) => entity('User', `user-${index}`))
  const models = Array.from({ length: 60 }, (_, index) => entity('Model', `model-${index}`))
  const many = joinSources(
    fixedSource([
      { uid: entity('Role', 'user') },
      { uid: entity('Gateway', 'sallyport') },
      ...users.map((uid, index) => ({
        uid,
        attrs: { name: `User ${index}` },
        parents: [
          ...(index % 5 ? [entity('Role', 'user')] : []),
          entity('Group', `team-${index % 40}`),
          entity('Group', `team-${(index * 7) % 40}`),
        ],
      })),
      ...models.map((uid, index) => ({
        uid,
        attrs: { upstream: 'demo', hosting: index % 4 ? 'local' : 'external', quarantined: false },
        parents: [entity('ModelGroup', `group-${index % 12}`)],
      })),
    ]),
    dataClassSource(CLASSES),
  )
  const [template] = questions(Date.now())
  const recorded = Array.from({ length: 100_000 }, (_, index) => ({
    query: { ...template!, principal: users[(index * 31) % 500]!, resource: models[(index * 17) % 60]! },
    decision: { allow: true, rules: [] },
    at: 0,
  }))
  const context = createClockContext('UTC')(Date.now())
  const started = performance.now()
  const before = process.threadCpuUsage()
  const impact = impactOf(
    then,
    now,
    {
      entities: many,
      principals: users,
      resources: [...models, entity('Gateway', 'sallyport'), ...CLASSES.map((name) => entity('DataClass', name))],
      usual: (action) => usualContext(now.schemaJson, action, { clock: context, examples: { Model: models[1]! } }),
    },
    recorded,
  )
  const { user, system } = process.threadCpuUsage(before)
  const { coverage } = impact
  console.log(
    `\nImpact of one changed rule of 500 on 500 people × 60 models, and ${recorded.length.toLocaleString('en')} recorded decisions: ${((performance.now() - started) / 1000).toFixed(2)} s, CPU ${((user + system) / 1e6).toFixed(2)} s (${coverage.principalClasses} × ${coverage.resourceClasses} classes, ${coverage.questions} questions, ${impact.effects.length} effects).`,
  )
}
await checker.close()
