// Commands on what runs: sessions, calls, and locks that hold everything still.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec } from '../command.ts'
import { DRY_RUN, PAGE, REASON, YES } from './flags.ts'

const session = () => import('../session.ts')

export const runningCommands: readonly CommandSpec[] = [
  {
    name: 'session list',
    about: 'List sessions with running calls, on all nodes',
    flags: PAGE,
    load: async () => (await session()).list,
  },
  { name: 'session show', args: '<id>', about: 'Show a session', load: async () => (await session()).show },
  {
    name: 'session cut',
    args: '<id>',
    about: 'End a session and its running calls',
    flags: [REASON, DRY_RUN],
    load: async () => (await session()).cut,
  },
  {
    name: 'session forget',
    args: '<id>',
    about: 'End a session and erase what it left: conversation, vault, runtime state',
    flags: [REASON, YES],
    load: async () => (await session()).forget,
  },
  {
    name: 'call list',
    about: 'List the running calls of all nodes',
    flags: PAGE,
    load: async () => (await session()).calls,
  },
  {
    name: 'call cut',
    about: 'End running calls',
    flags: [
      { flag: '--of <who>', about: 'Of a user (or Service:NAME, Agent:NAME)' },
      { flag: '--with <key>', about: 'With a key, by id' },
      { flag: '--model <name>', about: 'Of a model' },
      { flag: '--session <id>', about: 'Of a session' },
      { flag: '--call <id>', about: 'One call' },
      { flag: '--address <cidr>', about: 'From an address or network' },
      REASON,
    ],
    load: async () => (await session()).cutCalls,
  },
  { name: 'lock list', about: 'List locks in force', load: async () => (await import('../lock.ts')).list },
  {
    name: 'lock add',
    args: '<kind> [target]',
    about: 'Stop a principal, credential, role, model, session, network or everything',
    flags: [REASON, DRY_RUN, { flag: '--until <when>', about: 'Span or date (default: until lifted)' }],
    example: 'sallyport lock add principal dana --until 2h --reason "laptop lost"',
    load: async () => (await import('../lock.ts')).add,
  },
  {
    name: 'lock remove',
    args: '<id>',
    about: 'Lift a lock; what it ended stays ended',
    flags: [REASON],
    load: async () => (await import('../lock.ts')).remove,
  },
  {
    name: 'lockdown',
    args: '<on|off>',
    about: 'Stop every call to every model on all nodes, or let them in again',
    flags: [REASON, DRY_RUN, { flag: '--until <when>', about: 'Span or date (default: until switched off)' }],
    load: async () => (await import('../lock.ts')).lockdown,
  },
]
