// argv to command, exit code. The only file of the program that knows the process it is.
import { flushCompileCache } from 'node:module'
import { run } from './cli/index.ts'

// For the client's own variables; settings of the gateway are read by config/load.ts alone.
const { env } = process
const color = Boolean(process.stdout.isTTY && process.stderr.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has gone, as `head` does: nothing is wrong, and nothing more to do.
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv.slice(2), {
  env,
  io: {
    tty: Boolean(process.stdout.isTTY),
    color,
    out: (text) => void process.stdout.write(text),
    say: (line) => void process.stderr.write(`${line}\n`),
  },
  start: async (...given) => (await import('./app/index.ts')).start(...given),
})
flushCompileCache() // a gateway that is killed later than its start keeps what was compiled for the next one
