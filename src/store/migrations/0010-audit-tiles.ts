// The search index of the audit log tells in which tiles of a block a term occurs.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const auditTiles = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    // What was indexed before may occur in any of the four.
    await db.schema
      .alterTable('audit_term')
      .addColumn('tiles', types.integer, (column) => column.notNull().defaultTo(15))
      .execute()
  },
})
