// Groups and who is in them.

import type { Command } from './command.ts'
import { arg, confirm, flagText, listAll, reasonGiven, refOf, sayNone } from './input.ts'
import { forEachOf, green, printOne, printRows, red } from './io.ts'
import { printReceipt } from './receipt.ts'
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
  if (rows.length === 0)
    sayNone(input, ['search'], 'sallyport group list', 'No groups. Make one:  sallyport group create <name>')
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
  const { io, flags } = input
  const [name = '', ...members] = input.args
  await forEachOf(io, { json: flags.json as string }, members, async (who) => {
    const member = refOf(who)
    const { added } = await client.call('groups.add', { params: { name, member } })
    io.say(added ? `${green(io, 'added')}  ${member} to ${name}` : `${member} was in ${name} already`)
    return { group: name, member, added }
  })
  return 0
}

export const drop: Command = async (input) => {
  const client = await input.client()
  const { io, flags } = input
  const [name = '', ...members] = input.args
  let exit = 0
  await forEachOf(io, { json: flags.json as string }, members, async (who) => {
    const member = refOf(who)
    const { receipt } = await client.call('groups.drop', { params: { name, member }, ...reasonGiven(input) })
    io.say(`${red(io, 'dropped')}  ${member} from ${name}`)
    exit = Math.max(exit, printReceipt(io, receipt))
    return { group: name, member, receipt }
  })
  return exit
}

export const remove: Command = async (input) => {
  const client = await input.client()
  const name = arg(input, 0)
  await confirm(input, `Remove group ${name} for good? Its members lose what it gave them.`)
  const { receipt } = await client.call('groups.remove', { params: { name }, ...reasonGiven(input) })
  if (input.flags.json) printOne(input.io, { group: name, receipt }, { json: input.flags.json as string })
  input.io.say(`${red(input.io, 'removed')}  Group:${name}`)
  return printReceipt(input.io, receipt)
}
