// Why a decision fell as it did, and what the rules would say to a question nobody has asked yet.
import type { RuleView } from '../policy/index.ts'
import type { Command } from './command.ts'
import { EXIT } from './failure.ts'
import { arg, refOf } from './input.ts'
import { bold, dim, green, type Io, plain, printOne, red } from './io.ts'
import { relative } from './when.ts'

export const can: Command = async (input) => {
  const { io } = input
  const client = await input.client()
  const asked = { principal: refOf(arg(input, 0)), action: arg(input, 1), resource: arg(input, 2) }
  const answer = await client.call('explain.ask', { body: asked })
  const exit = answer.decision === 'allow' ? EXIT.ok : EXIT.failed
  if (input.flags.json) {
    printOne(io, answer, { json: input.flags.json as string })
    return exit
  }
  const verdict = answer.decision === 'allow' ? green(io, 'ALLOW') : red(io, 'DENY')
  io.out(`${verdict}  ${plain(`${answer.principal} → ${answer.action} → ${answer.resource}`)}\n`)
  io.out(`${plain(answer.summary)}   ${dim(io, `policy ${answer.policy.slice(0, 19)}`)}\n`)
  printRules(io, answer.decided)
  if (answer.errors.length > 0) io.out(`${red(io, 'broken')}, and a rule that errors denies:\n`)
  printRules(io, answer.errors)
  if (answer.closest.length > 0) io.out('Closest:\n')
  printRules(io, answer.closest)
  if (answer.hidden > 0) io.out(`${answer.hidden} more took part and are not shown to you\n`)
  if (answer.validUntil !== undefined) io.out(`holds until ${answer.validUntil} (${relative(answer.validUntil)})\n`)
  for (const role of answer.roles) io.out(`Ask for it:  sallyport request create ${plain(role)} --reason "…"\n`)
  return exit
}

const MARKS = { met: '✓', 'not met': '✗', 'not known': '?' } as const

/** Each rule with the clauses that hold and those that do not. */
export function printRules(io: Io, rules: readonly RuleView[]): void {
  for (const { id, file, line, why, clauses } of rules) {
    io.out(`  ${bold(io, plain(id))}  ${dim(io, `${plain(file)}:${line}`)}  ${plain(why)}\n`)
    for (const { text, state } of clauses)
      io.out(`    ${state === 'met' ? green(io, MARKS[state]) : red(io, MARKS[state])} ${plain(text)}\n`)
  }
}

export const why: Command = async (input) => {
  const { io } = input
  const client = await input.client()
  const id = arg(input, 0) === '' ? 'last' : arg(input, 0)
  const event = await client.call('decisions.show', { params: { id } })
  if (input.flags.json) {
    printOne(io, event, { json: input.flags.json as string })
    return EXIT.ok
  }
  const verdict =
    event.decision === 'deny' ? red(io, 'DENY') : event.decision === 'allow' ? green(io, 'ALLOW') : bold(io, event.kind)
  const on = event.model ?? event.subject ?? ''
  io.out(
    `${verdict}  ${plain([event.principal, event.action, on].filter(Boolean).join(' → '))}   ${dim(io, relative(event.time))}\n`,
  )
  if (event.rules && event.rules.length > 0) io.out(`by ${event.rules.join(', ')}\n`)
  else if (event.decision === 'deny') io.out('No rule permits this.\n')
  if (event.reason !== undefined) io.out(`reason  ${plain(event.reason)}\n`)
  for (const field of ['id', 'call', 'session', 'credential', 'address', 'policy'] as const)
    if (event[field] !== undefined) io.out(`${dim(io, field.padEnd(10))}  ${plain(event[field])}\n`)
  if (event.decision === 'deny' && event.principal !== undefined && event.action !== undefined)
    io.say(`As the rules are now:  sallyport can ${whoOf(event.principal)} ${event.action} ${on}`)
  return EXIT.ok
}

/** `User::"dana"` as the command line writes it. */
function whoOf(uid: string): string {
  const [, type = 'User', name = '""'] = /^(\w+)::(".*")$/.exec(uid) ?? []
  const id = JSON.parse(name) as string
  return type === 'User' ? id : `${type}:${id}`
}
