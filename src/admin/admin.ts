// One request to the admin API, in order: route, identify, read, decide, record, handle, answer. The only way to a
// handler leads through `decide`; a route without a handler is not in the table and answers 404.
import { credentialText, Fault, parseJson, schemaWords, uidText } from '../core/index.ts'
import { withoutSecrets } from '../identity/index.ts'
import { auditHandlers } from './audit.ts'
import { campaignHandlers } from './campaigns.ts'
import { consequenceHandlers } from './consequences.ts'
import { BASE, type Body, type Query, ROUTES, type RouteId, type RouteSpec } from './contract.ts'
import { explainHandlers } from './explain.ts'
import { grantHandlers } from './grants.ts'
import { groupHandlers } from './groups.ts'
import { identified, stillGood } from './identified.ts'
import { demand, GATEWAY } from './judge.ts'
import { keyHandlers } from './keys.ts'
import { leaseHandlers } from './leases.ts'
import { lockHandlers } from './locks.ts'
import { modelHandlers } from './models.ts'
import { nodeHandlers } from './nodes.ts'
import { policyHandlers } from './policies.ts'
import type { AdminPorts } from './ports.ts'
import { principalHandlers } from './principals.ts'
import { type AdminResponse, problem } from './problem.ts'
import { createRepeat } from './repeat.ts'
import { reportHandlers } from './reports.ts'
import { requestHandlers } from './requests.ts'
import { roleHandlers } from './roles.ts'
import { type Asked, actorOf, type Context, type Handler, type Handlers } from './route.ts'
import { createTable } from './router.ts'
import { sessionHandlers } from './sessions.ts'
import { sweepHandlers } from './sweeps.ts'
import { isAllWritten, isWritten, toWrite } from './written.ts'

/** A request free of any HTTP framework; the data plane's `Incoming` is one. */
export interface AdminRequest {
  readonly method: string
  /** Raw path without query string. */
  readonly path: string
  query(): URLSearchParams
  readonly rawHeaders: readonly string[]
  readonly address: string
  header(name: string): string | undefined
  body(): Promise<Buffer>
  readonly signal: AbortSignal
}

export interface AdminRoute {
  readonly id: RouteId
  readonly method: RouteSpec['method']
  /** With `{parameters}`. */
  readonly path: string
}

export interface Admin {
  readonly routes: readonly AdminRoute[]
  /** Never rejects: what goes wrong is an answer. */
  handle(request: AdminRequest): Promise<AdminResponse>
}

export function createAdmin(ports: AdminPorts): Admin {
  const handlers: Handlers = {
    ...principalHandlers(ports),
    ...groupHandlers(ports),
    ...roleHandlers(ports),
    ...keyHandlers(ports),
    ...modelHandlers(ports),
    ...sessionHandlers(ports),
    ...leaseHandlers(ports),
    ...lockHandlers(ports),
    ...consequenceHandlers(ports),
    ...requestHandlers(ports),
    ...grantHandlers(ports),
    ...sweepHandlers(ports),
    ...campaignHandlers(ports),
    ...reportHandlers(ports),
    ...policyHandlers(ports),
    ...auditHandlers(ports),
    ...explainHandlers(ports),
    ...nodeHandlers(ports),
  }
  const match = createTable(ROUTES)
  const repeat = createRepeat(ports)

  const serve = async (request: AdminRequest, requestId: string): Promise<AdminResponse> => {
    const found = match(request.method, request.path)
    if (!found) throw new Fault('not_found', { detail: 'There is no such route.' })
    const { id, params } = found
    const spec: RouteSpec = ROUTES[id]
    const handler = handlers[id] as Handler<RouteId>
    const caller = await identified(ports, request, ports.identify)

    const bytes = spec.method === 'GET' || spec.method === 'DELETE' ? Buffer.alloc(0) : await request.body()
    // Looked into before the rules are asked only where they are asked about something in it.
    const early = handler.subject && readInput(spec, request, bytes)
    const known = early && 'body' in early ? early : undefined
    const asked: Asked =
      (await handler.subject?.({
        caller,
        params,
        query: known?.query as Query<RouteId> | undefined,
        body: known?.body as Body<RouteId> | undefined,
      })) ?? subjectOf(spec, params)
    const action = asked.action ?? spec.action
    await stillGood(ports, caller)
    const decision = ports.judge.decide(caller, action, asked)
    const seen = {
      principal: uidText(caller.principal),
      credential: credentialText(caller.credential),
      address: caller.address,
    }
    const about = { action, rules: decision.rules, policy: decision.policy, subject: `route/${id}` }
    const denied = (facts: { readonly rules?: readonly string[]; readonly reason?: string }, decisionId: string) =>
      ports.audit.append({
        ...seen,
        ...about,
        ...facts,
        kind: 'admin.denied',
        decision: 'deny',
        data: { decisionId, on: uidText(asked.uid) },
      })
    if (!decision.allow) await denied({}, decision.id)
    demand(decision)
    ports.noteUse(caller, action, asked)
    const answer = async (): Promise<AdminResponse> => {
      const read = early ?? readInput(spec, request, bytes)
      if ('fault' in read) throw read.fault
      // A change writes its own event in its own transaction; a look is an event too.
      if (spec.method === 'GET')
        await ports.audit.append({
          ...seen,
          ...about,
          kind: 'admin.read',
          decision: 'allow',
          data: { on: uidText(asked.uid) },
        })

      const context: Context<RouteId> = {
        caller,
        by: actorOf(caller, action, decision),
        params,
        query: read.query as Query<RouteId>,
        body: read.body as Body<RouteId>,
        version: spec.versioned ? versionOf(request.header('if-match')) : undefined,
        signal: request.signal,
        still() {
          ports.stands(caller)
          demand(ports.judge.decide(caller, action, asked))
        },
        demand: (further, subject) => demand(ports.judge.decide(caller, further, subject)),
        may: (further, subject) => ports.judge.allows(caller, further, subject),
        sees: (subject) => ports.judge.allows(caller, 'list', subject),
      }
      const headers = { 'x-request-id': requestId, 'x-sallyport-decision': decision.id }
      if (spec.stream)
        return {
          status: 200,
          headers: { ...headers, 'content-type': 'text/event-stream' },
          body: (await handler.handle(context)) as unknown as AsyncIterable<string>,
        }

      const run = async () => {
        // What goes out is what the contract says and nothing beside it: fields it does not name are dropped.
        const answer = spec.output?.parse(await handler.handle(context)) as Record<string, unknown>
        const kept = spec.secret === undefined ? answer : { ...answer, [spec.secret]: undefined }
        return { status: spec.status ?? 200, body: JSON.stringify(answer), kept: JSON.stringify(kept) }
      }
      const key = spec.idempotent ? request.header('idempotency-key') : undefined
      const done =
        key === undefined
          ? { ...(await run()), replayed: false }
          : await repeat({ principal: seen.principal, key, request: [request.method, request.path, bytes], serve: run })
      return {
        status: done.status,
        headers: {
          ...headers,
          'content-type': 'application/json',
          ...(done.replayed && { 'idempotent-replayed': 'true' }),
          ...(spec.versioned && etagOf(done.body)),
        },
        body: done.body,
      }
    }
    try {
      return await answer()
    } catch (error) {
      // What the rules let through and something else denies, or a further question to them, is an event as well; so is a change
      // that was tried and did not come about.
      const { status, code, data } = Fault.from(error)
      if (status === 401 || status === 403) await denied({ rules: [], reason: code }, data.decision ?? decision.id)
      else if (spec.method !== 'GET' && status < 500)
        await ports.audit.append({
          ...{ ...seen, ...about, kind: 'admin.failed', decision: 'allow', reason: code },
          data: { decisionId: decision.id, on: uidText(asked.uid), status },
        })
      throw error
    }
  }

  return {
    routes: (Object.keys(ROUTES) as RouteId[]).map((id) => ({
      id,
      method: ROUTES[id].method,
      path: BASE + ROUTES[id].path,
    })),
    async handle(request) {
      const requestId = ports.newId('call')
      try {
        return await serve(request, requestId)
      } catch (error) {
        const fault = Fault.from(error)
        if (fault.status >= 500) ports.report(error)
        return problem(fault, requestId)
      }
    },
  }
}

const subjectOf = ({ on }: RouteSpec, params: Readonly<Record<string, string>>): Asked =>
  'param' in on ? { uid: { type: on.type, id: params[on.param] ?? '' } } : GATEWAY

type Input = { query: unknown; body: unknown } | { fault: Fault }

/** Reads query and body as the route declares them. A failure is handed back: it is told only to whom the rules permit. */
function readInput(spec: RouteSpec, request: AdminRequest, bytes: Buffer): Input {
  try {
    return { query: readQuery(spec, request.query()), body: readBody(spec, request, bytes) }
  } catch (error) {
    return { fault: Fault.from(error) }
  }
}

function readQuery(spec: RouteSpec, query: URLSearchParams): unknown {
  const given = Object.create(null) as Record<string, string> // of `__proto__` nothing would be left in an object like others
  for (const [name, value] of query) {
    if (Object.hasOwn(given, name)) throw invalid(name, 'is given twice')
    if (!isWritten(value)) throw invalid(name, 'holds what no text can')
    given[name] = withoutSecrets(value)
  }
  if (spec.query) return checked(spec.query.safeParse(given, IN_WORDS))
  const [unknown] = Object.keys(given)
  if (unknown !== undefined) throw invalid(unknown, 'is not a parameter of this route')
  return undefined
}

function readBody(spec: RouteSpec, request: AdminRequest, bytes: Buffer): unknown {
  if (!spec.body) return undefined
  // A form that a browser sends across origins without asking cannot have this type.
  const type = request.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new Fault('malformed_request', { detail: 'The body must be application/json.' })
  if (bytes.length > (spec.large ? Number.POSITIVE_INFINITY : MOST_BYTES))
    throw new Fault('body_too_large', { detail: `The request body is larger than ${MOST_BYTES} bytes.` })
  const body = parseJson(bytes)
  if (!isAllWritten(body))
    throw new Fault('malformed_request', { detail: 'A text in the body holds a NUL or half of a character.' })
  const kept = spec.large || spec.keys ? body : toWrite(body)
  return checked(spec.body.safeParse(kept, IN_WORDS))
}

/** Bytes of a body that is no bundle of rules. Reading more would keep every call waiting for one. */
const MOST_BYTES = 262_144

const invalid = (param: string, problem: string): Fault =>
  new Fault('validation_failed', { detail: `${param} ${problem}.`, data: { param } })

interface Parsed {
  readonly success: boolean
  readonly data?: unknown
  readonly error?: { readonly issues: readonly { path: readonly PropertyKey[]; message: string; keys?: unknown }[] }
}

const IN_WORDS = { error: schemaWords }

/** The first problem in words. The value is not repeated: it may be a secret in the wrong place. */
function checked(parsed: Parsed): unknown {
  if (parsed.success) return parsed.data
  const issue = parsed.error?.issues[0]
  const unknown = Array.isArray(issue?.keys) ? String(issue.keys[0]) : undefined
  const param = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].map(String).join('.')
  if (unknown !== undefined) throw invalid(param, 'is not a field of this request')
  throw invalid(param || 'body', issue ? `is not valid: ${issue.message}` : 'is not valid')
}

function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const digits = /^(?:W\/)?"(\d{1,15})"$/.exec(header)?.[1]
  if (digits === undefined) throw new Fault('precondition_failed', { detail: 'If-Match takes the ETag of an answer.' })
  return Number(digits)
}

function etagOf(body: string): Record<string, string> {
  const { version } = JSON.parse(body) as { version?: number }
  return version === undefined ? {} : { etag: `"${version}"` }
}
