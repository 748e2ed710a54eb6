/** Dashboards as Grafana reads them: every query, link and reference in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const folder = resolve(import.meta.dirname, '../../../deploy/grafana/dashboards');

const source = z.looseObject({ type: z.string(), uid: z.string() });
const target = z.looseObject({
  datasource: source,
  refId: z.string(),
  expr: z.string().optional(),
  query: z.string().optional(),
  queryType: z.string().optional(),
  legendFormat: z.string().optional(),
});
const link = z.looseObject({ title: z.string(), type: z.string(), url: z.string().optional() });
const panel = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  description: z.string().optional(),
  datasource: source.optional(),
  targets: z.array(target).default([]),
  links: z.array(link).default([]),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z
    .looseObject({
      defaults: z.looseObject({ unit: z.string().optional(), thresholds: z.unknown().optional() }),
    })
    .optional(),
});
const dashboard = z.looseObject({
  uid: z.string(),
  title: z.string(),
  tags: z.array(z.string()),
  description: z.string(),
  panels: z.array(panel),
  links: z.array(link),
  templating: z.looseObject({
    list: z
      .array(
        z.looseObject({ name: z.string(), datasource: source, query: z.looseObject({ query: z.string() }) }),
      )
      .default([]),
  }),
  annotations: z.looseObject({
    list: z.array(
      z.looseObject({
        name: z.string(),
        datasource: source,
        expr: z.string().default(''),
        titleFormat: z.string().default(''),
        tagKeys: z.string().default(''),
      }),
    ),
  }),
});

export type Dashboard = z.output<typeof dashboard> & { file: string };
export type Panel = z.output<typeof panel>;

export function readDashboards(): Dashboard[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      file: name,
      ...dashboard.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
    }));
}

/** A query of a panel with where it stands. */
export interface Asked {
  where: string;
  uid: string;
  expr: string;
  /** `{{label}}` in the legend, the title or the tags. */
  shown: string[];
}

/** Every query that a dashboard sends: of panels, of annotations, and of variables. */
export function queriesOf(board: Dashboard): Asked[] {
  const ofPanels = board.panels.flatMap(({ title, targets }) =>
    targets.map(({ datasource, expr, query, queryType, legendFormat = '', refId }) => ({
      where: `${board.uid} / ${title} / ${refId}`,
      uid: datasource.uid,
      expr: expr ?? query ?? (queryType === 'serviceMap' ? '{}' : ''),
      shown: shownIn(legendFormat),
    })),
  );
  const ofAnnotations = board.annotations.list.map(({ name, datasource, expr, titleFormat, tagKeys }) => ({
    where: `${board.uid} / annotation ${name}`,
    uid: datasource.uid,
    expr,
    shown: [...shownIn(titleFormat), ...tagKeys.split(',').filter((key) => key !== '')],
  }));
  return [...ofPanels, ...ofAnnotations];
}

/** Variables that offer the values of a label: `label_values(metric{…}, label)`. */
export function choicesOf(board: Dashboard): { where: string; selector: string; label: string }[] {
  return board.templating.list.map(({ name, query }) => {
    const match = /^label_values\((.+), (\w+)\)$/.exec(query.query);
    if (match === null)
      throw new Error(`${board.uid}: the variable ${name} is no label_values(…): ${query.query}`);
    return { where: `${board.uid} / variable ${name}`, selector: match[1] ?? '', label: match[2] ?? '' };
  });
}

function shownIn(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);
}

/** The query as Prometheus gets it: lengths of time in place of Grafana's variables. */
export function filledIn(expr: string, range = '30m', values: Readonly<Record<string, string>> = {}): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', range)
    .replaceAll('$__auto', '5m')
    .replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? '.*');
}
