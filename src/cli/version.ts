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
  return existsSync(join(root, 'src')) ? relative(process.cwd(), join(root, 'bin/sallyport')) : 'sallyport'
}
