// Load on one URL, closed loop or at a fixed rate, and what it measured. The rate is an open loop: a latency counts from
// the moment the call was due, so that a slow server cannot slow the clock.
import { Agent, request } from 'undici'

export interface Load {
  url: string
  headers: Record<string, string>
  body: string
  seconds: number
  /** Calls per second; undefined for a closed loop. */
  rate?: number
  connections: number
}

export interface Measured {
  calls: number
  errors: number
  perSecond: number
  /** Milliseconds to the last byte. */
  p50: number
  p99: number
  /** Milliseconds to the first byte of the body. */
  first50: number
}

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export async function load(options: Load): Promise<Measured> {
  const agent = new Agent({ connections: options.connections, pipelining: 1 })
  const whole: number[] = []
  const first: number[] = []
  let errors = 0
  const call = async (due: number) => {
    try {
      const { statusCode, body } = await request(options.url, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', ...options.headers },
        body: options.body,
      })
      let seen = false
      for await (const _ of body) {
        if (!seen) first.push(performance.now() - due)
        seen = true
      }
      if (statusCode === 200) whole.push(performance.now() - due)
      else errors++
    } catch {
      errors++
    }
  }
  const start = performance.now()
  const end = start + options.seconds * 1000
  if (options.rate === undefined) {
    await Promise.all(
      Array.from({ length: options.connections }, async () => {
        while (performance.now() < end) await call(performance.now())
      }),
    )
  } else {
    const running: Promise<void>[] = []
    const total = options.rate * options.seconds
    for (let i = 0; i < total; i++) {
      const due = start + (i * 1000) / options.rate
      const wait = due - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
      running.push(call(due))
    }
    await Promise.all(running)
  }
  const seconds = (performance.now() - start) / 1000
  await agent.close()
  whole.sort((a, b) => a - b)
  first.sort((a, b) => a - b)
  return {
    calls: whole.length,
    errors,
    perSecond: whole.length / seconds,
    p50: percentile(whole, 0.5),
    p99: percentile(whole, 0.99),
    first50: percentile(first, 0.5),
  }
}
