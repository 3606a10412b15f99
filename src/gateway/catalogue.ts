// What the data plane answers beside calls: which models there are, what is known of them, and the verbs that change what a
// server holds. Every model is asked for one by one; a caller who may see none is refused, not shown an empty list.
import { type Caller, type Decision, Fault, type JsonObject } from '../core/index.ts'
import type { ManageRequest, Model, Registry } from '../model/index.ts'
import { EntityRef } from '../policy/index.ts'
import { type Handle, json, type MakeLook } from './look.ts'
import { estimateInput } from './meter.ts'
import type { Incoming, Ports, Question, ResolvedModel } from './ports.ts'
import {
  anthropicCount,
  anthropicMessages,
  anthropicModels,
  type ManageVerb,
  ollamaChat,
  ollamaManage,
  ollamaModels,
  openaiChat,
  openaiModels,
  readShow,
  type ShownModel,
} from './wire/index.ts'

export interface CatalogueDeps {
  readonly on: Ports
  readonly look: MakeLook
  readonly registry: Pick<Registry, 'all' | 'resolve' | 'upstream' | 'upstreams' | 'refresh'>
  /** `list` and `show`, per model. */
  readonly allows: (caller: Caller, action: string, model: string) => boolean
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
  manage(verb: ManageVerb): Handle
}

export function createCatalogue({ on, look, registry, allows, version }: CatalogueDeps): Catalogue {
  const demandSignIn = (decision: Decision, caller: Caller): void => {
    const challenge = on.stepUp(decision, caller)
    if (challenge) throw challenge
  }
  /** @throws Fault access_denied if the caller may see no model at all */
  const visible = (caller: Caller): Model[] => {
    const models = registry.all().filter(({ name }) => allows(caller, 'list', name))
    if (models.length === 0) throw new Fault('access_denied', { detail: 'You may not see any model.' })
    return models
  }

  /** Invisible and unknown are the same answer. */
  const find = (caller: Caller, name: string, action: string): Model => {
    const model = registry.resolve(name)
    if (!model || !allows(caller, action, model.name)) {
      visible(caller)
      throw new Fault('model_not_found')
    }
    return model
  }

  const forAnthropic = (incoming: Incoming) => incoming.header('anthropic-version') !== undefined
  const callersOwn = (incoming: Incoming) => (forAnthropic(incoming) ? anthropicMessages : openaiChat)

  const driverFor = (action: ManageVerb, model: Model | undefined) => {
    const name =
      model?.upstream ??
      registry.upstreams().find((one) => registry.upstream(one.name)?.driver.capabilities.manage.has(action))?.name
    const upstream = name === undefined ? undefined : registry.upstream(name)
    if (!upstream) throw new Fault('not_possible', { detail: `No model server here can ${action} models.` })
    return upstream
  }

  return {
    models: look(callersOwn, 'list', async (caller, incoming) => {
      const shown = visible(caller).map(shownModel)
      return json(forAnthropic(incoming) ? anthropicModels.list(shown) : openaiModels.list(shown))
    }),

    model: look(callersOwn, 'show', async (caller, incoming) => {
      const shown = shownModel(find(caller, incoming.params['*'] ?? '', 'show'))
      return json(forAnthropic(incoming) ? anthropicModels.one(shown) : openaiModels.one(shown))
    }),

    tags: look(ollamaChat, 'list', async (caller) => json(ollamaModels.tags(visible(caller).map(shownModel)))),

    show: look(ollamaChat, 'show', async (caller, incoming) => {
      const name = readFor(caller, await incoming.body(), readShow)
      const model = find(caller, name, 'show')
      const { license, capabilities } = await model.driver.show(model.upstreamName, incoming.signal)
      return json(ollamaModels.show({ ...shownModel(model), license, capabilities }))
    }),

    running: look(ollamaChat, 'list', async (caller, incoming) => {
      const seen = visible(caller)
      const drivers = new Map(seen.map((model) => [model.upstream, model.driver]))
      const lists = await Promise.all(
        [...drivers].map(async ([upstream, driver]) =>
          (await driver.running(incoming.signal)).map((one) => ({ ...one, upstream })),
        ),
      )
      const running = lists.flat().flatMap((one) => {
        const model = seen.find(({ upstream, upstreamName }) => upstream === one.upstream && upstreamName === one.name)
        return model ? [{ ...shownModel(model), expiresAtMs: one.expiresAtMs, vramBytes: one.vramBytes }] : []
      })
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
      record.note({ model: model.uid.id, decision })
      if (!decision.allow) throw on.refusal(decision, question)
      demandSignIn(decision, caller)
      return json(anthropicCount.count(estimateInput(request)))
    }),

    manage: (verb) =>
      look(ollamaManage, verb, async (caller, incoming, record, callId) => {
        const call = readFor(caller, await incoming.body(), (bytes) => ollamaManage.read(verb, bytes), verb)
        const model = registry.resolve(call.model)
        const target = (model && on.resolve(model.name)) ?? NOT_THERE_YET
        const question: Question = {
          caller,
          action: verb,
          model: target,
          request: undefined,
          session: undefined,
          injection: 0,
        }
        const decision = on.decide(question)
        record.note({ model: call.model, decision })
        if (!decision.allow) throw new Fault('access_denied', { data: { decision: decision.id } })
        demandSignIn(decision, caller)
        const { name, driver } = driverFor(verb, model)
        await record.decided()
        const lease = on.lease(callId, question, decision)
        const request: ManageRequest = { ...call, model: model?.upstreamName ?? call.model }
        const abort = new AbortController()
        const stop = () => abort.abort(lease.signal.reason)
        lease.signal.addEventListener('abort', stop, { once: true })
        incoming.signal.addEventListener('abort', () => abort.abort(), { once: true })
        const finish = async (fault?: Fault) => {
          lease.release()
          await record.finish(fault ? { fault } : {})
          await registry.refresh(name)
        }
        const lines = progress(driver.manage(request, abort.signal), lease.signal, finish)
        if (call.stream)
          return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: lines, cut: lease.signal }
        let last = ''
        for await (const text of lines) last = text.trimEnd().split('\n').at(-1) ?? last
        return json(last)
      }),
  }

  /** What was wrong with a body is told only to those who may do this with some model. */
  function readFor<T>(caller: Caller, body: Buffer, read: (bytes: Buffer) => T, action = 'list'): T {
    try {
      return read(body)
    } catch (error) {
      const may =
        action === 'list' ? registry.all().some(({ name }) => allows(caller, 'list', name)) : on.mayAny(caller, action)
      throw may ? error : new Fault('access_denied', { cause: error })
    }
  }
}

/** What a verb is asked about that makes a model: the gateway itself. */
const NOT_THERE_YET: ResolvedModel = {
  uid: new EntityRef('Gateway', 'sallyport'),
  upstreamName: '',
  hosting: 'local',
  digest: undefined,
  send: () => Promise.reject(new Fault('model_not_found')),
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

/** Lines of progress as they come; an early end is a line that says so, and is recorded like any other. */
async function* progress(
  running: Promise<AsyncIterable<JsonObject[]>>,
  cut: AbortSignal,
  finish: (fault?: Fault) => Promise<void>,
): AsyncGenerator<string> {
  let fault: Fault | undefined = new Fault('client_closed')
  try {
    for await (const batch of await running) yield batch.map(ollamaManage.line).join('')
    fault = undefined
  } catch (error) {
    fault = cut.aborted ? Fault.from(cut.reason) : Fault.from(error)
    yield ollamaManage.line({ error: fault.publicMessage })
  } finally {
    await finish(fault)
  }
}
