// Writes a sallyport.yaml to start from and a copy of the shipped rules, and nothing over what is there.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from './command.ts'
import { Failure } from './failure.ts'
import { arg } from './input.ts'
import { printOne } from './io.ts'

/** The folder of the installed product: beside dist/, or the clone. */
export const SHIPPED = fileURLToPath(new URL('../../', import.meta.url))

const STARTER = `# Settings of Sallyport. All of them, with what they mean: docs/config.md, or "sallyport config".
listen: 127.0.0.1:4141

# Servers that answer for models. Without any, the shipped demo model answers.
upstreams: []
#  - name: local
#    kind: ollama              # ollama, vllm, llamacpp, openai, embedded, gguf
#    url: http://127.0.0.1:11434

keys:
  defaultDays: 90              # a new key ends after so many days, unless said otherwise

policies: policies             # the rules, in Cedar
`

/** Without the descriptions of the shipped roles, which are read from the product itself: a copy would change nothing. */
const copyRules = (folder: string): void =>
  cpSync(join(SHIPPED, 'policies'), folder, { recursive: true, filter: (path) => basename(path) !== 'roles.yaml' })

/** The shipped rules alone, for a folder that is not that of a gateway: a repository of rules for instance. */
export const initPolicy: Command = async (input) => {
  const { io } = input
  const folder = arg(input, 0) === '' ? 'policies' : arg(input, 0)
  if (existsSync(folder) && readdirSync(folder).length > 0 && !input.flags.force)
    throw new Failure(`${folder} is not empty`, { next: 'another folder, or --force to overwrite' })
  copyRules(folder)
  if (input.flags.json) printOne(io, { policies: folder }, { json: input.flags.json as string })
  io.say(`Written: ${folder}/, with a test for every rule`)
  io.say(`Next:  write a rule in ${join(folder, 'own.cedar')}, then  sallyport policy test ${folder}`)
  return 0
}

export const init: Command = async (input) => {
  const { io } = input
  const folder = arg(input, 0) === '' ? '.' : arg(input, 0)
  const settings = join(folder, 'sallyport.yaml')
  const rules = join(folder, 'policies')
  const there = [settings, rules].filter((path) => existsSync(path))
  if (there.length > 0 && !input.flags.force)
    throw new Failure(`${there.join(' and ')} exist${there.length === 1 ? 's' : ''} already`, {
      next: 'another folder, or --force to overwrite',
    })
  mkdirSync(folder, { recursive: true })
  writeFileSync(settings, STARTER)
  copyRules(rules)
  if (input.flags.json) printOne(io, { settings, policies: rules }, { json: input.flags.json as string })
  io.say(`Written: ${settings}, ${rules}/`)
  io.say(`Next:  ${folder === '.' ? '' : `cd ${folder} && `}sallyport up`)
  return 0
}
