// Waiting for the signal that ends a command which serves until it is told to stop.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first of them; a second one ends the process at once, as if nobody had listened. */
export const stopped = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      for (const one of SIGNALS) process.off(one, stop)
      resolve(signal)
    }
    for (const one of SIGNALS) process.on(one, stop)
  })
