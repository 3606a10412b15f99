// Rules of a gateway: compare, plan, apply, shadow, promote, roll back, fetch.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import type { Output, PolicyPlan } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import { type BundleFile, type BundleSources, diffBundles, isBundlePath } from '../policy/index.ts'
import type { Command, Input } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { arg, confirm, flagText, listAll, reasonOf } from './input.ts'
import { bold, dim, green, type Io, plain, printOne, printRows, type Row, red, yellow } from './io.ts'
import { folderOf, printProblems, readFolder } from './policy.ts'
import { answersOf, exitOf } from './receipt.ts'
import { relative } from './when.ts'

const filesOf = (sources: BundleSources) => sources.map(({ path, text }) => ({ path, text }))

/** Tests are long lines of JSON; where one differs is in the file. */
const shortened = (text: string) => (text.length > 160 ? `${text.slice(0, 159)}…` : text)

function printDiff(io: Io, files: PolicyPlan['files']): void {
  const paint = { '+': green, '-': red, ' ': dim } as const
  for (const { path, added, removed, hunks } of files) {
    io.out(`${bold(io, `~ ${plain(path)}`)}  +${added} −${removed}\n`)
    for (const { line, lines } of hunks) {
      io.out(`${dim(io, `@ line ${line}`)}\n`)
      for (const { kind, text } of lines) io.out(`${paint[kind](io, `${kind} ${shortened(plain(text))}`)}\n`)
    }
  }
}

/** Exit code 1 if they differ, as diff has it. */
export const diff: Command = async (input) => {
  const client = await input.client()
  const mine = await readFolder(folderOf(input))
  const { files, version } = await client.call('policies.files', { params: { version: 'active' } })
  const differing = diffBundles(files, mine)
  if (input.flags.json) printOne(input.io, { version, files: differing }, { json: input.flags.json as string })
  else printDiff(input.io, differing as unknown as PolicyPlan['files'])
  input.io.say(
    differing.length === 0
      ? `The same as version ${version}`
      : `Differs from version ${version} in ${counted(differing.length, 'file')}`,
  )
  return differing.length === 0 ? EXIT.ok : EXIT.failed
}

/** Data classes are part of the bundle and its hash, but the guard of a node is built when the node starts. */
function sayClasses(io: Io, { otherClasses }: Pick<PolicyPlan, 'otherClasses'>): void {
  if (otherClasses)
    io.say(
      `${yellow(io, 'warn')}  data-classes.yaml is not the one that the guard runs with: put it into the folder of rules of each node, and start it anew`,
    )
}

function printPlan(io: Io, folder: string, plan: PolicyPlan): void {
  printDiff(io, plan.files)
  printProblems(io, folder, plan.warnings as Parameters<typeof printProblems>[2])
  sayClasses(io, plan)
  for (const line of plan.lines) io.out(`${plain(line)}\n`)
  const untested = plan.untested.length > 0 ? ` (no test hits ${plan.untested.map(plain).join(', ')})` : ''
  io.out(`Tests ${plan.tests} ok${untested}\nPlan ${bold(io, plan.hash)}\n`)
}

export const plan: Command = async (input) => {
  const client = await input.client()
  const folder = folderOf(input)
  const found = await client.call('policies.plan', { body: { files: filesOf(await readFolder(folder)) } })
  if (input.flags.json) printOne(input.io, found, { json: input.flags.json as string })
  else printPlan(input.io, folder, found)
  if (found.files.length === 0) {
    input.io.say(
      `Nothing to apply: these rules are in force${found.from === undefined ? '' : ` (version ${found.from})`}.`,
    )
    return EXIT.ok
  }
  input.io.say(`Apply it:  sallyport policy apply ${folder} --plan ${found.hash} --reason "…"`)
  return EXIT.ok
}

function finish(input: Input, done: Output<'policies.apply'>, what: string): number {
  if (input.flags.json) printOne(input.io, done, { json: input.flags.json as string })
  // Nothing was changed where these very rules decide already.
  const said = done.receipt.seq === 0 ? 'in force already' : what
  input.io.say(`${green(input.io, said)}  version ${done.version}, ${done.digest.slice(0, 19)}`)
  for (const answer of answersOf(input.io, done.receipt.nodes)) input.io.say(`  ${answer}`)
  sayClasses(input.io, done)
  return exitOf(done.receipt.nodes)
}

export const apply: Command = async (input) => {
  const client = await input.client()
  const folder = folderOf(input)
  const files = filesOf(await readFolder(folder))
  let hash = flagText(input, 'plan')
  if (hash === undefined && !input.flags.yes) {
    const found = await client.call('policies.plan', { body: { files } })
    const { io } = input
    printPlan(input.flags.json ? { ...io, out: (text) => io.say(text.trimEnd()) } : io, folder, found)
    await confirm(input, 'Put these rules in force?')
    hash = found.hash
  }
  const body = { files, reason: reasonOf(input), ...(hash === undefined ? {} : { plan: hash }) }
  return finish(input, await client.call('policies.apply', { body }), 'in force')
}

export const shadow: Command = async (input) => {
  const client = await input.client()
  const { io } = input
  // Asking how it went must never begin anew.
  if (input.flags.report || (arg(input, 0) === '' && !input.flags.off)) {
    const report = await client.call('policies.shadowReport', {})
    if (input.flags.json) printOne(io, report, { json: input.flags.json as string })
    else {
      const columns = ['kind', 'count', 'principal', 'action', 'resource', 'rules'].map((field) => ({ field }))
      printRows(io, report.differences, columns, {})
    }
    io.say(
      `version ${report.version} since ${relative(report.since)}: ${report.differing} of ${report.asked} decisions differ`,
    )
    return EXIT.ok
  }
  const files = input.flags.off ? undefined : filesOf(await readFolder(folderOf(input)))
  const done = await client.call('policies.shadow', { body: { reason: reasonOf(input), ...(files ? { files } : {}) } })
  if (input.flags.json) printOne(io, done, { json: input.flags.json as string })
  io.say(
    done.version === undefined
      ? 'The shadow is empty.'
      : `In the shadow: version ${done.version}. How it would have decided:  sallyport policy shadow`,
  )
  return EXIT.ok
}

export const promote: Command = async (input) => {
  const client = await input.client()
  return finish(input, await client.call('policies.promote', { body: { reason: reasonOf(input) } }), 'in force')
}

export const history: Command = async (input) => {
  const rows = await listAll(input, await input.client(), 'policies.history')
  const columns = [
    { field: 'version' },
    { field: 'active', show: (value: unknown, { shadow }: Row) => (value ? 'in force' : shadow ? 'shadow' : '') },
    { field: 'createdAt', title: 'when', show: (value: unknown) => relative(String(value)) },
    { field: 'createdBy', title: 'by' },
    { field: 'digest', show: (value: unknown) => String(value).slice(7, 19) },
    { field: 'reason' },
  ]
  printRows(input.io, rows, columns, { json: input.flags.json as string })
  return EXIT.ok
}

export const rollback: Command = async (input) => {
  const client = await input.client()
  const version = arg(input, 0)
  if (!/^\d+$/.test(version)) throw usage('Say which version', 'sallyport policy history')
  const done = await client.call('policies.rollback', { params: { version }, body: { reason: reasonOf(input) } })
  return finish(input, done, 'in force again')
}

export const pull: Command = async (input) => {
  const client = await input.client()
  const folder = folderOf(input)
  const version = flagText(input, 'revision') ?? 'active'
  const found = await client.call('policies.files', { params: { version } })
  const other = found.files.filter((file) => hasOther(folder, file)).map(({ path }) => path)
  if (other.length > 0)
    await confirm(
      input,
      `Overwrite ${other.map((path) => plain(join(folder, path))).join(', ')}, which differ from it?`,
    )
  for (const file of found.files) write(folder, file)
  if (input.flags.json)
    printOne(input.io, { version: found.version, digest: found.digest, folder }, { json: input.flags.json as string })
  // Left as they are: they may be work that was not put in force yet. But the folder is not that version.
  const extra = (await readFolder(folder)).filter(({ path }) => !found.files.some((file) => file.path === path))
  for (const { path } of extra)
    input.io.say(`${yellow(input.io, 'warn')}  ${plain(join(folder, path))} is not in that version, and is left`)
  input.io.say(`Version ${found.version} written to ${folder}/ (${counted(found.files.length, 'file')})`)
  return EXIT.ok
}

/** Whether something else stands in its place: it may be work that was not put in force yet. */
const hasOther = (folder: string, file: BundleFile): boolean => {
  const target = targetOf(folder, file)
  return existsSync(target) && readFileSync(target, 'utf8') !== file.text
}

/** A gateway that names files outside the folder is not believed. */
function targetOf(folder: string, { path }: BundleFile): string {
  if (!isBundlePath(path) || normalize(path) !== path)
    throw new Failure(`The gateway names a strange file: ${plain(path)}`)
  return join(folder, path)
}

function write(folder: string, file: BundleFile): void {
  const target = targetOf(folder, file)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, file.text)
}
