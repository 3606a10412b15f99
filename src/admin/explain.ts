// Why, and what would change it; and who the caller is.
import type { Grant } from '../access/index.ts'
import type { Found } from '../audit/index.ts'
import { ACTION_GROUPS, type Caller, type EntityUid, Fault, uidText } from '../core/index.ts'
import { dutyLines, parseUid, type RuleView, type Supposed } from '../policy/index.ts'
import { aboutDecision, decisionOf } from './audit.ts'
import type { Body, Output } from './contract.ts'
import { GATEWAY, type Subject } from './judge.ts'
import { subjectOf as keySubject } from './keys.ts'
import { mayKnow } from './known.ts'
import { createOpenApi } from './openapi.ts'
import type { AdminPorts, Explained } from './ports.ts'
import { namesOf, rolesNow } from './principals.ts'
import { type Handlers, orMissing, ownedBy, readRef } from './route.ts'
import { uidOf } from './sessions.ts'
import { iso, isoField, msOf, textField } from './time.ts'

const TYPED = /^(User|Service|Agent|Group|Role|Model|ModelGroup|Gateway|Key|Session|DataClass|Tool|Document):(.+)$/

const view = ({ id, effect, why, file, line, clauses }: RuleView) => ({
  id,
  effect,
  why,
  file,
  line,
  clauses: clauses.map((clause) => ({ ...clause })),
})

const shown = async (grants: AdminPorts['jit']['grants'], found: Explained): Promise<Output<'explain.ask'>> => ({
  decision: found.allow ? 'allow' : 'deny',
  principal: found.principal,
  action: found.action,
  resource: found.resource,
  summary: found.summary,
  decided: found.decided.map(view),
  errors: found.errors.map(view),
  closest: found.closest.map((rule) => ({ ...view(rule), missing: rule.missing, ...textField('role', rule.role) })),
  hidden: found.hidden,
  roles: [...found.roles],
  duties: found.duties ? dutyLines(found.duties) : [],
  policy: found.policy,
  ...isoField('validUntil', found.validUntil),
  ...(found.grant && { byGrant: await lent(grants, found.grant) }),
})

/** A grant of which a call takes a use, and what is left of it: of tokens, what calls that have ended left. */
async function lent({ tokensLeft }: AdminPorts['jit']['grants'], grant: Grant) {
  const { id, role, endsAt, usesLeft, tokens } = grant
  const left = await tokensLeft(grant)
  return {
    id,
    role,
    endsAt: iso(endsAt),
    ...(usesLeft !== undefined && { usesLeft }),
    ...(tokens !== undefined && { tokens, tokensLeft: left ?? 0 }),
  }
}

const supposedOf = ({ at, from, roles, set }: Body<'decisions.explain'>): Supposed => ({
  ...(at !== undefined && { at: msOf(at) }),
  ...(from !== undefined && { from }),
  ...(roles && { roles }),
  ...(set && { set }),
})

function resourceOf(text: string, usual: string): EntityUid {
  const [, type = usual, id = text] = TYPED.exec(text) ?? []
  return { type, id }
}

/** Who wanted to do what, of an event that tells of a decision; undefined of any other. */
function questionOf({ principal, action, model, data }: Found) {
  const on = model === undefined ? data?.on : undefined
  if (principal === undefined || action === undefined || (model === undefined && typeof on !== 'string'))
    return undefined
  return {
    principal: parseUid(principal),
    action,
    resource: model === undefined ? parseUid(String(on)) : { type: 'Model', id: model },
  }
}

export function explainHandlers(
  ports: AdminPorts,
): Handlers<'explain.ask' | 'decisions.explain' | 'self.show' | 'openapi.show'> {
  /** Keys and sessions are in no directory. `Key:new` is one that is not there yet, of whoever would issue it. */
  const subjectOf = async (uid: EntityUid, principal: EntityUid): Promise<Subject> => {
    if (uid.type === 'Key') {
      const row = uid.id === 'new' ? undefined : await ports.identity.read.key(uid.id)
      return row ? keySubject(row) : uid.id === 'new' ? ownedBy('Key', 'new', principal) : { uid }
    }
    const session = uid.type === 'Session' && (await orMissing(ports.access.sessions.show(uid.id)))
    return session ? ownedBy('Session', uid.id, uidOf(session.principal)) : { uid }
  }
  /** The question as it is put for this reader. */
  const put = async (
    { principal, action, resource }: { principal: EntityUid; action: string; resource: EntityUid },
    caller: Caller,
  ) => {
    const subject = await subjectOf(resource, principal)
    const { uid, attrs } = subject
    return { principal, action, resource: uid, ...(attrs && { attrs }), unseen: !mayKnow(ports, caller, subject) }
  }

  // Made when somebody asks: printing every schema takes a tenth of a start.
  let document: ReturnType<typeof createOpenApi> | undefined
  return {
    'explain.ask': {
      // About oneself anybody may ask who may ask anything; about others, whoever may see them.
      subject({ caller, body }) {
        const asked = body && readRef<string>(body.principal)
        const self = !asked || (asked.type === caller.principal.type && asked.id === caller.principal.id)
        return self ? GATEWAY : { uid: asked, action: 'show' }
      },
      async handle({ body, caller, may }) {
        const { principal, action, resource: named, ...supposed } = body
        if (Object.hasOwn(ACTION_GROUPS, action))
          throw new Fault('validation_failed', {
            detail: `${action} is a group of actions. Ask about one of them: ${ACTION_GROUPS[action as keyof typeof ACTION_GROUPS].join(', ')}.`,
            data: { param: 'action' },
          })
        const resource = resourceOf(named, ports.usualResource(action))
        const question = await put({ principal: readRef<string>(principal), action, resource }, caller)
        const reader = may('show', GATEWAY) ? 'administrator' : 'caller'
        return shown(ports.jit.grants, ports.explain(question, supposedOf(supposed), reader))
      },
    },
    'decisions.explain': {
      subject: ({ caller, params }) => aboutDecision(ports, caller, params.id ?? ''),
      async handle({ body, by, caller, may, params }) {
        const event = await decisionOf(ports, caller, params.id ?? '')
        // To whom a model was not there, it is not there for any question either.
        const told = event?.reason !== 'model_not_found' || may('readAudit', GATEWAY)
        const question = event && told && questionOf(event)
        if (!question)
          throw new Fault('not_found', {
            detail: `"${params.id ?? ''}" is no decision about somebody doing something.`,
          })
        if (event.principal !== uidText(caller.principal))
          await ports.audit.append({
            ...by,
            kind: 'admin.read',
            subject: 'route/decisions.explain',
            data: { on: event.id },
          })
        const recorded = typeof event.data?.decisionId === 'string' ? ports.recorded(event.data.decisionId) : undefined
        const reader = may('show', GATEWAY) ? 'administrator' : 'caller'
        return {
          ...(await shown(
            ports.jit.grants,
            ports.explain(await put(question, caller), supposedOf(body), reader, recorded),
          )),
          asAsked: recorded !== undefined,
        }
      },
    },
    'self.show': {
      handle({ caller }) {
        const { principal, credential } = caller
        const ancestors = ports.identity.entities.get(principal)?.ancestors
        const { actions, models } = credential.scopes ?? {}
        return {
          principal: `${principal.type}:${principal.id}`,
          groups: namesOf(ancestors, 'Group'),
          roles: rolesNow(ports, principal, ancestors),
          credential: {
            kind: credential.kind,
            id: credential.id,
            ...isoField('expiresAt', credential.expiresAt),
            ...(actions && { actions: [...actions] }),
            ...(models && { models: [...models] }),
          },
          address: caller.address,
          product: ports.product,
          policy: ports.policy()?.digest ?? 'none',
          models: ports
            .models()
            .map((model) => model.name)
            .filter((name) => ports.mayUse(caller, name))
            .sort(),
        }
      },
    },
    'openapi.show': {
      handle() {
        document ??= createOpenApi(ports.product)
        return document
      },
    },
  }
}
