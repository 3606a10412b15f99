// What runs and what needs somebody; who you are; which version this is.

import { counted } from '../core/index.ts'
import type { Command } from './command.ts'
import { seen } from './failure.ts'
import { uidTextOf } from './input.ts'
import { dim, green, plain, printOne, red, yellow } from './io.ts'
import { productVersion } from './version.ts'
import { relative } from './when.ts'

export const version: Command = async ({ io, flags }) => {
  if (flags.json) printOne(io, { version: productVersion(), node: process.version }, { json: flags.json as string })
  else io.out(`sallyport ${productVersion()}\n`)
  return 0
}

export const whoami: Command = async (input) => {
  const client = await input.client()
  const { credential, ...self } = await client.call('self.show', {})
  if (input.flags.json) printOne(input.io, { ...self, credential }, { json: input.flags.json as string })
  else
    printOne(
      input.io,
      {
        ...self,
        credential: `${credential.kind} ${credential.id}`,
        expires: credential.expiresAt === undefined ? 'never' : relative(credential.expiresAt),
        ...(credential.actions && { 'only actions': credential.actions }),
        ...(credential.models && { 'only models': credential.models }),
      },
      {},
    )
  return 0
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** Of many alerts the newest are named, the rest counted. */
const MOST_ALERTS = 5

export const status: Command = async (input) => {
  const { io } = input
  const client = await input.client()
  const self = await client.call('self.show', {})
  const soon = new Date(Date.now() + WEEK_MS).toISOString()
  const lately = new Date(Date.now() - DAY_MS).toISOString()
  const [upstreams, leases, nodes, policy, locks, expiring, alerts, reviews] = await Promise.all([
    seen(client.call('upstreams.list', {})),
    seen(client.call('leases.list', { query: { limit: 200 } })),
    seen(client.call('nodes.list', {})),
    seen(client.call('policies.show', {})),
    seen(client.call('locks.list', {})),
    seen(client.call('keys.list', { query: { state: 'active', expiresBefore: soon, limit: 200 } })),
    seen(client.call('audit.list', { query: { kind: 'alert.raised', since: lately, limit: 200 } })),
    seen(client.call('grants.list', { query: { reviewDue: 'true', limit: 200 } })),
  ])
  const dying = expiring?.items.filter((key) => key.condition === 'expiring') ?? []
  const silent = nodes?.items.filter(({ closed }) => closed) ?? []
  const down = upstreams?.items.filter((one) => one.state !== 'up') ?? []
  const facts = {
    gateway: client.connection.url,
    product: self.product,
    you: self.principal,
    roles: self.roles,
    ...(policy && {
      policy: `${counted(policy.rules, 'rule')}, ${policy.digest.slice(0, 19)}, since ${relative(policy.since)}`,
    }),
    ...(upstreams && { upstreams: upstreams.items.map((one) => `${one.name} ${one.state}`) }),
    models: self.models,
    ...(leases && { 'running calls': nodes?.items.reduce((sum, { calls }) => sum + calls, 0) ?? leases.items.length }),
    ...(nodes && { nodes: nodes.items.map((node) => node.name) }),
    ...(locks && { locks: locks.items.length }),
  }
  if (input.flags.json) {
    printOne(
      io,
      {
        ...facts,
        expiringKeys: dying.map((key) => key.id),
        nodesSilent: silent.map((one) => one.name),
        upstreamsDown: down.map((one) => one.name),
        alerts: alerts?.items.map((one) => one.id) ?? [],
      },
      { json: input.flags.json as string },
    )
    return 0
  }
  printOne(io, facts, {})
  for (const one of down)
    io.out(`${red(io, 'down')}  upstream ${one.name}${one.problem === undefined ? '' : `: ${one.problem}`}\n`)
  for (const { name, silentMs } of silent)
    io.out(`${red(io, 'silent')}  node ${plain(name)} for ${Math.round(silentMs / 1000)} s: it takes no calls\n`)
  for (const lock of locks?.items ?? [])
    io.out(`${red(io, 'locked')}  ${plain(`${lock.kind} ${lock.target}: ${lock.reason}`)}\n`)
  for (const key of dying)
    io.out(
      `${yellow(io, 'expires')}  key ${key.name} of ${key.owner} ${relative(key.expiresAt)}:  sallyport key rotate ${key.id}\n`,
    )
  const raised = alerts?.items ?? []
  for (const alert of raised.slice(0, MOST_ALERTS))
    io.out(
      `${yellow(io, 'alert')}  ${plain(`${alert.reason ?? 'alert'}: ${alert.subject ?? ''}`)} ${relative(alert.time)}:  sallyport audit show ${alert.id}\n`,
    )
  if (raised.length > MOST_ALERTS)
    io.out(
      `${yellow(io, 'alert')}  ${counted(raised.length - MOST_ALERTS, 'more alert')} in a day:  sallyport audit list --kind alert.raised --since 1d\n`,
    )
  const due = reviews?.items.filter(({ principal }) => principal !== uidTextOf(self.principal)) ?? []
  for (const grant of due)
    io.out(
      `${yellow(io, 'review')}  ${plain(`${grant.principal} took ${grant.role} in an emergency:  sallyport grant review ${grant.id} --note "…"`)}\n`,
    )
  if (down.length + silent.length + dying.length + due.length + (locks?.items.length ?? 0) + raised.length === 0)
    io.out(`${green(io, 'ok')}  ${dim(io, 'Nothing needs you.')}\n`)
  return 0
}
