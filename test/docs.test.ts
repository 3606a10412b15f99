// What the pages written by hand tell a reader to type is there: commands and their flags, settings, rules, kinds of event,
// metrics, files and headings. Pages printed from the code are compared with it by `npm run check`.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { KINDS } from '../src/audit/index.ts'
import { COMMANDS, commonFlagsOf } from '../src/cli/options.ts'
import { type ConfigError, loadConfig, SETTINGS } from '../src/config/index.ts'
import { compileBundle, createChecker, lint, loadBundle } from '../src/policy/index.ts'

const PAGES = [
  'README.md',
  'SECURITY.md',
  'grafana/alerts.yaml',
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
const pages = PAGES.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocks = (text: string) =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', body = '']) => ({ kind, body }))
const spans = (text: string) =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, span = '']) =>
    span.replaceAll('\n', ' '),
  )

/** Lines that run a command, as far as they do: what stands behind a comment, a pipe or a quote's end is another matter. */
const commandsIn = (text: string) =>
  [...blocks(text).flatMap(({ body }) => body.replaceAll('\\\n', '').split('\n')), ...spans(text)]
    .flatMap((line) => [...line.matchAll(/(?:^|[\s(/])sallyport ([a-z][^;&|#]*)/g)].map(([, words = '']) => words))
    .map((words) =>
      words
        .replace(/"[^"]*"/g, 'TEXT')
        .split(/ {2,}|\)/)[0]!
        .trim(),
    )

const specOf = (words: readonly string[]) =>
  COMMANDS.find(({ name }) => name === words.slice(0, 2).join(' ')) ?? COMMANDS.find(({ name }) => name === words[0])

describe('commands', () => {
  for (const { path, text } of pages.filter((page) => commandsIn(page.text).length > 0))
    it(path, () => {
      for (const line of commandsIn(text)) {
        const words = line.split(/[\s,]+/)
        if (words[0] === 'help') continue
        const spec = specOf(words)
        // `key suspend|revoke` names several; a noun alone names all that it has.
        const named =
          spec ??
          COMMANDS.find(
            ({ name }) =>
              name.startsWith(`${words[0]} `) &&
              (words.length === 1 ||
                words[1]!.split('|').every((verb) => COMMANDS.some((one) => one.name === `${words[0]} ${verb}`))),
          )
        expect.soft(named, `${path}: sallyport ${line}`).toBeDefined()
        if (!spec) continue
        const own = [...(spec.flags ?? []), ...commonFlagsOf(spec)].map(({ flag }) => flag.split(/[ ,]/)[0])
        const settings = spec.moreFlags ? SETTINGS.map(({ flag }) => flag) : []
        for (const word of words.filter((one) => /^--[a-z]/.test(one)))
          expect.soft([...own, ...settings, '--help'], `${path}: sallyport ${line}`).toContain(word.split('=')[0])
        const given = spec.args?.match(/<[^>]*>/g)?.length ?? 0
        const bare = words.slice(spec.name.split(' ').length).filter((word) => !word.startsWith('-'))
        if (blocks(text).some(({ body }) => body.includes(`sallyport ${line}`)))
          expect.soft(bare.length, `${path}: sallyport ${line}`).toBeGreaterThanOrEqual(given)
      }
    })
})

it('settings in YAML are read, and those that are named exist', () => {
  const known = new Set(SETTINGS.map(({ path }) => path))
  const roots = new Set([...known].map((path) => path.split(/[.[]/)[0]))
  for (const { path, text } of pages) {
    for (const [index, { kind, body }] of blocks(text).entries()) {
      if (kind !== 'yaml' || /^(scrape_configs|classes):/m.test(body)) continue
      const file = join(folder, `${index}.yaml`)
      writeFileSync(file, body)
      let problems: readonly string[] = []
      try {
        loadConfig({ file, env: {} })
      } catch (error) {
        problems = (error as ConfigError).problems
      }
      expect.soft(problems, `${path}: ${body}`).toEqual([])
    }
    if (path === 'docs/formats.md') continue // fields of wire formats
    for (const span of spans(text)) {
      const [, name = ''] = /^([a-z][A-Za-z]*(?:\[\])?\.[a-z][A-Za-z.[\]]*)(?:: .*)?$/.exec(span) ?? []
      if (
        roots.has(name.split(/[.[]/)[0]!) &&
        !Object.hasOwn(KINDS, name) &&
        !/\.(ts|md|json|yaml|cedar|pem|key)$/.test(name)
      )
        expect.soft(known, `${path}: ${span}`).toContain(name)
    }
  }
})

it('rules are valid beside the shipped ones', async () => {
  const checker = createChecker()
  const shipped = await loadBundle('policies')
  for (const { path, text } of pages)
    for (const { body } of blocks(text)) {
      if (!/^(permit|forbid) \(/m.test(body)) continue
      const found = await checker.check([...shipped, { path: 'own.cedar', text: body }])
      expect
        .soft(
          'problems' in found ? found.problems : lint(found.bundle, compileBundle(found.bundle)),
          `${path}: ${body}`,
        )
        .toEqual([])
    }
  await checker.close()
})

it('kinds of event and metrics are there', () => {
  const families = new Set(Object.keys(KINDS).map((kind) => kind.split('.')[0]))
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(metrics|admin|app)\/(?!.*test).*\.ts$/.test(name),
  )
  const metrics = sources.map((name) => readFileSync(join('src', name), 'utf8')).join('')
  for (const { path, text } of pages)
    for (const span of spans(text)) {
      const [, kind] = /^([a-z]+\.[a-z_-]+)$/.exec(span) ?? []
      if (
        kind !== undefined &&
        families.has(kind.split('.')[0]!) &&
        path === 'docs/operating.md' &&
        !SETTINGS.some((one) => one.path === kind)
      )
        expect.soft(Object.keys(KINDS), path).toContain(kind)
      const [, metric] = /^((?:sallyport|process)_[a-z_]+)/.exec(span) ?? []
      if (metric !== undefined)
        expect.soft(metrics.includes(metric.replace(/^sallyport_/, '')), `${path}: ${metric}`).toBe(true)
    }
})

it('links lead to files and headings', () => {
  const anchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  for (const { path, text } of pages)
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [file = '', heading] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      expect.soft(existsSync(target), `${path}: ${link}`).toBe(true)
      if (heading === undefined || !target.endsWith('.md')) continue
      const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, one = '']) => anchor(one))
      expect.soft(headings, `${path}: ${link}`).toContain(heading)
    }
})

it('files that are named are there', () => {
  for (const { path, text } of pages)
    for (const span of spans(text)) {
      const [file] = /^(?:docs|src|test|policies|models|tools|bench)\/[\w./-]+$/.exec(span) ?? []
      if (file !== undefined && !/own\.cedar|tried_test|policies\/tests\//.test(file))
        expect.soft(existsSync(file), `${path}: ${span}`).toBe(true)
    }
})
