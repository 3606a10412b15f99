// Campaigns: saying of each right that is held whether it stays.

import type { Output } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { Command } from './command.ts'
import { usage } from './failure.ts'
import { arg, confirm, flagList, flagText, listAll } from './input.ts'
import { forEachOf, green, printOne, printRows, red, yellow } from './io.ts'
import { readMoment, relative } from './when.ts'

const KINDS = ['assignment', 'member', 'key'] as const
type Kind = (typeof KINDS)[number]
const isKind = (word: string): word is Kind => (KINDS as readonly string[]).includes(word)

const summary = ({ undecided, kept, revoked, dueAt }: Output<'campaigns.show'>): string =>
  `${undecided} undecided · ${kept} kept · ${revoked} revoked · due ${relative(dueAt)}`

export const start: Command = async (input) => {
  const kinds = flagList(input, 'kind')
  const wrong = kinds?.find((kind) => !isKind(kind))
  if (wrong !== undefined) throw usage(`There is no kind of right "${wrong}"`, `one of ${KINDS.join(', ')}`)
  const client = await input.client()
  const campaign = await client.call('campaigns.start', {
    body: {
      name: arg(input, 0),
      dueAt: readMoment(flagText(input, 'due') ?? '14d', 1, '--due'),
      ...(kinds && { kinds: kinds.filter(isKind) }),
    },
  })
  if (input.flags.json) printOne(input.io, campaign, { json: input.flags.json as string })
  input.io.say(
    `${green(input.io, 'begun')}  ${campaign.id} · ${counted(campaign.items, 'right')} · due ${relative(campaign.dueAt)}`,
  )
  input.io.say(`What nobody speaks for is revoked then. Go through them:  sallyport campaign items ${campaign.id}`)
  return 0
}

export const list: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'campaigns.list')
  const columns = [
    { field: 'id' },
    { field: 'name' },
    { field: 'items' },
    { field: 'undecided' },
    { field: 'kept' },
    { field: 'revoked' },
    { field: 'dueAt', title: 'due', show: relative },
    { field: 'closedAt', title: 'closed', show: relative },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  if (rows.length === 0) input.io.say('There has been no campaign. Begin one:  sallyport campaign start <name>')
  return 0
}

export const items: Command = async (input) => {
  const client = await input.client()
  const query = input.flags.undecided === true ? { undecided: 'true' as const } : {}
  const rows = await listAll(input, client, 'campaigns.items', { params: { id: arg(input, 0) }, query })
  const columns = [
    { field: 'id' },
    { field: 'holder' },
    { field: 'what' },
    { field: 'since', show: relative },
    { field: 'lastUsedAt', title: 'last used', show: (at: unknown) => (at === undefined ? 'never' : relative(at)) },
    { field: 'decision' },
    { field: 'outcome' },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  input.io.say(summary(await client.call('campaigns.show', { params: { id: arg(input, 0) } })))
  return 0
}

const decide =
  (decision: 'keep' | 'revoke'): Command =>
  async (input) => {
    const client = await input.client()
    const ids = input.args
    const strange = ids.find((item) => item.lastIndexOf('.') < 1)
    if (strange !== undefined) throw usage(`${strange} is no item of a campaign`, 'sallyport campaign items <id>')
    const note = flagText(input, 'note')
    await forEachOf(input.io, { json: input.flags.json as string }, ids, async (item) => {
      const id = item.slice(0, item.lastIndexOf('.'))
      const body = { decision, ...(note !== undefined && { note }) }
      const row = await client.call('campaigns.decide', { params: { id, item }, body })
      const word = decision === 'keep' ? green(input.io, 'kept') : yellow(input.io, row.outcome ?? 'revoked')
      input.io.say(`${word}  ${row.holder} · ${row.what}`)
      return row
    })
    return 0
  }
export const keep = decide('keep')
export const revoke = decide('revoke')

export const close: Command = async (input) => {
  const client = await input.client()
  const before = await client.call('campaigns.show', { params: { id: arg(input, 0) } })
  await confirm(
    input,
    `Nobody spoke for ${counted(before.undecided, 'right')}: closing ${before.name} revokes what nobody spoke for. Close it?`,
  )
  const campaign = await client.call('campaigns.close', { params: { id: arg(input, 0) } })
  if (input.flags.json) printOne(input.io, campaign, { json: input.flags.json as string })
  input.io.say(`${red(input.io, 'closed')}  ${campaign.name} · ${campaign.kept} kept · ${campaign.revoked} revoked`)
  return 0
}
