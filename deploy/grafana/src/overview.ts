import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, fill } from './parts/board.ts';
import { highIsBad, lowIsBad } from './parts/limits.ts';
import { dashboardLink, logsOf, tracesOf } from './parts/links.ts';
import { graph, lines, log, number, table, traceList } from './parts/panels.ts';
import {
  logLines,
  now,
  range,
  rangeWithExemplars,
  rows,
  serviceGraph,
  traces,
  USERS,
} from './parts/queries.ts';
import { services } from './parts/variables.ts';

const requests = `http_requests_total{service=~"$service",${USERS}}`;
const durations = `http_request_duration_seconds_bucket{service=~"$service",${USERS}}`;
const p = (quantile: number) =>
  `histogram_quantile(${quantile}, sum by (service, le) (rate(${durations}[$__rate_interval])))`;

/** Is anything wrong, and where: what a person opens first. */
export function overview(): DashboardBuilder {
  const dashboard = board(
    'overview',
    'Overview',
    'Is anything wrong, and where? The four golden signals of each service, and who calls whom.',
  ).withVariable(services());

  return fill(dashboard, [
    {
      heading: 'Now',
      panels: [
        number(
          {
            title: 'Alerts firing',
            says: 'Alerts that fire, the one that always fires left out. Red: read the table beside, then the runbook of the alert.',
            span: 4,
            unit: 'short',
            limits: highIsBad({ red: 1 }),
          },
          now('count(ALERTS{alertstate="firing",severity!="none"}) or vector(0)'),
        ),
        number(
          {
            title: 'Targets down',
            says: 'Scrape targets that do not answer. Red: every panel about them is out of date. See Infrastructure.',
            span: 4,
            unit: 'short',
            limits: highIsBad({ red: 1 }),
            links: [dashboardLink('infrastructure', 'Infrastructure')],
          },
          now('count(up == 0) or vector(0)'),
        ),
        number(
          {
            title: 'Incidents not closed',
            says: 'Incidents that the bot has open. Orange is its work; see Remediation for what waits for a person.',
            span: 4,
            unit: 'short',
            limits: highIsBad({ orange: 1, red: 5 }),
            links: [dashboardLink('remediation', 'Remediation')],
          },
          now('sum(alert_bot_incidents{status!="closed"})'),
        ),
        table(
          {
            title: 'What fires',
            says: 'Each alert that fires. Its name is the name of its runbook in docs/runbooks.',
            span: 12,
            height: 4,
            unit: 'short',
          },
          rows('count by (alertname, service, severity) (ALERTS{alertstate="firing",severity!="none"})'),
        ),
      ],
    },
    {
      heading: 'Golden signals',
      panels: [
        lines(
          {
            title: 'Traffic',
            says: 'Requests of users per second. A drop to 0 while the shop is open is as bad as errors.',
            span: 12,
            unit: 'reqps',
            links: [dashboardLink('api', 'By route')],
          },
          range(`sum by (service) (rate(${requests}[$__rate_interval]))`, '{{service}}'),
        ),
        lines(
          {
            title: 'Errors',
            says: 'Share of requests answered with a 5xx status. The line is the limit of HighErrorRate. Open the logs of the service by the link.',
            span: 12,
            unit: 'percentunit',
            limits: highIsBad({ red: 0.2 }),
            links: [logsOf('${service:regex}', 'Logs in Explore')],
          },
          range(
            `sum by (service) (rate(http_requests_total{service=~"$service",status="5xx",${USERS}}[$__rate_interval])) / sum by (service) (rate(${requests}[$__rate_interval]))`,
            '{{service}}',
          ),
        ),
        lines(
          {
            title: 'Latency',
            says: 'Half of the requests, and 95 % of them, are faster than this. The line is the limit of HighLatency. A dot is a request with a trace: click it.',
            span: 12,
            unit: 's',
            limits: highIsBad({ red: 0.5 }),
            links: [tracesOf('${service:regex}', 'Slow traces in Explore')],
          },
          rangeWithExemplars(p(0.95), '{{service}} 95 %'),
          range(p(0.5), '{{service}} 50 %'),
        ),
        lines(
          {
            title: 'Saturation',
            says: 'How full each part is: memory of its limit, connections of the pool, the time the event loop is late (1 is a second). Above 0.8 it will soon be slow.',
            span: 12,
            unit: 'percentunit',
            limits: highIsBad({ red: 0.8 }),
          },
          range(
            'process_resident_memory_bytes{service=~"$service"} / process_memory_limit_bytes{service=~"$service"}',
            '{{service}} memory',
          ),
          range(
            '(db_pool_connections{service=~"$service",state="total"} - ignoring(state) db_pool_connections{service=~"$service",state="idle"}) / db_pool_connections_max{service=~"$service"}',
            '{{service}} pool',
          ),
          range('nodejs_eventloop_lag_p99_seconds{service=~"$service"}', '{{service}} event loop'),
        ),
      ],
    },
    {
      heading: 'Users',
      panels: [
        lines(
          {
            title: 'What users get',
            says: 'Requests of the simulated users by outcome. Declined is a bank that says no: no fault of ours.',
            span: 10,
            unit: 'reqps',
            stacked: true,
          },
          range('sum by (outcome) (rate(traffic_requests_total[$__rate_interval]))', '{{outcome}}'),
        ),
        lines(
          {
            title: 'What users wait',
            says: 'Latency as the users measure it, by action. Much more than Latency above: the time is lost before the service, in its queue or the network.',
            span: 10,
            unit: 's',
            limits: highIsBad({ red: 0.5 }),
          },
          range(
            'histogram_quantile(0.95, sum by (action, le) (rate(traffic_request_duration_seconds_bucket[$__rate_interval])))',
            '{{action}} 95 %',
          ),
        ),
        number(
          {
            title: 'Users',
            says: 'Simulated users at work. 0: nobody measures, the panels above stand still.',
            span: 4,
            unit: 'short',
            limits: lowIsBad({ orange: 1, green: 1 }),
          },
          now('sum(traffic_users)'),
        ),
      ],
    },
    {
      heading: 'Traces and logs',
      panels: [
        graph(
          {
            title: 'Who calls whom',
            says: 'From traces of the last minutes. Red in a ring is the share of calls that fail: look at the end of the chain first.',
            span: 12,
            height: 12,
          },
          serviceGraph(),
        ),
        traceList(
          {
            title: 'Slow or failed traces',
            says: 'Newest traces over half a second or with an error. The id opens the trace, its spans lead to the logs.',
            span: 12,
            height: 12,
          },
          traces('{resource.service.name=~"$service" && (status=error || duration>500ms)}'),
        ),
        log(
          {
            title: 'Warnings and errors',
            says: 'Lines at warn and above. A line with a trace id leads to its trace.',
            span: 24,
            height: 10,
          },
          logLines('{service=~"$service",level=~"warn|error|fatal"}'),
        ),
      ],
    },
  ]);
}
