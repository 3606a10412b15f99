// What a node says of itself beside that it lives: after how long a silence it has closed itself, and how many calls it runs.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const nodeFacts = ({ integer }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    // Empty for a node of an earlier version.
    await db.schema.alterTable('node').addColumn('closes_after_ms', integer).execute()
    await db.schema.alterTable('node').addColumn('calls', integer).execute()
  },
})
