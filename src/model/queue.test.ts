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

test('nobody takes the last places: who comes next finds one free, and whoever waits takes what becomes free', async () => {
  const queue = createFairQueue({ active: 64, waiting: 1000, waitingPerPrincipal: 1000 })
  const places: Record<string, (() => void)[]> = {}
  const enter = (name: string, count: number) => {
    places[name] ??= []
    for (let i = 0; i < count; i++) void queue.enter(name).then((free) => places[name]?.push(free))
  }
  const held = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return Object.fromEntries(Object.entries(places).map(([name, { length }]) => [name, length]))
  }
  enter('flood', 200)
  expect(await held()).toEqual({ flood: 48 })
  enter('second', 200)
  expect(await held()).toEqual({ flood: 48, second: 12 })
  enter('quiet', 1)
  expect(await held()).toEqual({ flood: 48, second: 12, quiet: 1 })
  // As calls end, the two come to hold the same.
  for (const free of (places.flood ?? []).splice(0, 30)) free()
  const shares = await held()
  expect(Math.abs((shares.flood ?? 0) - (shares.second ?? 0))).toBeLessThan(2)
  expect(queue.active).toBeLessThan(60)
  while (queue.waiting > 0) {
    for (const free of Object.values(places).flatMap((all) => all.splice(0))) free()
    await held()
  }
  for (const free of Object.values(places).flat()) free()
  expect(queue.active).toBe(0)

  // Where there are few places, one caller may have them all.
  for (const active of [1, 2, 3]) {
    const few = createFairQueue({ active, waiting: 9, waitingPerPrincipal: 9 })
    for (let i = 0; i < 4; i++) void few.enter('only')
    expect(few.active).toBe(active)
  }
})
