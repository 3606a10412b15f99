// What is to be stopped, by a lock or by ending its calls.
import type { BodyInput } from '../admin/contract.ts'
import type { Client } from './client.ts'
import type { Input } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import { refOf } from './input.ts'
import { find } from './key.ts'

export type Kind = BodyInput<'locks.create'>['kind']

async function show(client: Client, kind: Kind, target: string): Promise<void> {
  if (kind === 'role') await client.call('roles.show', { params: { name: target } })
  if (kind === 'model') await client.call('models.show', { params: { name: target } })
  if (kind === 'session') await client.call('sessions.show', { params: { id: target } })
  if (kind === 'principal') {
    const [type = '', ...name] = refOf(target).split(':')
    const route = type === 'Agent' ? 'agents.show' : type === 'Service' ? 'services.show' : 'users.show'
    await client.call(route, { params: { name: name.join(':') } })
  }
}

/** Whether there is such a thing, as far as the caller may know. */
export async function isThere(client: Client, kind: Kind, target: string): Promise<boolean> {
  try {
    await show(client, kind, target)
  } catch (error) {
    if (error instanceof Failure && error.code === 'not_found') return false
    if (!(error instanceof Failure && error.exit === EXIT.failed)) throw error
  }
  return true
}

/**
 * The target as the gateway knows it. A slip of the pen in an emergency would stop nobody and look as if it had; whoever may not
 * look at the target may still stop it.
 */
export async function knownTarget(input: Input, client: Client, kind: Kind, target: string): Promise<string> {
  try {
    if (kind === 'credential') return (await find({ ...input, args: [target] }, client)).id
    await show(client, kind, target)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'not_found') throw new Failure(`There is no ${kind} ${target}: nothing is stopped`)
    if (kind === 'credential' && error.code === undefined) throw error
  }
  return target
}
