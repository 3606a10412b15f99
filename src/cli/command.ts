// What a command is: its row in the table of options.ts, what it is given, and what it returns.
import type { Config, Source } from '../config/index.ts'
import type { Client } from './client.ts'
import type { Io } from './io.ts'

export type FlagValue = string | boolean | string[] | undefined

export interface Input {
  readonly args: readonly string[]
  /** By long name in camel case; `--no-x` is `x: false`. */
  readonly flags: Readonly<Record<string, FlagValue>>
  readonly io: Io
  readonly env: Readonly<Record<string, string | undefined>>
  readonly start: StartApp
  /** The gateway as flags, environment and data folder name it. */
  client(): Promise<Client>
}

/** What app/ gives: a running gateway. */
export type StartApp = (
  config: Config,
  sources: ReadonlyMap<string, Source>,
  options?: { readonly newAdmin?: string },
) => Promise<{
  readonly url: string
  readonly adminUrl: string
  readonly model: string | undefined
  readonly down: readonly { readonly name: string; readonly why: string }[]
  readonly adminKey: string | undefined
  close(): Promise<void>
}>

/** Returns the exit code; nothing is 0. */
export type Command = (input: Input) => Promise<number | undefined>

export interface Flag {
  /** As commander writes it: `--expires <when>`, `--model <name...>`, `--force`. */
  readonly flag: string
  readonly about: string
}

export interface CommandSpec {
  /** `key create` */
  readonly name: string
  /** `<name>`, `[file]`, `<name...>` */
  readonly args?: string
  readonly about: string
  readonly flags?: readonly Flag[]
  /** Flags that are known only when the command is asked for. */
  readonly moreFlags?: () => Promise<readonly Flag[]>
  /** It talks to no gateway, so it takes none of the flags that name one. */
  readonly local?: true
  readonly example?: string
  readonly load: () => Promise<Command>
}
