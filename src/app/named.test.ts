import { expect, it } from 'vitest'
import { unknownNames } from './named.ts'

it('roles and people whom settings name and nobody knows are told, with the setting', async () => {
  const night = { name: 'night', role: 'trainer', principal: 'Service:etl', from: '01:00', to: '02:00' }
  const settings = {
    schedules: [night, { ...night, name: 'day', role: 'trianer', principal: 'Service:elt' }],
    hooks: [{ name: 'pager', secretFile: 'x', roles: ['trainer', 'opreator'] }],
    quotas: [
      { name: 'q', per: 'role' as const, only: 'uesr', limit: '1 concurrent' },
      { name: 'm', per: 'model' as const, only: 'not-a-role', limit: '1 concurrent' },
    ],
  }
  const gone = { ...settings, schedules: [{ ...night, principal: 'User:left' }], hooks: [], quotas: [] }
  const directory = {
    role: async (name: string) => (name === 'trainer' ? {} : undefined),
    principal: async ({ type, id }: { type: string; id: string }) =>
      id === 'left' ? { state: 'removed' } : type === 'Service' && id === 'etl' ? { state: 'suspended' } : undefined,
  }
  expect(await unknownNames(settings, directory)).toEqual([
    { setting: 'schedules.day.role', kind: 'role', name: 'trianer' },
    { setting: 'hooks.pager.roles', kind: 'role', name: 'opreator' },
    { setting: 'quotas.q.only', kind: 'role', name: 'uesr' },
    { setting: 'schedules.day.principal', kind: 'principal', name: 'Service:elt' },
  ])
  expect(await unknownNames(gone, directory)).toEqual([
    { setting: 'schedules.night.principal', kind: 'principal', name: 'User:left' },
  ])
})
