// A model server that costs next to nothing: fixed OpenAI-shaped answers, whole or as a stream of chunks. It is steered by
// the model's name, which every gateway passes on: `bench`, or `bench-<chunks>x<gapMs>`.
import { createServer } from 'node:http'

const TEXT = 'The quick brown fox jumps over the lazy dog and then rests for a while. '

const chunk = (content: string): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'bench',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })}\n\n`

const END = `data: ${JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 64, total_tokens: 164 },
})}\n\ndata: [DONE]\n\n`

const WHOLE = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: TEXT.repeat(9) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 160, total_tokens: 260 },
})

const MODELS = JSON.stringify({
  object: 'list',
  data: ['bench', 'bench-64x0', 'bench-64x5', 'bench-600x1000'].map((id) => ({
    id,
    object: 'model',
    created: 1,
    owned_by: 'bench',
  })),
})

/** Streams begun, and those whose client went before their end. */
const counts = { begun: 0, aborted: 0 }

const server = createServer((request, response) => {
  if (request.url === '/counts') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(counts))
    return
  }
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end(MODELS)
    return
  }
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as { stream?: boolean; model: string }
    if (!body.stream) {
      response.setHeader('content-type', 'application/json')
      response.end(WHOLE)
      return
    }
    const steer = /-(\d+)x(\d+)$/.exec(body.model)
    const count = Number(steer?.[1] ?? 64)
    const gapMs = Number(steer?.[2] ?? 0)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    counts.begun += 1
    response.once('close', () => {
      if (!response.writableFinished) counts.aborted += 1
    })
    let sent = 0
    const next = () => {
      if (response.destroyed) return
      if (sent++ === count) response.end(END)
      else {
        response.write(chunk(TEXT.slice(0, 20)))
        if (gapMs > 0) setTimeout(next, gapMs)
        else setImmediate(next)
      }
    }
    next()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`)
})
