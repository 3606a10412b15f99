// A deployment's own data classes, from `data-classes.yaml`: patterns in linear time (RE2), word lists, context words, check
// digits, JSON paths, and examples that must and must not be found. The file is refused as a whole if anything in it is
// wrong or an example fails: a class that silently finds nothing is worse than none.
import { RE2JS } from 're2js'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { Fault, type Finding, schemaWords } from '../core/index.ts'
import type { DataClass } from './classes.ts'
import { luhn } from './detect/bank.ts'
import { createWordTable, isAlphanumeric, isLetter } from './detect/chars.ts'
import { createInlineFieldsDetector } from './detect/inline-fields.ts'
import type { Detector, DetectorStream } from './detector.ts'
import { createOwnFieldRule } from './fields.ts'
import { createListDetector } from './names/list.ts'
import { PSEUDONYM } from './pseudonym.ts'
import type { Region } from './regions.ts'
import { createScreen } from './screen.ts'
import type { MaskStyle } from './treat.ts'

/** Classes that are treated without a question, whatever rules say. */
export const NEVER_ASKED: ReadonlySet<string> = new Set([PSEUDONYM, 'literal', 'leak/mark', 'leak/phrase'])
const LONGEST_MATCH = 256
/** Characters in front of a match in which a context word counts. */
const CONTEXT = 64

const entry = z.strictObject({
  title: z.string().max(200).optional().describe('One line for people.'),
  nature: z
    .enum(['secret', 'personal', 'internal', 'plain'])
    .default('internal')
    .describe('What the class is by nature; secrets are never turned back.'),
  kind: z
    .string()
    .regex(/^[A-Z]{2,14}$/)
    .optional()
    .describe('First part of its pseudonyms, in capitals; by default from the class name.'),
  patterns: z
    .array(z.string().min(1).max(500))
    .max(50)
    .default([])
    .describe('RE2 patterns. They match from the start of a word and may not use ^ or $.'),
  keywords: z
    .array(z.string().min(2).max(LONGEST_MATCH))
    .max(50_000)
    .default([])
    .describe('Words and phrases, in any case.'),
  context: z
    .array(z.string().min(2).max(16))
    .max(100)
    .default([])
    .describe(`Words of which one must stand at most ${CONTEXT} characters before a pattern's match.`),
  checksum: z.enum(['luhn', 'mod97']).optional().describe("What the digits of a pattern's match must satisfy."),
  longest: z
    .int()
    .min(2)
    .max(LONGEST_MATCH)
    .default(64)
    .describe(
      'Longest match of a pattern in characters; a stream holds back up to as many. Of a longer one these are found, and the rest of the word they end in.',
    ),
  confidence: z
    .int()
    .min(50)
    .max(100)
    .default(90)
    .describe('What rules are told as context.data.confidence, of patterns and keywords.'),
  fields: z
    .array(z.string().regex(/^[\w-]+(\.[\w-]+)*$/))
    .max(500)
    .default([])
    .describe('Paths in JSON content whose values are of this class, such as customer.salary.'),
  mask: z.enum(['label', 'last4', 'shape']).optional().describe('How its masks look.'),
  examples: z
    .strictObject({ match: z.array(z.string()).default([]), not: z.array(z.string()).default([]) })
    .default({ match: [], not: [] })
    .describe('Texts that must and must not hold one.'),
})
const file = z.strictObject({
  classes: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*){0,3}$/), entry)
    .describe('Class name, as in rules, and what it is.'),
})

type Entry = z.infer<typeof entry>

export interface OwnClasses {
  readonly classes: readonly DataClass[]
  readonly detectors: readonly Detector[]
  /** For GuardOptions.fields and .masks. */
  readonly fields: ReadonlyMap<string, string>
  readonly masks: Readonly<Record<string, MaskStyle>>
  /** How many examples were tried; every one of them held. */
  readonly examples: number
}

/** @throws Fault validation_failed, with the class and what is wrong with it */
export function readOwnClasses(text: string): OwnClasses {
  let parsed: z.infer<typeof file>
  try {
    parsed = file.parse(parse(text, { maxAliasCount: 0 }) ?? { classes: {} }, { error: schemaWords })
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw wrong('the file', notYaml(cause), cause)
    // A mistyped name is also missing where it belongs: what is there says more.
    const issue = cause.issues.find(({ code }) => code === 'unrecognized_keys') ?? cause.issues[0]
    throw wrong(issue?.path.map(String).join('.') || 'the file', issue?.message ?? 'not as wanted', cause)
  }
  const classes: DataClass[] = []
  const detectors: Detector[] = []
  const fields = new Map<string, string>()
  const masks: Record<string, MaskStyle> = {}
  let examples = 0
  for (const [id, own] of Object.entries(parsed.classes)) {
    const kind = own.kind ?? kindOf(id)
    classes.push({
      id,
      title: own.title ?? id,
      nature: own.nature,
      kind,
      angle: own.nature === 'secret' ? 'SECRET' : 'ID',
    })
    if (own.mask !== undefined) masks[id] = own.mask
    for (const path of own.fields) {
      if (fields.has(path.toLowerCase())) throw wrong(id, `the field ${path} belongs to two classes`)
      fields.set(path.toLowerCase(), id)
    }
    if (NEVER_ASKED.has(id)) throw wrong(id, 'the guard uses this name itself, and asks no rule about it')
    for (const need of ['context', 'checksum'] as const)
      if (own.patterns.length === 0 && (own[need]?.length ?? 0) > 0)
        throw wrong(id, `${need} is of patterns, and there are none`)
    const mine: Detector[] = []
    if (own.patterns.length > 0) mine.push(createPatternDetector(id, own))
    if (own.keywords.length > 0)
      mine.push(createListDetector({ name: id, class: id, entries: own.keywords, confidence: own.confidence }))
    examples += tryExamples(id, own, mine)
    detectors.push(...mine)
  }
  return { classes, detectors, fields, masks, examples }
}

const notYaml = (error: unknown): string => {
  const at = error instanceof YAMLParseError ? error.linePos?.[0] : undefined
  return at ? `not YAML, at line ${at.line}, column ${at.col}` : 'not YAML'
}

const wrong = (where: string, what: string, cause?: unknown) =>
  new Fault('validation_failed', { detail: `data-classes.yaml, ${where}: ${what}`, data: { param: where }, cause })

function kindOf(id: string): string {
  const letters = id
    .slice(id.lastIndexOf('/') + 1)
    .toUpperCase()
    .replace(/[^A-Z]/g, '')
    .slice(0, 14)
  return letters.length < 2 ? 'VALUE' : letters
}

/** Texts are read as in a call; a path of a field finds itself. */
function tryExamples(id: string, own: Entry, detectors: readonly Detector[]): number {
  const fields = createOwnFieldRule(new Map(own.fields.map((path) => [path.toLowerCase(), id])))
  const screen = createScreen({ detectors: [...detectors, createInlineFieldsDetector(fields, [id])], fields })
  const finds = (text: string) => {
    let found = fields(text) === id
    const stream = screen.open('guess')
    const sink = {
      clear() {},
      region: ({ findings }: Region) => {
        found ||= findings.some((finding) => finding.class === id)
      },
    }
    stream.push(text, sink)
    stream.end(sink)
    return found
  }
  for (const text of own.examples.match)
    if (!finds(text)) throw wrong(id, `the example ${JSON.stringify(text)} is not found`)
  for (const text of own.examples.not)
    if (finds(text)) throw wrong(id, `the example ${JSON.stringify(text)} is found, but must not be`)
  return own.examples.match.length + own.examples.not.length
}

function createPatternDetector(id: string, own: Entry): Detector {
  const patterns = own.patterns.map((source) => {
    if (/(^|[^\\[])\^|(^|[^\\])\$|\\[AzZ]/.test(source)) throw wrong(id, `the pattern ${source} may not use ^ or $`)
    try {
      // The longest of its alternatives: `EMP|EMPLOYEE-\d+` is not cut short by the order in which it is written.
      const pattern = RE2JS.compile(source, RE2JS.LONGEST_MATCH)
      if (pattern.matches('')) throw new Error('it matches nothing at all')
      return { pattern, starts: startsOf(source) }
    } catch (cause) {
      throw wrong(id, `the pattern ${source} cannot be used: ${cause instanceof Error ? cause.message : ''}`, cause)
    }
  })
  const context =
    own.context.length === 0 ? undefined : createWordTable(new Map(own.context.map((word) => [word.toLowerCase(), 1])))
  return {
    name: `own:${id}`,
    classes: [id],
    longest: own.longest,
    open: () => openPatterns(id, own, patterns, context),
  }
}

interface Pattern {
  readonly pattern: RE2JS
  /** Which ASCII characters a match can start with; undefined if that is not plain to see. */
  readonly starts: Uint8Array | undefined
}

/**
 * First characters of a match, read off patterns that begin with a letter, digit, `\d` or a class; anything cleverer is
 * tried at every word.
 */
function startsOf(source: string): Uint8Array | undefined {
  if (source.includes('|')) return undefined
  const ignoreCase = source.startsWith('(?i)')
  let rest = ignoreCase ? source.slice(4) : source
  if (rest.startsWith('\\b')) rest = rest.slice(2)
  const first = /^(?:([A-Za-z0-9#@_])|(\\d)|\[([A-Za-z0-9-]+)\])(?![?*{])/.exec(rest)
  if (first === null) return undefined
  const table = new Uint8Array(128)
  const [, letter, digit, group] = first
  const test = letter !== undefined ? undefined : digit !== undefined ? /\d/ : new RegExp(`[${group}]`)
  for (let c = 0; c < 128; c++) {
    const character = String.fromCharCode(c)
    const hit = (x: string) => (test === undefined ? x === letter : test.test(x))
    if (hit(character) || (ignoreCase && (hit(character.toLowerCase()) || hit(character.toUpperCase())))) table[c] = 1
  }
  return table
}

function openPatterns(
  id: string,
  own: Entry,
  patterns: readonly Pattern[],
  context: ReturnType<typeof createWordTable> | undefined,
): DetectorStream {
  let text = ''
  let base = 0
  let at = 0
  /** What stands at `at` goes on a word whose match was longer than a match may be. */
  let cut = false

  const near = (start: number): boolean => {
    if (context === undefined) return true
    let i = Math.max(0, start - CONTEXT)
    while (i < start) {
      const from = i
      while (i < start && isLetter(text.charCodeAt(i))) i++
      if (i > from && context.get(text, from, i) !== 0) return true
      i++
    }
    return false
  }

  const matchAt = (start: number): number => {
    const c = text.charCodeAt(start)
    let best = 0
    let slice: string | undefined
    for (const { pattern, starts } of patterns) {
      if (starts !== undefined && (c > 127 || starts[c] !== 1)) continue
      slice ??= text.slice(start, start + own.longest + 1)
      const matcher = pattern.matcher(slice)
      if (!matcher.lookingAt()) continue
      const length = Math.min(matcher.end(), own.longest)
      const whole = matcher.end() <= own.longest
      if (length <= best || (whole && length < slice.length && glued(slice, length))) continue
      if (own.checksum !== undefined && !(whole && checks(slice.slice(0, length), own.checksum))) continue
      best = length
      cut = !whole && glued(slice, length)
    }
    if (best > 0 && near(start)) return best
    cut = false
    return 0
  }

  const work = (ended: boolean): Finding[] => {
    const found: Finding[] = []
    let held = -1
    while (at < text.length) {
      const c = text.charCodeAt(at)
      if (cut) {
        const start = at
        while (at < text.length && isAlphanumeric(text.charCodeAt(at))) at++
        cut = at === text.length && !ended
        if (at > start) found.push({ class: id, start: base + start, end: base + at, confidence: own.confidence })
        continue
      }
      // Matches start where a word does, or at a sign.
      const starts = at === 0 || !isAlphanumeric(text.charCodeAt(at - 1)) || !isAlphanumeric(c)
      const possible =
        starts && c > 32 && patterns.some((p) => p.starts === undefined || (c < 128 && p.starts[c] === 1))
      if (!possible) {
        at++
        continue
      }
      if (!ended && text.length - at <= own.longest) {
        held = at
        break
      }
      const length = matchAt(at)
      if (length > 0) {
        found.push({ class: id, start: base + at, end: base + at + length, confidence: own.confidence })
        at += length
      } else at++
    }
    stream.openFrom = base + (held >= 0 ? held : text.length)
    return found
  }

  const stream = {
    openFrom: 0,
    push(piece: string) {
      const spare = at - CONTEXT - 32
      if (spare > 1024) {
        text = text.slice(spare)
        base += spare
        at -= spare
      }
      text += piece
      return work(false)
    },
    end: () => work(true),
  }
  return stream
}

/** True if the match ends inside a word. */
const glued = (slice: string, length: number) =>
  isAlphanumeric(slice.charCodeAt(length)) && isAlphanumeric(slice.charCodeAt(length - 1))

function checks(text: string, kind: 'luhn' | 'mod97'): boolean {
  if (kind === 'luhn') {
    const digits = Uint8Array.from(
      [...text].filter((c) => c >= '0' && c <= '9'),
      Number,
    )
    return digits.length > 1 && luhn(digits, 0, digits.length)
  }
  let rest = 0
  for (const c of text.toUpperCase()) {
    if (c >= '0' && c <= '9') rest = (rest * 10 + Number(c)) % 97
    else if (c >= 'A' && c <= 'Z') rest = (rest * 100 + c.charCodeAt(0) - 55) % 97
  }
  return rest === 1
}
