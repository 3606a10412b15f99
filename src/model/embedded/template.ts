// ChatML, the one conversation format of this engine. The frame is made of control tokens that text can never produce, so
// a message cannot end its own turn or begin somebody else's.
import { Fault } from '../../core/index.ts'
import type { Turn } from './engine-contract.ts'
import { broken, type Gguf } from './gguf.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface Template {
  /** Tokens that end an answer. */
  readonly ends: ReadonlySet<number>
  encode(turns: readonly Turn[]): number[]
}

export function createTemplate(file: Gguf, tokenizer: Tokenizer): Template {
  const template = file.metadata.get('tokenizer.chat_template')
  const start = tokenizer.idOf('<|im_start|>')
  const end = tokenizer.idOf('<|im_end|>')
  if (typeof template !== 'string' || !template.includes('<|im_start|>') || start === undefined || end === undefined)
    throw broken('its chat template is not ChatML, the only one this engine speaks')
  const ends = new Set([end])
  for (const key of ['tokenizer.ggml.eos_token_id', 'tokenizer.ggml.eot_token_id', 'tokenizer.ggml.bos_token_id']) {
    const id = file.metadata.get(key)
    if (typeof id === 'number' && id >= 0 && id < tokenizer.size) ends.add(id)
  }
  const newline = tokenizer.encode('\n')
  // The model knows three voices; what a tool returned is shown to it as something the caller handed in.
  const voices = { system: 'system', user: 'user', assistant: 'assistant', tool: 'user' } as const
  const openings = new Map(Object.values(voices).map((voice) => [voice, [start, ...tokenizer.encode(`${voice}\n`)]]))
  return {
    ends,
    encode(turns) {
      const tokens: number[] = []
      const put = (part: readonly number[]) => {
        for (const token of part) tokens.push(token)
      }
      for (const { role, text } of turns) {
        const opening = openings.get(voices[role])
        if (!opening) throw new Fault('malformed_request', { detail: 'A message has a role that is not known' })
        put(opening)
        put(tokenizer.encode(text))
        tokens.push(end)
        put(newline)
      }
      put(openings.get('assistant') ?? [])
      return tokens
    },
  }
}
