// What the admin API needs of the rooms. connect.ts makes it out of them.
import type { Access, Campaigns, Grant, JustInTime, Sweeps } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import type { Caller, Clock, EntityUid, NewId, PrincipalUid } from '../core/index.ts'
import type { Identity, Presented } from '../identity/index.ts'
import type { CedarRecord, Explanation, LoggedDecision, Rulebook, Supposed } from '../policy/index.ts'
import type { Acknowledgement, MakeChange, NodeAnswer, Store } from '../store/index.ts'
import type { Output, RouteId } from './contract.ts'
import type { Judge, Subject } from './judge.ts'

type Item<Id extends RouteId> = Output<Id> extends { items: (infer Row)[] } ? Row : never

/** `grant`: one for a number of uses or tokens, of which a call would take; missing if the call needs none. */
export type Explained = Explanation & { readonly grant?: Grant }

export interface AdminPorts {
  readonly store: Store
  readonly change: MakeChange
  /** The event of a change that was made here lately, by the change's number. */
  eventOf(seq: number): string | undefined
  readonly clock: Clock
  readonly newId: NewId
  readonly report: (error: unknown) => void
  readonly identity: Identity
  readonly audit: Pick<
    Audit,
    | 'append'
    | 'appendUnproven'
    | 'query'
    | 'find'
    | 'tail'
    | 'count'
    | 'checkpoint'
    | 'verifierKey'
    | 'verifierKeys'
    | 'rotateKey'
    | 'verify'
    | 'prove'
    | 'record'
    | 'archive'
    | 'lines'
    | 'content'
  >
  readonly access: Pick<Access, 'leases' | 'sessions' | 'locks' | 'answers'>
  readonly jit: Pick<JustInTime, 'grants' | 'requests'>
  readonly sweeps: Pick<Sweeps, 'plan' | 'run' | 'list'>
  readonly campaigns: Pick<Campaigns, 'start' | 'list' | 'show' | 'items' | 'decide' | 'close'>
  readonly judge: Judge
  /** As the data plane identifies: credential and locks. @throws Fault 400, 401, 403 */
  identify(request: Presented): Caller
  /** As `identify` on a node that has lost touch, for what tells nothing but that. @throws Fault 400, 401, 403 */
  identifyStale(request: Presented): Caller
  /** What a caller has shown is asked about again: it may have been taken away since. @throws Fault 401, 403, 503 */
  stands(caller: Caller): void
  /** Every model and what is known of it. */
  models(): readonly Item<'models.list'>[]
  /** @throws Fault `model_not_found`, `not_possible` */
  acceptModel(
    name: string,
    digest: string | undefined,
    by: { readonly principal: string; readonly reason: string },
  ): Promise<void>
  /** Whether the rules let this caller use this model in any way. */
  mayUse(caller: Caller, model: string): boolean
  /** Which actions of use the rules give this caller on this model. */
  actionsOn(caller: Caller, model: string): readonly string[]
  /** The same for a principal that were in exactly these groups and roles (uid texts). */
  actionsHolding(principal: PrincipalUid, model: string, ancestors: ReadonlySet<string>): readonly string[]
  /** Days of calls that a report about unused rights looks at, unless it is told. */
  readonly unusedDays: number
  upstreams(): readonly Item<'upstreams.list'>[]
  nodes(): Promise<readonly Item<'nodes.list'>[]>
  /** Asks the other nodes, but for these names, what only they know. */
  askNodes(question: object, without: ReadonlySet<string>): Promise<readonly NodeAnswer[]>
  /** Settings in effect; secrets hidden. */
  settings(): readonly Item<'config.show'>[]
  /** Versions of the rules, and what a change of them would do. */
  readonly rulebook: Pick<Rulebook, 'planner' | 'versions' | 'shadow'>
  policy(): Output<'policies.show'> | undefined
  /** The text of data-classes.yaml that the guard of this node was built with. */
  readonly ownClasses: string
  rules(): readonly Item<'policies.rules'>[]
  /** Whether whom a rule concerns may know of it: one in force that is not private. */
  isPublic(rule: string): boolean
  /** What the rules say to a question that nobody has asked, or to a recorded one, with what is supposed. */
  /** The type of what an action is about, where a name comes without one. */
  usualResource(action: string): string
  explain(
    /**
     * `unseen`: whoever asks may not know whether there is such a resource; answered as if there was none. `attrs`: facts about a
     * resource that is in no directory.
     */
    question: { principal: EntityUid; action: string; resource: EntityUid; attrs?: CedarRecord; unseen?: boolean },
    supposed: Supposed,
    reader: 'caller' | 'administrator',
    recorded?: LoggedDecision,
  ): Explained
  /** A decision that this node made lately, with what it was asked about: `dec_…`. */
  recorded(decision: string): LoggedDecision | undefined
  /** Resolves when the nodes have applied the feed up to `seq`, or after a short wait; says who has. */
  acknowledged(seq: number): Promise<readonly Acknowledgement[]>
  /** Counts as a use of what is held for a while what could not have been done without it. */
  noteUse(caller: Caller, action: string, subject: Subject): void
  /** Name and version of the product. */
  readonly product: string
}
