import { describe, expect, it } from 'vitest';
import { type Catalog, parseExposition } from './support/catalog.ts';
import { readPromql } from './support/promql.ts';
import { checkRules } from './support/rules.ts';

const catalog: Catalog = new Map([
  ['requests_total', new Set(['service', 'route', 'status'])],
  ['duration_bucket', new Set(['service', 'le'])],
  ['limit', new Set(['service'])],
]);
const problems = (expr: string) => readPromql(expr, catalog).problems;
const labels = (expr: string) => [...readPromql(expr, catalog).labels].toSorted();

describe('a query', () => {
  it.each([
    ['made_up_total', 'no metric made_up_total'],
    ['requests_total{rute="/"}', 'requests_total has no label rute'],
    ['sum by (endpoint) (rate(requests_total[1m]))', 'has the label endpoint'],
    ['sum by (service) (requests_total) / on (route) limit', 'not both sides have the label route'],
    ['histogram_quantile(0.9, sum by (service) (duration_bucket))', 'needs the label le'],
    ['label_replace(limit, "a", "$1", "made_up", "(.*)")', 'label_replace reads made_up'],
    ['{__name__=~"made_up_.*"}', 'no metric like made_up_.*'],
    ['sum(requests_total', 'does not parse'],
  ])('with a mistake is found: %s', (expr, problem) => {
    expect(problems(expr)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['sum by (service) (rate(requests_total{status="5xx"}[1m]))', ['service']],
    ['sum(requests_total)', []],
    ['max without (route) (requests_total)', ['service', 'status']],
    ['topk(3, requests_total)', ['route', 'service', 'status']],
    ['histogram_quantile(0.9, sum by (service, le) (rate(duration_bucket[1m])))', ['service']],
    ['label_replace(limit, "upstream", "$1", "service", "(.*)")', ['service', 'upstream']],
    ['requests_total / on (service) group_left limit', ['route', 'service', 'status']],
    ['requests_total - ignoring (route, status) limit', ['service']],
    ['sum(requests_total) or vector(0)', []],
    ['time() - limit', ['service']],
    ['1 - limit / limit', ['service']],
    ['max_over_time(limit[5m:1m] offset 1h)', ['service']],
  ])('has the labels of its result: %s', (expr, expected) => {
    expect(problems(expr)).toEqual([]);
    expect(labels(expr)).toEqual(expected);
  });
});

describe('a rule', () => {
  const rule = (expr: string, text = '', record?: string) => ({
    ...(record === undefined ? { alert: 'A' } : { record }),
    name: record ?? 'A',
    expr,
    labels: { severity: 'critical' },
    annotations: { summary: text },
  });

  it('that speaks of a label that its result has not is found', () => {
    const { problems } = checkRules([rule('sum(limit) > 1', '{{ $labels.service }} is full')], catalog);
    expect(problems).toEqual(['A: its text uses the label service, which it has not']);
  });

  it('may read what another rule records, with the labels that this one adds', () => {
    const rules = [rule('new:metric > 1', '{{ $labels.severity }}'), rule('limit', '', 'new:metric')];
    const { problems, catalog: known } = checkRules(rules, catalog);
    expect(problems).toEqual([]);
    expect([...(known.get('ALERTS') ?? [])].toSorted()).toEqual([
      'alertname',
      'alertstate',
      'service',
      'severity',
    ]);
  });
});

it('reads samples with escapes in their values, and exemplars behind them', () => {
  const text = [
    '# HELP a b',
    'a_total{path="C:\\\\x\\"{y}",code="5"} 3 1700000000',
    'b_bucket{le="0.1"} 8 # {trace_id="abc"} 0.05',
    'c 1',
  ].join('\n');
  const series = parseExposition(text);
  expect([...series.keys()]).toEqual(['a_total', 'b_bucket', 'c']);
  expect([...(series.get('a_total')?.keys() ?? [])]).toEqual(['path', 'code']);
  expect([...(series.get('b_bucket')?.keys() ?? [])]).toEqual(['le']);
});
