// Answering requests of others. An answer names the digest of what was shown, so it is for that and nothing else.

import type { Request } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { usage } from './failure.ts'
import { arg, confirm, flagList, flagText, listAll, uidTextOf } from './input.ts'
import { green, plain, printOne, printRows, yellow } from './io.ts'
import { COLUMNS, countOf, secondsOf, span } from './request.ts'

export const list: Command = async (input) => {
  const client = await input.client()
  const rows = await listAll(input, client, 'requests.list', { query: { state: 'pending' } })
  const { principal } = await client.call('self.show', {})
  const self = uidTextOf(principal)
  const others = rows.filter((row) => row.requester !== self && row.beneficiary !== self)
  printRows(input.io, others, COLUMNS, { json: input.flags.json as string })
  if (others.length === 0) input.io.say('No request waits for you.')
  return 0
}

/** All that the answer will be bound to. */
export const sentence = (request: Request): string => {
  const holder = request.beneficiary === request.requester ? '' : ` for ${request.beneficiary}`
  const models = request.models === undefined ? '' : ` on ${request.models.join(', ')}`
  const from = request.startsAt === undefined ? '' : ` from ${request.startsAt}`
  const uses = request.uses === undefined ? '' : `, ${counted(request.uses, 'use')}`
  const tokens = request.tokens === undefined ? '' : `, ${counted(request.tokens, 'token')}`
  const ticket = request.ticket === undefined ? '' : ` (${request.ticket})`
  const extension = request.extends === undefined ? '' : `, as more time for ${request.extends}`
  const wanted = `${request.role}${holder}${models}${from} for ${span(request.seconds)}${uses}${tokens}${extension}`
  return plain(`${request.requester} asks for ${wanted}: ${request.reason}${ticket}`)
}

/** The request as it stands, shown to whoever answers it. */
async function shown(input: Input, client: Client): Promise<Request> {
  const request = await client.call('requests.show', { params: { id: arg(input, 0) } })
  input.io.say(sentence(request))
  return request
}

export const approve: Command = async (input) => {
  const client = await input.client()
  const { id, digest } = await shown(input, client)
  const models = flagList(input, 'model')
  const uses = countOf(input, 'uses')
  const tokens = countOf(input, 'tokens')
  const narrow = {
    ...(flagText(input, 'for') !== undefined && { seconds: secondsOf(input) }),
    ...(models && { models }),
    ...(uses !== undefined && { uses }),
    ...(tokens !== undefined && { tokens }),
  }
  if (input.io.tty) await confirm(input, 'Approve?')
  const reason = flagText(input, 'reason')
  const { request, grant } = await client.call('requests.approve', {
    params: { id },
    body: { digest, narrow, ...(reason !== undefined && { reason }) },
  })
  if (input.flags.json)
    printOne(input.io, { ...request, ...(grant && { grant }) }, { json: input.flags.json as string })
  if (grant)
    input.io.say(`${green(input.io, 'granted')}  ${grant.principal} holds ${grant.role} · ends ${grant.endsAt}`)
  else input.io.say(`${yellow(input.io, 'counted')}  ${counted(request.approvals, 'approval')} needed in all`)
  return 0
}

export const deny: Command = async (input) => {
  const client = await input.client()
  const reason = flagText(input, 'reason')
  if (reason === undefined) throw usage('Say why: --reason "…"')
  const { id, digest } = await shown(input, client)
  const { request } = await client.call('requests.deny', { params: { id }, body: { digest, reason } })
  if (input.flags.json) printOne(input.io, request, { json: input.flags.json as string })
  input.io.say(`${green(input.io, 'denied')}  ${request.id}`)
  return 0
}
