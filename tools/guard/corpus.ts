// Reads the development data (never part of the project; see its README for sources and licences) into sentences with
// spans of our own classes.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Sentence, Span } from './grammar.ts'
import { PEOPLES } from './words.ts'

/** Where the development data lies: beside the checkout, or where SALLYPORT_DATA says. */
export function dataFolder(): string | undefined {
  const places = [process.env.SALLYPORT_DATA, '../../../shared/data', '../../../../shared/data'].filter(
    (p) => p !== undefined,
  )
  return places
    .map((place) => (place.startsWith('/') ? place : fileURLToPath(new URL(place, import.meta.url))))
    .find((place) => existsSync(`${place}/README.md`))
}

const PII_TYPES: Readonly<Record<string, string>> = {
  PERSON: 'person',
  GPE: 'place',
  ORGANIZATION: 'organisation',
  STREET_ADDRESS: 'address',
  ZIP_CODE: 'address',
  TITLE: 'title',
  NRP: 'people',
  AGE: 'age',
}

export interface PiiRow {
  readonly text: string
  readonly template: number
  readonly spans: readonly (Span & { readonly source: string })[]
}

export function readPii(folder: string): PiiRow[] {
  const rows = JSON.parse(readFileSync(`${folder}/pii/synthetic-sentences.json`, 'utf8')) as {
    full_text: string
    template_id: number
    spans: { entity_type: string; entity_value: string; start_position: number; end_position: number }[]
  }[]
  return rows.map((row) => ({
    text: row.full_text,
    template: row.template_id,
    spans: row.spans
      .filter((s) => s.entity_value !== 'nan')
      .map((s) => ({
        start: s.start_position,
        end: s.end_position,
        type:
          PII_TYPES[s.entity_type] ?? (s.entity_type === 'DATE_TIME' && /^\d{4}$/.test(s.entity_value) ? 'date' : ''),
        source: s.entity_type,
      }))
      .sort((a, b) => a.start - b.start),
  }))
}

export const piiSentence = (row: PiiRow): Sentence => ({
  text: row.text,
  spans: row.spans.filter((s) => s.type !== ''),
  group: `pii-${row.template}`,
})

const CONLL_TYPES: Readonly<Record<string, string>> = {
  PER: 'person',
  person: 'person',
  LOC: 'place',
  location: 'place',
  ORG: 'organisation',
  corporation: 'organisation',
  group: 'organisation',
}

const GLUED = /^(?:[.,;:!?)\]%]|'s|n't|'m|'re|'ll|'ve|'d|'')$/

const SILVER = new RegExp(`\\b(?:(${PEOPLES.join('|')})|(?:1[89]\\d\\d|20[0-2]\\d))\\b`, 'g')

/** Peoples and years, which these corpora leave unmarked, so that they do not teach the opposite of our own sentences. */
function withSilver(text: string, spans: readonly Span[]): Span[] {
  const out = [...spans]
  for (const hit of text.matchAll(SILVER)) {
    const span = { start: hit.index, end: hit.index + hit[0].length, type: hit[1] === undefined ? 'date' : 'people' }
    if (/[\w/.-]/.test(text[span.end] ?? ' ') && !/[.]/.test(text[span.end] ?? ' ')) continue
    if (!spans.some((s) => s.start < span.end && span.start < s.end)) out.push(span)
  }
  return out.sort((a, b) => a.start - b.start)
}

/** Tokens in columns back to running text. Handles (`@name`) are no names here: they are public by themselves. */
export function readConll(folder: string, name: string): Sentence[] {
  const out: Sentence[] = []
  for (const block of readFileSync(`${folder}/ner/${name}`, 'utf8').split(/\n\s*\n/)) {
    let text = ''
    const spans: { start: number; end: number; type: string }[] = []
    let open: { start: number; end: number; type: string } | undefined
    let handle = false
    let before = ''
    for (const line of block.split('\n')) {
      const [word, tag] = line.trim().split(/[\t ]+/)
      if (word === undefined || word === '' || tag === undefined) continue
      const glued =
        text === '' || GLUED.test(word) || before === '(' || before === '@' || before === '#' || before === '$'
      if (!glued) text += ' '
      const start = text.length
      text += word
      handle = before === '@' || word === '@' || word.startsWith('@')
      before = word
      const type = handle ? undefined : CONLL_TYPES[tag.slice(2)]
      if (type === undefined) open = undefined
      else if (open !== undefined && open.type === type && tag.startsWith('I-')) open.end = text.length
      else {
        open = { start, end: text.length, type }
        spans.push(open)
      }
    }
    if (text !== '') out.push({ text, spans: withSilver(text, spans), group: name })
  }
  return out
}

export const conllFiles = (folder: string): string[] => readdirSync(`${folder}/ner`).filter((f) => f.endsWith('.conll'))

/** Program text, which has capitals and numbers and no names. */
export function readCode(folder: string): Sentence[] {
  return readFileSync(`${folder}/injection/buried/code_train.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const row = JSON.parse(line) as { code: string[]; error: string[] }
      return [row.code.join('\n'), row.error.join('\n')]
    })
    .map((text) => ({ text: text.slice(0, 800), spans: [], group: 'code' }))
}

/** Prompts without anything to hide: for the everyday vocabulary and for counting false alarms. */
export function readBenign(folder: string): { prompts: string[]; questions: string[]; tasks: string[] } {
  const lines = (file: string) =>
    readFileSync(`${folder}/${file}`, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const questions = JSON.parse(readFileSync(`${folder}/benign/security-questions-dev.json`, 'utf8')) as {
    mutated_prompt: string
  }[]
  return {
    prompts: lines('benign/hard-user-prompts.jsonl').map((row) => String(row.prompt)),
    questions: questions.map((row) => row.mutated_prompt),
    tasks: lines('benign/seed-tasks.jsonl').map((row) => {
      const input = (row.instances as { input: string }[])[0]?.input ?? ''
      return `${String(row.instruction)}\n${input}`.trim()
    }),
  }
}
