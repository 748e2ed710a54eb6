import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, fill } from './parts/board.ts';
import { highIsBad, lowIsBad } from './parts/limits.ts';
import { dashboardLink } from './parts/links.ts';
import { zeroOne } from './parts/mappings.ts';
import { lines, number, table } from './parts/panels.ts';
import { now, range, rows } from './parts/queries.ts';
import { choice } from './parts/variables.ts';

const rate = (metric: string) => `sum by (datname) (rate(${metric}{datname=~"$database"}[$__rate_interval]))`;
const statement = 'datname=~"$database"';

/** PostgreSQL from inside and as the api sees it. */
export function database(): DashboardBuilder {
  const dashboard = board(
    'database',
    'Database',
    'PostgreSQL as the api sees it and as it sees itself. The bot never restarts it: a slow database is for people.',
  ).withVariable(choice('database', 'Database', 'pg_stat_database_xact_commit', 'datname'));

  return fill(dashboard, [
    {
      heading: 'Now',
      panels: [
        number(
          {
            title: 'Database',
            says: 'Whether the exporter can ask it. Down: runbook DatabaseDown; the api answers 503 meanwhile and is left alone.',
            span: 6,
            unit: 'short',
            limits: lowIsBad({ orange: 1, green: 1 }),
            mappings: zeroOne({ text: 'down' }, { text: 'up' }),
          },
          now('min(pg_up)'),
        ),
        number(
          {
            title: 'Connections of all allowed',
            says: 'Above 80 %: find who holds them in Connections by state; idle in transaction is a fault of the client.',
            span: 6,
            unit: 'percentunit',
            limits: highIsBad({ orange: 0.6, red: 0.8 }),
          },
          now('sum(pg_stat_activity_count) / max(pg_settings_max_connections)'),
        ),
        number(
          {
            title: 'Read from memory',
            says: 'Share of blocks found in shared buffers. Below 90 % for long: too little memory for what is asked.',
            span: 6,
            unit: 'percentunit',
            limits: lowIsBad({ orange: 0.8, green: 0.9 }),
          },
          now(
            'sum(rate(pg_stat_database_blks_hit{datname=~"$database"}[5m])) / (sum(rate(pg_stat_database_blks_hit{datname=~"$database"}[5m])) + sum(rate(pg_stat_database_blks_read{datname=~"$database"}[5m])))',
          ),
        ),
        number(
          {
            title: 'Size',
            says: 'On disk. How to remove old transactions: docs/operations.md.',
            span: 6,
            unit: 'bytes',
          },
          now('sum(pg_database_size_bytes{datname=~"$database"})'),
        ),
      ],
    },
    {
      heading: 'As the api sees it',
      panels: [
        lines(
          {
            title: 'Time of a query',
            says: '95 % of the queries of a kind are faster. All kinds slow at once: locks, disk or CPU of the database. This is what DatabaseSlow looks at.',
            span: 8,
            unit: 's',
            limits: highIsBad({ red: 0.5 }),
            links: [dashboardLink('api', 'API')],
          },
          range(
            'histogram_quantile(0.95, sum by (operation, le) (rate(db_query_duration_seconds_bucket[$__rate_interval])))',
            '{{operation}} 95 %',
          ),
        ),
        lines(
          {
            title: 'Queries',
            says: 'By kind. Errors are in the logs of the api with their SQLSTATE.',
            span: 8,
            unit: 'cps',
          },
          range(
            'sum by (operation) (rate(db_queries_total{outcome="ok"}[$__rate_interval]))',
            '{{operation}}',
          ),
          range('sum(rate(db_queries_total{outcome="error"}[$__rate_interval]))', 'errors'),
          range(
            'sum(rate(db_queries_total{outcome="pool_exhausted"}[$__rate_interval]))',
            'no connection was free',
          ),
        ),
        lines(
          {
            title: 'Connection pool',
            says: 'Waiting above 0: the pool is used up. Slow queries keep connections; a larger pool only moves the queue into the database.',
            span: 8,
            unit: 'short',
            dashed: 'most allowed',
          },
          range('sum(db_pool_connections{state="total"}) - sum(db_pool_connections{state="idle"})', 'in use'),
          range('sum(db_pool_connections{state="idle"})', 'idle'),
          range('sum(db_pool_connections{state="waiting"})', 'waiting for one'),
          range('sum(db_pool_connections_max)', 'most allowed'),
        ),
      ],
    },
    {
      heading: 'As it sees itself',
      panels: [
        lines(
          {
            title: 'Transactions',
            says: 'Commits and rollbacks. Many rollbacks: a client gives up, or statements fail.',
            span: 8,
            unit: 'cps',
          },
          range(rate('pg_stat_database_xact_commit'), '{{datname}} committed'),
          range(rate('pg_stat_database_xact_rollback'), '{{datname}} rolled back'),
        ),
        lines(
          {
            title: 'Rows',
            says: 'Much more read than returned: an index is missing.',
            span: 8,
            unit: 'rowsps',
          },
          range(rate('pg_stat_database_tup_returned'), '{{datname}} read'),
          range(rate('pg_stat_database_tup_fetched'), '{{datname}} fetched'),
          range(rate('pg_stat_database_tup_inserted'), '{{datname}} inserted'),
          range(rate('pg_stat_database_tup_updated'), '{{datname}} updated'),
        ),
        lines(
          {
            title: 'Connections by state',
            says: 'Idle in transaction holds locks and old rows: find the client by its address in pg_stat_activity.',
            span: 8,
            unit: 'short',
            stacked: true,
          },
          range('sum by (state) (pg_stat_activity_count{datname=~"$database"})', '{{state}}'),
        ),
        lines(
          {
            title: 'Locks',
            says: 'Held locks by mode. AccessExclusiveLock stops everything on its table: a migration or a forgotten session.',
            span: 8,
            unit: 'short',
            stacked: true,
          },
          range('sum by (mode) (pg_locks_count{datname=~"$database"})', '{{mode}}'),
        ),
        lines(
          {
            title: 'Longest transaction',
            says: 'Age of the oldest open transaction. Minutes: it keeps dead rows alive and may hold locks.',
            span: 8,
            unit: 's',
            limits: highIsBad({ red: 60 }),
          },
          range('max by (datname) (pg_stat_activity_max_tx_duration{datname=~"$database"})', '{{datname}}'),
        ),
        lines(
          {
            title: 'Deadlocks and temporary files',
            says: 'Any deadlock is an error of the order in which statements take their rows. Temporary files: work_mem is too small for a sort.',
            span: 8,
            unit: 'short',
          },
          range('sum(increase(pg_stat_database_deadlocks{datname=~"$database"}[5m]))', 'deadlocks'),
          range('sum(increase(pg_stat_database_temp_files{datname=~"$database"}[5m]))', 'temporary files'),
        ),
      ],
    },
    {
      heading: 'Statements',
      panels: [
        table(
          {
            title: 'Where the time goes',
            says: 'Statements by the share of a second that they take in each second. Start with the first. The text to an id: select queryid, query from pg_stat_statements.',
            span: 12,
            unit: 's',
          },
          rows(
            `topk(10, sum by (queryid, datname) (rate(pg_stat_statements_seconds_total{${statement}}[5m])))`,
          ),
        ),
        table(
          {
            title: 'Slowest on average',
            says: 'Mean time of one execution. Rare and slow ones are here, that the other table does not show.',
            span: 12,
            unit: 's',
            limits: highIsBad({ orange: 0.1, red: 0.5 }),
          },
          rows(
            `topk(10, sum by (queryid, datname) (rate(pg_stat_statements_seconds_total{${statement}}[5m])) / (sum by (queryid, datname) (rate(pg_stat_statements_calls_total{${statement}}[5m])) > 0))`,
          ),
        ),
      ],
    },
  ]);
}
