// A question as plain data for the reference engine. Apart from it, so that asking another thread does not load it here.
import { reachableEntities, recordJson } from './cedar-json.ts'
import type { EntitySource } from './entity.ts'
import type { Question } from './evaluate.ts'
import type { Program } from './program.ts'

/** The question as plain data, fit to cross a thread. */
export interface OracleQuestion {
  readonly principal: { type: string; id: string }
  readonly action: { type: string; id: string }
  readonly resource: { type: string; id: string }
  readonly context: ReturnType<typeof recordJson>
  readonly entities: ReturnType<typeof reachableEntities>
}

/** Throws Fault `validation_failed` for a question that JSON cannot carry. */
export function oracleQuestion(program: Program, question: Question, entities: EntitySource): OracleQuestion {
  // Without a schema the library knows action groups only as entities.
  const actions = [...program.vocabulary.actions.values()].map((action) => ({
    uid: { type: 'Action', id: action.name },
    attrs: {},
    parents: [...action.lineage].filter((group) => group !== action.name).map((id) => ({ type: 'Action', id })),
  }))
  return {
    principal: { type: question.principal.type, id: question.principal.id },
    action: { type: 'Action', id: question.action },
    resource: { type: question.resource.type, id: question.resource.id },
    context: recordJson(question.context),
    entities: [...actions, ...reachableEntities(question, program.literals, entities)],
  }
}
