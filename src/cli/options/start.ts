// Commands that set up, start and look at a gateway.
// Each is a row: its words, arguments, flags, and where its code is, loaded when it is asked for.
import type { CommandSpec } from '../command.ts'
import { CONFIG } from './flags.ts'

export const startCommands: readonly CommandSpec[] = [
  {
    name: 'up',
    about: 'Start the gateway',
    flags: [
      CONFIG,
      { flag: '--upstream <url...>', about: 'Model server to put the gateway in front of' },
      { flag: '--auto', about: 'Use the model servers found on this machine' },
      { flag: '--new-admin <user>', about: 'Also make a new administrator: when nobody has a key any more that works' },
    ],
    moreFlags: async () => (await import('../up.ts')).settingFlags(),
    example: 'sallyport up --upstream http://127.0.0.1:11434',
    load: async () => (await import('../up.ts')).up,
  },
  {
    name: 'init',
    args: '[folder]',
    about: 'Write a sallyport.yaml and the shipped rules to start from',
    flags: [{ flag: '--force', about: 'Overwrite what is there' }],
    local: true,
    load: async () => (await import('../init.ts')).init,
  },
  {
    name: 'doctor',
    about: 'Check the installation, and whether a model server can be reached round the gateway',
    flags: [{ flag: '--config <file>', about: 'Settings' }],
    load: async () => (await import('../doctor.ts')).doctor,
  },
  { name: 'status', about: 'What runs, and what needs you', load: async () => (await import('../status.ts')).status },
  {
    name: 'whoami',
    about: 'Who you are to the gateway, and what you may use',
    load: async () => (await import('../status.ts')).whoami,
  },
  {
    name: 'connect',
    args: '<client>',
    about: 'Lines that connect a client: openai ollama anthropic claude codex opencode langchain aisdk openwebui curl',
    flags: [{ flag: '--model <name>', about: 'Model to name in them' }],
    example: 'eval "$(sallyport connect openai)"',
    load: async () => (await import('../connect.ts')).connect,
  },
  {
    name: 'config',
    args: '[setting]',
    about: 'Settings in effect, with their source',
    flags: [
      { flag: '--config <file>', about: 'Settings' },
      { flag: '--schema', about: 'The JSON Schema of sallyport.yaml' },
    ],
    load: async () => (await import('../config.ts')).config,
  },
]
