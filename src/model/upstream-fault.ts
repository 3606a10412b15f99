// What went wrong with an upstream, as a Fault. The upstream's own words never reach the caller: they may quote the prompt,
// a key, or text that no guard has seen.
import { Fault, isObject } from '../core/index.ts'

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'])

/** A transport error. `answering`: status and headers had arrived. */
export function upstreamFault(error: Error, answering: boolean): Fault {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (TIMEOUTS.has(code)) return new Fault('upstream_timeout', { cause: error })
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_RESPONSE_STATUS_CODE')
    return new Fault('upstream_invalid', { detail: 'The model server does not speak HTTP.', cause: error })
  if (answering) return brokenOff(error)
  if (
    code.includes('CERT') ||
    code.includes('TLS') ||
    code.includes('SSL') ||
    code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  )
    return new Fault('upstream_unavailable', {
      detail: "The model server's certificate could not be verified.",
      cause: error,
    })
  return new Fault('upstream_unavailable', { cause: error })
}

export const brokenOff = (cause?: unknown): Fault =>
  new Fault('upstream_invalid', { detail: 'The model server broke off in the middle of its answer.', cause })

export const unusable = (detail: string): Fault => new Fault('upstream_invalid', { detail })

/** An error object inside an answer that had begun with 200; of it only a number is looked at. */
export const errorInAnswer = (error?: unknown): Fault =>
  isObject(error) && isBusy(error.code)
    ? busy()
    : new Fault('upstream_refused', { detail: 'The model server reported an error instead of going on.' })

/** Too many calls of the gateway's, of everybody's, and the last as Anthropic and who follows it say it. */
const BUSY: readonly unknown[] = [429, 503, 529]
const isBusy = (status: unknown): boolean => BUSY.includes(status)

/** Without a time from the server none is made up: client libraries have their own. */
const busy = (retryAfter?: string, detail = 'The model server is busy.'): Fault => {
  const seconds = waitSeconds(retryAfter)
  return new Fault('overloaded', {
    detail,
    ...(seconds === undefined ? {} : { data: { retryAfterSeconds: seconds } }),
  })
}

/** Words of a refusal body that say the prompt was too long; the body itself is never shown. */
const TOO_LONG =
  /context_length_exceeded|exceed_context_size|maximum context length|exceeds the available context|context (?:size|length|window)/i

/** llama.cpp's server, with 503. */
const LOADING = /loading model/i

/**
 * What callers can help, by the words that vLLM, llama.cpp's server and Ollama have for it, whatever their status. Of several
 * the first counts.
 */
const CAUSES: readonly (readonly [words: RegExp, detail: string])[] = [
  [
    /does not support tools|tool choice requires --enable-auto-tool-choice/i,
    'The model takes no tools, at least not as its server was started.',
  ],
  [/does not support thinking/i, 'The model has no reasoning that could be asked for.'],
  [
    /(?:image|audio|video) input is not supported|data required for image input|at most 0 (?:image|audio|video)/i,
    'The model takes no images, sound or video.',
  ],
  [
    /not support(?: the)? (?:embed|['"]embed)/i,
    'The model makes no embeddings, at least not as its server was started.',
  ],
  [/does not support (?:the )?(?:chat|generat|completion)/i, 'The model answers no chats and completions.'],
  [/does not support insert/i, 'The model completes no text in the middle.'],
  [/parse tool call arguments/i, 'The arguments of a tool call in the conversation are not JSON.'],
  [
    /continue an assistant message|assistant messages at the end/i,
    'The model cannot go on from how the conversation ends.',
  ],
  [/logprobs is not supported with tools/i, 'The model server has no log probabilities in a stream with tools.'],
  [
    /initialize samplers|json schema error|(?:failed to parse|invalid) grammar/i,
    'The model server cannot hold an answer to this schema.',
  ],
]

/** A status other than 200. `body` is looked at for known causes only. */
export function refusedByUpstream(status: number, body: string, retryAfter: string | undefined): Fault {
  if (status >= 300 && status < 400)
    return unusable('The model server answered with a redirect, which is not followed.')
  if (status === 401 || status === 403)
    return new Fault('upstream_refused', { detail: "The model server refused the gateway's own credential." })
  if (isBusy(status)) return busy(retryAfter, LOADING.test(body) ? 'The model server is loading the model.' : undefined)
  if (status === 408 || status === 504) return new Fault('upstream_timeout')
  const invalid = status === 400 || status === 413 || status === 422
  if ((invalid || status === 500) && TOO_LONG.test(body)) return new Fault('context_length_exceeded')
  const cause = CAUSES.find(([words]) => words.test(body))
  if (cause) return new Fault('request_rejected', { detail: cause[1] })
  if (invalid) return new Fault('request_rejected')
  if (status === 404)
    return new Fault('upstream_refused', { detail: 'The model server does not have this model or this route.' })
  return new Fault('upstream_refused', { detail: `The model server answered with status ${status}.` })
}

/** `retry-after` in seconds or as a date. Nonsense is as good as nothing, and nobody is sent away for more than an hour. */
function waitSeconds(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined || retryAfter.length > 64) return undefined
  const said = retryAfter.trim()
  if (/^\d+(?:\.\d+)?$/.test(said)) return Math.min(Number(said), LONGEST_WAIT_SECONDS)
  // Only as HTTP writes it: `Date.parse` makes a year out of almost any number.
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(said)
    ? Date.parse(said)
    : Number.NaN
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, (at - Date.now()) / 1000), LONGEST_WAIT_SECONDS)
}
const LONGEST_WAIT_SECONDS = 3600
