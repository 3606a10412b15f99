// Every setting, declared once: type, default, sentence. Flags (`--keys-default-days`), environment names
// (`SALLYPORT_KEYS_DEFAULT_DAYS`), the file's layout and docs/config.md are derived from this. No secret has a default.
import { z } from 'zod'
import { parseLimits } from '../core/index.ts'

const name = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}._:@/+-]{0,127}$/u,
    'a name of letters, digits and . _ : @ / + - (at most 128 characters)',
  )

const hostPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'HOST:PORT, for example 127.0.0.1:4141 or [::1]:4141')

export const UPSTREAM_KINDS = ['openai', 'ollama', 'vllm', 'llamacpp', 'embedded', 'gguf'] as const

const upstream = z.strictObject({
  name: name.describe('Name of the upstream, used by models and rules.'),
  kind: z
    .enum(UPSTREAM_KINDS)
    .default('openai')
    .describe('Which server answers: decides wire format and capabilities.'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Base URL, without /v1 or /api. Not for models that run here (kinds embedded and gguf).'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true, description: "The upstream's own credential; never leaves the gateway. Prefer apiKeyFile." }),
  apiKeyFile: z.string().optional().describe("File that holds the upstream's own credential."),
  file: z
    .string()
    .optional()
    .describe('Model file of kinds embedded and gguf; default for embedded: the demo model that is shipped.'),
  adapter: z.string().optional().describe('LoRA adapter (GGUF) of kind gguf; it counts as part of the version.'),
  contextTokens: z
    .int()
    .min(128)
    .max(1_048_576)
    .optional()
    .describe('Most tokens of prompt and answer together, kind gguf; default: 4096, or what the model takes.'),
  threads: z.int().min(1).max(256).optional().describe('Threads that compute, kind gguf; default: 1.'),
  memoryMegabytes: z
    .int()
    .min(64)
    .optional()
    .describe('Most memory the process of kind gguf may take; beyond it it is ended and started again.'),
  parallel: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('Most answers worked on at once, kinds embedded (default: 16) and gguf (2); shared like connections.'),
  waiting: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('Most calls that wait for a place (default: 1024; kinds embedded 128, gguf 64); more are refused.'),
  waitingPerPrincipal: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('Of these, most of one principal (default: 256; kinds embedded 32, gguf 16).'),
  hosting: z
    .enum(['embedded', 'local', 'external'])
    .optional()
    .describe(
      'Where data goes, for rules. Default: embedded for kinds embedded and gguf, local for loopback, else external.',
    ),
  allowClearText: z
    .boolean()
    .default(false)
    .describe('Allow http:// to a host that is not this machine. Prompts then cross the network readable.'),
  connections: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe(
      'Most calls to this upstream at once; one principal takes three quarters of them at most. Two more connections ask what it has.',
    ),
  connectTimeoutSeconds: z.number().positive().max(300).default(5).describe('Seconds to wait for a connection.'),
  firstByteTimeoutSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(300)
    .describe('Seconds to wait for the first byte of an answer.'),
  idleTimeoutSeconds: z.number().positive().max(3600).default(60).describe('Seconds an answer may pause.'),
})

const model = z.strictObject({
  name: name.describe('Name that callers use.'),
  upstream: name.describe('Which upstream answers for it.'),
  upstreamName: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("The upstream's own name for it; default: the same name."),
  aliases: z
    .array(name)
    .default([])
    .describe(
      'Further names. A right to an alias is not a right to the base name, nor the reverse. What is forbidden or locked under the base name is so under its aliases.',
    ),
  groups: z.array(name).default([]).describe('Model groups it belongs to, for rules.'),
  digest: z.string().optional().describe('Pinned digest; a different one quarantines the model.'),
})

const tls = z.strictObject({
  certFile: z.string().optional().describe('PEM certificate chain.'),
  keyFile: z.string().optional().describe('PEM private key.'),
  clientCaFile: z.string().optional().describe('PEM authorities whose client certificates are accepted.'),
})

const node = z.strictObject({
  name: name.optional().describe('Name of this node in receipts and events; default: the host name.'),
  staleAfterSeconds: z
    .number()
    .min(0.5)
    .max(60)
    .default(2)
    .describe('Seconds without word from the store after which this node takes no calls.'),
})

const keys = z.strictObject({
  defaultDays: z.int().min(1).max(3650).default(90).describe('Days until a new key expires, unless said otherwise.'),
  maxDays: z.int().min(1).max(3650).default(365).describe('Longest life a key may be given, in days.'),
  overlapHours: z.number().min(0).max(168).default(24).describe('Hours the old secret works after a rotation.'),
})

const sessions = z.strictObject({
  idleMinutes: z.number().min(1).max(10_080).default(60).describe('Minutes after which an unused session ends.'),
  longestHours: z.number().min(0.1).max(720).default(24).describe('Hours after which a session ends in any case.'),
})

const PRINCIPAL_NAME = /^(User|Service|Agent):.+$/
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 01:00')

const tool = z.strictObject({
  name: z.string().min(1).max(128).describe('Name under which clients offer it.'),
  effect: z
    .enum(['read', 'write', 'external', 'own'])
    .describe(
      'What calling it does: only reads, changes something, or reaches outside; `own`: it touches only what the caller has and reaches nobody else, so it is given real values for stand-ins.',
    ),
  server: name.optional().describe('What it belongs to, for rules.'),
})

const schedule = z.strictObject({
  name: name.describe('Name of the schedule, for events.'),
  role: name.describe('Role that is held.'),
  principal: z.string().regex(PRINCIPAL_NAME, 'Service:NAME, Agent:NAME or User:NAME').describe('Who holds it.'),
  models: z.array(name).min(1).optional().describe('Only for these models; default: all that the role reaches.'),
  weekdays: z
    .array(z.int().min(1).max(7))
    .min(1)
    .optional()
    .describe('Days on which it begins, 1 (Monday) to 7; default: every day.'),
  from: timeOfDay.describe('Begin, in timeZone.'),
  to: timeOfDay.describe('End; one before the begin is on the next day.'),
})

const sweeps = z.strictObject({
  warnDays: z.int().min(1).max(3650).default(30).describe('Days without use after which the owner of a key is warned.'),
  suspendDays: z.int().min(1).max(3650).default(60).describe('Days without use after which a key is suspended.'),
  revokeDays: z.int().min(1).max(3650).default(90).describe('Days without use after which a suspended key is revoked.'),
  expiringDays: z
    .int()
    .min(0)
    .max(365)
    .default(7)
    .describe('Days before the end of a key at which its owner is warned.'),
  rotateDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('Age in days at which a key is due to be rotated; without it none is.'),
  overPrivilegedDays: z
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('Days of calls that are compared with what a role gives, to warn of what nobody uses.'),
})

const hook = z.strictObject({
  name: name.describe('Name of the sender; its events go to /hooks/in/NAME.'),
  secretFile: z
    .string()
    .describe('File with the secret it signs with: base64 of 24 to 64 bytes, whsec_ before it or not.'),
  roles: z
    .array(name)
    .min(1)
    .describe('Roles that its events may open or end; a rule must approve each by itself too.'),
})

const limits = z.strictObject({
  bodyBytes: z.int().min(1024).max(268_435_456).default(8_388_608).describe('Largest request body in bytes.'),
  concurrentPerPrincipal: z.int().min(1).max(100_000).default(256).describe('Most running calls of one principal.'),
  callsPerNode: z.int().min(1).max(1_000_000).default(4096).describe('Most running calls of this node.'),
  identicalPerMinute: z
    .int()
    .min(2)
    .max(1_000_000)
    .optional()
    .describe(
      'Calls of one principal in a minute to one node with the same model and content, after which it is stopped as a loop; without it none is.',
    ),
  headerSeconds: z.number().min(1).max(300).default(10).describe('Seconds a client may take to send its headers.'),
  bodySeconds: z.number().min(1).max(3600).default(60).describe('Seconds a client may take to send its body.'),
  writeSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(120)
    .describe('Seconds a client may leave an answer unread before the call ends.'),
})

const quota = z.strictObject({
  name: name.describe('Name of the quota; what was used is kept under it.'),
  per: z
    .enum(['principal', 'key', 'role', 'model', 'session', 'everybody'])
    .describe('Whose calls are counted together: one count for each of these.'),
  only: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Only this role or model, with per role or model; default: each.'),
  limit: z
    .string()
    .refine(
      (text) => parseLimits(text, '') !== undefined,
      'limits such as "60 requests/minute, 200000 tokens/day, 4 concurrent", of one kind and window one',
    )
    .describe('"60 requests/minute, 200000 tokens/day, 4 concurrent"; per second, minute, hour, day or week.'),
})

const policy = z.strictObject({
  engine: z
    .enum(['compiled', 'wasm'])
    .default('compiled')
    .describe('What decides: compiled rules, or the Cedar library itself (slower).'),
  shadowShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.0001)
    .describe(
      'Share of decisions asked again of the Cedar library, on another thread; a difference is an event of the audit log. 0 asks none.',
    ),
})

const list = z.strictObject({
  class: z.string().describe('Data class of the entries, for example personal/person.'),
  file: z.string().describe('Text file with one entry a line, or a folder of such files; read at start.'),
})

const foreignDetector = z.strictObject({
  file: z.string().describe('JavaScript module that exports createDetector(); it runs in a thread of its own.'),
  deadlineMs: z
    .int()
    .min(10)
    .max(10_000)
    .default(250)
    .describe('Longest wait for one piece of text, in milliseconds; beyond it the call is refused.'),
})

const guard = z.strictObject({
  names: z.boolean().default(true).describe('Look for names of people, places and organisations.'),
  lists: z.array(list).default([]).describe("The deployment's own people, customers or hosts."),
  detectors: z.array(foreignDetector).default([]).describe('Detectors of other makers, kept apart from the process.'),
  pseudonyms: z
    .enum(['auto', 'word', 'angle'])
    .default('auto')
    .describe(
      'What stands in for a value: PERSON_7QK2M (word), <NAME_1> (angle), or what the model at hand copies best.',
    ),
  surrogates: z
    .array(
      z.enum(['personal/person', 'personal/email', 'personal/phone', 'network/ip', 'finance/card', 'finance/iban']),
    )
    .default([])
    .describe(
      'Classes whose stand-ins look real: a made-up name for a name, bryony.haskthorpe67@example.net for an address.',
    ),
  escapeTemplates: z
    .boolean()
    .default(true)
    .describe(
      'Put a blank into tokens of chat templates (<|im_start|>, [INST], </s>) in what callers, tools and documents say, so that no text begins a turn of another role.',
    ),
  spotlight: z
    .boolean()
    .default(false)
    .describe(
      'Put tool results and documents between marks that their authors cannot know, and tell the model that what stands there is data.',
    ),
  linkHosts: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'is not a host name'))
    .max(1000)
    .default([])
    .describe('Hosts, with what is below them, that answers may show pictures from and link to with data.'),
  padding: z.boolean().default(false).describe('Pad stream chunks so that their lengths tell nothing about tokens.'),
})

const audit = z.strictObject({
  queue: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(20_000)
    .describe('Most events waiting to be written; beyond it calls are refused.'),
  checkpointSeconds: z
    .number()
    .min(0.1)
    .max(3600)
    .default(1)
    .describe('Seconds between signed checkpoints while events arrive.'),
  witnesses: z
    .array(
      z.strictObject({
        url: z.url().describe('Where the witness listens.'),
        key: z.string().max(1000).describe('Its verifier key, `name+hash+base64`.'),
      }),
    )
    .max(16)
    .default([])
    .describe(
      'Witnesses that sign every checkpoint as well: `url`, and the `key` that `sallyport audit witness` prints.',
    ),
  contentDays: z.int().min(0).max(3650).default(30).describe('Days recorded content is kept.'),
  eventDays: z.int().min(1).max(36_500).default(400).describe('Days event bodies are kept; their hashes stay.'),
})

const log = z.strictObject({
  level: z
    .enum(['silent', 'error', 'warn', 'info'])
    .default('info')
    .describe('How much is said on stderr. Never content or secrets, at any level.'),
})

export const schema = z.strictObject({
  listen: hostPort
    .default('127.0.0.1:4141')
    .describe('Address of the data plane and, unless adminListen is set, of the admin API.'),
  adminListen: hostPort.optional().describe('Own address for the admin API.'),
  probeListen: hostPort
    .optional()
    .describe(
      'Own address for /healthz and /readyz, which answer there without a credential, and without TLS, that the node is well or not; nothing else is served there.',
    ),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'URL under which callers reach the gateway, for its AuthZEN metadata; default: the address it listens on.',
    ),
  allowClearTextListen: z
    .boolean()
    .default(false)
    .describe('Allow listening off loopback without TLS. Keys and prompts then cross the network readable.'),
  tls: tls.prefault({}).describe('TLS of the listeners.'),
  data: z
    .string()
    .default('.sallyport')
    .describe('Folder of the embedded database, the signing key and the pepper (mode 0700).'),
  database: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL')
    .optional()
    .meta({ secret: true, description: 'PostgreSQL URL for several nodes; default: the embedded database.' }),
  allowClearTextDatabase: z
    .boolean()
    .default(false)
    .describe('Allow a PostgreSQL connection without TLS to a host that is not this machine.'),
  policies: z
    .string()
    .default('policies')
    .describe('Folder of the policy bundle applied at first start, and by `policy apply`.'),
  watchPolicies: z
    .boolean()
    .default(false)
    .describe('Development only: apply the policies folder whenever it changes.'),
  timeZone: z.string().default('UTC').describe('IANA zone in which rules read hours and weekdays.'),
  node: node.prefault({}).describe('This node among others.'),
  upstreams: z
    .array(upstream)
    .default([])
    .describe('Servers that answer for models. Without any, the shipped demo model answers.'),
  models: z.array(model).default([]).describe('Models by name. Models that an upstream lists need no entry.'),
  tools: z
    .array(tool)
    .default([])
    .describe('Tools by the names that clients offer them under: what rules about callTool are told.'),
  unloadIdle: z
    .boolean()
    .default(false)
    .describe(
      'Take models out of memory that nobody may use now (Ollama, embedded, gguf); load them when somebody may.',
    ),
  keys: keys.prefault({}).describe('Keys that Sallyport issues.'),
  sessions: sessions.prefault({}).describe('Conversations.'),
  schedules: z
    .array(schedule)
    .default([])
    .describe('Roles held at certain hours, for example by a batch job at night.'),
  sweeps: sweeps.prefault({}).describe('What is done about keys and roles that lie about.'),
  hooks: z.array(hook).default([]).describe('Senders of signed events that open or end grants.'),
  limits: limits.prefault({}).describe('Bounds on what callers can use.'),
  quotas: z
    .array(quota)
    .default([])
    .describe('Limits beside those of rules, on all nodes together: of a role, a model, a session or all together.'),
  policy: policy.prefault({}).describe('How rules are decided.'),
  guard: guard.prefault({}).describe('What is looked for in inputs and answers.'),
  audit: audit.prefault({}).describe('The audit log.'),
  log: log.prefault({}).describe('The process log.'),
})

export type Config = z.infer<typeof schema>
export type UpstreamConfig = Config['upstreams'][number]
export type ModelConfig = Config['models'][number]
