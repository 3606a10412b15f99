// Users, services and agents. The three are handled alike; the noun is the word of the command.

import type { Principal } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { Command, Input } from './command.ts'
import { foresee, isDryRun } from './consequences.ts'
import { usage } from './failure.ts'
import { arg, confirm, flagList, flagText, listAll, reasonOf, sayNone } from './input.ts'
import { type Column, green, printOne, printRows, red, yellow } from './io.ts'
import { printReceipt } from './receipt.ts'
import { relative } from './when.ts'

const NOUNS = { user: 'users', service: 'services', agent: 'agents' } as const
type Noun = keyof typeof NOUNS
const TYPES = { user: 'User', service: 'Service', agent: 'Agent' } as const
const isNoun = (word: string): word is Noun => word in NOUNS
const nounOf = (word: string): Noun => {
  if (!isNoun(word)) throw new Error(`no such noun: ${word}`)
  return word
}
const wanted = ({ flags }: Input) => ({ json: flags.json as string })

const COLUMNS: readonly Column[] = [
  { field: 'name' },
  { field: 'state' },
  { field: 'displayName', title: 'called' },
  { field: 'email' },
  { field: 'onBehalfOf', title: 'for' },
  { field: 'source' },
  { field: 'createdAt', title: 'created', show: relative },
]

export const list =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const search = flagText(input, 'search')
    const rows = await listAll(input, await input.client(), `${NOUNS[noun]}.list`, {
      query: { ...(search !== undefined && { search }) },
    })
    const columns = COLUMNS.filter(({ field }) => field !== 'onBehalfOf' || noun === 'agent')
    printRows(input.io, rows, columns, wanted(input))
    if (rows.length === 0)
      sayNone(
        input,
        ['search'],
        `sallyport ${noun} list`,
        `No ${NOUNS[noun]}. Make one:  sallyport ${noun} create <name>`,
      )
    return 0
  }

/** `level=3` is a number, `external=true` a yes, `teams=a,b` stays text: lists come from a directory or the API. */
function readAttributes(pairs: readonly string[] | undefined): Principal['attributes'] | undefined {
  if (!pairs) return undefined
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw usage(`--attribute takes name=value, not ${pair}`)
      const value = pair.slice(at + 1)
      if (value === 'true' || value === 'false') return [pair.slice(0, at), value === 'true']
      return [pair.slice(0, at), /^-?(0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value]
    }),
  )
}

export const create =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const name = arg(input, 0)
    const bare = name.replace(/^(User|Service|Agent|Group):/, '')
    if (bare !== name) throw usage('A name is given without its type', `sallyport ${noun} create ${bare}`)
    const client = await input.client()
    const [displayName, email, onBehalfOf] = ['displayName', 'email', 'onBehalfOf'].map((flag) => flagText(input, flag))
    const given = input.flags.attribute
    const attributes = readAttributes(Array.isArray(given) ? given : undefined)
    const roles = flagList(input, 'role') ?? []
    const groups = flagList(input, 'group') ?? []
    // Asked first: names are not given twice, so a half-made one could not be made again.
    for (const role of roles) await client.call('roles.show', { params: { name: role } })
    for (const group of groups) await client.call('groups.show', { params: { name: group } })
    const made = await client.call(`${NOUNS[noun]}.create`, {
      body: {
        name,
        ...(displayName !== undefined && { displayName }),
        ...(email !== undefined && { email }),
        ...(attributes && { attributes }),
        ...(onBehalfOf !== undefined && { onBehalfOf }),
      },
    })
    const ref = `${TYPES[noun]}:${name}`
    for (const role of roles) await client.call('roles.assign', { params: { name: role }, body: { holder: ref } })
    for (const group of groups) await client.call('groups.add', { params: { name: group, member: ref } })
    if (input.flags.json) printOne(input.io, made, wanted(input))
    input.io.say(
      `${green(input.io, 'created')}  ${ref}. A key for it:  sallyport key create <name> --owner ${/\s/.test(ref) ? `"${ref}"` : ref}`,
    )
    return 0
  }

export const show =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const client = await input.client()
    const found = await client.call(`${NOUNS[noun]}.show`, { params: { name: arg(input, 0) } })
    const { items } = await client.call('keys.list', { query: { owner: `${TYPES[noun]}:${found.name}`, limit: 200 } })
    const keys = items.filter((item) => item.condition !== 'revoked').map((item) => `${item.name} (${item.condition})`)
    printOne(input.io, { ...found, keys }, wanted(input))
    return 0
  }

export const suspend =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const name = arg(input, 0)
    if (isDryRun(input)) return foresee(input, 'principal', `${TYPES[noun]}:${name}`)
    const client = await input.client()
    const done = await client.call(`${NOUNS[noun]}.suspend`, { params: { name }, body: { reason: reasonOf(input) } })
    if (input.flags.json) printOne(input.io, done, wanted(input))
    const { keys, agents } = done.ended
    input.io.say(
      `${yellow(input.io, 'suspended')}  ${TYPES[noun]}:${name} · ${counted(keys.length, 'key')} · ${counted(agents.length, 'agent')}`,
    )
    input.io.say(`Undo:  sallyport ${noun} restore ${name}   (keys stay suspended)`)
    return printReceipt(input.io, done.ended.receipt)
  }

export const offboard =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const name = arg(input, 0)
    const ref = `${TYPES[noun]}:${name}`
    if (isDryRun(input)) return foresee(input, 'principal', ref)
    const client = await input.client()
    const done = await client.call(`${NOUNS[noun]}.offboard`, { params: { name }, body: { reason: reasonOf(input) } })
    if (input.flags.json) printOne(input.io, done, wanted(input))
    const { keys, grants, roles, groups, agents, services, receipt } = done.ended
    const { io } = input
    io.say(
      `${red(io, 'offboarded')}  ${ref} · ${counted(keys.length, 'key')} revoked · ${counted(grants.length, 'grant')} ended · ${counted(roles.length, 'role')} and ${counted(groups.length, 'group')} left · ${counted(agents.length, 'agent')}`,
    )
    for (const service of services)
      io.say(`Service:${service} needs a new owner:  sallyport key list --owner Service:${service}`)
    io.say(`Should they come back:  sallyport ${noun} restore ${name}   (the person, and none of this)`)
    return printReceipt(io, receipt)
  }

export const restore =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const client = await input.client()
    const name = arg(input, 0)
    const row = await client.call(`${NOUNS[noun]}.restore`, { params: { name }, body: { reason: reasonOf(input) } })
    if (input.flags.json) printOne(input.io, row, wanted(input))
    input.io.say(
      `${green(input.io, 'active')}  ${TYPES[noun]}:${name}. Its keys:  sallyport key list --owner ${TYPES[noun]}:${name}`,
    )
    return 0
  }

export const remove =
  (word: string): Command =>
  async (input) => {
    const noun = nounOf(word)
    const name = arg(input, 0)
    if (isDryRun(input)) return foresee(input, 'principal', `${TYPES[noun]}:${name}`)
    const client = await input.client()
    await confirm(
      input,
      `Remove ${TYPES[noun]}:${name} for good? Its keys are revoked and its name is never given again.`,
    )
    const ended = await client.call(`${NOUNS[noun]}.remove`, { params: { name }, query: { reason: reasonOf(input) } })
    if (input.flags.json) printOne(input.io, ended, wanted(input))
    input.io.say(`${red(input.io, 'removed')}  ${TYPES[noun]}:${name} · ${counted(ended.keys.length, 'key')} revoked`)
    return printReceipt(input.io, ended.receipt)
  }
