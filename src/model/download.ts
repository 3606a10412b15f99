// Fetches one file whose SHA-256 is known beforehand: resumes what was begun, says how far it is, and puts the file in its
// place only if it is the right one. Nothing here is ever started without somebody having asked for it.
import { createWriteStream } from 'node:fs'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isLoopback } from '../config/index.ts'
import { Fault } from '../core/index.ts'
import { identifyFiles } from './model-files.ts'

export interface DownloadInput {
  readonly url: string
  /** Hex. */
  readonly sha256: string
  /** Where the file goes; until it is whole and right it is beside it, as `.part`. */
  readonly file: string
  /** Most bytes; default: 64 GiB. */
  readonly mostBytes?: number
  /** `total` is undefined where the server does not say. */
  readonly progress: (bytes: number, total: number | undefined) => void
  readonly signal?: AbortSignal
  /** Milliseconds without a byte after which the server is given up; the next attempt goes on from there. Default: a minute. */
  readonly idleMs?: number
}

const MOST_REDIRECTS = 5
const MOST_BYTES = 64 * 1024 ** 3
const IDLE_MS = 60_000

/** @throws Fault `not_possible`, `upstream_unavailable`, `upstream_refused`, `upstream_invalid`; what has arrived is kept for the next attempt */
export async function download(input: DownloadInput): Promise<void> {
  const { file, sha256 } = input
  const wanted = sha256.toLowerCase()
  if (await holds(file, wanted)) return
  // A model may be running from it.
  if (await isThere(file)) throw impossible(`${file} is there already and is another file.`)
  const part = `${file}.part`
  const lock = `${part}.lock`
  await takeLock(lock)
  try {
    await fetchInto(part, wanted, input)
  } finally {
    await rm(lock, { force: true })
  }
}

async function fetchInto(part: string, wanted: string, input: DownloadInput): Promise<void> {
  const { file, mostBytes = MOST_BYTES } = input
  let from = await sizeOf(part)
  for (;;) {
    const response = await request(input, from)
    if (response.status === 416 && from > 0) {
      // Everything had arrived already, or it was something else: the digest tells.
      if (await settle(part, file, wanted)) return
      from = 0
      continue
    }
    const total = totalOf(response, from)
    // A server that does not resume sends the whole file again.
    const at = response.status === 206 ? from : 0
    if (total !== undefined && total > mostBytes) throw refused(`The file has ${total} bytes, more than expected.`)
    await receive(response, part, at, total, mostBytes, input)
    if (await settle(part, file, wanted)) return
    throw new Fault('upstream_invalid', {
      detail: `What ${new URL(input.url).host} sent is not the file with the SHA-256 ${wanted}. It was deleted.`,
    })
  }
}

/** Two that write one file spoil it for each other. A lock whose process is gone was left by a crash. */
async function takeLock(lock: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx' })
      return
    } catch (cause) {
      if (!isNodeError(cause) || cause.code !== 'EEXIST')
        throw new Fault('internal', { detail: `${lock} cannot be written.`, cause })
      const owner = Number(await readFile(lock, 'utf8').catch(() => ''))
      if (attempt > 1 || isAlive(owner))
        throw impossible(`This file is being fetched already; if it is not, delete ${lock}.`)
      await rm(lock, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isNodeError(error) && error.code === 'EPERM' // it is somebody else's
  }
}

/** Follows redirects to other https: addresses; plain http: only on this machine. */
async function request({ url, signal, idleMs = IDLE_MS }: DownloadInput, from: number): Promise<Response> {
  let at = new URL(url)
  for (let i = 0; i <= MOST_REDIRECTS; i++) {
    if (at.protocol !== 'https:' && !(at.protocol === 'http:' && isLoopback(at.hostname)))
      throw refused(`${at.protocol}//${at.host} is not taken: files come over https:, or from this machine.`)
    if (at.username !== '' || at.password !== '') throw refused('An address with a password in it is not taken.')
    let response: Response
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), idleMs)
    try {
      response = await fetch(at.href, {
        redirect: 'manual',
        // A compressed body could not be resumed.
        headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
        signal: anyOf(signal, late.signal),
      })
    } catch (cause) {
      throw new Fault('upstream_unavailable', { detail: `${at.host} cannot be reached.`, cause })
    } finally {
      clearTimeout(timer)
    }
    const next = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && next !== null) {
      await response.body?.cancel()
      if (!URL.canParse(next, at.href)) throw refused(`${at.host} redirects to nowhere.`)
      at = new URL(next, at.href)
      continue
    }
    if (response.status === 200 || response.status === 206 || response.status === 416) return response
    await response.body?.cancel()
    throw refused(`${at.host} answers with status ${response.status}.`)
  }
  throw refused('Too many redirects.')
}

async function receive(
  response: Response,
  part: string,
  at: number,
  total: number | undefined,
  mostBytes: number,
  { progress, signal, idleMs = IDLE_MS }: DownloadInput,
): Promise<void> {
  const { body } = response
  if (!body) throw refused('The answer is empty.')
  const idle = new AbortController()
  let timer = setTimeout(() => idle.abort(), idleMs)
  let bytes = at
  progress(bytes, total)
  try {
    await pipeline(
      Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          clearTimeout(timer)
          timer = setTimeout(() => idle.abort(), idleMs)
          bytes += piece.length
          if (bytes > mostBytes) throw refused('The file is larger than expected.')
          progress(bytes, total)
          yield piece
        }
      },
      createWriteStream(part, at > 0 ? { flags: 'r+', start: at } : { flags: 'w' }),
      { signal: anyOf(signal, idle.signal) },
    )
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    if (isNodeError(cause) && cause.syscall === 'write')
      throw new Fault('internal', { detail: `${part} cannot be written (${cause.code}).`, cause })
    throw new Fault('upstream_unavailable', {
      detail: 'The download broke off; the next attempt goes on from there.',
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** Puts a finished file in its place; false, and it is deleted, if it is not the one. */
async function settle(part: string, file: string, wanted: string): Promise<boolean> {
  if (!(await holds(part, wanted))) {
    await rm(part, { force: true })
    return false
  }
  await rename(part, file)
  return true
}

const holds = async (file: string, wanted: string): Promise<boolean> =>
  (await sizeOf(file)) > 0 && (await identifyFiles([file])).digest === wanted

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )

/** Of the whole file, from `content-range` or `content-length`. */
function totalOf(response: Response, from: number): number | undefined {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (response.status === 206 && Number(range?.[1]) !== from) throw refused('The server resumes at another place.')
  const whole = response.status === 206 ? range?.[2] : response.headers.get('content-length')
  const total = Number(whole ?? Number.NaN)
  return Number.isSafeInteger(total) ? total : undefined
}

const anyOf = (one: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  one === undefined ? other : AbortSignal.any([one, other])

const isNodeError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )

const impossible = (detail: string): Fault => new Fault('not_possible', { detail })
const refused = (detail: string): Fault => new Fault('upstream_refused', { detail })
