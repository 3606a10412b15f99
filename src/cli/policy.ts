// Rules as files: format, check, test and try them without a gateway.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { counted, Fault, isObject, type JsonObject, uidText } from '../core/index.ts'
import {
  type BundleSources,
  type Checker,
  caseOf,
  classesOf,
  compileBundle,
  createChecker,
  createClockContext,
  createConform,
  dutyLines,
  EntityRef,
  explain,
  fixedSource,
  lint as lintBundle,
  loadBundle,
  type Problem,
  readEntities,
  USUAL_CALLER,
  usualContext,
  usualResource,
} from '../policy/index.ts'
import type { Command, Input } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { arg, flagPairs, flagText } from './input.ts'
import { bold, dim, green, type Io, plain, printOne, red, yellow } from './io.ts'
import { readMoment } from './when.ts'
import { printDuties, printRules } from './why.ts'

export const folderOf = (input: Input, index = 0): string => arg(input, index) || 'policies'

async function withChecker<T>(work: (checker: Checker) => Promise<T>): Promise<T> {
  const checker = createChecker()
  try {
    return await work(checker)
  } finally {
    await checker.close()
  }
}

export function printProblems(io: Io, folder: string, problems: readonly Problem[]): void {
  for (const { level, message, help, file, line, column, rule } of problems) {
    const place =
      file === undefined ? folder : `${join(folder, file)}${line === undefined ? '' : `:${line}:${column ?? 1}`}`
    const mark = level === 'error' ? red(io, 'error') : yellow(io, 'warn ')
    const named = rule === undefined ? '' : `${plain(rule)}: `
    io.say(
      `${mark}  ${plain(place)}  ${named}${plain(message)}${help === undefined ? '' : dim(io, ` (${plain(help)})`)}`,
    )
  }
}

/** @throws Failure with what to do if there is no such folder */
export async function readFolder(folder: string): Promise<BundleSources> {
  if (existsSync(folder)) {
    if (statSync(folder).isDirectory()) return loadBundle(folder)
    throw new Failure(`${folder} is a file`, {
      why: 'rules, their schema and their tests are kept in a folder',
      next: 'name the folder it lies in',
      exit: EXIT.policyInvalid,
    })
  }
  throw new Failure(`There is no folder ${folder} here`, {
    why: 'rules are kept in it',
    next: `sallyport policy init ${folder}, or name the folder of the rules`,
    exit: EXIT.policyInvalid,
  })
}

/** The bundle of a folder, checked. @throws Failure with exit code 3 */
async function checked(input: Input, checker: Checker, folder: string) {
  const sources = await readFolder(folder)
  const found = await checker.check(sources)
  const classes = classesOf(sources)
  if (classes !== undefined) await ownClasses(folder, classes)
  if ('bundle' in found) return { ...found, program: compileBundle(found.bundle) }
  printProblems(input.io, folder, found.problems)
  throw new Failure(`The rules in ${folder} are not valid`, { exit: EXIT.policyInvalid })
}

async function ownClasses(folder: string, text: string): Promise<void> {
  // Few have any, and the guard is slow to load.
  const { readOwnClasses } = await import('../guard/index.ts')
  try {
    readOwnClasses(text)
  } catch (error) {
    throw new Failure(`The rules in ${folder} are not valid`, {
      why: Fault.from(error).publicMessage,
      exit: EXIT.policyInvalid,
    })
  }
}

export const fmt: Command = (input) =>
  withChecker(async (checker) => {
    const { io } = input
    const folder = folderOf(input)
    const changed: string[] = []
    for (const file of (await readFolder(folder)).filter(({ path }) => path.endsWith('.cedar'))) {
      const formatted = await checker.format(file)
      if ('problems' in formatted) {
        printProblems(io, folder, formatted.problems)
        throw new Failure(`${file.path} cannot be read`, { exit: EXIT.policyInvalid })
      }
      if (formatted.text === file.text) continue
      changed.push(file.path)
      if (!input.flags.check) writeFileSync(join(folder, file.path), formatted.text)
    }
    if (input.flags.json) printOne(io, { changed }, { json: input.flags.json as string })
    else for (const path of changed) io.out(`${plain(join(folder, path))}\n`)
    return input.flags.check && changed.length > 0 ? EXIT.failed : EXIT.ok
  })

export const lint: Command = (input) =>
  withChecker(async (checker) => {
    const folder = folderOf(input)
    const { bundle, program } = await checked(input, checker, folder)
    const problems = lintBundle(bundle, program)
    if (input.flags.json) printOne(input.io, { problems }, { json: input.flags.json as string })
    else printProblems(input.io, folder, problems)
    input.io.say(
      `${countOf(bundle.sources)}, ${counted(bundle.rules.length, 'rule')}: ${problems.length === 0 ? 'no warnings' : counted(problems.length, 'warning')}`,
    )
    return input.flags.strict && problems.length > 0 ? EXIT.policyInvalid : EXIT.ok
  })

const countOf = (sources: BundleSources) => counted(sources.length, 'file')

export const test: Command = (input) =>
  withChecker(async (checker) => {
    const { io } = input
    const format = flagText(input, 'format')
    if (format !== undefined && format !== 'junit' && format !== 'github') throw usage('--format is junit or github')
    const folder = folderOf(input)
    const { bundle, tests: report } = await checked(input, checker, folder)
    const exit = report.failed > 0 ? EXIT.testsFailed : EXIT.ok
    if (input.flags.json) {
      printOne(io, { ...report }, { json: input.flags.json as string })
      return exit
    }
    if (format === 'junit') io.out(junit(report.outcomes))
    else if (format === 'github') io.out(github(folder, report.outcomes))
    else {
      io.out(`${plain(folder)}  ${countOf(bundle.sources)}, ${counted(bundle.rules.length, 'rule')} · schema ok\n`)
      for (const [file, outcomes] of Map.groupBy(report.outcomes, (outcome) => outcome.file)) {
        const failed = outcomes.filter((outcome) => outcome.failure !== undefined)
        const count = `${outcomes.length - failed.length} ok${failed.length > 0 ? `, ${red(io, `${failed.length} FAIL`)}` : ''}`
        io.out(`${plain(file).padEnd(28)}  ${count}\n`)
        for (const [failure = '', alike] of Map.groupBy(failed, (outcome) => outcome.failure)) {
          // What all tests stumble over, a mistake in the entities for instance, is said once.
          const names = alike.length > 3 ? alike.slice(0, 1) : alike
          const more = alike.length - names.length
          for (const { name } of names)
            io.out(`  ${red(io, 'FAIL')} ${plain(name)}${more > 0 ? ` and ${more} more` : ''}: ${plain(failure)}\n`)
        }
      }
    }
    const { rules, hit, unhit } = report.coverage
    const verdict = report.failed === 0 ? green(io, 'PASS') : red(io, 'FAIL')
    io.say(
      `${verdict} ${report.passed}/${report.passed + report.failed} · rules hit ${hit.length}/${rules}${unhit.length > 0 ? ` (unhit: ${some(unhit)})` : ''}`,
    )
    return exit
  })

const SHOWN = 8
const some = (ids: readonly string[]) =>
  `${ids.slice(0, SHOWN).map(plain).join(', ')}${ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : ''}`

export const cover: Command = (input) =>
  withChecker(async (checker) => {
    const { coverage, failed } = (await checked(input, checker, folderOf(input))).tests
    if (input.flags.json) printOne(input.io, { ...coverage }, { json: input.flags.json as string })
    else for (const id of coverage.unhit) input.io.out(`${plain(id)}\n`)
    input.io.say(`rules hit ${coverage.hit.length}/${coverage.rules}`)
    if (failed > 0) input.io.say(`${failed} tests fail:  sallyport policy test ${folderOf(input)}`)
    return coverage.unhit.length > 0 ? EXIT.failed : EXIT.ok
  })

type Outcomes = readonly { readonly file: string; readonly name: string; readonly failure?: string }[]

const xml = (text: string) =>
  plain(text).replace(/[<>&"]/g, (sign) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[sign]!)

function junit(outcomes: Outcomes): string {
  const failed = outcomes.filter((outcome) => outcome.failure !== undefined).length
  const cases = outcomes.map(({ file, name, failure }) => {
    const open = `  <testcase classname="${xml(file)}" name="${xml(name)}"`
    return failure === undefined ? `${open}/>` : `${open}><failure message="${xml(failure)}"/></testcase>`
  })
  return `<testsuite name="policy" tests="${outcomes.length}" failures="${failed}">\n${cases.join('\n')}\n</testsuite>\n`
}

function github(folder: string, outcomes: Outcomes): string {
  const safe = (text: string) => plain(text).replaceAll('%', '%25')
  return outcomes
    .filter((outcome) => outcome.failure !== undefined)
    .map(({ file, name, failure }) => `::error file=${safe(join(folder, file))}::${safe(`${name}: ${failure}`)}\n`)
    .join('')
}

/** `dana` is a user, `small` a model; anything else is written with its type: `Service:etl`, `DataClass:personal/email`. */
function uidOf(text: string, type: string): EntityRef {
  const [, given = type, id = text] = /^([A-Z]\w*):(.+)$/.exec(text) ?? []
  return new EntityRef(given, id)
}

/** Adds a test to those beside the rules, in a file of its own. */
async function keepCase(input: Input, made: JsonObject): Promise<void> {
  const file = join(flagText(input, 'folder') ?? 'policies', 'tests/tried_test.json')
  const before = existsSync(file) ? await readJson(file) : []
  if (!Array.isArray(before) || !before.every(isObject))
    throw new Failure(`${file} is not a list of tests`, { next: 'mend it, or move it away' })
  if (before.some(({ name }) => name === made.name))
    throw new Failure(`${file} has a test named ${String(made.name)} already`)
  const lines = [...before, made].map((one) => `  ${JSON.stringify(one)}`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`)
  input.io.say(`Kept as a test in ${file}`)
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${file} cannot be read (${error.code})`)
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure(`${file} is not JSON`, { why: (error as Error).message })
  }
}

/** What does not fit the schema is said with the file that says it. */
function entitiesIn<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Fault ? new Failure(`${file}: ${error.publicMessage}`) : error
  }
}

/** @throws Failure where there is no such zone */
function clockIn(zone: string): ReturnType<typeof createClockContext> {
  try {
    return createClockContext(zone)
  } catch {
    throw usage(`--zone takes a zone such as Europe/Berlin, not ${zone}`)
  }
}

export const tryOut: Command = (input) =>
  withChecker(async (checker) => {
    const { io } = input
    const { program } = await checked(input, checker, flagText(input, 'folder') ?? 'policies')
    const file = flagText(input, 'entities') ?? join(flagText(input, 'folder') ?? 'policies', 'tests/entities.json')
    const given = await readJson(file)
    const entities = fixedSource(entitiesIn(file, () => readEntities(createConform(program.schemaJson), given)))
    const at = flagText(input, 'at')
    const now = at === undefined ? Date.now() : Date.parse(readMoment(at, 1, '--at'))
    const from = flagText(input, 'from')
    const resource = uidOf(arg(input, 2), usualResource(program.schemaJson, arg(input, 1)))
    const model = resource.type === 'Model' ? resource : entities.uids.find((uid) => uid.type === 'Model')
    const query = {
      principal: uidOf(arg(input, 0), 'User'),
      action: arg(input, 1),
      resource,
      context: usualContext(program.schemaJson, arg(input, 1), {
        clock: clockIn(flagText(input, 'zone') ?? 'UTC')(now),
        resource,
        known: USUAL_CALLER,
        ...(model ? { examples: { Model: model } } : {}),
        set: { ...flagPairs(input, 'set'), ...(from === undefined ? {} : { 'auth.ip': from }) },
      }),
    }
    const found = explain(program, query, entities, { reader: 'administrator', roles: [] })
    const kept = flagText(input, 'test')
    const missing = [query.principal, resource].filter((uid) => !entities.get(uid))
    // About somebody who is not there the answer is always no: a test of it would test nothing.
    if (kept !== undefined && missing.length > 0)
      throw new Failure('Nothing is kept as a test', {
        why: `${missing.map(({ text }) => plain(text)).join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not there`,
        next: `add what is missing to ${plain(file)}`,
      })
    if (kept !== undefined)
      await keepCase(
        input,
        caseOf(kept, query, { ...found, rules: found.decided.map(({ id }) => id), errors: found.errors.length }),
      )
    const exit = found.allow ? EXIT.ok : EXIT.failed
    if (input.flags.json) {
      printOne(io, { ...found }, { json: input.flags.json as string })
      return exit
    }
    const verdict = found.allow ? green(io, 'ALLOW') : red(io, 'DENY')
    io.out(`${verdict}  ${plain(`${uidText(query.principal)} → ${query.action} → ${uidText(resource)}`)}\n`)
    io.out(`${plain(found.summary)}\n`)
    printRules(io, found.decided)
    if (found.errors.length > 0) io.out(`${red(io, 'broken')}, and a rule that errors denies:\n`)
    printRules(io, found.errors)
    if (found.closest.length > 0) io.out(`${bold(io, 'Closest')}:\n`)
    printRules(io, found.closest)
    if (found.duties) printDuties(io, dutyLines(found.duties))
    for (const uid of missing) io.say(`${dim(io, 'next ')}  add ${plain(uid.text)} to ${plain(file)}`)
    return exit
  })
