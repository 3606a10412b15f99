// Models and the servers behind them.

import type { Command } from './command.ts'
import { Failure } from './failure.ts'
import { arg, confirm, flagText, listAll, reasonOf } from './input.ts'
import { cell, green, printOne, printRows, red } from './io.ts'

export const list: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'models.list')
  const columns = [
    { field: 'name' },
    { field: 'upstream' },
    { field: 'hosting' },
    { field: 'groups' },
    { field: 'quarantined', title: 'state', show: (is: unknown) => (is ? 'quarantined' : 'ready') },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  if (rows.length === 0) input.io.say('No models that you may see. Servers:  sallyport upstream list')
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  const found = await client.call('models.show', { params: { name: arg(input, 0) } })
  printOne(input.io, found, { json: input.flags.json as string })
  return 0
}

export const accept: Command = async (input) => {
  const { io } = input
  const client = await input.client()
  const name = arg(input, 0)
  const found = await client.call('models.show', { params: { name } })
  if (!found.quarantined) throw new Failure(`${name} is not quarantined`, { next: `sallyport model show ${name}` })
  const { accepted } = found
  const told = (digest: string | undefined) => digest ?? 'no digest told'
  io.say(`${name} was  ${accepted === undefined ? 'never accepted' : cell(told(accepted.digest))}`)
  io.say(
    `${' '.repeat(name.length)} is   ${cell(told(found.digest))}  (${cell(found.upstreamName)} at ${cell(found.upstream)})`,
  )
  const digest = flagText(input, 'digest')
  // Whoever names the digest has looked at it.
  if (digest === undefined) await confirm(input, 'Accept it? Rules for this name then hold for it.')
  const after = await client.call('models.accept', {
    params: { name },
    body: { ...((digest ?? found.digest) ? { digest: digest ?? found.digest } : {}), reason: reasonOf(input) },
  })
  if (input.flags.json) printOne(io, after, { json: input.flags.json as string })
  io.say(`${green(io, 'accepted')}  ${name}`)
  return 0
}

export const upstreams: Command = async (input) => {
  const client = await input.client()
  const { items } = await client.call('upstreams.list', {})
  const state = (up: unknown) => (up === 'up' ? green(input.io, 'up') : red(input.io, String(up)))
  const columns = [
    { field: 'name' },
    { field: 'kind' },
    { field: 'hosting' },
    { field: 'models' },
    { field: 'state' },
    { field: 'problem' },
  ]
  printRows(input.io, items, columns, { json: input.flags.json as string })
  if (items.length === 0) input.io.say(`No server is ${state('up')}.`)
  return 0
}
