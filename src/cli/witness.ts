// A witness as a process of its own, on another machine or of another owner: signs checkpoints of logs that it is told of. It
// needs no database and no configuration, only a folder for its key and for what it has signed.
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createWitness, fileAnchor, parseKey, printKey } from '../audit/index.ts'
import { systemClock } from '../core/index.ts'
import type { Command } from './command.ts'
import { cannotListen, usage } from './failure.ts'
import { flagList, flagText } from './input.ts'
import { printOne } from './io.ts'
import { stopped } from './stopped.ts'

/** A checkpoint with sixty hashes and a dozen signatures is a tenth of this. */
const MOST_BYTES = 65_536

export const witness: Command = async (input) => {
  const folder = flagText(input, 'data')
  const logs = flagList(input, 'log') ?? []
  if (folder === undefined || logs.length === 0)
    throw usage('a witness needs --data FOLDER and --log KEY', 'sallyport audit witness --help')
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(flagText(input, 'listen') ?? '127.0.0.1:8790') ?? []
  if (host === '' || Number(port) > 65_535) throw usage('--listen takes HOST:PORT')
  const known = logs.map((log) => {
    try {
      return parseKey(log)
    } catch (error) {
      throw usage(`${log} is no verifier key: ${(error as Error).message}`, 'sallyport audit checkpoint --key')
    }
  })
  const own = join(folder, 'witness.pem')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // It is shut for everybody else: not a folder that is used for something.
  if (!existsSync(own) && readdirSync(folder).length > 0)
    throw usage(`${folder} holds something else than a witness`, 'an empty folder: --data ./witness')
  chmodSync(folder, 0o700)
  const signer = createWitness({
    clock: systemClock,
    name: flagText(input, 'name') ?? hostname(),
    key: keyIn(own),
    logs: known,
    memory: (origin) => fileAnchor(join(folder, `${createHash('sha256').update(origin).digest('hex')}.checkpoint`)),
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '', 'http://witness').pathname
    if (request.method !== 'POST' || path !== '/add-checkpoint') return void response.writeHead(404).end()
    try {
      const body = await readBody(request)
      if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end()
      const signed = await signer.addCheckpoint(body)
      const type = signed.status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8'
      response.writeHead(signed.status, { 'content-type': type }).end(signed.body)
    } catch (error) {
      input.io.say(`could not sign: ${error instanceof Error ? error.message : String(error)}`)
      response.writeHead(500).end()
    }
  }
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => void answer(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(port), host.replace(/^\[|\]$/g, ''), resolve)
  }).catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(error, `${host}:${port}`, 'another address: --listen 127.0.0.1:8791')
  })
  const address = server.address()
  const url = `http://${host}:${typeof address === 'object' ? address?.port : port}/`
  const key = printKey(signer.key)
  if (input.flags.json) printOne(input.io, { key, url }, { json: input.flags.json as string })
  else input.io.out(`${key}\n`)
  input.io.say(`Witness at ${url}`)
  await stopped()
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  return 0
}

/** The key of the witness, made on its first start. Node makes the file for the owner alone or not at all. */
function keyIn(path: string): KeyObject {
  try {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(path, pem, { flag: 'wx', mode: 0o600, flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return createPrivateKey(readFileSync(path))
}

/** Undefined if it is longer than any request is. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MOST_BYTES) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
