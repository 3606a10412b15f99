// Flags that several commands take, in one wording.
// What one command alone takes stands with that command.
import type { Flag } from '../command.ts'

export const CONFIG: Flag = {
  flag: '--config <file>',
  about: 'Settings file (default: sallyport.yaml, if it is there)',
}

export const REASON: Flag = { flag: '--reason <text>', about: 'Why, for the audit log' }
export const DRY_RUN: Flag = { flag: '--dry-run', about: 'Show what would end, and do nothing' }
export const YES: Flag = { flag: '--yes', about: 'Do not ask' }
export const PAGE: readonly Flag[] = [
  { flag: '--limit <n>', about: 'Most rows (default: 50)' },
  { flag: '--all', about: 'Every row' },
]

export const EVENTS: readonly Flag[] = [
  { flag: '--decision <d>', about: 'allow or deny' },
  { flag: '--kind <kinds>', about: 'Kinds of event, with commas between: call.finished,key.revoked' },
  { flag: '--principal <who>', about: 'Who acted: User:dana' },
  { flag: '--model <name>', about: 'Model' },
  { flag: '--action <name>', about: 'Action' },
  { flag: '--rule <id>', about: 'Rule that decided' },
  { flag: '--class <name>', about: 'Data class that was found: personal/email' },
  { flag: '--outcome <how>', about: 'How a call ended: served, refused, cut, disconnected, failed, interrupted' },
  { flag: '--address <ip>', about: 'Where from' },
  { flag: '--session <id>', about: 'Session' },
  { flag: '--grant <id>', about: 'Grant: what it began with, the calls made while it was held, how it ended' },
  { flag: '--credential <id>', about: 'What it was done with: key/ID' },
  { flag: '--call <id>', about: 'Call' },
  { flag: '--subject <id>', about: 'What it was done to: key/ID, User::"dana"' },
  { flag: '--reason <code>', about: 'The reason, as it stands there: access_denied' },
  { flag: '--text <text>', about: 'In the reason' },
]

export const WITHIN: readonly Flag[] = [
  { flag: '--since <when>', about: 'Span or date' },
  { flag: '--until <when>', about: 'Span or date' },
]
