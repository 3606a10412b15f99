// What an act ended, and whether every node has confirmed it.
import type { Output } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import { EXIT } from './failure.ts'
import { green, type Io, plain, red } from './io.ts'

type Nodes = Output<'sessions.cut'>['nodes']

/** What each node has answered. */
export const answersOf = (io: Io, nodes: Nodes): string[] =>
  nodes.map(({ name, applied, milliseconds, closesInMs }) =>
    applied
      ? `${plain(name)} ${milliseconds ?? 0} ms ${green(io, '✓')}`
      : `${plain(name)} ${red(io, 'silent')}${closesInMs ? `, closes itself in ${closesInMs} ms` : ', has closed itself'}`,
  )

/** 6 if a node is silent that may still run calls. */
export const exitOf = (nodes: Nodes): number =>
  nodes.every(({ applied, closesInMs }) => applied || closesInMs === 0) ? EXIT.ok : EXIT.partial

/** Says what ended and which nodes have confirmed; returns the exit code. */
export function printReceipt(io: Io, { calls, upstreams, nodes, event }: Output<'sessions.cut'>): number {
  const answers = answersOf(io, nodes).join('   ')
  io.say(`${counted(calls, 'running call')} ended, ${upstreams} aborted at the model server · ${answers}`)
  if (event !== undefined) io.say(`In the log:  sallyport audit show ${event}`)
  return exitOf(nodes)
}
