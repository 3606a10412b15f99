// The audit log: search, one event, and following it live.
import type { Event } from '../admin/contract.ts'
import type { Command, Input } from './command.ts'
import { arg, flagText, listAll, uidTextOf } from './input.ts'
import { type Column, dim, green, type Io, plain, printOne, printRows, red } from './io.ts'
import { readMoment } from './when.ts'

const COLUMNS: readonly Column[] = [
  { field: 'time', show: (at) => String(at).slice(0, 23).replace('T', ' ') },
  { field: 'kind' },
  { field: 'decision' },
  { field: 'principal' },
  { field: 'action' },
  { field: 'model', title: 'on', show: (model, row) => String(model ?? row.subject ?? '') },
  { field: 'rules' },
  { field: 'reason' },
]

const FILTERS = ['decision', 'kind', 'model', 'action', 'rule', 'session', 'text'] as const

function filterOf(input: Input): Record<string, string> {
  const filter: Record<string, string> = {}
  for (const name of FILTERS) {
    const value = flagText(input, name)
    if (value !== undefined) filter[name] = value
  }
  const principal = flagText(input, 'principal')
  if (principal !== undefined) filter.principal = uidTextOf(principal)
  for (const name of ['since', 'until']) {
    const value = flagText(input, name)
    if (value !== undefined) filter[name] = readMoment(value, -1, `--${name}`)
  }
  return filter
}

export const list: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'audit.list', { query: filterOf(input) })
  printRows(input.io, rows, COLUMNS, { json: input.flags.json as string })
  if (rows.length === 0) input.io.say('No such event.')
  return 0
}

export const show: Command = async (input) => {
  const client = await input.client()
  const event = await client.call('audit.show', { params: { id: arg(input, 0) } })
  printOne(input.io, event, { json: input.flags.json as string })
  return 0
}

export const tail: Command = async (input) => {
  const client = await input.client()
  const gone = new AbortController()
  const stop = () => gone.abort()
  process.once('SIGINT', stop)
  try {
    for await (const data of client.follow('events.follow', filterOf(input), gone.signal)) {
      if (input.flags.json) input.io.out(`${data}\n`)
      else printEvent(input.io, JSON.parse(data) as Event)
    }
    return 0
  } catch (error) {
    if (gone.signal.aborted) return 130
    throw error
  } finally {
    process.off('SIGINT', stop)
  }
}

function printEvent(io: Io, event: Event): void {
  const verdict =
    event.decision === 'deny' ? red(io, 'DENY ') : event.decision === 'allow' ? green(io, 'ALLOW') : '     '
  const on = event.model ?? event.subject ?? ''
  const facts = [event.principal, event.action, on, event.rules?.join(','), event.reason]
    .filter(Boolean)
    .map(String)
    .map(plain)
  const line = [event.time.slice(11, 23), verdict, event.kind, ...facts]
  io.out(
    io.tty
      ? `${dim(io, line[0] ?? '')} ${line.slice(1).join('  ')}\n`
      : `${line.map((text) => text.trim()).join('\t')}\n`,
  )
}
