// The wire formats of the data plane.
export { anthropicCount, anthropicMessages } from './anthropic.ts'
export { ollamaEmbed, ollamaEmbeddings, openaiEmbeddings } from './embeddings.ts'
export {
  anthropicModels,
  ollamaModels,
  openaiModels,
  type ShownDetails,
  type ShownModel,
  type ShownRunning,
} from './listing.ts'
export { ollamaChat, ollamaGenerate } from './ollama-chat.ts'
export { type ManageCall, type ManageVerb, ollamaManage, readShow } from './ollama-manage.ts'
export { openaiChat } from './openai-chat.ts'
export { openaiCompletions } from './openai-completions.ts'
export { openaiResponses } from './openai-responses.ts'
export { type ItemPage, inputItemList, inputItems, responseCall, responseId } from './openai-responses-writer.ts'
