// The guard on its own: scan and mask files or stdin, turn stand-ins back, try own classes, list the classes. Nothing is
// sent anywhere. Text goes to stdout as it is screened, talk to stderr; values are shown only when asked for.
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { counted, Fault, type Finding, type Treatment } from '../core/index.ts'
import {
  classesPage,
  createDetectors,
  createGuard,
  type Guard,
  type OwnClasses,
  readOwnClasses,
  SURROGATE_CLASSES,
  type SurrogateClass,
  type Vault,
} from '../guard/index.ts'
import type { Command, Input } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { arg, flagList, flagText } from './input.ts'
import { printOne, printRows } from './io.ts'

const OWN_CLASSES = 'policies/data-classes.yaml'

function ownClasses(input: Input): OwnClasses | undefined {
  const file = flagText(input, 'classes') ?? (existsSync(OWN_CLASSES) ? OWN_CLASSES : undefined)
  return file === undefined ? undefined : tryOwnClasses(file)
}

function tryOwnClasses(file: string): OwnClasses {
  try {
    return readOwnClasses(read(file))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new Failure(`${file} does not hold`, { exit: EXIT.testsFailed, why: error.publicMessage })
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure(`${file} cannot be read`, { why: (error as NodeJS.ErrnoException).code })
  }
}

export function openGuard(input: Input): Guard {
  const own = ownClasses(input)
  const suffixes = flagList(input, 'internal')
  const detectors = createDetectors({
    names: input.flags.names !== false,
    ...(suffixes === undefined ? {} : { internalSuffixes: suffixes }),
    ...(own === undefined ? {} : { own: own.detectors }),
  })
  return createGuard({
    detectors,
    ...(own === undefined ? {} : { classes: own.classes, fields: own.fields, masks: own.masks }),
    surrogates: surrogatesIn(input),
  })
}

function surrogatesIn(input: Input): SurrogateClass[] {
  return (flagList(input, 'real') ?? []).map((name) => {
    const known = SURROGATE_CLASSES.find((dataClass) => dataClass === name)
    if (known === undefined) throw usage(`--real takes ${SURROGATE_CLASSES.join(', ')}`)
    return known
  })
}

/** A vault for one run, or one kept in a file, sealed under a key beside it that only the owner may read. */
function openVault(guard: Guard, file: string | undefined, mayCreate: boolean): { vault: Vault; save(): void } {
  const random = (size: number) => randomBytes(size)
  if (file === undefined) return { vault: guard.openVault({ key: random(32), random, session: 'cli' }), save() {} }
  const keyFile = `${file}.key`
  const fresh = !existsSync(keyFile)
  if (fresh && existsSync(file))
    throw new Failure(`${file} holds something else than stand-ins, or its key ${keyFile} is gone`)
  if (fresh) {
    if (!mayCreate)
      throw new Failure(`There is no key ${keyFile}`, { next: `sallyport guard mask --session ${file} …` })
    writeFileSync(keyFile, random(32).toString('base64'), { mode: 0o600, flag: 'wx' })
  }
  const key = Buffer.from(read(keyFile), 'base64')
  const sealed = existsSync(file) ? readFileSync(file) : undefined
  const vault = opened(() => {
    return guard.openVault({ key, random, session: 'cli', ...(sealed === undefined ? {} : { sealed }) })
  }, `${file} does not open with the key ${keyFile}: it is damaged, or holds something else than stand-ins`)
  return {
    vault,
    // Whole or not at all: half a vault opens no more, and everything that was hidden would stay so.
    save() {
      writeFileSync(`${file}.new`, vault.seal(), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
  }
}

function opened<T>(open: () => T, otherwise: string): T {
  try {
    return open()
  } catch (error) {
    throw error instanceof Fault ? new Failure(otherwise) : error
  }
}

/** Pieces of a file or of stdin, whole characters. */
async function* pieces(file: string): AsyncGenerator<string> {
  const from = file === '' || file === '-' ? process.stdin : createReadStream(file)
  from.setEncoding('utf8')
  try {
    for await (const piece of from) yield piece as string
  } catch (error) {
    throw new Failure(`${file} cannot be read`, { why: (error as NodeJS.ErrnoException).code })
  }
}

export async function readWhole(file: string): Promise<string> {
  let text = ''
  for await (const piece of pieces(file)) text += piece
  return text
}

export const scan: Command = async (input) => {
  const guard = openGuard(input)
  const { vault } = openVault(guard, undefined, true)
  const found: Finding[] = []
  const screen = guard.openText({ vault, treatment: () => 'pass', onFinding: (finding) => void found.push(finding) })
  let text = ''
  for await (const piece of pieces(arg(input, 0))) {
    text += piece
    screen.push(piece)
  }
  screen.end()
  const lines = lineStarts(text)
  const rows = found.map(({ class: dataClass, start, end, confidence }) => {
    const line = lineOf(lines, start)
    const value = input.flags.values ? { value: text.slice(start, end) } : {}
    return {
      class: dataClass,
      line: line + 1,
      column: start - (lines[line] ?? 0) + 1,
      length: end - start,
      confidence,
      ...value,
    }
  })
  const columns = ['class', 'line', 'column', 'length', 'confidence', ...(input.flags.values ? ['value'] : [])]
  printRows(
    input.io,
    rows,
    columns.map((field) => ({ field })),
    { json: input.flags.json as string },
  )
  input.io.say(found.length === 0 ? 'Nothing found.' : `${found.length} found.`)
  return found.length > 0 && input.flags.fail ? EXIT.failed : EXIT.ok
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return starts
}

function lineOf(starts: readonly number[], at: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= at) low = middle
    else high = middle - 1
  }
  return low
}

export const mask: Command = async (input) => {
  const guard = openGuard(input)
  const session = flagText(input, 'session')
  const { vault, save } = openVault(guard, session, true)
  const wanted = flagText(input, 'treat') ?? (session === undefined ? 'mask' : 'pseudonym')
  if (wanted !== 'mask' && wanted !== 'pseudonym') throw usage('--treat takes mask or pseudonym')
  if (wanted === 'pseudonym' && session === undefined)
    throw usage('Stand-ins that can be turned back need a place to be kept', 'sallyport guard mask --session <file>')
  const known = (flag: 'only' | 'pass') => {
    const list = flagList(input, flag)
    // A mistyped class would leave in clear what it was to hide.
    const unknown = list?.find((one) => !guard.tree.all.some(({ id }) => id === one))
    if (unknown !== undefined) throw usage(`--${flag} ${unknown}: there is no such class`, 'sallyport guard classes')
    return list
  }
  const only = known('only')
  const passed = known('pass') ?? (only === undefined ? ['personal/date', 'finance/amount', 'network/url'] : [])
  const within = (dataClass: string, list: readonly string[]) =>
    list.some((one) => dataClass === one || dataClass.startsWith(`${one}/`))
  let count = 0
  const treatment = (dataClass: string): Treatment => {
    if (within(dataClass, passed) || !within(dataClass, only ?? [dataClass])) return 'pass'
    count++
    return wanted
  }
  const screen = guard.openText({ vault, treatment })
  for await (const piece of pieces(arg(input, 0))) input.io.out(screen.push(piece))
  input.io.out(screen.end())
  save()
  input.io.say(`${count} hidden.${wanted === 'mask' ? '' : `  Back:  sallyport guard unmask --session ${session}`}`)
  return EXIT.ok
}

export const unmask: Command = async (input) => {
  const session = flagText(input, 'session')
  if (session === undefined) throw usage('Say where the stand-ins are kept', 'sallyport guard unmask --session <file>')
  const guard = createGuard({ detectors: [] })
  const { vault } = openVault(guard, session, false)
  const screen = guard.openRestore(vault)
  for await (const piece of pieces(arg(input, 0))) input.io.out(screen.push(piece))
  input.io.out(screen.end())
  return EXIT.ok
}

export const check: Command = async (input) => {
  const file = arg(input, 0) || OWN_CLASSES
  if (!arg(input, 0) && !existsSync(file))
    throw new Failure(`There is no ${file} here`, {
      why: 'own data classes are declared in it',
      next: 'docs/data-classes.md shows one; or  sallyport guard check FILE',
    })
  const own = tryOwnClasses(file)
  createGuard({ detectors: own.detectors, classes: own.classes, fields: own.fields, masks: own.masks })
  if (input.flags.json)
    printOne(
      input.io,
      { classes: own.classes.map(({ id }) => id), examples: own.examples },
      { json: input.flags.json as string },
    )
  input.io.say(`${file}: ${counted(own.classes.length, 'class', 'classes')}, ${counted(own.examples, 'example')} held.`)
  return EXIT.ok
}

export const classes: Command = async (input) => {
  const guard = openGuard({ ...input, flags: { ...input.flags, names: false } })
  if (input.flags.markdown) input.io.out(classesPage(guard.tree))
  else
    printRows(
      input.io,
      guard.tree.all.map((entry) => ({ ...entry })),
      [{ field: 'id', title: 'class' }, { field: 'nature' }, { field: 'title', title: 'what it covers' }],
      { json: input.flags.json as string },
    )
  return EXIT.ok
}
