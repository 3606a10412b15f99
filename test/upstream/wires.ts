// The wire formats in which a client can be answered with text.
import type { Wire } from '../../src/gateway/index.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaGenerate,
  openaiChat,
  openaiCompletions,
  openaiResponses,
} from '../../src/gateway/wire/index.ts'

export const WIRES: readonly Wire[] = [
  openaiChat,
  openaiCompletions,
  openaiResponses,
  anthropicMessages,
  ollamaChat,
  ollamaGenerate,
]
