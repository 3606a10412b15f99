// Which constraints a request and the rules of the permission layer put on an answer.
import type { Constraint } from './constraint.ts'
import type { GenerateRequest, TokenRules } from './engine-contract.ts'
import { JSON_OBJECT, jsonOf } from './json-constraint.ts'
import { readSchema } from './json-schema.ts'
import { banPhrases, forbidValues, placeholdersOf } from './token-rules.ts'

export function constraintsOf({ messages, prompt, format }: GenerateRequest, rules: TokenRules): Constraint[] {
  const constraints: Constraint[] = []
  if (format) constraints.push(jsonOf(format.type === 'schema' ? readSchema(format.schema) : JSON_OBJECT))
  if (rules.placeholdersOfPrompt)
    constraints.push(placeholdersOf(messages ? messages.map((turn) => turn.text).join('\n') : (prompt ?? '')))
  if (rules.forbidden && rules.forbidden.length > 0) constraints.push(forbidValues(rules.forbidden))
  if (rules.bans && rules.bans.length > 0) constraints.push(banPhrases(rules.bans))
  return constraints
}
