// Which conversation a call belongs to, when the client does not say: the same beginning is the same conversation.
import { hash } from 'node:crypto'
import type { ModelRequest } from '../core/index.ts'

/**
 * A digest of everything up to and including the first message of the caller; undefined for what is no conversation. Chat
 * clients send the whole history with every turn, so its beginning names it. Never shown, never reversed.
 */
export function fingerprint(request: ModelRequest): string | undefined {
  if (request.action !== 'chat') return undefined
  const first = request.messages.findIndex((message) => message.role === 'user')
  const beginning = request.messages.slice(0, first + 1)
  return hash('sha256', JSON.stringify([request.model, beginning]), 'base64url')
}
