import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@shop/service/errors';
import pg from 'pg';
import type { z } from 'zod';
import type { Operation, Statement } from './statement.ts';

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

/** Until a connection is tried for again, by whoever waits for as long as it takes. */
const retryMs = 200;

/** Connections that the pool may open. */
export const maxConnections = limits.max;

export interface Queries {
  /** Runs one statement and parses every row. Throws `database_unavailable` when nobody answers in time. */
  query<T>(statement: Statement, values: readonly unknown[], row: z.ZodType<T>): Promise<T[]>;
}

export interface Database extends Queries {
  /** Runs the work in one transaction on one connection: all of it is kept, or nothing. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Keeps a connection for itself until the signal aborts. Waits for one as long as it takes. */
  hold(signal: AbortSignal): Promise<void>;
  connections(): { total: number; idle: number; waiting: number; max: number };
  close(): Promise<void>;
}

/** `pool_exhausted`: every connection was in use for too long. That is this service's trouble, not the database's. */
export const queryOutcomes = ['ok', 'error', 'pool_exhausted'] as const;
export type QueryOutcome = (typeof queryOutcomes)[number];

export interface DatabaseHooks {
  /** An idle connection broke; the pool has dropped it already. */
  onConnectionLost(error: Error): void;
  /** A table is missing: the database was replaced by an empty one. */
  onSchemaMissing(): void;
  /** A statement has ended, so many milliseconds after it had a connection; null where it never got one. */
  onQuery(operation: Operation, outcome: QueryOutcome, durationMs: number | null): void;
  /** Milliseconds for which the database is to be slow before each statement (the fault `slow_database`). */
  slowness(): number;
  now(): number;
}

const ignore = () => undefined;

/** Opens a pool. It connects on first use, so this also works while the database is away. */
export function openDatabase(url: string, hooks: DatabaseHooks): Database {
  const pool = new pg.Pool({ connectionString: url, application_name: 'api', keepAlive: true, ...limits });
  // Without a listener a connection lost while idle would end the process.
  pool.on('error', hooks.onConnectionLost);
  // Nor may one end it that is lost while in use, which also rejects what it was doing. The pool takes its own listener
  // away as it hands a connection over; the server's last word may come in the same packet as its first one.
  pool.on('connect', (client) => client.on('error', ignore));

  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '42P01') hooks.onSchemaMissing();
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    }
  };

  /**
   * Measured from when the statement has its connection: a wait for one is this service's own trouble, and would make
   * the database look slow that is not.
   */
  const measured = async <T>(operation: Operation, work: () => Promise<T>): Promise<T> => {
    const started = hooks.now();
    let outcome: 'ok' | 'error' = 'error';
    try {
      const result = await translated(work());
      outcome = 'ok';
      return result;
    } finally {
      hooks.onQuery(operation, outcome, hooks.now() - started);
    }
  };

  const on = (client: pg.ClientBase): Queries => ({
    async query({ name, operation, text, undelayed }, values, row) {
      const slowness = undelayed === true ? 0 : hooks.slowness();
      const { rows } = await measured(operation, async () => {
        // Really slow, in the database: on the connection of the statement, which is held meanwhile.
        if (slowness > 0) await client.query('select pg_sleep($1)', [slowness / 1000]);
        return client.query({ name, text, values: [...values] });
      });
      return rows.map((found) => row.parse(found));
    },
  });

  const withClient = async <T>(
    work: (client: pg.PoolClient) => Promise<T>,
    onNoConnection: (outcome: QueryOutcome) => void = ignore,
  ): Promise<T> => {
    const connecting = pool.connect().catch((error: unknown) => {
      onNoConnection(isPoolExhausted(error) ? 'pool_exhausted' : 'error');
      throw error;
    });
    const client = await translated(connecting);
    let broken = true;
    try {
      const result = await work(client);
      broken = false;
      return result;
    } finally {
      // After an error nobody knows in which state it is; what a closed connection has not committed is rolled back.
      client.release(broken);
    }
  };

  return {
    query: (statement, values, row) =>
      withClient(
        (client) => on(client).query(statement, values, row),
        (outcome) => hooks.onQuery(statement.operation, outcome, null),
      ),
    transaction: (work) =>
      withClient(async (client) => {
        await translated(client.query('begin'));
        const result = await work(on(client));
        await translated(client.query('commit'));
        return result;
      }),
    async hold(signal) {
      while (!signal.aborted) {
        const client = await pool.connect().catch(() => undefined);
        if (client === undefined) {
          await sleep(retryMs, undefined, { signal }).catch(() => undefined);
          continue;
        }
        // Lost while it is held: the place in the pool stays taken all the same.
        if (!signal.aborted) await once(signal, 'abort');
        client.release(true);
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

/** pg-pool has no code for it; a connection that is not answered ends with another message. */
const isPoolExhausted = (error: unknown): boolean =>
  error instanceof Error && error.message === 'timeout exceeded when trying to connect';

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
