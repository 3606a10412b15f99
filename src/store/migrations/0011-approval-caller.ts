// An approval keeps what it was given with, so that it can be asked about again as it was given.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const approvalCaller = ({ text }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    // Nobody knows it of those that were given before: they count for nothing, and their requests end within a day.
    await db.schema.alterTable('approval').addColumn('caller', text).execute()
  },
})
