// Lists of what runs on all nodes: put together of what each answers, a page at a time.
import { expect, it } from 'vitest'
import type { LeaseView } from '../access/index.ts'
import { readSeen } from './page.ts'
import { runningHere, runningOn } from './running.ts'

const lease = (id: string, session = `ses_${id}`, principal = 'User::"dana"'): LeaseView => ({
  id,
  call: `call_${id}`,
  principal,
  credential: 'key',
  session,
  model: 'm',
  action: 'chat',
  decision: 'dec_1',
  address: '::1',
  client: undefined,
  since: 0,
  validUntil: undefined,
  tokens: 0,
  lastByteAt: 0,
})

const node = (...open: LeaseView[]) => {
  let written = 0
  const flush = async () => {
    written += 1
  }
  return { access: { leases: { open: () => open }, sessions: { flush } } as never, written: () => written }
}

it('pages go over the rows of all nodes in one order, each row once, and leave out what the caller may not see', async () => {
  const own = node(lease('b'), lease('e'))
  const other = node(lease('a'), lease('c', 'ses_e'), lease('d', 'ses_d', 'User::"ida"'))
  const ports = {
    ...own,
    askNodes: async (question: object) => [{ name: 'two', answer: await runningHere(other.access, question) }],
  }
  const all = async (of: 'calls' | 'sessions') => {
    const pages: string[][] = []
    let cursor: string | undefined
    do {
      const read = runningOn(ports, of, new Set())
      const sees = (row: { principal: string }) => row.principal === 'User::"dana"'
      const page = await readSeen(
        { cursor, limit: 2 },
        (at) => typeof at === 'string',
        read,
        ({ id }) => id,
        sees,
      )
      pages.push(page.items.map((row) => ('node' in row ? `${row.id} on ${row.node}` : row.id)))
      cursor = page.next
    } while (cursor !== undefined)
    return pages
  }
  expect(await all('calls')).toEqual([
    ['a on two', 'b'],
    ['c on two', 'e'],
  ])
  expect(await all('sessions')).toEqual([['ses_a', 'ses_b'], ['ses_e']])
  expect(other.written(), 'sessions lie in the database when they are told of').toBeGreaterThan(0)
})

it('a node that does not answer is named, and not waited for again on the same page', async () => {
  const asked: string[][] = []
  const silent = new Set<string>()
  const read = runningOn(
    {
      ...node(lease('a')),
      askNodes: async (_, without) => {
        asked.push([...without])
        return without.has('two') ? [] : [{ name: 'two', answer: undefined }]
      },
    },
    'calls',
    silent,
  )
  expect((await read(undefined, 9)).map(({ id }) => id)).toEqual(['a'])
  expect(await read('a', 9)).toEqual([])
  expect([...silent]).toEqual(['two'])
  expect(asked).toEqual([[], ['two']])
})
