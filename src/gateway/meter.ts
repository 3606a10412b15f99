// What one call used: tokens as the upstream counted them, or our own count where it does not say; and what the guard saw.
import {
  type Delta,
  type Durations,
  type JsonObject,
  type ModelRequest,
  systemClock,
  type Usage,
} from '../core/index.ts'
import type { ScreenReport } from './ports.ts'

/** Characters per token assumed where nobody counts. English text on common tokenizers has 4 to 4.5; 4 counts high. */
const CHARS_PER_TOKEN = 4

/** No tokenizer has this many characters a token over a text of some length: who says so counts what it had to read anew. */
const MOST_CHARS_PER_TOKEN = 4 * CHARS_PER_TOKEN
/** Tokens of a text that is too short to tell. */
const SHORT = 64

const believed = (told: number, estimated: number): number =>
  estimated > SHORT && told * MOST_CHARS_PER_TOKEN < estimated * CHARS_PER_TOKEN ? estimated : told

export const estimateTokens = (chars: number): number => Math.ceil(chars / CHARS_PER_TOKEN)

/** Tokens of the input, estimated from all its text: what stands in schemas is read by the model as well. */
export function estimateInput(request: ModelRequest): number {
  let chars = 0
  for (const { parts, toolCalls } of request.messages) {
    for (const part of parts) {
      if ('text' in part) chars += part.text?.length ?? 0
      if (part.type === 'document') chars += (part.title ?? part.name ?? '').length
    }
    if (toolCalls) for (const call of toolCalls) chars += call.name.length + call.arguments.length
    chars += 16 // role and separators
  }
  for (const input of request.inputs) chars += input.length
  const { tools, responseFormat, suffix } = request.params
  if (tools) for (const tool of tools) chars += 64 + JSON.stringify(tool).length
  if (responseFormat?.type === 'schema') chars += JSON.stringify(responseFormat).length
  if (suffix !== undefined) chars += suffix.length
  return estimateTokens(chars)
}

export interface Meter {
  input(report: ScreenReport, sent: ModelRequest): void
  /** Waits for what takes the time of others, the client or the model server: none of it is ours. */
  aside<T>(work: PromiseLike<T>): Promise<T>
  /** The call is on its way to the model server. */
  sent(): void
  /** Not the model server ends the call: what it was sent by then has been used, answered or not. */
  left(): void
  /** Counts a batch as it comes from the upstream; returns our estimate of its tokens. */
  output(deltas: readonly Delta[]): number
  /** The first byte of the answer is on its way to the caller. */
  answers(): void
  screened(report: ScreenReport): void
  /** Undefined as long as nothing was used: nothing was received, nor given up by who asked. */
  usage(): Usage | undefined
  /**
   * What limits are charged: as `usage`, but for counts that cannot be. Else the way round a budget is to send a prompt again
   * that a server still has, and counts as one token, or to ask for many answers of which llama.cpp's server counts one.
   */
  charged(): Usage | undefined
  /** As the model server told them. */
  durations(): Durations | undefined
  /** Milliseconds since the call began. */
  elapsed(): number
  /** Of what is charged, input and output together; 0 as long as nothing was used. */
  tokens(): number
  readonly data: JsonObject
  facts(): { usage?: Usage; data?: JsonObject }
}

/** They go to the caller past the guard, which reads text: nothing else than numbers may be among them. */
function onlyNumbers({ total, load, promptEval, eval: said }: Durations): Durations {
  const out: Durations = {}
  if (Number.isSafeInteger(total)) out.total = total as number
  if (Number.isSafeInteger(load)) out.load = load as number
  if (Number.isSafeInteger(promptEval)) out.promptEval = promptEval as number
  if (Number.isSafeInteger(said)) out.eval = said as number
  return out
}

/** Counts from now on; `monotonic` in milliseconds. */
export function createMeter(monotonic = systemClock.monotonic): Meter {
  const began = monotonic()
  const passed = (without = 0) => Math.round((monotonic() - began - without) * 100) / 100
  /** Milliseconds spent by others until now. */
  let others = 0
  let reported: Usage | undefined
  let durations: Durations | undefined
  let inputTokens = 0
  let outputChars = 0
  let prompts = 1
  let choices = 1
  /** Characters of the answer that what was reported knew of: some servers report with the first piece, or with each. */
  let reportedChars = 0
  let underway = false
  let started = false
  const data: JsonObject = {}
  const usage = (): Usage | undefined => {
    if (reported) {
      const since = estimateTokens(outputChars) - estimateTokens(reportedChars)
      return since === 0 ? reported : { ...reported, outputTokens: reported.outputTokens + since }
    }
    return started ? { inputTokens, outputTokens: estimateTokens(outputChars) } : undefined
  }
  const charged = (): Usage | undefined => {
    const told = usage()
    if (!told) return undefined
    const said = estimateTokens(outputChars)
    const input = prompts > 1 ? Math.max(told.inputTokens, inputTokens) : believed(told.inputTokens, inputTokens)
    const output = choices > 1 ? Math.max(told.outputTokens, said) : believed(told.outputTokens, said)
    return input === told.inputTokens && output === told.outputTokens
      ? told
      : { ...told, inputTokens: input, outputTokens: output }
  }
  return {
    data,
    usage,
    charged,
    durations: () => durations,
    elapsed: passed,
    tokens() {
      const used = charged()
      return used ? used.inputTokens + used.outputTokens : 0
    },
    input(report, sent) {
      inputTokens = estimateInput(sent)
      if (sent.action !== 'embed') {
        prompts = Math.max(1, sent.inputs.length)
        choices = prompts * (sent.params.n ?? 1)
      }
      if (report.masked > 0) data.masked = report.masked
    },
    async aside(work) {
      const from = monotonic()
      try {
        return await work
      } finally {
        others += monotonic() - from
      }
    },
    sent() {
      data.sentMs = passed(others)
      underway = true
    },
    left() {
      started ||= underway
    },
    output(deltas) {
      if (!started) data.firstMs = passed()
      started = true
      const before = outputChars
      for (const delta of deltas) {
        if (delta.type === 'usage') {
          reported = delta.usage
          reportedChars = outputChars
          durations = delta.durations && onlyNumbers(delta.durations)
        } else if (delta.type === 'tool') outputChars += delta.arguments.length
        else if ('text' in delta) outputChars += delta.text.length
      }
      return estimateTokens(outputChars) - estimateTokens(before)
    },
    answers() {
      data.overheadMs ??= passed(others)
    },
    screened(report) {
      Object.assign(data, report.facts)
    },
    facts() {
      const used = usage()
      const all = charged()
      if (all && all !== used) data.charged = all.inputTokens + all.outputTokens
      return { data, ...(used === undefined ? {} : { usage: used }) }
    },
  }
}
