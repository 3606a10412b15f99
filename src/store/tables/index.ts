// All tables of the store, one file per room that owns them.
import type { FeedTables } from './feed.ts'

export interface Tables extends FeedTables {}
