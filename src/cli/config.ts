// Settings in effect and where each came from, read as `up` would read them.
import { settingsOf } from '../admin/index.ts'
import { ConfigError, type LoadedConfig, loadConfig, SETTINGS, schema } from '../config/index.ts'
import { nearest } from '../core/index.ts'
import type { Command, Input } from './command.ts'
import { Failure, usage } from './failure.ts'
import { arg, flagText } from './input.ts'
import { cell, printOne, printRows } from './io.ts'

/** @throws Failure naming every problem of the settings */
export function loadSettings(input: Input, more: Parameters<typeof loadConfig>[0] = {}): LoadedConfig {
  const file = flagText(input, 'config')
  try {
    return loadConfig({ ...more, env: { ...input.env }, ...(file === undefined ? {} : { file }) })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new Failure('The settings refuse to start', {
      why: error.problems.join('\n'),
      next: 'correct that; docs/config.md lists every setting, as does  sallyport config --schema',
    })
  }
}

export const config: Command = async (input) => {
  const { io, flags } = input
  if (flags.schema) {
    const { z } = await import('zod')
    io.out(`${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), undefined, 2)}\n`)
    return 0
  }
  const data = flagText(input, 'data')
  const loaded = loadSettings(input, data === undefined ? {} : { flags: { data } })
  const settings = settingsOf(loaded.config, loaded.sources)
  const name = arg(input, 0)
  if (name !== '') {
    const setting = settings.find((one) => one.name === name)
    const near = nearest(
      name,
      SETTINGS.map((one) => one.path),
    )
    if (!setting)
      throw usage(`There is no setting "${name}"`, near === undefined ? 'sallyport config' : `sallyport config ${near}`)
    if (flags.json) printOne(io, setting, { json: flags.json as string })
    else io.out(`${cell(setting.value)}\n`)
    return 0
  }
  const columns = [
    { field: 'name' },
    { field: 'value', show: (value: unknown) => (value === null ? '-' : cell(value)) },
    { field: 'source' },
  ]
  printRows(io, settings, columns, { json: flags.json as string })
  io.say(loaded.file === undefined ? 'No sallyport.yaml is read.' : `File: ${loaded.file}`)
  return 0
}
