// Calls that run on a counted grant, access reviews, and the signed events from outside that were taken.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const accessReview = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    const { text, integer } = types
    await db.schema
      .alterTable('access_grant')
      .addColumn('running', integer, (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema.alterTable('access_grant').addColumn('review_alerted_at', integer).execute()

    await db.schema
      .createTable('review')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('started_at', integer, (column) => column.notNull())
      .addColumn('started_by', text, (column) => column.notNull())
      .addColumn('due_at', integer, (column) => column.notNull())
      .addColumn('closed_at', integer)
      .addColumn('closed_by', text)
      .execute()
    await db.schema.createIndex('review_open').on('review').columns(['closed_at', 'due_at']).execute()
    await db.schema
      .createTable('review_item')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('review', text, (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('target', text, (column) => column.notNull())
      .addColumn('holder', text, (column) => column.notNull())
      .addColumn('what', text, (column) => column.notNull())
      .addColumn('since', integer, (column) => column.notNull())
      .addColumn('last_used_at', integer)
      .addColumn('decision', text)
      .addColumn('decided_at', integer)
      .addColumn('decided_by', text)
      .addColumn('note', text)
      .addColumn('outcome', text)
      .execute()
    await db.schema.createIndex('review_item_review').on('review_item').columns(['review', 'id']).execute()

    await db.schema
      .createTable('inbound_event')
      .addColumn('source', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('at', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('inbound_event_key', ['source', 'id'])
      .execute()
    await db.schema.createIndex('inbound_event_at').on('inbound_event').column('at').execute()
  },
})
