// Answers that callers had stored, to be read back and continued.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const answers = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    const { text, integer } = types
    await db.schema
      .createTable('stored_answer')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('session', text, (column) => column.notNull())
      .addColumn('principal', text, (column) => column.notNull())
      .addColumn('model', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('expires_at', integer, (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('stored_answer_session').on('stored_answer').column('session').execute()
    await db.schema.createIndex('stored_answer_expires').on('stored_answer').column('expires_at').execute()
  },
})
