// A question put to the rules in force with facts changed: at another time, from another address, with another role. The
// answer is what the rules would say; nothing is allowed or written down by it.
import { type EntityUid, Fault, type Json } from '../core/index.ts'
import type { ClockContext } from './context.ts'
import { type EntitySource, withRole } from './entity.ts'
import { type ExplainOptions, type Explanation, explain } from './explain.ts'
import type { Query } from './policy.ts'
import type { Program } from './program.ts'
import { type UsualOptions, usualContext } from './usual.ts'
import { type CedarRecord, type CedarValue, EntityRef, isRecord, toRef } from './value.ts'

/** What is supposed to be different from now. */
export interface Supposed {
  /** Milliseconds since 1970. */
  readonly at?: number
  /** Address the call comes from. */
  readonly from?: string
  /** Roles held beside the principal's own. */
  readonly roles?: readonly string[]
  /** Parts of the context by dotted name: `{'request.maxTokens': '5000'}`. Values as in JSON, or their text. */
  readonly set?: Readonly<Record<string, Json>>
}

export interface SupposeDeps extends Omit<UsualOptions, 'clock' | 'set' | 'resource'> {
  readonly program: Program
  /** The facts at the time that is asked about. */
  readonly entities: EntitySource
  readonly clockContext: (ms: number) => ClockContext
  readonly now: number
  readonly waysIn: (query: Query, entities: EntitySource) => readonly string[]
  readonly reader: ExplainOptions['reader']
}

/**
 * Answers a question nobody has asked, or with `asked` one that was, under what is supposed. Throws Fault
 * `validation_failed` for a part of the context that the schema does not declare, a wrong type, or an unknown role.
 */
export function suppose(
  question: { readonly principal: EntityUid; readonly action: string; readonly resource: EntityUid },
  supposed: Supposed,
  deps: SupposeDeps,
  asked?: CedarRecord,
): Explanation {
  const { program } = deps
  const principal = toRef(question.principal)
  const clock = deps.clockContext(supposed.at ?? deps.now)
  const set = { ...(supposed.from === undefined ? {} : { 'auth.ip': supposed.from }), ...supposed.set }
  const possible = program.vocabulary.actions.get(question.action)
  // An action nobody can perform has no context; the explanation says so.
  const usual = possible?.principals.size
    ? usualContext(program.schemaJson, question.action, {
        clock,
        set,
        resource: toRef(question.resource),
        ...(deps.known ? { known: deps.known } : {}),
        ...(deps.examples ? { examples: deps.examples } : {}),
      })
    : {}
  const context = asked ? changed(asked, usual, ['clock', ...Object.keys(set)]) : usual
  let { entities } = deps
  for (const name of supposed.roles ?? []) {
    const role = new EntityRef('Role', name)
    if (!entities.get(role)) throw new Fault('validation_failed', { detail: `There is no role ${name}.` })
    entities = withRole(entities, principal, role)
  }
  const query: Query = { ...question, principal, resource: toRef(question.resource), context }
  return explain(program, query, entities, { reader: deps.reader, roles: deps.waysIn(query, entities) })
}

/** `asked` with the parts named taken from `other`. */
function changed(asked: CedarRecord, other: CedarRecord, paths: readonly string[]): CedarRecord {
  return paths.reduce((record, path) => replace(record, other, path.split('.')), asked)
}

function replace(record: CedarRecord, other: CedarRecord, [name = '', ...rest]: readonly string[]): CedarRecord {
  const value = Object.hasOwn(other, name) ? other[name] : undefined
  if (value === undefined) return record
  const mine: CedarValue | undefined = Object.hasOwn(record, name) ? record[name] : undefined
  const both = rest.length > 0 && mine !== undefined && isRecord(mine) && isRecord(value)
  return { ...record, [name]: both ? replace(mine, value, rest) : value }
}
