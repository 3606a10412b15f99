// What of the wait for the first byte of an answer is the gateway's, over a clock that only the parts themselves move.
import { expect, it } from 'vitest'
import { createExit, type Delta, Fault } from '../core/index.ts'
import { type AnswerParts, createAnswer } from './answer.ts'
import { createMeter } from './meter.ts'
import type { HoldHandle, LeaseHandle, ScreenReport } from './ports.ts'

const text = (said: string): Delta => ({ type: 'text', choice: 0, text: said })
const textOf = (deltas: readonly Delta[]) => deltas.map((delta) => ('text' in delta ? delta.text : '')).join('')
const REPORT: ScreenReport = { masked: 0, facts: {} }
const hold: HoldHandle = { metered: false, onTokens() {}, settle() {}, cancel() {}, headers: () => ({}) }
const lease: LeaseHandle = {
  signal: new AbortController().signal,
  progress: { upstream: true, tokens: 0, lastByteAt: 0 },
  check() {},
  treated() {},
  release() {},
}

/** The model server takes 1000 for each batch, the guard 1 for each, and holds back the first `held` of them. */
function bench(held: number, said = ['t1 ', 't2 ', 't3 '], on: Partial<Pick<AnswerParts, 'lease'>> = {}) {
  let now = 0
  const meter = createMeter(() => now)
  const upstream = async function* (): AsyncGenerator<Delta[]> {
    for (const one of said) {
      await undefined // what is done before the first wait is work of this process
      now += 1000
      yield [text(one)]
    }
  }
  let back: Delta[] = []
  let seen = 0
  const answer = createAnswer({
    reply: upstream(),
    lease,
    hold,
    meter,
    output: {
      push(deltas) {
        now += 1
        back.push(...deltas)
        seen += 1
        if (seen <= held) return []
        const all = back
        back = []
        return all
      },
      end: () => back,
      report: () => REPORT,
    },
    exit: createExit(() => {}),
    writer: { streamHeaders: {}, wholeHeaders: {}, batch: textOf, end: () => '.', whole: textOf, cut: () => '!' },
    shown: { requestId: 'call_1' },
    callTool() {},
    now: () => now,
    ...on,
  })
  const pass = async (ms: number) => {
    await undefined
    now += ms
  }
  return { meter, answer, pass }
}

it('in a stream: our part before it was sent, and what we did with the first output', async () => {
  const { meter, answer, pass } = bench(0)
  await pass(7)
  await meter.aside(pass(500)) // the request arrives
  meter.sent()
  expect(meter.data.sentMs).toBe(7)
  await answer.begin()
  expect(meter.data.overheadMs).toBe(8)
  for await (const _ of answer.stream()) await pass(50) // a slow reader, and all later output
  expect(meter.data.overheadMs).toBe(8)
})

it('in a stream: waiting for more, because what came first is held back, is ours', async () => {
  const { meter, answer } = bench(1)
  await answer.begin()
  expect(meter.data.overheadMs).toBe(1002)
})

it('of an answer that leaves whole no wait for the model server counts', async () => {
  const { meter, answer } = bench(1)
  const all = await answer.all()
  expect(answer.leave(textOf(all))).toBe('t1 t2 t3 ')
  expect(meter.data.overheadMs).toBe(3)
})

it('a wait that fails counts as a wait all the same', async () => {
  let now = 0
  const meter = createMeter(() => now)
  const failing = async () => {
    await undefined
    now += 300
    throw new Error('gone')
  }
  await expect(meter.aside(failing())).rejects.toThrow('gone')
  meter.answers()
  expect(meter.data.overheadMs).toBe(0)
})

it('a long answer that comes at once is screened in shares: others have their turn between, and a cut ends it', async () => {
  const long = 'word '.repeat(20_000)
  for (const streamed of [true, false]) {
    const { answer } = bench(0, [long])
    let turns = 0
    let running = true
    const other = () => {
      turns++
      if (running) setImmediate(other)
    }
    other()
    let said = ''
    if (streamed) for await (const piece of answer.stream()) said += piece
    else said = textOf(await answer.all())
    running = false
    expect(said.replace(/\.$/, '')).toBe(long)
    expect(turns).toBeGreaterThan(20)
  }
  let ended = false
  const check = () => {
    if (ended) throw new Fault('access_denied')
  }
  const { answer } = bench(0, [long], { lease: { ...lease, check } })
  let said = ''
  for await (const piece of answer.stream()) {
    said += piece
    ended = true
  }
  expect(said.length).toBeLessThan(5000)
  expect(said.endsWith('!')).toBe(true)
})
