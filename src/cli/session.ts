// Sessions and running calls: who holds them, and ending them.

import { counted } from '../core/index.ts'
import type { Command, Input } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { seen, usage } from './failure.ts'
import { arg, confirm, flagText, listAll, reasonOf, uidTextOf } from './input.ts'
import { green, printOne, printRows } from './io.ts'
import { printReceipt } from './receipt.ts'
import { knownTarget } from './target.ts'
import { relative } from './when.ts'

export const list: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'sessions.list')
  const columns = [
    { field: 'id' },
    { field: 'principal' },
    { field: 'turns' },
    { field: 'tokens' },
    { field: 'taint' },
    { field: 'lastAt', title: 'last', show: relative },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  if (rows.length === 0) input.io.say('No session has a running call on the node that answered.')
  await sayElsewhere(input)
  return 0
}

/** A list of what runs is one of the node that answered; what others run is said to whoever may look at the nodes. */
async function sayElsewhere(input: Input): Promise<void> {
  const client = await input.client()
  const nodes = await seen(client.call('nodes.list', {}))
  for (const { name, calls, self } of nodes?.items ?? [])
    if (!self && calls > 0) input.io.say(`${counted(calls, 'call')} more on the node ${name}, which lists them itself.`)
}

export const show: Command = async (input) => {
  const client = await input.client()
  printOne(input.io, await client.call('sessions.show', { params: { id: arg(input, 0) } }), {
    json: input.flags.json as string,
  })
  return 0
}

export const cut: Command = async (input) => {
  if (isDryRun(input)) return foresee(input, 'session', arg(input, 0))
  const client = await input.client()
  const receipt = await client.call('sessions.cut', {
    params: { id: arg(input, 0) },
    body: { reason: reasonOf(input) },
  })
  if (input.flags.json) printOne(input.io, receipt, { json: input.flags.json as string })
  return printReceipt(input.io, receipt)
}

export const forget: Command = async (input) => {
  const client = await input.client()
  await confirm(input, 'What it left cannot be brought back. Forget it?')
  const { receipt, ...done } = await client.call('sessions.forget', {
    params: { id: arg(input, 0) },
    body: { reason: reasonOf(input) },
  })
  if (input.flags.json) printOne(input.io, { ...done, receipt }, { json: input.flags.json as string })
  const parts = done.erased.length === 0 ? 'nothing was kept of it' : done.erased.join(', ')
  input.io.say(done.forgotten ? `${green(input.io, 'forgotten')}  erased: ${parts}` : 'It had been forgotten already.')
  return printReceipt(input.io, receipt)
}

export const calls: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'leases.list')
  const columns = [
    { field: 'call' },
    { field: 'principal' },
    { field: 'model' },
    { field: 'action' },
    { field: 'address' },
    { field: 'tokens' },
    { field: 'since', show: relative },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  if (rows.length === 0) input.io.say('No call is running on the node that answered.')
  await sayElsewhere(input)
  return 0
}

export const cutCalls: Command = async (input) => {
  const client = await input.client()
  const who = flagText(input, 'of')
  const given = {
    key: flagText(input, 'with'),
    principal: who === undefined ? undefined : uidTextOf(who),
    model: flagText(input, 'model'),
    session: flagText(input, 'session'),
    call: flagText(input, 'call'),
    address: flagText(input, 'address'),
  }
  const [one, ...more] = Object.entries(given).filter(([, value]) => value !== undefined)
  if (!one || more.length > 0)
    throw usage('Say which calls, by exactly one of --of --with --model --session --call --address')
  const [field, target = ''] = one
  if (field === 'principal' || field === 'model' || field === 'session') await knownTarget(input, client, field, target)
  const cut = field === 'key' ? await knownTarget(input, client, 'credential', target) : target
  const receipt = await client.call('leases.cut', { body: { [field]: cut, reason: reasonOf(input) } })
  if (input.flags.json) printOne(input.io, receipt, { json: input.flags.json as string })
  return printReceipt(input.io, receipt)
}
