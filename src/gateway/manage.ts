// The verbs that change what a model server holds. One can touch several names: what a model is made of and what is
// overwritten are questions of their own, asked of the model that the server would take each name for.
import { type Caller, Fault, isObject, type Json, type JsonObject } from '../core/index.ts'
import { type Driver, type ManageRequest, type Model, plainName, type Registry } from '../model/index.ts'
import { EntityRef } from '../policy/index.ts'
import { type Handle, json, type MakeLook } from './look.ts'
import { tellingOnly, whenAborted } from './pipeline.ts'
import type { LeaseHandle, Ports, Question, ResolvedModel } from './ports.ts'
import { type ManageCall, type ManageVerb, ollamaManage } from './wire/index.ts'

export interface ManageDeps {
  readonly on: Ports
  readonly look: MakeLook
  readonly registry: Pick<Registry, 'all' | 'resolve' | 'upstream' | 'upstreams' | 'refresh'>
}

/** What a verb is asked about that makes a model: the gateway itself. */
const NOT_THERE_YET: ResolvedModel = {
  uid: new EntityRef('Gateway', 'sallyport'),
  upstreamName: '',
  hosting: 'local',
  digest: undefined,
  send: () => Promise.reject(new Fault('model_not_found')),
}
const NO_REQUEST = { request: undefined, session: undefined, injection: 0 } as const
const MAKES_MODELS: ReadonlySet<string> = new Set<ManageVerb>(['pull', 'create'])

interface Act {
  readonly verb: ManageVerb
  readonly name: string
  /** What it is if no model has the name. */
  readonly otherwise?: ManageVerb
}

/** Ollama fetches what a model is made of if it has none of that name. */
function actsOf({ action, model, target, from }: ManageCall): readonly Act[] {
  const acts: Act[] = [{ verb: action, name: model }]
  if (target !== undefined) acts.push({ verb: 'create', name: target })
  if (from !== undefined) acts.push({ verb: 'copy', name: from, otherwise: 'pull' })
  return acts
}

export type Manage = (verb: ManageVerb) => Handle

export function createManage({ on, look, registry }: ManageDeps): Manage {
  const serverFor = (verb: ManageVerb, model: Model | undefined): { name: string; driver: Driver } | undefined => {
    const name =
      model?.upstream ??
      registry.upstreams().find((one) => registry.upstream(one.name)?.driver.capabilities.manage.has(verb))?.name
    return name === undefined ? undefined : registry.upstream(name)
  }

  /** The server's own word for a name of ours. */
  const servedName = (server: string | undefined, name: string): string => {
    const model = registry.resolve(name)
    return model && model.upstream === server ? model.upstreamName : name
  }

  const questionsOf = (
    caller: Caller,
    server: string | undefined,
    { verb, name, otherwise = verb }: Act,
  ): Question[] => {
    const plain = plainName(servedName(server, name))
    const models = registry
      .all()
      .filter(({ upstream, upstreamName }) => upstream === server && plainName(upstreamName) === plain)
      .map((model) => on.resolve(model.name))
      .filter((model) => model !== undefined)
    const question = (action: ManageVerb, model: ResolvedModel): Question => {
      return { caller, action, model, ...NO_REQUEST }
    }
    return models.length > 0 ? models.map((model) => question(verb, model)) : [question(otherwise, NOT_THERE_YET)]
  }

  /** The model whose rules about data hold for what is made: the one it is made of, else any of that server. */
  const keeperOf = (server: string, { from = '' }: ManageCall): ResolvedModel => {
    const known = registry.resolve(from)
    const model = known?.upstream === server ? known : registry.all().find(({ upstream }) => upstream === server)
    return (model && on.resolve(model.name)) ?? { ...NOT_THERE_YET, hosting: 'external' }
  }

  return (verb) =>
    look(ollamaManage, verb, async (caller, incoming, record, callId) => {
      const body = await incoming.body()
      const call = tellingOnly(
        () => on.mayAny(caller, verb),
        () => ollamaManage.read(verb, body),
      )
      record.note({ model: call.model })
      const server = serverFor(verb, registry.resolve(call.model))
      const leases = actsOf(call)
        .flatMap((act) => questionsOf(caller, server?.name, act))
        .map((question) => {
          const decision = on.decide(question)
          record.note({ decision })
          if (!decision.allow) throw new Fault('access_denied', { data: { decision: decision.id } })
          const challenge = on.stepUp(decision, caller)
          if (challenge) throw challenge
          if (question.model === NOT_THERE_YET && !MAKES_MODELS.has(question.action)) throw new Fault('model_not_found')
          return () => on.lease(callId, question, decision)
        })
      if (!server) throw new Fault('not_possible', { detail: `No model server here can ${verb} models.` })
      // A model says what it was made of to everybody who may use it, and its server has it in clear.
      const words = wordsIn(call.options)
      if (words.length > 0) {
        const question = { caller, action: verb, model: keeperOf(server.name, call), ...NO_REQUEST }
        record.note({ data: on.screenKept(question, words) })
      }
      await record.decided()

      const abort = new AbortController()
      const held: LeaseHandle[] = []
      const release = () => {
        for (const lease of held) lease.release()
      }
      try {
        for (const take of leases) held.push(take())
      } catch (error) {
        release()
        throw error
      }
      for (const { progress } of held) progress.upstream = true
      for (const { signal } of held) whenAborted(signal, () => abort.abort(signal.reason))
      whenAborted(incoming.signal, () => abort.abort(new Fault('client_closed')))
      const lines = progress(
        server.driver.manage(asServed(call, server.name), abort.signal),
        abort.signal,
        async (fault) => {
          release()
          await record.finish(fault ? { fault } : {})
          await registry.refresh(server.name)
        },
      )
      if (call.stream)
        return {
          status: 200,
          headers: { 'content-type': 'application/x-ndjson' },
          body: streamed(lines),
          cut: abort.signal,
        }
      let last: JsonObject = {}
      for await (const batch of lines) last = batch.at(-1) ?? last
      return json(JSON.stringify(last))
    })

  function asServed(call: ManageCall, server: string): ManageRequest {
    const { action, model, target, from, stream, options } = call
    return {
      action,
      model: servedName(server, model),
      ...(target === undefined ? {} : { target: servedName(server, target) }),
      stream,
      options: from === undefined ? options : { ...options, from: servedName(server, from) },
    }
  }
}

/** Every text in what a model is made of, names of parameters among them. */
function wordsIn(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(wordsIn)
  return isObject(value) ? Object.entries(value).flatMap(([name, more]) => [name, ...wordsIn(more)]) : []
}

/** What the server reports; an early end is recorded like any other. */
async function* progress(
  running: Promise<AsyncIterable<JsonObject[]>>,
  cut: AbortSignal,
  finish: (fault?: Fault) => Promise<void>,
): AsyncGenerator<JsonObject[]> {
  let fault: Fault | undefined = new Fault('client_closed')
  try {
    for await (const batch of await running) yield batch
    fault = undefined
  } catch (error) {
    fault = cut.aborted ? Fault.from(cut.reason) : Fault.from(error)
    throw fault
  } finally {
    await finish(fault)
  }
}

/** Lines as they come; an early end is a line that says so. */
async function* streamed(lines: AsyncIterable<JsonObject[]>): AsyncGenerator<string> {
  try {
    for await (const batch of lines) yield batch.map(ollamaManage.line).join('')
  } catch (error) {
    yield ollamaManage.line({ error: Fault.from(error).publicMessage })
  }
}
