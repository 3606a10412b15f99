// Why, and what would change it; and who the caller is.
import type { Found } from '../audit/index.ts'
import { type EntityUid, Fault, uidText } from '../core/index.ts'
import { dutyLines, type Explanation, parseUid, type RuleView, type Supposed } from '../policy/index.ts'
import { aboutDecision, decisionOf } from './audit.ts'
import type { Body, Output } from './contract.ts'
import { GATEWAY } from './judge.ts'
import { createOpenApi } from './openapi.ts'
import type { AdminPorts } from './ports.ts'
import { namesOf } from './principals.ts'
import { type Handlers, readRef } from './route.ts'
import { isoField, msOf, textField } from './time.ts'

const TYPED = /^(User|Service|Agent|Group|Role|Model|ModelGroup|Gateway|Key|Session|DataClass|Tool|Document):(.+)$/

const view = ({ id, effect, why, file, line, clauses }: RuleView) => ({
  id,
  effect,
  why,
  file,
  line,
  clauses: clauses.map((clause) => ({ ...clause })),
})

const shown = (found: Explanation): Output<'explain.ask'> => ({
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
})

const supposedOf = ({ at, from, roles, set }: Body<'decisions.explain'>): Supposed => ({
  ...(at !== undefined && { at: msOf(at) }),
  ...(from !== undefined && { from }),
  ...(roles && { roles }),
  ...(set && { set }),
})

function resourceOf(text: string): EntityUid {
  const [, type = 'Model', id = text] = TYPED.exec(text) ?? []
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
      handle({ body, may }) {
        const { principal, action, resource, ...supposed } = body
        const question = { principal: readRef<string>(principal), action, resource: resourceOf(resource) }
        return shown(ports.explain(question, supposedOf(supposed), may('show', GATEWAY) ? 'administrator' : 'caller'))
      },
    },
    'decisions.explain': {
      subject: ({ caller, params }) => aboutDecision(ports, caller, params.id ?? ''),
      async handle({ body, by, caller, may, params }) {
        const event = await decisionOf(ports, caller, params.id ?? '')
        const question = event && questionOf(event)
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
          ...shown(ports.explain(question, supposedOf(body), reader, recorded)),
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
          roles: namesOf(ancestors, 'Role'),
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
