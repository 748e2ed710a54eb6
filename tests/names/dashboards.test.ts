/** The dashboards as files: what the sources make, complete, and with nothing in them that is not there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { FOLDERS, files } from '../../deploy/grafana/src/files.ts';
import { readDashboards } from './support/grafana.ts';
import { read, root } from './support/known.ts';
import { readLogql, readTraceql } from './support/logs.ts';
import { readConfiguration } from './support/scraped.ts';

const boards = readDashboards();
const sources = z
  .object({
    datasources: z.array(
      z.looseObject({ uid: z.string(), type: z.string(), url: z.string(), jsonData: z.looseObject({}) }),
    ),
  })
  .parse(parse(read('deploy/grafana/provisioning/datasources/datasources.yml'))).datasources;
const uids = sources.map(({ uid }) => uid);

/** Shipped with Grafana: the stack installs no plugin. */
const CORE_PANELS = [
  'timeseries',
  'stat',
  'table',
  'bargauge',
  'state-timeline',
  'heatmap',
  'logs',
  'nodeGraph',
  'row',
];
const CORE_SOURCES = ['prometheus', 'loki', 'tempo', 'alertmanager'];

it('are the six', () => {
  expect(boards.map(({ uid }) => uid).toSorted()).toEqual([
    'api',
    'database',
    'infrastructure',
    'overview',
    'remediation',
    'slo',
  ]);
});

it('are, with their drawings and their page, what their sources make: npm run dashboards', () => {
  const made = files();
  for (const [file, text] of made) expect(read(file), file).toBe(text);
  const kept = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  expect(kept.filter((file) => !made.has(file))).toEqual([]);
});

describe.each(boards)('$uid', (board) => {
  const panels = board.panels.filter(({ type }) => type !== 'row');

  it('uses only panels and sources that come with Grafana', () => {
    expect(board.panels.map(({ type }) => type).filter((type) => !CORE_PANELS.includes(type))).toEqual([]);
    const used = panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource));
    expect(used.filter(({ type, uid }) => !CORE_SOURCES.includes(type) || !uids.includes(uid))).toEqual([]);
  });

  it('has no panel without a query, a unit, limits, or a text that says what to do', () => {
    expect(panels.filter(({ targets }) => targets.length === 0).map(({ title }) => title)).toEqual([]);
    expect(
      panels.filter(({ description = '' }) => description.length < 40).map(({ title }) => title),
    ).toEqual([]);
    const known = Object.values(units).filter((unit) => typeof unit === 'string');
    const measured = panels.filter(({ type }) => !['logs', 'nodeGraph'].includes(type));
    const withoutUnit = measured.filter(({ datasource, fieldConfig }) => {
      const unit = fieldConfig?.defaults.unit;
      return datasource?.uid === 'prometheus' && (unit === undefined || !known.some((one) => one === unit));
    });
    expect(withoutUnit.map(({ title, fieldConfig }) => `${title}: ${fieldConfig?.defaults.unit}`)).toEqual(
      [],
    );
  });

  it('has different titles, and panels that do not overlap', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...board.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  it('leads only to dashboards that are there, and into Explore with queries that parse', () => {
    const urls = [...board.links, ...panels.flatMap(({ links }) => links)].flatMap(({ url }) =>
      url ? [url] : [],
    );
    for (const url of urls.filter((one) => one.startsWith('/d/')))
      expect(boards.map(({ uid }) => uid)).toContain(/^\/d\/([\w-]+)/.exec(url)?.[1]);
    for (const url of urls.filter((one) => one.startsWith('/explore'))) {
      const panes = explored.parse(JSON.parse(new URL(url, 'http://x').searchParams.get('panes') ?? ''));
      for (const { datasource, expr, query } of Object.values(panes).flatMap(({ queries }) => queries)) {
        expect(uids).toContain(datasource.uid);
        if (expr !== undefined) expect(readLogql(expr).problems).toEqual([]);
        if (query !== undefined) expect(readTraceql(query).problems).toEqual([]);
      }
    }
  });
});

const explored = z.record(
  z.string(),
  z.looseObject({
    datasource: z.string(),
    queries: z.array(
      z.looseObject({
        datasource: z.looseObject({ uid: z.string() }),
        expr: z.string().optional(),
        query: z.string().optional(),
      }),
    ),
  }),
);

describe('the data sources', () => {
  it('refer to each other by uids that exist', () => {
    const text = JSON.stringify(sources.map(({ jsonData }) => jsonData));
    const named = [...text.matchAll(/"datasourceUid":"([^"]+)"/g)].map(([, uid = '']) => uid);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((uid) => !uids.includes(uid))).toEqual([]);
  });

  it('lead from each signal to the others', () => {
    const of = (uid: string) => JSON.stringify(sources.find((source) => source.uid === uid)?.jsonData);
    expect(of('prometheus')).toContain('"datasourceUid":"tempo"');
    expect(of('loki')).toContain('"datasourceUid":"tempo"');
    for (const other of ['loki', 'prometheus']) expect(of('tempo')).toContain(`"datasourceUid":"${other}"`);
  });

  it('know the longest scrape interval', () => {
    const config = readConfiguration(join(root, 'deploy/prometheus/prometheus.all.yml'));
    const intervals = [
      config.global.scrape_interval,
      ...config.scrape_configs.map((job) => String(job['scrape_interval'] ?? '0s')),
    ];
    const longest = Math.max(...intervals.map((text) => Number.parseInt(text, 10)));
    expect(sources.find(({ uid }) => uid === 'prometheus')?.jsonData['timeInterval']).toBe(`${longest}s`);
  });

  it('are services of docker-compose.yml', () => {
    const compose = read('docker-compose.yml');
    const hosts = sources.map(({ url }) => new URL(url).hostname);
    expect(hosts.filter((host) => !new RegExp(`^  ${host}:$`, 'm').test(compose))).toEqual([]);
  });
});

describe('files that docker-compose.yml mounts', () => {
  const mounted = [...read('docker-compose.yml').matchAll(/^\s+- (\.\/\S+?):\//gm)].map(
    ([, path = '']) => path,
  );
  const paths = mounted.flatMap((path) => {
    const both = path.replace(/\$\{COMPOSE_PROFILES:\+([^}]*)\}/, '$1');
    return [both, path.replace(/\$\{COMPOSE_PROFILES:\+[^}]*\}/, '')];
  });

  it('are there', () => {
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('hold the dashboards where the provider looks for them', () => {
    const provider = read('deploy/grafana/provisioning/dashboards/dashboards.yml');
    const path = /path: (\S+)/.exec(provider)?.[1] ?? '';
    expect(read('docker-compose.yml')).toContain(`./deploy/grafana/dashboards:${path}:ro`);
    expect(read('docker-compose.yml')).toContain(
      './deploy/grafana/provisioning:/etc/grafana/provisioning:ro',
    );
    for (const folder of readdirSync(join(root, 'deploy/grafana/provisioning')))
      expect(
        readFileSync(join(root, 'deploy/grafana/provisioning', folder, `${folder}.yml`), 'utf8'),
      ).toContain('apiVersion: 1');
  });
});
