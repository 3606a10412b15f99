// When a block of the log whose events bear a time that had not come was seen: they are no younger, whatever they bear.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const auditKnownBy = ({ integer }: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema.alterTable('audit_block').addColumn('known_by', integer).execute()
  },
})
