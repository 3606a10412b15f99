// Sessions and running calls: who holds them, and ending them.

import type { Command, Input } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { EXIT, usage } from './failure.ts'
import { arg, confirm, flagText, listAll, reasonOf, uidTextOf } from './input.ts'
import { green, printOne, printRows } from './io.ts'
import { printReceipt } from './receipt.ts'
import { knownTarget } from './target.ts'
import { relative } from './when.ts'

export const list: Command = async (input) => {
  const { rows, ended } = await running(input, 'sessions.list')
  const columns = [
    { field: 'id' },
    { field: 'principal' },
    { field: 'turns' },
    { field: 'tokens' },
    { field: 'taint' },
    { field: 'lastAt', title: 'last', show: relative },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  return ended('No session has a running call.')
}

/** Rows of what runs on all nodes, and the exit code: nodes that did not answer are told, as what they run is missing. */
async function running<Id extends 'sessions.list' | 'leases.list'>(input: Input, id: Id) {
  const silent = new Set<string>()
  const rows = await listAll(input, await input.client(), id, {}, ({ unanswered = [] }) => {
    for (const name of unanswered) silent.add(name)
  })
  return {
    rows,
    ended(none: string): number {
      for (const name of silent) input.io.say(`The node ${name} did not answer: what it runs is not in this list.`)
      if (silent.size > 0) return EXIT.partial
      if (rows.length === 0) input.io.say(none)
      return EXIT.ok
    },
  }
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
  const { rows, ended } = await running(input, 'leases.list')
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
  return ended('No call is running.')
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
