// How the work on a text grows with its length, for tests of what reads hostile text.

/**
 * Times as long that eight times the text takes: about 8 where the work is linear, 64 where it is quadratic. In processor time, so
 * that what else runs on the machine does not count.
 */
export function growth(unit: string, read: (text: string) => unknown): number {
  const time = (size: number): number => {
    const text = unit.repeat(size / unit.length)
    const began = process.cpuUsage()
    read(text)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1000
  }
  time(50_000) // compiled
  const small = Math.min(time(125_000), time(125_000))
  return time(1_000_000) / Math.max(small, 2)
}

/** Between the two. */
export const LINEAR = 40
