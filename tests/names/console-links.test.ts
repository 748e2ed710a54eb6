/** Links of the console into Grafana: what they name is what this repository provisions. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { grafanaLinks } from '../../services/alert-bot/src/console/grafana-links.ts';
import { readDashboards } from './support/grafana.ts';
import { read } from './support/known.ts';
import { labelsOfAlloy, readLogql } from './support/logs.ts';

const { datasources } = z
  .object({ datasources: z.array(z.looseObject({ uid: z.string(), type: z.string() })) })
  .parse(parse(read('deploy/grafana/provisioning/datasources/datasources.yml')));
const sources = datasources.map(({ uid, type }) => ({ uid, type }));
const boards = readDashboards();

const addresses = grafanaLinks('http://g', {
  target: 'docker:service:shop/api',
  service: 'api',
  trace: '0af7651916cd43dd8448eb211c80319c',
  openedAt: 0,
  closedAt: null,
}).map(({ href }) => new URL(href));

const pane = z.object({
  a: z.object({
    datasource: z.string(),
    queries: z.array(
      z.looseObject({
        datasource: z.object({ type: z.string(), uid: z.string() }),
        expr: z.string().optional(),
      }),
    ),
  }),
});

describe('a link of the console', () => {
  it('names dashboards and their variables as they are', () => {
    const paths = addresses.filter(({ pathname }) => pathname.startsWith('/d/'));
    expect(paths).toHaveLength(2);
    for (const { pathname, searchParams } of paths) {
      const board = boards.find(({ uid }) => pathname === `/d/${uid}`);
      const variables = board?.templating.list.map(({ name }) => `var-${name}`);
      const set = [...searchParams.keys()].filter((name) => name.startsWith('var-'));
      expect(set).toHaveLength(1);
      expect(variables, pathname).toEqual(expect.arrayContaining(set));
    }
  });

  it('names data sources, and labels that Alloy gives to the lines of a container', () => {
    const panes = addresses
      .filter(({ pathname }) => pathname === '/explore')
      .map(({ searchParams }) => pane.parse(JSON.parse(searchParams.get('panes') ?? '')).a);
    expect(panes.map(({ datasource }) => datasource)).toEqual(['loki', 'tempo']);
    const { labels } = labelsOfAlloy(read('deploy/alloy/config.alloy'));
    for (const { datasource, queries } of panes)
      for (const query of queries) {
        expect(sources).toContainEqual(query.datasource);
        expect(query.datasource.uid).toBe(datasource);
        if (query.expr === undefined) continue;
        const { stream, problems } = readLogql(query.expr);
        expect(problems).toEqual([]);
        expect([...stream]).toEqual(['project', 'service']);
        expect([...labels]).toEqual(expect.arrayContaining([...stream]));
      }
  });
});
