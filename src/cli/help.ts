// Help on what no single command explains, printed from the tables that say it. Help on a command is the parser's.
import { SETTINGS } from '../config/index.ts'
import { FAULTS } from '../core/index.ts'
import type { Command, Flag } from './command.ts'
import { EXIT, EXIT_MEANS, usage } from './failure.ts'
import { printRows, type Row } from './io.ts'

const ENVIRONMENT: readonly Row[] = [
  { name: 'SALLYPORT_URL', about: 'Gateway that commands talk to' },
  { name: 'SALLYPORT_KEY', about: 'Key to talk to it with' },
  { name: 'SALLYPORT_CONFIG', about: 'Settings file' },
  { name: 'NO_COLOR', about: 'No colours' },
  { name: 'NODE_EXTRA_CA_CERTS', about: 'Certificates of an authority of your own' },
  { name: 'OTEL_EXPORTER_OTLP_HEADERS', about: 'Headers for the collector of audit export --to' },
]

interface Page {
  readonly rows: readonly Row[]
  readonly note?: string
}

const PAGES: Readonly<Record<string, (filters: readonly Flag[]) => Page>> = {
  'exit-codes': () => ({
    rows: Object.entries(EXIT).map(([name, code]) => ({ code, means: EXIT_MEANS[name as keyof typeof EXIT] })),
  }),
  env: () => ({
    rows: [
      ...ENVIRONMENT,
      ...SETTINGS.flatMap(({ env, description }) => (env === undefined ? [] : [{ name: env, about: description }])),
    ],
    note: 'Flags stand above the environment, the environment above sallyport.yaml.',
  }),
  filters: (filters) => ({
    rows: filters.map(({ flag, about }) => ({ flag, about })),
    note: 'For tail, and for audit list, count and export. An event must fit each of them; of several kinds, one.',
  }),
  errors: () => ({
    rows: Object.entries(FAULTS).map(([code, [status, title]]) => ({ code, status, title })),
    note: 'What each means and what to do:  docs/errors.md',
  }),
}

export const TOPICS = Object.keys(PAGES)

export const help =
  (filters: readonly Flag[]): Command =>
  async ({ io, args, flags }) => {
    const [topic = '', ...more] = args
    const page = more.length === 0 && Object.hasOwn(PAGES, topic) ? PAGES[topic]?.(filters) : undefined
    if (!page)
      throw usage(`There is no help on "${args.join(' ')}"`, `sallyport help ${TOPICS.join('|')}, or help <command>`)
    const columns = Object.keys(page.rows[0] ?? {}).map((field) => ({ field }))
    printRows(io, page.rows, columns, { json: flags.json as string })
    if (page.note !== undefined) io.say(page.note)
    return 0
  }
