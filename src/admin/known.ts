// What somebody may know of by asking about it: what the rules let them see, themselves, and models that they may use.
import { type Caller, uidText } from '../core/index.ts'
import type { Subject } from './judge.ts'
import type { AdminPorts } from './ports.ts'

/** What not everybody may know of; that there is a role is told by asking for it. */
const OTHERS = ['User', 'Service', 'Agent', 'Group', 'Model', 'Key', 'Session']

export const mayKnow = (
  { judge, mayUse }: Pick<AdminPorts, 'judge' | 'mayUse'>,
  caller: Caller,
  subject: Subject,
): boolean =>
  !OTHERS.includes(subject.uid.type) ||
  uidText(subject.uid) === uidText(caller.principal) ||
  judge.allows(caller, 'list', subject) ||
  judge.allows(caller, 'show', subject) ||
  (subject.uid.type === 'Model' && mayUse(caller, subject.uid.id))
