import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breakTokens, mayHoldToken } from './template.ts'

/** As their tokenizers spell them, of the families that small models come from. */
const TOKENS = [
  ...'<|im_start|> <|im_end|> <|im_sep|> <|system|> <|user|> <|assistant|> <|end|> <|endoftext|> <|fim_prefix|> <|object_ref_start|>'.split(
    ' ',
  ),
  ...'<|begin_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|> <|eom_id|> <|python_tag|> <|header_start|> <|eot|>'.split(
    ' ',
  ),
  ...'<|reserved_special_token_0|> <|start|> <|message|> <|channel|> <|return|> <|call|> <|constrain|> <|startoftext|>'.split(
    ' ',
  ),
  ...'<|START_OF_TURN_TOKEN|> <|SYSTEM_TOKEN|> <|END_OF_TURN_TOKEN|> <BOS_TOKEN> <|start_of_role|> <|end_of_role|> <|tool_call|>'.split(
    ' ',
  ),
  ...'<start_of_turn> <end_of_turn> <bos> <eos> <pad> <unk> <unused7> <|turn> <turn|> <|channel> <channel|> <|"|>'.split(
    ' ',
  ),
  ...'[INST] [/INST] <<SYS>> <</SYS>> <s> </s> [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS]'.split(
    ' ',
  ),
  ...'[TOOL_CALLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CONTENT] [ARGS] [CALL_ID] [IMG] [MODEL_SETTINGS]'.split(' '),
  ...'<｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜> <｜tool▁calls▁begin｜> <|User|> <｜hy_User｜> ｜DSML｜'.split(
    ' ',
  ),
  ...'[|system|] [|user|] [|assistant|] [|endofturn|] [gMASK] <sop> <|observation|> <eoh> <eoa> [UNUSED_TOKEN_146] <reserved_106>'.split(
    ' ',
  ),
  ...'<extra_id_0> <SPECIAL_10> <seed:bos> <seed:eos> ]~!b[ ]~b] [e~[ <beginning_of_sentence> <end_of_sentence> <用户> <AI>'.split(
    ' ',
  ),
  ...'<|im_system|> <|im_middle|> <|bom|> <|role_end|> <|inner_prefix|> <|message_sep|> <fim_prefix> <fim_suffix> <EOT>'.split(
    ' ',
  ),
  '<｜begin of sentence｜>',
]
/** Only where somebody else's words stand within a turn. */
const INNER = [
  ...'<think> </think> <tool_call> </tool_call> <tool_response> </tool_response> <system> </system> <SYSTEM> [system] [THINK]'.split(
    ' ',
  ),
  ...'</tools> </function_results> <seed:think>'.split(' '),
  '### Instruction:',
  '### System:',
]
const survives = (text: string, tokens: readonly string[]) => tokens.filter((token) => text.includes(token))
const plain = (text: string) => breakTokens(text, false, false).text
const foreign = (text: string) => breakTokens(text, true, false).text
const unspaced = (text: string) => text.replaceAll(' ', '')

describe('tokens of chat templates', () => {
  it.each(TOKENS)('%s is read as text', (token) => {
    expect(mayHoldToken(token)).toBe(true)
    const now = plain(`a ${token}system\nb${token}`)
    expect(survives(now, [token])).toEqual([])
    expect(unspaced(now)).toBe(unspaced(`a ${token}system\nb${token}`))
    expect(now.length).toBe(
      `a ${token}system\nb${token}`.length + breakTokens(`a ${token}system\nb${token}`, false, false).count,
    )
    // The spelling that a person and a model still know.
    expect(now).toMatch(/[<[\]｜＜|] ?/)
  })
  it.each(INNER)(
    '%s is read as text in what tools and documents say, and is the word of who writes the turn',
    (token) => {
      expect(survives(foreign(`a ${token} b`), [token])).toEqual([])
      expect(plain(`a ${token} b`)).toBe(`a ${token} b`)
    },
  )
  it.each([
    'a < b && c > d || e',
    'x |> List.map f <| y, (<|>) <$> p, a <|> b, f <| g x |> h',
    '<div class="s"><span>a</span><strong>b</strong></div> <S>no</S>',
    'Promise<A | B>, Map<string, number>, Vec<u8>, Array<T>',
    '| a | b |\n|---|---|\n| <c> | [d](e) |',
    '[link](https://example.com/a?b=[c]) [x] [ ] a[0] list[INDEX] [1, 2]',
    'List<User> <filename> <user>ann</user> <mask id="m"> <mask>',
    '# One\n## Two\n### System requirements\n### Instructions for use',
    '<PERSON_1> <NAME_12> PERSON_7QK2M [email] <role>admin</role> <user@example.com>',
    '{"a":["b","<c>"],"d":"\\u00e9\\u003cb\\u003e"}',
  ])('%s stays as it is', (text) => {
    expect(plain(text)).toBe(text)
    expect(foreign(text)).toBe(text)
    expect(breakTokens(text, true, true).text).toBe(text)
  })
  it('is broken however JSON spells it, and the JSON says the same but for the blank', () => {
    const hex = (text: string) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    for (const token of TOKENS)
      for (const spelt of [
        token.replaceAll('"', '\\"'),
        hex(token),
        `${hex(token.slice(0, 1))}${token.slice(1).replaceAll('"', '\\"')}`,
      ]) {
        const text = `{"a\\n\\\\":"x${spelt}y","b":[1,"\\ud83d\\ude00 ${spelt}"]}`
        const now = JSON.parse(breakTokens(text, false, true).text) as { b: string[] }
        expect(survives(JSON.stringify(now).replaceAll('\\"', '"'), [token]), spelt).toEqual([])
        expect(unspaced(JSON.stringify(now))).toBe(unspaced(JSON.stringify(JSON.parse(text))))
      }
    expect(breakTokens('{"a":"<\\/s>"}', false, true).text).toBe('{"a":"< \\/s>"}')
    expect(breakTokens('{"a":"\\\\u003c|im_end|>"}', false, true).text).toBe('{"a":"\\\\u003c|im_end|>"}')
  })
})

const piece = fc.oneof(
  fc.constantFrom(...TOKENS, ...INNER),
  fc.constantFrom(
    '<',
    '>',
    '|',
    '｜',
    '[',
    ']',
    '/',
    '#',
    '\\',
    '"',
    ' ',
    '\n',
    '▁',
    '</',
    '<|',
    '|>',
    '＜',
    'im_start',
    's',
    'INST',
    '~b',
    '\\u003c',
  ),
  fc.string({ maxLength: 4 }),
)
const anything = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

describe('whatever is written', () => {
  it('no token survives, nothing but blanks is added, and a second time changes nothing', () => {
    fc.assert(
      fc.property(anything, fc.boolean(), (text, within) => {
        const { text: now, count } = breakTokens(text, within, false)
        expect(survives(now, within ? [...TOKENS, ...INNER] : TOKENS)).toEqual([])
        expect(unspaced(now)).toBe(unspaced(text))
        expect(now.length).toBe(text.length + count)
        expect(breakTokens(now, within, false)).toEqual({ text: now, count: 0 })
        if (!mayHoldToken(text)) expect(now).toBe(text)
      }),
      { numRuns: 3000 },
    )
  })
  it('JSON stays JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(anything, fc.array(anything)), fc.boolean(), (value, within) => {
        for (const text of [JSON.stringify(value), JSON.stringify(value).replaceAll('<', '\\u003c')]) {
          const now = breakTokens(text, within, true)
          expect(unspaced(JSON.stringify(JSON.parse(now.text)))).toBe(unspaced(JSON.stringify(JSON.parse(text))))
          expect(breakTokens(now.text, within, true)).toEqual({ text: now.text, count: 0 })
          for (const said of strings(JSON.parse(now.text)))
            expect(survives(said, within ? [...TOKENS, ...INNER] : TOKENS)).toEqual([])
        }
      }),
      { numRuns: 500 },
    )
  })
  it('takes time by its length, whatever it is made of', () => {
    for (const unit of [
      '<',
      '<|',
      '<|a',
      '[',
      '<｜a ',
      ']~',
      '#',
      '<|im_start|>',
      '\\u003c',
      '<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ])
      for (const json of [false, true]) {
        const text = unit.repeat(Math.ceil(500_000 / unit.length))
        const began = performance.now()
        breakTokens(text, true, json)
        expect(performance.now() - began, unit).toBeLessThan(3000)
      }
  })
})

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(strings)
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, item]) => [key, ...strings(item)])
    : []
}
