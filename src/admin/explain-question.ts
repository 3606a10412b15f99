// What the rules say to a question, with the roles that grants lend for it: those that hold by themselves, and, if these are
// not enough, one that is good for a number of uses or tokens. No use is taken by asking.
import type { JustInTime } from '../access/index.ts'
import { type Clock, type EntityUid, Fault, type PrincipalUid, uidText } from '../core/index.ts'
import type { Registry } from '../model/index.ts'
import {
  type ClockContext,
  type EntityFacts,
  EntityRef,
  type EntitySource,
  type Explanation,
  type GrantContext,
  type Policy,
  suppose,
  USUAL_CALLER,
} from '../policy/index.ts'
import type { AdminPorts } from './ports.ts'

/** As in `Rooms`. */
interface ExplainDeps {
  readonly policy: Policy
  readonly registry: Registry
  readonly clock: Clock
  readonly jit: JustInTime
  readonly entities: (at?: number) => EntitySource
  readonly describe: (uid: EntityUid) => EntityFacts | undefined
  readonly clockContext: (nowMs: number) => ClockContext
  readonly standing: (
    caller: { readonly principal: PrincipalUid },
    about: { readonly at: number; readonly model?: string; readonly using: readonly string[] },
  ) => { grant: GrantContext }
  readonly anomaly: (caller: { readonly principal: PrincipalUid }) => number
}

export function createExplain(rooms: ExplainDeps): AdminPorts['explain'] {
  const { policy, registry, clock, jit } = rooms

  return (question, supposed, reader, recorded) => {
    const program = policy.program()
    if (!program) throw new Fault('not_found', { detail: 'No bundle is in force.' })
    const now = supposed.at ?? clock.now()
    const at = supposed.at === undefined ? {} : { at: supposed.at }
    const principal = question.principal as PrincipalUid
    const model = question.resource.type === 'Model' ? { model: question.resource.id } : {}
    const [example] = registry.all()
    const { unseen, attrs } = question
    const about = uidText(question.resource)
    const isSelf = about === uidText(principal)
    const told: EntityFacts | undefined = attrs && { attrs, ancestors: new Set() }
    // As the admin API asks it: who is suspended is still somebody to whom something is done.
    const seen = (entities: EntitySource): EntitySource => ({
      get(uid) {
        if (uid.text !== about) return entities.get(uid)
        return unseen ? undefined : (told ?? entities.get(uid) ?? (isSelf ? undefined : rooms.describe(uid)))
      },
    })

    const ask = (using: readonly string[]): Explanation => {
      const { grant } = rooms.standing({ principal }, { at: now, ...model, using })
      return suppose(
        question,
        supposed,
        {
          program,
          entities: seen(
            jit.grants.over(rooms.entities(supposed.at), principal, { ...at, ...model, using }) as EntitySource,
          ),
          clockContext: rooms.clockContext,
          now,
          reader,
          waysIn: policy.waysIn,
          examples: { Model: new EntityRef('Model', example?.name ?? '') },
          known: {
            ...USUAL_CALLER,
            // Of another time it is not known.
            ...(supposed.at === undefined ? { 'risk.anomaly': rooms.anomaly({ principal }) } : {}),
            'grant.active': grant.active,
            'grant.roles': [...grant.roles],
            ...(grant.reason === undefined ? {} : { 'grant.reason': grant.reason }),
            ...(grant.ticket === undefined ? {} : { 'grant.ticket': grant.ticket }),
          },
        },
        recorded?.query.context,
      )
    }

    const found = ask([])
    if (found.allow || model.model === undefined || question.unseen) return found
    for (const grant of jit.grants.counted(principal, model.model, supposed.at)) {
      const lent = ask([grant.id])
      if (lent.allow) return { ...lent, grant }
    }
    return found
  }
}
