// A name that a client gave to a session is that caller's own. Names that are made here begin with `~` and were so before.
import { sql } from 'kysely'
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const sessionName = (_: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await db
      .updateTable('session')
      .set({ name: sql`name || ' ' || binding || ' ' || principal` })
      .where('name', 'not like', '~%')
      .execute()
  },
})
