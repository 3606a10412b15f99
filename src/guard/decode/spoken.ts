// Digits, letters and signs in words, as they are said on the telephone.
import { createWordTable } from '../detect/chars.ts'

/**
 * Digits in words: English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish, Czech, Russian, Ukrainian, Turkish,
 * Danish, Norwegian, Hungarian, Romanian, Finnish, Slovak, Croatian, Greek.
 */
const SPOKEN_DIGITS = [
  'zero oh null zéro cero nul noll nula ноль нуль sıfır sifir nulla nolla μηδέν',
  'one eins un uno um een ett jeden jedna один bir ein en egy unu yksi jedan ένα',
  'two zwei deux dos due dois twee två dwa dva два iki zwo to kettő két doi două kaksi δύο',
  'three drei trois tres tre três drie trzy tři три üç trei három kolme tri τρία',
  'four vier quatre cuatro quattro quatro fyra cztery čtyři четыре чотири dört fire négy patru neljä četiri štyri τέσσερα',
  'five fünf cinq cinco cinque vijf fem pięć pět пять beş cinci öt viisi päť pet πέντε',
  'six sechs seis sei zes sex sześć šest шесть шість altı alti seks hat șase şase sase kuusi šesť έξι',
  'seven sieben sept siete sette sete zeven sju siedem sedm семь сім yedi syv hét șapte şapte sapte seitsemän sedem sedam επτά εφτά',
  'eight acht huit ocho otto oito åtta osiem osm восемь вісім sekiz otte åtte nyolc opt kahdeksan osem osam οκτώ οχτώ',
  'nine neun neuf nueve nove negen nio dziewięć devět девять dokuz ni kilenc nouă noua yhdeksän deväť devet εννέα εννιά',
].flatMap((words, digit) => words.split(' ').map((word) => [word, String(digit)] as const))
/** Letters in words, as they are said on the telephone: the one of the ICAO and the German one. */
const SPOKEN_LETTERS =
  'alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa quebec romeo ' +
  'sierra tango uniform victor whiskey whisky xray yankee zulu anton berta cäsar dora emil friedrich gustav heinrich ida julius ' +
  'kaufmann ludwig martha nordpol otto paula quelle richard samuel siegfried theodor ulrich viktor wilhelm xanthippe ypsilon ' +
  'zacharias zeppelin'
const SPOKEN_SIGNS: Readonly<Record<string, string>> = {
  '.': 'dot point punkt period',
  '@': 'at',
  '-': 'dash hyphen minus strich',
  _: 'underscore',
  '+': 'plus',
  ' ': 'space',
}
/** What stands for more than one sign is put together at the end: `double five`, `twenty two`. */
const [DOUBLE, TRIPLE, TENS] = ['\u0001', '\u0002', '\u0003'] as const
const SPOKEN_MORE: readonly (readonly [word: string, text: string])[] = [
  ['double', DOUBLE],
  ['triple', TRIPLE],
  ...'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, k) => [word, String(10 + k)] as const),
  ...'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, k) => [word, `${TENS}${k + 2}`] as const),
]
const SPOKEN: readonly (readonly [word: string, text: string])[] = [
  ...SPOKEN_DIGITS,
  ...SPOKEN_LETTERS.split(' ').map((word) => [word, word.charAt(0)] as const),
  ...SPOKEN_MORE,
  ...Object.entries(SPOKEN_SIGNS).flatMap(([sign, words]) => words.split(' ').map((word) => [word, sign] as const)),
]
const WORDS = createWordTable(new Map(SPOKEN.map(([word], k) => [word, k + 1])))
export const LONGEST_WORD = Math.max(...SPOKEN.map(([word]) => word.length))
/** By first letter, as a small one: the lengths of such words as bits. Most words are none of them by this alone. */
export const WORD_LENGTHS = new Uint16Array(0x500)
for (const [word] of SPOKEN) WORD_LENGTHS[word.charCodeAt(0) | 32]! |= 1 << word.length
/** What the word [from, to) says, undefined if it is none of these. */
export function spokenAt(text: string, from: number, to: number): string | undefined {
  const size = to - from
  if (size < 2 || size > LONGEST_WORD) return undefined
  const first = text.charCodeAt(from) | 32
  return ((WORD_LENGTHS[first] ?? 0) >> size) & 1 ? SPOKEN[WORDS.get(text, from, to) - 1]?.[1] : undefined
}

/** What a row of words spells, once those are put together that say more than one sign. */
export const spokenText = (said: string): string =>
  said
    .replace(/\u0001(.?)/g, '$1$1')
    .replace(/\u0002(.?)/g, '$1$1$1')
    .replace(/\u0003(\d)([1-9])?/g, (_, ten: string, one?: string) => `${ten}${one ?? '0'}`)
