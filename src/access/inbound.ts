// Signed events from outside that open a grant or end one, as an alert of a pager does. Signed the way of Standard Webhooks
// (github.com/standard-webhooks/standard-webhooks, version 1): HMAC-SHA256 over id, time and body. Invariants: nothing of
// an event is looked at before its signature; an event is taken once; it ends only what its own sender opened.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock, PrincipalUid } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import { isUniqueViolation, type MakeChange, type Store, type Trx } from '../store/index.ts'
import type { Grant } from './grant.ts'
import type { Grants } from './grants.ts'
import { dropInbound, insertInbound } from './inbound-queries.ts'
import type { Requests } from './requests.ts'
import type { NewRequest } from './role-ask.ts'

export interface Hook {
  readonly name: string
  /** What it signs with: 24 to 64 bytes. */
  readonly secret: Buffer
  /** Roles that it may open and end. */
  readonly roles: readonly string[]
}

/** The headers of Standard Webhooks, as they came. */
export interface Signed {
  readonly id: string | undefined
  /** Seconds since 1970. */
  readonly timestamp: string | undefined
  /** `v1,BASE64`, several of them with spaces between. */
  readonly signature: string | undefined
}

export type InboundEvent =
  | ({ type: 'grant.open'; principal: PrincipalUid } & Pick<
      NewRequest,
      'role' | 'models' | 'seconds' | 'uses' | 'tokens' | 'reason' | 'ticket'
    >)
  | { type: 'grant.end'; principal: PrincipalUid; role: string; ticket?: string; reason: string }

export interface InboundResult {
  /** Ids of grants that it opened or ended. */
  readonly grants: readonly string[]
  /** True if the event had been taken before: nothing was done. */
  readonly repeated: boolean
  readonly seq: number
}

export interface Inbound {
  /** @throws Fault `invalid_api_key` if there is no such sender or the time is not now; before the body is read */
  greet(hook: string, signed: Signed): void
  /** @throws Fault `invalid_api_key` for a wrong signature; `access_denied` for another role, or if no rule approves it */
  receive(
    hook: string,
    signed: Signed,
    body: Buffer,
    read: (body: Buffer) => InboundEvent,
    address: string,
  ): Promise<InboundResult>
}

export interface InboundDeps {
  store: Store
  change: MakeChange
  clock: Clock
  hooks: readonly Hook[]
  requests: Pick<Requests, 'trigger'>
  grants: Pick<Grants, 'list' | 'end'>
}

/** Seconds that the time of an event may be away from ours. */
const TOLERANCE_S = 300
/** For so long an id is remembered: our clock may have been wrong by hours when it was taken, and set right since. */
const REMEMBER_MS = 2 * 86_400_000
const ID = /^[\x21-\x7e]{1,200}$/
const PAGE = 200

/** The bytes of a secret: base64 of 24 to 64 bytes, after `whsec_` or not. @throws Error that says what is wrong */
export function readHookSecret(text: string, name: string): Buffer {
  const encoded = text.trim().replace(/^whsec_/, '')
  const secret = Buffer.from(encoded, 'base64')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || secret.length < 24 || secret.length > 64)
    throw new Error(`the secret of hook ${name} must be base64 of 24 to 64 bytes: openssl rand -base64 32`)
  return secret
}

export function createInbound({ store, change, clock, hooks, requests, grants }: InboundDeps): Inbound {
  const byName = new Map(hooks.map((hook) => [hook.name, hook]))
  // Its name is no part of what a sender signs: an event for one would be good for the other.
  for (const [i, { name, secret }] of hooks.entries())
    for (const other of hooks.slice(0, i))
      if (secret.equals(other.secret)) throw new Error(`hooks ${other.name} and ${name} must not have the same secret`)
  const refused = () => new Fault('invalid_api_key', { detail: 'No sender, or no valid signature' })

  const greet = (name: string, { id, timestamp, signature }: Signed): Hook => {
    const hook = byName.get(name)
    if (!hook || id === undefined || !ID.test(id) || signature === undefined) throw refused()
    if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) throw refused()
    if (Math.abs(Number(timestamp) - clock.now() / 1000) > TOLERANCE_S) throw refused()
    return hook
  }

  const verify = ({ secret }: Hook, { id, timestamp, signature = '' }: Signed, body: Buffer): void => {
    const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest()
    let fits = false
    for (const part of signature.split(' ').slice(0, 8)) {
      const [version, given = ''] = part.split(',', 2)
      const bytes = Buffer.from(given, 'base64')
      if (version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected)) fits = true
    }
    if (!fits) throw refused()
  }

  return {
    greet: (name, signed) => void greet(name, signed),
    async receive(name, signed, body, read, address) {
      const hook = greet(name, signed)
      verify(hook, signed, body)
      const event = read(body)
      if (!hook.roles.includes(event.role))
        throw new Fault('access_denied', { detail: 'This sender does not open or end that role' })
      const actor = `System::${JSON.stringify(`hook/${name}`)}`
      const once = (trx: Trx) => insertInbound(trx, { source: name, id: signed.id ?? '', at: clock.now() })
      await store.transaction((trx) => dropInbound(trx, clock.now() - REMEMBER_MS))
      try {
        if (event.type === 'grant.open') {
          const { type: _, principal, ...ask } = event
          const { grant, seq } = await requests.trigger(principal, { source: `hook/${name}`, address }, ask, once)
          return { grants: [grant.id], repeated: false, seq }
        }
        const { role, ticket } = event
        const filter = {
          principal: uidText(event.principal),
          role,
          createdBy: actor,
          ...(ticket === undefined ? {} : { ticket }),
        }
        const own: Grant[] = []
        for (let from = {}, more = true; more; ) {
          const page = await grants.list({ ...filter, open: true, limit: PAGE, ...from })
          own.push(...page)
          const last = page.at(-1)
          if (last) from = { before: { createdAt: last.createdAt, id: last.id } }
          more = page.length === PAGE
        }
        const { seq } = await change(async (trx) => {
          await once(trx)
          const all = []
          for (const { id } of own) all.push(await grants.end(trx, id, actor, event.reason))
          return {
            value: undefined,
            feed: all.flatMap(({ feed }) => feed),
            events: all.flatMap(({ events }) => events),
          }
        })
        return { grants: own.map(({ id }) => id), repeated: false, seq }
      } catch (error) {
        if (isUniqueViolation(error)) return { grants: [], repeated: true, seq: 0 }
        throw error
      }
    },
  }
}
