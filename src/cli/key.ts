// Keys: issue, list, show, rotate, suspend, resume, revoke, transfer.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import type { Key } from '../admin/contract.ts'
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { Failure, usage } from './failure.ts'
import { arg, flagList, flagText, listAll, reasonOf, refOf, sayNone } from './input.ts'
import { type Column, green, printOne, printRows, type Row, red, yellow } from './io.ts'
import { printReceipt } from './receipt.ts'
import { sayUnseen } from './unseen.ts'
import { readMoment, relative } from './when.ts'

const COLUMNS: readonly Column[] = [
  { field: 'id' },
  { field: 'name' },
  { field: 'owner' },
  { field: 'condition', title: 'state' },
  { field: 'expiresAt', title: 'expires', show: relative },
  {
    field: 'lastUsedAt',
    title: 'last used',
    show: (at, row) => (at ? `${relative(at)} from ${row.lastAddress}` : 'never'),
  },
]

/** Who is meant when nobody is named: whoever asks. */
const ownerOf = async (input: Input, client: Client): Promise<string> => {
  const owner = flagText(input, 'owner')
  return owner === undefined ? (await client.call('self.show', {})).principal : refOf(owner)
}

/** A key by id, or by name: of the owner that is named, else of whoever asks, else of the only one who has it. */
export async function find(input: Input, client: Client): Promise<Key> {
  const text = arg(input, 0)
  if (/^[0-9A-Za-z]{12}$/.test(text)) {
    const found = await client.call('keys.show', { params: { id: text } }).catch((error: unknown) => error)
    if (!(found instanceof Error)) return found as Key
  }
  const owner = flagText(input, 'owner')
  const query = { name: text, limit: 50, ...(owner === undefined ? {} : { owner: refOf(owner) }) }
  const { items } = await client.call('keys.list', { query })
  const current = items.filter((item) => item.replacedBy === undefined && item.condition !== 'revoked')
  // When the newest is gone, an older one that was rotated away may still work.
  const living = current.length > 0 ? current : items.filter(({ condition }) => condition === 'rotating')
  const self = living.length > 1 ? await ownerOf(input, client) : undefined
  const [only, ...more] = self === undefined ? living : living.filter((item) => item.owner === self)
  if (only && more.length === 0) return only
  const [ended] = items
  if (!only && living.length === 0 && ended)
    throw new Failure(`The key "${text}" works no longer`, {
      why: `${ended.id} of ${ended.owner} was ${ended.condition} ${relative(ended.stateAt)}${ended.stateReason === undefined ? '' : `: ${ended.stateReason}`}`,
      next: `sallyport key show ${ended.id}`,
    })
  if (!only && living.length === 0)
    throw new Failure(`There is no key "${text}" that you may see`, { next: 'sallyport key list' })
  throw new Failure(`Several owners have a key called "${text}"`, {
    why: living.map((item) => `${item.id}  ${item.owner}`).join('\n'),
    next: 'name it by its id, or give --owner',
  })
}

export const list: Command = async (input) => {
  const client = await input.client()
  const owner = flagText(input, 'owner')
  const state = flagText(input, 'state')
  if (state !== undefined && !['active', 'suspended', 'revoked'].includes(state))
    throw usage('--state takes active, suspended or revoked')
  const expiring = flagText(input, 'expiring')
  const unused = flagText(input, 'unused')
  const rows = await listAll(input, client, 'keys.list', {
    query: {
      ...(owner !== undefined && { owner: refOf(owner) }),
      ...(state !== undefined && { state: state as 'active' }),
      ...(expiring !== undefined && { expiresBefore: readMoment(expiring, 1, '--expiring') }),
      ...(unused !== undefined && { unusedSince: readMoment(unused, -1, '--unused') }),
    },
  })
  printRows(input.io, rows, COLUMNS, { json: input.flags.json as string })
  if (rows.length === 0)
    sayNone(
      input,
      ['owner', 'state', 'expiring', 'unused'],
      'sallyport key list',
      'No keys. Issue one:  sallyport key create <name>',
    )
  return 0
}

type Issued = Row & { readonly key?: string | undefined }

/**
 * The one moment a key is seen: on stdout alone, or in a file only its owner can read. The file is made before the key is
 * issued, so that one that cannot be written costs no key. `about`: what to say of it.
 */
async function hand<One extends Issued>(input: Input, issue: () => Promise<One>, about: (issued: One) => string) {
  const file = flagText(input, 'secretFile')
  const opened = file === undefined ? undefined : openSync(file, 'wx', 0o600)
  let written = false
  try {
    const issued = await issue()
    const { key, ...rest } = issued
    if (key === undefined) throw new Failure('The gateway did not show the key', { next: 'sallyport key rotate' })
    if (opened !== undefined) writeSync(opened, `${key}\n`)
    written = true
    input.io.say(
      `${about(issued)} ${file === undefined ? 'It is shown this once:' : `It is in ${file}, and nowhere else.`}`,
    )
    if (input.flags.json) printOne(input.io, file === undefined ? issued : rest, { json: input.flags.json as string })
    else if (file === undefined) input.io.out(`${key}\n`)
    await new Promise((resolve) => setImmediate(resolve)) // a pipe tells that it is closed a turn later
    if (file === undefined && input.io.unread?.aborted)
      throw new Failure('The key arrived nowhere, and is not shown again', {
        next: `sallyport key revoke ${issued.id}`,
      })
  } finally {
    if (opened !== undefined) closeSync(opened)
    if (file !== undefined && opened !== undefined && !written) rmSync(file)
  }
}

export const create: Command = async (input) => {
  const client = await input.client()
  const expires = flagText(input, 'expires')
  const purpose = flagText(input, 'purpose')
  const [actions, models, networks, origins] = ['action', 'model', 'network', 'origin'].map((name) =>
    flagList(input, name),
  )
  const body = {
    owner: await ownerOf(input, client),
    name: arg(input, 0),
    ...(expires !== undefined && { expiresAt: readMoment(expires, 1, '--expires') }),
    ...(purpose !== undefined && { purpose }),
    ...(actions && { actions }),
    ...(models && { models }),
    ...(networks && { networks }),
    ...(origins && { origins }),
  }
  await sayUnseen(input, client, models)
  await hand(
    input,
    () => client.call('keys.create', { body }),
    ({ id, owner, expiresAt }) => `Key ${id} of ${owner}, ends ${relative(expiresAt)}.`,
  )
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  const { id } = await find(input, client)
  const { mayUse, ...key } = await client.call('keys.show', { params: { id } })
  if (input.flags.json) printOne(input.io, { ...key, mayUse }, { json: input.flags.json as string })
  else
    printOne(input.io, { ...key, 'may use': mayUse.map(({ model, actions }) => `${model} (${actions.join(' ')})`) }, {})
  return 0
}

export const rotate: Command = async (input) => {
  const client = await input.client()
  const { id } = await find(input, client)
  const oldDies = flagText(input, 'oldDies')
  const expires = flagText(input, 'expires')
  const body = {
    ...(oldDies !== undefined && { oldDiesAt: readMoment(oldDies, 1, '--old-dies') }),
    ...(expires !== undefined && { expiresAt: readMoment(expires, 1, '--expires') }),
  }
  const issue = async () => {
    const { old, ...issued } = await client.call('keys.rotate', { params: { id }, body })
    const used =
      old.lastUsedAt === undefined ? 'never used' : `last used ${relative(old.lastUsedAt)} from ${old.lastAddress}`
    const end = old.condition === 'expired' ? 'has ended' : `works until ${old.diesAt ?? old.expiresAt}`
    input.io.say(`The old key ${old.display} ${end}; ${used}.`)
    return issued
  }
  await hand(input, issue, ({ id: made, expiresAt }) => `New key ${made}, ends ${relative(expiresAt)}.`)
  return 0
}

const step =
  (verb: 'suspend' | 'resume' | 'revoke', done: string, color: typeof red): Command =>
  async (input) => {
    const client = await input.client()
    const { id, display } = await find(input, client)
    if (isDryRun(input)) return foresee(input, 'credential', id)
    const after = await client.call(`keys.${verb}`, { params: { id }, body: { reason: reasonOf(input) } })
    if (input.flags.json) printOne(input.io, after, { json: input.flags.json as string })
    input.io.say(`${color(input.io, done)}  ${display} (${id}) of ${after.owner}`)
    if (verb !== 'resume') await sayOlder(input, client, after, verb)
    return printReceipt(input.io, after.receipt)
  }

/** A key that was rotated works for a while beside its successor: whoever stops the one may think that both have stopped. */
async function sayOlder(input: Input, client: Client, { owner, name }: Key, verb: string): Promise<void> {
  const { items } = await client.call('keys.list', { query: { owner, name, limit: 50 } }).catch((error: unknown) => {
    if (error instanceof Failure) return { items: [] } // the step is done, whatever may be looked at
    throw error
  })
  for (const { id, display, condition, diesAt } of items)
    if (condition === 'rotating')
      input.io.say(
        `${yellow(input.io, 'still works')}  ${display} of the same name, until ${diesAt}:  sallyport key ${verb} ${id}`,
      )
}
export const suspend = step('suspend', 'suspended', yellow)
export const resume = step('resume', 'resumed', green)
export const revoke = step('revoke', 'revoked', red)

export const transfer: Command = async (input) => {
  const client = await input.client()
  const to = flagText(input, 'to')
  if (to === undefined) throw usage('Say to whom', 'sallyport key transfer <key> --to <who>')
  const { id } = await find(input, client)
  const after = await client.call('keys.transfer', { params: { id }, body: { owner: refOf(to) } })
  if (input.flags.json) printOne(input.io, after, { json: input.flags.json as string })
  input.io.say(
    `${after.display} belongs to ${after.owner} now. Whoever knows the key acts as its new owner; to be sure:`,
  )
  input.io.say(`  sallyport key rotate ${after.id} --old-dies now`)
  return 0
}
