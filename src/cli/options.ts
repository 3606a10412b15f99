// Every command of the CLI as one typed table: its words, arguments, flags, and where its code is. Nothing is loaded
// before it is needed, so that `sallyport help` is there at once. To add a command: one row in options/, one function in a
// file named after the noun.
import type { CommandSpec, Flag } from './command.ts'
import { accessCommands } from './options/access.ts'
import { auditCommands } from './options/audit.ts'
import { directoryCommands } from './options/directory.ts'
import { EVENTS, WITHIN } from './options/flags.ts'
import { guardCommands } from './options/guard.ts'
import { keyCommands } from './options/keys.ts'
import { modelCommands } from './options/models.ts'
import { policyCommands } from './options/policy.ts'
import { reportCommands } from './options/reports.ts'
import { runningCommands } from './options/running.ts'
import { startCommands } from './options/start.ts'

/** On every command. */
const GATEWAY_FLAGS: readonly Flag[] = [
  { flag: '--url <url>', about: 'Gateway to talk to (SALLYPORT_URL)' },
  { flag: '--key <key>', about: 'Key to talk to it with; better SALLYPORT_KEY, which does not show in process lists' },
  { flag: '--data <dir>', about: 'Data folder of the gateway (default: .sallyport)' },
]
const OUTPUT_FLAGS: readonly Flag[] = [
  { flag: '--json [fields]', about: 'JSON on stdout; with names, only those fields' },
  { flag: '--no-color', about: 'No colours (also NO_COLOR)' },
]
export const COMMON_FLAGS: readonly Flag[] = [...GATEWAY_FLAGS, ...OUTPUT_FLAGS]
/** The flags that this command takes beside its own. */
export const commonFlagsOf = ({ local }: CommandSpec): readonly Flag[] => (local ? OUTPUT_FLAGS : COMMON_FLAGS)

export const COMMANDS: readonly CommandSpec[] = [
  ...startCommands,
  ...keyCommands,
  ...directoryCommands,
  ...modelCommands,
  ...runningCommands,
  ...accessCommands,
  ...policyCommands,
  ...reportCommands,
  ...guardCommands,
  ...auditCommands,
  { name: 'version', about: 'Version of this program', load: async () => (await import('./status.ts')).version },
  {
    name: 'completion',
    args: '<shell> [words...]',
    about:
      'Lines that let a shell complete commands and flags: bash, zsh, fish or pwsh; next, with the words so far, says what may follow',
    local: true,
    example: 'eval "$(sallyport completion bash)"',
    load: async () => (await import('./completion.ts')).completion({ commands: COMMANDS, commonFlagsOf }),
  },
  {
    name: 'help',
    args: '[words...]',
    about: 'Help on a command, or on exit-codes, env, filters, errors',
    local: true,
    load: async () => (await import('./help.ts')).help([...EVENTS, ...WITHIN]),
  },
]
