// What the data plane answers beside calls: which models there are, and what is known of them. Every model is asked for one by
// one; a caller who may see none is refused, not shown an empty list.
import { type Caller, type Decision, Fault } from '../core/index.ts'
import { type Model, nameAtServer, type Registry } from '../model/index.ts'
import { type Handle, json, type MakeLook } from './look.ts'
import { estimateInput } from './meter.ts'
import { ofModel, tellingOnly } from './pipeline.ts'
import type { Incoming, Ports, Question } from './ports.ts'
import {
  anthropicCount,
  anthropicMessages,
  anthropicModels,
  ollamaChat,
  ollamaModels,
  openaiChat,
  openaiModels,
  readShow,
  type ShownModel,
} from './wire/index.ts'

export interface CatalogueDeps {
  readonly on: Ports
  readonly look: MakeLook
  readonly registry: Pick<Registry, 'all' | 'resolve'>
  /** `list` and `show`, per model. */
  readonly allows: (caller: Caller, action: string, model: string) => boolean
  /** The sign-in that alone is missing for that. */
  readonly signInFor: (caller: Caller, action: string, model: string) => Fault | undefined
  readonly version: string
}

export interface Catalogue {
  readonly models: Handle
  readonly model: Handle
  readonly tags: Handle
  readonly show: Handle
  readonly running: Handle
  readonly version: Handle
  readonly count: Handle
}

/** Milliseconds a server may take to say what is in memory. */
const ASK_MS = 5000

export function createCatalogue({ on, look, registry, allows, signInFor, version }: CatalogueDeps): Catalogue {
  const demandSignIn = (decision: Decision, caller: Caller): void => {
    const challenge = on.stepUp(decision, caller)
    if (challenge) throw challenge
  }
  /** @throws Fault access_denied if the caller may see no model at all, step_up_required if none without another sign-in */
  const visible = (caller: Caller): Model[] => {
    const all = registry.all()
    const models = all.filter(({ name }) => allows(caller, 'list', name))
    if (models.length > 0) return models
    for (const { name } of all) {
      const challenge = signInFor(caller, 'list', name)
      if (challenge) throw challenge
    }
    throw new Fault('access_denied', { detail: 'You may not see any model.' })
  }

  /** Invisible and unknown are the same answer. */
  const find = (caller: Caller, name: string, action: string): Model => {
    const model = registry.resolve(name)
    if (!model || !allows(caller, action, model.name)) {
      const challenge = model && signInFor(caller, action, model.name)
      if (challenge) throw challenge
      visible(caller)
      throw new Fault('model_not_found')
    }
    return model
  }

  const forAnthropic = (incoming: Incoming) => incoming.header('anthropic-version') !== undefined
  const callersOwn = (incoming: Incoming) => (forAnthropic(incoming) ? anthropicMessages : openaiChat)

  return {
    models: look(callersOwn, 'list', async (caller, incoming) => {
      const shown = visible(caller).map(shownModel)
      return json(forAnthropic(incoming) ? anthropicModels.list(shown) : openaiModels.list(shown))
    }),

    model: look(callersOwn, 'show', async (caller, incoming, record) => {
      const model = find(caller, incoming.params['*'] ?? '', 'show')
      record.note({ model: model.name })
      const shown = shownModel(model)
      return json(forAnthropic(incoming) ? anthropicModels.one(shown) : openaiModels.one(shown))
    }),

    tags: look(ollamaChat, 'list', async (caller) => json(ollamaModels.tags(visible(caller).map(shownModel)))),

    show: look(ollamaChat, 'show', async (caller, incoming, record) => {
      const name = readFor(caller, await incoming.body(), readShow)
      const model = find(caller, name, 'show')
      record.note({ model: model.name })
      const { license, capabilities, contextTokens } = await model.driver.show(model.upstreamName, incoming.signal)
      const shown = shownModel(model)
      return json(
        ollamaModels.show({ ...shown, contextTokens: shown.contextTokens ?? contextTokens, license, capabilities }),
      )
    }),

    running: look(ollamaChat, 'list', async (caller, incoming) => {
      const seen = visible(caller)
      const drivers = new Map(seen.map((model) => [model.upstream, model.driver]))
      const soon = AbortSignal.any([incoming.signal, AbortSignal.timeout(ASK_MS)])
      const asked = await Promise.allSettled(
        [...drivers].map(async ([upstream, driver]) =>
          (await driver.running(soon)).map((one) => ({ ...one, upstream })),
        ),
      )
      // One server that is away or hangs hides what runs on the others no more than it hides their models.
      const lists = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const [failed] = asked
      if (lists.length === 0 && failed?.status === 'rejected') throw failed.reason
      const running = lists
        .flat()
        .flatMap((one) =>
          seen
            .filter((model) => model.upstream === one.upstream && nameAtServer(model) === one.name)
            .map((model) => ({ ...shownModel(model), expiresAtMs: one.expiresAtMs, vramBytes: one.vramBytes })),
        )
      return json(ollamaModels.ps(running))
    }),

    version: look(ollamaChat, 'list', async (caller) => {
      visible(caller)
      return json(ollamaModels.version(version))
    }),

    count: look(anthropicCount, 'chat', async (caller, incoming, record) => {
      const request = readFor(caller, await incoming.body(), anthropicCount.read, 'chat')
      const model = on.resolve(request.model)
      if (!model) throw new Fault('model_not_found')
      const question: Question = { caller, action: 'chat', model, request, session: undefined, injection: 0 }
      const decision = on.decide(question)
      record.note({ ...ofModel(model), decision })
      if (!decision.allow) throw on.refusal(decision, question)
      demandSignIn(decision, caller)
      return json(anthropicCount.count(estimateInput(request)))
    }),
  }

  /** What was wrong with a body is told only to those who may do this with some model. */
  function readFor<T>(caller: Caller, body: Buffer, read: (bytes: Buffer) => T, action = 'list'): T {
    const may = () =>
      action === 'list' ? registry.all().some(({ name }) => allows(caller, 'list', name)) : on.mayAny(caller, action)
    return tellingOnly(may, () => read(body))
  }
}

const shownModel = (model: Model): ShownModel => ({
  name: model.name,
  digest: model.digest,
  sizeBytes: model.listed?.sizeBytes,
  modifiedAtMs: model.listed?.modifiedAtMs,
  family: model.listed?.family,
  parameterSize: model.listed?.parameterSize,
  quantization: model.listed?.quantization,
  contextTokens: model.listed?.contextTokens,
})
