// Commands on keys. A key itself is shown once, on stdout or into a file.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec, Flag } from '../command.ts'
import { DRY_RUN, PAGE, REASON } from './flags.ts'

const OWNER: Flag = { flag: '--owner <who>', about: 'User by name, or Service:NAME, Agent:NAME; default: yourself' }
const OF_OWNER: Flag = {
  flag: '--owner <who>',
  about: 'Whose, if a name is not enough: user by name, or Service:NAME, Agent:NAME',
}

const SCOPES: readonly Flag[] = [
  { flag: '--action <name...>', about: 'Only these actions: chat, embed, …; or a group such as use, read' },
  { flag: '--model <name...>', about: 'Only these models' },
  { flag: '--network <cidr...>', about: 'Only from these networks' },
  {
    flag: '--origin <origin...>',
    about: 'Only from these web origins, as of browser extensions; pages there can read the answers',
  },
]

const key = () => import('../key.ts')

export const keyCommands: readonly CommandSpec[] = [
  {
    name: 'key list',
    about: 'List keys',
    flags: [
      ...PAGE,
      { flag: '--owner <who>', about: 'Only of this one: user by name, or Service:NAME, Agent:NAME' },
      { flag: '--state <state>', about: 'active, suspended or revoked' },
      { flag: '--expiring <span>', about: 'Ending within, for example 7d' },
      { flag: '--unused <span>', about: 'Not used for, for example 30d' },
    ],
    load: async () => (await key()).list,
  },
  {
    name: 'key create',
    args: '<name>',
    about: 'Issue a key. It is shown once, on stdout',
    flags: [
      OWNER,
      { flag: '--expires <when>', about: 'Span or date (default: 90d, or as configured)' },
      { flag: '--purpose <text>', about: 'What it is for' },
      ...SCOPES,
      { flag: '--secret-file <file>', about: 'Write the key there (mode 0600) instead of to stdout' },
    ],
    example: 'sallyport key create ci-embed --owner Service:ci --action embed --expires 30d',
    load: async () => (await key()).create,
  },
  {
    name: 'key show',
    args: '<key>',
    about: 'Show a key by id or name',
    flags: [OF_OWNER],
    load: async () => (await key()).show,
  },
  {
    name: 'key rotate',
    args: '<key>',
    about: 'Issue the successor of a key; both work until the old one dies',
    flags: [
      OF_OWNER,
      { flag: '--old-dies <when>', about: 'now, span or date (default: 24h)' },
      { flag: '--expires <when>', about: 'End of the new key' },
      { flag: '--secret-file <file>', about: 'Write the key there (mode 0600) instead of to stdout' },
    ],
    load: async () => (await key()).rotate,
  },
  {
    name: 'key suspend',
    args: '<key>',
    about: 'Stop a key until it is resumed',
    flags: [OF_OWNER, REASON, DRY_RUN],
    load: async () => (await key()).suspend,
  },
  {
    name: 'key resume',
    args: '<key>',
    about: 'Let a suspended key work again',
    flags: [OF_OWNER, REASON],
    load: async () => (await key()).resume,
  },
  {
    name: 'key revoke',
    args: '<key>',
    about: 'Revoke a key for good; its running calls end',
    flags: [OF_OWNER, REASON, DRY_RUN],
    load: async () => (await key()).revoke,
  },
  {
    name: 'key transfer',
    args: '<key>',
    about: 'Give a key to another owner',
    flags: [OF_OWNER, { flag: '--to <who>', about: 'New owner: user by name, or Service:NAME' }],
    load: async () => (await key()).transfer,
  },
  {
    name: 'key scan',
    args: '<path...>',
    about: 'Find keys that leaked into files; exit code 1 if there are any',
    flags: [{ flag: '--report', about: 'Tell the gateway, which revokes those that are its own' }],
    load: async () => (await import('../scan.ts')).scan,
  },
]
