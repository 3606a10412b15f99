// Readers of OpenAI's answers. The stream reader learns what a chunk that carries only text looks like and from then on cuts
// the text out of equal chunks instead of parsing them: chunks of one stream differ in nothing else.
import { type Delta, type Fault, isObject } from '../core/index.ts'
import {
  type Asked,
  checkNamed,
  createLogprobsCheck,
  type OpenaiReading,
  readChunk,
  readEmbeddings,
  type Wanted,
} from './openai-read.ts'
import { createSseReader } from './sse.ts'
import { type AnswerReader, MOST_ANSWER_CHARACTERS, parseAnswer } from './upstream.ts'
import { brokenOff, errorInAnswer, unusable } from './upstream-fault.ts'

export function createOpenaiStreamReader(how: Asked): AnswerReader {
  const reading: OpenaiReading = { ...how, toolCalls: new Map() }
  let out: Delta[] = []
  let finished = false
  const open = new Set<number>()
  const closed = new Set<number>()
  const template = createTemplate()
  const logprobs = createLogprobsCheck(reading.logprobs)

  const onEvent = (data: string, event: string) => {
    if (finished) return
    if (event === 'error') throw errorEvent(data)
    if (data === '[DONE]') {
      finished = true
      return
    }
    const text = template.match(data)
    if (text !== undefined) {
      if (text === '') return
      const delta: Delta = { type: 'text', choice: 0, text }
      logprobs.see(delta)
      out.push(delta)
      return
    }
    const value = parseAnswer(data)
    // llama.cpp's server begins a completion of several prompts so.
    if (value === null) return
    const from = out.length
    readChunk(value, reading, out)
    for (let index = from; index < out.length; index++) {
      const delta = out[index] as Delta
      logprobs.see(delta)
      if (delta.type === 'usage' || delta.type === 'embedding') continue
      open.add(delta.choice)
      if (delta.type === 'finish') closed.add(delta.choice)
    }
    template.learn(data, value)
  }
  const events = createSseReader(onEvent)
  const take = (): Delta[] => {
    const deltas = out
    out = []
    return deltas
  }

  return {
    push(text) {
      events.push(text)
      return take()
    },
    over: () => finished,
    end() {
      events.end()
      // Some servers leave out [DONE], some the finish reason. With neither, the answer was cut off.
      if (!finished && (closed.size === 0 || closed.size < open.size)) throw brokenOff()
      checkChoices(open.size, reading)
      logprobs.end()
      for (const choice of open) {
        if (closed.has(choice)) continue
        checkNamed(choice, reading)
        out.push({ type: 'finish', choice, reason: 'stop' })
      }
      return take()
    },
  }
}

/** Of several prompts, or several answers to one, none is left out. */
function checkChoices(given: number, { choices }: Asked): void {
  if (given === 0) throw unusable('The model server answered without a choice.')
  if (given < choices) throw unusable('The model server gave fewer answers than were asked for.')
}

/** An event of this name is no piece of an answer, whatever it says. */
function errorEvent(data: string): Fault {
  try {
    const value = parseAnswer(data)
    return errorInAnswer(isObject(value) ? (value.error ?? value) : undefined)
  } catch {
    return errorInAnswer()
  }
}

/** A body that is read as a whole. */
export function createWholeReader(read: (value: unknown, out: Delta[]) => void): AnswerReader {
  let body = ''
  return {
    push(text) {
      body += text
      if (body.length > MOST_ANSWER_CHARACTERS) throw unusable('The model server answered more than can be taken.')
      return []
    },
    end() {
      const out: Delta[] = []
      read(parseAnswer(body), out)
      return out
    },
  }
}

export const createOpenaiWholeReader = (asked: Asked): AnswerReader =>
  createWholeReader((value, out) => {
    const reading: OpenaiReading = { ...asked, toolCalls: new Map() }
    readChunk(value, reading, out)
    checkChoices(new Set(out.flatMap((delta) => (delta.type === 'finish' ? [delta.choice] : []))).size, reading)
    const logprobs = createLogprobsCheck(reading.logprobs)
    for (const delta of out) logprobs.see(delta)
    logprobs.end()
  })

export const createOpenaiEmbeddingReader = (wanted: Wanted): AnswerReader =>
  createWholeReader((value, out) => readEmbeddings(value, wanted, out))

/** A stream whose chunks never repeat is parsed to the end; learning anew for each would only cost. */
const MOST_LESSONS = 32

interface Template {
  /** The text of a chunk that equals the learned one in all else; undefined if it must be parsed. */
  match(data: string): string | undefined
  learn(data: string, value: unknown): void
}

function createTemplate(): Template {
  let prefix: string | undefined
  let suffix = ''
  let lessons = 0
  return {
    match(data) {
      if (prefix === undefined || data.length < prefix.length + suffix.length) return undefined
      if (!data.startsWith(prefix) || !data.endsWith(suffix)) return undefined
      const inside = data.slice(prefix.length, data.length - suffix.length)
      if (!inside.includes('\\')) return inside.includes('"') ? undefined : inside
      try {
        // An unescaped quote inside would be the end of the string: then this is no JSON string and the chunk is parsed.
        return JSON.parse(`"${inside}"`) as string
      } catch {
        return undefined
      }
    },
    learn(data, value) {
      if (lessons >= MOST_LESSONS || !isPlainText(value)) return
      lessons++
      const opening = /"content":[ \t]*"/.exec(data)
      if (!opening) return
      const start = opening.index + opening[0].length
      let close = data.indexOf('"', start)
      while (close !== -1 && isEscaped(data, close)) close = data.indexOf('"', close + 1)
      if (close === -1) return
      // Only what is proven is learned: with another text in that place, everything else must read the same.
      const probe = `${data.slice(0, start)}probe${data.slice(close)}`
      if (sameBut(value, probe)) {
        prefix = data.slice(0, start)
        suffix = data.slice(close)
      }
    },
  }
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0
  while (text.charCodeAt(quote - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

/** One choice, number 0, that says text and nothing else. */
function isPlainText(value: unknown): boolean {
  if (!isObject(value) || (value.usage ?? null) !== null) return false
  const choices = value.choices
  const choice = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined
  if (!isObject(choice) || (choice.index ?? 0) !== 0) return false
  if ((choice.finish_reason ?? null) !== null || (choice.logprobs ?? null) !== null) return false
  const said = choice.delta
  if (!isObject(said) || typeof said.content !== 'string') return false
  return Object.keys(said).every((key) => key === 'content' || key === 'role' || said[key] === null)
}

/** Whether `probe` reads as `value` does, but for the text, which is "probe". */
function sameBut(value: unknown, probe: string): boolean {
  let parsed: unknown
  try {
    parsed = JSON.parse(probe)
  } catch {
    return false
  }
  const expected = structuredClone(value) as { choices: [{ delta: { content: string } }] }
  expected.choices[0].delta.content = 'probe'
  return JSON.stringify(parsed) === JSON.stringify(expected)
}
