// All tables of the store, one file per room that owns them.

import type { AccessTables } from './access.ts'
import type { AuditTables } from './audit.ts'
import type { FeedTables } from './feed.ts'
import type { IdentityTables } from './identity.ts'
import type { LimitTables } from './limits.ts'
import type { ModelTables } from './model.ts'
import type { PolicyTables } from './policy.ts'

export interface Tables
  extends FeedTables,
    IdentityTables,
    AuditTables,
    AccessTables,
    LimitTables,
    ModelTables,
    PolicyTables {}
