// Attacks and harmless texts for the injection score, and the disguises it has to see through.
import { readFileSync } from 'node:fs'
import { readBenign } from './corpus.ts'
import type { Text } from './injection-model.ts'

export function readAttacks(folder: string) {
  const json = (file: string): unknown => JSON.parse(readFileSync(`${folder}/injection/${file}`, 'utf8'))
  const wild = json('jailbreaks-in-the-wild-dev.json') as string[]
  const dan = (json('role-play-jailbreaks.json') as { prompts: string[] }[]).flatMap((row) => row.prompts)
  const mails = readFileSync(`${folder}/injection/buried/email_train.jsonl`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { context: string }).context)
  const benign = readBenign(folder)
  const harmless = (texts: readonly string[], group: string): Text[] =>
    texts.map((text) => ({ text, attack: false, group, weight: 1 }))
  const pool = [
    ...harmless(benign.prompts, 'prompts'),
    ...harmless(benign.questions, 'questions'),
    ...harmless(benign.tasks, 'tasks'),
    ...harmless(mails, 'mails'),
  ]
  const attacks: Text[] = [...wild, ...dan].map((text) => ({ text, attack: true, group: 'wild', weight: 1 }))
  /** Harmless text around attacks comes from the texts a model may see, or it would learn to fear the ones it is judged on. */
  const fillers = (texts: readonly Text[]) =>
    texts.filter((t) => t.group === 'tasks' || t.group === 'mails').map((t) => t.text)
  return { pool, attacks, fillers }
}

/** Share of harmless prompts that may score 50 or more: the shipped middle of the scale. */
export const SHIPPED_RATE = 0.007

/** Logits between 50 and about 73. */
export const SLOPE = 1.6
/** Logits between 50 and 90, at which the shipped rules stop calls. */
export const TO_STOP = SLOPE * Math.log(9)

/** How many texts of guidance are learnt from, with and without an attack in them. */
export const GUIDED = 1000

/** The score that a share `rate` of the given ones exceeds. */
export function atRate(scores: readonly number[], rate: number): number {
  return [...scores].sort((a, b) => b - a)[Math.floor(scores.length * rate)] ?? 0
}

const each = (text: string, change: (code: number, char: string) => string) =>
  [...text].map((char) => change(char.codePointAt(0)!, char)).join('')
const CYRILLIC: Readonly<Record<string, string>> = {
  a: 'а',
  e: 'е',
  o: 'о',
  p: 'р',
  c: 'с',
  y: 'у',
  x: 'х',
  i: 'і',
  s: 'ѕ',
}

export const disguises: readonly (readonly [name: string, change: (text: string) => string])[] = [
  ['zero-width characters', (text) => each(text, (_, char) => `${char}\u200b`)],
  [
    'tag characters',
    (text) => each(text, (code, char) => (code >= 32 && code < 127 ? String.fromCodePoint(0xe0000 + code) : char)),
  ],
  ['look-alike letters', (text) => each(text, (_, char) => CYRILLIC[char] ?? char)],
  [
    'full-width letters',
    (text) => each(text, (code, char) => (code > 32 && code < 127 ? String.fromCharCode(code + 0xfee0) : char)),
  ],
]
