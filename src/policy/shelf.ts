// Rules laid out so that a question meets those it could matter to and no others: by action, by the principal and the
// resource their scope is tied to, and by their first condition, which is asked once for all rules that begin with it.
import type { Condition } from './condition.ts'
import type { Rule } from './rule.ts'
import type { ActionInfo } from './schema.ts'
import type { Scope } from './scope.ts'
import { type Side, tiedTo } from './side.ts'
import { EntityRef } from './value.ts'

/** Rules with the same first condition. */
export interface Stack {
  /** What the place on the shelf does not settle of their scope: `==`, and types. */
  readonly admits: ((scope: Scope) => boolean) | undefined
  readonly first: Condition | undefined
  readonly rules: readonly Rule[]
}

export interface Drawer {
  readonly rules: readonly Rule[]
  /** By the resource or group that they are tied to. */
  readonly byResource: ReadonlyMap<string, readonly Stack[]>
  /** Tied to no resource. */
  readonly open: readonly Stack[]
}

/** Each rule lies in exactly one stack. */
interface Layout {
  /** By the principal or group that they are tied to. */
  readonly byPrincipal: ReadonlyMap<string, Drawer>
  /** Tied to no principal. */
  readonly open: Drawer
  readonly rules: readonly Rule[]
}

export interface Shelf extends Layout {
  readonly action: ActionInfo
  readonly entity: EntityRef
}

/** By name of the action. Actions with the same rules, as those of a group mostly are, share one layout. */
export function shelve(actions: Iterable<ActionInfo>, rules: readonly Rule[]): ReadonlyMap<string, Shelf> {
  const layouts = new Map<string, Layout>()
  const shelves = new Map<string, Shelf>()
  for (const action of actions) {
    const mine = rules.filter((rule) => rule.actions.has(action.name))
    const key = mine.map((rule) => rule.index).join()
    const layout = layouts.get(key) ?? layOut(mine)
    layouts.set(key, layout)
    shelves.set(action.name, { action, entity: new EntityRef('Action', action.name), ...layout })
  }
  return shelves
}

function layOut(rules: readonly Rule[]): Layout {
  const [tied, loose] = grouped(rules, (rule) => tiedTo(rule.json.principal)?.text)
  return {
    byPrincipal: new Map([...tied].map(([text, some]) => [text, drawer(some)])),
    open: drawer(loose),
    rules,
  }
}

function drawer(rules: readonly Rule[]): Drawer {
  const [tied, loose] = grouped(rules, (rule) => tiedTo(rule.json.resource)?.text)
  return {
    rules,
    byResource: new Map([...tied].map(([text, some]) => [text, stacks(some)])),
    open: stacks(loose),
  }
}

function stacks(rules: readonly Rule[]): Stack[] {
  const numbers = new Map<Condition | undefined, number>()
  const numberOf = (condition: Condition | undefined) => {
    const number = numbers.get(condition) ?? numbers.size
    numbers.set(condition, number)
    return number
  }
  const [alike] = grouped(rules, (rule) => `${numberOf(rule.conditions[0])} ${JSON.stringify(unsettled(rule))}`)
  return [...alike.values()].map((some) => {
    const [{ conditions }] = some as [Rule]
    return { admits: admission(unsettled(some[0]!)), first: conditions[0], rules: some }
  })
}

/** In the order of their first members; without a key: apart. */
function grouped<T>(all: readonly T[], keyOf: (one: T) => string | undefined): [Map<string, T[]>, T[]] {
  const groups = new Map<string, T[]>()
  const apart: T[] = []
  for (const one of all) {
    const key = keyOf(one)
    const group = key === undefined ? apart : groups.get(key)
    if (group) group.push(one)
    else groups.set(key!, [one])
  }
  return [groups, apart]
}

type Demand = { readonly text?: string; readonly type?: string }

/** Who is in a group lies where the group does; that it must be itself, or of a type, is still to be asked. */
function unsettled(rule: Rule): { principal: Demand; resource: Demand } {
  const demand = (side: Side): Demand => {
    if (side.op === '==') return { text: tiedTo(side)!.text }
    return side.op === 'is' ? { type: side.entity_type } : {}
  }
  return { principal: demand(rule.json.principal), resource: demand(rule.json.resource) }
}

function admission({ principal, resource }: ReturnType<typeof unsettled>): Stack['admits'] {
  const fits = ({ text, type }: Demand, uid: EntityRef) =>
    (text === undefined || text === uid.text) && (type === undefined || type === uid.type)
  const asks = (demand: Demand) => Object.keys(demand).length > 0
  if (!asks(principal) && !asks(resource)) return undefined
  return (scope) => fits(principal, scope.principal) && fits(resource, scope.resource)
}
