// Tokens by which chat templates tell turns apart. Model servers tokenise the rendered prompt with such tokens read, so one in
// a message would begin a turn of another role. One blank inside makes it text: tokenizers match these tokens letter by letter,
// and none strips a blank in the middle. Linear: from every sign that may begin one a bounded look ahead, nothing remembered.

/** Between `<` and `>`; a number in a name stands for any. Exact case: `<S>` is no token. */
const ANGLE = new Set(
  (
    's /s bos eos pad unk sep cls eod eop eoh eoa eom eot EOT sop mask:0 SYS /SYS sys /sys ' +
    'BOS_TOKEN EOS_TOKEN EOP_TOKEN PAD_TOKEN UNK_TOKEN CLS_TOKEN SEP_TOKEN MASK_TOKEN ' +
    'start_of_turn end_of_turn begin_of_text end_of_text startoftext endoftext im_start im_end ' +
    'beginning_of_sentence end_of_sentence begin_of_sentence begin_of_document end_of_document ' +
    'start_of_image end_of_image image_soft_token start_of_audio end_of_audio audio_soft_token ' +
    'unused0 reserved_0 extra_id_0 SPECIAL_0 seed:bos seed:eos seed:pad 用户 AI ' +
    'fim_prefix fim_middle fim_suffix fim_pad file_sep repo_name'
  ).split(' '),
)
/** Between `[` and `]`. */
const SQUARE = new Set(
  (
    'INST /INST inst /inst SYSTEM_PROMPT /SYSTEM_PROMPT AVAILABLE_TOOLS /AVAILABLE_TOOLS TOOL_CALLS /TOOL_CALLS ' +
    'TOOL_RESULTS /TOOL_RESULTS TOOL_CONTENT ARGS CALL_ID PREFIX MIDDLE SUFFIX IMG IMG_BREAK IMG_END AUDIO BEGIN_AUDIO ' +
    'TRANSCRIBE MODEL_SETTINGS /MODEL_SETTINGS BOS EOS @BOS@ @EOS@ MASK gMASK sMASK UNUSED_TOKEN_0 unused0'
  ).split(' '),
)
/**
 * What divides a turn, and what only reads like the head of one. Whoever writes a turn may write these into it; what a tool, a
 * document or a description of a tool says stands inside somebody else's turn and must not end its place there. In any case.
 */
const INNER = new Set(
  (
    'think thinking tool_call tool_calls tool_response tool_result tool_results tools toolcall available_tools system ' +
    'function_call function_calls function_results arg_key arg_value seed:think seed:tool_call minimax:tool_call escape ' +
    'start_function_call end_function_call start_function_response end_function_response ' +
    'start_function_declaration end_function_declaration'
  ).split(' '),
)
const INNER_SQUARE = new Set(['think', 'system'])

/** A text without any of these holds no such token. The last is how JSON may spell the others. */
const MAY_HOLD = /[<＜﹤[［\]｜]|###|\\u/
export const mayHoldToken = (text: string): boolean => MAY_HOLD.test(text)

const SHAPES = new RegExp(
  [
    // <|im_start|>, <｜User｜>, <｜begin▁of▁sentence｜>, also with the blanks that ▁ stands for
    String.raw`[<＜﹤][|｜](?=[^\s<>＞﹥|｜]{1,64}[|｜][>＞﹥])`,
    String.raw`[<＜﹤]｜(?=[^\s<>＞﹥|｜][^<>＞﹥|｜\n]{0,63}｜[>＞﹥])`,
    // <|turn>, <turn|>
    String.raw`[<＜﹤][|｜](?=[\w"':/-]{1,40}[>＞﹥])`,
    String.raw`[<＜﹤](?=[\w"':/-]{1,40}[|｜][>＞﹥])`,
    '｜(?=DSML｜)',
    // <role>SYSTEM; the word alone is ordinary
    '[<＜﹤](?=role[>＞﹥](?:SYSTEM|HUMAN|USER|ASSISTANT|OBSERVATION))',
    String.raw`[<＜﹤](?=(?<angle>\/?[\p{L}\p{N}_:]{1,40})[>＞﹥])`,
    // [|system|]
    String.raw`[[［][|｜](?=\w{1,40}[|｜][\]］])`,
    String.raw`[[［](?=(?<square>\/?[\w@]{1,40})[\]］])`,
    // ]~!b[ ]~b] [e~[
    String.raw`\](?=~!?b[\][])`,
    String.raw`\[(?=e~\[)`,
    '#(?=(?<head>## (?:Instruction|Response|Input|System|User|Assistant|Human):))',
  ].join('|'),
  'gu',
)

/** Where a token begins, and the length of what stands before the blank that breaks it. */
interface Place {
  readonly at: number
  readonly size: number
}

/** `within`: the text stands inside the turn of somebody else. */
export function findTokens(text: string, within: boolean): Place[] {
  const places: Place[] = []
  for (const match of text.matchAll(SHAPES)) {
    const { angle, square, head } = match.groups ?? {}
    if (head !== undefined && !within) continue
    if (angle !== undefined && !named(angle, ANGLE, within ? INNER : undefined)) continue
    if (square !== undefined && !named(square, SQUARE, within ? INNER_SQUARE : undefined)) continue
    places.push({ at: match.index, size: match[0].length })
  }
  return places
}

function named(name: string, tokens: ReadonlySet<string>, inner: ReadonlySet<string> | undefined): boolean {
  const any = name.replace(/\d+/, '0')
  return tokens.has(any) || inner?.has((name.startsWith('/') ? name.slice(1) : name).toLowerCase()) === true
}

/** The text with every token broken, and how many there were. `json`: the text is JSON, or starts like it. */
export function breakTokens(text: string, within: boolean, json: boolean): { text: string; count: number } {
  const spelt = json && /\\[u/]/.test(text) ? unescaped(text) : undefined
  const places = findTokens(spelt?.text ?? text, within)
  let out = ''
  let from = 0
  for (const { at, size } of places) {
    const to = spelt === undefined ? at + size : (spelt.ends[at + size - 1] ?? 0)
    out += `${text.slice(from, to)} `
    from = to
  }
  return { text: from === 0 ? text : out + text.slice(from), count: places.length }
}

/** JSON as it reads without its escapes: servers parse the arguments of a tool call and print them anew. */
function unescaped(text: string): { text: string; ends: Int32Array } {
  const ends = new Int32Array(text.length)
  let out = ''
  let from = 0
  const plain = (to: number) => {
    for (let i = from; i < to; i++) ends[out.length + i - from] = i + 1
    out += text.slice(from, to)
  }
  for (const match of text.matchAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs)) {
    plain(match.index)
    from = match.index + match[0].length
    ends[out.length] = from
    out += match[1] === undefined ? (match[2] ?? '') : String.fromCharCode(Number.parseInt(match[1], 16))
  }
  plain(text.length)
  return { text: out, ends }
}
