// A folder of rules that is applied whenever it changes.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { watchFolder } from './index.ts'

test('a saved file is applied once it is whole, and a failure does not end the watching', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'sallyport-watch-'))
  const folder = join(parent, 'policies')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.cedar'), 'one')
  const applied: string[] = []
  const failures: unknown[] = []
  const watching = watchFolder(
    folder,
    async ([file]) => {
      if (file?.text === 'broken') throw new Error('broken')
      applied.push(file?.text ?? '')
    },
    (error) => failures.push(error),
  )
  // What was changed while nobody watched.
  await vi.waitFor(() => expect(applied).toEqual(['one']), 10_000)
  writeFileSync(join(folder, 'a.cedar'), 'half')
  writeFileSync(join(folder, 'a.cedar'), 'two')
  await vi.waitFor(() => expect(applied.at(-1)).toBe('two'), 10_000)
  writeFileSync(join(folder, 'a.cedar'), 'broken')
  await vi.waitFor(() => expect(failures).toHaveLength(1), 10_000)
  writeFileSync(join(folder, 'a.cedar'), 'three')
  await vi.waitFor(() => expect(applied.at(-1)).toBe('three'), 10_000)
  // A checkout puts another folder in its place.
  rmSync(folder, { recursive: true })
  mkdirSync(`${folder}.new`)
  writeFileSync(join(`${folder}.new`, 'a.cedar'), 'four')
  renameSync(`${folder}.new`, folder)
  await vi.waitFor(() => expect(applied.at(-1)).toBe('four'), 10_000)
  writeFileSync(join(folder, 'a.cedar'), 'five')
  await vi.waitFor(() => expect(applied.at(-1)).toBe('five'), 10_000)
  watching.close()
  rmSync(parent, { recursive: true })
})
