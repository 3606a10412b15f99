// A key that asks for, or has a say over, another key: nothing wider than itself.
import { Fault } from '../core/index.ts'
import type { Trx } from '../store/index.ts'
import { networksOf, originsOf, scopesOf } from './key.ts'
import { type KeyRow, selectKey } from './key-queries.ts'
import { networksInside } from './network.ts'
import type { NewKey } from './new-key.ts'
import { narrower, scopesInside } from './scope.ts'

async function askingKey(trx: Trx, id: string): Promise<KeyRow> {
  const asking = await selectKey(trx, id)
  if (asking?.state !== 'active') throw new Fault('access_denied')
  return asking
}

/** A key that asks for a key passes on everything it is narrowed by; what is asked for within that stays as it is. */
export async function inherit(trx: Trx, input: NewKey, within: string | undefined): Promise<NewKey> {
  if (within === undefined) return input
  const asking = await askingKey(trx, within)
  if (!scopesInside(input.scopes, scopesOf(asking)))
    throw new Fault('access_denied', { detail: 'A key cannot issue a key with wider scopes than its own.' })
  const networks = input.networks ?? networksOf(asking)
  const origins = input.origins ?? originsOf(asking)
  if (!networksInside(networks, networksOf(asking)) || !narrower(origins, originsOf(asking)))
    throw new Fault('access_denied', { detail: 'A key cannot issue a key for networks or origins beyond its own.' })
  return { ...input, ...(networks && { networks }), ...(origins && { origins }) }
}

/** What is there already cannot be narrowed on the way: it has to be no wider than the key that asks. */
export async function checkInside(trx: Trx, row: KeyRow, within: string | undefined): Promise<void> {
  if (within === undefined) return
  const asking = await askingKey(trx, within)
  const inside =
    scopesInside(scopesOf(row), scopesOf(asking)) &&
    networksInside(networksOf(row), networksOf(asking)) &&
    narrower(originsOf(row), originsOf(asking))
  if (!inside) throw new Fault('access_denied', { detail: 'A key has no say over a key that is wider than itself.' })
}
