// A witness (c2sp.org/tlog-witness): signs a checkpoint only if it continues the last one that it signed for that log. It keeps
// nothing but that one, so a log that was rewritten, rolled back or forked cannot get a second history signed, whoever owns
// the log's database and signing key.
import { type KeyObject, sign } from 'node:crypto'
import type { Clock } from '../core/index.ts'
import type { Anchor } from './anchor.ts'
import { verifyConsistency } from './merkle.ts'
import {
  type Checkpoint,
  cosigned,
  type NoteKey,
  noteKey,
  parseCheckpoint,
  parseNote,
  signatureLine,
  signersOf,
  vouchersOf,
} from './note.ts'

export interface WitnessDeps {
  readonly clock: Pick<Clock, 'now'>
  /** Name of the witness, in its verifier key and its signatures. */
  readonly name: string
  /** Ed25519, of the witness alone. */
  readonly key: KeyObject
  /** Logs that are witnessed, by their verifier keys. */
  readonly logs: readonly NoteKey[]
  /** The newest checkpoint that was signed for a log. */
  readonly memory: (origin: string) => Anchor
}

export interface WitnessAnswer {
  /** 200 signed, 400 malformed, 403 not signed by the log, 404 no such log, 409 not from where we are, 422 no continuation. */
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly body: string
}

export interface Witness {
  readonly key: NoteKey
  /** The body of `POST add-checkpoint`. */
  addCheckpoint(request: string): Promise<WitnessAnswer>
}

/** Hashes that a consistency proof can have at most; a longer one is not read. */
const MOST_HASHES = 63

interface Asked {
  readonly old: number
  readonly path: readonly Buffer[]
  readonly note: string
}

/** @throws Error if it is not such a request */
export function parseRequest(text: string): Asked {
  const split = text.indexOf('\n\n')
  const [first = '', ...lines] = text.slice(0, Math.max(split, 0)).split('\n')
  const old = /^old (0|[1-9][0-9]{0,15})$/.exec(first)?.[1]
  const path = lines.map((line) => Buffer.from(line, 'base64'))
  const isPath = path.every((hash, i) => hash.length === 32 && hash.toString('base64') === lines[i])
  if (split < 0 || old === undefined || path.length > MOST_HASHES || !isPath) throw new Error('not a witness request')
  return { old: Number(old), path, note: text.slice(split + 2) }
}

export const printRequest = ({ old, path, note }: Asked): string =>
  `old ${old}\n${path.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`

const answer = (status: WitnessAnswer['status'], body = ''): WitnessAnswer => ({ status, body })

export function createWitness({ clock, name, key: privateKey, logs, memory }: WitnessDeps): Witness {
  const key = noteKey(name, privateKey, 'cosignature')
  /** One request per log after another: two that are judged by the same memory could both be signed. */
  const turns = new Map<string, Promise<unknown>>()

  const judge = async ({ old, path, note }: Asked, asked: Checkpoint): Promise<WitnessAnswer> => {
    const kept = await memory(asked.origin).read()
    const last = kept === undefined ? undefined : parseCheckpoint(parseNote(kept).text)
    const size = last?.size ?? 0
    if (old > asked.size) return answer(400, 'the old size is above the size of the checkpoint\n')
    if (old !== size) return answer(409, `${size}\n`)
    if (last && old === asked.size && !last.root.equals(asked.root)) return answer(409, `${size}\n`)
    if (old === 0 ? path.length > 0 : !verifyConsistency(old, (last as Checkpoint).root, asked.size, asked.root, path))
      return answer(422, 'the checkpoint does not continue the last one\n')
    // Remembered before it is signed: a witness that dies in between has signed nothing that it will not know.
    if (asked.size > size) await memory(asked.origin).write(note)
    const seconds = Math.floor(clock.now() / 1000)
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(BigInt(seconds))
    const signature = sign(null, cosigned(parseNote(note).text, seconds), privateKey)
    return answer(200, signatureLine(key, Buffer.concat([time, signature])))
  }

  return {
    key,
    async addCheckpoint(text) {
      let asked: Asked
      let checkpoint: Checkpoint
      try {
        asked = parseRequest(text)
        checkpoint = parseCheckpoint(parseNote(asked.note).text)
      } catch {
        return answer(400, 'not a request of c2sp.org/tlog-witness\n')
      }
      const { origin } = checkpoint
      const known = logs.filter((log) => log.name === origin)
      if (known.length === 0) return answer(404, 'no such log is witnessed here\n')
      if (vouchersOf(parseNote(asked.note), checkpoint.size, known).length === 0)
        return answer(403, 'not signed by the log\n')
      const turn = (turns.get(origin) ?? Promise.resolve()).catch(() => {}).then(() => judge(asked, checkpoint))
      turns.set(origin, turn)
      return turn
    },
  }
}

/** A witness as the log sees it. */
export interface WitnessLink {
  /** `https://host/path/`; `add-checkpoint` is put behind it. */
  readonly url: string
  /** Its cosignature key. */
  readonly key: NoteKey
}

/** A witness refused to sign because this log is not the one it knows: its database was rolled back or rewritten. */
export class WitnessRefusal extends Error {}

const TIMEOUT_MS = 5000

/**
 * Asks one witness for its signature over a checkpoint; remembers how far it has signed.
 * `consistency` proves that the checkpoint continues the tree of a size.
 */
export function createCosigner(
  { url, key }: WitnessLink,
  consistency: (old: number, size: number) => Promise<readonly Buffer[]>,
): (note: string) => Promise<string> {
  let signed = 0
  const post = (body: string) =>
    fetch(new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`), {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })

  /** The note with the witness's line. @throws WitnessRefusal; Error if it cannot be reached or says nonsense */
  return async function cosign(note: string): Promise<string> {
    const { size } = parseCheckpoint(parseNote(note).text)
    for (let attempt = 0; ; attempt++) {
      const path = await consistency(signed, size)
      const response = await post(printRequest({ old: signed, path, note }))
      const body = (await response.text()).slice(0, 4096)
      if (response.status === 409 && attempt === 0 && /^\d{1,15}\n?$/.test(body)) {
        const known = Number(body)
        if (known > size) throw new WitnessRefusal(`${key.name} has signed ${known} events, but this log has ${size}`)
        if (known === signed) throw new WitnessRefusal(`${key.name} has signed another log of ${known} events`)
        signed = known
        continue
      }
      if (response.status === 409 || response.status === 422)
        throw new WitnessRefusal(`${key.name} says that this log is not a continuation of what it has signed`)
      if (!response.ok) throw new Error(`the witness ${key.name} answered ${response.status}`)
      const cosignedNote = `${note}${body}`
      if (!signersOf(parseNote(cosignedNote), [key]).includes(key))
        throw new Error(`the witness ${key.name} gave a signature that is not its own`)
      signed = size
      return cosignedNote
    }
  }
}
