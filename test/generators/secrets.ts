// Secrets drawn from regular expressions (RE2 syntax, as in gitleaks.toml) and set into the kinds of text people paste:
// settings, code, commands, chat. The expressions are only ever sampled here; the product never runs them.
import type { Random } from './random.ts'
import { ALNUM, HEX, LOWER } from './random.ts'

export interface Rule {
  readonly id: string
  readonly regex: string
  readonly group: number
}

export interface Sample {
  readonly rule: string
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Reads `[[rules]]` tables of gitleaks.toml; rules on file names alone are left out. */
export function readRules(toml: string): Rule[] {
  return toml
    .split('[[rules]]')
    .slice(1)
    .flatMap((table) => {
      const id = /^id = "([^"]+)"/m.exec(table)?.[1]
      const regex = /^regex = '''([\s\S]*?)'''/m.exec(table)?.[1]
      if (id === undefined || regex === undefined) return []
      return [{ id, regex, group: Number(/^secretGroup = (\d+)/m.exec(table)?.[1] ?? 0) }]
    })
}

type Node =
  | { kind: 'set'; chars: string }
  | { kind: 'all'; nodes: Node[] }
  | { kind: 'any'; nodes: Node[] }
  | { kind: 'group'; index: number; node: Node }
  | { kind: 'repeat'; node: Node; least: number; most: number }
  | { kind: 'empty' }

const PRINTABLE = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('')
const CLASSES: Record<string, string> = { d: '0123456789', w: `${ALNUM}_`, s: ' ', S: PRINTABLE }

class Parser {
  readonly #source: string
  #at = 0
  #groups = 0
  constructor(source: string) {
    this.#source = source
  }

  parse(): Node {
    return this.#alternatives(false)
  }

  #alternatives(fold: boolean): Node {
    const options: Node[] = []
    let nodes: Node[] = []
    let folding = fold
    for (;;) {
      const char = this.#source[this.#at]
      if (char === undefined || char === ')') break
      if (char === '|') {
        this.#at++
        options.push({ kind: 'all', nodes })
        nodes = []
        continue
      }
      const flags = /^\(\?(-?)([ims]+)\)/.exec(this.#source.slice(this.#at))
      if (flags) {
        this.#at += flags[0].length
        folding = flags[1] !== '-'
        continue
      }
      nodes.push(this.#repeated(this.#atom(folding)))
    }
    options.push({ kind: 'all', nodes })
    return options.length === 1 ? options[0]! : { kind: 'any', nodes: options }
  }

  #atom(fold: boolean): Node {
    const char = this.#source[this.#at++]!
    if (char === '(') {
      const head = /^\?(?:P?<\w+>|(-?)[ims]*:)/.exec(this.#source.slice(this.#at))
      const captures = head === null || head[0].endsWith('>')
      if (head) this.#at += head[0].length
      const index = captures ? ++this.#groups : 0
      const inner = this.#alternatives(head !== null && /i/.test(head[0]) ? head[1] !== '-' : fold)
      this.#at++
      return captures ? { kind: 'group', index, node: inner } : inner
    }
    if (char === '[') return { kind: 'set', chars: this.#set() }
    if (char === '\\') return this.#escape()
    // A bare `.` before a name is a dot its author forgot to escape (`hooks.slack.com`).
    if (char === '.')
      return {
        kind: 'set',
        chars: /^(?:slack|com|xox|contribsys)/.test(this.#source.slice(this.#at)) ? '.' : `${ALNUM} ,-_`,
      }
    if (char === '^' || char === '$') return { kind: 'empty' }
    return { kind: 'set', chars: char }
  }

  #escape(): Node {
    const char = this.#source[this.#at++]!
    if (char === 'b' || char === 'B' || char === 'z') return { kind: 'empty' }
    if (char === 'x') {
      this.#at += 2
      return {
        kind: 'set',
        chars: String.fromCharCode(Number.parseInt(this.#source.slice(this.#at - 2, this.#at), 16)),
      }
    }
    const named = CLASSES[char]
    if (named !== undefined) return { kind: 'set', chars: named }
    return { kind: 'set', chars: ({ n: '\n', r: '\n', t: '\t' } as Record<string, string>)[char] ?? char }
  }

  #set(): string {
    let chars = ''
    const negated = this.#source[this.#at] === '^'
    if (negated) this.#at++
    for (let first = true; this.#source[this.#at] !== ']' || first; first = false) {
      const posix = /^\[:(\w+):\]/.exec(this.#source.slice(this.#at))
      if (posix) {
        this.#at += posix[0].length
        chars += ALNUM
        continue
      }
      let from = this.#source[this.#at++]!
      if (from === '\\') {
        const node = this.#escape()
        if (node.kind !== 'set') continue
        if (node.chars.length > 1) {
          chars += node.chars
          continue
        }
        from = node.chars
      }
      if (this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at++
        const to = this.#source[this.#at++]!
        for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) chars += String.fromCharCode(code)
      } else chars += from
    }
    this.#at++
    return negated ? [...`${ALNUM}-_.`].filter((char) => !chars.includes(char)).join('') : chars
  }

  #repeated(node: Node): Node {
    const quantifier = /^(?:\{(\d+)(,(\d*))?\}|[*+?])\??/.exec(this.#source.slice(this.#at))
    if (quantifier === null) return node
    this.#at += quantifier[0].length
    const sign = quantifier[0][0]
    const least = sign === '{' ? Number(quantifier[1]) : sign === '+' ? 1 : 0
    const open = sign === '*' || sign === '+' || (quantifier[2] !== undefined && quantifier[3] === '')
    const most = open ? least + 12 : sign === '?' ? 1 : quantifier[2] === undefined ? least : Number(quantifier[3])
    return this.#repeated({ kind: 'repeat', node, least, most: Math.min(most, Math.max(least, 1) * 3 + 12) })
  }
}

function draw(node: Node, random: Random, out: { text: string; groups: Map<number, [number, number]> }): void {
  switch (node.kind) {
    case 'empty':
      return
    case 'set':
      out.text += node.chars.length === 1 ? node.chars : random.text(node.chars, 1)
      return
    case 'all':
      for (const part of node.nodes) draw(part, random, out)
      return
    case 'any':
      draw(random.pick(node.nodes), random, out)
      return
    case 'group': {
      const start = out.text.length
      draw(node.node, random, out)
      if (out.text.length > start) out.groups.set(node.index, [start, out.text.length])
      return
    }
    case 'repeat': {
      const times = random.int(node.least, node.most)
      for (let i = 0; i < times; i++) draw(node.node, random, out)
    }
  }
}

const LEFT = /^\[\\w\.-\]\{0,50\}\?|^\(\?i\)\[\\w\.-\]\{0,50\}\?/
const KEYED = String.raw`(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`
const BOUNDARY = String.raw`(?:[\x60'"\s;]|\\[nr]|$)`
const NAMES = ['_api_key', '_token', '_secret', '-key', 'Token', '.api.key', '_KEY', ' api key', '', '_client_secret']
const FRAMES = [
  'Here is my config, why does it fail?\n{}\n',
  '{}\n',
  'export {}\nnpm run deploy\n',
  '```\n{}\n```\nIs this right?',
  'const settings = { {} }\n',
  'the pipeline printed {} and then stopped',
  'Hi team,\nplease rotate this one: {}\nThanks',
  '  - name: deploy\n    env:\n      {}\n',
  '{"note": "see below"}\n{}\n',
]

/**
 * One sample of a rule. `wild` draws the name and the operator as the expression allows, odd spacing included; else they
 * are set the way people write assignments.
 */
export function sampleSecret(rule: Rule, random: Random, wild: boolean): Sample {
  let source = rule.regex
  let prefix = ''
  if (!wild) {
    source = source.replace(LEFT, '')
    if (source.includes(KEYED)) {
      prefix = random.pick(['', '', 'my_', 'PROD_', 'app.'])
      const quote = random.pick(['"', "'", '', '"'])
      const sign = random.pick([' = ', '=', ': ', ' := ', ' => ', '='])
      source = source.replace(KEYED, `${random.pick(NAMES)}${quote === '"' && sign === ': ' ? '"' : ''}${sign}${quote}`)
      source = source.replace(BOUNDARY, quote)
    }
    source = source.replaceAll(BOUNDARY, '')
  }
  const out = { text: prefix, groups: new Map<number, [number, number]>() }
  draw(new Parser(source).parse(), random, out)
  const group =
    rule.group > 0 ? out.groups.get(rule.group) : [...out.groups.entries()].sort((a, b) => a[0] - b[0])[0]?.[1]
  const [start, end] = group ?? [prefix.length, out.text.length]
  const frame = random.pick(FRAMES)
  const at = frame.lastIndexOf('{}')
  return { rule: rule.id, text: frame.slice(0, at) + out.text + frame.slice(at + 2), start: at + start, end: at + end }
}

/** Text that looks like secrets from afar and is none: identifiers, hashes of files, placeholders, versions. */
export function harmlessLine(random: Random): string {
  return random.pick([
    () => `const token = await getToken(${random.text(LOWER, 8)})`,
    () => `password = input("Enter your password: ")`,
    () => `commit ${random.text(HEX, 40)}`,
    () => `sha256:${random.text(HEX, 64)}`,
    () =>
      `"resolved": "https://registry.npmjs.org/${random.text(LOWER, 7)}/-/${random.text(LOWER, 7)}-1.2.${random.int(0, 40)}.tgz"`,
    () => `API_KEY=<your-api-key>`,
    () => `secret_key: \${{ secrets.${random.text(LOWER, 8).toUpperCase()} }}`,
    () => `max_tokens: ${random.int(128, 8192)}`,
    () => `primary_key = ${random.int(1, 9999)}`,
    () => `import { ${random.text(LOWER, 6)} } from './${random.text(LOWER, 9)}'`,
    () => `token_type = "bearer"`,
    () =>
      `id: ${random.text(HEX, 8)}-${random.text(HEX, 4)}-4${random.text(HEX, 3)}-a${random.text(HEX, 3)}-${random.text(HEX, 12)}`,
  ])()
}
