// The newest checkpoint in a file beside, or better far from, the database: replaced whole, never half written.
import { open, readFile, rename } from 'node:fs/promises'
/** Where the newest checkpoint is kept outside the database: a file, another host. */
export interface Anchor {
  read(): Promise<string | undefined>
  write(note: string): Promise<void>
}

export function fileAnchor(path: string): Anchor {
  return {
    async read() {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async write(note) {
      const next = `${path}.next`
      const file = await open(next, 'w', 0o600)
      try {
        await file.writeFile(note)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(next, path)
    },
  }
}
