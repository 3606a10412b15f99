// Files that travel with the product, and its version.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Files that travel with the product: default rules, demo model. */
export const SHIPPED = join(dirname(fileURLToPath(import.meta.url)), '../..')
export const VERSION = (JSON.parse(readFileSync(join(SHIPPED, 'package.json'), 'utf8')) as { version: string }).version
export const DEMO = { name: 'sallyport-demo', file: join(SHIPPED, 'models/demo-q8.gguf') }
