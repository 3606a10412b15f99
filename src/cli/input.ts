// Reading what a command was given: flags by type, references to people, pages of lists.
import { createInterface, type Interface } from 'node:readline'
import type { Output, QueryInput, RouteId } from '../admin/contract.ts'
import type { Client } from './client.ts'
import type { Input } from './command.ts'
import { Failure, usage } from './failure.ts'

export const flagText = ({ flags }: Input, name: string): string | undefined => {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}
export const flagList = ({ flags }: Input, name: string): string[] | undefined => {
  const value = flags[name]
  return Array.isArray(value) ? value.flatMap((one) => one.split(',')) : undefined
}
/** `--set name=value`, repeated; a value may hold commas and equal signs. */
export function flagPairs({ flags }: Input, name: string): Record<string, string> | undefined {
  const given = flags[name]
  if (!Array.isArray(given)) return undefined
  const pairs: [string, string][] = []
  for (const part of given) {
    const at = part.indexOf('=')
    if (at < 1) throw usage(`--${name} takes name=value, not ${part}`)
    pairs.push([part.slice(0, at), part.slice(at + 1)])
  }
  return Object.fromEntries(pairs)
}
export const arg = ({ args }: Input, index: number): string => args[index] ?? ''

/** `dana` is a user; `Service:etl` and the like are taken as they are, also as lists print them: `User::"dana"`. */
export function refOf(who: string): string {
  const [, type, quoted] = /^(User|Service|Agent|Group)::("(?:[^"\\]|\\["\\])*")$/.exec(who) ?? []
  if (quoted !== undefined) return `${type}:${JSON.parse(quoted)}`
  return /^(User|Service|Agent|Group):./.test(who) ? who : `User:${who}`
}

/** `User::"dana"`, as events name people. */
export function uidTextOf(who: string): string {
  if (/^\w+::"/.test(who)) return who
  const ref = refOf(who)
  const at = ref.indexOf(':')
  return `${ref.slice(0, at)}::${JSON.stringify(ref.slice(at + 1))}`
}

export const reasonOf = (input: Input): string => flagText(input, 'reason') ?? 'no reason given'
/** For what is taken away by a request without a body. */
export const reasonGiven = (input: Input): { query?: { reason: string } } => {
  const reason = flagText(input, 'reason')
  return reason === undefined ? {} : { query: { reason } }
}

type PagedId = {
  [Id in RouteId]: Output<Id> extends { items: unknown[]; next?: string | undefined } ? Id : never
}[RouteId]
type RowOf<Id extends PagedId> = Output<Id> extends { items: (infer Row)[] } ? Row : never

const PAGE = 200
const DEFAULT_LIMIT = 50

/** Rows of a list, over as many pages as asked for; says so on stderr when there are more. */
export async function listAll<Id extends PagedId>(
  input: Input,
  client: Client,
  id: Id,
  ask: { params?: Record<string, string>; query?: QueryInput<Id> } = {},
  /** Looks at what a page says beside its rows. */
  look: (page: { readonly unanswered?: readonly string[] }) => void = () => {},
): Promise<RowOf<Id>[]> {
  const limit = flagText(input, 'limit') ?? String(DEFAULT_LIMIT)
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw usage('--limit takes a number of rows')
  const wanted = input.flags.all ? Number.POSITIVE_INFINITY : Number(limit)
  const rows: RowOf<Id>[] = []
  let cursor: string | undefined
  do {
    const limit = Math.min(PAGE, wanted - rows.length)
    const query = { ...(ask.query as object | undefined), ...(cursor === undefined ? {} : { cursor }), limit }
    const page = (await client.call(id, { ...ask, query } as never)) as { items: RowOf<Id>[]; next?: string }
    rows.push(...page.items)
    look(page as { unanswered?: string[] })
    cursor = page.next
  } while (cursor !== undefined && rows.length < wanted)
  if (cursor !== undefined)
    input.io.say(`The first ${rows.length === 1 ? 'is' : `${rows.length} are`} shown; --all shows every one.`)
  return rows
}

/** Of an empty list: what it was narrowed to, by these flags, or that there is nothing at all and what to do. */
export function sayNone({ flags, io }: Input, narrowing: readonly string[], all: string, otherwise: string): void {
  const given = narrowing.filter((name) => flags[name] !== undefined).map((name) => `--${name} ${String(flags[name])}`)
  io.say(given.length === 0 ? otherwise : `None with ${given.join(' ')}. All of them:  ${all}`)
}

/** Asks a person before something that cannot be taken back; without one, `--yes` must have been given. */
export async function confirm(input: Input, question: string): Promise<void> {
  if (input.flags.yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Failure('This asks before it acts, and nobody is there to answer', {
      why: question,
      next: 'say --yes',
    })
  if ((await prompt(`${question} [y/N] `)).trim().toLowerCase() !== 'y') throw new Failure('Nothing was done')
}

/** One line from the terminal; the question goes to stderr. */
export function prompt(question: string): Promise<string> {
  const reader: Interface = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((resolve) => {
    reader.once('close', () => resolve(''))
    reader.question(question, (answer) => {
      resolve(answer)
      reader.close()
    })
  })
}
