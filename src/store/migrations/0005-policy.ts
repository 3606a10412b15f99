// Versions of the rules, and which of them is in force.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const policy = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema
      .createTable('policy_version')
      .addColumn('version', types.integer, (column) => column.primaryKey())
      .addColumn('digest', types.text, (column) => column.notNull())
      .addColumn('bundle', types.text, (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .addColumn('created_by', types.text, (column) => column.notNull())
      .addColumn('reason', types.text, (column) => column.notNull())
      .addColumn('repeats', types.integer)
      .execute()
    await db.schema
      .createTable('policy_slot')
      .addColumn('slot', types.text, (column) => column.primaryKey())
      .addColumn('version', types.integer)
      .addColumn('revision', types.integer, (column) => column.notNull())
      .addColumn('changed_at', types.integer, (column) => column.notNull())
      .addColumn('changed_by', types.text, (column) => column.notNull())
      .execute()
    // Both rows exist from the start, so that taking a slot is always one conditional update.
    await db
      .insertInto('policy_slot')
      .values(
        ['active', 'shadow'].map((slot) => ({
          slot,
          version: null,
          revision: 0,
          changed_at: 0,
          changed_by: 'System::"node"',
        })),
      )
      .execute()
  },
})
