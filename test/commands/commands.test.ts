// Every command of the CLI, run for real against one gateway: what it does is seen through the API or another command.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { COMMANDS } from '../../src/cli/options.ts'
import { access } from './access.ts'
import { directory } from './directory.ts'
import { log } from './log.ts'
import { machine } from './machine.ts'
import { createWorld, type Way, type World } from './world.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

describe('directory', () => directory(() => world))
describe('access', () => access(() => world))
describe('audit log', () => log(() => world))
describe('machine', () => machine(() => world))

/** What they print is the text of somebody else, or the log in the format that was asked for. */
const EXCEPT: Readonly<Record<string, readonly Way[]>> = {
  'guard mask': ['json'],
  'guard unmask': ['json'],
  'audit export': ['json'],
}

it('each command of the table is run, as it should be, for its JSON, and wrongly', () => {
  for (const { name } of COMMANDS)
    for (const way of ['run', 'json', 'refused'] as const)
      if (!EXCEPT[name]?.includes(way)) expect.soft(world.ran.get(name) ?? [], `${name}: ${way}`).toContain(way)
})

it('no command runs with a word too few, or with a flag that it does not know', async () => {
  // Without a key: one that ran would be told so, with another exit code.
  const ended = (argv: readonly string[]) => world.run(argv, { key: '' })
  for (const { name, args = '' } of COMMANDS) {
    const words = name.split(' ')
    const given = args.split(' ').flatMap((arg) => (arg.startsWith('<') ? ['x'] : []))
    const strange = await ended([...words, ...given, '--nonsense'])
    expect.soft(strange, name).toMatchObject({ code: 2, said: expect.stringContaining("unknown option '--nonsense'") })
    if (given.length === 0) continue
    const short = await ended([...words, ...given.slice(1)])
    expect.soft(short, name).toMatchObject({ code: 2, said: expect.stringContaining('missing required argument') })
  }
})
