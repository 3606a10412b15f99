// Commands that answer questions: what is used, who may do what, why, and what is decided now.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec, Flag } from '../command.ts'
import { EVENTS, PAGE } from './flags.ts'

/** Facts that are supposed to be different. */
const SUPPOSED: readonly Flag[] = [
  { flag: '--at <when>', about: 'As if it were that moment: a span from now, a date, or RFC 3339' },
  { flag: '--from <address>', about: 'As if the call came from there' },
  { flag: '--role <name...>', about: 'As if these roles were held as well' },
  { flag: '--set <name=value...>', about: 'Parts of the context, such as request.maxTokens=5000 or auth.mfa=true' },
]

const audit = () => import('../audit.ts')

export const reportCommands: readonly CommandSpec[] = [
  {
    name: 'report jit',
    about: 'How just-in-time access is used, with advice',
    flags: [{ flag: '--days <n>', about: 'Over so many days (default: 30)' }],
    load: async () => (await import('../report.ts')).jit,
  },
  {
    name: 'report sweeps',
    about: 'The last sweeps, scheduled and asked for, and what they did',
    flags: [{ flag: '--limit <n>', about: 'At most so many (default: 20)' }],
    load: async () => (await import('../sweep.ts')).list,
  },
  {
    name: 'report unused',
    about: 'Who may use models and actions that they have not used',
    flags: [
      ...PAGE,
      { flag: '--type <type>', about: 'User, Service or Agent (default: User)' },
      { flag: '--days <n>', about: 'Over so many days (default: sweeps.overPrivilegedDays)' },
    ],
    load: async () => (await import('../report.ts')).unused,
  },
  {
    name: 'can',
    args: '<who> <action> <model>',
    about: 'Whether somebody may do something, now or with facts changed, and by which rule',
    flags: SUPPOSED,
    example: 'sallyport can dana chat llama3 --at 2026-12-24T22:00:00Z --from 203.0.113.9',
    load: async () => (await import('../why.ts')).can,
  },
  {
    name: 'why',
    args: '[decision]',
    about: 'Why a call was allowed or denied, and what would change it: a decision or event id, or "last"',
    flags: SUPPOSED,
    example: 'sallyport why last --role trainer',
    load: async () => (await import('../why.ts')).why,
  },
  {
    name: 'tail',
    about: 'Follow what is decided, live',
    flags: EVENTS,
    example: 'sallyport tail --decision deny --model llama3',
    load: async () => (await audit()).tail,
  },
]
