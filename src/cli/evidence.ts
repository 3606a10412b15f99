// An evidence pack: one zip with the lossless export of the log, every version of the rules, a verifier that shares no code with
// this product, and a manifest of their hashes. The manifest is an event of the log itself: the pack ends with the proof that
// it is under a signed checkpoint, so nothing in it can be exchanged without the log's signing key.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { Zip, ZipDeflate } from 'fflate'
import { counted } from '../core/index.ts'
import type { Client } from './client.ts'
import type { Command } from './command.ts'
import { usage } from './failure.ts'
import { flagText, listAll, reasonOf } from './input.ts'
import { printOne } from './io.ts'

const VERIFIER = new URL('../../docs/verify.mjs', import.meta.url)

const about = (keys: readonly string[]) => `Evidence from a Sallyport audit log

events.jsonl       every event, with the hashes and signed checkpoints of the log
policies/N.json    version N of the rules: its digest, which events name, and its files
verify.mjs         checks all of it; needs Node and nothing else
manifest.json      SHA-256 of each of these files
manifest.event     the event of the log that holds the hash of manifest.json
manifest.proof     proof (c2sp.org/tlog-proof) that this event is in the signed log

Unpack it into a folder and run:  node verify.mjs evidence . KEY
KEY must come to you by another way than this file, and so must every key before it (KEY@EVENTS), and verify.mjs, unless you have
read it: whoever makes up a pack makes up all of these. The log says that they are:
${keys.join('\n')}
`

export const evidence: Command = async (input) => {
  const out = flagText(input, 'out')
  if (out === undefined) throw usage('--out FILE.zip says where the pack goes')
  const client = await input.client()
  const { verifierKeys } = await client.call('audit.checkpoint', {})
  const file = createWriteStream(out, { flags: 'wx', mode: 0o600 })
  await once(file, 'open')
  const ended = once(file, 'close')
  let failure: Error | undefined
  file.once('error', (error) => {
    failure = error
  })
  const zip = new Zip((error, chunk, final) => {
    if (error) failure = error
    else file.write(chunk)
    if (final) file.end()
  })
  const hashes: Record<string, string> = {}
  /** One file of the pack, in pieces, as it comes. */
  const add = async (name: string, pieces: AsyncIterable<string> | Iterable<string>) => {
    const entry = new ZipDeflate(name, { level: 6 })
    zip.add(entry)
    const hash = createHash('sha256')
    for await (const piece of pieces) {
      const bytes = Buffer.from(piece)
      hash.update(bytes)
      entry.push(bytes)
      if (failure) throw failure
      if (file.writableNeedDrain) await once(file, 'drain')
    }
    entry.push(new Uint8Array(0), true)
    hashes[name] = hash.digest('hex')
  }

  try {
    await add('events.jsonl', exported(client))
    const all = { ...input, flags: { ...input.flags, all: true } }
    for (const { version } of await listAll(all, client, 'policies.history', {})) {
      const bundle = await client.call('policies.files', { params: { version: String(version) } })
      await add(`policies/${version}.json`, [JSON.stringify(bundle, null, 1)])
    }
    await add('verify.mjs', [await readFile(VERIFIER, 'utf8')])
    await add('README.txt', [about(verifierKeys)])
    const manifest = JSON.stringify({ format: 'sallyport evidence 1', files: hashes }, null, 1)
    const sha256 = createHash('sha256').update(manifest).digest('hex')
    const { proof, body } = await client.call('audit.evidence', { body: { sha256, reason: reasonOf(input) } })
    await add('manifest.json', [manifest])
    await add('manifest.event', [body])
    await add('manifest.proof', [proof])
    zip.end()
    await ended
    if (failure) throw failure
  } catch (error) {
    // Half a pack proves nothing, and would be in the way of the next try.
    file.destroy()
    await rm(out, { force: true })
    throw error
  }
  if (input.flags.json) printOne(input.io, { out, files: hashes }, { json: input.flags.json as string })
  input.io.say(
    `${out}: ${counted(Object.keys(hashes).length, 'file')}. Give the key to whoever checks it by another way.`,
  )
  return 0
}

async function* exported(client: Client): AsyncGenerator<string> {
  const gone = new AbortController()
  for await (const line of client.follow('audit.export', { format: 'archive' }, gone.signal)) yield `${line}\n`
}
