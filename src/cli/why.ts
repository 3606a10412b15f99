// Why a decision fell as it did, and what the rules would say to a question nobody has asked yet.
import type { Explanation } from '../admin/contract.ts'
import { counted } from '../core/index.ts'
import type { RuleView } from '../policy/index.ts'
import type { Command, Input } from './command.ts'
import { EXIT } from './failure.ts'
import { arg, flagList, flagPairs, flagText, refOf } from './input.ts'
import { bold, dim, green, type Io, plain, printOne, red } from './io.ts'
import { readMoment, relative } from './when.ts'

/** The facts that flags suppose to be different. */
function supposedOf(input: Input) {
  const at = flagText(input, 'at')
  const from = flagText(input, 'from')
  const roles = flagList(input, 'role')
  const set = flagPairs(input, 'set')
  return {
    ...(at !== undefined && { at: readMoment(at, 1, '--at') }),
    ...(from !== undefined && { from }),
    ...(roles && { roles }),
    ...(set && { set }),
  }
}

/** In words what was supposed, so that an answer is not taken for one about now. */
function saySupposed(io: Io, { at, from, roles, set }: ReturnType<typeof supposedOf>): void {
  const parts = [
    ...(at === undefined ? [] : [`at ${at}`]),
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(roles ? [`with role ${roles.join(', ')}`] : []),
    ...Object.entries(set ?? {}).map(([name, value]) => `with ${name} = ${value}`),
  ]
  if (parts.length > 0) io.out(`${dim(io, 'supposed')}  ${plain(parts.join(', '))}\n`)
}

export const can: Command = async (input) => {
  const { io } = input
  const client = await input.client()
  const supposed = supposedOf(input)
  const asked = { principal: refOf(arg(input, 0)), action: arg(input, 1), resource: arg(input, 2) }
  const answer = await client.call('explain.ask', { body: { ...asked, ...supposed } })
  const exit = answer.decision === 'allow' ? EXIT.ok : EXIT.failed
  if (input.flags.json) {
    printOne(io, answer, { json: input.flags.json as string })
    return exit
  }
  const verdict = answer.decision === 'allow' ? green(io, 'ALLOW') : red(io, 'DENY')
  io.out(`${verdict}  ${plain(`${answer.principal} → ${answer.action} → ${answer.resource}`)}\n`)
  saySupposed(io, supposed)
  io.out(`${plain(answer.summary)}   ${dim(io, `policy ${answer.policy.slice(0, 19)}`)}\n`)
  printExplanation(io, answer, supposed.at)
  return exit
}

const sayHidden = (io: Io, hidden = 0): void => {
  if (hidden > 0)
    io.out(`${hidden === 1 ? '1 rule that decided is' : `${hidden} rules that decided are`} not for you to see\n`)
}

function printExplanation(io: Io, answer: Explanation, at: string | undefined): void {
  printRules(io, answer.decided)
  if (answer.errors.length > 0) io.out(`${red(io, 'broken')}, and a rule that errors denies:\n`)
  printRules(io, answer.errors)
  if (answer.closest.length > 0) io.out('Closest:\n')
  printRules(io, answer.closest)
  sayHidden(io, answer.hidden)
  printDuties(io, answer.duties)
  if (answer.byGrant) io.out(`by grant ${plain(leftOf(answer.byGrant))}\n`)
  if (answer.validUntil !== undefined) {
    // Of a supposed moment: how far it is from here says nothing.
    const away = at === undefined ? ` (${relative(answer.validUntil)})` : ''
    io.out(`holds until ${answer.validUntil}${away}\n`)
  }
  for (const role of answer.roles)
    io.out(`Ask for it:  sallyport request create ${plain(role)} --for 1h --reason "…"\n`)
}

const leftOf = ({ id, role, usesLeft, tokens, tokensLeft }: NonNullable<Explanation['byGrant']>): string =>
  [
    `${id} of ${role}`,
    ...(usesLeft === undefined ? [] : [`${counted(usesLeft, 'use')} left`]),
    ...(tokens === undefined ? [] : [`${tokensLeft ?? 0} of ${counted(tokens, 'token')} left`]),
  ].join(', ')

/** What is demanded of a call that is allowed. */
export function printDuties(io: Io, lines: readonly string[]): void {
  for (const line of lines) io.out(`  ${dim(io, '@')}${plain(line)}\n`)
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
  const params = { id: arg(input, 0) === '' ? 'last' : arg(input, 0) }
  const event = await client.call('decisions.show', { params })
  const supposed = supposedOf(input)
  const isDecision = event.decision !== undefined && event.principal !== undefined && event.action !== undefined
  // `last` may be another one by now.
  const again = isDecision
    ? await client.call('decisions.explain', { params: { id: event.id }, body: supposed })
    : undefined
  if (input.flags.json) {
    printOne(io, { ...event, ...(again && { now: again }) }, { json: input.flags.json as string })
    return EXIT.ok
  }
  const verdict =
    event.decision === 'deny' ? red(io, 'DENY') : event.decision === 'allow' ? green(io, 'ALLOW') : bold(io, event.kind)
  const decision = typeof event.data?.decisionId === 'string' ? event.data.decisionId : event.id
  const on = again?.resource ?? event.model ?? event.subject ?? ''
  io.out(`${verdict}  ${plain([event.principal, event.action, on].filter(Boolean).join(' → '))}\n`)
  io.out(`${dim(io, `${plain(decision)} · ${relative(event.time)}`)}\n`)
  if (event.rules && event.rules.length > 0) io.out(`by ${plain(event.rules.join(', '))}\n`)
  else if (event.decision === 'deny' && event.hidden === undefined) io.out('No rule permitted this.\n')
  sayHidden(io, event.hidden)
  if (event.reason !== undefined) io.out(`reason  ${plain(event.reason)}\n`)
  for (const field of ['call', 'session', 'credential', 'address', 'policy'] as const)
    if (event[field] !== undefined) io.out(`${dim(io, field.padEnd(10))}  ${plain(event[field])}\n`)
  if (again) {
    saySupposed(io, supposed)
    // What was not kept is filled in with ordinary values: then the answer is about a call of that kind, not about that call.
    const about = again.asAsked === true ? 'The same call now' : 'A call of that kind now'
    io.out(`${about}: ${again.decision === 'allow' ? green(io, 'ALLOW') : red(io, 'DENY')}  ${plain(again.summary)}\n`)
    printExplanation(io, again, supposed.at)
  }
  return EXIT.ok
}
