// Long because it is a list: the panels of one dashboard, from top to bottom.
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, fill } from './parts/board.ts';
import { highIsBad } from './parts/limits.ts';
import { dashboardLink, logsOf, tracesOf } from './parts/links.ts';
import { zeroOne } from './parts/mappings.ts';
import { bars, heat, lines, log, number, states, table } from './parts/panels.ts';
import { buckets, logCount, logLines, now, range, rangeWithExemplars, rows, USERS } from './parts/queries.ts';
import { choice } from './parts/variables.ts';

const labels = `service="api",route=~"$route",${USERS}`;
const requests = `http_requests_total{${labels}}`;
const durations = `http_request_duration_seconds_bucket{${labels}}`;
const mean = (name: string, by: string, filter: string) =>
  `sum by (${by}) (rate(${name}_sum{${filter}}[$__rate_interval])) / sum by (${by}) (rate(${name}_count{${filter}}[$__rate_interval]))`;

/** What the api does, route by route, and what it waits for. */
export function api(): DashboardBuilder {
  const dashboard = board(
    'api',
    'API',
    'Requests by route, the payment gateway as the api sees it, and the business: transactions, batches, settlements.',
  ).withVariable(choice('route', 'Route', 'http_requests_total{service="api"}', 'route'));

  return fill(dashboard, [
    {
      heading: 'Requests',
      panels: [
        lines(
          {
            title: 'Requests by route',
            says: 'Requests per second. Choose a route above to see it alone.',
            span: 8,
            unit: 'reqps',
            stacked: true,
          },
          range(`sum by (method, route) (rate(${requests}[$__rate_interval]))`, '{{method}} {{route}}'),
        ),
        lines(
          {
            title: 'Answers by class of status',
            says: '4xx is what callers do wrong, 5xx is ours. Many 4xx after a release: the interface has changed.',
            span: 8,
            unit: 'reqps',
            stacked: true,
          },
          range(`sum by (status) (rate(${requests}[$__rate_interval]))`, '{{status}}'),
        ),
        lines(
          {
            title: 'Share of 5xx by route',
            says: 'One route: its code or what it calls. All routes: the process or the database. The line is the limit of HighErrorRate.',
            span: 8,
            unit: 'percentunit',
            limits: highIsBad({ red: 0.2 }),
            links: [logsOf('api', 'Logs in Explore')],
          },
          range(
            `sum by (method, route) (rate(http_requests_total{status="5xx",${labels}}[$__rate_interval])) / sum by (method, route) (rate(${requests}[$__rate_interval]))`,
            '{{method}} {{route}}',
          ),
        ),
        lines(
          {
            title: 'Latency',
            says: 'Half, 95 % and 99 % of the requests are faster. A dot is a request with a trace: click it.',
            span: 8,
            unit: 's',
            limits: highIsBad({ red: 0.5 }),
            links: [tracesOf('api', 'Slow traces in Explore')],
          },
          ...[0.99, 0.95, 0.5].map((q) =>
            rangeWithExemplars(
              `histogram_quantile(${q}, sum by (le) (rate(${durations}[$__rate_interval])))`,
              `${q * 100} %`,
            ),
          ),
        ),
        heat(
          {
            title: 'How many took how long',
            says: 'Two bands: two kinds of request, or a part of them waits for something.',
            span: 8,
            unit: 's',
          },
          buckets(`sum by (le) (rate(${durations}[$__rate_interval]))`),
        ),
        table(
          {
            title: 'Slowest routes',
            says: '95th percentile of each route, as it is now.',
            span: 8,
            unit: 's',
            limits: highIsBad({ orange: 0.25, red: 0.5 }),
          },
          rows(
            `sort_desc(histogram_quantile(0.95, sum by (method, route, le) (rate(${durations}[5m]))) > 0)`,
          ),
        ),
      ],
    },
    {
      heading: 'Payment gateway, as the api sees it',
      panels: [
        lines(
          {
            title: 'Calls by outcome',
            says: 'Error is the fault of the other side. The bot then restarts payments, and leaves the api alone.',
            span: 12,
            unit: 'reqps',
            stacked: true,
          },
          range(
            'sum by (upstream, outcome) (rate(upstream_requests_total{service="api"}[$__rate_interval]))',
            '{{upstream}} {{outcome}}',
          ),
        ),
        lines(
          {
            title: 'Time of a call',
            says: '95 % of the calls are faster. Latency of POST /transactions follows it. The line is the limit of HighUpstreamLatency.',
            span: 12,
            unit: 's',
            limits: highIsBad({ red: 0.5 }),
          },
          range(
            'histogram_quantile(0.95, sum by (upstream, le) (rate(upstream_request_duration_seconds_bucket{service="api"}[$__rate_interval])))',
            '{{upstream}} 95 %',
          ),
        ),
      ],
    },
    {
      heading: 'Business',
      panels: [
        lines(
          {
            title: 'Transactions by status',
            says: 'What was recorded. Completed falls while requests do not: the banks decline, or the gateway fails.',
            span: 8,
            unit: 'cps',
            stacked: true,
          },
          range('sum by (status) (rate(processed_transactions_total[$__rate_interval]))', '{{status}}'),
        ),
        lines(
          {
            title: 'Sign-ins and purchases',
            says: 'Usage events. Their log lines are a stream of their own: the link leads there.',
            span: 8,
            unit: 'cps',
            links: [logsOf('api', 'Logs in Explore')],
          },
          range('sum by (event) (rate(usage_events_total[$__rate_interval]))', '{{event}}'),
        ),
        lines(
          {
            title: 'Answers given again',
            says: 'Requests with an Idempotency-Key that was used before: the caller did not get the first answer. Many: answers are lost or too slow.',
            span: 8,
            unit: 'cps',
          },
          range('sum(rate(idempotent_replays_total[$__rate_interval]))', 'replayed'),
        ),
        bars(
          {
            title: 'Batches: time for one transaction',
            says: 'Mean time of a batch divided by its transactions. Concurrent has to be far shorter than sequential; close together: the pool is the limit.',
            span: 8,
            unit: 's',
          },
          now(
            'sum by (mode) (rate(batch_duration_seconds_sum[15m])) / sum by (mode) (rate(batch_transactions_total[15m]))',
            '{{mode}}',
          ),
        ),
        lines(
          {
            title: 'Batches',
            says: 'Batches per minute and how many run now, by mode.',
            span: 8,
            unit: 'short',
          },
          range('sum by (mode) (rate(batches_total[$__rate_interval])) * 60', '{{mode}} per minute'),
          range('sum by (mode) (batches_in_progress)', '{{mode}} running'),
        ),
        lines(
          {
            title: 'Transactions of batches',
            says: 'By mode and status. Failed ones of a batch are to be sent again by whoever sent it.',
            span: 8,
            unit: 'cps',
            stacked: true,
          },
          range(
            'sum by (mode, status) (rate(batch_transactions_total[$__rate_interval]))',
            '{{mode}} {{status}}',
          ),
        ),
        lines(
          {
            title: 'Settlements',
            says: 'Runs by outcome over a quarter of an hour, and the transactions they settled. An error is safe to run again.',
            span: 12,
            unit: 'short',
          },
          range('sum by (outcome) (increase(settlements_total[15m]))', '{{outcome}}'),
          range('sum(increase(settled_transactions_total[15m]))', 'transactions settled'),
        ),
        lines(
          {
            title: 'Steps of a settlement',
            says: 'Mean time of each step. Extract grows with what is not settled yet, load with the database.',
            span: 12,
            unit: 's',
          },
          range(mean('settlement_step_duration_seconds', 'step', 'service="api"'), '{{step}}'),
        ),
      ],
    },
    {
      heading: 'Process',
      panels: [
        lines(
          {
            title: 'Memory',
            says: 'Resident memory beside its limit. A slope that does not end: a leak. At 80 % HighMemory has it restarted.',
            span: 8,
            unit: 'bytes',
            dashed: 'limit',
          },
          range('process_resident_memory_bytes{service="api"}', 'resident'),
          range('nodejs_heap_size_used_bytes{service="api"}', 'heap used'),
          range('process_memory_limit_bytes{service="api"}', 'limit'),
        ),
        lines(
          {
            title: 'Event loop',
            says: 'How late the event loop is. Something computes for long: every request waits for it.',
            span: 8,
            unit: 's',
            limits: highIsBad({ red: 0.2 }),
          },
          range('nodejs_eventloop_lag_p99_seconds{service="api"}', '99 %'),
          range('nodejs_eventloop_lag_mean_seconds{service="api"}', 'mean'),
        ),
        lines(
          {
            title: 'CPU and requests under way',
            says: 'Cores used, and requests being answered. Many requests and little CPU: it waits for something else.',
            span: 8,
            unit: 'short',
          },
          range('rate(process_cpu_seconds_total{service="api"}[$__rate_interval])', 'cores'),
          range('http_requests_in_flight{service="api"}', 'under way'),
        ),
        states(
          {
            title: 'Faults switched on',
            says: 'Faults that somebody set by POST /faults, in any service. They explain what you see; DELETE /faults ends them.',
            span: 16,
            unit: 'short',
            height: 6,
            mappings: zeroOne({ text: 'off', color: 'transparent' }, { text: 'on', color: 'red' }),
          },
          range('max by (service, kind) (faults_active)', '{{service}} {{kind}}'),
        ),
        number(
          {
            title: 'Unexpected exceptions, last hour',
            says: 'Requests ended by an exception that nobody expected: a bug. The log has the stack.',
            span: 8,
            unit: 'short',
            decimals: 0,
            limits: highIsBad({ red: 1 }),
            links: [logsOf('api', 'Logs in Explore'), dashboardLink('database', 'Database')],
          },
          now('sum(increase(http_exceptions_total{service="api"}[1h]))'),
        ),
      ],
    },
    {
      heading: 'Logs',
      panels: [
        lines(
          {
            title: 'Lines by level',
            says: 'More errors without more requests: look at the lines beside.',
            span: 8,
            unit: 'cps',
            stacked: true,
          },
          logCount('sum by (level) (rate({service="api"}[$__auto]))', '{{level}}'),
        ),
        log(
          {
            title: 'Warnings and errors',
            says: 'Lines at warn and above. A line with a trace id leads to its trace.',
            span: 16,
          },
          logLines('{service="api",level=~"warn|error|fatal"}'),
        ),
        log(
          {
            title: 'Usage events',
            says: 'Who signed in and bought, by segment: the stream of its own.',
            span: 24,
          },
          logLines('{usage="true"} | json'),
        ),
      ],
    },
  ]);
}
