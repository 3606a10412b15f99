// The guard of a deployment: what is built in, beside its own lists, classes and detectors, read from files.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { Fault, nearest } from '../core/index.ts'
import { createClassTree } from './classes.ts'
import { createDetectors } from './detectors.ts'
import { createGuard, type Guard } from './guard.ts'
import { createIsolatedDetector } from './isolated.ts'
import { createListDetector, readList } from './names/list.ts'
import { NEVER_ASKED, readOwnClasses } from './own-classes.ts'

/** Characters to which pieces of a stream are gathered, so that their lengths tell nothing about tokens. */
const PADDED_CHARACTERS = 16

/** `ownClasses`: the text of the file of classes; `close` ends the threads of detectors that are not ours. @throws what is wrong with a file, before anything is screened */
export function openGuard(
  { names, lists, detectors, surrogates, padding, escapeTemplates, linkHosts }: Config['guard'],
  classesFile: string,
  tools: Config['tools'] = [],
): { guard: Guard; ownClasses: string; close: () => Promise<void> } {
  const ownClasses = existsSync(classesFile) ? readFileSync(classesFile, 'utf8') : ''
  const own = readOwnClasses(ownClasses)
  checkListed(
    lists.map((list) => list.class),
    createClassTree(own.classes).all.map(({ id }) => id),
  )
  const listed = lists.map(({ class: dataClass, file }) =>
    createListDetector({ name: file, class: dataClass, entries: readLists(file) }),
  )
  const foreign = detectors.map(({ file, deadlineMs }) => createIsolatedDetector({ file, deadlineMs }))
  const guard = createGuard({
    detectors: createDetectors({ names, own: [...listed, ...own.detectors, ...foreign] }),
    classes: own.classes,
    fields: own.fields,
    masks: own.masks,
    surrogates,
    escapeTemplates,
    linkHosts,
    ownTools: new Set(tools.filter(({ effect }) => effect === 'own').map(({ name }) => name)),
    ...(padding ? { blockCharacters: PADDED_CHARACTERS } : {}),
  })
  return { guard, ownClasses, close: async () => void (await Promise.all(foreign.map((detector) => detector.close()))) }
}

/** A class is declared, or lies right below one that is; what is misspelt no rule is about. */
function checkListed(listed: readonly string[], known: readonly string[]): void {
  const problems = listed.flatMap((id, i) => {
    if (NEVER_ASKED.has(id)) return [`guard.lists[${i}].class: no rule is ever asked about ${id}; choose another class`]
    if (known.includes(id) || known.includes(id.slice(0, Math.max(0, id.lastIndexOf('/'))))) return []
    const meant = nearest(id, known)
    const hint = meant === undefined ? 'declare it in data-classes.yaml beside the rules' : `did you mean ${meant}?`
    return [`guard.lists[${i}].class: there is no data class ${id}; ${hint}`]
  })
  if (problems.length > 0) throw new Fault('validation_failed', { detail: problems.join('; ') })
}

/** A file of entries, or every file of a folder; those whose names begin with a dot are an editor's. */
function readLists(path: string): string[] {
  if (!statSync(path).isDirectory()) return readList(readFileSync(path, 'utf8'))
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => readList(readFileSync(join(path, name), 'utf8')))
}
