// Sessions, locks and shared limit counters.
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const access = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    const { text, integer } = types
    await db.schema
      .createTable('session')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('name', text)
      .addColumn('principal', text, (column) => column.notNull())
      .addColumn('binding', text, (column) => column.notNull())
      .addColumn('model', text, (column) => column.notNull())
      .addColumn('address', text, (column) => column.notNull())
      .addColumn('opened_at', integer, (column) => column.notNull())
      .addColumn('last_at', integer, (column) => column.notNull())
      .addColumn('turns', integer, (column) => column.notNull())
      .addColumn('tokens', integer, (column) => column.notNull())
      .addColumn('ended_at', integer)
      .addColumn('end_cause', text)
      .addColumn('forgotten_at', integer)
      .execute()
    await db.schema.createIndex('session_name').unique().on('session').column('name').execute()
    await db.schema.createIndex('session_last_at').on('session').column('last_at').execute()
    await db.schema
      .createTable('session_taint')
      .addColumn('session', text, (column) => column.notNull())
      .addColumn('label', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('session_taint_key', ['session', 'label'])
      .execute()

    await db.schema
      .createTable('lock')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('target', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addColumn('created_by', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('until', integer)
      .addColumn('lifted_at', integer)
      .addColumn('lifted_by', text)
      .execute()

    await db.schema
      .createTable('node_cut')
      .addColumn('id', types.serial, (column) =>
        types.dialect === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey(),
      )
      .addColumn('from_seq', integer, (column) => column.notNull())
      .addColumn('seq', integer, (column) => column.notNull())
      .addColumn('node', text, (column) => column.notNull())
      .addColumn('calls', integer, (column) => column.notNull())
      .addColumn('upstreams', integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('node_cut_seq').on('node_cut').column('seq').execute()

    await db.schema
      .createTable('limit_counter')
      .addColumn('key', text, (column) => column.primaryKey())
      .addColumn('window_start', integer, (column) => column.notNull())
      .addColumn('used', integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('limit_slice')
      .addColumn('key', text, (column) => column.notNull())
      .addColumn('node', text, (column) => column.notNull())
      .addColumn('window_start', integer, (column) => column.notNull())
      .addColumn('amount', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('limit_slice_key', ['key', 'node'])
      .execute()
  },
})
