// Exporting the audit log: lines to stdout or to a file, or finished calls to an OpenTelemetry collector. Whatever goes on
// over restarts remembers by itself how far it is: a file by its last line, a collector by a file beside it.
import { realpathSync, statSync } from 'node:fs'
import { appendFile, open, readFile, rename, rm } from 'node:fs/promises'
import type { Collector, Encoding, Found, Taken } from '../audit/index.ts'
import { isLoopback } from '../config/index.ts'
import { systemClock } from '../core/index.ts'
import { filterOf } from './audit.ts'
import type { Command, Input } from './command.ts'
import { EXIT, usage } from './failure.ts'
import { flagText } from './input.ts'

/** Few large writes, and nobody waits longer for an event than this. */
const GATHER = { most: 512, waitMs: 200 }
/** Collectors forget what they do not hear of for some minutes. */
const RETELL_MS = 60_000

export const exportLog: Command = async (input) => {
  const gone = new AbortController()
  const stop = () => gone.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  input.io.unread?.addEventListener('abort', stop)
  try {
    const to = flagText(input, 'to')
    await (to === undefined ? exportLines(input, gone.signal) : exportToCollector(input, to, gone.signal))
    return 0
  } catch (error) {
    if (gone.signal.aborted) return input.io.unread?.aborted ? EXIT.ok : EXIT.interrupted
    throw error
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    stop() // the stream of events ends only when it is told to, and as long as it is open this process does
  }
}

async function exportLines(input: Input, signal: AbortSignal): Promise<void> {
  const alone = ['position', 'signal', 'encoding', 'clearText'].find((name) => input.flags[name] !== undefined)
  if (alone !== undefined) throw usage(`--${alone === 'clearText' ? 'clear-text' : alone} goes with --to`)
  const format = flagText(input, 'format') ?? 'jsonl'
  const out = flagText(input, 'out')
  const { gather, LINE_FORMATS, resumeFile } = await import('../audit/index.ts')
  const known = LINE_FORMATS.find((one) => one === format)
  if (known === undefined && format !== 'archive') throw usage(`--format takes archive, ${LINE_FORMATS.join(', ')}`)
  const given = fromOf(input)
  const goesOn = out !== undefined && known !== undefined
  const filter = goesOn ? await filterOfFile(out, filterOf(input)) : filterOf(input)
  // A file that holds something goes on from there, one that holds nothing begins where it is told to.
  const from = goesOn ? Math.max(await resumeFile(out, known), given) : given
  const lines = await linesOf(input, { ...filter, format, from: String(from) }, signal)
  if (out === undefined) {
    for await (const line of lines) input.io.out(`${line}\n`)
    return
  }
  if (known === undefined) return writeArchive(out, gather(lines, GATHER))
  for await (const some of gather(lines, GATHER)) await appendFile(out, textOf(some), { flush: true })
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/**
 * An archive begins anew, beside the one that is there, and takes its place when it is whole: half of one verifies nothing, and must not
 * cost the one before. A file that was there keeps its mode, a new one is for its owner: who called what is in it.
 */
async function writeArchive(out: string, pieces: AsyncIterable<readonly string[]>): Promise<void> {
  const found = statSync(out, { throwIfNoEntry: false })
  const isFile = found?.isFile() ?? true
  const file = found ? realpathSync(out) : out
  const beside = isFile ? `${file}.next` : out
  // What stands there is half of an archive, or a link that somebody has put in the way.
  if (isFile) await rm(beside, { force: true })
  const archive = await open(beside, isFile ? 'wx' : 'w', found?.mode ?? 0o600)
  let begun = false
  try {
    for await (const some of pieces) {
      await archive.writeFile(textOf(some))
      begun = true
    }
    if (isFile) await archive.sync()
    await archive.close()
    if (isFile && begun) await rename(beside, file)
  } finally {
    await archive.close()
    if (isFile) await rm(beside, { force: true }) // what is whole has its own name by now
  }
}

function fromOf(input: Input): number {
  const text = flagText(input, 'from') ?? '0'
  if (!/^\d{1,15}$/.test(text)) throw usage('--from takes the position of an event, a whole number')
  return Number(text)
}

/** When is no part of what an export is of: it goes on from where it ends, for as long as it is told to. */
const lasting = ({ since: _, until: __, ...filter }: Record<string, string>): string => JSON.stringify(filter)

const otherFilters = (file: string, before: string) =>
  usage(
    `${file} was begun with other filters: ${Object.entries(JSON.parse(before)).flat().join(' ') || 'none'}`,
    'the same filters again, or another file',
  )

const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/**
 * What a file is an export of lies beside it: with other filters it would be neither the one nor the other. Returns the filter to ask
 * with: where the file goes on it is not asked since when, as that would leave a gap.
 */
async function filterOfFile(out: string, filter: Record<string, string>): Promise<Record<string, string>> {
  const beside = `${out}.filter`
  const found = statSync(out, { throwIfNoEntry: false })
  if (found && !found.isFile()) return filter
  const wanted = lasting(filter)
  if (found && found.size > 0) {
    const before = ((await readIfThere(beside)) ?? '{}').trim()
    if (before !== wanted) throw otherFilters(out, before)
    const { since: _, ...rest } = filter
    return rest
  }
  if (wanted === '{}') await rm(beside, { force: true })
  else await writeWhole(beside, `${wanted}\n`)
  return filter
}

const linesOf = async (
  input: Input,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> =>
  (await input.client()).follow('audit.export', { ...query, follow: String(input.flags.follow === true) }, signal)

async function exportToCollector(input: Input, url: string, signal: AbortSignal): Promise<void> {
  const { ENCODINGS, gather, SIGNALS, sendToCollector } = await import('../audit/index.ts')
  const file = flagText(input, 'position')
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw usage('--to takes http://HOST:PORT or https://…')
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '')
    throw usage('--to holds no credentials: OTEL_EXPORTER_OTLP_HEADERS does, and is not seen in lists of processes')
  if (protocol === 'http:' && !isLoopback(hostname) && input.flags.clearText !== true)
    throw usage(
      '--to takes https://… for another machine: who called what would cross the network readable; --clear-text allows it',
    )
  if (file === undefined) throw usage('--to needs --position FILE, so that a restart neither loses nor repeats a call')
  if (flagText(input, 'format') !== undefined || flagText(input, 'out') !== undefined)
    throw usage('--to goes with neither --format nor --out')
  const encoding = flagText(input, 'encoding') ?? 'protobuf'
  if (!Object.hasOwn(ENCODINGS, encoding)) throw usage(`--encoding takes ${Object.keys(ENCODINGS).join(', ')}`)
  const names = flagText(input, 'signal')?.split(',') ?? SIGNALS
  const signals = SIGNALS.filter((one) => names.includes(one))
  if (signals.length !== names.length) throw usage(`--signal takes ${SIGNALS.join(', ')}`)

  const to: Collector = { url, headers: headersOf(input.env), encoding: encoding as Encoding, signals }
  const { since, ...rest } = filterOf(input)
  const of = lasting(rest)
  const kept = await readTaken(file)
  if (kept?.of !== undefined && kept.of !== of) throw otherFilters(file, kept.of)
  const taken = kept ?? { traces: fromOf(input), metrics: fromOf(input) }
  const from = String(Math.min(...signals.map((one) => taken[one])))
  const filter = kept || since === undefined ? rest : { ...rest, since }
  const lines = await linesOf(input, { ...filter, format: 'jsonl', from }, signal)
  await sendToCollector(eventsOf(gather(lines, { ...GATHER, idleMs: RETELL_MS })), to, taken, {
    clock: systemClock,
    keep: (now) => writeWhole(file, `${JSON.stringify({ ...now, of })}\n`),
    say: input.io.say,
    patient: input.flags.follow === true,
    signal,
  })
}

async function* eventsOf(batches: AsyncIterable<readonly string[]>): AsyncGenerator<Found[]> {
  for await (const lines of batches) yield lines.map((line) => JSON.parse(line) as Found)
}

/** As every OpenTelemetry exporter takes them: `name=value,name=value`, with `%20` and the like. Not a flag: they are secret. */
function headersOf({ OTEL_EXPORTER_OTLP_HEADERS: text = '' }: Input['env']): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '')
  try {
    const headers = pairs.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, Math.max(at, 0)).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const
    })
    // What no header can be is said now: later it would look like a collector that does not answer.
    return Object.fromEntries(new Headers(headers.map(([name, value]) => [name, value])))
  } catch {
    throw usage('OTEL_EXPORTER_OTLP_HEADERS holds name=value, with commas between, and %20 and the like in values')
  }
}

/** `of`: the filters it was begun with; not there where an earlier version began it. */
async function readTaken(file: string): Promise<(Taken & { readonly of?: string }) | undefined> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  try {
    const taken = JSON.parse(text) as Taken
    if (Number.isInteger(taken.traces) && Number.isInteger(taken.metrics)) return taken
  } catch {
    // told below
  }
  throw usage(`${file} holds no position of an export`)
}

/** Whole or not at all: half a position would begin again at the first event. */
async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(`${path}.next`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.next`, path)
}
