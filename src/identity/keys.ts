// The life of a key: issued, rotated with an overlap, suspended, resumed, revoked, given to another owner. The text of a
// key exists once, in the answer that issues it. Rows stay, so that a revoked key is still told apart from a wrong one.
import { timingSafeEqual } from 'node:crypto'
import {
  type Clock,
  Fault,
  type NewEvent,
  type PrincipalUid,
  type RandomBytes,
  type Scopes,
  uidText,
} from '../core/index.ts'
import { isUniqueViolation, type MakeChange, type Trx } from '../store/index.ts'
import type { Actor } from './actor.ts'
import { FEED_KIND } from './directory.ts'
import { networksOf, originsOf, scopesOf } from './key.ts'
import { insertKey, type KeyRow, selectKey, updateKey } from './key-queries.ts'
import { checkName } from './name.ts'
import { parseNetworks } from './network.ts'
import { checkReason, unknown } from './principals.ts'
import { holdActive } from './queries.ts'
import { checkList, checkOrigins, narrower, scopesInside } from './scope.ts'
import { type KeyHasher, keyIdOf, lastFourOf, newKeyText } from './secret.ts'

export interface NewKey {
  readonly owner: PrincipalUid
  readonly name: string
  readonly purpose?: string | undefined
  /** Milliseconds since 1970; the default lifetime if missing. */
  readonly expiresAt?: number | undefined
  readonly scopes?: Scopes | undefined
  readonly networks?: readonly string[] | undefined
  readonly origins?: readonly string[] | undefined
}

/** `text` is the only copy of the key there will ever be. */
export interface IssuedKey {
  readonly row: KeyRow
  readonly text: string
}

export interface KeySettings {
  readonly defaultLifetimeSeconds: number
  readonly longestLifetimeSeconds: number
  /** How long the old key of a rotation goes on, unless said otherwise; and at most. */
  readonly defaultOverlapSeconds: number
  readonly longestOverlapSeconds: number
}

export const KEY_SETTINGS: KeySettings = {
  defaultLifetimeSeconds: 90 * 86_400,
  longestLifetimeSeconds: 366 * 86_400,
  defaultOverlapSeconds: 86_400,
  longestOverlapSeconds: 7 * 86_400,
}

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

export interface KeysDeps {
  change: MakeChange
  clock: Pick<Clock, 'now'>
  random: RandomBytes
  hasher: KeyHasher
  settings: KeySettings
}

const handleOf = (owner: PrincipalUid, name: string) => `${uidText(owner)} ${name}`
const json = (list: readonly string[] | undefined): string | null => (list ? JSON.stringify(list) : null)
const event = (by: Actor, kind: string, row: KeyRow, rest: Partial<NewEvent> = {}): NewEvent => ({
  ...by,
  kind,
  subject: `key/${row.id}`,
  ...rest,
})
const feed = (...rows: KeyRow[]) => rows.map((row) => ({ kind: FEED_KIND.key, key: row.id }))

export function createKeys({ change, clock, random, hasher, settings }: KeysDeps): Keys {
  const newRow = (input: NewKey, by: Actor, expiresAt: number): IssuedKey => {
    const { id, text } = newKeyText('spk', random)
    const hash = hasher.hash(text, hasher.current)
    if (!hash) throw new Fault('internal', { cause: new Error('the current pepper is missing') })
    const now = clock.now()
    const row: KeyRow = {
      id,
      prefix: 'spk',
      name: checkName(input.name),
      handle: handleOf(input.owner, input.name),
      owner_type: input.owner.type,
      owner_name: input.owner.id,
      hash,
      pepper_version: hasher.current,
      last4: lastFourOf(text),
      state: 'active',
      state_at: now,
      state_by: by.principal,
      state_reason: null,
      purpose: input.purpose === undefined ? null : checkReason(input.purpose),
      created_at: now,
      created_by: by.principal,
      expires_at: expiresAt,
      dies_at: null,
      rotated_from: null,
      replaced_by: null,
      actions: json(checkList(input.scopes?.actions, 'actions')),
      models: json(checkList(input.scopes?.models, 'models')),
      networks: json(input.networks && parseNetworks([...new Set(input.networks)]).texts),
      origins: json(checkOrigins(input.origins)),
      version: 1,
    }
    return { row, text }
  }

  const checkExpiry = (wanted: number | undefined): number => {
    const now = clock.now()
    const expiresAt = wanted ?? now + settings.defaultLifetimeSeconds * 1000
    const latest = now + settings.longestLifetimeSeconds * 1000
    if (!Number.isSafeInteger(expiresAt) || expiresAt <= now || expiresAt > latest)
      throw new Fault('validation_failed', {
        detail: `A key ends in the future and at most ${Math.floor(settings.longestLifetimeSeconds / 86_400)} days from now.`,
        data: { param: 'expiresAt' },
      })
    return expiresAt
  }

  const holdOwner = async (trx: Trx, owner: PrincipalUid) => {
    if (!(await holdActive(trx, owner)))
      throw new Fault('not_possible', {
        detail: `There is no active ${owner.type.toLowerCase()} "${owner.id}" to own a key.`,
      })
  }

  const askingKey = async (trx: Trx, id: string): Promise<KeyRow> => {
    const asking = await selectKey(trx, id)
    if (asking?.state !== 'active') throw new Fault('access_denied')
    return asking
  }

  /** A key that asks for a key passes on everything it is narrowed by. */
  const inherit = async (trx: Trx, input: NewKey, within: string | undefined): Promise<NewKey> => {
    if (within === undefined) return input
    const asking = await askingKey(trx, within)
    if (!scopesInside(input.scopes, scopesOf(asking)))
      throw new Fault('access_denied', { detail: 'A key cannot issue a key with wider scopes than its own.' })
    const networks = networksOf(asking)
    const origins = originsOf(asking)
    return { ...input, ...(networks && { networks }), ...(origins && { origins }) }
  }

  /** What is there already cannot be narrowed on the way: it has to be no wider than the key that asks. */
  const checkInside = async (trx: Trx, row: KeyRow, within: string | undefined): Promise<void> => {
    if (within === undefined) return
    const asking = await askingKey(trx, within)
    const inside =
      scopesInside(scopesOf(row), scopesOf(asking)) &&
      narrower(networksOf(row), networksOf(asking)) &&
      narrower(originsOf(row), originsOf(asking))
    if (!inside) throw new Fault('access_denied', { detail: 'A key has no say over a key that is wider than itself.' })
  }

  const existing = async (trx: Trx, id: string): Promise<KeyRow> => {
    const row = await selectKey(trx, id)
    if (!row) throw unknown({ type: 'Key', id })
    return row
  }

  /** One step of a key's life, in one statement: of two people at once, one gets `not_possible`. */
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
      if (!row) throw await refusal(trx, before, version)
      return { value: row, feed: feed(row), events: [event(by, to.kind, row, { reason: to.reason })] }
    })
    return { row: value, seq }
  }

  const refusal = async (trx: Trx, before: KeyRow, version: number | undefined): Promise<Fault> => {
    const now = (await selectKey(trx, before.id)) ?? before
    return version !== undefined && now.version !== version
      ? new Fault('precondition_failed')
      : new Fault('not_possible', { detail: `The key is ${now.state}.` })
  }

  return {
    async issue(input, by, within) {
      const expiresAt = checkExpiry(input.expiresAt)
      const { value } = await change(async (trx) => {
        const issued = newRow(await inherit(trx, input, within), by, expiresAt)
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
        const heir = newRow(await inherit(trx, same, within), by, checkExpiry(options.expiresAt ?? now + lifetime))
        await holdOwner(trx, owner)
        // The handle passes from the old key to the new one, so the old one lets go first.
        const old = await updateKey(
          trx,
          id,
          { handle: null, dies_at: Math.max(diesAt, now), replaced_by: heir.row.id },
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
