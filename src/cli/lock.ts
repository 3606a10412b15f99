// Emergency stops.
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { usage } from './failure.ts'
import { arg, flagText, reasonGiven, reasonOf, refOf, uidTextOf } from './input.ts'
import { forEachOf, printOne, printRows, red } from './io.ts'
import { printReceipt } from './receipt.ts'
import { type Kind, knownTarget } from './target.ts'
import { readMoment, relative } from './when.ts'

const KINDS = ['principal', 'credential', 'role', 'model', 'session', 'network', 'everything'] as const
const isKind = (word: string): word is Kind => (KINDS as readonly string[]).includes(word)

export const list: Command = async (input) => {
  const client = await input.client()
  const { items } = await client.call('locks.list', {})
  const columns = [
    { field: 'id' },
    { field: 'kind' },
    { field: 'target' },
    { field: 'reason' },
    { field: 'createdBy', title: 'by' },
    { field: 'until', show: (at: unknown) => (at === undefined ? 'lifted by hand' : relative(at)) },
  ]
  printRows(input.io, items, columns, { json: input.flags.json as string })
  if (items.length === 0) input.io.say('Nothing is locked.')
  return 0
}

export const add: Command = async (input) => {
  const kind = arg(input, 0)
  if (!isKind(kind)) throw usage(`There is no kind of lock "${kind}"`, `one of ${KINDS.join(', ')}`)
  const named = arg(input, 1)
  if (kind !== 'everything' && named === '') throw usage(`Say which ${kind}`, `sallyport lock add ${kind} <target>`)
  if (kind === 'everything' && named !== '')
    throw usage(`everything takes no target, and would lock more than ${named}`, 'sallyport lock add --help')
  const client = await input.client()
  const target = await knownTarget(input, client, kind, named)
  if (isDryRun(input)) return foresee(input, kind, kind === 'principal' ? refOf(target) : target)
  const until = flagText(input, 'until')
  const { receipt, ...lock } = await client.call('locks.create', {
    body: {
      kind,
      ...(target !== '' && { target: kind === 'principal' ? uidTextOf(target) : target }),
      reason: reasonOf(input),
      ...(until !== undefined && { until: readMoment(until, 1, '--until') }),
    },
  })
  if (input.flags.json) printOne(input.io, { ...lock, receipt }, { json: input.flags.json as string })
  const end = lock.until === undefined ? '' : `, ends ${relative(lock.until)}`
  input.io.say(`${red(input.io, 'locked')}  ${lock.kind} ${lock.target}${end}. Undo:  sallyport lock remove ${lock.id}`)
  return printReceipt(input.io, receipt)
}

export const remove: Command = async (input) => {
  const client = await input.client()
  const id = arg(input, 0)
  const { exit, ...done } = await lift(input, client, id)
  if (input.flags.json) printOne(input.io, done, { json: input.flags.json as string })
  return exit
}

async function lift(input: Input, client: Client, id: string) {
  const { lifted, receipt } = await client.call('locks.lift', { params: { id }, ...reasonGiven(input) })
  input.io.say(lifted ? 'Lifted. What it ended stays ended.' : 'It was not in force any more.')
  return { id, lifted, receipt, exit: printReceipt(input.io, receipt) }
}

export const lockdown: Command = async (input) => {
  const word = arg(input, 0)
  if (word === 'on') return add({ ...input, args: ['everything'] })
  if (word !== 'off') throw usage('Say on or off')
  if (isDryRun(input)) throw usage('--dry-run goes with on: lifting ends nothing')
  if (flagText(input, 'until') !== undefined) throw usage('--until goes with on: what is lifted has no end')
  const client = await input.client()
  const { items } = await client.call('locks.list', {})
  const locks = items.filter(({ kind }) => kind === 'everything')
  if (locks.length === 0) input.io.say('There is no lockdown.')
  let worst = 0
  const ids = locks.map(({ id }) => id)
  await forEachOf(input.io, { json: input.flags.json as string }, ids, async (id) => {
    const { exit, ...done } = await lift(input, client, id)
    worst = Math.max(worst, exit)
    return done
  })
  return worst
}
