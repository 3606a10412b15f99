// What an act ended, and whether every node has confirmed it.
import type { Output } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import { EXIT } from './failure.ts'
import { green, type Io, red } from './io.ts'

/** Says what ended and which nodes have confirmed; exit code 6 if one is silent that may still run calls. */
export function printReceipt(io: Io, { calls, upstreams, nodes, event }: Output<'sessions.cut'>): number {
  const answers = nodes.map(({ name, applied, milliseconds, closesInMs }) =>
    applied
      ? `${name} ${milliseconds ?? 0} ms ${green(io, '✓')}`
      : `${name} ${red(io, 'silent')}${closesInMs ? `, closes itself in ${closesInMs} ms` : ', has closed itself'}`,
  )
  io.say(`${counted(calls, 'running call')} ended, ${upstreams} aborted at the model server · ${answers.join('   ')}`)
  if (event !== undefined) io.say(`In the log:  sallyport audit show ${event}`)
  return nodes.every(({ applied, closesInMs }) => applied || closesInMs === 0) ? EXIT.ok : EXIT.partial
}
