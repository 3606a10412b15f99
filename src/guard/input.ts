// The way in: every string of a request is scanned, the policy asked once per class, origin and field, and a rewritten copy
// made. Invariant: what leaves is what was scanned, edit for edit; the bytes are counted both ways and must agree.
import { Fault, type ModelRequest } from '../core/index.ts'
import { type Ask, createBook, type Report } from './ask.ts'
import { rewriteRequest } from './input-rewrite.ts'
import { scanRequest } from './input-scan.ts'
import { stringBytes } from './request.ts'
import type { Screen } from './screen.ts'
import type { TreatmentOptions } from './stand-in.ts'
import type { Vault } from './vault.ts'
import type { FoundValue } from './withheld.ts'

const NONE_RESTORED: ReadonlyMap<string, number> = new Map()

export function screenInput(
  request: ModelRequest,
  ask: Ask,
  vault: Vault,
  screen: Screen,
  options: TreatmentOptions,
): { request: ModelRequest; report: Report; values: FoundValue[] } {
  const book = createBook('send', ask)
  const issuedBefore = vault.size()
  const scan = scanRequest(request, book, screen, vault.detectors())
  const bytes = scan.scanned + scan.passedBy
  if (stringBytes(request) !== bytes)
    throw new Fault('guard_unavailable', { detail: 'Not every byte of the request was scanned' })
  const sent = scan.found ? rewriteRequest(request, scan, book, vault, options) : { request, change: 0, values: [] }
  const bytesForwarded = stringBytes(sent.request)
  if (bytesForwarded !== bytes + sent.change)
    throw new Fault('guard_unavailable', { detail: 'The request changed where it was not scanned' })
  return {
    request: sent.request,
    values: sent.values,
    report: {
      classes: book.classes(),
      treated: book.treated(),
      bytesScanned: bytes + sent.change,
      bytesForwarded,
      rules: book.rules(),
      pseudonyms: { issued: vault.size() - issuedBefore, restored: 0, mutated: 0 },
      restored: NONE_RESTORED,
      invisible: scan.invisible,
    },
  }
}
