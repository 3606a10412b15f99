// Commands on models and the servers that answer for them, on files of models too.
// Each is a row: its words, arguments, flags, and where its code is.
import type { CommandSpec } from '../command.ts'
import { CONFIG, PAGE, REASON, YES } from './flags.ts'

const model = () => import('../model.ts')
const modelFiles = () => import('../model-files.ts')

export const modelCommands: readonly CommandSpec[] = [
  { name: 'model list', about: 'List models', flags: PAGE, load: async () => (await model()).list },
  { name: 'model show', args: '<model>', about: 'Show a model', load: async () => (await model()).show },
  {
    name: 'model accept',
    args: '<model>',
    about: 'Accept what a quarantined model name stands for now',
    flags: [{ flag: '--digest <digest>', about: 'Only if it is this' }, REASON, YES],
    load: async () => (await model()).accept,
  },
  {
    name: 'model add',
    args: '<name>',
    about: 'Register a GGUF file of your own, pinned to its SHA-256',
    flags: [
      { flag: '--file <file>', about: 'The GGUF file; it stays where it is' },
      { flag: '--adapter <file>', about: 'A LoRA adapter for it; both together are the version' },
      CONFIG,
    ],
    example: 'sallyport model add helper --file ~/models/helper.gguf',
    load: async () => (await modelFiles()).add,
  },
  {
    name: 'model get',
    args: '[name]',
    about: 'Fetch a model with a pinned SHA-256 and register it; without a name, list what is known',
    flags: [
      { flag: '--url <url>', about: 'Another file, over https:' },
      { flag: '--sha256 <hex>', about: 'Its digest; nothing else is taken' },
      { flag: '--license <text>', about: 'Its licence, to be shown' },
      CONFIG,
    ],
    load: async () => (await modelFiles()).get,
  },
  {
    name: 'model engine',
    args: '[install]',
    about: 'Install the engine that runs GGUF files, for the CPU of this machine; or say whether it is there',
    flags: [CONFIG],
    load: async () => (await modelFiles()).engine,
  },
  {
    name: 'upstream list',
    about: 'List the servers that answer for models',
    load: async () => (await model()).upstreams,
  },
]
