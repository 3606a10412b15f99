// The version of the installed product, as its manifest says, and the name under which it can be called from here.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export function productVersion(): string {
  const manifest = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

/** `sallyport`; from a clone, which is on nobody's path, the way to its launcher. */
export function programName(): string {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  if (!existsSync(join(root, 'src'))) return 'sallyport'
  const launcher = join(root, 'bin/sallyport')
  const near = relative(process.cwd(), launcher)
  return near.startsWith('..') ? launcher : near
}
