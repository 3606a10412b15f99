// An OpenTelemetry receiver that is not ours, in a process of its own: Elastic's, which decodes by the official definitions.
// Says on stdout where it listens, then each request it has decoded as a line of JSON. The argument is its port.
import { createRequire } from 'node:module'

interface Receiver {
  httpUrl: URL
  start(): Promise<void>
}
const require = createRequire(import.meta.url)
const { MockOtlpServer, normalizeMetrics, normalizeTrace } = require('@elastic/mockotlpserver') as {
  MockOtlpServer: new (options: object) => Receiver
  normalizeTrace: (raw: unknown) => unknown
  normalizeMetrics: (raw: unknown) => unknown
}

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const server = new MockOtlpServer({
  logLevel: 'error',
  services: ['http'],
  httpHostname: '127.0.0.1',
  httpPort: Number(process.argv[2] ?? 0),
  onTrace: (raw: unknown) => say({ traces: normalizeTrace(raw) }),
  onMetrics: (raw: unknown) => say({ metrics: normalizeMetrics(raw) }),
})
await server.start()
say({ url: server.httpUrl.origin })
