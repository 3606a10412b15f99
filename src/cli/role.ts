// Roles and who holds them.

import type { Command } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { Failure, usage } from './failure.ts'
import { arg, confirm, flagText, listAll, reasonGiven, refOf } from './input.ts'
import { forEachOf, green, printOne, printRows, red } from './io.ts'
import { printReceipt } from './receipt.ts'
import { readMoment, relative } from './when.ts'

export const list: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'roles.list')
  const columns = [{ field: 'name' }, { field: 'source' }, { field: 'description' }]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  return 0
}

export const create: Command = async (input) => {
  const client = await input.client()
  const description = flagText(input, 'description')
  if (description === undefined)
    throw usage('Say what the role is for', 'sallyport role create <name> --description "…"')
  const made = await client.call('roles.create', { body: { name: arg(input, 0), description } })
  if (input.flags.json) printOne(input.io, made, { json: input.flags.json as string })
  input.io.say(
    `${green(input.io, 'created')}  Role:${made.name}. What it may do is said by a rule that names Role::"${made.name}"`,
  )
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  const params = { name: arg(input, 0) }
  const role = await client.call('roles.show', { params })
  const holders = await listAll(input, client, 'roles.holders', { params })
  const shown = holders.map(({ holder, endsAt }) =>
    endsAt === undefined ? holder : `${holder} (ends ${relative(endsAt)})`,
  )
  printOne(input.io, { ...role, holders: input.flags.json ? holders : shown }, { json: input.flags.json as string })
  return 0
}

export const assign: Command = async (input) => {
  const client = await input.client()
  const until = flagText(input, 'until')
  const reason = flagText(input, 'reason')
  const made = await client.call('roles.assign', {
    params: { name: arg(input, 0) },
    body: {
      holder: refOf(arg(input, 1)),
      ...(until !== undefined && { endsAt: readMoment(until, 1, '--until') }),
      ...(reason !== undefined && { reason }),
    },
  })
  if (input.flags.json) printOne(input.io, made, { json: input.flags.json as string })
  const end = made.endsAt === undefined ? '' : `, ends ${relative(made.endsAt)}`
  input.io.say(`${green(input.io, 'assigned')}  ${made.role} to ${made.holder}${end}`)
  return 0
}

export const unassign: Command = async (input) => {
  const client = await input.client()
  const name = arg(input, 0)
  const holder = refOf(arg(input, 1))
  if (isDryRun(input)) return foresee(input, 'assignment', `${name} ${holder}`)
  const held = await listAll({ ...input, flags: { ...input.flags, all: true } }, client, 'roles.holders', {
    params: { name },
  })
  const mine = held.filter((row) => row.holder === holder)
  if (mine.length === 0)
    throw new Failure(`${holder} does not hold ${name} by an assignment of its own`, {
      next: `sallyport role show ${name}`,
    })
  let exit = 0
  const ids = mine.map(({ id }) => id)
  await forEachOf(input.io, { json: input.flags.json as string }, ids, async (id) => {
    const { receipt } = await client.call('roles.unassign', { params: { name, id }, ...reasonGiven(input) })
    input.io.say(`${red(input.io, 'taken')}  ${name} from ${holder}`)
    exit = Math.max(exit, printReceipt(input.io, receipt))
    return { id, role: name, holder, receipt }
  })
  return exit
}

export const remove: Command = async (input) => {
  const client = await input.client()
  const name = arg(input, 0)
  await confirm(input, `Remove role ${name} for good, from everybody who holds it?`)
  const { receipt } = await client.call('roles.remove', { params: { name }, ...reasonGiven(input) })
  if (input.flags.json) printOne(input.io, { role: name, receipt }, { json: input.flags.json as string })
  input.io.say(`${red(input.io, 'removed')}  Role:${name}`)
  return printReceipt(input.io, receipt)
}
