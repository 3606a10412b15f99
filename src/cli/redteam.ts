// Attacks a live deployment as an ordinary client, and says what got through. With --as, accounts with that role alone are
// made for the run and removed after it, so that what is tested is what the role may do.

import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { counted } from '../core/index.ts'
import { FAMILIES, type Family, html, junit, type Result, runRedteam, summarise } from '../guard/index.ts'
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { flagList, flagText } from './input.ts'
import { green, printRows, red, yellow } from './io.ts'

const HOUR_MS = 3_600_000

export const redteam: Command = async (input) => {
  const model = flagText(input, 'model')
  if (model === undefined) throw usage('Say which model', 'sallyport redteam --model <model>')
  const families = flagList(input, 'family')
  for (const family of families ?? [])
    if (!Object.hasOwn(FAMILIES, family))
      throw usage(`There is no family "${family}"`, `one of: ${Object.keys(FAMILIES).join(' ')}`)
  const client = await input.client()
  const report = openReports(input)
  const role = flagText(input, 'as')
  if (role !== undefined)
    return withRole(client, role, async (newAccount) =>
      attack(
        input,
        { url: client.connection.url, key: await newAccount(), renew: newAccount, model, families },
        report,
      ),
    )
  const { key, url } = client.connection
  if (key === undefined)
    throw new Failure('There is no key to attack with', {
      exit: EXIT.signInNeeded,
      next: 'set SALLYPORT_KEY, or use --as <role>',
    })
  return attack(input, { url, key, model, families }, report)
}

/** Accounts with that role alone, one after another as the rules stop them; all are removed after the run. */
async function withRole(
  client: Client,
  role: string,
  run: (newAccount: () => Promise<string>) => Promise<number>,
): Promise<number> {
  const made: string[] = []
  const newAccount = async (): Promise<string> => {
    const name = `redteam-${randomBytes(4).toString('hex')}`
    await client.call('services.create', { body: { name } })
    made.push(name)
    await client.call('roles.assign', { params: { name: role }, body: { holder: `Service:${name}` } })
    const { key } = await client.call('keys.create', {
      body: {
        owner: `Service:${name}`,
        name,
        purpose: 'red team run',
        expiresAt: new Date(Date.now() + HOUR_MS).toISOString(),
      },
    })
    if (key === undefined) throw new Failure('The gateway did not show the key')
    return key
  }
  // Asked first: what is made for a role that is not there would have to be taken away again.
  await client.call('roles.show', { params: { name: role } })
  try {
    return await run(newAccount)
  } finally {
    for (const name of made)
      await client.call('services.remove', { params: { name }, query: { reason: 'red team run ended' } })
  }
}

interface Target {
  readonly url: string
  readonly key: string
  readonly model: string
  readonly families: string[] | undefined
  readonly renew?: () => Promise<string>
}

async function attack(input: Input, target: Target, report: ReturnType<typeof openReports>): Promise<number> {
  const { io } = input
  const { url, key, model, families, renew } = target
  const results = await runRedteam({
    url: url.replace(/\/$/, ''),
    key,
    model,
    random: (size) => randomBytes(size),
    ...(families === undefined ? {} : { families: families as Family[] }),
    ...(renew && { renew }),
    onResult: ({ id, stream, outcome, detail }) => {
      if (outcome === 'leaked' || outcome === 'failed')
        io.say(
          `${outcome === 'leaked' ? red(io, 'LEAKED') : yellow(io, 'failed')}  ${id}${stream ? ' (stream)' : ''}  ${detail}`,
        )
    },
  })
  report(results, model)
  const { outcomes, families: groups } = summarise(results)
  if (input.flags.json)
    printRows(
      io,
      results.map((result) => ({ ...result })),
      COLUMNS,
      { json: input.flags.json as string },
    )
  else
    printRows(
      io,
      groups.map((group) => ({ ...group })),
      [
        { field: 'title', title: 'family' },
        { field: 'attacks', title: 'attempts' },
        { field: 'leaked' },
        { field: 'untried', title: 'not tried' },
      ],
      {},
    )
  const { held, refused, leaked, failed, untried } = outcomes
  const verdict = leaked > 0 ? red(io, `${leaked} leaked`) : green(io, 'nothing leaked')
  io.say(`${verdict}: ${counted(results.length, 'attempt')}, ${held} held, ${refused} refused, ${failed} failed.`)
  if (untried > 0)
    io.say(
      `${yellow(io, `${untried} not tried`)}: the rules stopped ${renew ? 'every account at once' : 'this account; --as <role> goes on with others'}`,
    )
  return exitOf(results)
}

const COLUMNS = ['id', 'outcome', 'detail'].map((field) => ({ field }))

/** What was not answered, or not tried, is no success: a deployment that is down would look safe. */
function exitOf(results: readonly Result[]): number {
  if (results.some(({ outcome }) => outcome === 'leaked')) return EXIT.failed
  return results.some(({ outcome }) => outcome === 'failed' || outcome === 'untried') ? EXIT.partial : EXIT.ok
}

/** Before the run: a report that cannot be written is told before minutes are spent on it. What is there is kept until then. */
function openReports(input: Input): (results: readonly Result[], model: string) => void {
  const files = { junit: flagText(input, 'junit'), html: flagText(input, 'html') }
  for (const file of Object.values(files)) if (file !== undefined) closeSync(openSync(file, 'a'))
  return (results, model) => {
    if (files.junit !== undefined) writeFileSync(files.junit, junit(results, model))
    if (files.html !== undefined) writeFileSync(files.html, html(results, model))
  }
}
