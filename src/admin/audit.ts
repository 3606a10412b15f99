// The audit log over the admin API: search, one event, one decision, and following it live. Whoever follows is asked
// about again before every batch: a stream that was allowed once is not allowed for ever.
import { setTimeout as wait } from 'node:timers/promises'
import { type Filter, type Found, KINDS } from '../audit/index.ts'
import { type Caller, Fault, uidText } from '../core/index.ts'
import type { Output } from './contract.ts'
import { GATEWAY } from './judge.ts'
import { cursorOf, isNumber, readCursor } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { type Asked, type Handlers, notFound, readRef } from './route.ts'
import { iso, msOf } from './time.ts'

type Shown = Output<'audit.show'>

const shown = ({ time, rules, ...event }: Found): Shown => ({
  ...event,
  time: iso(time),
  ...(rules && { rules: [...rules] }),
})

/** For whom a decision was about: rules that are private to those who write them are counted and not named. */
function withoutPrivate({ rules = [], data, ...event }: Shown, isPublic: (rule: string) => boolean) {
  const { errors = [], ...facts } = data ?? {}
  const known = rules.filter(isPublic)
  const hidden = rules.length - known.length + (errors as string[]).length
  return { ...event, rules: known, data: facts, ...(hidden > 0 && { hidden }) }
}

/** For whom a model was not there: an event says the same whether it is hidden from them or is none. */
const ofNoModel = ({ id, time, node, kind, principal, credential, address, call, reason, position }: Shown) => ({
  ...{ id, time, node, kind, position },
  ...(principal !== undefined && { principal }),
  ...(credential !== undefined && { credential }),
  ...(address !== undefined && { address }),
  ...(call !== undefined && { call }),
  ...(reason !== undefined && { reason }),
})

/** Several values of one field, with commas between; words that people wrote are no list. */
const isList = (field: string, value: string): boolean =>
  value.includes(',') && field !== 'text' && !(field === 'reason' && value.includes(' '))

function filterOf({ since, until, ...rest }: { since?: string | undefined; until?: string | undefined }): Filter {
  const fields = Object.fromEntries(
    Object.entries(rest)
      .filter((entry) => entry[1] !== undefined)
      .map(([field, value]) => [field, isList(field, String(value)) ? String(value).split(',') : value]),
  )
  const unknown = [fields.kind ?? []]
    .flat()
    .map(String)
    .find((kind) => !Object.hasOwn(KINDS, kind))
  if (unknown !== undefined)
    throw new Fault('validation_failed', {
      detail: `There is no kind of event ${JSON.stringify(unknown)}; docs/audit-events.md lists them.`,
      data: { param: 'kind' },
    })
  return {
    ...fields,
    ...(since !== undefined && { since: msOf(since) }),
    ...(until !== undefined && { until: msOf(until) }),
  }
}

export function auditHandlers(
  ports: AdminPorts,
): Handlers<
  | 'audit.list'
  | 'audit.show'
  | 'audit.count'
  | 'audit.checkpoint'
  | 'audit.rekey'
  | 'audit.verify'
  | 'audit.prove'
  | 'audit.evidence'
  | 'audit.export'
  | 'content.read'
  | 'content.erase'
  | 'decisions.show'
  | 'events.follow'
> {
  const { audit } = ports

  return {
    'audit.list': {
      async handle({ query: { cursor, limit, ...filter } }) {
        const before = readCursor(cursor, isNumber)
        const page = await audit.query(filterOf(filter), { limit, ...(before !== undefined && { before }) })
        return {
          items: page.events.map(shown),
          ...(page.next !== undefined && page.next > 0 && { next: cursorOf(page.next) }),
        }
      },
    },
    'audit.show': {
      async handle({ params }) {
        const event = await audit.find(params.id ?? '')
        if (!event) throw notFound('event', params.id ?? '')
        return shown(event)
      },
    },
    'audit.count': {
      async handle({ query: { by, every, top, ...filter } }) {
        const everyMs = every === undefined ? undefined : EVERY_MS[every]
        const rows = await audit.count(filterOf(filter), {
          ...(everyMs !== undefined && { everyMs }),
          ...(by !== undefined && { by }),
          ...(top !== undefined && { top }),
        })
        return { items: rows.map(({ time, ...row }) => ({ ...row, ...(time !== undefined && { time: iso(time) }) })) }
      },
    },
    'audit.checkpoint': {
      handle: async () => ({
        note: await audit.checkpoint(),
        verifierKey: audit.verifierKey,
        verifierKeys: [...audit.verifierKeys],
      }),
    },
    'audit.rekey': {
      async handle({ by, body: { reason } }) {
        const { rules: _rules, policy: _policy, decision: _decision, ...actor } = by
        await audit.rotateKey({ ...actor, reason })
        return { verifierKey: audit.verifierKey, verifierKeys: [...audit.verifierKeys] }
      },
    },
    'audit.verify': {
      async handle({ query: { known } }) {
        const report = await audit.verify({ known: known === undefined ? [] : [known] })
        return { ...report, signers: [...report.signers], problems: [...report.problems] }
      },
    },
    'audit.evidence': {
      async handle({ by, body: { sha256, reason } }) {
        const { rules: _rules, policy: _policy, decision: _decision, ...actor } = by
        return audit.record({ ...actor, kind: 'evidence.packed', reason, data: { sha256 } })
      },
    },
    'audit.prove': { handle: ({ params }) => audit.prove(params.id ?? '') },
    'audit.export': {
      handle({ caller, query: { format, from, follow: goOn, ...filter }, signal }) {
        if (format === 'archive' && goOn)
          throw new Fault('validation_failed', {
            detail: 'An archive ends at a signed checkpoint; what goes on is jsonl, ocsf or syslog.',
            data: { param: 'follow' },
          })
        const [param] = Object.keys(filter)
        if (format === 'archive' && param !== undefined)
          throw new Fault('validation_failed', {
            detail: 'An archive holds every event: with some of them left out nothing could be verified.',
            data: { param },
          })
        const pieces =
          format === 'archive'
            ? audit.archive({ from })
            : audit.lines(format, { from, follow: goOn, filter: filterOf(filter), signal })
        return exported(pieces, () => standing(ports, caller))
      },
    },
    'content.read': {
      async handle({ by, params }) {
        const { rules: _rules, policy: _policy, decision: _decision, ...actor } = by
        return { items: await contentOf(ports).read(params.id ?? '', actor) }
      },
    },
    'content.erase': {
      async handle({ by, body }) {
        const { type, id } = readRef(body.principal)
        const gone = await contentOf(ports).erase(uidText({ type, id }), { ...by, reason: body.reason })
        const answers = await ports.access.answers.eraseOf(uidText({ type, id }))
        return { ...gone, answers, scrubbed: await ports.store.scrub() }
      },
    },
    'decisions.show': {
      subject: ({ caller, params }) => aboutDecision(ports, caller, params.id ?? ''),
      async handle({ caller, may, params }) {
        const event = await decisionOf(ports, caller, params.id ?? '')
        if (!event && params.id === 'last') throw new Fault('not_found', { detail: 'You have made no call yet.' })
        if (!event) throw notFound('decision', params.id ?? '')
        if (may('readAudit', GATEWAY)) return shown(event)
        return event.reason === 'model_not_found'
          ? ofNoModel(shown(event))
          : withoutPrivate(shown(event), ports.isPublic)
      },
    },
    'events.follow': {
      handle: ({ caller, query, signal }) => follow(ports, filterOf(query), signal, () => standing(ports, caller)),
    },
  }
}

/** The event that recorded a decision; `last` is the caller's own last one. */
export async function decisionOf(ports: AdminPorts, caller: Caller, id: string): Promise<Found | undefined> {
  const { audit } = ports
  if (id !== 'last') {
    const found = await audit.find(id)
    // A refusal reaches its caller before its event reaches the log: what this node has just decided is waited for.
    for (let turn = 0; !found && turn < 20 && ports.recorded(id); turn++) {
      await wait(50)
      const late = await audit.find(id)
      if (late) return late
    }
    return found
  }
  const kind = ['call.decided', 'call.finished']
  return (await audit.query({ principal: uidText(caller.principal), kind }, { limit: 1 })).events[0]
}

/** What is asked of the rules: everybody may look at their own decisions; other people's are the audit log. */
export async function aboutDecision(ports: AdminPorts, caller: Caller, id: string): Promise<Asked> {
  const recorded = ports.recorded(id)?.decision
  const principal = recorded ? uidText(recorded.principal) : (await ports.audit.find(id))?.principal
  const own = id === 'last' || principal === uidText(caller.principal)
  return own ? { ...GATEWAY, action: 'list' } : GATEWAY
}

const EVERY_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** Why the caller may not go on reading; undefined if it may. */
function standing(ports: AdminPorts, caller: Caller): Fault | undefined {
  const fault = ports.identity.standing(caller) ?? ports.access.locks.check({ caller })
  if (fault) return fault
  return ports.judge.allows(caller, 'readAudit', GATEWAY) ? undefined : new Fault('access_denied')
}

function contentOf({ audit }: AdminPorts) {
  if (!audit.content) throw new Fault('not_possible', { detail: 'This gateway records no content.' })
  return audit.content
}

const cutFrame = (fault: Fault): string =>
  `event: error\ndata: ${JSON.stringify({ code: fault.code, detail: fault.publicMessage })}\n\n`

/** Each line of an export as one server-sent event, as long as the caller may read. */
async function* exported(pieces: AsyncIterable<string>, ended: () => Fault | undefined): AsyncGenerator<string> {
  for await (const piece of pieces) {
    const fault = ended()
    if (fault) {
      yield cutFrame(fault)
      return
    }
    yield piece
      .slice(0, -1)
      .split('\n')
      .map((line) => `data: ${line}\n\n`)
      .join('')
  }
}

/** A sign of life, and the longest a right that has ended by time alone goes unnoticed while nothing happens. */
const HEARTBEAT_MS = 15_000

/** Server-sent events until the client goes or its right ends. The log is read no faster than the client takes it. */
async function* follow(
  ports: AdminPorts,
  filter: Filter,
  signal: AbortSignal,
  ended: () => Fault | undefined,
): AsyncGenerator<string> {
  let waiting: { events: readonly Found[]; taken: () => void } | undefined
  let wake = () => {}
  const tail = ports.audit.tail(
    filter,
    (events) =>
      new Promise<void>((resolve) => {
        waiting = { events, taken: resolve }
        wake()
      }),
  )
  const stop = () => {
    tail.stop()
    waiting?.taken()
    wake()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    yield ': following\n\n'
    while (!signal.aborted) {
      if (!waiting) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, HEARTBEAT_MS)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      const fault = ended()
      if (fault) {
        yield cutFrame(fault)
        return
      }
      const batch = waiting
      waiting = undefined
      if (!batch) yield ': still here\n\n'
      else {
        yield batch.events.map((event) => `id: ${event.position}\ndata: ${JSON.stringify(shown(event))}\n\n`).join('')
        batch.taken()
      }
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
