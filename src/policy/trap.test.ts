// The traps of the engine, each met once in the library itself: an error that fails open, texts that kill the parser,
// rules that look alive and are not, data that pretends to be an entity.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIds, type Fault, systemClock, systemRandom } from '../core/index.ts'
import { recordJson } from './cedar-json.ts'
import {
  type CedarRecord,
  type Checker,
  createChecker,
  createConform,
  createPolicy,
  type EntityRef,
  entity,
  fixedSource,
  loadBundle,
  type Policy,
  type Problem,
  readEntities,
} from './index.ts'
import { MAX_NESTING, nestingBeyond } from './inspect.ts'
import { createOracleEvaluator } from './oracle.ts'

const SCHEMA = `
entity Group;
entity User in [Group] { level: Long };
entity Model { quarantined: Bool };
entity DataClass;
action use;
action chat in [use] appliesTo { principal: User, resource: Model, context: { n: Long, friend?: User, model?: Model, note?: String } };
action data;
action send in [data] appliesTo { principal: User, resource: DataClass, context: { n: Long } };
action lonely;
`
const ALLOW = '@id("allow") @why("Everybody chats.") permit (principal, action == Action::"chat", resource);'

let checker: Checker
beforeAll(() => {
  checker = createChecker()
})
afterAll(() => checker.close())

const sources = (rules: string, schema = SCHEMA) => [
  { path: 'schema.cedarschema', text: schema },
  { path: 'rules.cedar', text: rules },
]
async function problems(rules: string, schema = SCHEMA): Promise<readonly Problem[]> {
  const result = await checker.check(sources(rules, schema))
  return 'problems' in result ? result.problems : []
}
async function policyOf(rules: string, engine?: 'wasm'): Promise<Policy> {
  const result = await checker.check(sources(rules))
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  const policy = createPolicy({
    clock: systemClock,
    newId: createIds(systemClock, systemRandom),
    ...(engine ? { engine: (program) => createOracleEvaluator(program, systemClock.now) } : {}),
  })
  policy.activate(result.bundle)
  return policy
}
const entities = fixedSource([
  { uid: entity('User', 'dana'), attrs: { level: 3 } },
  { uid: entity('Model', 'small'), attrs: { quarantined: false } },
  { uid: entity('Model', 'halfway') },
])
const ask = (policy: Policy, context: CedarRecord = { n: 1 }, model = 'small', who = 'dana') =>
  policy.decide({ principal: entity('User', who), action: 'chat', resource: entity('Model', model), context }, entities)

test.each([undefined, 'wasm'] as const)(
  'a forbid that errors, on a missing fact or an integer overflow, denies though the library would allow (%s)',
  async (engine) => {
    const policy = await policyOf(
      `${ALLOW} @id("quarantine") @why("No.") forbid (principal, action, resource is Model) when { resource.quarantined };
     @id("overflow") @why("No.") forbid (principal, action == Action::"chat", resource) when { context.n * 9007199254740991 * 9007199254740991 > 1 };`,
      engine,
    )
    expect(ask(policy, { n: 0 }).allow).toBe(true)
    expect(ask(policy, { n: 5 })).toMatchObject({ allow: false, errors: ['overflow'] })
    expect(ask(policy, { n: 0 }, 'halfway')).toMatchObject({ allow: false, errors: ['quarantine'] })
    expect(ask(policy, { n: 0 }, 'halfway').why).toBe('A rule could not be evaluated, and then the answer is no.')
  },
)

test('a permit that errors denies as well, even beside one that holds', async () => {
  const policy = await policyOf(
    `${ALLOW} @id("friend") @why("Friends.") permit (principal, action == Action::"chat", resource) when { context has friend && context.friend.level > 1 };`,
  )
  expect(ask(policy, { n: 1, friend: entity('User', 'dana') })).toMatchObject({
    allow: true,
    rules: ['allow', 'friend'],
  })
  expect(ask(policy, { n: 1, friend: entity('User', 'gone') })).toMatchObject({ allow: false, errors: ['friend'] })
})

test('an entity nobody knows is denied before any rule is asked', async () => {
  const policy = await policyOf(ALLOW)
  expect(ask(policy, { n: 1 }, 'unknown')).toMatchObject({ allow: false, rules: [] })
  expect(ask(policy, { n: 1 }, 'small', 'stranger')).toMatchObject({ allow: false, rules: [] })
})

test('nested text of depth 10,000 is refused in words, and the checker goes on answering', async () => {
  const rule = (condition: string) =>
    `@id("deep") @why("x") permit (principal, action, resource) when { ${condition} };`
  const deep = (depth: number) => rule(`${'('.repeat(depth)}true${')'.repeat(depth)}`)
  for (const text of [
    deep(150),
    deep(10_000),
    rule('['.repeat(10_000)),
    rule(`${'!'.repeat(200)}true`),
    rule(`${'if true then '.repeat(10_000)}true`),
    rule(`true${' && true'.repeat(30_000)}`),
    rule(`1${' + 1'.repeat(60_000)} == 1`),
    rule(`principal${'.a'.repeat(100_000)}`),
  ]) {
    const found = await problems(text)
    expect(found.length).toBeGreaterThan(0)
    expect(found[0]?.level).toBe('error')
    expect(await problems(ALLOW)).toEqual([])
  }
  expect((await problems(deep(10_000)))[0]?.message).toBe(`brackets are nested deeper than ${MAX_NESTING}`)
  const formatted = await checker.format({ path: 'rules.cedar', text: deep(10_000) })
  expect('problems' in formatted).toBe(true)
})

test('a check that ran out of time says so, and not that the rules are at fault', async () => {
  const hurried = createChecker(1)
  const file = { path: 'rules.cedar', text: ALLOW }
  for (const found of [await hurried.check([file]), await hurried.format(file)])
    expect(found).toMatchObject({ problems: [{ message: expect.stringContaining('could not be read in 0.001 s') }] })
  await hurried.close()
})

test('a row of conditions so long that its tree cannot be sent is refused in words, with its place', async () => {
  const row = Array.from({ length: 1000 }, (_, index) => `context.n == ${index}`).join(' || ')
  expect(
    await problems(
      `${ALLOW}\n@id("row") @why("x") permit (principal, action == Action::"chat", resource) when { ${row} };`,
    ),
  ).toEqual([
    {
      level: 'error',
      message: expect.stringContaining('nested deeper than 200'),
      file: 'rules.cedar',
      line: 2,
      rule: 'row',
    },
  ])
})

test('what kills the parser, or keeps it too long, is refused by itself: who waits behind it is answered', async () => {
  const deadly = `@id("deep") @why("x") permit (principal, action, resource) when { true${' && true'.repeat(30_000)} };`
  const [dead, good] = await Promise.all([problems(deadly), problems(ALLOW)])
  expect([dead[0]?.message, good]).toEqual([expect.stringMatching(/^the rules could not be read: /), []])
  // Each type holds the one before it twice.
  const doubling = Array.from({ length: 30 }, (_, index) => `type T${index + 1} = { a: T${index}, b: T${index} };`)
  const types = `${SCHEMA} type T0 = { a: Long }; ${doubling.join('\n')} action wide appliesTo { principal: User, resource: Model, context: { t: T30 } };`
  const hasty = createChecker(1000)
  const found = await hasty.check(
    sources('@id("w") @why("x") permit (principal, action == Action::"wide", resource);', types),
  )
  await hasty.close()
  expect('problems' in found && found.problems[0]?.message).toMatch(/^the rules could not be read in 1 s: /)
})

test('tests are run where a check is, and their entities are read once', async () => {
  const entities = Array.from({ length: 1000 }, (_, index) => ({
    uid: { type: 'Group', id: `g${index}` },
    parents: index === 0 ? [] : [{ type: 'Group', id: `g${index - 1}` }],
    attrs: {},
  }))
  const one = {
    request: { principal: 'User::"dana"', action: 'Action::"chat"', resource: 'Model::"m"', context: { n: 1 } },
    entities: 'entities.json',
    decision: 'deny',
  }
  const found = await checker.check([
    ...sources(ALLOW),
    { path: 'tests/entities.json', text: JSON.stringify(entities) },
    {
      path: 'tests/x.json',
      text: JSON.stringify(Array.from({ length: 1000 }, (_, name) => ({ name: `${name}`, ...one }))),
    },
  ])
  expect('tests' in found && found.tests).toMatchObject({ passed: 1000, failed: 0 })
})

test('brackets inside strings and comments are no nesting', () => {
  expect(nestingBeyond(`"${'('.repeat(100)}" // ${'['.repeat(100)}\n(("\\"(("))`, 2)).toBeUndefined()
  expect(nestingBeyond('((( ', 2)).toBe(2)
})

test('the digest of what was refused never becomes active: the last good bundle serves', async () => {
  const policy = await policyOf(ALLOW)
  const before = policy.active()
  const good = await checker.check(sources(ALLOW))
  if ('problems' in good) throw new Error('unreachable')
  const broken = {
    ...good.bundle,
    rules: [{ ...good.bundle.rules[0]!, json: { ...good.bundle.rules[0]!.json, annotations: {} } }],
  }
  expect(() => policy.activate(broken)).toThrow()
  expect(policy.active()).toEqual(before)
  expect(ask(policy).allow).toBe(true)
})

test('impossible forbids, of which the library merely warns, are refused; impossible permits are warned about', async () => {
  const dead = '(principal, action == Action::"chat", resource == DataClass::"secret")'
  expect(await problems(`${ALLOW} @id("dead") @why("x") forbid ${dead};`)).toMatchObject([
    { level: 'error', rule: 'dead', file: 'rules.cedar' },
  ])
  expect(
    (await problems(`${ALLOW} @id("dead") @why("x") forbid (principal, action, resource) when { 1 == 2 };`))[0]
      ?.message,
  ).toMatch(/^this forbid can never match/)
  expect(
    (await problems(`${ALLOW} @id("dead") @why("x") forbid (principal, action == Action::"lonely", resource);`))[0]
      ?.message,
  ).toMatch(/never match/)
  const warned = await checker.check(sources(`${ALLOW} @id("dead") @why("x") permit ${dead};`))
  expect('bundle' in warned && warned.bundle.warnings.length).toBeGreaterThan(0)
})

test('files that would not be read, or that lead elsewhere, refuse the bundle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-names-'))
  mkdirSync(join(folder, 'team/deep'), { recursive: true })
  writeFileSync(join(folder, 'team/own.cedar'), '')
  expect((await loadBundle(folder)).map(({ path }) => path)).toEqual(['team/own.cedar'])
  for (const path of ['team/deep/own.cedar', 'own.CEDAR', 'data-classes.yml']) {
    writeFileSync(join(folder, path), '')
    await expect(loadBundle(folder), path).rejects.toMatchObject({ code: 'policy_invalid' })
    rmSync(join(folder, path))
  }
  rmSync(folder, { recursive: true })
  const named = async (path: string) => {
    const result = await checker.check([...sources(ALLOW), { path, text: '' }])
    return 'problems' in result ? result.problems[0]?.message : undefined
  }
  expect(await named('team/own rules.cedar')).toBeUndefined()
  for (const path of ['../own.cedar', '/own.cedar', 'a/b/own.cedar', 'read.me'])
    expect(await named(path)).toMatch(/not the name of a file/)
  expect(await named('rules.cedar')).toBe('this file is given twice')
})

test('what is no ordinary file, too large to read or not there refuses the bundle by its name, unread', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-special-'))
  mkdirSync(join(folder, 'tests/more'), { recursive: true })
  const said = async (name: string, make: (path: string) => unknown) => {
    make(join(folder, name))
    const detail = await loadBundle(folder).then(
      () => 'read',
      ({ publicMessage }: Fault) => publicMessage,
    )
    rmSync(join(folder, name))
    return detail
  }
  const large = (path: string) => {
    writeFileSync(path, '')
    truncateSync(path, 2 ** 40)
  }
  const here = (path: string) => writeFileSync(path, '[]')
  try {
    expect(await said('zero.cedar', (path) => symlinkSync('/dev/zero', path))).toContain(
      'zero.cedar is not an ordinary file.',
    )
    expect(await said('gone.cedar', (path) => symlinkSync('nowhere', path))).toContain(
      'gone.cedar cannot be read (ENOENT).',
    )
    expect(await said('self.cedar', (path) => symlinkSync('self.cedar', path))).toContain(
      'self.cedar cannot be read (ELOOP).',
    )
    expect(await said('large.cedar', large)).toContain('large.cedar is larger than 262144 bytes.')
    expect(await said('a\n.cedar', here)).toContain('"a\\n.cedar" would not be read')
    expect(await said('a.cedar\n', here)).toContain('"a.cedar\\n" would not be read')
    expect(await said('tests/more/x.json', here)).toContain('tests/more/x.json would not be read')
    expect(await said('latin.cedar', (path) => writeFileSync(path, Buffer.from([0xe9])))).toContain(
      'latin.cedar is not UTF-8 text.',
    )
    expect(await said('notes.txt', here)).toBe('read')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a bundle has bounds, as files that are sent and as a folder', async () => {
  const largest = '//'.padEnd(262_144, 'x')
  const many = (count: number, text: string) =>
    Array.from({ length: count }, (_, index) => ({ path: `f${index}.cedar`, text }))
  const first = async (files: { path: string; text: string }[]) => {
    const found = await checker.check([...sources(ALLOW), ...files])
    return 'problems' in found ? found.problems[0]?.message : undefined
  }
  expect(await first(many(998, ''))).toBeUndefined()
  expect(await first(many(999, ''))).toBe('a bundle has at most 1000 files')
  expect(await first(many(1, largest))).toBeUndefined()
  expect(await first(many(1, `${largest}x`))).toBe('a file has at most 262144 bytes')
  expect(await first(many(16, largest))).toBe('a bundle has at most 4194304 bytes')
  const base = mkdtempSync(join(tmpdir(), 'sallyport-bounds-'))
  let count = 0
  const said = async (files: { path: string; text: string }[], link?: string) => {
    const folder = join(base, `${count++}`)
    mkdirSync(folder)
    for (const { path, text } of files) writeFileSync(join(folder, path), text)
    for (let index = 0; link && index < 30; index++) symlinkSync(link, join(folder, `link${index}`))
    return loadBundle(folder).then(
      () => 'read',
      ({ publicMessage }: Fault) => publicMessage,
    )
  }
  try {
    expect(await said(many(16, largest))).toBe('read')
    expect(await said(many(17, largest))).toContain('larger than 4194304 bytes')
    expect(await said(many(1001, ''))).toContain('more than 1000 files')
    expect(await said([], '.')).toContain('more than 10000 files and folders')
  } finally {
    rmSync(base, { recursive: true })
  }
})

test('arrays of policies, which the library refuses as duplicates, are no trap here: rules go by @id, one used twice or missing is refused', async () => {
  const many = Array.from({ length: 25 }, (_, index) => ALLOW.replace('allow', `allow-${index}`)).join('\n')
  const result = await checker.check(sources(many))
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  expect(result.bundle.rules.map((rule) => [rule.id, rule.line])).toEqual(
    Array.from({ length: 25 }, (_, index) => [`allow-${index}`, index + 1]),
  )
  expect((await problems(`${ALLOW}\n${ALLOW}`))[0]).toMatchObject({
    line: 2,
    message: '@id("allow") is already used at rules.cedar:1',
  })
  expect((await problems('@why("x") permit (principal, action, resource);'))[0]?.message).toMatch(/^@id is required/)
})

test('an integer beyond 2^53, which JSON would silently round, is refused at load and kept exact at run time', async () => {
  const rule = (literal: string) =>
    `@id("x") @why("x") permit (principal, action == Action::"chat", resource) when { context.n + ${literal} == context.n };`
  expect(await problems(`${ALLOW}\n${rule('9007199254740993')}`)).toMatchObject([
    { message: expect.stringMatching(/outside ±9007199254740991/), file: 'rules.cedar', line: 2, rule: 'x' },
  ])
  const policy = await policyOf(
    '@id("x") @why("x") permit (principal, action == Action::"chat", resource) when { context.n + 1 == context.n };',
  )
  // As doubles both sides would be the same.
  expect(ask(policy, { n: 2 ** 53 - 1 }).allow).toBe(false)
  expect(ask(policy, { n: 2n ** 62n }).allow).toBe(false)
})

test('validation answers success beside errors: a rule that does not validate is refused all the same', async () => {
  const when = (condition: string) => `@id("x") @why("x") permit (principal, action, resource) when { ${condition} };`
  expect((await problems(when('principal.levle > 1')))[0]).toMatchObject({
    level: 'error',
    help: expect.stringContaining('level'),
  })
  expect((await problems(when('principal.level == "3"')))[0]?.level).toBe('error')
  // An optional attribute must be asked for first.
  expect((await problems(when('context.note == "x"')))[0]?.level).toBe('error')
})

test('the library names ids and no annotations: decisions carry all rules that decided, in order, with their duties', async () => {
  const policy = await policyOf(`
    @id("b") @why("Two.") @limit("9 requests/minute") permit (principal, action == Action::"chat", resource);
    @id("a") @why("One.") @clamp("maxTokens <= 7") permit (principal, action == Action::"chat", resource);
    @id("z") @why("Never so many.") @explain("public") forbid (principal, action == Action::"chat", resource) when { context.n > 5 };
    @id("y") @why("Nor more.") forbid (principal, action == Action::"chat", resource) when { context.n > 6 };
  `)
  expect(ask(policy, { n: 1 })).toMatchObject({
    rules: ['b', 'a'],
    duties: { limits: [{ amount: 9, rule: 'b' }], clamps: [{ parameter: 'maxTokens', value: 7 }] },
  })
  expect(ask(policy, { n: 7 })).toMatchObject({ allow: false, rules: ['z', 'y'], why: 'Never so many.' })
  expect(ask(await policyOf('// none'), { n: 1 })).toMatchObject({ allow: false, rules: [] })
})

test.each([undefined, 'wasm'] as const)(
  'action groups, which the library knows only as entities, hold without being handed in (%s)',
  async (engine) => {
    const policy = await policyOf(
      '@id("g") @why("x") permit (principal, action in Action::"use", resource) when { action in Action::"use" };',
      engine,
    )
    expect(ask(policy).allow).toBe(true)
  },
)

test.each([undefined, 'wasm'] as const)(
  'what the library throws at is a deny, and the next question is answered: deep, null, fractional, unpaired (%s)',
  async (engine) => {
    const policy = await policyOf(
      '@id("note") @why("x") permit (principal, action == Action::"chat", resource) when { context has note && context.note == "ok" };',
      engine,
    )
    const nested = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as CedarRecord
    for (const note of [nested, null, 0.5, Number.NaN, 2n ** 70n, 'a\ud800', undefined, () => 1, new Date()]) {
      expect(ask(policy, { n: 1, note } as unknown as CedarRecord).allow).toBe(false)
      expect(ask(policy, { n: 1, note: 'ok' }).allow).toBe(true)
    }
    expect(ask(policy, { n: 1 }, 'sm\udc00all').allow).toBe(false)
  },
)

test.each([undefined, 'wasm'] as const)(
  'another name of a model is denied what a rule forbids of the model (%s)',
  async (engine) => {
    const policy = await policyOf(
      `${ALLOW} @id("no") @why("x") forbid (principal, action == Action::"chat", resource == Model::"small") when { context.n > 1 };
    @id("unsaid") @why("x") forbid (principal, action == Action::"chat", resource == Model::"halfway") when { resource.quarantined };`,
      engine,
    )
    const named = (standsFor: string) => ({
      get: (uid: EntityRef) =>
        uid.id === 'nick'
          ? { attrs: {}, ancestors: new Set<string>(), standsFor: entity('Model', standsFor) }
          : entities.get(uid),
    })
    const query = (n: number) => ({
      principal: entity('User', 'dana'),
      action: 'chat',
      resource: entity('Model', 'nick'),
      context: { n },
    })
    expect(policy.decide(query(1), named('small'))).toMatchObject({ allow: true, rules: ['allow'] })
    expect(policy.decide(query(2), named('small'))).toMatchObject({ allow: false, rules: ['no'] })
    expect(policy.decide(query(1), named('halfway'))).toMatchObject({ allow: false, errors: ['unsaid'] })
    expect(policy.decide(query(1), named('gone'))).toMatchObject({ allow: false, rules: [] })
  },
)

test('an unpaired surrogate in a rule is refused in words, and the checker goes on answering', async () => {
  const broken =
    '@id("x") @why("x") permit (principal, action, resource) when { context has note && context.note == "\ud800" };'
  expect((await problems(broken)).map(({ level }) => level)).toContain('error')
  expect(await problems(ALLOW)).toEqual([])
})

test('an entity given twice with other facts, and a circle of parents, are refused as the library refuses them', async () => {
  const good = await checker.check(sources(ALLOW))
  if ('problems' in good) throw new Error('unreachable')
  const conform = createConform(good.bundle.schemaJson)
  const dana = (level: number, parents: string[] = []) => ({
    uid: { type: 'User', id: 'dana' },
    attrs: { level },
    parents: parents.map((id) => ({ type: 'Group', id })),
  })
  const group = (id: string, parent: string) => ({
    uid: { type: 'Group', id },
    parents: [{ type: 'Group', id: parent }],
  })
  expect(readEntities(conform, [dana(3), dana(3)])).toHaveLength(2)
  expect(() => readEntities(conform, [dana(3), dana(4)])).toThrow('User::"dana" is given twice, with different facts.')
  expect(() => readEntities(conform, [dana(3), dana(3, ['g'])])).toThrow('is given twice')
  expect(() => readEntities(conform, [group('a', 'b'), group('b', 'c'), group('c', 'a')])).toThrow(
    'Group::"a" is in itself, through its parents.',
  )
})

test('templates, namespaces, unsafe integers and prototype keys are refused', async () => {
  const when = (condition: string) => `@id("x") @why("x") permit (principal, action, resource) when { ${condition} };`
  expect(
    (await problems('@id("x") @why("x") permit (principal == ?principal, action, resource);'))[0]?.message,
  ).toMatch(/templates/)
  expect((await problems(ALLOW, `namespace A { entity B; } ${SCHEMA}`))[0]?.message).toMatch(/namespace/)
  expect((await problems(when('9007199254740993 > 1')))[0]?.message).toMatch(/outside ±9007199254740991/)
  expect((await problems(when('{"__proto__": 1} == {}')))[0]?.message).toBe('__proto__ is not a usable name')
  expect((await problems(ALLOW.replace('Everybody', 'Every\u202ebody')))[0]?.message).toMatch(/direction marks/)
})

test('__entity and __extn in client data are keys of a record and nothing else', async () => {
  const policy = await policyOf(
    '@id("note") @why("x") permit (principal, action == Action::"chat", resource) when { context has note && context.note == "ok" };',
  )
  const forged = { n: 1, note: { __entity: { type: 'User', id: 'dana' } } } as unknown as CedarRecord
  expect(ask(policy, forged).allow).toBe(false)
  expect(() => recordJson(forged)).toThrow(/begins with __/)
  expect(() => recordJson({ note: { __extn: { fn: 'ip', arg: '1.1.1.1' } } } as unknown as CedarRecord)).toThrow()
})

test('inherited names are no attributes', async () => {
  const policy = await policyOf(
    '@id("x") @why("x") permit (principal, action == Action::"chat", resource) when { context has note };',
  )
  expect(ask(policy, Object.create({ note: 'inherited' }) as CedarRecord).allow).toBe(false)
  expect(ask(policy, { n: 1, note: undefined }).allow).toBe(false)
})

test.each([undefined, 'wasm'] as const)('a group chain of 5,000 does not stop a decision (%s)', async (engine) => {
  const policy = await policyOf(
    '@id("g") @why("x") permit (principal in Group::"g4999", action == Action::"chat", resource);',
    engine,
  )
  const chain = Array.from({ length: 5000 }, (_, index) => ({
    uid: entity('Group', `g${index}`),
    parents: [entity('Group', `g${index + 1}`)],
  }))
  const source = fixedSource([
    ...chain,
    { uid: entity('User', 'dana'), attrs: { level: 1 }, parents: [entity('Group', 'g0')] },
    { uid: entity('Model', 'small'), attrs: { quarantined: false } },
  ])
  const query = {
    principal: entity('User', 'dana'),
    action: 'chat',
    resource: entity('Model', 'small'),
    context: { n: 1 },
  }
  // The library would not survive it: it is not asked, and that is a deny.
  expect(policy.decide(query, source).allow).toBe(engine === undefined)
  expect(ask(await policyOf(ALLOW, engine)).allow).toBe(true)
})

test('decide never throws, whatever an entity source does', async () => {
  const policy = await policyOf(ALLOW)
  const broken = {
    get() {
      throw new Error('directory on fire')
    },
  }
  const query = {
    principal: entity('User', 'dana'),
    action: 'chat',
    resource: entity('Model', 'small'),
    context: { n: 1 },
  }
  expect(policy.decide(query, broken)).toMatchObject({ allow: false })
})

test('the compiler has no case to skip: an operator it does not know refuses the bundle', async () => {
  const good = await checker.check(sources(`${ALLOW.slice(0, -1)} when { context.n > 1 };`))
  if ('problems' in good) throw new Error('unreachable')
  const text = JSON.stringify(good.bundle).replace('{">":', '{"mightyOperator":')
  const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  expect(() => policy.activate(JSON.parse(text))).toThrow(/not known to the compiler/)
})

test('the shipped schema names every action of the design', () => {
  const text = readFileSync('policies/schema.cedarschema', 'utf8')
  for (const action of [
    'list, show',
    'chat, complete, embed',
    'pull, create, copy, push, delete, load, unload',
    'train, evaluate',
    'send, receive',
  ])
    expect(text).toContain(`action ${action} in [`)
})
