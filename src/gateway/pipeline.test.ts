// The page through its endings: in each, every part that was acquired is released exactly once, newest first, and the
// call has one terminal record.
import { describe, expect, it } from 'vitest'
import {
  createIds,
  type Decision,
  type Delta,
  type Duties,
  Fault,
  type FaultCode,
  NO_DUTIES,
  systemRandom,
} from '../core/index.ts'
import { EntityRef } from '../policy/index.ts'
import { createGateway } from './pipeline.ts'
import type { CallEnding, Incoming, Outgoing, Ports, ResolvedModel, Wire } from './ports.ts'

const wire: Wire = {
  name: 'plain',
  read: (body) => {
    if (body.toString() === 'broken') throw new Fault('malformed_request', { detail: 'broken' })
    return {
      action: 'chat',
      model: 'm',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
      inputs: [],
      params: {},
      stream: body.toString() === 'stream',
      ...(body.toString() === 'store' && { store: true }),
    }
  },
  writer: () => ({
    streamHeaders: {},
    wholeHeaders: {},
    batch: (deltas) => deltas.map((delta) => ('text' in delta ? delta.text : '')).join(''),
    end: () => '[done]',
    whole: (deltas) => deltas.map((delta) => ('text' in delta ? delta.text : '')).join(''),
    cut: (fault) => `[cut ${fault.code}]`,
  }),
  refuse: (fault) => ({ headers: {}, body: fault.code }),
}

const allow: Decision = {
  id: 'dec_1',
  allow: true,
  principal: { type: 'User', id: 'dana' },
  action: 'chat',
  resource: { type: 'Model', id: 'm' },
  rules: ['r'],
  errors: [],
  duties: NO_DUTIES,
  policy: 'p',
  microseconds: 1,
}

interface Plan {
  fail?:
    | 'identify'
    | 'resolve'
    | 'decide'
    | 'enter'
    | 'reserve'
    | 'screen'
    | 'record'
    | 'send'
    | 'first'
    | 'middle'
    | 'output'
  /** The content is suspicious, and this is what the rules say then. */
  again?: Partial<Decision>
  hang?: boolean
  /** The reply is an async generator, whose `return` waits for the piece that is being made. */
  generator?: boolean
  bodyText?: string
  /** The permission ends while the decision is written down; while the model server has not answered yet. */
  ends?: 'recording' | 'sending'
  /** A change has ended it, of which nobody has told this call yet: it learns by asking. */
  unheard?: boolean
  /** Names that the model gives to one call of a tool. */
  tools?: string[]
  /** Only a use of a grant lets the call through. */
  byUse?: boolean
  mayAny?: boolean
  duties?: Duties
  /** The model server counts with its first piece. */
  countsFirst?: boolean
  /** The format always names what was used. */
  needsUsage?: boolean
}

/** The format of this page, with every count that it is told between the words. */
const counting = (needsUsage: boolean): Wire => {
  const text = (deltas: readonly Delta[]) =>
    deltas
      .map((delta) =>
        delta.type === 'usage' ? `<${delta.usage.outputTokens}>` : 'text' in delta ? delta.text : delta.type,
      )
      .join('')
  return {
    ...wire,
    writer: (context) => ({
      ...wire.writer(context),
      ...(needsUsage && { needsUsage }),
      batch: text,
      whole: text,
    }),
  }
}

function bench(plan: Plan = {}) {
  const log: string[] = []
  const endings: CallEnding[] = []
  const kept: string[] = []
  const sent: AbortSignal[] = []
  const lease = new AbortController()
  const client = new AbortController()
  const newId = createIds({ now: () => 1 }, systemRandom)
  const failAt = (step: Plan['fail'], code: FaultCode) => {
    if (plan.fail === step) throw new Fault(code)
  }
  const reply = (signal: AbortSignal): AsyncIterable<Delta[]> => ({
    [Symbol.asyncIterator]() {
      let turn = 0
      return {
        async next() {
          turn += 1
          if (turn === 1) failAt('first', 'upstream_invalid')
          if (turn === 2) failAt('middle', 'upstream_unavailable')
          if (turn === 2 && plan.unheard) log.push('t2')
          if (turn === 2 && plan.hang) {
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
          }
          if (turn > 3) return { done: true as const, value: undefined }
          const tool = plan.tools?.[turn - 1]
          if (tool !== undefined)
            return {
              done: false as const,
              value: [{ type: 'tool' as const, choice: 0, index: 0, name: tool, arguments: '' }],
            }
          const said = { type: 'text' as const, choice: 0, text: `t${turn} ` }
          if (plan.countsFirst && turn === 1) {
            const usage = { inputTokens: 1, outputTokens: 0 }
            return { done: false as const, value: [{ type: 'usage' as const, usage }, said] }
          }
          return { done: false as const, value: [said] }
        },
        async return() {
          log.push('upstream closed')
          return { done: true as const, value: undefined }
        },
      }
    },
  })
  async function* slow(signal: AbortSignal): AsyncGenerator<Delta[]> {
    try {
      for (let turn = 1; ; turn++) {
        yield [{ type: 'text', choice: 0, text: `t${turn} ` }]
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      }
    } finally {
      log.push('upstream closed')
    }
  }
  const model: ResolvedModel = {
    uid: new EntityRef('Model', 'm'),
    upstreamName: 'm',
    hosting: 'local',
    digest: undefined,
    async send(_, { signal }) {
      sent.push(signal)
      failAt('send', 'upstream_timeout')
      if (plan.ends === 'sending') {
        setTimeout(() => lease.abort(new Fault('locked')), 5)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      }
      return plan.generator ? slow(signal) : reply(signal)
    },
  }
  const ports: Ports = {
    newId,
    now: () => 1000,
    report: (error) => log.push(`reported ${error}`),
    stands: () => {},
    identify: () => {
      failAt('identify', 'invalid_api_key')
      return {
        principal: { type: 'User', id: 'dana' },
        credential: { kind: 'key', id: 'k', bound: false },
        address: '',
      }
    },
    resolve: () => (plan.fail === 'resolve' ? undefined : model),
    decide: (question) =>
      plan.fail === 'decide' || plan.byUse
        ? { ...allow, allow: false }
        : { ...allow, duties: plan.duties ?? allow.duties, ...(question.injection > 0 && plan.again) },
    heldBy: () => undefined,
    takeUse: async (question) =>
      plan.byUse
        ? { question, decision: allow, settle: async (sent) => void log.push(`use ${sent ? 'spent' : 'given back'}`) }
        : undefined,
    stepUp: () => undefined,
    mayAny: () => plan.mayAny ?? true,
    mayKnow: () => true,
    refusal: () => new Fault('access_denied'),
    continued: () => Promise.reject(new Fault('not_found')),
    store: () => Promise.resolve(),
    enter: () => {
      failAt('enter', 'session_mismatch')
      return {
        id: 'ses_1',
        turns: () => 1,
        tokens: () => 0,
        taint: new Set(),
        ageSeconds: () => 0,
        addTaint: () => {},
        leave: () => log.push('session left'),
      }
    },
    lease: () => ({
      signal: lease.signal,
      check: () => {
        if (lease.signal.aborted) throw lease.signal.reason
        if (plan.unheard && log.includes('t2')) throw new Fault('key_revoked')
      },
      progress: { upstream: false, tokens: 0, lastByteAt: 0 },
      treated: () => {},
      release: () => log.push('lease released'),
    }),
    reserve: () => {
      failAt('reserve', 'rate_limit_exceeded')
      return {
        metered: false,
        onTokens: () => {},
        settle: () => log.push('hold settled'),
        cancel: () => log.push('hold cancelled'),
        headers: () => ({}),
      }
    },
    screenKept: () => ({}),
    screenInput: async (_, request) => {
      failAt('screen', 'content_blocked')
      return { request, report: { masked: 0, facts: {} } }
    },
    spotlight: (_, request) => ({ request }),
    reserveMore: (hold) => hold,
    callTool: () => {},
    score: () => (plan.again ? 90 : 0),
    plant: (_, text) => text,
    forbidden: () => [],
    screenOutput: () => ({
      push: (deltas) => {
        failAt('output', 'content_blocked')
        return [...deltas]
      },
      end: () => [],
      report: () => ({ masked: 0, facts: {} }),
    }),
    record: () => ({
      note: () => {},
      keep: (part, text) => kept.push(`${part} before ${endings.length} endings: ${text()}`),
      decided: async () => {
        failAt('record', 'audit_unavailable')
        if (plan.ends === 'recording') lease.abort(new Fault('locked'))
      },
      finish: async (ending) => {
        endings.push(ending)
      },
    }),
  }
  const incoming: Incoming = {
    method: 'POST',
    path: '/',
    params: {},
    query: () => new URLSearchParams(),
    rawHeaders: [],
    address: '127.0.0.1',
    header: () => undefined,
    body: () => Promise.resolve(Buffer.from(plan.bodyText ?? 'stream')),
    signal: client.signal,
  }
  const format = plan.countsFirst || plan.needsUsage ? counting(plan.needsUsage ?? false) : wire
  const run = () => createGateway(ports)(incoming, 'chat', format)
  return { run, log, endings, kept, sent, lease, client }
}

const UNSENT = ['lease released', 'hold cancelled', 'session left']
const RELEASED = ['upstream closed', 'lease released', 'hold settled', 'session left']

async function read(outgoing: Outgoing): Promise<string> {
  if (typeof outgoing.body === 'string') return outgoing.body
  if (Buffer.isBuffer(outgoing.body)) return outgoing.body.toString()
  let text = ''
  for await (const piece of outgoing.body) text += piece
  return text
}

/** Closers run in promise turns of their own. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('a call that is recorded', () => {
  it.each(['stream', 'whole'])('hands over what was sent and what left before its ending: %s', async (bodyText) => {
    const record = { prompt: true, answer: true, days: 1 }
    const { run, kept } = bench({ bodyText, duties: { ...allow.duties, record } })
    await read(await run())
    await settled()
    expect(kept).toEqual([expect.stringMatching(/^prompt before 0 endings: \[/), 'answer before 0 endings: t1 t2 t3 '])
  })

  it('collects no answer unless a rule demands it', async () => {
    const { run, kept } = bench()
    await read(await run())
    await settled()
    expect(kept.map((line) => line.split(' ')[0])).toEqual(['prompt'])
  })
})

describe('a call that is served', () => {
  it.each([
    ['stream', 't1 t2 t3 [done]'],
    ['whole', 't1 t2 t3 '],
  ])('%s', async (bodyText, text) => {
    const { run, log, endings } = bench({ bodyText })
    const outgoing = await run()
    expect(outgoing.status).toBe(200)
    expect(await read(outgoing)).toBe(text)
    await settled()
    expect(log).toEqual(RELEASED)
    expect(endings).toHaveLength(1)
    expect(endings[0]?.fault).toBeUndefined()
  })
})

describe('what a call used, as its caller is told', () => {
  it.each<[Plan, string]>([
    [{ countsFirst: true }, '<0>t1 t2 t3 <3>'],
    [{ needsUsage: true }, 't1 t2 t3 <3>'],
  ])('%j: what the model server has not counted is counted here', async (plan, text) => {
    for (const bodyText of ['stream', 'whole']) {
      const told = await read(await bench({ ...plan, bodyText }).run())
      expect(told.replace('[done]', '')).toBe(text)
    }
  })
})

describe('a call that is refused before anything was sent', () => {
  const CASES: [NonNullable<Plan['fail']>, number, string[]][] = [
    ['identify', 401, []],
    ['resolve', 404, []],
    ['enter', 403, []],
    ['decide', 403, ['session left']],
    ['reserve', 429, ['session left']],
    ['screen', 422, UNSENT],
    ['record', 503, UNSENT],
    ['send', 504, UNSENT],
    ['first', 502, ['upstream closed', ...UNSENT]],
    ['output', 422, RELEASED],
  ]
  it.each(CASES)('%s: %i', async (fail, status, released) => {
    const { run, log, endings } = bench({ fail })
    const outgoing = await run()
    expect(outgoing.status).toBe(status)
    await settled()
    expect(log).toEqual(released)
    expect(endings).toHaveLength(1)
    expect(endings[0]?.fault?.status).toBe(status)
  })

  it('malformed: 400 to those who may use some model, 403 to those who may use none', async () => {
    expect((await bench({ bodyText: 'broken' }).run()).status).toBe(400)
    expect((await bench({ bodyText: 'broken', mayAny: false }).run()).status).toBe(403)
  })

  it('what a rule demands of the request and cannot be had of it', async () => {
    const clamps = [1, 2].map((value) => ({ parameter: 'maxTokens', operator: '==', value }) as const)
    for (const plan of [{ duties: { ...NO_DUTIES, clamps } }, { bodyText: 'store' }]) {
      const { run, log, sent } = bench(plan)
      expect((await run()).status).toBe(403)
      await settled()
      expect([log, sent]).toEqual([['session left'], []])
    }
  })

  it.each<[Plan, string[]]>([
    [{ fail: 'record' }, ['lease released', 'hold cancelled', 'use given back', 'session left']],
    [{ ends: 'recording' }, ['lease released', 'hold cancelled', 'use given back', 'session left']],
    [{ fail: 'send' }, ['lease released', 'hold cancelled', 'use given back', 'session left']],
    // Whoever hangs up before the first word has had the model read the prompt.
    [{ ends: 'sending' }, ['lease released', 'hold settled', 'use spent', 'session left']],
    [{}, ['upstream closed', 'lease released', 'hold settled', 'use spent', 'session left']],
  ])(
    'the use that it takes, and the tokens, are spent when something was sent, and given back when not: %j',
    async (plan, released) => {
      const { run, log } = bench({ byUse: true, ...plan })
      await read(await run())
      await settled()
      expect(log).toEqual(released)
    },
  )

  it('what ended while it was written down does not begin', async () => {
    const { run, log, endings, sent } = bench({ ends: 'recording' })
    expect((await run()).status).toBe(403)
    await settled()
    expect([sent, log, endings.map(({ fault }) => fault?.code)]).toEqual([[], UNSENT, ['locked']])
  })

  it('what ends while the model server has not answered is taken back from it', async () => {
    const { run, endings, sent } = bench({ ends: 'sending' })
    expect((await run()).status).toBe(403)
    await settled()
    expect([sent[0]?.aborted, endings.map(({ fault }) => fault?.code)]).toEqual([true, ['locked']])
  })

  it('content that turns the answer into a no is never sent', async () => {
    const { run, log } = bench({ again: { allow: false } })
    expect((await run()).status).toBe(403)
    await settled()
    expect(log).not.toContain('upstream closed')
  })
})

describe('a stream that ends early', () => {
  it('because the upstream breaks: error frame, no end mark', async () => {
    const { run, log, endings } = bench({ fail: 'middle' })
    expect(await read(await run())).toBe('t1 [cut upstream_unavailable]')
    await settled()
    expect(log).toEqual(RELEASED)
    expect(endings).toHaveLength(1)
    expect(endings[0]?.fault?.code).toBe('upstream_unavailable')
  })

  it('because the permission ended while the model was thinking: error frame with the cause', async () => {
    const { run, log, endings, lease } = bench({ hang: true })
    const outgoing = await run()
    setTimeout(() => lease.abort(new Fault('key_revoked')), 5)
    expect(await read(outgoing)).toBe('t1 [cut key_revoked]')
    await settled()
    expect(log).toEqual(RELEASED)
    expect(endings.map((ending) => ending.fault?.code)).toEqual(['key_revoked'])
  })

  it('because the permission ended while a model inside was thinking: it is stopped, not waited for', async () => {
    const { run, log, lease } = bench({ generator: true })
    const outgoing = await run()
    setTimeout(() => lease.abort(new Fault('key_revoked')), 5)
    expect(await read(outgoing)).toBe('t1 [cut key_revoked]')
    await settled()
    expect(log).toEqual(RELEASED)
  })

  it('because a change ended it that its permission has not heard of: asked before each piece', async () => {
    const { run, endings } = bench({ unheard: true })
    expect(await read(await run())).toBe('t1 [cut key_revoked]')
    await settled()
    expect(endings.map((ending) => ending.fault?.code)).toEqual(['key_revoked'])
  })

  it('because one tool call has two names, of which rules were asked about one', async () => {
    const { run, endings } = bench({ tools: ['a', 'a', 'b'] })
    await read(await run())
    await settled()
    expect(endings.map((ending) => ending.fault?.code)).toEqual(['upstream_invalid'])
  })

  it('because the permission ended between two pieces: no further model text', async () => {
    const { run, lease, endings } = bench()
    const outgoing = await run()
    lease.abort(new Fault('locked'))
    expect(await read(outgoing)).toBe('[cut locked]')
    await settled()
    expect(endings.map((ending) => ending.fault?.code)).toEqual(['locked'])
  })

  it('because the client left before reading anything', async () => {
    const { run, log, endings } = bench()
    const outgoing = await run()
    if (typeof outgoing.body === 'string' || Buffer.isBuffer(outgoing.body)) throw new Error('expected a stream')
    await outgoing.body[Symbol.asyncIterator]().return?.()
    await settled()
    expect(log).toEqual(RELEASED)
    expect(endings.map((ending) => ending.fault?.code)).toEqual(['client_closed'])
  })

  it('because the client went away while the model was thinking', async () => {
    const { run, log, endings, client } = bench({ hang: true })
    const outgoing = await run()
    setTimeout(() => client.abort(), 5)
    await read(outgoing)
    await settled()
    expect(log).toEqual(RELEASED)
    expect(endings.map((ending) => ending.fault?.code)).toEqual(['client_closed'])
  })
})
