// From argv to an exit code: builds the parser from the table, runs the command, says what went wrong.
import { CommanderError, Command as Parser } from 'commander'
import { Fault } from '../core/index.ts'
import type { CommandSpec, FlagValue, StartApp } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { dim, guarded, type Io, plain, red } from './io.ts'
import { COMMANDS, commonFlagsOf } from './options.ts'
import { productVersion } from './version.ts'

export interface RunOptions {
  readonly io: Io
  readonly env: Readonly<Record<string, string | undefined>>
  readonly start: StartApp
}

/** The exit code. Never rejects. */
export async function run(given: readonly string[], options: RunOptions): Promise<number> {
  const argv = given.map((word) => word.toWellFormed()) // Windows hands in halves of a sign, which no address can hold
  const io = careful(options.io)
  try {
    let exit: number = EXIT.ok
    const wanted = helpWanted(argv)
    const parser = await createParser(wanted, { ...options, io }, (code) => {
      exit = code
    })
    if (argv.length === 0) {
      io.out(parser.helpInformation())
      return EXIT.usage
    }
    await parser.parseAsync(wanted, { from: 'user' })
    return exit
  } catch (error) {
    return explain(error, io, argv)
  }
}

/** Whatever a name or a reason holds that somebody else wrote: it does not give orders to the terminal it is shown on. */
const careful = (io: Io): Io => ({
  ...io,
  out: (text) => io.out(io.tty ? guarded(text) : text),
  say: (line) => io.say(guarded(line)),
})

async function createParser(
  argv: readonly string[],
  options: RunOptions,
  finish: (code: number) => void,
): Promise<Parser> {
  const { io } = options
  const root = new Parser('sallyport')
    .description('The permission layer in front of small language models.')
    .version(`sallyport ${productVersion()}`, '-V, --version')
    .configureHelp({
      sortSubcommands: false,
      subcommandTerm: (command) => `${command.name()} ${argsOf(command)}`.trim(),
    })
  const nouns = new Map<string, Parser>()
  for (const spec of COMMANDS) {
    const [first = '', second] = spec.name.split(' ')
    let parent = root
    if (second !== undefined) {
      parent = nouns.get(first) ?? root.command(first).description(about(first))
      nouns.set(first, parent)
    }
    const wanted = argv.includes(first) // only the command that was asked for needs all its flags
    await addCommand(parent, spec, second ?? first, wanted, options, finish)
  }
  for (const parser of [root, ...nouns.values(), ...[root, ...nouns.values()].flatMap((one) => one.commands)])
    parser
      .exitOverride()
      .configureOutput({ writeOut: io.out, writeErr: (text) => io.say(text.trimEnd()), outputError: () => {} })
      .showSuggestionAfterError()
  return root
}

const about = (noun: string): string => {
  const verbs = COMMANDS.filter((spec) => spec.name.startsWith(`${noun} `)).map((spec) => spec.name.split(' ')[1])
  return verbs.join(', ')
}

const argsOf = (command: Parser): string =>
  command.registeredArguments
    .map((arg) => {
      const name = arg.variadic ? `${arg.name()}...` : arg.name()
      return arg.required ? `<${name}>` : `[${name}]`
    })
    .join(' ')

async function addCommand(
  parent: Parser,
  spec: CommandSpec,
  name: string,
  wanted: boolean,
  options: RunOptions,
  finish: (code: number) => void,
): Promise<void> {
  const command = parent.command(spec.args === undefined ? name : `${name} ${spec.args}`).description(spec.about)
  const known = new Set<string>()
  const more = wanted ? ((await spec.moreFlags?.()) ?? []) : []
  for (const { flag, about } of [...(spec.flags ?? []), ...more, ...commonFlagsOf(spec)]) {
    const long = /--(?:no-)?([a-z-]+)/.exec(flag)?.[0] ?? flag
    if (known.has(long)) continue
    known.add(long)
    command.option(flag, about)
  }
  if (spec.example !== undefined) command.addHelpText('after', `\nExample:\n  ${spec.example}`)
  command.action(async (...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg) => arg !== undefined) as string[]
    const flags = given.at(-2) as Record<string, FlagValue>
    nothingEmpty(args, flags)
    const io: Io = { ...options.io, color: options.io.color && flags.color !== false }
    const code = await (await spec.load())({
      args,
      flags,
      io,
      env: options.env,
      start: options.start,
      async client() {
        const { createClient, findConnection } = await import('./client.ts')
        const text = (value: FlagValue) => (typeof value === 'string' ? value : undefined)
        const data = text(flags.data) ?? options.env.SALLYPORT_DATA ?? '.sallyport'
        return createClient(
          await findConnection({ url: text(flags.url), key: text(flags.key), data, env: options.env }),
        )
      },
    })
    finish(code ?? EXIT.ok)
  })
}

/** A variable of a script that holds nothing would widen what is asked for: to everybody, to the last one, to the default. */
function nothingEmpty(args: readonly string[], flags: Readonly<Record<string, FlagValue>>): void {
  if (args.includes('')) throw usage('An argument is empty')
  for (const [name, value] of Object.entries(flags))
    if (value === '' || (Array.isArray(value) && value.includes('')))
      throw usage(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is empty`)
}

/** `help key create` asks for the page that `key create --help` shows. */
function helpWanted(argv: readonly string[]): readonly string[] {
  const [first, ...words] = argv
  if (first !== 'help') return argv
  if (words.length === 0) return ['--help']
  return isKnown(words[0]) ? [...words, '--help'] : argv
}

/** A command, or what several begin with. */
const isKnown = (word: string | undefined): boolean => COMMANDS.some(({ name }) => name.split(' ')[0] === word)

/** The page of the command that was meant, as far as it can be told. */
function helpFor(argv: readonly string[]): string {
  const early = argv.slice(0, 2).find((word) => word.startsWith('-'))
  if (early !== undefined && !COMMANDS.some(({ name }) => name === argv[0]))
    return `options stand behind the command: sallyport <command> ${early} …`
  const words = argv.slice(0, 2).join(' ')
  const known = COMMANDS.find(({ name }) => name === words || name === argv[0])
  if (known !== undefined) return `sallyport ${known.name} --help`
  return isKnown(argv[0]) ? `sallyport help ${argv[0]}` : 'sallyport help'
}

const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be used by this user',
  EPERM: 'may not be used by this user',
  EEXIST: 'is there already, and is not overwritten',
  EISDIR: 'is a folder',
  ENOTDIR: 'is not in a folder',
  ENOSPC: 'cannot be written: the disk is full',
  ENAMETOOLONG: 'has too long a name',
  EROFS: 'cannot be written: the file system is read-only',
}

/** What the system says of a file, in a sentence; undefined for other errors. */
function aboutFile(error: unknown): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException
  const trouble = code === undefined || !Object.hasOwn(FILE_TROUBLE, code) ? undefined : FILE_TROUBLE[code]
  if (trouble === undefined || (path === undefined && code !== 'ENOSPC')) return undefined
  if (syscall === 'mkdir' && code === 'EEXIST') return `${path} is no folder`
  return `${path ?? 'A file'} ${trouble} (${syscall}: ${code})`
}

/** What, why, next, and the request to quote; then the exit code. */
function explain(error: unknown, io: Io, argv: readonly string[]): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok
    if (error.code === 'commander.help') return EXIT.usage
    const [what = '', hint] = error.message.replace(/^error: /, '').split('\n')
    io.say(`${red(io, 'error')}  ${what}`)
    io.say(`${dim(io, 'next ')}  ${hint === undefined ? helpFor(argv) : hint.replace(/^\(|\)$/g, '')}`)
    return EXIT.usage
  }
  if (error instanceof Failure) {
    io.say(`${red(io, 'error')}  ${error.message}`)
    if (error.why !== undefined) for (const line of error.why.split('\n')) io.say(`${dim(io, 'why  ')}  ${line}`)
    if (error.next !== undefined) io.say(`${dim(io, 'next ')}  ${error.next}`)
    if (error.requestId !== undefined) io.say(`${dim(io, 'id   ')}  ${error.requestId}`)
    return error.exit
  }
  // What the rooms that a command runs by itself refuse; a stack would say nothing to whom it is said to.
  if (error instanceof Fault && error.code !== 'internal') {
    io.say(`${red(io, 'error')}  ${plain(error.publicMessage)}`)
    return error.code === 'policy_invalid' ? EXIT.policyInvalid : EXIT.failed
  }
  const file = aboutFile(error)
  if (file !== undefined) {
    io.say(`${red(io, 'error')}  ${plain(file)}`)
    return EXIT.failed
  }
  io.say(`${red(io, 'error')}  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return EXIT.failed
}
