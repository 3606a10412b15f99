// Model servers on their usual loopback ports. One counts as found only if it gives a valid list of models in time; what
// listens there and says something else is left alone.

export interface FoundServer {
  readonly kind: 'ollama' | 'openai' | 'vllm' | 'llamacpp'
  /** Name for people. */
  readonly product: string
  readonly url: string
  readonly models: readonly string[]
}

const TIMEOUT_MS = 300
const MAX_LIST_BYTES = 1_000_000

const USUAL = [
  'http://127.0.0.1:11434', // Ollama
  'http://127.0.0.1:8080', // llama.cpp
  'http://127.0.0.1:8000', // vLLM
  'http://127.0.0.1:1234', // LM Studio
]

/** A JSON object from a server that may be anything. */
async function getJson(url: string, timeoutMs: number): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    if (!response.ok || Number(response.headers.get('content-length') ?? 0) > MAX_LIST_BYTES) {
      await response.body?.cancel()
      return undefined
    }
    const text = await response.text()
    const value: unknown = text.length > MAX_LIST_BYTES ? undefined : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const namesIn = (list: unknown, field: string): string[] | undefined => {
  if (!Array.isArray(list)) return undefined
  const names = list.map((entry: unknown) => (entry as Record<string, unknown> | null)?.[field])
  return names.every((name) => typeof name === 'string') ? (names as string[]) : undefined
}

/** What answers at this address, if it is a model server. */
export async function lookAt(url: string, timeoutMs = TIMEOUT_MS): Promise<FoundServer | undefined> {
  const base = url.replace(/\/+$/, '').replace(/\/v1$/, '')
  const [tags, models] = await Promise.all([
    getJson(`${base}/api/tags`, timeoutMs),
    getJson(`${base}/v1/models`, timeoutMs),
  ])
  const own = namesIn(tags?.models, 'name')
  if (own) return { kind: 'ollama', product: 'Ollama', url: base, models: own }
  const listed = namesIn(models?.data, 'id')
  if (!listed) return undefined
  const [first] = (models?.data ?? []) as Record<string, unknown>[]
  const owner = String(first?.owned_by ?? '')
  if (owner === 'llamacpp') return { kind: 'llamacpp', product: 'llama.cpp', url: base, models: listed }
  if (owner === 'vllm') return { kind: 'vllm', product: 'vLLM', url: base, models: listed }
  const product = new URL(base).port === '1234' ? 'LM Studio' : 'OpenAI-compatible server'
  return { kind: 'openai', product, url: base, models: listed }
}

/** Looks at all usual ports at once, but never at our own. */
export async function findServers(own: string | undefined): Promise<FoundServer[]> {
  const found = await Promise.all(USUAL.filter((url) => url !== own).map((url) => lookAt(url)))
  return found.filter((server) => server !== undefined)
}
