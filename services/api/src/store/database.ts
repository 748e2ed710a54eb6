import { AppError } from '@shop/service/errors';
import pg from 'pg';
import type { z } from 'zod';

/** Together these bound a request with the database away or hanging: 0.8 s to connect, then 1.1 s to answer. */
const limits = {
  max: 10,
  connectionTimeoutMillis: 800,
  // The server gives up first, so that a slow query does not go on behind a client that has left.
  statement_timeout: 900,
  query_timeout: 1_100,
  idle_in_transaction_session_timeout: 5_000,
  idleTimeoutMillis: 30_000,
};

export interface Database {
  /** Runs one statement and parses every row. Throws `database_unavailable` when nobody answers in time. */
  query<T>(sql: string, values: readonly unknown[], row: z.ZodType<T>): Promise<T[]>;
  connections(): { total: number; idle: number; waiting: number; max: number };
  close(): Promise<void>;
}

export interface DatabaseHooks {
  /** An idle connection broke; the pool has dropped it already. */
  onConnectionLost(error: Error): void;
  /** A table is missing: the database was replaced by an empty one. */
  onSchemaMissing(): void;
}

/** Opens a pool. It connects on first use, so this also works while the database is away. */
export function openDatabase(url: string, hooks: DatabaseHooks): Database {
  const pool = new pg.Pool({ connectionString: url, application_name: 'api', keepAlive: true, ...limits });
  // Without a listener a connection lost while idle would end the process.
  pool.on('error', hooks.onConnectionLost);

  return {
    async query(sql, values, row) {
      try {
        // pool.query gives the connection back on every path, and drops it after an error.
        const result = await pool.query(sql, [...values]);
        return result.rows.map((found) => row.parse(found));
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.code === '42P01') hooks.onSchemaMissing();
        throw isUnavailable(error) ? databaseUnavailable(error) : error;
      }
    },
    connections: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      max: limits.max,
    }),
    close: () => pool.end(),
  };
}

export function databaseUnavailable(cause: unknown): AppError {
  return new AppError('database_unavailable', 'The database does not answer. Try again in a few seconds.', {
    cause,
  });
}

/**
 * An error the server sent is our bug, unless its class says that the server itself is the trouble: connections (08),
 * authorisation (28), no such database (3D), resources (53), cancelled or shut down (57), I/O (58), read-only (25006),
 * no table yet (42P01). An error the server did not send comes from the connection.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'database_unavailable';
  if (error instanceof pg.DatabaseError) return /^(08|28|3D|53|57|58|25006|42P01)/.test(error.code ?? '');
  const ours = error instanceof TypeError || error instanceof RangeError || !(error instanceof Error);
  return !ours && error.name !== 'ZodError';
}
