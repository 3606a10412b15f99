// Signed checkpoints: what makes a rewritten history visible. One per second while events come in, kept in the database,
// and in a place outside it (the anchor). A log that is shorter than its own newest
// checkpoint was rolled back; the node does not start on it.
import type { KeyObject } from 'node:crypto'
import { type Clock, Fault } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Anchor } from './anchor.ts'
import { verifyConsistency } from './merkle.ts'
import {
  checkpointText,
  countersign,
  type NoteKey,
  noteKey,
  parseCheckpoint,
  parseNote,
  printKey,
  signersOf,
  signNote,
  vouchersOf,
} from './note.ts'
import { createProver } from './proof.ts'
import { insertCheckpoint, latestCheckpoint, readHead, thinCheckpoints } from './queries.ts'
import { createCosigner, type WitnessLink } from './witness.ts'

export interface CheckpointDeps {
  store: Store
  clock: Clock
  /** Name of this log, the same on every node: a schema-less URL such as `sallyport.example/audit`. */
  origin: string
  /** Ed25519 private key. */
  signingKey: KeyObject
  /** Keys of this node before it, and over how many events each has signed at most. */
  retiredKeys?: readonly RetiredKey[]
  anchor?: Anchor | undefined
  /** Asked to sign every checkpoint, one round at a time, beside everything else: an absent witness stops nothing. */
  witnesses?: readonly WitnessLink[]
  /** A witness could not be reached, or refused (`WitnessRefusal`): then this log is not the one that it knows. */
  unwitnessed?: (witness: string, error: unknown) => void
  /** A witness signed. */
  witnessed?: (witness: string) => void
  /** The log does not continue what was signed here: nothing is signed until it does. Told once. */
  rewritten?: (detail: string) => void
  /** Where another node that signs with this key too has written into the log that it replaced it. */
  replacedAt?: (key: string) => Promise<string | undefined>
  /** That was found: this node signs nothing more. Told once. */
  replaced?: (detail: string) => void
}

export interface RetiredKey {
  readonly publicKey: KeyObject
  readonly until: number
}

/** A key that is made and not used yet. */
export interface NextKey {
  readonly key: KeyObject
  /** Makes it the key of this node for good, and its predecessor one that ended at so many events. Durable when it returns. */
  settle(until: number): void
}

export interface Checkpoints {
  /** The key that signs now. */
  readonly key: NoteKey
  /** That one and its predecessors. */
  readonly keys: readonly NoteKey[]
  /** The newest note that this node has signed or kept outside the database. */
  readonly last: string | undefined
  /** @throws Fault `audit_unavailable` if the log is not a continuation of what was signed before */
  check(): Promise<void>
  /** Signs the tree as it is now, unless the newest checkpoint already covers it. Returns the newest note. */
  sign(): Promise<string>
  /**
   * Replaces the key. `announce` writes both keys into the log; the last checkpoint of the old key covers that, and is signed
   * by the new one as well. Nothing is replaced if any of it fails.
   */
  rotate(next: NextKey, announce: (previous: string, next: string) => Promise<void>): Promise<void>
}

/** Older checkpoints are thinned to one an hour. */
const KEEP_ALL_MS = 3_600_000

export function createCheckpoints(deps: CheckpointDeps): Checkpoints {
  const { store, clock, origin, anchor, witnesses = [], unwitnessed = () => {}, witnessed = () => {} } = deps
  let signingKey = deps.signingKey
  let key = noteKey(origin, signingKey)
  let retired: readonly NoteKey[] = (deps.retiredKeys ?? []).map(({ publicKey, until }) => ({
    ...noteKey(origin, publicKey),
    until,
  }))
  const prover = createProver(store.db)
  const cosigners = witnesses.map((link) => ({ name: link.key.name, cosign: createCosigner(link, prover.consistency) }))
  let witnessing = false
  let thinnedAt = clock.now()
  let last: string | undefined
  let told = false
  /** Keys of others under checkpoints here, and what one of them having taken the place of ours is refused with. */
  const others = new Set<number>()
  let replaced: string | undefined

  const refuse = (detail: string): never => {
    throw new Fault('audit_unavailable', { detail })
  }

  /** The name of a log comes from the master key: with another one no key of a caller is known, and nothing sealed can be read. */
  const sameInstallation = ({ text }: ReturnType<typeof parseNote>, where: string): void => {
    if (text.split('\n', 1)[0] !== origin)
      refuse(`${where} belongs to an installation with another master.key; every node needs a copy of the first one's`)
  }

  const holds = async (note: string, where: string, own: boolean): Promise<void> => {
    const parsed = parseNote(note)
    const { size, root } = parseCheckpoint(parsed.text)
    sameInstallation(parsed, where)
    // Another node signed it: `audit verify` is given its key. One of ours that had ended by then is nobody's.
    if (signersOf(parsed, [key, ...retired]).length === 0) return
    if (vouchersOf(parsed, size, [key, ...retired]).length === 0) {
      // Nor does one that lies where other nodes write: one of them may not know yet, and `audit verify` tells of it.
      if (!own) return
      refuse(`${where} is signed with a key that was replaced before`)
    }
    const head = await readHead(store.db)
    if (head.size < size) refuse(`the audit log has ${head.size} events, but ${where} was signed over ${size}`)
    if (!(await prover.rootAt(size)).equals(root)) refuse(`the audit log is not the one that ${where} was signed over`)
  }

  /** Adds the signatures of the witnesses to a checkpoint that is kept already. */
  const witness = async (note: string, size: number): Promise<void> => {
    if (witnessing || cosigners.length === 0) return // the next checkpoint covers this one
    witnessing = true
    let signed = note
    for (const { name, cosign } of cosigners) {
      try {
        signed = await cosign(signed)
        witnessed(name)
      } catch (error) {
        unwitnessed(name, error)
      }
    }
    try {
      const row = { size, time: clock.now(), note: signed }
      if (signed !== note) await store.transaction((trx) => insertCheckpoint(trx, row))
    } finally {
      witnessing = false
    }
  }

  /**
   * Never sign what does not continue what was signed: a witness would refuse it, and so must we. What this node remembers
   * counts as well: who can write the database can delete the checkpoints in it with the events.
   */
  const demandContinuation = async (note: string, size: number, root: Buffer): Promise<void> => {
    const old = parseCheckpoint(parseNote(note).text)
    const goesOn =
      old.size < size
        ? verifyConsistency(old.size, old.root, size, root, await prover.consistency(old.size, size))
        : old.size === size && old.root.equals(root)
    if (goesOn) return
    const detail = `the audit log of ${size} events is not a continuation of the ${old.size} that were signed`
    if (!told) deps.rewritten?.(detail)
    told = true
    refuse(detail)
  }

  /** A key that another node has replaced speaks for nothing from there on, and whoever has that node's keys would be told so. */
  const demandKeyInUse = async (newest: string): Promise<void> => {
    const ids = parseNote(newest).signatures.filter(
      ({ name, id }) => name === origin && id !== key.id && !others.has(id),
    )
    const node = ids.length > 0 ? await deps.replacedAt?.(printKey(key)) : undefined
    for (const { id } of ids) others.add(id)
    if (node !== undefined) {
      replaced = `the key that this node signs with was replaced at ${node}: copy signing.pem and signing.retired from there, and start this node anew`
      deps.replaced?.(replaced)
    }
    if (replaced !== undefined) refuse(replaced)
  }

  /** Another node's signature, and those of witnesses, stay beside ours: each would put its own in place of the other's, on and on. */
  const signatureOver = (text: string, before: string | undefined): string => {
    if (before !== undefined && parseNote(before).text === text) {
      const both = countersign(before, origin, signingKey)
      if (signersOf(parseNote(both), [key]).length > 0) return both
    }
    return signNote(text, origin, signingKey)
  }

  const make = async (): Promise<string> => {
    const newest = await latestCheckpoint(store.db)
    if (newest) await demandKeyInUse(newest.note)
    const { size, root } = await readHead(store.db)
    if (last !== undefined && last !== newest?.note) await demandContinuation(last, size, root)
    if (newest) sameInstallation(parseNote(newest.note), 'its newest checkpoint') // of a node that started at the same moment
    if (newest && newest.size >= size && signersOf(parseNote(newest.note), [key]).length > 0) {
      await demandContinuation(newest.note, size, root)
      last = newest.note // maybe of another node with this key: nor does this one sign what does not continue it
      return newest.note
    }
    if (newest && newest.size < size) await demandContinuation(newest.note, size, root)
    const note = signatureOver(checkpointText({ origin, size, root }), newest?.note)
    const now = clock.now()
    await store.transaction((trx) => insertCheckpoint(trx, { size, time: now, note }))
    last = note
    await anchor?.write(note)
    witness(note, size).catch((error) => unwitnessed('', error))
    if (now - thinnedAt > KEEP_ALL_MS) {
      thinnedAt = now
      await store.transaction((trx) => thinCheckpoints(trx, now - KEEP_ALL_MS, KEEP_ALL_MS))
    }
    return note
  }
  let making: Promise<string> = Promise.resolve('')

  return {
    get key() {
      return key
    },
    get keys() {
      return [key, ...retired]
    },
    get last() {
      return last
    },
    async check() {
      const kept = await anchor?.read()
      if (kept !== undefined) await holds(kept, 'the checkpoint outside the database', true)
      last = kept
      const newest = await latestCheckpoint(store.db)
      if (newest) await holds(newest.note, 'its newest checkpoint', false)
    },
    sign() {
      making = making.catch(() => '').then(make)
      return making
    },
    async rotate(next, announce) {
      making = making
        .catch(() => '')
        .then(async () => {
          // In line with signing: between the announcement and the change this key signs once.
          const successor = noteKey(origin, next.key)
          await announce(printKey(key), printKey(successor))
          const note = countersign(await make(), origin, next.key)
          const { size } = parseCheckpoint(parseNote(note).text)
          await store.transaction((trx) => insertCheckpoint(trx, { size, time: clock.now(), note }))
          await anchor?.write(note)
          next.settle(size)
          retired = [{ ...key, until: size }, ...retired]
          key = successor
          signingKey = next.key
          return note
        })
      await making
    },
  }
}
