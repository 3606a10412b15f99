// Asking for a role for a while, and watching the answer come.

import { setTimeout as pause } from 'node:timers/promises'
import type { Grant, Output, Request } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { arg, flagList, flagText, listAll, refOf, sayNone } from './input.ts'
import { type Column, dim, green, type Io, plain, printOne, printRows, red, yellow } from './io.ts'
import { sayUnseen } from './unseen.ts'
import { readMoment, readSpan, relative } from './when.ts'

const WATCH_MS = 1000

export const span = (seconds: unknown): string => {
  const value = Number(seconds)
  if (value % 86_400 === 0) return `${value / 86_400} d`
  if (value % 3600 === 0) return `${value / 3600} h`
  return value % 60 === 0 ? `${value / 60} min` : `${value} s`
}

export const COLUMNS: readonly Column[] = [
  { field: 'id' },
  { field: 'state' },
  { field: 'requester', title: 'who' },
  { field: 'role' },
  { field: 'models' },
  { field: 'seconds', title: 'for', show: span },
  { field: 'reason' },
  { field: 'createdAt', title: 'asked', show: relative },
]

/** `--for` in seconds. */
export function secondsOf(input: Input): number {
  const text = flagText(input, 'for')
  if (text === undefined) throw usage('Say for how long, for example --for 4h')
  const ms = readSpan(text)
  if (ms === undefined) throw usage('--for takes a span such as 4h or 30m')
  return ms / 1000
}

export function countOf(input: Input, flag: string): number | undefined {
  const text = flagText(input, flag)
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,14}$/.test(text)) throw usage(`--${flag} takes a whole number`)
  return Number(text)
}

/** What is asked for, from the flags that all ways of asking share. */
export function askFrom(input: Input) {
  const reason = flagText(input, 'reason')
  if (reason === undefined) throw usage('Say why: --reason "…"')
  const models = flagList(input, 'model')
  const ticket = flagText(input, 'ticket')
  const uses = countOf(input, 'uses')
  const tokens = countOf(input, 'tokens')
  return {
    role: arg(input, 0),
    seconds: secondsOf(input),
    reason,
    ...(models && { models }),
    ...(ticket !== undefined && { ticket }),
    ...(uses !== undefined && { uses }),
    ...(tokens !== undefined && { tokens }),
  }
}

/** Of what it is good for; nothing for one that is good until its end. */
export const leftOf = ({ usesLeft, tokens, tokensLeft }: Pick<Grant, 'usesLeft' | 'tokens' | 'tokensLeft'>): string =>
  [
    ...(usesLeft === undefined ? [] : [counted(usesLeft, 'use')]),
    ...(tokens === undefined
      ? []
      : [tokensLeft === undefined ? counted(tokens, 'token') : `${tokensLeft} of ${counted(tokens, 'token')}`]),
  ].join(', ')

export const sayGrant = (io: Io, grant: Grant): void => {
  const left = leftOf(grant)
  const models = grant.models === undefined ? '' : ` · ${grant.models.join(', ')}`
  io.say(
    `${green(io, 'granted')}  ${grant.role} ${dim(io, grant.id)}${models}${left === '' ? '' : ` · ${left}`} · ends ${grant.endsAt} (${relative(grant.endsAt)})`,
  )
  io.say(`No new key is needed. End it when you are done:  sallyport grant end ${grant.id}`)
}

const WORDS: Record<Request['state'], string> = {
  pending: 'pending',
  approved: 'approved',
  denied: 'denied',
  cancelled: 'cancelled',
  expired: 'expired without an answer',
}

async function report(input: Input, client: Client, { request, grant }: Output<'requests.create'>): Promise<number> {
  const { io } = input
  const waits = request.state === 'pending' && (input.flags.wait === true || (io.tty && input.flags.wait !== false))
  if (request.state === 'pending')
    io.say(
      `${yellow(io, 'pending')}  ${request.id} · needs ${counted(request.approvals, 'approval')}` +
        `${request.quorum === undefined ? '' : ` (${request.quorum})`} · dies ${relative(request.expiresAt)}` +
        `${waits ? '      waiting… ^C is safe, it stays open' : ''}`,
    )
  let now: Request = request
  let given = grant
  while (waits && now.state === 'pending') {
    await pause(WATCH_MS)
    now = await client.call('requests.show', { params: { id: request.id } })
  }
  if (now.state === 'approved' && !given) {
    const { items } = await client.call('grants.list', { query: { role: now.role, limit: 50 } })
    given = items.find((item) => item.request === now.id)
  }
  if (input.flags.json) printOne(io, { ...now, ...(given && { grant: given }) }, { json: input.flags.json as string })
  if (given) sayGrant(io, given)
  else if (now.state !== 'pending')
    io.say(
      `${red(io, WORDS[now.state])}${now.closedBy === undefined ? '' : ` by ${plain(now.closedBy)}`}${now.closeReason === undefined ? '' : `: ${plain(now.closeReason)}`}`,
    )
  return now.state === 'pending' || now.state === 'approved' ? EXIT.ok : EXIT.failed
}

export const create: Command = async (input) => {
  const client = await input.client()
  const start = flagText(input, 'start')
  const holder = flagText(input, 'holder')
  const body = {
    ...askFrom(input),
    ...(start !== undefined && { startsAt: readMoment(start, 1, '--start') }),
    ...(holder !== undefined && { beneficiary: refOf(holder) }),
  }
  await sayUnseen(input, client, body.models)
  try {
    return await report(input, client, await client.call('requests.create', { body }))
  } catch (error) {
    if (error instanceof Failure && error.exit === EXIT.failed) await sayRoles(input.io, client)
    throw error
  }
}

/** Beside a refusal, which has its own way of being told. */
async function sayRoles(io: Io, client: Client): Promise<void> {
  const found = await client.call('requests.roles', {}).catch(() => undefined)
  if (!found) return
  const names = found.items
    .map(({ role, longestSeconds: most }) => plain(most === undefined ? role : `${role} for up to ${span(most)}`))
    .join(', ')
  io.say(names === '' ? 'There is no role that you may ask for.' : `You may ask for:  ${names}`)
}

export const roles: Command = async (input) => {
  const { items } = await (await input.client()).call('requests.roles', {})
  const columns: readonly Column[] = [
    { field: 'role' },
    { field: 'longestSeconds', title: 'at most', show: (seconds) => (seconds === undefined ? '' : span(seconds)) },
    { field: 'approvals' },
    { field: 'quorum' },
    { field: 'signIn', title: 'sign in' },
    { field: 'description' },
  ]
  printRows(input.io, items, columns, { json: input.flags.json as string })
  if (items.length === 0) input.io.say('There is no role that you may ask for.')
  return 0
}

export const list: Command = async (input) => {
  const state = flagText(input, 'state') as Request['state'] | undefined
  if (state !== undefined && !Object.hasOwn(WORDS, state)) throw usage(`--state takes ${Object.keys(WORDS).join(', ')}`)
  const rows = await listAll(input, await input.client(), 'requests.list', { query: { ...(state && { state }) } })
  printRows(input.io, rows, COLUMNS, { json: input.flags.json as string })
  if (rows.length === 0)
    sayNone(
      input,
      ['state'],
      'sallyport request list',
      'No requests. Ask for a role:  sallyport request create <role> --for 1h --reason "…"',
    )
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  const request = await client.call('requests.show', { params: { id: arg(input, 0) } })
  printOne(input.io, request, { json: input.flags.json as string })
  return 0
}

export const cancel: Command = async (input) => {
  const client = await input.client()
  const { request } = await client.call('requests.cancel', { params: { id: arg(input, 0) } })
  if (input.flags.json) printOne(input.io, request, { json: input.flags.json as string })
  input.io.say(`${request.id} is ${request.state}.`)
  return 0
}
