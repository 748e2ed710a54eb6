/** Metrics that a page speaks of: in code, with the ending or the beginning of a metric's name. */
import type { Catalog } from './catalog.ts';
import { filledIn } from './grafana.ts';
import { readPromql } from './promql.ts';

const CODE = /```(\w*)\n([\s\S]*?)```|`([^`\n]+)`/g;
const WORD = /(?<![\w./$:-])([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\{([^}=~"]*)\})?(?![\w/(])/g;

/** Endings that Prometheus' conventions give to metrics, and nothing else in these pages has. */
const ENDINGS = /_(total|seconds|bytes|bucket|celsius|info|ratio)$/;
const BEGINNINGS =
  /^(alert_bot|http_request|db_pool|db_quer|upstream_request|process_memory|nodejs|pg_stat|node_cpu|node_memory|node_filesystem|container_(cpu|memory|network|start)|otelcol|probe_(success|duration)|traces_(spanmetrics|service_graph))_?/;

/** Names of other things that look the same, with what they are. */
const OTHERS = new Set([
  'alert_bot', // a folder or a user
  'pg_stat_activity', // views of PostgreSQL
  'pg_stat_statements',
  'time_total', // curl's
]);

export function metricsIn(page: string, catalog: Catalog) {
  const problems = new Set<string>();
  const named = new Set<string>();
  for (const [, language = '', block, span] of page.matchAll(CODE)) {
    if (language === 'promql') {
      for (const expr of (block ?? '').split(/\n\s*\n/).filter((text) => text.trim() !== ''))
        for (const problem of readPromql(filledIn(expr), catalog).problems) problems.add(problem);
      continue;
    }
    for (const [, name = '', labels] of (block ?? span ?? '').matchAll(WORD)) {
      if (OTHERS.has(name) || !(ENDINGS.test(name) || BEGINNINGS.test(name))) continue;
      named.add(name);
      const found = [name, `${name}_bucket`].map((one) => catalog.get(one)).find((one) => one !== undefined);
      if (found === undefined) problems.add(`no metric ${name}`);
      else
        for (const label of (labels ?? '').split(',').map((text) => text.trim()))
          if (label !== '' && !found.has(label)) problems.add(`${name} has no label ${label}`);
    }
  }
  return { problems: [...problems].toSorted((a, b) => (a < b ? 1 : -1)), named };
}
