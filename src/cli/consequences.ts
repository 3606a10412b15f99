// What an act would end, before it is done: `--dry-run` of every command that ends access.

import type { QueryInput } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { Input } from './command.ts'
import { printOne, yellow } from './io.ts'
import { relative } from './when.ts'

type Of = NonNullable<QueryInput<'consequences.show'>>['of']

export const isDryRun = ({ flags }: Input): boolean => flags.dryRun === true

/** Shows it and does nothing. */
export async function foresee(input: Input, of: Of, target = ''): Promise<number> {
  const { io, flags } = input
  const client = await input.client()
  const found = await client.call('consequences.show', { query: { of, target } })
  if (flags.json) printOne(io, found, { json: flags.json as string })
  const { calls, principals, uncounted, keys, grants, groups, roles, agents, services } = found
  const used = (at: string | undefined) => (at === undefined ? 'never used' : `last used ${relative(at)}`)
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['keys', keys.map(({ id, name, lastUsedAt }) => `${name} (${id}), ${used(lastUsedAt)}`)],
    ['grants', grants.map(({ id, principal, role }) => `${id} ${role} of ${principal}`)],
    ['roles', roles],
    ['groups', groups],
    ['agents', agents],
    ['services that need a new owner', services],
  ]
  const whose = principals.length === 0 ? '' : ` of ${principals.join(', ')}`
  io.say(
    `${yellow(io, 'nothing is done')}  it would end ${calls === 0 ? '' : 'at most '}${counted(calls, 'running call')}${whose}`,
  )
  if (uncounted.length > 0)
    io.say(`and those that run on ${uncounted.join(', ')}, which ${uncounted.length === 1 ? 'does' : 'do'} not answer`)
  for (const [what, some] of lines) if (some.length > 0) io.say(`${what}:  ${some.join(' · ')}`)
  return 0
}
