// Prints errors.md, config.md, cli.md, admin-api.md, rules.md and audit-events.md in docs/ from what the code declares. With --check it
// writes nothing and fails if a page differs from what would be printed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ROUTES, type RouteSpec } from '../src/admin/contract.ts'
import { printCatalogue } from '../src/audit/index.ts'
import { EXIT, EXIT_MEANS } from '../src/cli/failure.ts'
import { COMMANDS, COMMON_FLAGS } from '../src/cli/options.ts'
import { SETTINGS } from '../src/config/index.ts'
import { ACTION_GROUPS, FAULTS, type FaultCode } from '../src/core/index.ts'
import { type Annotation, CLAMPABLE, NOTES } from '../src/policy/index.ts'

const PRINTED = '<!-- Printed by `npm run docs` from the code. Change the code, not this page. -->'

/** What brings it about, and what to do. The type demands an entry for every code there is. */
const CURES: Record<FaultCode, readonly [when: string, then: string]> = {
  malformed_request: [
    'The body is not valid JSON or UTF-8, holds a key twice, has the wrong type of content, or did not arrive in time.',
    'Correct the request. Nothing was done.',
  ],
  unsupported_parameter: [
    'A parameter is unknown, or the model server behind this model cannot honour it. It is refused rather than dropped.',
    'Leave the parameter named in `param` out, or use another model.',
  ],
  conflicting_credentials: [
    'Two different credentials came in `Authorization`, `x-api-key` and `api-key`.',
    'Send one. The same value twice counts as one.',
  ],
  validation_failed: ['A value lies outside what is allowed; `param` names it.', 'Correct that value.'],
  invalid_api_key: [
    'No credential came, or it is unknown, mistyped or wrong. All of these look the same.',
    'Send a key as `Authorization: Bearer spk_…` or `x-api-key`. A key in a query string is never read.',
  ],
  key_expired: [
    'The key was right and its time is over, or it was rotated and the overlap has ended.',
    'Issue or rotate: `sallyport key rotate`. Only who sends the right key learns this.',
  ],
  key_revoked: ['The key was right and has been revoked for good.', 'Ask for a new key.'],
  key_suspended: [
    'The key was right and is suspended, or its owner is.',
    'An administrator resumes it: `sallyport key resume`.',
  ],
  step_up_required: [
    'The rule that would allow this wants a fresher or stronger sign-in than this credential shows.',
    'Sign in again in the way that `www-authenticate` names.',
  ],
  access_denied: [
    'No rule allows it, a rule forbids it, or the credential is narrowed to something else.',
    '`sallyport why <decision>` and `sallyport can <who> <action> <model>` say which rule, and what is missing.',
  ],
  approval_required: ['No rule allows it now, but there is a role that can be asked for.', 'Follow `ask`.'],
  locked: [
    'An administrator has stopped this principal, key, role, model, session or network.',
    'Wait, or ask who administers the gateway: `sallyport lock list`.',
  ],
  lockdown: ['Everything is stopped.', 'Wait for the lockdown to be lifted.'],
  session_mismatch: [
    'The session named in `x-sallyport-session` belongs to somebody else, is over, or never was.',
    'Leave the header out to begin a new session.',
  ],
  not_found: ['There is no such route or thing, or the caller may not know of it.', 'Check the name and the path.'],
  model_not_found: [
    'There is no such model, or the caller may not even see it. Both look the same.',
    '`GET /v1/models` lists what the caller may see.',
  ],
  precondition_failed: ['It has changed since the version in `If-Match`.', 'Read it again and repeat the change.'],
  body_too_large: [
    'The body is larger than `limits.bodyBytes`, or has more than 20,000 fields and items; what administers takes less.',
    'Send less, or raise the limit.',
  ],
  expectation_failed: ['The header `Expect` asks for something else than `100-continue`.', 'Leave the header out.'],
  headers_too_large: [
    'The first line and the headers are together larger than 16 KiB.',
    'Send fewer or shorter headers: often it is a cookie.',
  ],
  already_exists: [
    'The name is taken, was taken once, or looks like one that is. Names are never given twice.',
    'Choose another name.',
  ],
  not_possible: ['The thing is in a state that does not allow this.', 'The detail says which state.'],
  content_blocked: [
    'The guard found data that the rules do not let pass, in the request or in the answer.',
    'Take the data out, or ask for a role that may send it. The classes found are named, never the values.',
  ],
  context_length_exceeded: ['The prompt does not fit the model.', 'Shorten it, or use a model with a longer context.'],
  request_rejected: [
    'The server of this model answered 400, 413 or 422. Its words are not shown: they may quote what no guard has seen.',
    'Leave out what this model cannot do, such as tools, images, thinking or a long answer. Its log says what it was.',
  ],
  policy_invalid: [
    'A bundle of rules does not parse, validate, or pass its tests. The last good one keeps serving.',
    'Correct what the detail lists.',
  ],
  rate_limit_exceeded: ['Too many calls or tokens in the window, or too many at once.', 'Wait for `retry-after`.'],
  insufficient_quota: ['The budget of the window is used up.', 'Wait for the next window, or ask for more.'],
  client_closed: ['The client left before the answer was complete.', 'Nothing; it stands in the log.'],
  internal: [
    'Something nobody foresaw. The answer says nothing more; the log of the process does.',
    'Give the request id to who runs the gateway.',
  ],
  upstream_unavailable: [
    'The model server does not answer, or broke off.',
    'Try again; `sallyport upstream list` shows its state.',
  ],
  upstream_invalid: [
    'The model server answered something that is no answer.',
    'Check the kind of the upstream, and its log.',
  ],
  upstream_refused: ['The model server refused the call.', 'The detail says why, as far as it may be shown.'],
  audit_unavailable: [
    'The audit log cannot be written. What is not recorded is not done.',
    'Free disk space or bring the database back; it recovers by itself.',
  ],
  guard_unavailable: [
    'A detector failed or took too long. What was not looked at does not pass.',
    'Try again; the log of the process names the detector.',
  ],
  store_unavailable: ['The database does not answer.', 'Bring it back; nothing needs to be restarted.'],
  node_stale: [
    'This node has not heard of the others for longer than `node.staleAfterSeconds`, so its rights may be old.',
    'Use another node, or bring the database back.',
  ],
  overloaded: ['Every place is taken.', 'Wait for `retry-after`.'],
  shutting_down: ['The node is stopping.', 'Use another node, or wait.'],
  upstream_timeout: [
    'The model server took longer than its time limits.',
    'Try again, or raise the limits of the upstream.',
  ],
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function errorsPage(): string {
  const sections = (Object.entries(FAULTS) as [FaultCode, (typeof FAULTS)[FaultCode]][]).map(
    ([code, [status, title]]) => {
      const [when, then] = CURES[code]
      return `## ${code}\n\n**${status} ${title}**\n\n${when}\n\nWhat to do: ${then}\n`
    },
  )
  return `# Errors

${PRINTED}

Every refusal and failure has a code that never changes. The data plane renders it in the caller's wire format, the admin
API as \`application/problem+json\` with \`type\` \`urn:sallyport:error:<code>\`. Every answer carries \`x-request-id\`.

${sections.join('\n')}`
}

function configPage(): string {
  const rows = SETTINGS.map(({ path, flag, env, type, values, default: value, description, secret }) => {
    const kind = values ? values.map((one) => `\`${one}\``).join(' ') : type
    const standard = value === undefined || type === 'list' ? '' : `\`${JSON.stringify(value)}\``
    const names = [flag, env].filter((one) => one !== undefined).map((one) => `\`${one}\``)
    return `| \`${path}\` | ${kind} | ${standard} | ${escaped(description)}${secret ? ' Secret.' : ''} | ${names.join(' ')} |`
  })
  return `# Settings

${PRINTED}

Settings come from flags, then the environment, then \`sallyport.yaml\`, then the defaults. What is unknown or unsafe refuses
to start and says what to do. \`sallyport config\` shows each value in effect with its source, \`sallyport config --schema\` the
JSON Schema of the file. Lists, and fields of their entries (\`[]\`), are set in the file alone.

| setting | type | default | meaning | flag and environment |
|---|---|---|---|---|
${rows.join('\n')}
`
}

function cliPage(): string {
  const common = COMMON_FLAGS.map(({ flag, about }) => `- \`${flag}\`: ${about}`)
  const commands = COMMANDS.map(({ name, args, about, flags = [], moreFlags, local, example }) => {
    const list = flags.map((one) => `- \`${one.flag}\`: ${one.about}`)
    if (moreFlags) list.push('- every setting as a flag: see [config.md](config.md)')
    return [
      `### sallyport ${name}${args === undefined ? '' : ` ${args}`}`,
      `${about}.${local ? ' Without a gateway.' : ''}`,
      ...(list.length > 0 ? [list.join('\n')] : []),
      ...(example === undefined ? [] : [`    ${example}`]),
    ].join('\n\n')
  })
  return `# Commands

${PRINTED}

Data on stdout, talk on stderr: tables for people, tab-separated lines for pipes, JSON when asked. The gateway and the key
come from \`--url\` and \`--key\`, then \`SALLYPORT_URL\` and \`SALLYPORT_KEY\`, then \`admin.json\` in the data folder, which
\`sallyport up\` writes for its own user (mode 0600).

Exit codes:

${Object.entries(EXIT)
  .map(([name, code]) => `- ${code}: ${EXIT_MEANS[name as keyof typeof EXIT]}`)
  .join('\n')}

On every command, those that work without a gateway excepted from the first three:

${common.join('\n')}

${commands.join('\n\n')}
`
}

function adminPage(): string {
  const rows = Object.values(ROUTES as Record<string, RouteSpec>).map(({ method, path, action, on, summary }) => {
    const subject = 'param' in on ? on.type : 'Gateway'
    return `| \`${method} /admin/v1${path}\` | ${escaped(summary)} | \`${action}\` on ${subject} |`
  })
  return `# Admin API

${PRINTED}

The same keys, the same rules and the same log as for calls. Bodies are JSON of at most 256 KiB, but for bundles of rules; refusals
are \`application/problem+json\` (RFC 9457), see [errors.md](errors.md). Lists give \`items\` and \`next\`; \`next\` goes into \`cursor\`. Creates take an
\`idempotency-key\`; what two people could edit has an ETag and takes \`If-Match\`. The schemas are at
\`/admin/v1/openapi.json\` (OpenAPI 3.1).

Beside it, on the same address: \`/metrics\`, \`/healthz\`, \`/readyz\` (\`show\` on Gateway; see [operating.md](operating.md)),
\`/access/v1/…\` (AuthZEN 1.0, \`show\` on Gateway, and on whom the question is about; at most 1000 evaluations in one list; what rules demand beside a
yes is in \`context.duties\`, for the asking party to do) and \`/hooks/in/NAME\` (signed events).

| route | what | the rules are asked |
|---|---|---|
${rows.join('\n')}
`
}

function rulesPage(): string {
  const notes = Object.entries<Annotation>(NOTES).map(
    ([name, { on, form, meaning }]) =>
      `| \`@${name}\` | ${escaped(form)} | ${on === undefined ? 'every rule' : on.map((one) => `\`${one}\``).join(' ')} | ${escaped(meaning)} |`,
  )
  const actions = Object.entries(ACTION_GROUPS).map(
    ([group, members]) => `| \`${group}\` | ${members.map((one) => `\`${one}\``).join(' ')} |`,
  )
  return `# Rules

${PRINTED}

Rules are [Cedar](https://docs.cedarpolicy.com): \`*.cedar\` beside \`schema.cedarschema\`, which says who and what there is and what
a rule may ask of a call (\`context.request\`, \`context.clock\`, \`context.risk\`, …), \`data-classes.yaml\` ([data-classes.md](data-classes.md)) and
\`tests/\`. \`sallyport policy init\` writes the shipped ones to start from.

## Actions
A rule names an action or its group. Without a rule that permits, the answer is no; a forbid wins over every permit; a rule that errors denies.

| group | actions |
|---|---|
${actions.join('\n')}

\`callTool\` and \`readDocument\` stand outside the groups: a right to chat opens neither. \`callTool\` is asked for every tool that a model would call, before its call leaves;
what a tool does (\`resource.effect\`) is declared in the settings (\`tools\`), else it is \`unknown\`; \`own\` says
that it stays with the caller, who is [given real values](data-classes.md#tools) through it. \`context.session.taint\` holds \`tool\`, \`document\` and \`injection\` once a
conversation has had results of tools, documents, or content scored 50 or more, and the data classes seen. No call asks for \`readDocument\`: the gateway fetches no document.
What a call to a model may hold is asked with the call: \`context.request.tools\` names the tools that the caller offers,
\`context.request.documents\` and \`toolResults\` count what came from elsewhere, \`context.risk.injection\` scores it. To let a model call only some tools:

\`\`\`cedar
@id("helpers-look-only")
@why("Helpers' models are offered the tools search and weather, and no others.")
@explain("public")
forbid (principal in Group::"helpers", action == Action::"chat", resource)
unless { ["search", "weather"].containsAll(context.request.tools) };
\`\`\`

Who is only let near a model by a rule of one's own sees no list, asks no \`why\` and follows no request: that takes \`list\` on \`Gateway\` and
\`read\` on \`Model\`, which the role \`reader\` has.

## What a rule is told, and when
- A parameter that a call leaves out is not there, and its server's own default holds, which may have no bound. A forbid that compares it does not
  see such calls: bound it with \`@clamp\`, or \`unless { context.request has maxTokens && … }\`. \`sallyport policy lint\` names such rules.
- A clamp on what a model's server has not (\`topK\` at OpenAI) refuses every call of it, by name. No server has a bound that \`reasoningTokens\`
  could set, and only Ollama unloads (\`keepAliveSeconds\`).
- A call that runs is decided again on every change of people, keys, roles, grants, locks, rules and models, when its caller becomes unusual
  (\`context.risk.anomaly\`), and at the moment at which a clock or an age in a rule would come out otherwise. It ends if the answer is no, or if a
  duty is stricter than what it began under. What it is not asked again for: turns, tokens and taint that another call adds to its session.
  \`@stepup\` is about its beginning; a limit that is new counts from the next call on.
- Reading and continuing a stored answer is asked as its call would be now: sign-in, bans and treatment of data hold. Reading and counting tokens
  send nothing to a model, so nothing is clamped, instructed, recorded or counted against limits.
- A model is asked about under the name that the caller used. If that is an alias, whatever is forbidden of the model is forbidden, too, as resource and
  as \`context.model\`; what permits the one does not permit the other.
- Rules about roles are asked when somebody asks and answers. What is to begin later is approved by no rule alone.

## Annotations
An annotation stands once at a rule; several values go into one, with commas between. What is unknown or malformed refuses the bundle.

| annotation | looks like | on rules about | meaning |
|---|---|---|---|
${notes.join('\n')}

\`@clamp\` takes ${Object.keys(CLAMPABLE)
    .map((one) => `\`${one}\``)
    .join(' ')}.
`
}

const PAGES: Record<string, () => string> = {
  'docs/errors.md': errorsPage,
  'docs/config.md': configPage,
  'docs/cli.md': cliPage,
  'docs/admin-api.md': adminPage,
  'docs/rules.md': rulesPage,
  'docs/audit-events.md': printCatalogue,
}

const check = process.argv.includes('--check')
for (const [file, print] of Object.entries(PAGES)) {
  const text = print()
  if (!check) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what the code says; run npm run docs`)
    process.exitCode = 1
  }
}
