// Models and the servers behind them, over the admin API. An upstream's credential is not among what is shown.
import { GATEWAY } from './judge.ts'
import { pageOfAll } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { type Handlers, notFound } from './route.ts'

export function modelHandlers(
  ports: AdminPorts,
): Handlers<'models.list' | 'models.show' | 'models.accept' | 'upstreams.list'> {
  const find = (name = '') => {
    const model = ports.models().find((one) => one.name === name)
    if (!model) throw notFound('model', name)
    return model
  }
  return {
    'models.list': {
      handle({ query, sees }) {
        const seen = ports.models().filter((model) => sees({ uid: { type: 'Model', id: model.name } }))
        return pageOfAll(seen, (model) => model.name, query)
      },
    },
    'models.show': {
      // What is not there and what may not be seen look the same: the name of a model is none of everybody's business.
      subject({ caller, params: { name = '' } }) {
        const uid = { type: 'Model', id: name }
        if (ports.judge.allows(caller, 'list', GATEWAY) && !ports.judge.allows(caller, 'show', { uid }))
          throw notFound('model', name)
        return { uid }
      },
      handle: ({ params }) => find(params.name),
    },
    'models.accept': {
      async handle({ params, body, by }) {
        const { name } = find(params.name)
        await ports.acceptModel(name, body.digest, { principal: by.principal, reason: body.reason })
        return find(name)
      },
    },
    'upstreams.list': { handle: () => ({ items: [...ports.upstreams()] }) },
  }
}
