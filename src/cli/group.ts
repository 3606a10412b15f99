// Groups and who is in them.

import type { Command } from './command.ts'
import { arg, confirm, flagText, listAll, refOf } from './input.ts'
import { green, printOne, printRows, red } from './io.ts'
import { relative } from './when.ts'

export const list: Command = async (input) => {
  const search = flagText(input, 'search')
  const rows = await listAll(input, await input.client(), 'groups.list', {
    query: { ...(search !== undefined && { search }) },
  })
  const columns = [
    { field: 'name' },
    { field: 'description' },
    { field: 'source' },
    { field: 'createdAt', title: 'created', show: relative },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  if (rows.length === 0) input.io.say('No groups. Make one:  sallyport group create <name>')
  return 0
}

export const create: Command = async (input) => {
  const client = await input.client()
  const description = flagText(input, 'description')
  const made = await client.call('groups.create', {
    body: { name: arg(input, 0), ...(description !== undefined && { description }) },
  })
  if (input.flags.json) printOne(input.io, made, { json: input.flags.json as string })
  input.io.say(`${green(input.io, 'created')}  Group:${made.name}`)
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  const { members, ...group } = await client.call('groups.show', { params: { name: arg(input, 0) } })
  const row = input.flags.json ? { ...group, members } : { ...group, members: members.map(({ member }) => member) }
  printOne(input.io, row, { json: input.flags.json as string })
  return 0
}

export const add: Command = async (input) => {
  const client = await input.client()
  const [name = '', ...members] = input.args
  for (const who of members) {
    const member = refOf(who)
    const { added } = await client.call('groups.add', { params: { name, member } })
    input.io.say(added ? `${green(input.io, 'added')}  ${member} to ${name}` : `${member} was in ${name} already`)
  }
  return 0
}

export const drop: Command = async (input) => {
  const client = await input.client()
  const [name = '', ...members] = input.args
  for (const who of members) {
    const member = refOf(who)
    await client.call('groups.drop', { params: { name, member } })
    input.io.say(`${red(input.io, 'dropped')}  ${member} from ${name}`)
  }
  return 0
}

export const remove: Command = async (input) => {
  const client = await input.client()
  const name = arg(input, 0)
  await confirm(input, `Remove group ${name} for good? Its members lose what it gave them.`)
  await client.call('groups.remove', { params: { name } })
  input.io.say(`${red(input.io, 'removed')}  Group:${name}`)
  return 0
}
