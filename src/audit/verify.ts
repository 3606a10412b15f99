// Checks that a record is whole: every event under the leaf it was written with, every leaf under every signed checkpoint.
// Works on a stream of tiles, so a year fits in memory, and needs neither the database nor the server that wrote it.
import { type AuditEvent, isObject } from '../core/index.ts'
import { type Frontier, leafHash, push, rootOf } from './merkle.ts'
import { type Checkpoint, type NoteKey, parseCheckpoint, parseNote, signersOf, vouchersOf } from './note.ts'

export type ProblemKind =
  | 'altered' // an event is not the one that was written
  | 'missing' // an event that was written is not there
  | 'repeated' // an event is there twice
  | 'moved' // an event is there, but not in its place
  | 'foreign' // an event that was never written
  | 'truncated' // a checkpoint knows more events than there are
  | 'forked' // a checkpoint was signed over another history
  | 'unsigned' // a checkpoint is not signed by a known key, or is none; events that no signed one covers
  | 'ended twice' // a call has two endings
  | 'hidden' // an event is there, but a search or a count passes over it

export interface Problem {
  readonly kind: ProblemKind
  /** Positions concerned: from (inclusive) to (exclusive). */
  readonly from: number
  readonly to: number
  readonly detail: string
}

export interface Report {
  /** True if nothing is wrong: every event is under a signed checkpoint. */
  readonly ok: boolean
  readonly origin: string
  readonly from: number
  readonly size: number
  readonly root: string
  /** Events below this are under a signed checkpoint. */
  readonly provenTo: number
  /** Checkpoints that were checked and hold. */
  readonly checkpoints: number
  /** Names of the keys that signed them. */
  readonly signers: readonly string[]
  /** Bodies that were read; the rest was deleted by retention and is covered by its hashes. */
  readonly events: number
  /** Calls that are decided and have no ending yet. */
  readonly openCalls: number
  readonly problems: readonly Problem[]
}

export interface VerifyHead {
  readonly origin: string
  readonly from: number
  readonly size: number
  readonly frontier: Frontier
  readonly checkpoints: readonly string[]
}

export interface Verifier {
  /** The leaves of the next tile, and the events that are there for it; undefined where retention deleted them. */
  tile(hashes: readonly Buffer[], bodies: readonly string[] | undefined): void
  /** `others`: what else is wrong, which is no matter of hashes. */
  finish(others?: readonly Problem[]): Report
}

export interface VerifyOptions {
  /** Whose signatures count. Without any, no checkpoint holds. */
  readonly keys: readonly NoteKey[]
  /** Checkpoints from elsewhere: kept by an auditor, a witness, another node. */
  readonly known?: readonly string[]
}

/** Problems told one by one; further ones are only counted in the last. */
const MAX_PROBLEMS = 100
const REMEMBERED_ENDINGS = 100_000

export function createVerifier(head: VerifyHead, { keys, known = [] }: VerifyOptions): Verifier {
  const problems: Problem[] = []
  const tree: Frontier = { size: head.frontier.size, hashes: [...head.frontier.hashes] }
  const signers = new Set<string>()
  const wanted = new Map<number, Checkpoint[]>()
  const calls = createCallCheck((problem) => report(problem))
  let provenTo = 0
  let held = 0
  let forked = false
  let events = 0
  /** How far bodies are not there, and how far the log itself says that retention deleted them. */
  let goneTo = head.from
  let retainedFrom = 0

  function report(problem: Problem): void {
    if (problems.length < MAX_PROBLEMS) problems.push(problem)
  }

  for (const message of new Set([...head.checkpoints, ...known])) {
    const checkpoint = read(message)
    if (!checkpoint) continue
    const { size } = checkpoint
    if (size > head.size) {
      report({ kind: 'truncated', from: head.size, to: size, detail: `a checkpoint was signed over ${size} events` })
    } else if (size >= head.from) wanted.set(size, [...(wanted.get(size) ?? []), checkpoint])
    else if (known.includes(message)) {
      // Whoever gives one wants it compared: silence would pass for that.
      const detail = `the checkpoint over ${size} events lies before what is here and cannot be compared`
      report({ kind: 'unsigned', from: size, to: head.from, detail })
    }
  }
  compare()

  function read(message: string): Checkpoint | undefined {
    const refuse = (detail: string) => report({ kind: 'unsigned', from: 0, to: 0, detail })
    try {
      const note = parseNote(message)
      const checkpoint = parseCheckpoint(note.text)
      const by = vouchersOf(note, checkpoint.size, keys)
      if (by.length === 0 && signersOf(note, keys).length > 0)
        refuse(`the checkpoint over ${checkpoint.size} events is signed with a key that was replaced before`)
      else if (by.length === 0) refuse(`the checkpoint over ${checkpoint.size} events is not signed by a known key`)
      else if (checkpoint.origin !== head.origin) refuse(`the checkpoint is of another log, ${checkpoint.origin}`)
      else {
        for (const { name } of by) signers.add(name)
        return checkpoint
      }
    } catch {
      refuse('not a signed checkpoint')
    }
    return undefined
  }

  /** After each leaf: do the checkpoints over exactly so many leaves agree? */
  function compare(): void {
    const here = wanted.get(tree.size)
    if (!here) return
    const root = rootOf(tree)
    for (const checkpoint of here) {
      if (checkpoint.root.equals(root)) {
        held += 1
        provenTo = tree.size
      } else if (!forked) {
        // Every later checkpoint differs as well; where it began is what matters.
        forked = true
        const detail = `the checkpoint over ${tree.size} events was signed over another history`
        report({ kind: 'forked', from: provenTo, to: tree.size, detail })
      }
    }
  }

  return {
    tile(hashes, bodies) {
      const first = tree.size
      for (const hash of hashes) {
        push(tree, hash)
        compare()
      }
      if (!bodies) {
        // Retention deletes from the oldest on: what is not there after what is has been taken out.
        const detail = `${hashes.length} events are not there, and older ones are`
        if (events > 0) report({ kind: 'missing', from: first, to: tree.size, detail })
        else goneTo = tree.size
        return
      }
      events += bodies.length
      const leaves = bodies.map(leafHash)
      const same = leaves.length === hashes.length && leaves.every((leaf, i) => leaf.equals(hashes[i] as Buffer))
      if (!same) for (const problem of differences(first, hashes, leaves)) report(problem)
      bodies.forEach((body, i) => {
        calls.see(body, first + i)
        retainedFrom = Math.max(retainedFrom, prunedTo(body))
      })
    },
    finish(others = []) {
      if (tree.size < head.size) {
        const detail = `${head.size - tree.size} events are not there`
        report({ kind: 'truncated', from: tree.size, to: head.size, detail })
      } else if (tree.size > head.size)
        report({ kind: 'foreign', from: head.size, to: tree.size, detail: 'there are more events than it says it has' })
      if (goneTo > Math.max(retainedFrom, head.from)) {
        const detail = 'they are not there, and no event tells that retention deleted them'
        report({ kind: 'missing', from: Math.max(retainedFrom, head.from), to: goneTo, detail })
      }
      if (problems.length === 0 && provenTo < tree.size)
        report({ kind: 'unsigned', from: provenTo, to: tree.size, detail: 'no signed checkpoint covers these events' })
      others.forEach(report)
      return {
        ok: problems.length === 0 && held > 0,
        origin: head.origin,
        from: head.from,
        size: tree.size,
        root: rootOf(tree).toString('base64'),
        provenTo,
        checkpoints: held,
        signers: [...signers],
        events,
        openCalls: calls.open,
        problems,
      }
    },
  }
}

/** What is wrong with the events of one tile, given the hashes they were written under. */
function differences(first: number, hashes: readonly Buffer[], leaves: readonly Buffer[]): Problem[] {
  const problems: Problem[] = []
  const at = (kind: ProblemKind, position: number, detail: string) =>
    problems.push({ kind, from: position, to: position + 1, detail })
  const places = new Map(hashes.map((hash, i) => [hash.toString('base64'), i]))
  const found = new Set<number>()
  const unknown: number[] = []
  let last = -1
  leaves.forEach((leaf, i) => {
    const place = places.get(leaf.toString('base64'))
    if (place === undefined) unknown.push(i)
    else if (found.has(place)) at('repeated', first + place, 'the event is there twice')
    else {
      found.add(place)
      if (place < last) at('moved', first + place, 'the event is there, but later than where it was written')
      last = Math.max(last, place)
    }
  })
  const absent = hashes.map((_, i) => i).filter((i) => !found.has(i))
  const spare = [...unknown]
  for (const place of absent) {
    // An unknown event in the gap that this one left is this one, changed.
    const changed = spare.shift()
    if (changed === undefined) at('missing', first + place, 'the event that was written here is not there')
    else at('altered', first + place, 'the event is not the one that was written')
  }
  for (const i of spare) at('foreign', first + Math.min(i, hashes.length), 'the event was never written')
  return problems
}

function createCallCheck(report: (problem: Problem) => void) {
  const open = new Set<string>()
  const ended = new Set<string>()
  return {
    get open() {
      return open.size
    },
    see(body: string, position: number) {
      if (!body.includes('"kind":"call.')) return
      const event = parseEvent(body)
      if (event?.call === undefined) return
      if (event.kind === 'call.decided') open.add(event.call)
      else if (event.kind === 'call.finished') {
        open.delete(event.call)
        if (ended.has(event.call)) {
          report({
            kind: 'ended twice',
            from: position,
            to: position + 1,
            detail: `call ${event.call} has two endings`,
          })
        }
        ended.add(event.call)
        if (ended.size > REMEMBERED_ENDINGS) ended.delete(ended.values().next().value as string)
      }
    },
  }
}

/** Where the events begin that retention had kept when it wrote this; 0 for any other event. */
function prunedTo(body: string): number {
  if (!body.includes('"kind":"audit.pruned"')) return 0
  const event = parseEvent(body)
  return event?.kind === 'audit.pruned' && typeof event.data?.to === 'number' ? event.data.to : 0
}

function parseEvent(body: string): AuditEvent | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? (value as unknown as AuditEvent) : undefined
  } catch {
    return undefined // told as altered: no such event was ever written
  }
}
