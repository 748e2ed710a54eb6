/** Every metric and label that rules, dashboards and pages speak of exists: here, or in a recorded scrape of the real part. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Catalog } from './support/catalog.ts';
import { metricsIn } from './support/docs.ts';
import { choicesOf, filledIn, queriesOf, readDashboards } from './support/grafana.ts';
import { knownTo, read, root } from './support/known.ts';
import { driveEverything, type Live } from './support/live.ts';
import { labelsOfAlloy, readLogql, readTraceql } from './support/logs.ts';
import { readPromql } from './support/promql.ts';

const tag = z.object({ key: z.string(), value: z.string() });

let live: Live;
let known: Awaited<ReturnType<typeof knownTo>>;
beforeAll(async () => {
  live = await driveEverything();
  known = knownTo('deploy/prometheus/prometheus.all.yml', live);
}, 300_000);

const dashboards = readDashboards();

describe('the services', () => {
  it('were asked along every route', () => {
    expect(live.undriven, 'add a request to tests/names/support/drive.ts').toEqual([]);
  });

  it('are all that is scraped, with the parts that were recorded', () => {
    expect(known.unknown, 'add it to tests/names/support/known.ts').toEqual([]);
  });
});

describe('rules', () => {
  it('name only metrics and labels that exist', () => {
    expect(known.problems).toEqual([]);
  });
});

describe.each(dashboards)('dashboard $uid', (board) => {
  it('asks Prometheus only for metrics and labels that exist', () => {
    const problems = queriesOf(board)
      .filter(({ uid }) => uid === 'prometheus')
      .flatMap(({ where, expr, shown }) => {
        const { labels, problems } = readPromql(filledIn(expr), known.catalog);
        const unknown = shown
          .filter((label) => !labels.has(label))
          .map((label) => `shows the label ${label}, which it has not`);
        return [...problems, ...unknown].map((problem) => `${where}: ${problem}`);
      });
    expect(problems).toEqual([]);
  });

  it('offers only values of labels that exist', () => {
    const problems = choicesOf(board).flatMap(({ where, selector, label }) => {
      const { labels, problems } = readPromql(selector, known.catalog);
      return [...problems, ...(labels.has(label) ? [] : [`no label ${label}`])].map(
        (one) => `${where}: ${one}`,
      );
    });
    expect(problems).toEqual([]);
  });

  it('asks Loki only for labels that Alloy sets and fields that the services write', () => {
    const { labels } = labelsOfAlloy(read('deploy/alloy/config.alloy'));
    const problems = queriesOf(board)
      .filter(({ uid }) => uid === 'loki')
      .flatMap(({ where, expr }) => {
        const { stream, fields, problems } = readLogql(filledIn(expr));
        return [
          ...problems,
          ...[...stream].filter((label) => !labels.has(label)).map((label) => `Alloy sets no label ${label}`),
          ...[...fields]
            .filter((field) => !labels.has(field) && !live.logFields.has(field))
            .map((field) => `no line has the field ${field}`),
        ].map((problem) => `${where}: ${problem}`);
      });
    expect(problems).toEqual([]);
  });

  it('asks Tempo only for attributes that the services set', () => {
    const problems = queriesOf(board)
      .filter(({ uid, expr }) => uid === 'tempo' && expr !== '{}')
      .flatMap(({ where, expr }) => {
        const { attributes, problems } = readTraceql(filledIn(expr));
        const unknown = [...attributes]
          .filter((one) => !live.traced.attributes.has(one))
          .map((one) => `no span has ${one}`);
        return [...problems, ...unknown].map((problem) => `${where}: ${problem}`);
      });
    expect(problems).toEqual([]);
  });
});

it('an exemplar carries a label by which the data source finds its trace', () => {
  const text = read('deploy/grafana/provisioning/datasources/datasources.yml');
  const known = [...text.matchAll(/\{ name: (\w+), datasourceUid: tempo \}/g)].map(([, name = '']) => name);
  expect([...live.traced.exemplarLabels].filter((label) => known.includes(label))).toEqual(['trace_id']);
});

describe('the links of the data sources', () => {
  const { datasources } = z
    .object({
      datasources: z.array(
        z.looseObject({
          jsonData: z.looseObject({
            tracesToMetrics: z
              .looseObject({ tags: z.array(tag), queries: z.array(z.looseObject({ query: z.string() })) })
              .optional(),
            tracesToLogsV2: z.looseObject({ tags: z.array(tag), query: z.string() }).optional(),
          }),
        }),
      ),
    })
    .parse(parse(read('deploy/grafana/provisioning/datasources/datasources.yml')));

  /** As Grafana fills it in for a span: each tag becomes a matcher. */
  const filled = (query: string, tags: z.infer<typeof tag>[]) =>
    query
      .replaceAll(/\$\$(?:\{__tags\}|__tags)/g, tags.map(({ value }) => `${value}="api"`).join(','))
      .replaceAll(/\$\$\{[^}]*\}/g, 'x');

  it('name only metrics and labels that exist', () => {
    const problems = datasources.flatMap(({ jsonData: { tracesToMetrics: to } }) =>
      (to?.queries ?? []).flatMap(
        ({ query }) => readPromql(filled(query, to?.tags ?? []), known.catalog).problems,
      ),
    );
    expect(problems).toEqual([]);
  });

  it('name only labels that Alloy sets', () => {
    const { labels } = labelsOfAlloy(read('deploy/alloy/config.alloy'));
    const to = datasources.flatMap(({ jsonData }) => jsonData.tracesToLogsV2 ?? []);
    expect(to).toHaveLength(1);
    for (const { query, tags } of to) {
      const { stream, problems } = readLogql(filled(query, tags));
      expect(problems).toEqual([]);
      expect([...stream].filter((label) => !labels.has(label))).toEqual([]);
    }
  });
});

const pages = [
  'README.md',
  ...['docs', 'docs/runbooks']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((name) => name.endsWith('.md'))
    // It tells what others named.
    .filter((name) => name !== 'docs/checklist.md'),
  ...readdirSync(join(root, 'services')).map((name) => `services/${name}/README.md`),
];

describe.each(pages)('%s', (page) => {
  it('names only metrics and labels that exist', () => {
    expect(metricsIn(read(page), known.catalog).problems).toEqual([]);
  });
});

describe('a metric that nobody exports', () => {
  const catalog: Catalog = new Map([['http_requests_total', new Set(['route'])]]);

  it('is found in a page', () => {
    const page = 'Look at `http_requests_total{route,endpoint}` and `flask_app_temperature_celsius`.';
    expect(metricsIn(page, catalog).problems).toEqual([
      'no metric flask_app_temperature_celsius',
      'http_requests_total has no label endpoint',
    ]);
  });

  it('is found in a PromQL block of a page', () => {
    const page = ['```promql', 'sum(rate(http_request_total[1m]))', '```'].join('\n');
    expect(metricsIn(page, catalog).problems).toEqual(['no metric http_request_total']);
  });
});
