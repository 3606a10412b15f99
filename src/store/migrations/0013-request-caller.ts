// A request keeps what it was made with, so that its asker can be asked about again when it is answered.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const requestCaller = ({ text }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    // Nobody knows it of those that wait now: they have to be made again, and end within a day.
    await db.schema.alterTable('access_request').addColumn('caller', text).execute()
  },
})
