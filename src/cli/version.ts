// The version of the installed product, as its manifest says.
import { readFileSync } from 'node:fs'

export function productVersion(): string {
  const manifest = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
