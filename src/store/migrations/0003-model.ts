// What model names stood for when they were accepted.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const model = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema
      .createTable('model_pin')
      .addColumn('name', types.text, (column) => column.primaryKey())
      .addColumn('upstream', types.text, (column) => column.notNull())
      .addColumn('upstream_name', types.text, (column) => column.notNull())
      .addColumn('digest', types.text)
      .addColumn('accepted_at', types.integer, (column) => column.notNull())
      .addColumn('accepted_by', types.text)
      .addColumn('seen_upstream', types.text)
      .addColumn('seen_upstream_name', types.text)
      .addColumn('seen_digest', types.text)
      .addColumn('seen_at', types.integer)
      .execute()
  },
})
