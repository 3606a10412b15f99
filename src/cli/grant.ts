// Roles held for a while: what is held, ending it, asking for more time, emergencies.
import type { Command } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { usage } from './failure.ts'
import { arg, flagText, listAll, reasonOf } from './input.ts'
import { printOne, printRows, yellow } from './io.ts'
import { printReceipt } from './receipt.ts'
import { askFrom, leftOf, sayGrant, secondsOf } from './request.ts'
import { sayUnseen } from './unseen.ts'
import { relative } from './when.ts'

export const list: Command = async (input) => {
  const open = input.flags.ended === true ? {} : { open: 'true' as const }
  const due = input.flags.reviewDue === true ? { reviewDue: 'true' as const } : {}
  const rows = await listAll(input, await input.client(), 'grants.list', { query: due.reviewDue ? due : open })
  const columns = [
    { field: 'id' },
    { field: 'principal' },
    { field: 'role' },
    { field: 'models' },
    { field: 'source' },
    { field: 'uses' },
    { field: 'left' },
    { field: 'ends', show: relative },
    { field: 'endCause', title: 'ended' },
  ]
  // One that was ended before its time ended then.
  const shown = input.flags.json
    ? rows
    : rows.map((row) => ({ ...row, left: leftOf(row), ends: row.endedAt ?? row.endsAt }))
  printRows(input.io, shown, columns, { json: input.flags.json as string })
  if (rows.length === 0)
    input.io.say(
      input.flags.reviewDue
        ? 'No emergency grant waits for review.'
        : input.flags.ended
          ? 'There has been no grant.'
          : 'No grant is in force.',
    )
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  printOne(input.io, await client.call('grants.show', { params: { id: arg(input, 0) } }), {
    json: input.flags.json as string,
  })
  return 0
}

export const end: Command = async (input) => {
  if (isDryRun(input)) return foresee(input, 'grant', arg(input, 0))
  const client = await input.client()
  const { ended, receipt } = await client.call('grants.end', {
    params: { id: arg(input, 0) },
    body: { reason: reasonOf(input) },
  })
  if (input.flags.json) printOne(input.io, { ended, receipt }, { json: input.flags.json as string })
  input.io.say(ended ? `${yellow(input.io, 'ended')}  ${arg(input, 0)}` : 'It had ended already.')
  return printReceipt(input.io, receipt)
}

export const extend: Command = async (input) => {
  const client = await input.client()
  const reason = flagText(input, 'reason')
  if (reason === undefined) throw usage('Say why: --reason "…"')
  const { request, grant } = await client.call('grants.extend', {
    params: { id: arg(input, 0) },
    body: { seconds: secondsOf(input), reason },
  })
  if (input.flags.json)
    printOne(input.io, { ...request, ...(grant && { grant }) }, { json: input.flags.json as string })
  if (grant) sayGrant(input.io, grant)
  else input.io.say(`${yellow(input.io, 'pending')}  ${request.id} · more time is approved like the first time`)
  return 0
}

export const review: Command = async (input) => {
  const client = await input.client()
  const note = flagText(input, 'note')
  if (note === undefined) throw usage('Say what you found: --note "…"')
  const { reviewed } = await client.call('grants.review', { params: { id: arg(input, 0) }, body: { note } })
  if (input.flags.json) printOne(input.io, { reviewed }, { json: input.flags.json as string })
  input.io.say(reviewed ? 'Reviewed.' : 'There was nothing left to review.')
  return 0
}

export const breakGlass: Command = async (input) => {
  const client = await input.client()
  const body = askFrom(input)
  await sayUnseen(input, client, body.models)
  const grant = await client.call('grants.break', { body })
  if (input.flags.json) printOne(input.io, grant, { json: input.flags.json as string })
  sayGrant(input.io, grant)
  input.io.say(`An alarm has been raised. Somebody else must review this ${relative(grant.reviewDueAt)}.`)
  return 0
}
