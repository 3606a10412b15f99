// Checks a bundle's texts with the Cedar library. Runs only in the check worker: hostile nesting can kill the library's
// instance, and then only that worker dies.
import {
  type DetailedError,
  formatPolicies,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  type SchemaJson,
  schemaToJson,
  type ValidationError,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import { readNotes } from './annotation.ts'
import {
  type BundleFile,
  type BundleSources,
  bundleDigest,
  type CheckedBundle,
  type CheckedRule,
  isBundlePath,
  MAX_BUNDLE_BYTES,
  MAX_FILE_BYTES,
  MAX_FILES,
  type Problem,
  rulesOf,
  SCHEMA_FILE,
} from './bundle.ts'
import { reachedActions } from './rule.ts'
import { readVocabulary, type Vocabulary } from './schema.ts'

/** Brackets inside brackets. The library dies at about 150. */
export const MAX_NESTING = 64

export type Inspection = { readonly bundle: CheckedBundle } | { readonly problems: readonly Problem[] }

export function inspectBundle(sources: BundleSources): Inspection {
  const problems: Problem[] = [...nameProblems(sources), ...sizeProblems(sources), ...sources.flatMap(textProblems)]
  if (problems.length > 0) return { problems }

  const schema = sources.find((file) => file.path === SCHEMA_FILE)
  if (!schema)
    return {
      problems: [
        error(`${SCHEMA_FILE} is missing`, {
          help: '`sallyport policy init FOLDER` writes a folder with the shipped one',
        }),
      ],
    }
  const schemaJson = readSchema(schema, problems)
  const rules = readRules(sources, problems)
  if (!schemaJson || problems.length > 0) return { problems }

  const vocabulary = readVocabulary(schemaJson)
  checkAnnotations(rules, vocabulary, problems)
  problems.push(...validateRules(schema.text, rules))
  if (problems.some((problem) => problem.level === 'error')) return { problems }
  return {
    bundle: {
      digest: bundleDigest(sources),
      sources,
      schemaText: schema.text,
      schemaJson,
      rules: rules.map(({ start: _, ...rule }) => rule),
      warnings: problems,
    },
  }
}

/** The text in canonical form, or its problems. */
export function formatText(file: BundleFile): { readonly text: string } | { readonly problems: readonly Problem[] } {
  const problems = [...sizeProblems([file]), ...textProblems(file)]
  if (problems.length > 0) return { problems }
  if (file.text.trim() === '') return { text: '' }
  const answer = formatPolicies({ policyText: file.text, lineWidth: 100, indentWidth: 2 })
  if (answer.type === 'failure') return { problems: answer.errors.map((one) => fromLibrary(one, file, 0)) }
  return { text: answer.formatted_policy.endsWith('\n') ? answer.formatted_policy : `${answer.formatted_policy}\n` }
}

const error = (message: string, where: Partial<Problem> = {}): Problem => ({ level: 'error', message, ...where })

function nameProblems(sources: BundleSources): Problem[] {
  const names = sources.map(({ path }) => path)
  return [
    ...names
      .filter((path) => !isBundlePath(path))
      .map((path) => error(`${JSON.stringify(path)} is not the name of a file of a bundle`)),
    ...names
      .filter((path, index) => names.indexOf(path) !== index)
      .map((path) => error('this file is given twice', { file: path })),
  ]
}

function sizeProblems(sources: BundleSources): Problem[] {
  const sizes = sources.map((file) => Buffer.byteLength(file.text))
  const large = sources.filter((_, index) => sizes[index]! > MAX_FILE_BYTES)
  return [
    ...(sources.length > MAX_FILES ? [error(`a bundle has at most ${MAX_FILES} files`)] : []),
    ...(sizes.reduce((sum, size) => sum + size, 0) > MAX_BUNDLE_BYTES
      ? [error(`a bundle has at most ${MAX_BUNDLE_BYTES} bytes`)]
      : []),
    ...large.map((file) => error(`a file has at most ${MAX_FILE_BYTES} bytes`, { file: file.path })),
  ]
}

function textProblems(file: BundleFile): Problem[] {
  const found: Problem[] = []
  const rules = file.path.endsWith('.cedar') || file.path === SCHEMA_FILE
  if (rules) {
    const deep = nestingBeyond(file.text, MAX_NESTING)
    if (deep !== undefined)
      found.push(
        error(`brackets are nested deeper than ${MAX_NESTING}`, { file: file.path, ...placeAt(file.text, deep) }),
      )
    // A record key of this name would change the prototype of the object that carries it between the engines.
    const proto = file.text.indexOf('__proto__')
    if (proto >= 0)
      found.push(error('__proto__ is not a usable name', { file: file.path, ...placeAt(file.text, proto) }))
  }
  // Half a character has no spelling in UTF-8: what would be compared is not what was written.
  if (!file.text.isWellFormed()) found.push(error('an unpaired surrogate is no character', { file: file.path }))
  // Text that shows in another order than it is read can hide what a rule does from its reviewer.
  const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.exec(file.text)
  if (rules && bidi)
    found.push(
      error('invisible direction marks are not allowed', { file: file.path, ...placeAt(file.text, bidi.index) }),
    )
  return found
}

/** Index of the bracket that goes too deep; strings and comments do not count. */
export function nestingBeyond(text: string, limit: number): number | undefined {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      at++
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    } else if (char === '/' && text[at + 1] === '/') {
      const end = text.indexOf('\n', at)
      if (end < 0) return undefined
      at = end
    } else if (char === '(' || char === '[' || char === '{') {
      depth++
      if (depth > limit) return at
    } else if (char === ')' || char === ']' || char === '}') depth--
  }
  return undefined
}

function placeAt(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index)
  return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') }
}

/** The library counts bytes of the text it was given, which starts at `start` of the file. */
function fromLibrary(one: DetailedError, file: BundleFile, start: number, rule?: string): Problem {
  const location = one.sourceLocations?.[0]
  const index = location && start + Buffer.from(file.text.slice(start)).subarray(0, location.start).toString().length
  const label = location?.label ? ` (${location.label})` : ''
  return {
    level: 'error',
    message: `${one.message.replace(/^for policy `[^`]*`, /, '')}${label}`,
    ...(one.help ? { help: one.help } : {}),
    file: file.path,
    ...(index === undefined ? {} : placeAt(file.text, index)),
    ...(rule ? { rule } : {}),
  }
}

function readSchema(file: BundleFile, problems: Problem[]): SchemaJson<string> | undefined {
  const answer = schemaToJson(file.text)
  if (answer.type === 'failure') {
    problems.push(...answer.errors.map((one) => fromLibrary(one, file, 0)))
    return undefined
  }
  const spaces = Object.keys(answer.json).filter((space) => space !== '')
  if (spaces.length > 0)
    problems.push(error(`names are used without a namespace here; found namespace ${spaces[0]}`, { file: file.path }))
  return answer.json
}

type FoundRule = CheckedRule & { readonly start: number }

function readRules(sources: BundleSources, problems: Problem[]): FoundRule[] {
  const rules: FoundRule[] = []
  for (const file of rulesOf(sources)) {
    const parts = policySetTextToParts(file.text)
    if (parts.type === 'failure') {
      problems.push(...parts.errors.map((one) => fromLibrary(one, file, 0)))
      continue
    }
    if (parts.policy_templates.length > 0)
      problems.push(error('templates are not used here: a rule must be complete', { file: file.path }))
    const taken = new Map<string, number>()
    const found: FoundRule[] = []
    for (const text of parts.policies) {
      const start = file.text.indexOf(text, taken.get(text) ?? 0)
      taken.set(text, start + text.length)
      const place = { file: file.path, line: placeAt(file.text, Math.max(0, start)).line }
      const parsed = policyToJson(text)
      if (parsed.type === 'failure') problems.push(...parsed.errors.map((one) => fromLibrary(one, file, start)))
      else found.push({ id: parsed.json.annotations?.id ?? '', text, json: plain(parsed.json), start, ...place })
    }
    rules.push(...found.sort((a, b) => a.start - b.start))
  }
  const first = new Map<string, FoundRule>()
  for (const rule of rules) {
    const other = rule.id === '' ? undefined : first.get(rule.id)
    if (other)
      problems.push(
        error(`@id(${JSON.stringify(rule.id)}) is already used at ${other.file}:${other.line}`, {
          file: rule.file,
          line: rule.line,
        }),
      )
    first.set(rule.id, rule)
  }
  return rules
}

/** The library's answer as plain JSON, so that nothing of its own making crosses the thread. */
const plain = (json: PolicyJson): PolicyJson => JSON.parse(JSON.stringify(json)) as PolicyJson

function checkAnnotations(rules: readonly FoundRule[], vocabulary: Vocabulary, problems: Problem[]) {
  for (const rule of rules) {
    const reached = [...reachedActions(rule.json, vocabulary)].map((name) => vocabulary.actions.get(name)!.lineage)
    const where = { file: rule.file, line: rule.line, ...(rule.id ? { rule: rule.id } : {}) }
    for (const problem of readNotes(rule.json.annotations ?? {}, rule.json.effect, reached).problems)
      problems.push(error(problem, where))
  }
}

function validateRules(schemaText: string, rules: readonly FoundRule[]): Problem[] {
  // Keyed by position: the library must answer for a rule even where its @id is missing or used twice.
  const staticPolicies = Object.fromEntries(rules.map((rule, index) => [`r${index}`, rule.text]))
  const answer = validate({ schema: schemaText, policies: { staticPolicies }, validationSettings: { mode: 'strict' } })
  if (answer.type === 'failure') return answer.errors.map((one) => error(one.message))
  const ruleOf = (key: string) => rules[Number(key.slice(1))]
  const place = (key: string, detail: DetailedError): Problem => {
    const rule = ruleOf(key)
    if (!rule) return error(detail.message)
    // The file's text is the rule's text with what stands before it: offsets are counted from the rule's start.
    const inRule = fromLibrary(detail, { path: rule.file, text: rule.text }, 0, rule.id)
    return { ...inRule, ...(inRule.line === undefined ? {} : { line: rule.line + inRule.line - 1 }) }
  }
  return [
    ...answer.validationErrors.map((one) => place(one.policyId, one.error)),
    // "No applicable action" is always followed by "impossible": one of the two is enough.
    ...answer.validationWarnings
      .filter((one, index, all) => !repeats(one, all.slice(0, index)))
      .map((one) => {
        const problem = place(one.policyId, one.error)
        // A forbid that can never match is a safeguard somebody believes in and does not have.
        const dead = DEAD.test(one.error.message)
        return dead && ruleOf(one.policyId)?.json.effect === 'forbid'
          ? { ...problem, message: `this forbid can never match: ${problem.message}` }
          : { ...problem, level: 'warning' as const }
      }),
  ]
}

const DEAD = /impossible|unable to find an applicable action/
const repeats = (one: ValidationError, earlier: readonly ValidationError[]) =>
  DEAD.test(one.error.message) &&
  earlier.some((other) => other.policyId === one.policyId && DEAD.test(other.error.message))
