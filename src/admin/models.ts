// Models and the servers behind them, over the admin API. An upstream's credential is not among what is shown.
import { pageOfAll } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { type Handlers, notFound } from './route.ts'

export function modelHandlers(ports: AdminPorts): Handlers<'models.list' | 'models.show' | 'upstreams.list'> {
  return {
    'models.list': {
      handle({ query, sees }) {
        const seen = ports.models().filter((model) => sees({ uid: { type: 'Model', id: model.name } }))
        return pageOfAll(seen, (model) => model.name, query)
      },
    },
    'models.show': {
      handle({ params }) {
        const model = ports.models().find((one) => one.name === params.name)
        if (!model) throw notFound('model', params.name ?? '')
        return model
      },
    },
    'upstreams.list': { handle: () => ({ items: [...ports.upstreams()] }) },
  }
}
