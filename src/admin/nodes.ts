// The gateway itself over the admin API: its nodes and its settings.
import type { AdminPorts } from './ports.ts'
import type { Handlers } from './route.ts'

export function nodeHandlers(ports: AdminPorts): Handlers<'nodes.list' | 'config.show'> {
  return {
    'nodes.list': { handle: async () => ({ items: [...(await ports.nodes())] }) },
    'config.show': { handle: () => ({ items: [...ports.settings()] }) },
  }
}
