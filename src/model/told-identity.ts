// What stands for a digest where a server has none: a hash of everything it tells of a model that does not change by itself.
// Other weights of the same shape under the same path are not noticed; another file, adapter or chat template is.
import { createHash } from 'node:crypto'
import { isObject, type Json, type JsonObject } from '../core/index.ts'

type Told = Readonly<Record<string, Json | undefined>>

/** `told:` and a SHA-256, so that nobody takes it for the digest of a file. Undefined if there is nothing to go by. */
export function toldDigest(told: Told): string | undefined {
  const known = Object.entries(told).filter(([, value]) => value !== undefined && value !== null)
  if (known.length === 0) return undefined
  return `told:${createHash('sha256')
    .update(canonical(Object.fromEntries(known) as JsonObject))
    .digest('hex')}`
}

/** vLLM: `root` is where weights or adapter come from, `parent` the model an adapter belongs to. */
export const toldByVllm = ({ root, parent, max_model_len }: JsonObject): Told => ({ root, parent, max_model_len })

/** llama.cpp's server: the shape of the model, its file and chat template, the adapters with their scales. */
export function toldByLlamacpp(entry: JsonObject, props: unknown, adapters: unknown): Told {
  const told = isObject(props) ? props : {}
  return {
    meta: entry.meta,
    model_path: told.model_path,
    chat_template: told.chat_template,
    adapters: Array.isArray(adapters)
      ? adapters.filter(isObject).map(({ path, scale }) => ({ path: path ?? null, scale: scale ?? null }))
      : undefined,
  }
}

/**
 * llama.cpp's server with several models, which starts a process for each: what it starts this one with. What the process
 * tells of itself is not counted, since it is known only while it runs.
 */
export const toldByStarter = ({ status }: JsonObject): Told => (isObject(status) ? { preset: status.preset } : {})

/**
 * What llama.cpp's server says its model can do, in Ollama's words: that it completes, in its list; what it sees and hears; and
 * that its chat template knows both tools and their calls. What it does not say is not named.
 */
export function capabilitiesToldByLlamacpp(name: string, list: unknown, props: unknown): string[] {
  const { models, data } = isObject(list) ? list : {}
  const said = entryOf(models, 'name', name)?.capabilities
  const { architecture } = entryOf(data, 'id', name) ?? {}
  const { modalities, chat_template_caps: template } = isObject(props) ? props : {}
  const knows = (of: Json | undefined, what: string) => isObject(of) && of[what] === true
  const takes = (of: string, what: string) => isObject(architecture) && lists(architecture[of], what)
  return [
    ...(lists(said, 'completion') || takes('output_modalities', 'text') ? ['completion'] : []),
    ...(knows(template, 'supports_tools') && knows(template, 'supports_tool_calls') ? ['tools'] : []),
    ...(knows(modalities, 'vision') || takes('input_modalities', 'image') ? ['vision'] : []),
    ...(knows(modalities, 'audio') || takes('input_modalities', 'audio') ? ['audio'] : []),
  ]
}

const lists = (value: Json | undefined, what: string): boolean => Array.isArray(value) && value.includes(what)

const entryOf = (entries: Json | undefined, key: string, name: string): JsonObject | undefined =>
  Array.isArray(entries) ? entries.filter(isObject).find((entry) => entry[key] === name) : undefined

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`
}
