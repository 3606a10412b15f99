// Why, and what would change it; and who the caller is.
import type { RuleView } from '../policy/index.ts'
import { GATEWAY } from './judge.ts'
import { createOpenApi } from './openapi.ts'
import type { AdminPorts } from './ports.ts'
import { namesOf } from './principals.ts'
import { type Handlers, readRef } from './route.ts'
import { isoField, textField } from './time.ts'

const TYPED = /^(User|Service|Agent|Group|Role|Model|ModelGroup|Gateway|Key|Session|DataClass|Tool|Document):(.+)$/

const view = ({ id, effect, why, file, line, clauses }: RuleView) => ({
  id,
  effect,
  why,
  file,
  line,
  clauses: clauses.map((clause) => ({ ...clause })),
})

export function explainHandlers(ports: AdminPorts): Handlers<'explain.ask' | 'self.show' | 'openapi.show'> {
  const document = createOpenApi(ports.product)
  return {
    'explain.ask': {
      // About oneself anybody may ask who may ask anything; about others, whoever may see them.
      subject({ caller, body }) {
        const asked = body && readRef<string>(body.principal)
        const self = !asked || (asked.type === caller.principal.type && asked.id === caller.principal.id)
        return self ? GATEWAY : { uid: asked, action: 'show' }
      },
      handle({ body, may }) {
        const principal = readRef<string>(body.principal)
        const [, type = 'Model', id = body.resource] = TYPED.exec(body.resource) ?? []
        const question = { principal, action: body.action, resource: { type, id } }
        const found = ports.explain(question, may('show', GATEWAY) ? 'administrator' : 'caller')
        return {
          decision: found.allow ? 'allow' : 'deny',
          principal: found.principal,
          action: found.action,
          resource: found.resource,
          summary: found.summary,
          decided: found.decided.map(view),
          errors: found.errors.map(view),
          closest: found.closest.map((rule) => ({
            ...view(rule),
            missing: rule.missing,
            ...textField('role', rule.role),
          })),
          hidden: found.hidden,
          roles: [...found.roles],
          policy: found.policy,
          ...isoField('validUntil', found.validUntil),
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
    'openapi.show': { handle: () => document },
  }
}
