// Sweeping keys and roles: what lies about, and what becomes of it.
import { counted } from '../core/index.ts'
import type { Command } from './command.ts'
import { confirm, flagText } from './input.ts'
import { dim, type Io, plain, printRows, type Row } from './io.ts'
import { relative } from './when.ts'

const COLUMNS = [
  { field: 'act' },
  { field: 'reason' },
  { field: 'days' },
  { field: 'name' },
  { field: 'key' },
  { field: 'owner' },
  { field: 'through' },
  { field: 'unusedModels', title: 'never used' },
  { field: 'unusedActions', title: 'never done' },
]

type Finding = Row & { readonly act: string; readonly name: string; readonly owner: string; readonly advice?: string }

/** What an earlier sweep has told and is as it was then; JSON holds it as well. */
const isTold = (finding: object): boolean => 'toldAt' in finding

function print(io: Io, findings: readonly Finding[], json: unknown): void {
  const fresh = findings.filter((finding) => !isTold(finding))
  printRows(io, json ? findings : fresh, COLUMNS, { json: json as string })
  if (json) return
  for (const { name, owner, advice } of fresh)
    if (advice !== undefined) io.say(`${plain(`${name} of ${owner}`)}  ${dim(io, plain(advice))}`)
  const told = findings.length - fresh.length
  if (told > 0) io.say(`Told before and unchanged: ${told}:  sallyport sweep --dry-run --json`)
}

const count = (findings: readonly { readonly act: string }[]) => {
  const of = (act: string) => findings.filter((finding) => finding.act === act && !isTold(finding)).length
  return { warned: of('warn'), suspended: of('suspend'), revoked: of('revoke') }
}

export const sweep: Command = async (input) => {
  const { io, flags } = input
  const client = await input.client()
  if (flags.dryRun) {
    const { items } = await client.call('sweeps.plan', {})
    print(io, items, flags.json)
    io.say(items.every(isTold) ? 'Nothing new lies about.' : `Nothing was done. Do it:  sallyport sweep`)
    return 0
  }
  await confirm(input, 'Warn about, suspend and revoke what lies about?')
  const { findings } = await client.call('sweeps.run', {})
  print(io, findings, flags.json)
  const { warned, suspended, revoked } = count(findings)
  io.say(`${warned} warned, ${suspended} suspended, ${revoked} revoked`)
  return 0
}

export const list: Command = async (input) => {
  const limit = flagText(input, 'limit')
  const client = await input.client()
  const { items } = await client.call('sweeps.list', { query: { ...(limit !== undefined && { limit }) } })
  const rows = items.map(({ findings, ...one }) => ({ ...one, ...count(findings), findings }))
  const columns = [
    { field: 'startedAt', title: 'when', show: relative },
    { field: 'day', title: 'scheduled' },
    { field: 'node' },
    { field: 'warned' },
    { field: 'suspended' },
    { field: 'revoked' },
    { field: 'id' },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  const [last] = items
  if (last)
    input.io.say(`The last one found ${counted(last.findings.length, 'thing')}:  sallyport report sweeps --json`)
  else input.io.say('No sweep has run yet. What one would do:  sallyport sweep --dry-run')
  return 0
}
