// The life of a key: issued, rotated with an overlap, suspended, resumed, revoked, given to another owner. The text of a
// key exists once, in the answer that issues it. Rows stay, so that a revoked key is still told apart from a wrong one.
import { timingSafeEqual } from 'node:crypto'
import { Fault, type NewEvent, type PrincipalUid, uidText } from '../core/index.ts'
import { isUniqueViolation, type MakeChange, type Trx } from '../store/index.ts'
import type { Actor } from './actor.ts'
import { FEED_KIND } from './directory.ts'
import { networksOf, originsOf, scopesOf } from './key.ts'
import { insertKey, type KeyRow, selectKey, updateKey } from './key-queries.ts'
import { checkInside, inherit } from './key-within.ts'
import { expiryOf, handleOf, type IssuedKey, type KeyDeps, type KeySettings, type NewKey, newKey } from './new-key.ts'
import { checkReason, unknown } from './principals.ts'
import { holdActive } from './queries.ts'
import { keyIdOf } from './secret.ts'

export interface Keys {
  /** `within`: the key that asks, if one does. What it issues is never wider than itself. */
  issue(input: NewKey, by: Actor, within?: string): Promise<IssuedKey>
  /** `oldDiesAt` in milliseconds since 1970; now or earlier ends the old key at once. */
  rotate(
    id: string,
    options: { oldDiesAt?: number | undefined; expiresAt?: number | undefined },
    by: Actor,
    within?: string,
  ): Promise<IssuedKey & { old: KeyRow; seq: number }>
  suspend(id: string, reason: string, by: Actor, version?: number): Promise<{ row: KeyRow; seq: number }>
  /** As with `issue`: a key brings back no wider one. */
  resume(
    id: string,
    reason: string,
    by: Actor,
    version?: number,
    within?: string,
  ): Promise<{ row: KeyRow; seq: number }>
  revoke(id: string, reason: string, by: Actor, version?: number): Promise<{ row: KeyRow; seq: number }>
  /**
   * Revokes keys that were found where they must not be. Only who has the whole key can report it, and with it could have
   * used it: so no further right is asked for. What is no key of ours is not told apart from what is wrong.
   */
  reportLeaked(texts: readonly string[], by: Actor): Promise<{ revoked: string[] }>
  /** As with `issue`: a key gives nobody's rights to a wider one. */
  transfer(
    id: string,
    owner: PrincipalUid,
    by: Actor,
    version?: number,
    within?: string,
  ): Promise<{ row: KeyRow; seq: number }>
}

export interface KeysDeps extends KeyDeps {
  readonly change: MakeChange
  readonly settings: KeySettings
}

const event = (by: Actor, kind: string, row: KeyRow, rest: Partial<NewEvent> = {}): NewEvent => ({
  ...by,
  kind,
  subject: `key/${row.id}`,
  ...rest,
})
const feed = (...rows: KeyRow[]) => rows.map((row) => ({ kind: FEED_KIND.key, key: row.id }))

export function createKeys(deps: KeysDeps): Keys {
  const { change, clock, hasher, settings } = deps

  /** One step of a key's life, in one statement. What has ended already is not ended again: nothing is done, and that is no fault. */
  const step = async (
    id: string,
    to: { set: Partial<KeyRow>; from: readonly KeyRow['state'][]; kind: string; reason: string },
    by: Actor,
    version: number | undefined,
    within?: string,
  ) => {
    checkReason(to.reason)
    const { value, seq } = await change(async (trx) => {
      const before = await existing(trx, id)
      await checkInside(trx, before, within)
      if (to.set.state === 'active') await holdOwner(trx, { type: before.owner_type, id: before.owner_name })
      const state = { state_at: clock.now(), state_by: by.principal, state_reason: to.reason }
      const row = await updateKey(trx, id, { ...to.set, ...state }, to.from, version)
      if (!row) {
        const now = (await selectKey(trx, id)) ?? before
        const isSo = now.state === to.set.state && (version === undefined || version === now.version)
        if (isSo && to.set.state !== 'active') return { value: now, feed: [], events: [] }
        throw await refusal(trx, before, version)
      }
      return { value: row, feed: feed(row), events: [event(by, to.kind, row, { reason: to.reason })] }
    })
    return { row: value, seq }
  }

  return {
    async issue(input, by, within) {
      const expiresAt = expiryOf(input.expiresAt, clock.now(), settings)
      const { value } = await change(async (trx) => {
        const issued = newKey(deps, await inherit(trx, input, within), by, expiresAt)
        await holdOwner(trx, input.owner)
        await insertKey(trx, issued.row)
        const data = { owner: uidText(input.owner), name: input.name, expiresAt }
        return { value: issued, feed: feed(issued.row), events: [event(by, 'key.created', issued.row, { data })] }
      }).catch(nameTaken(input.name))
      return value
    },

    async rotate(id, options, by, within) {
      const now = clock.now()
      const diesAt = options.oldDiesAt ?? now + settings.defaultOverlapSeconds * 1000
      if (!Number.isSafeInteger(diesAt) || diesAt > now + settings.longestOverlapSeconds * 1000)
        throw new Fault('validation_failed', {
          detail: `The old key ends at most ${settings.longestOverlapSeconds / 86_400} days after the rotation.`,
          data: { param: 'oldDiesAt' },
        })
      const { value, seq } = await change(async (trx) => {
        const before = await existing(trx, id)
        if (before.replaced_by !== null || before.expires_at <= now)
          throw new Fault('not_possible', {
            detail: before.replaced_by === null ? 'The key has expired.' : 'The key has been rotated already.',
          })
        const owner: PrincipalUid = { type: before.owner_type, id: before.owner_name }
        const lifetime = Math.min(before.expires_at - before.created_at, settings.longestLifetimeSeconds * 1000)
        const same: NewKey = {
          owner,
          name: before.name,
          purpose: before.purpose ?? undefined,
          scopes: scopesOf(before),
          networks: networksOf(before),
          origins: originsOf(before),
        }
        const wanted = await inherit(trx, same, within)
        const heir = newKey(deps, wanted, by, expiryOf(options.expiresAt ?? now + lifetime, clock.now(), settings))
        await holdOwner(trx, owner)
        // The handle passes from the old key to the new one, so the old one lets go first.
        const old = await updateKey(
          trx,
          id,
          {
            handle: null,
            dies_at: Math.max(diesAt, now),
            replaced_by: heir.row.id,
            state_at: now,
            state_by: by.principal,
          },
          ['active'],
          before.version,
        )
        if (!old) throw await refusal(trx, before, undefined)
        const row = { ...heir.row, rotated_from: id }
        await insertKey(trx, row)
        const data = { replacedBy: row.id, diesAt: old.dies_at }
        return {
          value: { row, text: heir.text, old },
          feed: feed(old, row),
          events: [
            event(by, 'key.rotated', old, { data }),
            event(by, 'key.created', row, {
              data: { owner: uidText(owner), name: row.name, expiresAt: row.expires_at },
            }),
          ],
        }
      })
      return { ...value, seq }
    },

    suspend: (id, reason, by, version) =>
      step(id, { set: { state: 'suspended' }, from: ['active'], kind: 'key.suspended', reason }, by, version),

    resume: (id, reason, by, version, within) =>
      step(id, { set: { state: 'active' }, from: ['suspended'], kind: 'key.resumed', reason }, by, version, within),

    revoke: (id, reason, by, version) =>
      step(
        id,
        { set: { state: 'revoked', handle: null }, from: ['active', 'suspended'], kind: 'key.revoked', reason },
        by,
        version,
      ),

    async reportLeaked(texts, by) {
      const { value } = await change(async (trx) => {
        const rows: KeyRow[] = []
        for (const text of new Set(texts)) {
          const id = keyIdOf(text)
          const row = id === undefined ? undefined : await selectKey(trx, id)
          const hash = row && hasher.hash(text, row.pepper_version)
          if (!row || !hash || !timingSafeEqual(hash, row.hash)) continue
          const state = { state_at: clock.now(), state_by: by.principal, state_reason: 'leaked' }
          const gone = await updateKey(trx, row.id, { ...state, state: 'revoked', handle: null }, [
            'active',
            'suspended',
          ])
          if (gone) rows.push(gone)
        }
        return {
          value: { revoked: rows.map((row) => row.id) },
          feed: feed(...rows),
          events: rows.map((row) => event(by, 'key.revoked', row, { reason: 'leaked' })),
        }
      })
      return value
    },

    async transfer(id, owner, by, version, within) {
      const { value, seq } = await change(async (trx) => {
        const before = await existing(trx, id)
        await checkInside(trx, before, within)
        await holdOwner(trx, owner)
        const set = {
          owner_type: owner.type,
          owner_name: owner.id,
          ...(before.handle !== null && { handle: handleOf(owner, before.name) }),
        }
        const row = await updateKey(trx, id, set, ['active', 'suspended'], version)
        if (!row) throw await refusal(trx, before, version)
        const data = { from: uidText({ type: before.owner_type, id: before.owner_name }), to: uidText(owner) }
        return { value: row, feed: feed(row), events: [event(by, 'key.transferred', row, { data })] }
      }).catch(nameTaken('this name'))
      return { row: value, seq }
    },
  }
}

const nameTaken =
  (name: string) =>
  (error: unknown): never => {
    if (!isUniqueViolation(error)) throw error
    throw new Fault('already_exists', {
      detail: `This owner has a key called ${JSON.stringify(name)}; rotate or revoke that one.`,
      data: { param: 'name' },
      cause: error,
    })
  }

async function holdOwner(trx: Trx, owner: PrincipalUid) {
  if (!(await holdActive(trx, owner)))
    throw new Fault('not_possible', {
      detail: `There is no active ${owner.type.toLowerCase()} "${owner.id}" to own a key.`,
    })
}

async function existing(trx: Trx, id: string): Promise<KeyRow> {
  const row = await selectKey(trx, id)
  if (!row) throw unknown({ type: 'Key', id })
  return row
}

async function refusal(trx: Trx, before: KeyRow, version: number | undefined): Promise<Fault> {
  const now = (await selectKey(trx, before.id)) ?? before
  return version !== undefined && now.version !== version
    ? new Fault('precondition_failed')
    : new Fault('not_possible', { detail: `The key is ${now.state}.` })
}
