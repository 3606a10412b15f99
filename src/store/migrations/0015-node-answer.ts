// What one node answers another that asked all of them: it lies here until it is read.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const nodeAnswer = ({ text, integer }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema
      .createTable('node_answer')
      .addColumn('question', text, (column) => column.notNull())
      .addColumn('node', text, (column) => column.notNull())
      .addColumn('answer', text, (column) => column.notNull())
      .addColumn('at', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('node_answer_key', ['question', 'node'])
      .execute()
  },
})
