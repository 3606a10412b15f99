// Which model stands in its files: one digest over the weights and the adapter, worked out again when a file has changed.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Fault } from '../core/index.ts'

export interface FilesIdentity {
  /** SHA-256, hex: of the one file, or of the digests of all. */
  readonly digest: string
  /** Of the first file. */
  readonly bytes: number
}

/** Hashes the files. @throws Fault `upstream_unavailable` if one cannot be read, or changed meanwhile */
export async function identifyFiles(files: readonly string[]): Promise<FilesIdentity> {
  try {
    const before = await stampOf(files)
    const digests = await Promise.all(files.map(sha256))
    if ((await stampOf(files)).text !== before.text) throw new Error('changed while it was read')
    const [only = ''] = digests
    return {
      digest: digests.length === 1 ? only : createHash('sha256').update(digests.join(' ')).digest('hex'),
      bytes: before.bytes,
    }
  } catch (cause) {
    throw new Fault('upstream_unavailable', { detail: 'The model file cannot be read', cause })
  }
}

/** Remembers the digest for as long as the files look the same: inode, size, times. */
export function watchFiles(files: readonly string[]): () => Promise<FilesIdentity> {
  let known: { readonly stamp: string; readonly identity: Promise<FilesIdentity> } | undefined
  return async () => {
    const stamp = await stampOf(files).catch((cause: unknown) => {
      throw new Fault('upstream_unavailable', { detail: 'The model file cannot be read', cause })
    })
    if (known?.stamp !== stamp.text) {
      const fresh = { stamp: stamp.text, identity: identifyFiles(files) }
      known = fresh
      fresh.identity.catch(() => {
        if (known === fresh) known = undefined
      })
    }
    return known.identity
  }
}

async function stampOf(files: readonly string[]): Promise<{ text: string; bytes: number }> {
  const stats = await Promise.all(files.map((file) => stat(file, { bigint: true })))
  const text = stats
    .map(({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(':'))
    .join(' ')
  return { text, bytes: Number(stats[0]?.size ?? 0) }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file)) hash.update(part as Buffer)
  return hash.digest('hex')
}
