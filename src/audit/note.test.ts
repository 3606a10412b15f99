// Signed notes against the published examples of golang.org/x/mod/sumdb/note, and against changes of every byte.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  checkpointText,
  cosigned,
  noteKey,
  parseCheckpoint,
  parseKey,
  parseNote,
  printKey,
  signatureLine,
  signersOf,
  signNote,
} from './note.ts'

const KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`

it('accepts the published key and note', () => {
  const key = parseKey(KEY)
  expect(printKey(key)).toBe(KEY)
  expect(signersOf(parseNote(NOTE), [key])).toEqual([key])
})

it('refuses the note after any change', () => {
  const key = parseKey(KEY)
  for (let i = 0; i < NOTE.length; i++) {
    const other = NOTE[i] === 'A' ? 'B' : 'A'
    const changed = NOTE.slice(0, i) + other + NOTE.slice(i + 1)
    let signers: unknown[] = []
    try {
      signers = signersOf(parseNote(changed), [key])
    } catch {
      // no longer a note
    }
    expect(signers, `changed at ${i}`).toEqual([])
  }
  expect(() => parseKey(KEY.replace('c74f', 'c74e'))).toThrow()
})

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
/** A witness's signature line (c2sp.org/tlog-cosignature). */
function cosign(text: string, name: string, key: KeyObject, seconds: number): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  return signatureLine(
    noteKey(name, key, 'cosignature'),
    Buffer.concat([time, sign(null, cosigned(text, seconds), key)]),
  )
}
const checkpoint = { origin: 'example.com/log', size: 20852163, root: Buffer.alloc(32, 7) }

it('signs checkpoints, which witnesses cosign', () => {
  const text = checkpointText(checkpoint)
  const witness = generateKeyPairSync('ed25519').privateKey
  const note = signNote(text, 'example.com/log', privateKey) + cosign(text, 'witness.example', witness, 1_700_000_000)
  const keys = [noteKey('example.com/log', publicKey), noteKey('witness.example', witness, 'cosignature')]
  expect(signersOf(parseNote(note), keys)).toEqual(keys)
  expect(parseCheckpoint(parseNote(note).text)).toEqual(checkpoint)
  expect(signersOf(parseNote(note), [noteKey('example.com/other', publicKey)])).toEqual([])
  // A witness's key is not the log's key, and the reverse, even if it is the same pair.
  expect(signersOf(parseNote(note), [noteKey('example.com/log', publicKey, 'cosignature')])).toEqual([])
})

it.each([
  '',
  'o\n01\nAAAA\n',
  'o\n-1\nAAAA\n',
  `o\n1\n${Buffer.alloc(31).toString('base64')}\n`,
  `\n1\n${Buffer.alloc(32).toString('base64')}\n`,
])('refuses the checkpoint %j', (text) => {
  expect(() => parseCheckpoint(text)).toThrow()
})
