// Sweeping credentials: what lies about, and what becomes of it.
import type { Command } from './command.ts'
import { confirm } from './input.ts'
import { printRows } from './io.ts'

const COLUMNS = [
  { field: 'act' },
  { field: 'reason' },
  { field: 'days' },
  { field: 'name' },
  { field: 'key' },
  { field: 'owner' },
]

export const sweep: Command = async (input) => {
  const client = await input.client()
  const json = { json: input.flags.json as string }
  if (input.flags.dryRun) {
    const { items } = await client.call('sweeps.plan', {})
    printRows(input.io, items, COLUMNS, json)
    input.io.say(items.length === 0 ? 'Nothing lies about.' : `Nothing was done. Do it:  sallyport sweep`)
    return 0
  }
  await confirm(input, 'Suspend and revoke what lies about?')
  const { findings } = await client.call('sweeps.run', {})
  printRows(input.io, findings, COLUMNS, json)
  const count = (act: string) => findings.filter((finding) => finding.act === act).length
  input.io.say(`${count('warn')} warned, ${count('suspend')} suspended, ${count('revoke')} revoked`)
  return 0
}
