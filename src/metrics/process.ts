// The process itself: time of the processor, memory, and how late the event loop comes to what is due.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Registry } from './registry.ts'

/** Milliseconds between two samples of the event loop, and over which their quantiles are taken. */
const SAMPLE_MS = 20
const PERIOD_MS = 10_000
const QUANTILES = [0.5, 0.99, 1] as const

/** Returns what stops it. */
export function watchProcess(registry: Registry, build: { readonly version: string }): () => void {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS })
  delay.enable()
  const quantiles = () =>
    QUANTILES.map((q) => {
      const nanoseconds = q === 1 ? delay.max : delay.percentile(q * 100)
      return [String(q), Math.max(0, nanoseconds / 1e9 - SAMPLE_MS / 1000)] as const
    })
  let seen: ReturnType<typeof quantiles> | undefined
  const timer = setInterval(() => {
    seen = quantiles()
    delay.reset()
  }, PERIOD_MS).unref()
  const own = { version: build.version, node: process.version }
  registry.read('sallyport_build_info', 'What runs.', ['version', 'node'], () => [[[own.version, own.node], 1]])
  registry.read(
    'sallyport_event_loop_delay_seconds',
    'How late the event loop was in the last ten seconds.',
    ['quantile'],
    () => (seen ?? quantiles()).map(([quantile, value]) => [[quantile], value]),
  )
  const counted = (name: string, help: string, value: () => number) =>
    registry.read(name, help, [], () => [[[], value()]], 'counter')
  counted(
    'sallyport_event_loop_active_seconds_total',
    'Seconds in which the event loop did something.',
    () => performance.eventLoopUtilization().active / 1000,
  )
  counted('process_cpu_seconds_total', 'Seconds of processor time, of user and system.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  const gauge = (name: string, help: string, value: () => number) =>
    registry.read(name, help, [], () => [[[], value()]])
  gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss())
  gauge(
    'process_start_time_seconds',
    'When the process began, in seconds since 1970.',
    () => performance.timeOrigin / 1000,
  )
  return () => {
    clearInterval(timer)
    delay.disable()
  }
}
