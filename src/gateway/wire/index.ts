// The wire formats of the data plane.
export { openaiChat } from './openai-chat.ts'
