// Ollama's verbs that change what a server holds, reading: each is a permission of its own. What would reach past the rules
// (another registry without TLS, files that lie on the server) is refused by name.
import { type JsonObject, parseJson } from '../../core/index.ts'
import { boolean, list, malformed, name, object, oneOf, onlyFields, root, text, unsupported } from './field.ts'
import { refuseOllama } from './ollama-fault.ts'

export type ManageVerb = 'pull' | 'push' | 'create' | 'copy' | 'delete'

export interface ManageCall {
  readonly action: ManageVerb
  readonly model: string
  /** copy: the new name. */
  readonly target?: string
  /** create: what it is made of. */
  readonly from?: string
  readonly stream: boolean
  readonly options: JsonObject
}

const FIELDS: Record<ManageVerb, ReadonlySet<string>> = {
  pull: new Set(['model', 'name', 'insecure', 'stream']),
  push: new Set(['model', 'name', 'insecure', 'stream']),
  create: new Set([
    'model',
    'name',
    'from',
    'system',
    'template',
    'license',
    'parameters',
    'messages',
    'quantize',
    'stream',
    'files',
    'adapters',
    'modelfile',
    'path',
  ]),
  copy: new Set(['source', 'destination']),
  delete: new Set(['model', 'name']),
}

/** Read as text by rules and people; everything else that a model can be made of lies on the server unseen. */
const CREATE_REFUSED = ['files', 'adapters', 'modelfile', 'path'] as const

export const ollamaManage = {
  name: 'ollama-manage',
  refuse: refuseOllama,

  /** @throws Fault `malformed_request` or `unsupported_parameter`, with the field in `data.param` */
  read(action: ManageVerb, bytes: Uint8Array): ManageCall {
    const body = root(parseJson(bytes))
    onlyFields(body, FIELDS[action])
    if (action === 'copy')
      return {
        action,
        model: name(body.source, 'source'),
        target: name(body.destination, 'destination'),
        stream: false,
        options: {},
      }
    if (boolean(body.insecure ?? false, 'insecure')) throw unsupported('insecure')
    return {
      action,
      model: readName(body),
      stream: action !== 'delete' && boolean(body.stream ?? true, 'stream'),
      ...(action === 'create' ? readCreate(body) : { options: {} }),
    }
  },

  /** One line of progress. */
  line: (facts: JsonObject): string => `${JSON.stringify(facts)}\n`,
}

/** `name` is the older word; two different ones would be two opinions about what was asked. */
function readName(body: JsonObject): string {
  const model = body.model ?? body.name
  if ((body.name ?? model) !== model) throw malformed('name', 'contradicts model')
  return name(model, 'model')
}

function readCreate(body: JsonObject): Required<Pick<ManageCall, 'from' | 'options'>> {
  for (const field of CREATE_REFUSED) if ((body[field] ?? null) !== null) throw unsupported(field)
  const from = name(body.from, 'from')
  const options: JsonObject = {}
  for (const field of ['system', 'template', 'license'] as const)
    if ((body[field] ?? null) !== null) options[field] = text(body[field], field)
  if ((body.quantize ?? null) !== null) options.quantize = name(body.quantize, 'quantize')
  if ((body.parameters ?? null) !== null) options.parameters = object(body.parameters, 'parameters')
  if ((body.messages ?? null) !== null)
    options.messages = list(body.messages, 'messages').map((entry, index) => {
      const where = `messages[${index}]`
      const given = object(entry, where)
      onlyFields(given, new Set(['role', 'content']), where)
      return {
        role: oneOf(given.role, `${where}.role`, ['system', 'user', 'assistant']),
        content: text(given.content, `${where}.content`),
      }
    })
  return { from, options }
}

const SHOW_FIELDS = new Set(['model', 'name', 'verbose', 'system', 'template', 'options'])

/** POST /api/show: which model. `verbose` would add its vocabulary, which is not shown. */
export function readShow(bytes: Uint8Array): string {
  const body = root(parseJson(bytes))
  onlyFields(body, SHOW_FIELDS)
  return readName(body)
}
