// Checks an installation from the outside in. The check that matters most: does a model server answer round the gateway?

import { statfsSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type Config, isLoopback, namedIn } from '../config/index.ts'
import { counted } from '../core/index.ts'
import { ADMIN_FILE } from './admin-file.ts'
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { loadSettings } from './config.ts'
import { EXIT, Failure } from './failure.ts'
import { flagText } from './input.ts'
import { dim, green, printRows, red, yellow } from './io.ts'
import { findServers } from './servers.ts'
import { isThere } from './target.ts'
import { relative } from './when.ts'

export interface Finding {
  readonly [field: string]: unknown
  readonly state: 'ok' | 'warn' | 'FAIL'
  readonly check: string
  readonly text: string
  readonly fix?: string
}

export const doctor: Command = async (input) => {
  const { io } = input
  const data = flagText(input, 'data')
  const findings: Finding[] = [nodeVersion()]
  let config: Config | undefined
  try {
    config = loadSettings(input, data === undefined ? {} : { flags: { data } }).config
    findings.push({ state: 'ok', check: 'settings', text: 'valid' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    findings.push({ state: 'FAIL', check: 'settings', text: error.why ?? error.message })
  }
  if (config) findings.push(...dataFolder(config.data), ...disk(config.data))
  findings.push(...(await gateway(input)))
  findings.push(...(await behind(input, config)))

  const failures = findings.filter(({ state }) => state === 'FAIL').length
  const warnings = findings.filter(({ state }) => state === 'warn').length
  if (input.flags.json) printRows(io, findings, [], { json: input.flags.json as string })
  else
    for (const { state, check, text, fix } of findings) {
      const word = state === 'ok' ? green(io, 'ok  ') : state === 'warn' ? yellow(io, 'warn') : red(io, 'FAIL')
      io.out(`${word}  ${check.padEnd(10)}  ${text}\n`)
      if (fix !== undefined) io.out(`                  ${dim(io, 'fix:')} ${fix}\n`)
    }
  io.say(`${counted(failures, 'failure')}, ${counted(warnings, 'warning')}`)
  return failures > 0 ? EXIT.failed : EXIT.ok
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const good = major > 22 || (major === 22 && minor >= 18)
  return {
    state: good ? 'ok' : 'FAIL',
    check: 'node',
    text: process.versions.node,
    ...(!good && { fix: 'Node 22.18 or newer' }),
  }
}

const PRIVATE = ['master.key', 'signing.pem', ADMIN_FILE]

function dataFolder(folder: string): Finding[] {
  if (process.platform === 'win32') return []
  const open = [folder, ...PRIVATE.map((file) => join(folder, file))].flatMap((path) => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode
    return mode !== undefined && (mode & 0o077) !== 0 ? [path] : []
  })
  if (statSync(folder, { throwIfNoEntry: false }) === undefined)
    return [{ state: 'ok', check: 'data', text: `${folder} is not there yet` }]
  if (open.length === 0) return [{ state: 'ok', check: 'data', text: `${folder}, readable by its owner alone` }]
  return [
    { state: 'FAIL', check: 'data', text: `others can read ${open.join(', ')}`, fix: `chmod go-rwx ${open.join(' ')}` },
  ]
}

/** Less than this is soon nothing: a write-ahead log alone may become so large. */
const LEAST_FREE = 64 * 1024 * 1024

/** Whether the log can go on: a full disk refuses every call. */
function disk(folder: string): Finding[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return []
  const { bavail, bsize, files, ffree } = statfsSync(folder)
  const free = bavail * bsize
  const [check, fix] = ['disk', 'make room; a gateway that refuses calls for it takes them again by itself']
  if (files > 0 && ffree === 0)
    return [{ state: 'FAIL', check, text: `no more files fit on the disk of ${folder}`, fix }]
  if (free >= LEAST_FREE) return []
  return [
    { state: 'FAIL', check, text: `${Math.floor(free / 1024 / 1024)} MiB are left on the disk of ${folder}`, fix },
  ]
}

const WEEK_MS = 7 * 86_400_000

async function gateway(input: Input): Promise<Finding[]> {
  const client = await input.client()
  const { url } = client.connection
  const findings: Finding[] = []
  try {
    const self = await client.call('self.show', {})
    findings.push({ state: 'ok', check: 'gateway', text: `${url}, ${self.product}, you are ${self.principal}` })
    const { hostname, protocol } = new URL(url)
    if (protocol === 'http:' && !isLoopback(hostname))
      findings.push({
        state: 'FAIL',
        check: 'tls',
        text: `${url} sends keys and prompts in the clear`,
        fix: 'tls.certFile and tls.keyFile',
      })
    const missing = Object.entries(await client.ready()).flatMap(([check, fine]) => (fine ? [] : [check]))
    findings.push({
      state: missing.length === 0 ? 'ok' : 'FAIL',
      check: 'ready',
      text: missing.length === 0 ? 'takes calls' : `takes no calls: ${missing.join(', ')}`,
    })
    const { items: nodes } = await client.call('nodes.list', {})
    const silent = nodes.filter(({ closed }) => closed)
    findings.push({
      state: 'ok',
      check: 'nodes',
      text: nodes
        .filter((node) => !silent.includes(node))
        .map((node) => `${node.name} at ${node.appliedSeq}`)
        .join(', '),
    })
    for (const { name, silentMs } of silent)
      findings.push({
        state: 'warn',
        check: 'nodes',
        text: `a process of ${name} has been silent for ${Math.round(silentMs / 1000)} s: it takes no calls; it died, or has lost the database`,
      })
    const { items: upstreams } = await client.call('upstreams.list', {})
    for (const one of upstreams)
      findings.push({
        state: one.state === 'up' ? 'ok' : 'FAIL',
        check: 'upstream',
        text: `${one.name} is ${one.state}${one.problem === undefined ? `, ${counted(one.models, 'model')}` : `: ${one.problem}`}`,
      })
    const soon = new Date(Date.now() + WEEK_MS).toISOString()
    const { items: keys } = await client.call('keys.list', {
      query: { state: 'active', expiresBefore: soon, limit: 200 },
    })
    for (const key of keys.filter(({ condition }) => condition === 'expiring'))
      findings.push({
        state: 'warn',
        check: 'expiry',
        text: `key ${key.name} of ${key.owner} ends ${relative(key.expiresAt)}`,
        fix: `sallyport key rotate ${key.id}`,
      })
    findings.push(...(await raised(client)))
    return findings
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const text = `${error.message}${error.why === undefined ? '' : `: ${error.why}`}`
    // Whoever may not look any further has still seen that it is there.
    if (findings.length > 0 && error.exit === EXIT.failed && error.code !== undefined)
      return [...findings, { state: 'warn', check: 'rights', text: `the rest was not looked at: ${text}` }]
    return [
      ...findings,
      { state: 'FAIL', check: 'gateway', text, ...(error.next !== undefined && { fix: error.next }) },
    ]
  }
}

const DAY_MS = 86_400_000

/** Alerts about the installation itself. What is unusual about people and keys is for `status`, and for who watches over them. */
const ILLS: readonly { reason: string; state: 'warn' | 'FAIL'; text: string; fix: string }[] = [
  {
    reason: 'history rewritten',
    state: 'FAIL',
    text: 'the audit log is not the one that was signed before, so that nothing more is signed: events were taken away, or the database went back to an earlier state',
    fix: 'docs/operating.md, "Backup and restore"; sallyport audit verify says from where on',
  },
  {
    reason: 'events lost',
    state: 'FAIL',
    text: 'events that a node had written were not in the database any more, as after a failover to a copy that lacked them; the node has written again what it remembered',
    fix: 'docs/operating.md, "PostgreSQL"; synchronous replication loses none',
  },
  {
    reason: 'database unsafe',
    state: 'FAIL',
    text: 'with a setting of the database server, a power cut takes events that were answered for',
    fix: 'set fsync and full_page_writes of PostgreSQL to on, and start the nodes anew',
  },
  {
    reason: 'signing key replaced',
    state: 'FAIL',
    text: 'a node signs the audit log no more, since its key was replaced on another one',
    fix: 'copy signing.pem and signing.retired from there, and start the node anew',
  },
  {
    reason: 'witness refused',
    state: 'FAIL',
    text: 'a witness refuses to sign the audit log, as it does if what it knows of it is not in there any more',
    fix: 'sallyport audit verify',
  },
  {
    reason: 'clock ahead',
    state: 'warn',
    text: 'retention of the log found the clock far ahead, and deletes a day of the record an hour until it has caught up',
    fix: 'set the clock right, unless nothing ran for so long',
  },
]

/** What the gateway has raised an alert about within a day, each once. */
export async function raised(client: Pick<Client, 'call'>): Promise<Finding[]> {
  const since = new Date(Date.now() - DAY_MS).toISOString()
  const found = await Promise.all(
    ILLS.map(async ({ reason, state, text, fix }): Promise<Finding[]> => {
      const { items } = await client.call('audit.list', { query: { kind: 'alert.raised', reason, since, limit: 1 } })
      return items.map(({ time, subject }) => ({
        state,
        check: 'alert',
        text: `${text} (${[subject, relative(time)].join(', ')})`,
        fix,
      }))
    }),
  )
  return found.flat()
}

/** Behind the gateway that runs stands what it was started with, flags included; of one elsewhere, loopback is its own. */
async function behind(input: Input, config: Config | undefined): Promise<Finding[]> {
  const client = await input.client()
  const told = await client.call('config.show', {}).catch((error: unknown) => {
    if (error instanceof Failure) return undefined
    throw error
  })
  if (told === undefined) {
    const text = 'what the gateway was started with was not seen; looked at were these settings and the usual ports'
    return [...(await bypass(config)), { state: 'warn', check: 'bypass', text }]
  }
  const value = (name: string) => told.items.find((one) => one.name === name)?.value
  const { hostname } = new URL(client.connection.url)
  const findings = await unknownNames(client, (name) => value(name))
  const seen = await bypass(
    { listen: value('listen') as string, upstreams: value('upstreams') as Config['upstreams'] },
    isLoopback(hostname) ? outerAddresses() : [hostname],
  )
  findings.push(...seen)
  if (seen.length === 0)
    findings.push({ state: 'ok', check: 'bypass', text: 'no model server but the one inside the gateway' })
  return findings
}

/** Roles and people whom the settings of the gateway name, and who are not there: what names them does nothing. */
async function unknownNames(client: Client, value: (name: string) => unknown): Promise<Finding[]> {
  const told = { schedules: value('schedules'), hooks: value('hooks'), quotas: value('quotas') }
  const findings: Finding[] = []
  for (const { setting, kind, name } of namedIn(told as Parameters<typeof namedIn>[0])) {
    if (await isThere(client, kind, name)) continue
    const text = `${setting}: there is no ${kind} ${name}, so it has no effect`
    findings.push({ state: 'warn', check: 'settings', text })
  }
  return findings
}

const PROBE_MS = 1000
const FIXES: Record<string, string> = {
  ollama: 'set OLLAMA_HOST=127.0.0.1 where Ollama runs, or close the port with a firewall',
  vllm: 'start vLLM with --host 127.0.0.1, or close the port with a firewall',
  llamacpp: 'start llama-server with --host 127.0.0.1, or close the port with a firewall',
}
const CLOSE = 'let the server listen on 127.0.0.1 alone, or close the port with a firewall'

/** Whether anything speaks HTTP there. A refusal with a status is an answer too: the port is open. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS), redirect: 'manual' })
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}

/** Addresses under which other machines know this one. */
function outerAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
}

/** Every model server behind the gateway, and every other one on this machine, tried from an address that is not loopback. */
export async function bypass(
  config: Pick<Config, 'listen' | 'upstreams'> | undefined,
  outer = outerAddresses(),
): Promise<Finding[]> {
  const own = config?.listen
  const configured = (config?.upstreams ?? []).flatMap(({ url, kind }) =>
    url === undefined ? [] : [{ url, kind: kind as string }],
  )
  const found = (await findServers(own === undefined ? undefined : `http://${own}`)).filter(
    (server) => !configured.some(({ url }) => new URL(url).port === new URL(server.url).port),
  )
  const findings: Finding[] = []
  for (const { url, kind } of [...configured, ...found]) {
    const { hostname, port, protocol } = new URL(url)
    const probe = kind === 'ollama' ? '/api/tags' : '/v1/models'
    if (!isLoopback(hostname)) {
      findings.push({
        state: 'warn',
        check: 'bypass',
        text: `${url} is another machine: whether only the gateway can reach it cannot be seen from here`,
        fix: 'run sallyport doctor on a machine that must not reach it',
      })
      continue
    }
    if (outer.length === 0) {
      findings.push({
        state: 'warn',
        check: 'bypass',
        text: `${url}: inconclusive, this machine has no address but loopback`,
      })
      continue
    }
    const reached = await Promise.all(
      outer.map(async (address) => ({
        at: `${protocol}//${address}:${port}${probe}`,
        open: await answers(`${protocol}//${address}:${port}${probe}`),
      })),
    )
    const open = reached.find((one) => one.open)
    findings.push(
      open
        ? { state: 'FAIL', check: 'bypass', text: `${open.at} answers without Sallyport`, fix: FIXES[kind] ?? CLOSE }
        : { state: 'ok', check: 'bypass', text: `${url} answers on loopback alone (tried from ${outer.join(', ')})` },
    )
  }
  for (const server of found)
    findings.push({
      state: 'warn',
      check: 'bypass',
      text: `${server.product} at ${server.url} is not behind the gateway: every program on this machine can use it`,
      fix: `sallyport up --upstream ${server.url}, and let it listen where only the gateway's user can reach it`,
    })
  return findings
}
