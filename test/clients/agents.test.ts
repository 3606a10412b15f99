// What coding agents send, as recorded in agents-requests.json (codex 0.171, Claude Code 2.1, opencode 1.18, Qwen Code, Continue, Cline; long texts and
// descriptions cut): it is answered in the form they wait for, or refused by the name of what cannot be had. The programs
// themselves are not installed here.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Script, sse } from '../upstream/scripted.ts'
import { type ClientBench, HALF_STREAM, lastBody, SCRIPTED, startBench } from './gateway.ts'

interface Recorded {
  readonly program: string
  readonly case: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body: string
}
const { programs, requests } = JSON.parse(readFileSync(new URL('./agents-requests.json', import.meta.url), 'utf8')) as {
  programs: Record<string, Record<string, string>>
  requests: Recorded[]
}

let bench: ClientBench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'upstream-name' }
const frame = (delta: object, finish_reason: string | null = null) => ({
  ...chunk,
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
})
const usage = { ...chunk, choices: [], usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 } }
const call = (index: number, name: string, args: string) =>
  frame({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: args } }] })
const calling = (...calls: object[]): Script => sse(...calls, frame({}, 'tool_calls'), usage, '[DONE]')

const send = ({ program, path, headers, body }: Recorded, key = bench.gateway.key) =>
  fetch(`${bench.gateway.url}${path}`, {
    method: 'POST',
    headers: {
      ...programs[program],
      ...headers,
      'content-type': 'application/json',
      ...(program === 'claude' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ ...JSON.parse(body), model: SCRIPTED }),
  })
const named = (program: string, name: string): Recorded =>
  requests.find((one) => one.program === program && one.case === name) as Recorded

/** The last thing that a whole answer says, by route. */
const LAST: Record<string, RegExp> = {
  '/v1/responses': /^event: response\.completed\n.*"status":"completed"/m,
  '/v1/messages': /^event: message_stop$/m,
  '/v1/chat/completions': /^data: \[DONE\]$/m,
}
const lastOf = ({ path }: Recorded): RegExp => LAST[path.replace(/\?.*/, '')] as RegExp

test.each(requests.filter((one) => !one.case.startsWith('refused: ')))('$program: $case', async (one) => {
  const [first] = (JSON.parse(one.body).tools ?? []) as { name?: string; function?: { name: string } }[]
  const tool = first?.function?.name ?? first?.name
  const calls = tool !== undefined && !one.case.startsWith('after')
  bench.upstream.script = calls
    ? calling(
        call(0, tool, '{"a":'),
        frame({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }),
        call(1, tool, '{"b":2}'),
      )
    : sse(frame({ reasoning_content: 'hm' }), frame({ content: 'done' }), frame({}, 'stop'), usage, '[DONE]')
  const response = await send(one)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(text).toMatch(lastOf(one))
  expect(text).not.toContain('event: error')
  expect(text).toMatch(calls ? /call_0".*call_1"/s : /done/)
})

test.each(requests.filter((one) => one.case.startsWith('refused: ')))('$program: $case', async (one) => {
  const before = bench.upstream.calls.length
  const response = await send(one)
  const { error } = (await response.json()) as { error: { message: string } }
  expect(response.status).toBe(400)
  const [field = '', kind] = one.case.slice('refused: '.length).split(' ')
  expect(error.message).toContain(kind === undefined ? field : `${field} cannot be "${kind}"`)
  expect(bench.upstream.calls).toHaveLength(before)
})

test('a tool of a group is told to the model by both names, and its call comes back with the two apart', async () => {
  bench.upstream.script = calling(call(0, 'multi_agent_v1__close_agent', '{"target":"a"}'))
  const text = await (await send(named('codex', 'plain answer'))).text()
  const told = lastBody(bench.upstream).tools as { function: { name: string; description: string } }[]
  const ours = told.map((tool) => tool.function).filter(({ name }) => name.startsWith('multi_agent'))
  expect(ours.map(({ name }) => name)).toEqual(['multi_agent_v1__close_agent', 'multi_agent_v1__resume_agent'])
  expect(ours[0]?.description).toMatch(/^Tools for spawning and managing sub-agents\.\n\n/)
  const items = [...text.matchAll(/"type":"function_call",[^{}]*/g)].map(([item]) => item)
  expect(items.length).toBeGreaterThan(0)
  for (const item of items) expect(item).toContain('"name":"close_agent","namespace":"multi_agent_v1"')
})

test.each([
  [
    'codex',
    /^event: response\.failed\n.*"status":"failed","error":\{"code":"server_error".*\n\nevent: error\n.*\n\n$/ms,
  ],
  ['claude', /^event: error\n.*"api_error".*\n\n$/m],
  ['opencode', /^data: \{"error":\{.*\}\n\n$/m],
])(
  '%s is told that the model server broke off, and a tool that was being called is not finished',
  async (program, end) => {
    bench.upstream.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const half of HALF_STREAM) response.write(half)
      response.write(`data: ${JSON.stringify(call(0, 'exec_command', '{"cmd":"rm -rf'))}\n\n`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      response.destroy()
    }
    const one = named(program, 'plain answer')
    const text = await (await send(one)).text()
    expect(text).toMatch(end)
    expect(text).not.toMatch(lastOf(one))
    expect(text).not.toMatch(/arguments\.done|output_item\.done|content_block_stop/)
  },
)

test.each(['claude', 'opencode'])(
  '%s is not given half a call as one that is over, where the answer became too long',
  async (program) => {
    const one = named(program, 'plain answer')
    const [first] = JSON.parse(one.body).tools as { name?: string; function?: { name: string } }[]
    const half = call(0, first?.function?.name ?? first?.name ?? '', '{"command":"rm -rf /home/dana/pro')
    bench.upstream.script = sse(half, frame({}, 'length'), usage, '[DONE]')
    const text = await (await send(one)).text()
    expect(text).toContain('broke off in the middle of a tool call')
    expect(text).not.toMatch(lastOf(one))
    expect(text).not.toMatch(/"finish_reason":"length"|"stop_reason":"max_tokens"/)
  },
)

test.each(['codex', 'claude', 'opencode'])('%s is not to try a key again that is refused', async (program) => {
  const response = await send(named(program, 'plain answer'), bench.wrongKey)
  expect([response.status, response.headers.get('x-should-retry')]).toEqual([401, 'false'])
})
