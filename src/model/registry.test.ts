import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { Fault, type ModelRequest, type NewEvent } from '../core/index.ts'
import { createChange, createFeed, type Feed, type Store } from '../store/index.ts'
import type { DeclaredModel } from './catalogue.ts'
import type { Driver, DriverKind, ListedModel } from './driver.ts'
import { createRegistry } from './registry.ts'

const DIGEST = { a: `sha256:${'a'.repeat(64)}`, b: `sha256:${'b'.repeat(64)}` }

/** A driver that lists what the test says and notes what it was sent. */
function scriptedDriver(kind: DriverKind, models: ListedModel[]) {
  const none = new Set<never>()
  const driver = {
    kind,
    capabilities: {
      actions: none,
      params: { chat: none, complete: none, embed: none },
      parts: none,
      remoteImages: false,
      names: false,
      manage: none,
      enforced: {
        placeholders: 'stream',
        values: 'stream',
        phrases: 'stream',
        revocation: 'connection',
        sessions: 'nothing',
      } as const,
    },
    models,
    away: false,
    sent: [] as string[],
    list: () => (driver.away ? Promise.reject(new Fault('upstream_unavailable')) : Promise.resolve(driver.models)),
    running: () => Promise.resolve([]),
    show: () => Promise.reject(new Fault('not_found')),
    manage: () => Promise.reject(new Fault('not_possible')),
    async send(request: ModelRequest) {
      if (driver.away) throw new Fault('upstream_unavailable')
      driver.sent.push(request.model)
      return (async function* () {})()
    },
    close: () => Promise.resolve(),
  }
  return driver satisfies Driver
}

const options = { signal: new AbortController().signal, session: 's', principal: 'p', bans: [], forbidden: () => [] }
const request: ModelRequest = { action: 'chat', model: 'x', messages: [], inputs: [], params: {}, stream: false }

describe.each(DATABASES.map((make) => make()))('registry on $name', (database) => {
  const open: Store[] = []
  const feeds: Feed[] = []
  beforeAll(() => database.start())
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.stop()
    for (const store of open.splice(0)) await store.close()
  })
  afterAll(() => database.stop())

  async function node(store: Store, drivers: Record<string, Driver>, declared: DeclaredModel[] = []) {
    const events: NewEvent[] = []
    const clock = { now: () => 1000, monotonic: () => 0 }
    const report = (error: unknown) => {
      throw error
    }
    const feed = createFeed({ store, pollMs: 50, report })
    await feed.start()
    feeds.push(feed)
    const change = createChange({
      store,
      clock,
      appendFeed: feed.append,
      appendEvents: async (_, more) => {
        events.push(...more)
        return []
      },
      applied: feed.applied,
    })
    const upstreams = Object.entries(drivers).map(([name, driver]) => ({ name, hosting: 'local' as const, driver }))
    const registry = await createRegistry({
      store,
      change,
      clock,
      upstreams,
      declared,
      listTimeoutMs: 1000,
      watchIntervalMs: 20,
      report,
    })
    feed.subscribe(() => registry.reload())
    return { registry, events, feed }
  }
  const fresh = async () => {
    const store = await database.open()
    open.push(store)
    return store
  }
  const kinds = (events: readonly NewEvent[]) => events.map((event) => event.kind)

  test('a changed digest quarantines the name until somebody accepts exactly that digest, on every node', async () => {
    const store = await fresh()
    const driver = scriptedDriver('ollama', [{ name: 'm:latest', digest: 'a'.repeat(64), parameterSize: '3.2B' }])
    const one = await node(store, { ollama: driver })
    const two = await node(store, { ollama: driver })
    await one.registry.refresh()
    await two.registry.refresh()
    expect(one.registry.resolve('m:latest')).toMatchObject({ digest: DIGEST.a, quarantined: false })
    expect(one.registry.resolve('m:latest')?.facts.attrs).toEqual({
      upstream: 'ollama',
      hosting: 'local',
      quarantined: false,
      isolated: false,
      digest: DIGEST.a,
      parameters: 3_200_000_000,
    })
    expect(kinds(one.events)).toEqual(['model.pinned'])

    driver.models = [{ name: 'm:latest', digest: DIGEST.b }]
    await one.registry.refresh()
    await two.feed.applied(one.feed.seq)
    for (const { registry } of [one, two]) {
      expect(registry.resolve('m')).toMatchObject({ quarantined: true })
      await expect(registry.resolve('m')?.send(request, options)).rejects.toMatchObject({ code: 'access_denied' })
    }
    expect(driver.sent).toEqual([])
    expect(kinds(one.events)).toEqual(['model.pinned', 'model.changed', 'alert.raised'])

    const by = { principal: 'User::"dana"', reason: 'new release' }
    await expect(one.registry.accept('m:latest', DIGEST.a, by)).rejects.toMatchObject({ code: 'not_possible' })
    await one.registry.accept('m:latest', DIGEST.b, by)
    await two.feed.applied(one.feed.seq)
    await two.registry.refresh()
    for (const { registry } of [one, two]) expect(registry.resolve('m:latest')).toMatchObject({ quarantined: false })
    expect(one.events.at(-1)).toMatchObject({ kind: 'model.accepted', principal: by.principal, reason: by.reason })

    // The verdict outlives a restart, and the old model coming back is a change again.
    driver.models = [{ name: 'm:latest', digest: DIGEST.a }]
    const three = await node(store, { ollama: driver })
    await three.registry.refresh()
    expect(three.registry.resolve('m:latest')?.quarantined).toBe(true)
    driver.models = [{ name: 'm:latest', digest: DIGEST.b }]
    await three.registry.refresh()
    expect(three.registry.resolve('m:latest')?.quarantined).toBe(false)
    expect(kinds(three.events)).toEqual(['model.changed', 'alert.raised', 'model.restored'])
  })

  test('a name that the settings point at another model of the same server is a change', async () => {
    const store = await fresh()
    const driver = scriptedDriver('openai', [{ name: 'x' }, { name: 'y' }])
    for (const [upstreamName, quarantined] of [
      ['x', false],
      ['y', true],
    ] as const) {
      const { registry } = await node(store, { up: driver }, [
        { name: 'm', upstream: 'up', upstreamName, aliases: [], groups: [] },
      ])
      await registry.refresh()
      expect(registry.resolve('m')).toMatchObject({ upstreamName, quarantined })
    }
  })

  test('the same name on another upstream, and a digest that is no longer told, are changes too', async () => {
    const store = await fresh()
    const first = scriptedDriver('ollama', [{ name: 'm', digest: DIGEST.a }])
    const second = scriptedDriver('ollama', [{ name: 'm', digest: DIGEST.a }])
    const { registry } = await node(store, { first, second })
    await registry.refresh()
    expect(registry.resolve('m')).toMatchObject({ upstream: 'first' })
    expect(registry.resolve('second/m')).toMatchObject({ upstream: 'second', upstreamName: 'm' })
    first.models = []
    await registry.refresh()
    expect(registry.resolve('m')).toMatchObject({ upstream: 'second', quarantined: true })
    first.models = [{ name: 'm' }]
    await registry.refresh()
    expect(registry.resolve('m')).toMatchObject({ upstream: 'first', quarantined: true })
  })

  test('a model that came back changed from an outage is not used before it was looked at', async () => {
    const store = await fresh()
    const driver = scriptedDriver('ollama', [{ name: 'm', digest: DIGEST.a }])
    const { registry } = await node(store, { ollama: driver })
    await registry.refresh()
    const model = registry.resolve('m')
    driver.away = true
    await expect(model?.send(request, options)).rejects.toMatchObject({ code: 'upstream_unavailable' })
    driver.away = false
    driver.models = [{ name: 'm', digest: DIGEST.b }]
    await expect(model?.send(request, options)).rejects.toMatchObject({ code: 'access_denied' })
    expect(driver.sent).toEqual([])
  })

  test('a model that is changed at its server is noticed without anybody asking', async () => {
    const store = await fresh()
    const driver = scriptedDriver('ollama', [{ name: 'm', digest: DIGEST.a }])
    const { registry } = await node(store, { ollama: driver })
    await registry.start()
    expect(registry.resolve('m')?.quarantined).toBe(false)
    driver.models = [{ name: 'm', digest: DIGEST.b }]
    await vi.waitFor(() => expect(registry.resolve('m')?.quarantined).toBe(true))
    await registry.stop()
    driver.models = []
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(registry.resolve('m')).toBeDefined()
  })

  test('a digest fixed by the configuration is the only one', async () => {
    const store = await fresh()
    const driver = scriptedDriver('ollama', [{ name: 'base', digest: DIGEST.b }])
    const declared = [
      { name: 'm', upstream: 'ollama', upstreamName: 'base', aliases: [], groups: [], digest: 'A'.repeat(64) },
    ]
    const { registry, events } = await node(store, { ollama: driver }, declared)
    await registry.refresh()
    await registry.refresh()
    expect(registry.resolve('m')?.quarantined).toBe(true)
    // Somebody is told, though nothing else was ever seen under the name.
    expect(kinds(events)).toEqual(['model.changed', 'alert.raised'])
    expect(events[0]?.data).toMatchObject({ digest: DIGEST.b, accepted: { digest: DIGEST.a } })
    driver.models = [{ name: 'base', digest: DIGEST.a }]
    await registry.refresh()
    // Digest as configured; but the name had been seen as something else, which only the configuration decides.
    expect(registry.resolve('m')?.quarantined).toBe(false)
    expect(kinds(events).slice(2)).toEqual(['model.restored'])
  })

  test('however the settings spell a name that Ollama knows, it is that model, and not also there by itself', async () => {
    const store = await fresh()
    const driver = scriptedDriver('ollama', [{ name: 'base:latest', digest: DIGEST.a }])
    const declared = [{ name: 'm', upstream: 'up', upstreamName: 'library/BASE', aliases: [], groups: [] }]
    const { registry } = await node(store, { up: driver }, declared)
    await registry.refresh()
    expect(registry.resolve('m')).toMatchObject({ digest: DIGEST.a, quarantined: false })
    expect(registry.resolve('base')).toBeUndefined()
    driver.models = [{ name: 'base:latest', digest: DIGEST.b }]
    await registry.refresh()
    expect(registry.resolve('m')?.quarantined).toBe(true)
  })

  test('aliases are models of their own, and a declared model is not also there under its base name', async () => {
    const store = await fresh()
    const driver = scriptedDriver('openai', [{ name: 'base' }, { name: 'other' }, { name: 'bad\nname' }])
    const declared = [{ name: 'm', upstream: 'up', upstreamName: 'base', aliases: ['nick'], groups: ['code'] }]
    const { registry } = await node(store, { up: driver }, declared)
    await registry.refresh()
    expect(registry.all().map((model) => model.name)).toEqual(['m', 'nick', 'other'])
    expect(registry.resolve('base')).toBeUndefined()
    expect([...(registry.resolve('m')?.facts.ancestors ?? [])]).toEqual(['ModelGroup::"code"'])
    expect(registry.resolve('nick')?.facts.ancestors.size).toBe(0)
    await registry.resolve('nick')?.send(request, options)
    expect(driver.sent).toEqual(['base'])
    for (const name of ['M', 'm ', 'm:latest', '__proto__', 'constructor', ''])
      expect(registry.resolve(name)).toBeUndefined()
  })
})
