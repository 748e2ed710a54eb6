import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';

const folder = join(import.meta.dirname, 'migrations');
const appliedRow = z.object({ name: z.string() });

// Any constant will do, as long as every version of this service uses the same one.
const lockKey = 7_405_101_001;

/**
 * Brings the schema up to date and answers the names of the migrations it applied. All of them run in one transaction
 * under an advisory lock, so that replicas that start together do not run into each other.
 */
export async function migrate(url: string): Promise<string[]> {
  // Not from the pool: an index on a full table may take longer than a request is allowed to.
  const client = new pg.Client({
    connectionString: url,
    application_name: 'api-migrate',
    connectionTimeoutMillis: 800,
    statement_timeout: 10_000,
    query_timeout: 11_000,
  });
  // A connection that breaks also rejects the query under way; that rejection is the one that is told.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    await client.query(
      `create table if not exists schema_migrations (
         name text primary key, applied_at timestamptz not null default now())`,
    );
    const found = await client.query('select name from schema_migrations');
    const applied = new Set(found.rows.map((row) => appliedRow.parse(row).name));
    const pending = migrationFiles().filter((name) => !applied.has(name));
    for (const name of pending) {
      await client.query(readFileSync(join(folder, name), 'utf8'));
      await client.query('insert into schema_migrations (name) values ($1)', [name]);
    }
    await client.query('commit');
    return pending;
  } finally {
    // Ending the connection rolls back whatever was not committed.
    await client.end();
  }
}

/** Names of the migrations in the order in which they are applied. */
export function migrationFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
}
