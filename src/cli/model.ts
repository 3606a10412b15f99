// Models and the servers behind them.

import type { Command } from './command.ts'
import { arg, listAll } from './input.ts'
import { green, printOne, printRows, red } from './io.ts'

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
