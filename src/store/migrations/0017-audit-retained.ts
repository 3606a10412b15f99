// Up to what time retention has gone, so that a clock that is far ahead deletes no more in an hour than what that hour may.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const auditRetained = ({ integer }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    // Empty until it has gone for the first time.
    await db.schema.alterTable('audit_head').addColumn('retained_at', integer).execute()
  },
})
