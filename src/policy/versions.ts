// The life of a bundle: checked, tested, kept as a version, in force on every node or on none. The version, the slot it
// takes, the feed entry and the audit event are one transaction; each node acts on the feed, and a node that cannot
// compile what it is told keeps the last good rules and says so.
import { timingSafeEqual } from 'node:crypto'
import { type Clock, Fault, type NewEvent } from '../core/index.ts'
import { type Changed, type Db, type FeedChange, isUniqueViolation, type MakeChange, type Trx } from '../store/index.ts'
import { type BundleSources, bundleDigest, type CheckedBundle, classesOf, type Problem } from './bundle.ts'
import type { Checker } from './check.ts'
import type { Policy } from './policy.ts'
import { compileBundle, type Program } from './program.ts'
import {
  insertVersion,
  lastVersion,
  type Slot,
  type SlotRow,
  selectHistory,
  selectSlot,
  selectVersion,
  takeSlot,
  type VersionRow,
} from './queries.ts'
import type { TestReport } from './rule-test.ts'

/** Who changes the rules, and with whose permission. */
export type Author = { readonly principal: string } & Pick<
  NewEvent,
  'credential' | 'address' | 'action' | 'decision' | 'rules' | 'policy'
>

export interface VersionInfo {
  readonly version: number
  readonly digest: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly createdBy: string
  readonly reason: string
  /** The version this one repeats: what was gone back to, or what was in the shadow. */
  readonly repeats?: number
}

export interface Prepared {
  readonly bundle: CheckedBundle
  readonly program: Program
  readonly tests: TestReport
}

export interface ChangeOptions {
  readonly reason: string
  readonly by: Author
  /** Refuses with `precondition_failed` unless this version is active at the moment of the change. */
  readonly expected?: number | null
  /** Asked once all is ready, for a check takes seconds: throws if who changes the rules may not any more. */
  readonly still?: () => void
  /** Asked last, with the number of this change: what it throws leaves everything as it was. */
  readonly last?: (trx: Trx, seq: number) => Promise<void>
}

export interface PolicyVersions {
  /** Activates what the store says is in force; `first` becomes version 1 of an empty store. */
  start(first: () => Promise<BundleSources>, by: Author): Promise<void>
  /** For the feed: returns when this node decides by the new rules. */
  follow(changes: readonly FeedChange[]): Promise<void>
  /** Checked, compiled and tested, without effect. Throws Fault `policy_invalid` with the problems or failing tests. */
  prepare(sources: BundleSources): Promise<Prepared>
  apply(sources: BundleSources, options: ChangeOptions): Promise<VersionInfo & { seq: number }>
  /** As `apply`, of what was prepared a moment ago. */
  put(prepared: Prepared, options: ChangeOptions): Promise<VersionInfo & { seq: number }>
  rollback(version: number, options: ChangeOptions): Promise<VersionInfo & { seq: number }>
  /** Asks this bundle beside the active one, without obeying it; undefined ends that. */
  shadow(
    sources: BundleSources | undefined,
    options: ChangeOptions,
  ): Promise<{ version: number | undefined; seq: number }>
  /** Puts the shadow bundle in force. */
  promote(options: ChangeOptions): Promise<VersionInfo & { seq: number }>
  history(limit: number, before?: number): Promise<VersionInfo[]>
  /** @throws Fault `not_found` */
  bundle(version: number): Promise<CheckedBundle>
  readonly active: { readonly version: number; readonly digest: string; readonly revision: number } | undefined
  readonly shadowing: { readonly version: number; readonly program: Program } | undefined
}

export interface VersionsDeps {
  readonly db: Db
  readonly change: MakeChange
  readonly clock: Pick<Clock, 'now'>
  readonly checker: Checker
  readonly policy: Policy
  /** Marks what this installation wrote itself. Without it, and for what bears no such mark, rules are made from their texts anew. */
  readonly seal?: (text: string) => string
  /** Throws a Fault that says what does not hold in the bundle's own classes of data. */
  readonly readClasses?: (text: string) => unknown
  /** Called when the shadow program changes. */
  readonly onShadow?: (program: Program | undefined) => void
  readonly report: (error: unknown) => void
}

/** What the feed calls a change of the rules. */
export const POLICY_FEED = 'policy'

export function createPolicyVersions(deps: VersionsDeps): PolicyVersions {
  const { db, clock } = deps
  let active: PolicyVersions['active']
  let shadowing: PolicyVersions['shadowing']

  /** Two changes at once count to the same next version; the one that the database refuses was too late. */
  const change = async <T>({ still }: ChangeOptions, work: (trx: Trx) => Promise<Changed<T>>) => {
    try {
      return await deps.change(async (trx) => {
        still?.()
        return work(trx)
      })
    } catch (error) {
      throw isUniqueViolation(error) ? moved() : error
    }
  }

  const stored = async (version: number): Promise<CheckedBundle & Sealed> => {
    const row = await selectVersion(db, version)
    if (!row) throw new Fault('not_found', { detail: `There is no version ${version} of the rules.` })
    return readRow(row)
  }

  /** To decide by: the digest names the texts, so what is kept beside them counts only if it was made from them here. */
  const storedProgram = async (version: number): Promise<Program> => {
    const { seal, ...bundle } = await stored(version)
    if (deps.seal && seal !== undefined && sameText(seal, deps.seal(JSON.stringify(bundle))))
      return compileBundle(bundle)
    const checked = await deps.checker.check(bundle.sources)
    if (!('bundle' in checked)) throw invalid(checked.problems)
    return compileBundle(checked.bundle)
  }

  const load = async () => {
    const [slot, beside] = [await selectSlot(db, 'active'), await selectSlot(db, 'shadow')]
    if (slot.version !== null && Number(slot.version) !== active?.version) {
      const program = await storedProgram(Number(slot.version))
      deps.policy.activate(program)
      active = { version: Number(slot.version), digest: program.digest, revision: Number(slot.revision) }
    } else if (active) active = { ...active, revision: Number(slot.revision) }
    const wanted = beside.version === null ? undefined : Number(beside.version)
    if (wanted !== shadowing?.version) {
      shadowing = wanted === undefined ? undefined : { version: wanted, program: await storedProgram(wanted) }
      deps.onShadow?.(shadowing?.program)
    }
  }

  const prepare = async (sources: BundleSources): Promise<Prepared> => {
    const checked = await deps.checker.check(sources)
    if (!('bundle' in checked)) throw invalid(checked.problems)
    const classes = classesOf(sources)
    try {
      if (classes !== undefined) deps.readClasses?.(classes)
    } catch (cause) {
      throw new Fault('policy_invalid', { detail: Fault.from(cause).publicMessage, cause })
    }
    const { tests } = checked
    const program = compileBundle(checked.bundle)
    if (tests.failed > 0)
      throw new Fault('policy_invalid', {
        detail: `${tests.failed} of ${tests.failed + tests.passed} tests of the bundle fail; first ${sayFailure(tests)}`,
        data: { failures: tests.outcomes.filter((outcome) => outcome.failure !== undefined).slice(0, 20) },
      })
    return { bundle: checked.bundle, program, tests }
  }

  /** A version as it was kept, checked anew: what an older release accepted, this one may refuse. */
  const again = async (version: number): Promise<CheckedBundle> =>
    (await prepare((await stored(version)).sources)).bundle

  /** The version that decides, if it is of these very rules: then there is nothing to do. */
  const inForce = async ({ digest }: CheckedBundle, { expected }: ChangeOptions) => {
    const { version } = await selectSlot(db, 'active')
    const row = version === null ? undefined : await selectVersion(db, Number(version))
    const meant = expected === undefined || expected === nullable(version)
    return row?.digest === digest && meant ? { ...infoOf(row), seq: 0 } : undefined
  }

  const keep = async (
    trx: Trx,
    bundle: CheckedBundle,
    options: ChangeOptions,
    repeats?: number,
  ): Promise<VersionRow> => {
    const row: VersionRow = {
      version: (await lastVersion(trx)) + 1,
      digest: bundle.digest,
      bundle: JSON.stringify({ ...bundle, ...(deps.seal && { seal: deps.seal(JSON.stringify(bundle)) }) }),
      created_at: clock.now(),
      created_by: options.by.principal,
      reason: options.reason,
      repeats: repeats ?? null,
    }
    await insertVersion(trx, row)
    return row
  }

  const take = async (trx: Trx, slot: Slot, version: number | null, options: ChangeOptions, seen?: SlotRow) => {
    const before = seen ?? (await selectSlot(trx, slot))
    if (options.expected !== undefined && nullable(before.version) !== options.expected) throw moved()
    const set = { version, changed_at: clock.now(), changed_by: options.by.principal }
    if (!(await takeSlot(trx, slot, Number(before.revision), set))) throw moved()
    return nullable(before.version)
  }

  const event = (kind: string, options: ChangeOptions, version: number | null, data: NewEvent['data']): NewEvent => ({
    ...options.by,
    kind,
    subject: version === null ? 'policy' : `policy/${version}`,
    reason: options.reason,
    ...(data ? { data } : {}),
  })

  const activate = async (bundle: CheckedBundle, options: ChangeOptions, kind: string, repeats?: number) => {
    const { value, seq } = await change(options, async (trx) => {
      const row = await keep(trx, bundle, options, repeats)
      const from = await take(trx, 'active', row.version, options)
      const data = { digest: row.digest, from, ...(repeats === undefined ? {} : { repeats }) }
      return {
        value: infoOf(row),
        feed: [{ kind: POLICY_FEED, key: String(row.version) }],
        events: [event(kind, options, row.version, data)],
        ...(options.last && { last: options.last }),
      }
    })
    return { ...value, seq }
  }

  const put: PolicyVersions['put'] = async ({ bundle }, options) =>
    (await inForce(bundle, options)) ?? activate(bundle, options, 'policy.applied')

  return {
    get active() {
      return active
    },
    get shadowing() {
      return shadowing
    },
    prepare,

    async start(first, by) {
      await load()
      if (active) return
      const { bundle } = await prepare(await first())
      await activate(bundle, { reason: 'first start', by, expected: null }, 'policy.applied').catch(
        (error: unknown) => {
          // Another node of a new installation was first; its rules are the rules.
          if (Fault.from(error).code !== 'precondition_failed') throw error
        },
      )
      await load()
    },

    async follow(changes) {
      if (!changes.some((change) => change.kind === POLICY_FEED)) return
      try {
        await load()
      } catch (error) {
        deps.report(error)
        throw error
      }
    },

    apply: async (sources, options) => put(await prepare(sources), options),
    put,

    async rollback(version, options) {
      const bundle = await again(version)
      return (await inForce(bundle, options)) ?? activate(bundle, options, 'policy.rolled_back', version)
    },

    async shadow(sources, options) {
      const bundle = sources && (await prepare(sources)).bundle
      const { value, seq } = await change(options, async (trx) => {
        const row = bundle && (await keep(trx, bundle, options))
        const version = row?.version ?? null
        await take(trx, 'shadow', version, { reason: options.reason, by: options.by })
        return {
          value: version ?? undefined,
          feed: [{ kind: POLICY_FEED, key: 'shadow' }],
          events: [event('policy.shadowed', options, version, bundle ? { digest: bundle.digest } : undefined)],
        }
      })
      return { version: value, seq }
    },

    async promote(options) {
      const version = nullable((await selectSlot(db, 'shadow')).version)
      if (version === null) throw new Fault('not_possible', { detail: 'No rules are in the shadow slot.' })
      const bundle = await again(version)
      const { value, seq } = await change(options, async (trx) => {
        const beside = await selectSlot(trx, 'shadow')
        if (nullable(beside.version) !== version) throw moved()
        // A version of its own, as after a rollback: the history says who put it in force, and why.
        const row = await keep(trx, bundle, options, version)
        const from = await take(trx, 'active', row.version, options)
        await take(trx, 'shadow', null, { reason: options.reason, by: options.by }, beside)
        return {
          value: infoOf(row),
          feed: [{ kind: POLICY_FEED, key: String(row.version) }],
          events: [event('policy.promoted', options, row.version, { digest: row.digest, from, repeats: version })],
        }
      })
      return { ...value, seq }
    },

    history: async (limit, before) => (await selectHistory(db, limit, before)).map(infoOf),
    bundle: (version) => stored(version),
  }
}

const moved = () => new Fault('precondition_failed', { detail: 'The rules have changed since you looked at them.' })
const nullable = (version: number | null): number | null => (version === null ? null : Number(version))

export function invalid(problems: readonly Problem[]): Fault {
  const [first] = problems
  const place = first?.file ? `${first.file}${first.line === undefined ? '' : `:${first.line}`}: ` : ''
  return new Fault('policy_invalid', {
    detail: `${place}${first?.message ?? 'The bundle is not valid.'}`,
    data: { problems: problems.slice(0, 50) },
  })
}

interface Sealed {
  readonly seal?: string
}

const sameText = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** Reads a stored bundle; what does not carry its own digest is not the version it claims to be. */
function readRow(row: VersionRow): CheckedBundle & Sealed {
  const bundle = JSON.parse(row.bundle) as CheckedBundle & Sealed
  if (bundle.digest !== row.digest || bundleDigest(bundle.sources) !== row.digest)
    throw new Fault('policy_invalid', { detail: `Version ${row.version} of the rules does not match its digest.` })
  return bundle
}

const infoOf = (row: Omit<VersionRow, 'bundle'>): VersionInfo => ({
  version: Number(row.version),
  digest: row.digest,
  createdAt: Number(row.created_at),
  createdBy: row.created_by,
  reason: row.reason,
  ...(row.repeats === null ? {} : { repeats: Number(row.repeats) }),
})

function sayFailure({ outcomes }: TestReport): string {
  const first = outcomes.find(({ failure }) => failure !== undefined)
  return first ? `"${first.name}" (${first.file}): ${first.failure?.replace(/\.$/, '')}.` : ''
}
