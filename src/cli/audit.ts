// The audit log: search, one event, following it live, counts, proofs, exports, and what is recorded of content.

import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { type Event, ROUTES } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { Command, Input } from './command.ts'
import { EXIT, usage } from './failure.ts'
import { arg, confirm, flagList, flagText, listAll, reasonOf, refOf, uidTextOf } from './input.ts'
import { type Column, dim, green, type Io, jsonFields, plain, printOne, printRows, red } from './io.ts'
import { readMoment } from './when.ts'

const COLUMNS: readonly Column[] = [
  { field: 'time', show: (at) => String(at).slice(0, 23).replace('T', ' ') },
  { field: 'kind' },
  { field: 'decision' },
  { field: 'principal' },
  { field: 'action' },
  { field: 'model', title: 'on', show: (model, row) => String(model ?? row.subject ?? '') },
  { field: 'rules' },
  { field: 'reason', show: (_, row) => whyOf(row as Partial<Event>) },
]

/** The reason, and for a call that was ended, what ended it. */
const whyOf = ({ reason, data }: Partial<Event>): string => {
  const by = data?.endedBy
  return typeof by === 'string' ? `${reason ?? ''} (ended by ${by})` : (reason ?? '')
}

const FILTERS = [
  'decision',
  'kind',
  'model',
  'action',
  'rule',
  'class',
  'outcome',
  'address',
  'session',
  'grant',
  'credential',
  'call',
  'subject',
  'reason',
  'text',
] as const

export function filterOf(input: Input): Record<string, string> {
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

const COUNTS: readonly Column[] = [
  {
    field: 'time',
    show: (at) =>
      String(at ?? '')
        .slice(0, 16)
        .replace('T', ' '),
  },
  { field: 'value' },
  { field: 'events' },
  { field: 'inputTokens', title: 'in' },
  { field: 'outputTokens', title: 'out' },
]

export const count: Command = async (input) => {
  const query: Record<string, string> = filterOf(input)
  for (const name of ['by', 'every', 'top']) {
    const value = flagText(input, name)
    if (value !== undefined) query[name] = value
  }
  const { items } = await (await input.client()).call('audit.count', { query })
  printRows(input.io, items, COUNTS, { json: input.flags.json as string })
  return 0
}

/** An export file is checked here, without the server; without a file the server checks its own log. */
export const verify: Command = async (input) => {
  const file = arg(input, 0)
  if (file === '' && flagList(input, 'key'))
    throw usage('--key goes with a file: the gateway checks its own log against its own keys')
  const known = flagText(input, 'checkpoint')
  const note = known === undefined ? undefined : await readFile(known, 'utf8')
  if (note !== undefined && !/\n\n— /.test(note))
    throw usage(`${known} is not a signed checkpoint`, 'sallyport audit checkpoint')
  const report =
    file === ''
      ? await (await input.client()).call('audit.verify', { query: note === undefined ? {} : { known: note } })
      : await verifyFile(file, flagList(input, 'key') ?? [], note)
  if (input.flags.json) printOne(input.io, { ...report }, { json: input.flags.json as string })
  else {
    const { size, checkpoints, provenTo, events } = report
    input.io.out(
      `${report.ok ? green(input.io, 'whole') : red(input.io, 'NOT WHOLE')}  ${events} of ${counted(size, 'event')} read, ${counted(checkpoints, 'checkpoint')} held, proven to ${provenTo}, root ${report.root}\n`,
    )
    for (const { kind, from, to, detail } of report.problems) {
      input.io.out(`${red(input.io, kind)}  events ${from} to ${to}: ${plain(detail)}\n`)
    }
  }
  return report.ok ? EXIT.ok : EXIT.failed
}

/** Lines of a file that anybody may have made: one without an end is not waited for. */
async function* linesOf(pieces: AsyncIterable<string>, longest: number): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longest) throw usage('a line of the file is longer than any event')
    yield* lines
  }
  yield rest
}

async function verifyFile(file: string, keys: readonly string[], note: string | undefined) {
  if (keys.length === 0) throw usage('an export is checked against --key NAME+HASH+KEY, which you have from elsewhere')
  const { LONGEST_LINE, parseKey, verifyArchive } = await import('../audit/index.ts')
  const believed = keys.map((key) => {
    try {
      return parseKey(key)
    } catch (error) {
      throw usage(`${key} is no verifier key: ${(error as Error).message}`, 'sallyport audit checkpoint --key')
    }
  })
  const lines = linesOf(createReadStream(file, 'utf8'), LONGEST_LINE)
  return verifyArchive(lines, { keys: believed, known: note === undefined ? [] : [note] }).catch((error: Error) => {
    // What it says of the file itself; what the system says of it is told elsewhere.
    if (error.constructor !== Error || 'code' in error) throw error
    throw usage(`${file}: ${error.message}`, 'sallyport audit export --format archive --out FILE')
  })
}

export const prove: Command = async (input) => {
  const { proof, body } = await (await input.client()).call('audit.prove', { params: { id: arg(input, 0) } })
  const event = flagText(input, 'event')
  if (event !== undefined) await writeFile(event, body)
  if (input.flags.json) printOne(input.io, { proof, body }, { json: input.flags.json as string })
  else input.io.out(proof)
  return 0
}

export const checkpoint: Command = async (input) => {
  const found = await (await input.client()).call('audit.checkpoint', {})
  const { note, verifierKey, verifierKeys } = found
  if (input.flags.json) {
    printOne(input.io, found, { json: input.flags.json as string })
    return 0
  }
  input.io.out(input.flags.keys ? `${verifierKeys.join('\n')}\n` : input.flags.key ? `${verifierKey}\n` : note)
  return 0
}

/** The new key goes to whoever verifies and to the witnesses; the old one keeps its end behind it. */
export const rekey: Command = async (input) => {
  await confirm(input, 'Replace the key that signs checkpoints? The old one is destroyed.')
  const made = await (await input.client()).call('audit.rekey', { body: { reason: reasonOf(input) } })
  if (input.flags.json) printOne(input.io, made, { json: input.flags.json as string })
  else input.io.out(`${made.verifierKeys.join('\n')}\n`)
  input.io.say(
    'The first of these keys signs from now on. Give them to whoever verifies, and the first to every witness.',
  )
  return 0
}

export const content: Command = async (input) => {
  const { items } = await (await input.client()).call('content.read', { params: { id: arg(input, 0) } })
  printRows(input.io, items, [{ field: 'part' }, { field: 'text' }], { json: input.flags.json as string })
  return 0
}

export const erase: Command = async (input) => {
  const principal = refOf(arg(input, 0))
  await confirm(input, `Erase all recorded content of ${principal}? It cannot be brought back.`)
  const body = { principal, reason: reasonOf(input) }
  const gone = await (await input.client()).call('content.erase', { body })
  if (input.flags.json) printOne(input.io, gone, { json: input.flags.json as string })
  const parts = gone.parts === 0 ? [] : [`${counted(gone.parts, 'part')} under ${counted(gone.keys, 'key')}`]
  const answers = gone.answers === 0 ? [] : [counted(gone.answers, 'stored answer')]
  const all = [...parts, ...answers].join(', ')
  input.io.say(all === '' ? `Nothing is recorded of ${principal}.` : `Gone: ${all}.`)
  if (!gone.scrubbed)
    input.io.say(
      'Files of the database still hold what was erased, sealed, until an older transaction there is over (a backup?). The gateway goes on trying.',
    )
  return 0
}

export const tail: Command = async (input) => {
  const { shape } = ROUTES['audit.show'].output
  const unknown = jsonFields(input.flags.json as string)?.find((field) => !Object.hasOwn(shape, field))
  if (unknown !== undefined) throw usage(`Events have no field "${unknown}"`, 'docs/audit-events.md lists them')
  const client = await input.client()
  const gone = new AbortController()
  const stop = () => gone.abort()
  process.once('SIGINT', stop)
  input.io.unread?.addEventListener('abort', stop)
  try {
    for await (const data of client.follow('events.follow', filterOf(input), gone.signal)) {
      const event = JSON.parse(data) as Event
      if (input.flags.json)
        printOne({ ...input.io, tty: false, say() {} }, event, { json: input.flags.json as string }) // a line each
      else printEvent(input.io, event)
    }
    return 0
  } catch (error) {
    if (gone.signal.aborted) return input.io.unread?.aborted ? 0 : 130
    throw error
  } finally {
    process.off('SIGINT', stop)
  }
}

function printEvent(io: Io, event: Event): void {
  const verdict =
    event.decision === 'deny' ? red(io, 'DENY ') : event.decision === 'allow' ? green(io, 'ALLOW') : '     '
  const on = event.model ?? event.subject ?? ''
  const facts = [event.principal, event.action, on, event.rules?.join(','), whyOf(event)]
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
