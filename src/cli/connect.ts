// Lines that connect a client, to be pasted or evaluated. They hold the key that this command itself uses.
import type { Client } from './client.ts'
import type { Command, Input } from './command.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { arg, flagText } from './input.ts'
import { plain, printOne } from './io.ts'
import { sayUnseen } from './unseen.ts'

interface Facts {
  readonly url: string
  readonly key: string
  readonly model: string
}

export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const ABOUT_TOOLS =
  'A tool is given stand-ins, and not what they stand for, unless that came from the same tool. Those that only touch the files of whoever calls are declared in the settings, as `tools: [{name: Write, effect: own}, …]`; they get the real values.'

const CLIENTS: Record<string, { readonly lines: (facts: Facts) => string[]; readonly note?: string }> = {
  openai: {
    lines: ({ url, key }) => [`export OPENAI_BASE_URL=${quoted(`${url}/v1`)}`, `export OPENAI_API_KEY=${quoted(key)}`],
    note: 'Read by the OpenAI SDKs and most programs built on them.',
  },
  anthropic: {
    lines: ({ url, key, model }) => [
      `export ANTHROPIC_BASE_URL=${quoted(url)}`,
      `export ANTHROPIC_API_KEY=${quoted(key)}`,
      `export ANTHROPIC_MODEL=${quoted(model)}`,
    ],
    note: 'Read by the Anthropic SDKs.',
  },
  claude: {
    lines: ({ url, key, model }) => [
      `export ANTHROPIC_BASE_URL=${quoted(url)}`,
      `export ANTHROPIC_AUTH_TOKEN=${quoted(key)}`,
      // Two different credentials would be refused.
      `export ANTHROPIC_API_KEY=''`,
      ...['', '_DEFAULT_OPUS', '_DEFAULT_SONNET', '_DEFAULT_HAIKU'].map(
        (kind) => `export ANTHROPIC${kind}_MODEL=${quoted(model)}`,
      ),
      // Of what is in trial at Anthropic most is refused, which it would find out at every start.
      'export CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1',
    ],
    note: `Read by Claude Code, whose helpers ask for models by other names. For a model that cannot think, also: export CLAUDE_CODE_EFFORT_LEVEL=unset. ${ABOUT_TOOLS}`,
  },
  codex: {
    lines: ({ url, key, model }) => [
      `export SALLYPORT_KEY=${quoted(key)}`,
      [
        'codex',
        ...['-m', quoted(model), '-c', 'model_provider=sallyport', '-c', 'web_search=disabled'],
        '-c',
        quoted(
          `model_providers.sallyport={ name = "Sallyport", base_url = ${JSON.stringify(`${url}/v1`)}, env_key = "SALLYPORT_KEY" }`,
        ),
      ].join(' '),
    ],
    note: `The same words go into ~/.codex/config.toml. OpenAI's own search of the web acts unseen, so it is off; for OpenAI's own names of models codex asks for more of that kind: give the model another name in the settings. ${ABOUT_TOOLS}`,
  },
  opencode: {
    lines: ({ url, key, model }) => {
      const options = { baseURL: `${url}/v1`, apiKey: key }
      const sallyport = { npm: '@ai-sdk/openai-compatible', name: 'Sallyport', options, models: { [model]: {} } }
      const config = { provider: { sallyport }, model: `sallyport/${model}` }
      return [`export OPENCODE_CONFIG_CONTENT=${quoted(JSON.stringify(config))}`]
    },
    note: `The same object goes into opencode.json. ${ABOUT_TOOLS}`,
  },
  ollama: {
    lines: ({ url, key, model }) => [
      `import { Ollama } from 'ollama'`,
      `const ollama = new Ollama({ host: ${JSON.stringify(url)}, headers: { Authorization: ${JSON.stringify(`Bearer ${key}`)} } })`,
      `const answer = await ollama.chat({ model: ${JSON.stringify(model)}, messages: [{ role: 'user', content: 'Hello' }] })`,
      'console.log(answer.message.content)',
    ],
    note: 'JavaScript, an ES module; the Python library reads OLLAMA_HOST and OLLAMA_API_KEY. The ollama command line itself cannot send a key.',
  },
  langchain: {
    lines: ({ url, key, model }) => [
      `import { ChatOpenAI } from '@langchain/openai'`,
      `const chat = new ChatOpenAI({ model: ${JSON.stringify(model)}, apiKey: ${JSON.stringify(key)}, configuration: { baseURL: ${JSON.stringify(`${url}/v1`)} } })`,
      `console.log((await chat.invoke('Hello')).content)`,
    ],
    note: 'JavaScript, an ES module. In Python: ChatOpenAI(base_url=…, api_key=…), and OpenAIEmbeddings(…, check_embedding_ctx_length=False), as token numbers cannot be read here.',
  },
  aisdk: {
    lines: ({ url, key, model }) => [
      `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'`,
      `import { generateText } from 'ai'`,
      `const sallyport = createOpenAICompatible({ name: 'sallyport', baseURL: ${JSON.stringify(`${url}/v1`)}, apiKey: ${JSON.stringify(key)} })`,
      `const { text } = await generateText({ model: sallyport(${JSON.stringify(model)}), prompt: 'Hello' })`,
      'console.log(text)',
    ],
  },
  openwebui: {
    lines: ({ url, key }) => [
      `export OPENAI_API_BASE_URL=${quoted(`${url}/v1`)}`,
      `export OPENAI_API_KEY=${quoted(key)}`,
      'export ENABLE_OLLAMA_API=false',
    ],
    note: 'For the first start of `open-webui serve`, or as -e of its container, in which 127.0.0.1 is itself. One that has run before keeps what it had: there, Admin Settings > Connections.',
  },
  curl: {
    lines: ({ url, key, model }) => [
      `curl ${quoted(`${url}/v1/chat/completions`)} \\`,
      `  -H ${quoted(`Authorization: Bearer ${key}`)} \\`,
      `  -H 'Content-Type: application/json' \\`,
      `  -d ${quoted(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }))}`,
    ],
  },
}

/** By its own name alone: what every object has is no client. */
const find = (client: string) => (Object.hasOwn(CLIENTS, client) ? CLIENTS[client] : undefined)

export const linesFor = (client: string, facts: Facts): string[] => find(client)?.lines(facts) ?? []

export const connect: Command = async (input) => {
  const name = arg(input, 0)
  const known = find(name)
  if (!known) throw usage(`No lines are known for "${name}"`, `sallyport connect ${Object.keys(CLIENTS).join('|')}`)
  const client = await input.client()
  const { url, key } = client.connection
  if (key === undefined)
    throw new Failure('There is no key to put into the lines', {
      exit: EXIT.signInNeeded,
      next: 'give a key with --key or SALLYPORT_KEY',
    })
  const facts = { url, key, model: await modelOf(input, client) }
  const lines = known.lines(facts)
  if (input.flags.json)
    printOne(input.io, { client: name, url, model: facts.model, lines }, { json: input.flags.json as string })
  else input.io.out(`${lines.join('\n')}\n`)
  if (known.note !== undefined) input.io.say(known.note)
  if (flagText(input, 'model') !== undefined && !lines.some((line) => line.includes(facts.model)))
    input.io.say(`These lines name no model: the program asks for "${plain(facts.model)}" itself.`)
  return 0
}

/** The model that was named, else the first one the key may use. */
async function modelOf(input: Input, client: Client): Promise<string> {
  const named = flagText(input, 'model')
  if (named !== undefined) {
    await sayUnseen(input, client, [named])
    return named
  }
  const { models, principal } = await client.call('self.show', {})
  const [first] = models
  if (first === undefined)
    throw new Failure(`${principal} may use no model with this key`, {
      next: 'sallyport model list, or sallyport can …',
    })
  return first
}
