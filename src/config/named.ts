// Roles, people and models that settings name and that are kept elsewhere, so that no schema can know whether they exist.
import type { Config } from './schema.ts'

export interface Named {
  /** `schedules.night.role` */
  readonly setting: string
  readonly kind: 'role' | 'principal' | 'model'
  /** Of a principal with its type: `Service:etl`. */
  readonly name: string
}

export function namedIn({ schedules, hooks, quotas }: Pick<Config, 'schedules' | 'hooks' | 'quotas'>): Named[] {
  return [
    ...schedules.map(({ name, role }) => ({ setting: `schedules.${name}.role`, kind: 'role' as const, name: role })),
    ...hooks.flatMap(({ name, roles }) =>
      roles.map((role) => ({ setting: `hooks.${name}.roles`, kind: 'role' as const, name: role })),
    ),
    ...quotas.flatMap(({ name, per, only }) =>
      (per === 'role' || per === 'model') && only !== undefined
        ? [{ setting: `quotas.${name}.only`, kind: per, name: only }]
        : [],
    ),
    ...schedules.flatMap(({ name, models = [] }) =>
      models.map((model) => ({ setting: `schedules.${name}.models`, kind: 'model' as const, name: model })),
    ),
    ...schedules.map(({ name, principal }) => ({
      setting: `schedules.${name}.principal`,
      kind: 'principal' as const,
      name: principal,
    })),
  ]
}
