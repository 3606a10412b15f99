// Commands on the audit log: search, prove, verify, export, and content that a rule had recorded.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec } from '../command.ts'
import { EVENTS, PAGE, REASON, WITHIN, YES } from './flags.ts'

const audit = () => import('../audit.ts')

export const auditCommands: readonly CommandSpec[] = [
  {
    name: 'audit list',
    about: 'Search the audit log, newest first',
    flags: [...PAGE, ...EVENTS, ...WITHIN],
    load: async () => (await audit()).list,
  },
  { name: 'audit show', args: '<event>', about: 'Show one event', load: async () => (await audit()).show },
  {
    name: 'audit count',
    about: 'Count events over time, or by the values of a field',
    flags: [
      ...EVENTS,
      ...WITHIN,
      { flag: '--by <field>', about: 'principal, model, decision, outcome, kind, rule, class, address, reason' },
      { flag: '--every <span>', about: 'minute, hour or day' },
      { flag: '--top <n>', about: 'Only the most frequent' },
    ],
    load: async () => (await audit()).count,
  },
  {
    name: 'audit verify',
    args: '[file]',
    about: 'Check that the log, or an export of it, is whole',
    flags: [
      { flag: '--key <key...>', about: 'Verifier keys to believe, for a file' },
      { flag: '--checkpoint <file>', about: 'A checkpoint that you kept' },
    ],
    example: 'sallyport audit export --format archive --out log.jsonl && sallyport audit verify log.jsonl --key "$KEY"',
    load: async () => (await audit()).verify,
  },
  {
    name: 'audit prove',
    args: '<event>',
    about: 'Prove that an event is in the log',
    flags: [{ flag: '--event <file>', about: 'Write the exact text of the event there' }],
    load: async () => (await audit()).prove,
  },
  {
    name: 'audit checkpoint',
    about: 'The newest signed checkpoint; keep it somewhere else',
    flags: [
      { flag: '--key', about: 'The key to check it with, instead' },
      { flag: '--keys', about: 'That key and those before it, each with the number of events at which it ended' },
    ],
    load: async () => (await audit()).checkpoint,
  },
  {
    name: 'audit rekey',
    about: 'Replace the key that signs checkpoints on this node; what the old one signed still holds',
    flags: [REASON, YES],
    example: 'sallyport audit rekey --reason "yearly change of keys"',
    load: async () => (await audit()).rekey,
  },
  {
    name: 'audit evidence',
    about: 'Pack the log, all versions of the rules and a verifier into one zip that proves itself',
    flags: [{ flag: '--out <file>', about: 'The zip; it must not exist yet' }, REASON],
    example: 'sallyport audit evidence --out evidence.zip --reason "yearly audit"',
    load: async () => (await import('../evidence.ts')).evidence,
  },
  {
    name: 'audit witness',
    about: 'Sign the checkpoints of other gateways, each log in one history only (c2sp.org/tlog-witness)',
    flags: [
      { flag: '--data <folder>', about: 'Its key and the newest checkpoint of each log' },
      { flag: '--log <key...>', about: 'Verifier keys of the logs, as `audit checkpoint --key` prints them' },
      { flag: '--name <name>', about: 'Its name in signatures (default: the host name)' },
      { flag: '--listen <address>', about: 'Host and port (default 127.0.0.1:8790)' },
    ],
    example: 'sallyport audit witness --data ./witness --log "$KEY"',
    load: async () => (await import('../witness.ts')).witness,
  },
  {
    name: 'audit export',
    about: 'Export events',
    flags: [
      { flag: '--format <format>', about: 'jsonl (default), ocsf, syslog, or archive, which can be verified offline' },
      { flag: '--out <file>', about: 'Append to this file from where it ends' },
      {
        flag: '--to <url>',
        about: 'Send calls to this OpenTelemetry collector instead, as traces and metrics over HTTP',
      },
      { flag: '--position <file>', about: 'With --to: keeps what the collector has taken, to go on from' },
      { flag: '--signal <names>', about: 'With --to: traces, metrics (default: both)' },
      { flag: '--encoding <name>', about: 'With --to: protobuf (default) or json' },
      { flag: '--clear-text', about: 'With --to: allow http:// to another machine' },
      { flag: '--from <position>', about: 'First event' },
      { flag: '--follow', about: 'Go on as events come' },
      ...EVENTS,
      ...WITHIN,
    ],
    example: 'sallyport audit export --to http://127.0.0.1:4318 --position collector.json --follow',
    load: async () => (await import('../export.ts')).exportLog,
  },
  {
    name: 'audit content',
    args: '<call>',
    about: 'Read what a rule had recorded of a call',
    load: async () => (await audit()).content,
  },
  {
    name: 'audit erase',
    args: '<who>',
    about: "Erase a principal's recorded content",
    flags: [REASON, YES],
    load: async () => (await audit()).erase,
  },
]
