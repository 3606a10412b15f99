// Signed checkpoints: what makes a rewritten history visible. One per second while events come in, kept in the database,
// and in a place outside it (the anchor). A log that is shorter than its own newest
// checkpoint was rolled back; the node does not start on it.
import type { KeyObject } from 'node:crypto'
import { type Clock, Fault } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Anchor } from './anchor.ts'
import { verifyConsistency } from './merkle.ts'
import { checkpointText, type NoteKey, noteKey, parseCheckpoint, parseNote, signersOf, signNote } from './note.ts'
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
  anchor?: Anchor | undefined
  /** Asked to sign every checkpoint, one round at a time, beside everything else: an absent witness stops nothing. */
  witnesses?: readonly WitnessLink[]
  /** A witness could not be reached, or refused (`WitnessRefusal`): then this log is not the one that it knows. */
  unwitnessed?: (witness: string, error: unknown) => void
}

export interface Checkpoints {
  readonly key: NoteKey
  /** @throws Fault `audit_unavailable` if the log is not a continuation of what was signed before */
  check(): Promise<void>
  /** Signs the tree as it is now, unless the newest checkpoint already covers it. Returns the newest note. */
  sign(): Promise<string>
}

/** Older checkpoints are thinned to one an hour. */
const KEEP_ALL_MS = 3_600_000

export function createCheckpoints(deps: CheckpointDeps): Checkpoints {
  const { store, clock, origin, signingKey, anchor, witnesses = [], unwitnessed = () => {} } = deps
  const key = noteKey(origin, signingKey)
  const prover = createProver(store.db)
  const cosigners = witnesses.map((link) => ({ name: link.key.name, cosign: createCosigner(link, prover.consistency) }))
  let witnessing = false
  let thinnedAt = clock.now()

  const refuse = (detail: string): never => {
    throw new Fault('audit_unavailable', { detail })
  }

  const holds = async (note: string, where: string): Promise<void> => {
    const parsed = parseNote(note)
    if (signersOf(parsed, [key]).length === 0) return // signed under another key; `audit verify` is given both
    const { size, root } = parseCheckpoint(parsed.text)
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

  const make = async (): Promise<string> => {
    const newest = await latestCheckpoint(store.db)
    const { size, root } = await readHead(store.db)
    if (newest && newest.size >= size && signersOf(parseNote(newest.note), [key]).length > 0) return newest.note
    if (newest && newest.size < size) {
      // Never sign what does not continue what was signed: a witness would refuse it, and so must we.
      const old = parseCheckpoint(parseNote(newest.note).text)
      const path = await prover.consistency(old.size, size)
      if (!verifyConsistency(old.size, old.root, size, root, path))
        refuse('the audit log is not a continuation of itself')
    }
    const note = signNote(checkpointText({ origin, size, root }), origin, signingKey)
    const now = clock.now()
    await store.transaction((trx) => insertCheckpoint(trx, { size, time: now, note }))
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
    key,
    async check() {
      const kept = await anchor?.read()
      if (kept !== undefined) await holds(kept, 'the checkpoint outside the database')
      const newest = await latestCheckpoint(store.db)
      if (newest) await holds(newest.note, 'its newest checkpoint')
    },
    sign() {
      making = making.catch(() => '').then(make)
      return making
    },
  }
}
