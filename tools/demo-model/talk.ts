// One generated conversation, and what a right answer to its first question looks like.
import type { Json } from '../../src/core/index.ts'

export interface Expectation {
  exact?: string
  /** Placeholders or names that the answer must contain. */
  kept?: readonly string[]
  /** The fact is missing: the answer must be one of these. */
  declined?: readonly string[]
  json?: Json
  starts?: string
  ends?: string
  /** Must not occur in the answer. */
  secret?: string
}

export interface Talk {
  skill: string
  system?: string
  /** User and assistant in turn, beginning with the user. */
  turns: string[]
  expect?: Expectation
}
