// The change feed and the nodes that follow it.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const feed = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema
      .createTable('change')
      .addColumn('seq', types.serial, (column) =>
        types.dialect === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey(),
      )
      .addColumn('kind', types.text, (column) => column.notNull())
      .addColumn('key', types.text, (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('node')
      .addColumn('id', types.text, (column) => column.primaryKey())
      .addColumn('name', types.text, (column) => column.notNull())
      .addColumn('applied_seq', types.integer, (column) => column.notNull())
      .addColumn('started_at', types.integer, (column) => column.notNull())
      .addColumn('heard_at', types.integer, (column) => column.notNull())
      .execute()
  },
})
