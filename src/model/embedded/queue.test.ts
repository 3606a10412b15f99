import { expect, test } from 'vitest'
import { createFairQueue } from './queue.ts'

test('the next place goes to the principal with the fewest, not to the first in line', async () => {
  const queue = createFairQueue({ active: 2, waiting: 10, waitingPerPrincipal: 10 })
  const order: string[] = []
  const enter = async (name: string) => {
    const free = await queue.enter(name)
    order.push(name)
    return free
  }
  const first = [await enter('flood'), await enter('flood')]
  const later = [enter('flood'), enter('flood'), enter('quiet')]
  first[0]?.()
  ;(await later[2])?.()
  await later[0]
  expect(order).toEqual(['flood', 'flood', 'quiet', 'flood'])
  first[1]?.()
  for (const place of later.slice(0, 2)) (await place)()
  expect([queue.active, queue.waiting]).toEqual([0, 0])
})

test('freeing twice frees once', async () => {
  const queue = createFairQueue({ active: 1, waiting: 1, waitingPerPrincipal: 1 })
  const free = await queue.enter('a')
  free()
  free()
  await queue.enter('a')
  expect(queue.active).toBe(1)
})

test('who gives up while waiting leaves the line', async () => {
  const queue = createFairQueue({ active: 1, waiting: 1, waitingPerPrincipal: 1 })
  const free = await queue.enter('a')
  const control = new AbortController()
  const waiting = queue.enter('b', control.signal)
  control.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  expect(queue.waiting).toBe(0)
  free()
  expect(queue.active).toBe(0)
})
