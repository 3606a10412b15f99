// Reports: numbers on stdout, advice beside them.
import type { Command } from './command.ts'
import { usage } from './failure.ts'
import { flagText, listAll } from './input.ts'
import { printOne, printRows } from './io.ts'
import { span } from './request.ts'

export const unused: Command = async (input) => {
  const days = flagText(input, 'days')
  const type = flagText(input, 'type') ?? 'User'
  if (!isType(type)) throw usage('--type is User, Service or Agent')
  const query = { type, ...(days !== undefined && { days }) }
  const rows = await listAll(input, await input.client(), 'reports.unused', { query })
  const columns = [
    { field: 'principal' },
    { field: 'roles' },
    { field: 'calls' },
    { field: 'models', title: 'may use' },
    { field: 'unusedModels', title: 'never used' },
    { field: 'unusedActions', title: 'never done' },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  input.io.say(
    rows.length === 0
      ? 'Everybody uses what they may.'
      : 'A role for a while, or for fewer models, would do:  sallyport request create <role> --model <model>',
  )
  return 0
}

const isType = (word: string): word is 'User' | 'Service' | 'Agent' => ['User', 'Service', 'Agent'].includes(word)

export const jit: Command = async (input) => {
  const days = flagText(input, 'days')
  const client = await input.client()
  const report = await client.call('reports.jit', { query: { ...(days !== undefined && { days }) } })
  const json = { json: input.flags.json as string }
  if (input.flags.json) {
    printOne(input.io, report, json)
    return 0
  }
  const { groups, advice, ...counts } = report
  printOne(input.io, counts, json)
  const columns = [
    { field: 'group', title: 'approved by' },
    { field: 'roles' },
    { field: 'grants' },
    { field: 'medianSeconds', title: 'wait', show: span },
    { field: 'p90Seconds', title: 'p90', show: span },
    { field: 'endedInUse', title: 'ended in use' },
    { field: 'unused' },
  ]
  printRows(input.io, groups, columns, json)
  for (const line of advice) input.io.say(line)
  return 0
}
