// Reports: numbers on stdout, advice beside them.
import type { Command } from './command.ts'
import { flagText } from './input.ts'
import { printOne, printRows } from './io.ts'
import { span } from './request.ts'

export const jit: Command = async (input) => {
  const days = flagText(input, 'days')
  const client = await input.client()
  const report = await client.call('reports.jit', { query: { ...(days !== undefined && { days }) } })
  const json = { json: input.flags.json as string }
  if (input.flags.json) {
    printOne(input.io, report, json)
    return 0
  }
  const { waits, advice, ...counts } = report
  printOne(input.io, counts, json)
  const columns = [
    { field: 'role' },
    { field: 'grants' },
    { field: 'medianSeconds', title: 'wait', show: span },
    { field: 'p90Seconds', title: 'p90', show: span },
  ]
  printRows(input.io, waits, columns, json)
  for (const line of advice) input.io.say(line)
  return 0
}
