// Commands on users, services, agents, groups and roles: who there is, and what they belong to.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec } from '../command.ts'
import { DRY_RUN, PAGE, REASON, YES } from './flags.ts'

const user = () => import('../user.ts')
const group = () => import('../group.ts')
const role = () => import('../role.ts')

const principal = (noun: string, what: string, file: () => Promise<typeof import('../user.ts')>): CommandSpec[] => [
  {
    name: `${noun} list`,
    about: `List ${what}s`,
    flags: [...PAGE, { flag: '--search <text>', about: 'Part of the name' }],
    load: async () => (await file()).list(noun),
  },
  {
    name: `${noun} create`,
    args: '<name>',
    about: `Create ${noun === 'agent' ? 'an' : 'a'} ${what}`,
    flags: [
      { flag: '--display-name <text>', about: 'Name for people' },
      { flag: '--email <address>', about: 'Address' },
      { flag: '--attribute <name=value...>', about: 'Facts for rules' },
      { flag: '--role <name...>', about: 'Roles to give at once' },
      { flag: '--group <name...>', about: 'Groups to put it into at once' },
      ...(noun === 'agent' ? [{ flag: '--on-behalf-of <user>', about: 'The user it acts for' }] : []),
    ],
    load: async () => (await file()).create(noun),
  },
  {
    name: `${noun} show`,
    args: '<name>',
    about: `Show ${noun === 'agent' ? 'an' : 'a'} ${what} with its groups, roles and keys`,
    load: async () => (await file()).show(noun),
  },
  {
    name: `${noun} suspend`,
    args: '<name>',
    about: `Suspend ${noun === 'agent' ? 'an' : 'a'} ${what}: keys stop, running calls end`,
    flags: [REASON, DRY_RUN],
    load: async () => (await file()).suspend(noun),
  },
  {
    name: `${noun} offboard`,
    args: '<name>',
    about: `Take everything from ${noun === 'agent' ? 'an' : 'a'} ${what} that leaves: keys revoked, grants, roles and groups gone, calls ended`,
    flags: [REASON, DRY_RUN],
    load: async () => (await file()).offboard(noun),
  },
  {
    name: `${noun} restore`,
    args: '<name>',
    about: `Let a suspended ${what} act again; keys stay suspended`,
    flags: [REASON],
    load: async () => (await file()).restore(noun),
  },
  {
    name: `${noun} remove`,
    args: '<name>',
    about: `Remove ${noun === 'agent' ? 'an' : 'a'} ${what} for good; the name is not given again`,
    flags: [REASON, DRY_RUN, YES],
    load: async () => (await file()).remove(noun),
  },
]

export const directoryCommands: readonly CommandSpec[] = [
  ...principal('user', 'user', user),
  ...principal('service', 'service', user),
  ...principal('agent', 'agent', user),
  {
    name: 'group list',
    about: 'List groups',
    flags: [...PAGE, { flag: '--search <text>', about: 'Part of the name' }],
    load: async () => (await group()).list,
  },
  {
    name: 'group create',
    args: '<name>',
    about: 'Create a group',
    flags: [{ flag: '--description <text>', about: 'What it is for' }],
    load: async () => (await group()).create,
  },
  {
    name: 'group show',
    args: '<name>',
    about: 'Show a group, its members and roles',
    load: async () => (await group()).show,
  },
  {
    name: 'group add',
    args: '<group> <member...>',
    about: 'Put users (or Service:NAME, Agent:NAME, Group:NAME) into a group',
    load: async () => (await group()).add,
  },
  {
    name: 'group drop',
    args: '<group> <member...>',
    about: 'Take members out of a group',
    flags: [REASON],
    load: async () => (await group()).drop,
  },
  {
    name: 'group remove',
    args: '<name>',
    about: 'Remove a group for good',
    flags: [REASON, YES],
    load: async () => (await group()).remove,
  },
  { name: 'role list', about: 'List roles', flags: PAGE, load: async () => (await role()).list },
  {
    name: 'role create',
    args: '<name>',
    about: 'Create a role; what it may do is said by rules',
    flags: [{ flag: '--description <text>', about: 'What it is for' }],
    load: async () => (await role()).create,
  },
  { name: 'role show', args: '<name>', about: 'Show a role and who holds it', load: async () => (await role()).show },
  {
    name: 'role assign',
    args: '<role> <holder>',
    about: 'Give a role to a user (or Service:NAME, Agent:NAME, Group:NAME)',
    flags: [{ flag: '--until <when>', about: 'Span or date' }, REASON],
    load: async () => (await role()).assign,
  },
  {
    name: 'role unassign',
    args: '<role> <holder>',
    about: 'Take a role away',
    flags: [REASON, DRY_RUN],
    load: async () => (await role()).unassign,
  },
  {
    name: 'role remove',
    args: '<name>',
    about: 'Remove a role for good, from everybody',
    flags: [REASON, YES],
    load: async () => (await role()).remove,
  },
]
