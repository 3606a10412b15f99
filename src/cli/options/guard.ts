// Commands that try the guard on texts and attack a gateway of one’s own.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec, Flag } from '../command.ts'

const GUARD: readonly Flag[] = [
  { flag: '--classes <file>', about: 'Your own data classes (default: policies/data-classes.yaml, if it is there)' },
  { flag: '--internal <suffix...>', about: 'Suffixes of internal host names: corp.example.com' },
  { flag: '--no-names', about: 'Do not look for names of people and places' },
]

export const guardCommands: readonly CommandSpec[] = [
  {
    name: 'guard scan',
    args: '[file]',
    about: 'Find sensitive data in a file or stdin',
    flags: [
      ...GUARD,
      { flag: '--values', about: 'Show the values' },
      { flag: '--fail', about: 'Exit code 1 if anything is found' },
    ],
    local: true,
    load: async () => (await import('../guard.ts')).scan,
  },
  {
    name: 'guard mask',
    args: '[file]',
    about: 'Hide sensitive data in a file or stdin',
    flags: [
      ...GUARD,
      {
        flag: '--treat <how>',
        about: 'mask, or pseudonym: stand-ins that can be turned back (default with --session)',
      },
      { flag: '--session <file>', about: 'Where stand-ins are kept, encrypted; its key is put beside it' },
      { flag: '--real <class...>', about: 'Classes whose stand-ins look real: personal/email, personal/person, …' },
      { flag: '--only <class...>', about: 'Only these classes and what is below them' },
      { flag: '--pass <class...>', about: 'All but these (default: personal/date, finance/amount, network/url)' },
    ],
    example: "echo 'Mail jane@example.com' | sallyport guard mask",
    local: true,
    load: async () => (await import('../guard.ts')).mask,
  },
  {
    name: 'guard unmask',
    args: '[file]',
    about: 'Turn stand-ins back',
    flags: [{ flag: '--session <file>', about: 'Where they are kept' }],
    local: true,
    load: async () => (await import('../guard.ts')).unmask,
  },
  {
    name: 'guard check',
    args: '[file]',
    about: 'Try the examples of your own data classes (default: policies/data-classes.yaml)',
    local: true,
    load: async () => (await import('../guard.ts')).check,
  },
  {
    name: 'guard bench',
    args: '[file]',
    about: 'What the guard costs here, on a text of yours: speed, findings, characters held back in a stream',
    flags: GUARD,
    example: 'sallyport guard bench prompts.txt',
    local: true,
    load: async () => (await import('../guard-bench.ts')).bench,
  },
  {
    name: 'guard classes',
    about: 'List the data classes',
    flags: [...GUARD, { flag: '--markdown', about: 'As docs/data-classes.md' }],
    local: true,
    load: async () => (await import('../guard.ts')).classes,
  },
  {
    name: 'redteam',
    about: 'Attack a live deployment as a client, and say what got through',
    flags: [
      { flag: '--model <name>', about: 'Model to attack' },
      {
        flag: '--as <role>',
        about:
          'As accounts with this role alone, made for the run, a new one when the rules stop one; needs an administrator',
      },
      { flag: '--family <name...>', about: 'Only these families of attacks' },
      { flag: '--junit <file>', about: 'Write a JUnit report' },
      { flag: '--html <file>', about: 'Write a page' },
    ],
    example: 'sallyport redteam --model sallyport-demo --as user --html redteam.html',
    load: async () => (await import('../redteam.ts')).redteam,
  },
]
