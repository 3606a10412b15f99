#!/usr/bin/env node
// Independent verifier for Sallyport audit exports and proofs. Shares no code with the product; needs Node and nothing else.
//   node verify.mjs export FILE KEY…          an export (`sallyport audit export --format archive`), checked against signatures
//   node verify.mjs proof FILE EVENT_FILE KEY… one event, checked against a .tlog-proof
//   node verify.mjs evidence FOLDER KEY…       an unpacked evidence pack (`sallyport audit evidence`): all of it
// KEY is a verifier key, name+hash+base64 (`sallyport audit checkpoint --key`); name+hash+base64@N if it was replaced after N events. Exit code 0: it holds. 1: it does not. 2: cannot tell.
// Formats: RFC 9162 section 2.1 (tree), c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const leafOf = (text) => sha256(Buffer.from([0]), Buffer.from(text, 'utf8'))
const nodeOf = (left, right) => sha256(Buffer.from([1]), left, right)
/** Names in a pack may be anybody's: what acts on a terminal, or begins a line of its own, is not shown. */
const plain = (text) => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
const fail = (message) => {
  console.log(`NOT WHOLE: ${plain(message)}`)
  process.exit(1)
}

function readKey(text) {
  const [, name, id, encoded = '', until] = /^([^+]+)\+([0-9a-f]{8})\+([^@]+)(?:@(\d+))?$/.exec(text) ?? []
  const raw = Buffer.from(encoded, 'base64')
  const computed = sha256(Buffer.from(`${name}\n`), raw).subarray(0, 4).toString('hex')
  if (raw.length !== 33 || raw[0] !== 1 || computed !== id) throw new Error(`not an Ed25519 verifier key: ${text}`)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') }
  return { name, id, until: until === undefined ? Number.POSITIVE_INFINITY : Number(until), key: createPublicKey({ key: jwk, format: 'jwk' }) }
}

/** The checkpoint in a signed note, if one of the keys signed it. */
function readCheckpoint(note, keys) {
  const at = note.lastIndexOf('\n\n')
  const text = note.slice(0, at + 1)
  const [origin, size, root] = text.split('\n')
  const signed = note
    .slice(at + 2)
    .split('\n')
    .some((line) => {
      const [dash, name, encoded = ''] = line.split(' ')
      const bytes = Buffer.from(encoded, 'base64')
      const key = keys.find((known) => known.name === name && known.id === bytes.subarray(0, 4).toString('hex'))
      return dash === '—' && key && Number(size) <= key.until && verify(null, Buffer.from(text), key.key, bytes.subarray(4))
    })
  if (!signed) fail(`the checkpoint over ${size} events is not signed by a given key`)
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') }
}

/** Roots of perfect subtrees, largest first; `width` is the number of leaves under each. */
function append(stack, leaf) {
  stack.push({ width: 1, hash: leaf })
  while (stack.length > 1 && stack.at(-1).width === stack.at(-2).width) {
    const right = stack.pop()
    const left = stack.pop()
    stack.push({ width: left.width * 2, hash: nodeOf(left.hash, right.hash) })
  }
}
const rootOf = (stack) => (stack.length === 0 ? sha256() : stack.map(({ hash }) => hash).reduceRight((right, left) => nodeOf(left, right)))

/** One without an end is not waited for: no event is nearly as long. */
async function* linesOf(file) {
  let rest = ''
  for await (const piece of createReadStream(file, 'utf8')) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()
    if (rest.length > 4_194_304) throw new Error('not an audit export: a line of it is longer than any event')
    yield* lines
  }
  yield rest
}

/** Where the events begin that retention had kept when it wrote this; 0 for any other event. */
function prunedTo(line) {
  if (!line.includes('"kind":"audit.pruned"')) return 0
  const { kind, data } = JSON.parse(line)
  return kind === 'audit.pruned' && Number.isSafeInteger(data?.to) ? data.to : 0
}

async function checkExport(file, keys) {
  let head, expected = [], position = 0, proven = 0, ended = false, read = 0, gone = 0, retained = 0
  const stack = []
  const wanted = new Map()
  let held = 0
  const compare = () => {
    const checkpoints = wanted.get(position)
    if (!checkpoints) return
    // All of them: two that were signed over as many events and differ are two histories.
    if (!checkpoints.every(({ root }) => rootOf(stack).equals(root))) fail(`events ${proven} to ${position} are not those that were signed`)
    proven = position
    held += checkpoints.length
  }
  for await (const line of linesOf(file)) {
    if (line.startsWith('{"sallyport":')) {
      const record = JSON.parse(line)
      if (record.sallyport === 'audit-export') {
        if (head) throw new Error('not an audit export: it begins twice')
        head = record
        if (head.version !== 1) throw new Error('not an audit export of a known version')
        if (!(Number.isSafeInteger(head.from) && head.from >= 0)) throw new Error('not an audit export')
        for (const note of head.checkpoints) {
          const checkpoint = readCheckpoint(note, keys)
          if (checkpoint.origin !== head.origin) fail(`a checkpoint is of another log, ${checkpoint.origin}`)
          wanted.set(checkpoint.size, [...(wanted.get(checkpoint.size) ?? []), checkpoint])
        }
        const hashes = Buffer.from(head.frontier, 'base64')
        for (let rest = head.from, at = 0; rest > 0; at += 32) {
          const width = 2 ** Math.floor(Math.log2(rest))
          stack.push({ width, hash: hashes.subarray(at, at + 32) })
          rest -= width
        }
        position = head.from
        compare()
      } else if (record.sallyport === 'tile') {
        if (expected.length > 0) fail(`event ${position} is missing`)
        const hashes = Buffer.from(record.hashes, 'base64')
        for (let at = 0; at < hashes.length; at += 32) expected.push(hashes.subarray(at, at + 32))
        // Bodies that retention has deleted, the oldest first: their hashes still carry the tree.
        if (record.pruned && read > 0) fail(`events from ${position} are not there, and older ones are`)
        if (record.pruned) for (; expected.length > 0; position++, compare()) append(stack, expected.shift())
        if (record.pruned) gone = position
      } else if (record.sallyport === 'end') ended = position === record.size
      else throw new Error('not an audit export: a line of it is neither an event nor a part of one') // no hash covers it
    } else if (line !== '') {
      if (!head) throw new Error('not an audit export')
      const leaf = leafOf(line)
      const written = expected.shift()
      if (!written?.equals(leaf)) fail(`event ${position} is not the one that was written there`)
      append(stack, leaf)
      position++
      read++
      retained = Math.max(retained, prunedTo(line))
      compare()
    }
  }
  if (!head) throw new Error('not an audit export')
  if (!ended || position !== head.size) fail(`the export ends at event ${position} of ${head.size}`)
  if (proven === 0 || proven < position) fail(`no signed checkpoint covers events from ${proven}`)
  if (gone > retained) fail(`events ${Math.max(retained, head.from)} to ${gone} are not there, and no event tells that retention deleted them`)
  console.log(`WHOLE: events ${head.from} to ${position} of ${head.origin}, ${read} of them read${read < position - head.from ? ', the rest deleted before' : ''}, ${held} checkpoints, root ${rootOf(stack).toString('base64')}`)
}

function checkProof(file, eventFile, keys) {
  const text = readFileSync(file, 'utf8')
  const at = text.indexOf('\n\n')
  const [magic, ...lines] = text.slice(0, at).split('\n')
  if (magic !== 'c2sp.org/tlog-proof@v1') throw new Error('not a tlog-proof')
  if (lines[0]?.startsWith('extra ')) lines.shift()
  const index = Number(/^index (\d+)$/.exec(lines.shift() ?? '')?.[1])
  const path = lines.map((line) => Buffer.from(line, 'base64'))
  const { origin, size, root } = readCheckpoint(text.slice(at + 2), keys)
  if (!(index < size)) fail('the index is not in the tree')
  // RFC 9162 section 2.1.3.2
  let fn = BigInt(index)
  let sn = BigInt(size - 1)
  let hash = leafOf(readFileSync(eventFile, 'utf8').replace(/\n$/, ''))
  for (const sibling of path) {
    if (sn === 0n) fail('the proof is too long')
    if (fn % 2n === 1n || fn === sn) {
      hash = nodeOf(sibling, hash)
      for (; fn % 2n === 0n && fn !== 0n; fn /= 2n) sn /= 2n
    } else hash = nodeOf(hash, sibling)
    fn /= 2n
    sn /= 2n
  }
  if (sn !== 0n || !hash.equals(root)) fail('the event is not in the signed tree')
  console.log(`IN THE LOG: event ${index} of ${size}, ${origin}`)
}

/** Paths of the files below a folder. A link shows what was never packed, leads elsewhere, or to something that does not end. */
function* filesIn(folder, below = '') {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = `${below}${entry.name}`
    if (entry.isDirectory()) yield* filesIn(folder, `${path}/`)
    else if (entry.isFile()) yield path
    else fail(`${path} is no file`)
  }
}

/** Every file under the manifest, the manifest under an event, the event under a signed checkpoint, and the export whole. */
async function checkEvidence(folder, keys) {
  const own = new Set(['manifest.json', 'manifest.event', 'manifest.proof'])
  const found = [...filesIn(folder)]
  const manifest = readFileSync(join(folder, 'manifest.json'))
  const { files } = JSON.parse(manifest)
  for (const name of found) if (!own.has(name) && !Object.hasOwn(files, name)) fail(`${name} is not in the manifest`)
  for (const [name, hash] of Object.entries(files)) {
    if (!found.includes(name)) fail(`${name} is missing`)
    if (sha256(readFileSync(join(folder, name))).toString('hex') !== hash) fail(`${name} was changed`)
  }
  const event = JSON.parse(readFileSync(join(folder, 'manifest.event'), 'utf8'))
  if (event.kind !== 'evidence.packed' || event.data?.sha256 !== sha256(manifest).toString('hex'))
    fail('the manifest is not the one that the log knows')
  checkProof(join(folder, 'manifest.proof'), join(folder, 'manifest.event'), keys)
  await checkExport(join(folder, 'events.jsonl'), keys)
  for (const name of found.filter((each) => each.startsWith('policies/'))) {
    const bundle = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    const parts = [Buffer.from('sallyport bundle 1\n')]
    for (const { path, text: written } of bundle.files.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      const text = written.replaceAll('\r\n', '\n')
      parts.push(Buffer.from(`${Buffer.byteLength(path)} ${path}\n${Buffer.byteLength(text)}\n`), Buffer.from(text))
    }
    if (`sha256:${sha256(...parts).toString('hex')}` !== bundle.digest) fail(`${name} is not what its digest names`)
  }
}

const [what, file, ...rest] = process.argv.slice(2)
try {
  if (what === 'export' && rest.length > 0) await checkExport(file, rest.map(readKey))
  else if (what === 'proof' && rest.length > 1) checkProof(file, rest[0], rest.slice(1).map(readKey))
  else if (what === 'evidence' && rest.length > 0) await checkEvidence(file, rest.map(readKey))
  else throw new Error('usage: verify.mjs export FILE KEY… | verify.mjs proof FILE EVENT_FILE KEY… | verify.mjs evidence FOLDER KEY…')
} catch (error) {
  console.error(plain(String(error.message ?? error)))
  process.exit(2)
}
