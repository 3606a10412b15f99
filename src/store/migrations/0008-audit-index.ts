// The search index of the audit log is written for many blocks at once; the head says how far it reaches.
import { sql } from 'kysely'
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const auditIndex = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db.schema
      .alterTable('audit_head')
      .addColumn('indexed', types.integer, (column) => column.notNull().defaultTo(0))
      .execute()
    // Until now every full block was indexed when it was filled.
    await sql`update audit_head set indexed = size - size % 1024`.execute(db)
  },
})
