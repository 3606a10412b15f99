// What a handler of the admin API is given and gives. A handler is a plain function; it is reached only after the rules
// have said yes to what its route in the contract names.
import type { Caller, Decision, EntityUid } from '../core/index.ts'
import { credentialText, Fault, uidText } from '../core/index.ts'
import type { Actor } from '../identity/index.ts'
import { entity } from '../policy/index.ts'
import type { Body, Output, Query, ROUTES, RouteId } from './contract.ts'
import type { Subject } from './judge.ts'

export interface Context<Id extends RouteId> {
  readonly caller: Caller
  /** Who acts, with the decision that let it happen, for the events of the change. */
  readonly by: Actor
  readonly params: Readonly<Record<string, string>>
  readonly query: Query<Id>
  readonly body: Body<Id>
  /** Of `If-Match`; undefined if the caller does not mind. */
  readonly version: number | undefined
  readonly signal: AbortSignal
  /** A further question about the same caller. @throws Fault if the answer is no */
  demand(action: string, subject: Subject): void
  /** The question that let the caller in, asked again after work that takes its time. @throws Fault if the answer is no by now */
  still(): void
  /** Whether the caller may also do this. */
  may(action: string, subject: Subject): boolean
  /** For lists: whether the caller may see this one. */
  sees(subject: Subject): boolean
}

type Answer<Id extends RouteId> = (typeof ROUTES)[Id] extends { readonly stream: true }
  ? AsyncIterable<string>
  : Output<Id>

/** What the rules are asked, if it is not what the contract says. */
export interface Asked extends Subject {
  readonly action?: string
}

export interface Handler<Id extends RouteId> {
  /** Names the entity asked about when that takes a look at it. `query` and `body` are missing when one of them was not valid. */
  subject?(request: {
    readonly caller: Caller
    readonly params: Readonly<Record<string, string>>
    readonly query: Query<Id> | undefined
    readonly body: Body<Id> | undefined
  }): Asked | Promise<Asked>
  handle(context: Context<Id>): Promise<Answer<Id>> | Answer<Id>
}

export type Handlers<Id extends RouteId = RouteId> = { readonly [I in Id]: Handler<I> }

export function readRef<Type extends string>(ref: string): { type: Type; id: string } {
  const at = ref.indexOf(':')
  return { type: ref.slice(0, at) as Type, id: ref.slice(at + 1) }
}

/** Who owns a key or session, as the schema names it. An agent's belong to no person a rule could compare with. */
export function ownedBy(type: 'Key' | 'Session', id: string, owner: EntityUid): Subject {
  const reference = entity(owner.type, owner.id)
  const attrs = { User: { owner: reference }, Service: { service: reference } }[owner.type] ?? {}
  return { uid: { type, id }, attrs }
}

/** What was looked for, or undefined if it is not there. A database that cannot be asked is not an answer. */
export const orMissing = <T>(look: Promise<T>): Promise<T | undefined> =>
  look.catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'not_found') return undefined
    throw error
  })

export const notFound = (what: string, id: string): Fault =>
  new Fault('not_found', { detail: `There is no ${what} "${id}".` })

export const actorOf = (caller: Caller, action: string, decision: Decision): Actor => ({
  principal: uidText(caller.principal),
  credential: credentialText(caller.credential),
  address: caller.address,
  action,
  decision: 'allow',
  rules: decision.rules,
  policy: decision.policy,
})
