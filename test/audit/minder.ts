// Ends what a test began and could not end itself, since it was killed: stdin closes with the process that writes to it.
// A line is the id of a process that has begun; one with a minus before it has ended.
import { createInterface } from 'node:readline'

const running = new Set<number>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
for await (const line of createInterface({ input: process.stdin })) {
  const id = Number(line)
  if (id > 0) running.add(id)
  else running.delete(-id)
}
for (const id of running) {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    // it has ended in the same moment
  }
}
