// The way in: every string of a request is scanned, the policy asked once per class, origin and field, and a rewritten copy
// made, in which no text is a token of a chat template. Invariant: what leaves is what was scanned, edit for edit; the bytes
// are counted both ways and must agree.
import { Fault, type ModelRequest } from '../core/index.ts'
import { type Ask, createBook, type Report } from './ask.ts'
import { escapeRequest } from './injection/escape-request.ts'
import { rewriteRequest } from './input-rewrite.ts'
import { scanRequest } from './input-scan.ts'
import { stringBytes } from './request.ts'
import type { Screen } from './screen.ts'
import type { TreatmentOptions } from './stand-in.ts'
import type { Vault } from './vault.ts'
import type { FoundValue } from './withheld.ts'

const NONE_RESTORED: ReadonlyMap<string, number> = new Map()

export interface InputOptions extends TreatmentOptions {
  /** Tokens of chat templates are broken. */
  readonly escape: boolean
}

export interface ScreenedRequest {
  readonly request: ModelRequest
  readonly report: Report
  readonly values: FoundValue[]
}

/**
 * `raw`: tokens of chat templates are broken in raw prompts too, because rules of the service stand in front of them. Stops
 * wherever others may have their turn.
 */
export function* screenInput(
  request: ModelRequest,
  ask: Ask,
  vault: Vault,
  screen: Screen,
  options: InputOptions,
  raw: boolean,
): Generator<void, ScreenedRequest> {
  const book = createBook('send', ask)
  const scan = yield* scanRequest(request, book, screen, vault.detectors())
  const bytes = scan.scanned + scan.passedBy
  if (stringBytes(request) !== bytes)
    throw new Fault('guard_unavailable', { detail: 'Not every byte of the request was scanned' })
  const issuedBefore = vault.size()
  const treated = scan.found ? rewriteRequest(request, scan, book, vault, options) : { request, change: 0, values: [] }
  // Last: what was masked out of a token may have been all that kept it from being one.
  const sent =
    options.escape && scan.marked
      ? escapeRequest(treated.request, raw)
      : { request: treated.request, count: 0, change: 0 }
  const bytesSent = bytes + treated.change + sent.change
  const bytesForwarded = stringBytes(sent.request)
  if (bytesForwarded !== bytesSent)
    throw new Fault('guard_unavailable', { detail: 'The request changed where it was not scanned' })
  return {
    request: sent.request,
    values: treated.values,
    report: {
      classes: book.classes(),
      treated: book.treated(),
      bytesScanned: bytesSent,
      bytesForwarded,
      rules: book.rules(),
      pseudonyms: { issued: vault.size() - issuedBefore, restored: 0, mutated: 0 },
      restored: NONE_RESTORED,
      invisible: scan.invisible,
      escaped: sent.count,
    },
  }
}
