// Commands on just-in-time access and on whether what is held is needed: requests, reviews, grants, campaigns, sweeps.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec, Flag } from '../command.ts'
import { DRY_RUN, PAGE, REASON, YES } from './flags.ts'

const ASK: readonly Flag[] = [
  { flag: '--for <span>', about: 'How long: 4h, 30m' },
  { flag: '--reason <text>', about: 'Why' },
  { flag: '--ticket <id>', about: 'Ticket it belongs to' },
  { flag: '--model <name...>', about: 'Only for these models' },
  { flag: '--uses <n>', about: 'Only for so many calls' },
  { flag: '--tokens <n>', about: 'Only for so many tokens' },
]

const request = () => import('../request.ts')
const review = () => import('../review.ts')
const campaign = () => import('../campaign.ts')
const grant = () => import('../grant.ts')

export const accessCommands: readonly CommandSpec[] = [
  {
    name: 'request create',
    args: '<role>',
    about: 'Ask for a role for a while',
    flags: [
      ...ASK,
      { flag: '--start <when>', about: 'Span or date (default: at once)' },
      { flag: '--holder <who>', about: 'Who is to hold it: Agent:NAME or Service:NAME (default: yourself)' },
      { flag: '--wait', about: 'Wait for the answer (default on a terminal)' },
      { flag: '--no-wait', about: 'Do not wait' },
    ],
    example: 'sallyport request create operator --for 1h --reason "INC-221 summariser"',
    load: async () => (await request()).create,
  },
  {
    name: 'request roles',
    about: 'Roles that you may ask for, and what it takes',
    load: async () => (await request()).roles,
  },
  {
    name: 'request list',
    about: 'Requests of your own, and those you may answer',
    flags: [...PAGE, { flag: '--state <state>', about: 'pending, approved, denied, cancelled or expired' }],
    load: async () => (await request()).list,
  },
  { name: 'request show', args: '<id>', about: 'A request and its answers', load: async () => (await request()).show },
  { name: 'request cancel', args: '<id>', about: 'Take back a request', load: async () => (await request()).cancel },
  { name: 'review list', about: 'Requests that wait for you', flags: PAGE, load: async () => (await review()).list },
  {
    name: 'review approve',
    args: '<id>',
    about: 'Approve what was asked, or less of it',
    flags: [
      { flag: '--for <span>', about: 'Shorter than asked' },
      { flag: '--model <name...>', about: 'Fewer models than asked' },
      { flag: '--uses <n>', about: 'Fewer uses than asked' },
      { flag: '--tokens <n>', about: 'Fewer tokens than asked' },
      REASON,
      YES,
    ],
    load: async () => (await review()).approve,
  },
  {
    name: 'review deny',
    args: '<id>',
    about: 'Deny a request',
    flags: [REASON],
    load: async () => (await review()).deny,
  },
  {
    name: 'grant list',
    about: 'Grants in force: your own, and those of roles you may approve',
    flags: [
      ...PAGE,
      { flag: '--ended', about: 'Also those that have ended' },
      { flag: '--review-due', about: 'Emergency grants that wait for review' },
    ],
    load: async () => (await grant()).list,
  },
  { name: 'grant show', args: '<id>', about: 'Show a grant', load: async () => (await grant()).show },
  {
    name: 'grant end',
    args: '<id>',
    about: 'End a grant before its time; its running calls end',
    flags: [REASON, DRY_RUN],
    load: async () => (await grant()).end,
  },
  {
    name: 'grant extend',
    args: '<id>',
    about: 'Ask for more time, once',
    flags: [{ flag: '--for <span>', about: 'How much more' }, REASON],
    load: async () => (await grant()).extend,
  },
  {
    name: 'grant review',
    args: '<id>',
    about: 'Review an emergency grant of somebody else',
    flags: [{ flag: '--note <text>', about: 'What you found' }],
    load: async () => (await grant()).review,
  },
  {
    name: 'break-glass',
    args: '<role>',
    about: 'Take a role at once in an emergency; raises an alarm',
    flags: ASK,
    load: async () => (await grant()).breakGlass,
  },
  {
    name: 'campaign start',
    args: '<name>',
    about: 'Begin a campaign: for each right that is held somebody says whether it stays',
    flags: [
      { flag: '--due <when>', about: 'Span or date at which what nobody spoke for is revoked (default: 14d)' },
      { flag: '--kind <kind...>', about: 'assignment, member, key (default: all)' },
    ],
    example: 'sallyport campaign start 2027-q1 --due 14d',
    load: async () => (await campaign()).start,
  },
  { name: 'campaign list', about: 'Campaigns, newest first', flags: PAGE, load: async () => (await campaign()).list },
  {
    name: 'campaign items',
    args: '<campaign>',
    about: 'The rights of a campaign, with when they were last used; the longest unused first',
    flags: [...PAGE, { flag: '--undecided', about: 'Only those that nobody has spoken for' }],
    load: async () => (await campaign()).items,
  },
  {
    name: 'campaign keep',
    args: '<item...>',
    about: 'Say that rights stay',
    flags: [{ flag: '--note <text>', about: 'Why' }],
    load: async () => (await campaign()).keep,
  },
  {
    name: 'campaign revoke',
    args: '<item...>',
    about: 'Take rights away at once',
    flags: [{ flag: '--note <text>', about: 'Why' }],
    load: async () => (await campaign()).revoke,
  },
  {
    name: 'campaign close',
    args: '<campaign>',
    about: 'Close a campaign now: what nobody spoke for is revoked',
    flags: [YES],
    load: async () => (await campaign()).close,
  },
  {
    name: 'sweep',
    about:
      'Find keys that are dormant, unused, ownerless or about to end (warn, suspend, revoke) and roles that give more than is used (warn)',
    flags: [{ flag: '--dry-run', about: 'Only show what would be done' }, YES],
    load: async () => (await import('../sweep.ts')).sweep,
  },
]
