// Calls that run on a counted grant, campaigns, and the signed events from outside that were taken.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const campaign = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    const { text, integer } = types
    await db.schema
      .alterTable('access_grant')
      .addColumn('running', integer, (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema.alterTable('access_grant').addColumn('review_alerted_at', integer).execute()

    await db.schema
      .createTable('campaign')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('started_at', integer, (column) => column.notNull())
      .addColumn('started_by', text, (column) => column.notNull())
      .addColumn('due_at', integer, (column) => column.notNull())
      .addColumn('closed_at', integer)
      .addColumn('closed_by', text)
      .execute()
    await db.schema.createIndex('campaign_open').on('campaign').columns(['closed_at', 'due_at']).execute()
    await db.schema
      .createTable('campaign_item')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('campaign', text, (column) => column.notNull())
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
    await db.schema.createIndex('campaign_item_campaign').on('campaign_item').columns(['campaign', 'id']).execute()

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
