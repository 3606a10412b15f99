// The audit log. What is written for every event is one row and the head; everything that makes it searchable is
// written once per block of 1024 events, because a page written per event costs more than the event.
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes, MigrationSteps } from './types.ts'

export const audit = (types: ColumnTypes): MigrationSteps => ({
  async up(db) {
    await createLog(db, types)
    await createSearch(db, types)
    await guardRows(db, types)
    await createContent(db, types)
  },
})

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the tables as they were, not as the types now say
type AnyDb = Kysely<any>

async function createLog(db: AnyDb, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('audit_head')
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .addColumn('size', types.integer, (column) => column.notNull())
    .addColumn('root', types.bytes, (column) => column.notNull())
    .addColumn('frontier', types.bytes, (column) => column.notNull())
    .addColumn('floor', types.integer, (column) => column.notNull())
    .execute()
  // RFC 9162 section 2.1.1: the root of the empty tree is the hash of nothing.
  const empty = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex')
  await db
    .insertInto('audit_head')
    .values({ id: 1, size: 0, root: empty, frontier: Buffer.alloc(0), floor: 0 })
    .execute()

  await db.schema
    .createTable('audit_event')
    .addColumn('position', types.integer, (column) => column.primaryKey())
    .addColumn('body', types.text, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('audit_boot')
    .addColumn('boot', types.text, (column) => column.primaryKey())
    .addColumn('node', types.text, (column) => column.notNull())
    .addColumn('started_at', types.integer, (column) => column.notNull())
    .addColumn('open_from', types.integer, (column) => column.notNull())
    .addColumn('ended_at', types.integer)
    .execute()
  await db.schema
    .createTable('audit_checkpoint')
    .addColumn('size', types.integer, (column) => column.primaryKey())
    .addColumn('time', types.integer, (column) => column.notNull())
    .addColumn('note', types.text, (column) => column.notNull())
    .execute()
}

async function createSearch(db: AnyDb, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('audit_tile')
    .addColumn('tile', types.integer, (column) => column.primaryKey())
    .addColumn('hashes', types.bytes, (column) => column.notNull())
    .addColumn('root', types.bytes, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('audit_block')
    .addColumn('block', types.integer, (column) => column.primaryKey())
    .addColumn('min_time', types.integer, (column) => column.notNull())
    .addColumn('max_time', types.integer, (column) => column.notNull())
    .addColumn('min_id', types.text, (column) => column.notNull())
    .addColumn('max_id', types.text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_block_time').on('audit_block').columns(['max_time', 'min_time']).execute()
  await db.schema.createIndex('audit_block_id').on('audit_block').columns(['max_id', 'min_id']).execute()
  const term = db.schema
    .createTable('audit_term')
    .addColumn('term', types.text, (column) => column.notNull())
    .addColumn('block', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_term_pk', ['term', 'block'])
  await (types.dialect === 'sqlite' ? term.modifyEnd(sql`without rowid`) : term).execute()
  const hour = db.schema
    .createTable('audit_hour')
    .addColumn('hour', types.integer, (column) => column.notNull())
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('principal', types.text, (column) => column.notNull())
    .addColumn('model', types.text, (column) => column.notNull())
    .addColumn('decision', types.text, (column) => column.notNull())
    .addColumn('outcome', types.text, (column) => column.notNull())
    .addColumn('events', types.integer, (column) => column.notNull())
    .addColumn('input_tokens', types.integer, (column) => column.notNull())
    .addColumn('output_tokens', types.integer, (column) => column.notNull())
    .addColumn('milliseconds', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_hour_pk', ['hour', 'kind', 'principal', 'model', 'decision', 'outcome'])
  await (types.dialect === 'sqlite' ? hour.modifyEnd(sql`without rowid`) : hour).execute()
}

/** Against accidents, not against whoever owns the database: events are never updated, and deleted only below the floor. */
async function guardRows(db: AnyDb, types: ColumnTypes): Promise<void> {
  if (types.dialect === 'sqlite') {
    await sql`create trigger audit_event_keep before update on audit_event
      begin select raise(abort, 'audit events are never changed'); end`.execute(db)
    await sql`create trigger audit_event_floor before delete on audit_event
      when old.position >= (select floor from audit_head where id = 1)
      begin select raise(abort, 'audit events are kept above the floor'); end`.execute(db)
    return
  }
  await sql`create function audit_event_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if old.position < (select floor from audit_head where id = 1) then return old; end if;
      end if;
      raise exception 'audit events are never changed, and kept above the floor';
    end $$`.execute(db)
  await sql`create trigger audit_event_guard before update or delete on audit_event
    for each row execute function audit_event_guard()`.execute(db)
}

async function createContent(db: AnyDb, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('audit_content')
    .addColumn('call', types.text, (column) => column.notNull())
    .addColumn('part', types.text, (column) => column.notNull())
    .addColumn('kid', types.text, (column) => column.notNull())
    .addColumn('sealed', types.bytes, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_content_pk', ['call', 'part'])
    .execute()
  await db.schema.createIndex('audit_content_kid').on('audit_content').column('kid').execute()
  await db.schema.createIndex('audit_content_expiry').on('audit_content').column('expires_at').execute()
  await db.schema
    .createTable('audit_content_key')
    .addColumn('kid', types.text, (column) => column.primaryKey())
    .addColumn('subject', types.text, (column) => column.notNull())
    .addColumn('period', types.text, (column) => column.notNull())
    .addColumn('wrapped', types.bytes, (column) => column.notNull())
    .addUniqueConstraint('audit_content_key_owner', ['subject', 'period'])
    .execute()
}
