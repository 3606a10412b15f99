// argv to command, exit code. The only file of the program that knows the process it is.
import { flushCompileCache } from 'node:module'
import { run } from './cli/index.ts'

// For the client's own variables; settings of the gateway are read by config/load.ts alone.
const { env } = process
const color = Boolean(process.stdout.isTTY && process.stderr.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb'

// What is under way goes on to its end, and its exit code tells of it: half of it done would be worse than unread.
const unread = new AbortController()
process.stdout.on('error', (error) => unread.abort(error))
process.stderr.on('error', () => {}) // nobody is left to tell

const exit = await run(process.argv.slice(2), {
  env,
  io: {
    tty: Boolean(process.stdout.isTTY),
    color,
    out: (text) => void (unread.signal.aborted || process.stdout.write(text)),
    unread: unread.signal,
    say: (line) => void process.stderr.write(`${line}\n`),
  },
  start: async (...given) => (await import('./app/index.ts')).start(...given),
})
await new Promise((resolve) => setImmediate(resolve)) // a write that failed is told a turn later
const trouble = (unread.signal.reason as NodeJS.ErrnoException | undefined)?.code
// The reader of a pipe has gone, as `head` does: nothing is wrong.
const isLost = trouble !== undefined && trouble !== 'EPIPE'
if (isLost) process.stderr.write(`error  What was to be printed did not arrive (${trouble})\n`)
process.exitCode = isLost && exit === 0 ? 1 : exit
flushCompileCache() // a gateway that is killed later than its start keeps what was compiled for the next one
