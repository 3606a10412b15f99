// Commands on rules: written, tested, planned, put in force, gone back to.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec } from '../command.ts'
import { PAGE, REASON, YES } from './flags.ts'

const rules = () => import('../policy.ts')
const rulesOfServer = () => import('../policy-server.ts')

export const policyCommands: readonly CommandSpec[] = [
  {
    name: 'policy init',
    args: '[folder]',
    about: 'Write the shipped rules with their tests to start from (default: policies)',
    flags: [{ flag: '--force', about: 'Overwrite what is there' }],
    local: true,
    load: async () => (await import('../init.ts')).initPolicy,
  },
  {
    name: 'policy fmt',
    args: '[folder]',
    about: 'Format rules',
    flags: [{ flag: '--check', about: 'Change nothing; exit 1 if something would change' }],
    local: true,
    load: async () => (await rules()).fmt,
  },
  {
    name: 'policy lint',
    args: '[folder]',
    about: 'Check rules: syntax, types, duties, and what a reviewer should see',
    flags: [{ flag: '--strict', about: 'Warnings count as errors' }],
    local: true,
    load: async () => (await rules()).lint,
  },
  {
    name: 'policy test',
    args: '[folder]',
    about: 'Run the tests beside the rules',
    flags: [{ flag: '--format <form>', about: 'junit or github' }],
    local: true,
    load: async () => (await rules()).test,
  },
  {
    name: 'policy cover',
    args: '[folder]',
    about: 'Name the rules that no test satisfies',
    local: true,
    load: async () => (await rules()).cover,
  },
  {
    name: 'policy try',
    args: '<who> <action> <resource>',
    about: 'Ask the rules of a folder a question, without a gateway',
    flags: [
      { flag: '--folder <folder>', about: 'Rules (default: policies)' },
      { flag: '--entities <file>', about: 'Who and what there is (default: tests/entities.json beside the rules)' },
      { flag: '--set <name=value...>', about: 'Parts of the context: auth.ip=10.0.0.1, clock.hour=3' },
      { flag: '--at <moment>', about: 'As if it were then' },
      { flag: '--from <address>', about: 'As if the call came from there' },
      { flag: '--zone <zone>', about: 'Time zone of clock.hour (default: UTC)' },
      { flag: '--test <name>', about: 'Keep question and answer as a test beside the rules' },
    ],
    example: 'sallyport policy try a-user chat small --set request.maxTokens=5000',
    local: true,
    load: async () => (await rules()).tryOut,
  },
  {
    name: 'policy diff',
    args: '[folder]',
    about: 'Compare rules with those in force on the gateway; exit 1 if they differ',
    load: async () => (await rulesOfServer()).diff,
  },
  {
    name: 'policy plan',
    args: '[folder]',
    about: 'What applying rules would change, for whom, with a hash to apply exactly that',
    load: async () => (await rulesOfServer()).plan,
  },
  {
    name: 'policy apply',
    args: '[folder]',
    about: 'Put rules in force on every node',
    flags: [
      REASON,
      { flag: '--plan <hash>', about: 'Refuse if the effect is not the planned one any more' },
      { flag: '--yes', about: 'Do not plan, do not ask' },
    ],
    load: async () => (await rulesOfServer()).apply,
  },
  {
    name: 'policy shadow',
    args: '[folder]',
    about:
      'Ask rules beside those in force, on real traffic, without obeying them; without a folder: what would have been different',
    flags: [
      REASON,
      { flag: '--report', about: 'What would have been different; the same as no folder' },
      { flag: '--off', about: 'End it' },
    ],
    example: 'sallyport policy shadow policies',
    load: async () => (await rulesOfServer()).shadow,
  },
  {
    name: 'policy promote',
    about: 'Put the shadow rules in force',
    flags: [REASON],
    load: async () => (await rulesOfServer()).promote,
  },
  {
    name: 'policy history',
    about: 'Versions of the rules, who made them and why',
    flags: PAGE,
    load: async () => (await rulesOfServer()).history,
  },
  {
    name: 'policy rollback',
    args: '<version>',
    about: 'Put an earlier version in force again',
    flags: [REASON],
    load: async () => (await rulesOfServer()).rollback,
  },
  {
    name: 'policy pull',
    args: '[folder]',
    about: 'Write the rules in force on the gateway into a folder',
    flags: [{ flag: '--revision <n>', about: 'Another version' }, YES],
    load: async () => (await rulesOfServer()).pull,
  },
]
