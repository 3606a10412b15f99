// Planted values, sent along every path that could write something down: none may be found in logs, errors, events or any
// file of the data folder.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { json, pieces, type Script, startScripted } from '../upstream/scripted.ts'
import { chat } from './harness.ts'
import { up } from './process.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PROMPT = 'canary-prompt-7781'
const ANSWER = 'canary-answer-7782'
const UPSTREAM_KEY = 'canary-upstream-key-7783'
const BROKEN = 'canary-broken-7784'

const files = (at: string): string[] =>
  readdirSync(at).flatMap((name) => {
    const path = join(at, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })

it('no planted value is written anywhere', { timeout: 120_000 }, async () => {
  const list = json({ object: 'list', data: [{ id: 'm', object: 'model' }] })
  let script: Script = json({})
  const upstream = await startScripted((response, received) =>
    received.method === 'GET' ? list(response, received) : script(response, received),
  )
  const config = join(folder, 'sallyport.yaml')
  writeFileSync(
    config,
    JSON.stringify({ log: { level: 'info' }, upstreams: [{ name: 'up', url: upstream.url, apiKey: UPSTREAM_KEY }] }),
  )
  const data = join(folder, 'data')
  const running = await up(['--data', data, '--listen', '127.0.0.1:0'], { SALLYPORT_CONFIG: config })
  const key = running.key ?? ''
  const answers: string[] = []
  const ask = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${running.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body,
    })
    return response.text()
  }
  const call = (extra: object = {}) =>
    ask(
      '/v1/chat/completions',
      JSON.stringify({ ...chat('m'), messages: [{ role: 'user', content: PROMPT }], ...extra }),
    )

  // Served, so that prompt and answer have been in every part of the program.
  script = json({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
  })
  expect(await call()).toContain(ANSWER)
  expect(upstream.calls.at(-1)?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)

  // Every way to fail, with the values in it.
  answers.push(await ask('/v1/chat/completions', `{"model": "m", "messages": "${BROKEN}`))
  answers.push(await ask('/v1/chat/completions', JSON.stringify({ ...chat('m'), [BROKEN]: 1 })))
  answers.push(await ask('/v1/chat/completions', JSON.stringify(chat('m')), { authorization: `Bearer spk_${BROKEN}` }))
  answers.push(await ask(`/v1/${BROKEN}?key=${key}`, '{}'))
  script = json({ error: { message: `${BROKEN} ${UPSTREAM_KEY}` } }, 500)
  answers.push(await call(), await call({ stream: true }))
  script = json({ error: { message: `invalid key ${UPSTREAM_KEY}` } }, 401)
  answers.push(await call())
  script = pieces('text/event-stream', [`data: {"choices": "${BROKEN}"}\n\n`])
  answers.push(await call({ stream: true }))
  script = pieces('application/json', [`{"choices": [${BROKEN}`])
  answers.push(await call())

  const events = await fetch(`${running.url}/admin/v1/audit?limit=200`, { headers: { authorization: `Bearer ${key}` } })
  const recorded = await events.text()
  await running.kill('SIGTERM')
  await upstream.close()

  const secret = key.split('_').at(-1) ?? ''
  const places: [string, string][] = [
    ['the log', running.output()],
    ['the events', recorded],
    ...files(data)
      .filter((path) => !path.endsWith('admin.json')) // the administrator's own key, readable by the owner only
      .map((path): [string, string] => [path, readFileSync(path, 'latin1')]),
  ]
  for (const [place, text] of places)
    for (const value of [PROMPT, ANSWER, UPSTREAM_KEY, secret])
      expect(text.includes(value), `${value} in ${place}`).toBe(false)
  for (const [place, text] of places)
    expect(text.includes(BROKEN) && place !== 'the events', `${BROKEN} in ${place}`).toBe(false)
  for (const text of answers)
    for (const value of [PROMPT, ANSWER, UPSTREAM_KEY, secret]) expect(text).not.toContain(value)
})
