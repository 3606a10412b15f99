// What another party wrote gives no orders to the terminal it is shown on, whichever way it gets there.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import { green, guarded, type Io, jsonText, plain, printRows } from './io.ts'
import { run } from './run.ts'

const HOSTILE = 'a\u001b[2Jb\u202ec\u009b31m\u061c\u{e0041}d'

it('shows no control characters of others, and nothing that turns text round or hides it', () => {
  expect(plain('a\u001b[2Jb\u202ec\nd')).toBe('a�[2Jb�c�d')
  expect(plain(HOSTILE)).toBe('a�[2Jb�c�31m��d')
})

it('keeps lines and our own colours, and no other order', () => {
  const io = { color: true } as Io
  expect(guarded(`${green(io, 'ok')}\tone\ntwo`)).toBe('\u001b[32mok\u001b[39m\tone\ntwo')
  expect(guarded('\u001b[8mhidden\u001b[2J\r\u001b]0;title\u0007')).toBe('�[8mhidden�[2J��]0;title�')
})

it('writes JSON that reads the same and does nothing to a terminal', () => {
  const value = [{ name: HOSTILE, lines: 'one\ntwo' }]
  for (const indent of [undefined, 2]) {
    const text = jsonText(value, indent)
    expect(JSON.parse(text)).toEqual(value)
    expect(guarded(text)).toBe(text)
  }
  let out = ''
  const io: Io = { tty: true, color: false, out: (text) => (out += text), say: () => {} }
  printRows(io, value, [{ field: 'name' }], { json: true })
  expect(guarded(out)).toBe(out)
})

const NOBODY = { principal: '', groups: [], roles: [], credential: {}, address: '', product: '', policy: '' }
const server = createServer((request, response) => {
  const allowed = request.url?.endsWith('/whoami')
  response.writeHead(allowed ? 200 : 403, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify(
      allowed ? { ...NOBODY, models: [HOSTILE] } : { code: 'constructor', title: HOSTILE, detail: HOSTILE },
    ),
  )
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => new Promise((resolve) => server.close(resolve)))

async function command(...argv: string[]) {
  const said: string[] = []
  const io: Io = { tty: true, color: false, out: (text) => said.push(text), say: (line) => said.push(line) }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const start = () => Promise.reject(new Error('nothing is started here'))
  const exit = await run(argv, { io, env: { SALLYPORT_URL: url, SALLYPORT_KEY: 'k' }, start })
  return { exit, said: said.join('\n') }
}

it('a refusal and a list of lines that hold orders are shown without them', async () => {
  const refused = await command('grant', 'list')
  expect(refused).toMatchObject({ exit: 1, said: expect.stringContaining('a�[2Jb') })
  expect(guarded(refused.said)).toBe(refused.said)
  const lines = await command('connect', 'curl')
  expect(lines.exit).toBe(0)
  expect(guarded(lines.said)).toBe(lines.said)
})

it('what every object has is no client to connect', async () => {
  for (const name of ['constructor', '__proto__', 'toString'])
    expect(await command('connect', name)).toMatchObject({
      exit: 2,
      said: expect.stringContaining('No lines are known'),
    })
})
