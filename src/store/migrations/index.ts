// Forward-only migrations in order. A migration that was released is never edited; a change is a new one.

import { feed } from './0001-feed.ts'
import { identity } from './0002-identity.ts'
import { model } from './0003-model.ts'
import { audit } from './0004-audit.ts'
import { policy } from './0005-policy.ts'
import { access } from './0006-access.ts'
import { campaign } from './0007-campaign.ts'
import { auditIndex } from './0008-audit-index.ts'
import { answers } from './0009-answers.ts'
import { auditTiles } from './0010-audit-tiles.ts'
import { approvalCaller } from './0011-approval-caller.ts'
import { sessionName } from './0012-session-name.ts'
import { requestCaller } from './0013-request-caller.ts'
import { nodeFacts } from './0014-node-facts.ts'
import { nodeAnswer } from './0015-node-answer.ts'
import { scrubDue } from './0016-scrub-due.ts'
import { auditRetained } from './0017-audit-retained.ts'
import { auditKnownBy } from './0018-audit-known-by.ts'
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const MIGRATIONS: Record<string, (types: ColumnTypes) => MigrationSteps> = {
  '0001-feed': feed,
  '0002-identity': identity,
  '0003-model': model,
  '0004-audit': audit,
  '0005-policy': policy,
  '0006-access': access,
  '0007-campaign': campaign,
  '0008-audit-index': auditIndex,
  '0009-answers': answers,
  '0010-audit-tiles': auditTiles,
  '0011-approval-caller': approvalCaller,
  '0012-session-name': sessionName,
  '0013-request-caller': requestCaller,
  '0014-node-facts': nodeFacts,
  '0015-node-answer': nodeAnswer,
  '0016-scrub-due': scrubDue,
  '0017-audit-retained': auditRetained,
  '0018-audit-known-by': auditKnownBy,
}
