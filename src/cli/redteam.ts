// Attacks a live deployment as an ordinary client, and says what got through. With --as, an account with that role alone is
// made for the run and removed after it, so that what is tested is what the role may do.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
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
    if (!(family in FAMILIES))
      throw usage(`There is no family "${family}"`, `one of: ${Object.keys(FAMILIES).join(' ')}`)
  const client = await input.client()
  const role = flagText(input, 'as')
  if (role !== undefined)
    return withRole(client, role, (key) => attack(input, client.connection.url, key, model, families))
  const { key, url } = client.connection
  if (key === undefined)
    throw new Failure('There is no key to attack with', {
      exit: EXIT.signInNeeded,
      next: 'set SALLYPORT_KEY, or use --as <role>',
    })
  return attack(input, url, key, model, families)
}

async function withRole(client: Client, role: string, run: (key: string) => Promise<number>): Promise<number> {
  const name = `redteam-${randomBytes(4).toString('hex')}`
  await client.call('services.create', { body: { name } })
  try {
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
    return await run(key)
  } finally {
    await client.call('services.remove', { params: { name }, query: { reason: 'red team run ended' } })
  }
}

async function attack(
  input: Input,
  url: string,
  key: string,
  model: string,
  families: string[] | undefined,
): Promise<number> {
  const { io } = input
  const results = await runRedteam({
    url: url.replace(/\/$/, ''),
    key,
    model,
    random: (size) => randomBytes(size),
    ...(families === undefined ? {} : { families: families as Family[] }),
    onResult: ({ id, stream, outcome, detail }) => {
      if (outcome === 'leaked' || outcome === 'failed')
        io.say(
          `${outcome === 'leaked' ? red(io, 'LEAKED') : yellow(io, 'failed')}  ${id}${stream ? ' (stream)' : ''}  ${detail}`,
        )
    },
  })
  write(input, 'junit', junit(results, model))
  write(input, 'html', html(results, model))
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
      [{ field: 'title', title: 'family' }, { field: 'attacks', title: 'attempts' }, { field: 'leaked' }],
      {},
    )
  const { held, refused, leaked, failed } = outcomes
  const verdict = leaked > 0 ? red(io, `${leaked} leaked`) : green(io, 'nothing leaked')
  io.say(`${verdict}: ${counted(results.length, 'attempt')}, ${held} held, ${refused} refused, ${failed} failed.`)
  return exitOf(results)
}

const COLUMNS = ['id', 'outcome', 'detail'].map((field) => ({ field }))

/** Nothing answered is no success: a deployment that is down would look safe. */
function exitOf(results: readonly Result[]): number {
  if (results.some(({ outcome }) => outcome === 'leaked')) return EXIT.failed
  return results.some(({ outcome }) => outcome === 'failed') ? EXIT.partial : EXIT.ok
}

function write(input: Input, flag: 'junit' | 'html', text: string): void {
  const file = flagText(input, flag)
  if (file !== undefined) writeFileSync(file, text)
}
