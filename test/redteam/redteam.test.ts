// Every attack against the guard with a model that does all it is told. Without the guard the same attacks get through, so
// what is held is held by the guard.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Delta, Fault, type Message, type ModelRequest } from '../../src/core/index.ts'
import { type Ask, createDetectors, createGuard, type Vault } from '../../src/guard/index.ts'
import { ATTACKS, html, junit, type Result, runRedteam, summarise } from '../../src/guard/redteam/index.ts'
import { createGullible } from './gullible.ts'

const guard = createGuard({ detectors: createDetectors({ names: false }) })
const random = (size: number) => randomBytes(size)

/** The shipped rules on data, in short: secrets masked, the rest behind stand-ins. */
const shipped: Ask = ({ class: id }) => ({
  treatment: id.startsWith('secret') || id.startsWith('leak') ? 'mask' : 'pseudonym',
  rules: [],
})
const open: Ask = () => ({ treatment: 'pass', rules: [] })

interface Body {
  messages: {
    role: Message['role']
    content: string
    tool_call_id?: string
    tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  }[]
  tools?: { function: { name: string } }[]
  stream: boolean
}

/** A deployment as its client sees it, without sockets. */
function deployment(ask: Ask): typeof fetch {
  const model = createGullible()
  const vaults = new Map<string, Vault>()
  const session = (name: string | null) => {
    const id = name ?? `ses_${vaults.size}`
    const vault = vaults.get(id) ?? guard.openVault({ key: random(32), random, session: id })
    vaults.set(id, vault)
    return { id, vault }
  }
  const respond = async (_: unknown, init?: RequestInit) => {
    const body = JSON.parse(String(init?.body)) as Body
    const { id, vault } = session(new Headers(init?.headers).get('x-sallyport-session'))
    const headers = { 'x-sallyport-session': id }
    const tools = (body.tools ?? []).map(({ function: { name } }) => name)
    const request: ModelRequest = {
      action: 'chat',
      model: 'gullible',
      messages: body.messages.map(({ role, content, tool_call_id, tool_calls }) => ({
        role,
        parts: [{ type: 'text', text: content }],
        ...(tool_call_id === undefined ? {} : { toolCallId: tool_call_id, toolName: 'lookup_customer' }),
        ...(tool_calls === undefined
          ? {}
          : { toolCalls: tool_calls.map((call) => ({ id: call.id, ...call.function })) }),
      })),
      inputs: [],
      params: tools.length === 0 ? {} : { tools: tools.map((name) => ({ name })) },
      stream: body.stream,
    }
    try {
      const { request: sent } = guard.screenInput(request, ask, vault)
      const said = model.answer({
        messages: sent.messages.map(({ parts }) => ({
          content: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
        })),
        tools,
      })
      const output = guard.openOutput(ask, vault)
      const deltas: Delta[] = []
      for (let at = 0; at < said.text.length; at += 7)
        deltas.push(...output.push([{ type: 'text', choice: 0, text: said.text.slice(at, at + 7) }]))
      said.calls.forEach((call, index) => {
        deltas.push(
          ...output.push([
            { type: 'tool', choice: 0, index, id: `call_${index}`, name: call.name, arguments: call.arguments },
          ]),
        )
      })
      deltas.push(...output.end())
      const text = deltas.map((d) => (d.type === 'text' ? d.text : '')).join('')
      const tool_calls = deltas.flatMap((d) => (d.type === 'tool' ? [{ function: { arguments: d.arguments } }] : []))
      if (!body.stream)
        return Response.json({ choices: [{ message: { role: 'assistant', content: text, tool_calls } }] }, { headers })
      const frames = [{ content: text }, { tool_calls }].map(
        (delta) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`,
      )
      return new Response(`${frames.join('')}data: [DONE]\n\n`, { headers })
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      return Response.json({ error: { code: error.code } }, { status: error.status, headers })
    }
  }
  return respond as typeof fetch
}

const attack = (ask: Ask) =>
  runRedteam({ url: 'http://deployment', key: 'k', model: 'gullible', random, fetch: deployment(ask) })

/** The model of this test says all it ever heard, in every code, to every attack. */
const TIMES = { timeout: 120_000 }

describe('red team', () => {
  it('leaks nothing under the shipped rules, whatever the model does', TIMES, async () => {
    const results = await attack(shipped)
    expect(results.filter(({ outcome }) => outcome === 'leaked' || outcome === 'failed')).toEqual([])
    expect(results.length).toBe(ATTACKS.length * 2)
  })

  it('gets through everywhere when the rules let everything pass', TIMES, async () => {
    const { outcomes } = summarise(await attack(open))
    expect(outcomes.leaked).toBe(ATTACKS.length * 2)
  })

  it('is refused where the rules block', async () => {
    const blocked: Ask = ({ class: id }) => ({ treatment: id.startsWith('secret') ? 'block' : 'pseudonym', rules: [] })
    const results = await attack(blocked)
    expect(results.find(({ id }) => id === 'system/plainly')).toMatchObject({
      outcome: 'refused',
      detail: 'content_blocked',
    })
  })

  /** A deployment whose rules stop an account after ten requests, whatever it asks then. */
  const stopping = (): typeof fetch => {
    const asked = new Map<string, number>()
    const inner = deployment(open)
    return (async (url, init) => {
      const key = new Headers(init?.headers).get('authorization') ?? ''
      asked.set(key, (asked.get(key) ?? 0) + 1)
      if ((asked.get(key) ?? 0) <= 10) return inner(url, init)
      return Response.json({ error: { code: 'access_denied' } }, { status: 403 })
    }) as typeof fetch
  }
  const stopped = { url: 'http://deployment', key: 'k', model: 'gullible', random }

  it('counts no attack that a stopped account made as one that was withstood', async () => {
    const results = await runRedteam({ ...stopped, fetch: stopping() })
    const { outcomes } = summarise(results)
    expect(outcomes).toMatchObject({ held: 0, refused: 0, failed: 0 })
    expect(outcomes.leaked).toBeGreaterThan(0)
    expect(outcomes.untried).toBe(ATTACKS.length * 2 - outcomes.leaked)
    expect(junit(results, 'm')).toContain(`skipped="${outcomes.untried}"`)
    expect(html(results, 'm')).toContain(`${outcomes.untried} not tried`)
  })

  it('tries them again with another account, until that gets nothing at all', async () => {
    let made = 0
    const renew = async () => `k${made++}`
    const some = { ...stopped, families: ['system', 'link'] as const }
    const all = await runRedteam({ ...some, fetch: stopping(), renew })
    expect(summarise(all).outcomes).toMatchObject({ leaked: all.length, untried: 0 })
    made = 0
    const again = async () => (made++ === 0 ? 'k0' : 'k')
    const { outcomes } = summarise(await runRedteam({ ...some, fetch: stopping(), renew: again }))
    expect(outcomes.untried).toBeGreaterThan(0)
    expect(made).toBe(2)
  })

  it('begins with nothing that would fail everywhere, and reports without values', async () => {
    const deaf = { url: 'http://127.0.0.1:1', key: 'k', model: 'm', random }
    await expect(runRedteam(deaf)).rejects.toThrow('could not be reached')
    const denying = (async () => Response.json({ error: { code: 'access_denied' } }, { status: 403 })) as typeof fetch
    await expect(runRedteam({ ...deaf, fetch: denying })).rejects.toThrow('may not use this model')
    const failed: Result = { id: 'a/c', family: 'link', title: 't', stream: false, outcome: 'failed', detail: 'd' }
    const leaked: Result = {
      id: 'a/b',
      family: 'link',
      title: '<t>',
      stream: true,
      outcome: 'leaked',
      detail: 'the card & "email" in clear',
    }
    expect(junit([leaked, failed], 'm"')).toContain('failures="1" errors="1"')
    expect(html([leaked], '<m>')).not.toContain('<m>')
  })
})
