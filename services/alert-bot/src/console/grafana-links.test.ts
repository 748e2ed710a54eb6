import { expect, test } from 'vitest';
import { z } from 'zod';
import { NOON } from '../testing/log.ts';
import { grafanaLinks } from './grafana-links.ts';

const GRAFANA = 'https://example.org/grafana';
const MINUTE = 60_000;
const incident = {
  target: 'docker:service:shop/api',
  service: 'api',
  trace: '0af7651916cd43dd8448eb211c80319c',
  openedAt: NOON,
  closedAt: NOON + MINUTE,
};
const closedRange = { from: String(NOON - 15 * MINUTE), to: String(NOON + 6 * MINUTE) };

/** What stands in each address, by the text of its link. */
const linked = (change: Partial<Parameters<typeof grafanaLinks>[1]> = {}) =>
  Object.fromEntries(
    grafanaLinks(GRAFANA, { ...incident, ...change }).map(({ href, text }) => {
      const { origin, pathname, searchParams } = new URL(href);
      const { panes = 'null', ...others } = Object.fromEntries(searchParams);
      return [text, { at: `${origin}${pathname}`, panes: z.unknown().parse(JSON.parse(panes)), ...others }];
    }),
  );
const expression = z.object({ a: z.object({ queries: z.tuple([z.object({ expr: z.string() })]) }) });
const exprOf = (change: Partial<typeof incident>) =>
  expression.parse(linked(change)['Logs at that time']?.panes).a.queries[0].expr;

test('an incident leads to its logs, its trace and the dashboards, each at its time', () => {
  const loki = { type: 'loki', uid: 'loki' };
  const tempo = { type: 'tempo', uid: 'tempo' };
  const expr = '{project="shop",service="api"}';
  const explore = { at: `${GRAFANA}/explore`, schemaVersion: '1', orgId: '1' };
  expect(linked()).toEqual({
    'Logs at that time': {
      ...explore,
      panes: {
        a: {
          datasource: 'loki',
          queries: [{ refId: 'A', datasource: loki, expr, queryType: 'range' }],
          range: closedRange,
        },
      },
    },
    Trace: {
      ...explore,
      panes: {
        a: {
          datasource: 'tempo',
          queries: [{ refId: 'A', datasource: tempo, query: incident.trace, queryType: 'traceql' }],
          range: closedRange,
        },
      },
    },
    'Dashboard of the service': {
      ...{ at: `${GRAFANA}/d/overview`, panes: null, 'var-service': 'api' },
      ...closedRange,
    },
    'Dashboard of remediation': {
      ...{ at: `${GRAFANA}/d/remediation`, panes: null, 'var-target': 'docker:service:shop/api' },
      ...closedRange,
    },
  });
});

test('what is still open is shown up to now', () => {
  expect(linked({ closedAt: null })['Dashboard of remediation']).toMatchObject({
    from: closedRange.from,
    to: 'now',
  });
});

test('without a trace or a service there is no link to one', () => {
  expect(Object.keys(linked({ trace: null }))).not.toContain('Trace');
  const nothing = linked({ trace: null, target: null, service: null });
  expect(nothing).toEqual({
    'Dashboard of remediation': { at: `${GRAFANA}/d/remediation`, panes: null, ...closedRange },
  });
});

test('a target that is no service of Compose is found by the name of its service', () => {
  expect(exprOf({ target: 'supervisor:api' })).toBe('{service="api"}');
});

test('a label value cannot end the quotes that it stands in', () => {
  const service = 'a"} |= "b\\\n{x="\ud800';
  expect(exprOf({ target: 'supervisor:a', service })).toBe(
    `${String.raw`{service="a\"} |= \"b\\\n{x=\"`}\ufffd"}`,
  );
});

test('where nobody said how a browser reaches Grafana there are none', () => {
  expect(grafanaLinks(null, incident)).toEqual([]);
});
