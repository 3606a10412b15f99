// Facts of one thing as they become known, held so that one native call writes an event of them: `data` has its keys in the
// order of canonical JSON from the start, whatever order they are told in. This runs for every event of every call.
import type { AuditEvent, Json, JsonObject, NewEvent } from '../core/index.ts'
import { canonical, eventText, inOrder, orderedText } from './canonical.ts'

type Fields = Omit<NewEvent, 'kind' | 'reason' | 'data'>
/** What a draft is told; the rest of an event differs from one to the next. */
export type DraftFields = { readonly [K in keyof Fields]?: Fields[K] | undefined }

export interface Draft {
  /** Later values replace earlier ones; undefined says nothing. */
  set(fields: DraftFields): void
  /**
   * Field by field, later ones replace earlier ones; undefined says nothing.
   * @throws RangeError for a number that JSON cannot express; what came before it is taken in
   */
  add(data: JsonObject): void
  /** What is known now, for an event. */
  event(kind: string, reason?: string): NewEvent
  /** The text of what `inKeyOrder` made of what `event` returned: equal to `canonical`. */
  readonly write: (event: AuditEvent) => string
}

type Data = { [name: string]: Json | undefined }

/** Names that are kept in order for all drafts; ours are some forty. */
const MOST_NAMES = 200
/** Every name seen so far, undefined: whatever is copied over it has its keys where they belong. */
let blank: Data = {}

/** A key like an array index does not stay where it is put, and `__proto__` is none. */
const staysInPlace = (name: string): boolean => /^[A-Za-z]/.test(name) && name.isWellFormed()

/** False if the name cannot be kept in order. */
function learn(name: string): boolean {
  const names = Object.keys(blank)
  if (names.length >= MOST_NAMES || !staysInPlace(name)) return false
  blank = Object.fromEntries([...names, name].sort().map((each) => [each, undefined]))
  return true
}

export function createDraft(): Draft {
  const known: { -readonly [K in keyof Fields]-?: Fields[K] | undefined } = {
    action: undefined,
    address: undefined,
    call: undefined,
    credential: undefined,
    decision: undefined,
    grant: undefined,
    model: undefined,
    policy: undefined,
    principal: undefined,
    rules: undefined,
    session: undefined,
    subject: undefined,
  }
  let data: Data | undefined
  let ordered = true

  return {
    set(fields) {
      for (const name in fields) {
        const field = name as keyof DraftFields
        if (fields[field] !== undefined) known[field] = fields[field] as never
      }
    },
    add(more) {
      data ??= { ...blank }
      for (const name in more) {
        const value = more[name]
        if (value === undefined || name === '__proto__') continue
        if (ordered && !(name in data)) {
          ordered = name in blank || learn(name)
          if (ordered) data = { ...blank, ...data }
        }
        const sorted = inOrder(value)
        if (sorted === undefined) {
          canonical(value) // throws for what no writer can write
          ordered = false
        }
        data[name] = sorted ?? value
      }
    },
    event(kind, reason) {
      let told: JsonObject | undefined
      if (data) {
        told = {}
        for (const name in data) {
          const value = data[name]
          if (value !== undefined) told[name] = value
        }
      }
      return { ...known, kind, reason, data: told } as NewEvent
    },
    write: (event) => (ordered ? orderedText(event) : eventText(event)),
  }
}
