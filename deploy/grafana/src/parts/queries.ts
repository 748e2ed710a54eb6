import { DataqueryBuilder as LokiQuery } from '@grafana/grafana-foundation-sdk/loki';
import {
  DataqueryBuilder as PrometheusQuery,
  PromQueryFormat,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { DataqueryBuilder as TempoQuery } from '@grafana/grafana-foundation-sdk/tempo';
import { loki, prometheus, tempo } from './sources.ts';

/** Probes and scrapes are no users: the rules leave out the same routes. */
export const USERS = 'route!~"/livez|/health|/metrics"';

/** Over time. `legend` may name labels: `{{service}}`. */
export function range(expr: string, legend: string): PrometheusQuery {
  return new PrometheusQuery().datasource(prometheus).expr(expr).legendFormat(legend).range();
}

/** Over time, with the exemplars that lead to traces. */
export function rangeWithExemplars(expr: string, legend: string): PrometheusQuery {
  return range(expr, legend).exemplar(true);
}

/** The value at the end of the time range. */
export function now(expr: string, legend = ''): PrometheusQuery {
  return new PrometheusQuery().datasource(prometheus).expr(expr).legendFormat(legend).instant();
}

/** Rows of a table: a column a label. */
export function rows(expr: string): PrometheusQuery {
  return now(expr).format(PromQueryFormat.Table);
}

/** Buckets of a histogram over time, for a heatmap. */
export function buckets(expr: string): PrometheusQuery {
  return rangeWithExemplars(expr, '{{le}}').format(PromQueryFormat.Heatmap);
}

export function logLines(expr: string, maxLines = 200): LokiQuery {
  return new LokiQuery().datasource(loki).expr(expr).queryType('range').maxLines(maxLines);
}

/** A LogQL expression that counts. */
export function logCount(expr: string, legend: string): LokiQuery {
  return new LokiQuery().datasource(loki).expr(expr).queryType('range').legendFormat(legend);
}

/** Traces by TraceQL. */
export function traces(query: string, limit = 20): TempoQuery {
  return new TempoQuery().datasource(tempo).queryType('traceql').query(query).limit(limit);
}

/** Who calls whom, from the metrics that Tempo writes into Prometheus. */
export function serviceGraph(): TempoQuery {
  return new TempoQuery().datasource(tempo).queryType('serviceMap');
}
