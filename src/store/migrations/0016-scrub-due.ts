// Tables of which deleted rows may still lie in the files of the database.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const scrubDue = ({ text }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema
      .createTable('scrub_due')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('name', text, (column) => column.notNull())
      .execute()
  },
})
