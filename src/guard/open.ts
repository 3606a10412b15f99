// The guard of a deployment: what is built in, beside its own lists, classes and detectors, read from files.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { createDetectors } from './detectors.ts'
import { createGuard, type Guard } from './guard.ts'
import { createIsolatedDetector } from './isolated.ts'
import { createListDetector, readList } from './names/list.ts'
import { readOwnClasses } from './own-classes.ts'

/** Characters to which pieces of a stream are gathered, so that their lengths tell nothing about tokens. */
const PADDED_CHARACTERS = 16

/** `close` ends the threads of detectors that are not ours. @throws what is wrong with a file, before anything is screened */
export function openGuard(
  { names, lists, detectors, surrogates, padding, escapeTemplates, linkHosts }: Config['guard'],
  classesFile: string,
): { guard: Guard; close: () => Promise<void> } {
  const listed = lists.map(({ class: dataClass, file }) =>
    createListDetector({ name: file, class: dataClass, entries: readLists(file) }),
  )
  const own = readOwnClasses(existsSync(classesFile) ? readFileSync(classesFile, 'utf8') : '')
  const foreign = detectors.map(({ file, deadlineMs }) => createIsolatedDetector({ file, deadlineMs }))
  const guard = createGuard({
    detectors: createDetectors({ names, own: [...listed, ...own.detectors, ...foreign] }),
    classes: own.classes,
    fields: own.fields,
    masks: own.masks,
    surrogates,
    escapeTemplates,
    linkHosts,
    ...(padding ? { blockCharacters: PADDED_CHARACTERS } : {}),
  })
  return { guard, close: async () => void (await Promise.all(foreign.map((detector) => detector.close()))) }
}

/** A file of entries, or every file of a folder; those whose names begin with a dot are an editor's. */
function readLists(path: string): string[] {
  if (!statSync(path).isDirectory()) return readList(readFileSync(path, 'utf8'))
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => readList(readFileSync(join(path, name), 'utf8')))
}
