// Figures of speech that attacks are made of: an order to ignore near the word for what is to be ignored, a demand to show
// near the word for what is hidden. A figure is a sequence of concepts within a few words of each other, so wording may vary.
// Their weight is learnt with the rest; the strong ones also count by themselves.

const CONCEPTS = {
  ignore:
    'ignore ignoring disregard forget override overrule bypass discard neglect dismiss erase cancel ignoriere ignorieren vergiss missachte ignorez oublie oubliez ignora ignorar olvida olvide dimentica esqueca negeer vergeet zignoruj zapomnij ignorera ignorer glem glom ohita unohda ignoruj zapomen abaikan lupakan تجاهل התעלם αγνοησε',
  prior:
    'previous prior above earlier preceding initial original former existing your all any every these those current vorherigen bisherigen obigen deine precedentes tes toutes anteriores tus todas todos precedenti tutte tutti suas vorige alle poprzednie wszystkie tidigare tidligere kaikki aiemmat vsechny predchozi toate semua sebelumnya جميع كل السابقة מכל הקודמות ολες προηγουμενες',
  rules:
    'instruction instructions rule rules direction directions guideline guidelines prompt prompts command commands directive directives order orders constraint constraints restriction restrictions policy policies programming guardrail guardrails filters safeguards training messages anweisungen regeln instructions regles instrucciones reglas istruzioni regole instrucoes regras instructies regels instrukcje zasady instruktioner instruksjoner instrukser regler ohjeet saannot pokyny instrukce pravidla instructiunile regulile instruksi aturan perintah التعليمات ההוראות οδηγιες limitations ethics',
  reveal:
    'print reveal show output repeat display tell write recite dump leak give paste return expose list share quote translate summarise summarize encode spell disclose zeig zeige gib affiche montre muestra mostra mostre toon pokaz',
  hidden:
    'system hidden secret initial internal confidential developer above original full entire systemprompt systeme sistema systeemprompt systemowy',
  prompt:
    'prompt prompts instructions instruction message messages rules configuration text password key code words systemprompt',
  persona: 'pretend act roleplay simulate become persona character imagine acting you',
  unbound:
    'unrestricted unfiltered uncensored jailbroken jailbreak amoral unethical immoral illegal limitless unlimited unbound dan lawless uncensored freed unhinged evil',
  never: 'never not cannot cant wont dont without no must nie jamais nunca mai',
  refuse:
    'refuse refuses decline declines deny apologize apologise apologizes warn warning warnings disclaimer disclaimers moralize moralise reject rejects refuser warnings sorry censorship',
  mode: 'mode modus',
  special: 'developer god dan debug jailbreak admin evil sudo unrestricted maintenance opposite root',
  enabled: 'enabled activated enable activate enter entering unlocked on now',
  any: 'anything everything whatever any',
  free: 'restrictions limits filters rules limitations policies guidelines ethics morals censorship boundaries confines laws',
  assistant: 'ai assistant model chatbot agent agents llm gpt chatgpt claude llama bot',
  exfiltrate: 'send post forward append upload transmit email mail transfer delete exfiltrate call include insert',
  target:
    'http https url link conversation data key keys password passwords credentials contents messages account tool image',
  conceal: 'silently secretly mention tell inform telling mentioning reveal notify',
  user: 'user users anyone anybody human',
  stay: 'stay stays remain keep',
} as const
type Concept = keyof typeof CONCEPTS

/** Concepts in order, each at most `reach` words behind the one before. */
interface Figure {
  readonly name: string
  readonly parts: readonly Concept[]
  readonly reach: number
  /** Points (0 to 100) the figure is worth without any help from the model. */
  readonly floor: number
}

export const FIGURES: readonly Figure[] = [
  { name: 'asks to ignore earlier instructions', parts: ['ignore', 'prior', 'rules'], reach: 4, floor: 62 },
  { name: 'asks to ignore rules', parts: ['ignore', 'rules'], reach: 5, floor: 0 },
  { name: 'asks for hidden instructions', parts: ['reveal', 'hidden', 'prompt'], reach: 4, floor: 30 },
  { name: 'asks for the prompt', parts: ['reveal', 'prompt'], reach: 4, floor: 0 },
  { name: 'sets up a persona without limits', parts: ['persona', 'unbound'], reach: 12, floor: 0 },
  { name: 'forbids refusing', parts: ['never', 'refuse'], reach: 4, floor: 0 },
  { name: 'declares a special mode', parts: ['special', 'mode'], reach: 2, floor: 0 },
  { name: 'switches on a special mode', parts: ['special', 'mode', 'enabled'], reach: 4, floor: 0 },
  { name: 'declares rules away', parts: ['never', 'free'], reach: 3, floor: 0 },
  {
    name: 'addresses the assistant with an order to send',
    parts: ['assistant', 'exfiltrate', 'target'],
    reach: 10,
    floor: 0,
  },
  { name: 'asks to hide something from the user', parts: ['never', 'conceal', 'user'], reach: 4, floor: 35 },
  { name: 'asks for anything without limits', parts: ['any', 'never', 'free'], reach: 8, floor: 0 },
  { name: 'insists on staying in character', parts: ['stay', 'persona'], reach: 4, floor: 0 },
]

const NAMES = Object.keys(CONCEPTS) as Concept[]
const PRIME = 0x01000193

function hash(word: string): number {
  let h = 0x811c9dc5 | 0
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), PRIME)
  return h
}

const BITS = new Map<number, number>()
for (const [i, name] of NAMES.entries())
  for (const word of CONCEPTS[name].split(' ')) BITS.set(hash(word), (BITS.get(hash(word)) ?? 0) | (1 << i))

/** BITS as an open table: it is asked for every word of every text. */
const SLOTS = 2048
const keys = new Int32Array(SLOTS)
const values = new Int32Array(SLOTS)
for (const [word, bits] of BITS) {
  let slot = word & (SLOTS - 1)
  while (values[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
  keys[slot] = word
  values[slot] = bits
}

/** Concepts a word stands for, as bits. */
export function figureOf(word: number): number {
  for (let slot = word & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const bits = values[slot]!
    if (bits === 0 || keys[slot] === word) return bits
  }
}

const PARTS = FIGURES.map((figure) => figure.parts.map((part) => 1 << NAMES.indexOf(part)))

/** The latest place of each part, per figure; begun anew with every text. */
const last = PARTS.map((parts) => new Int32Array(parts.length))

/** Calls `found` for every word at which a figure is complete. Linear: per figure only the latest place of each part is kept. */
export function findFigures(concept: Int32Array, count: number, found: (figure: number, word: number) => void): void {
  for (const places of last) places.fill(-1000)
  for (let i = 0; i < count; i++) {
    const bits = concept[i]!
    if (bits === 0) continue
    for (let f = 0; f < PARTS.length; f++) {
      const parts = PARTS[f]!
      const places = last[f]!
      const reach = FIGURES[f]!.reach
      for (let p = parts.length - 1; p >= 0; p--) {
        if ((bits & parts[p]!) === 0) continue
        if (p > 0 && (i - places[p - 1]! > reach || places[p - 1]! === i)) continue
        places[p] = i
        if (p === parts.length - 1) found(f, i)
      }
    }
  }
}

/** Pieces of chat templates and of invented system messages: nothing a caller, a tool or a document has to write. */
const TEMPLATE_MARKS: readonly string[] = [
  '<|im_start|>',
  '<|im_end|>',
  '<|system|>',
  '<|user|>',
  '<|assistant|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|start_header_id|>',
  '[inst]',
  '[/inst]',
  '<<sys>>',
  '<</sys>>',
  '<start_of_turn>',
  '<end_of_turn>',
  '</system>',
  '<system>',
  '### system',
  '### instruction',
  '[system]',
  '<|begin_of_text|>',
] // lower case
/** `<|channel|>`, `<|tool_call|>`: templates to come write their tokens so too. */
const ANY_TOKEN = /^<\|[a-z][a-z_]{1,20}\|>/
const LONGEST_MARK = Math.max(25, ...TEMPLATE_MARKS.map((mark) => mark.length))

/** True if a piece of a chat template stands anywhere in the text, in any case. */
export function hasTemplateMark(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c !== 60 && c !== 91 && c !== 35) continue
    const here = text.slice(i, i + LONGEST_MARK).toLowerCase()
    if (ANY_TOKEN.test(here) || TEMPLATE_MARKS.some((mark) => here.startsWith(mark))) return true
  }
  return false
}
