// One node of Sallyport in a process of its own, from the configuration file named on the command line.
import { start } from '../src/app/index.ts'
import { loadConfig } from '../src/config/index.ts'

const app = await start(loadConfig({ file: process.argv[2] ?? '', env: {} }).config)
process.stdout.write(`${JSON.stringify({ url: app.url, key: app.adminKey })}\n`)
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)))
